//! Arguments that do not fit. clap's own words are good, but they repeat what was typed, and that may be a key.

use std::{env, ffi::OsString, process::ExitCode};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use keymoor_protocol::RecordId;
use keymoor_providers::{Recognition, recognise};

use super::{Kind, Words, of_kind};

/// Says what is wrong with the arguments; prints help or the version where that was asked for.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    let quoted = quoted(error);
    let is_key = quoted.as_deref().is_some_and(looks_like_a_key);
    if !is_key && lacks_dashes(error, env::args_os()) {
        Words::new("Before the program that is to run goes a --: which arguments are whose is not guessed.")
            .hint("keymoor run --with openai/work -- COMMAND\nSee keymoor run --help.")
            .say();
        return ExitCode::from(of_kind(Kind::Usage));
    }
    if is_key {
        Words::new("There is an argument too many, or one that does not fit.")
            .safe("If it is a key: it is in your shell's history now; better make a new one at its provider.")
            .hint("A key is never an argument: keymoor asks for it, or takes it with --stdin.\nSee keymoor COMMAND --help.")
            .say();
        return ExitCode::from(of_kind(Kind::Usage));
    }
    if is_one_too_many(error) {
        // It may be a password, which has no shape: it is not repeated.
        Words::new("There is an argument too many, or one that does not fit.")
            .hint("See keymoor COMMAND --help.")
            .say();
        return ExitCode::from(of_kind(Kind::Usage));
    }
    // Nobody can be told that the terminal is closed.
    let _ = error.print();
    match error.exit_code() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(of_kind(Kind::Usage)),
    }
}

/// Whether it is `keymoor run` with a program and without the dashes before it.
fn lacks_dashes(error: &clap::Error, arguments: impl Iterator<Item = OsString>) -> bool {
    let mut arguments = arguments.skip(1);
    let is_run = arguments.next().is_some_and(|command| command == "run");
    let is_word = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(given)) => !given.starts_with('-'),
        _ => false,
    };
    is_run && is_word && arguments.all(|argument| argument != "--")
}

/// What clap's words would repeat of what was typed.
fn quoted(error: &clap::Error) -> Option<String> {
    let kind = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::TooManyValues => {
            ContextKind::InvalidValue
        }
        _ => return None,
    };
    match error.get(kind) {
        Some(ContextValue::String(given)) => Some(given.clone()),
        Some(ContextValue::Strings(given)) => Some(given.join(" ")),
        _ => None,
    }
}

fn is_one_too_many(error: &clap::Error) -> bool {
    match error.kind() {
        ErrorKind::TooManyValues => true,
        ErrorKind::UnknownArgument => {
            quoted(error).is_none_or(|given| !given.starts_with('-') || given.len() > LONGEST_OPTION)
        }
        _ => false,
    }
}

/// Options of ours are shorter, and so are typing errors in them.
const LONGEST_OPTION: usize = 24;

/// Whether it may be a key: of the shape of some provider's, or one long word of letters and digits without a meaning that an
/// argument could have. Rather told in vain than repeated.
fn looks_like_a_key(text: &str) -> bool {
    let value = text.trim_start_matches('-');
    let value = value.split_once('=').map_or(value, |(name, rest)| if rest.is_empty() { name } else { rest });
    // Ours have the shape of some providers' keys.
    if value.contains('-') && value.parse::<RecordId>().is_ok() {
        return false;
    }
    let known = |text: &str| !matches!(recognise(text), Recognition::Unknown);
    if known(text) || known(value) || BEGINNINGS.iter().any(|begin| value.starts_with(begin)) {
        return true;
    }
    let is_path = ["/", "./", "../", "~"].iter().any(|begin| value.starts_with(begin));
    let is_number = value.chars().all(|char| char.is_ascii_digit() || "_.,-:".contains(char));
    let is_word = value.chars().all(|char| char.is_ascii_alphanumeric() || "_-+/=.".contains(char));
    let is_mixed = value.chars().any(|char| char.is_ascii_digit()) && value.chars().any(char::is_alphabetic);
    value.len() >= LONG && is_word && is_mixed && !is_path && !is_number
}

/// A word of letters and digits that is as long is no name that people type.
const LONG: usize = 20;
/// How keys of many providers begin, whatever follows.
const BEGINNINGS: [&str; 9] = ["sk-", "sk_", "pk_", "rk_", "ghp_", "github_pat_", "xox", "AKIA", "AIza"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_what_else_is_typed() {
        for key in [
            "sk-proj-PLANTED",
            "sk-proj-PLANTED-0123456789",
            "--stdin=sk-proj-PLANTED",
            "ghp_Tq3nVw8bXkRzQw2Er4Ty6Ui8Op0As1Df5Gh7",
            "0123456789abcdef0123456789abcdef",
            "AKIAQ3EGT7WXN2VB5ZLM",
            "--key=Zm9vYmFyMTIzNDU2Nzg5MA==",
        ] {
            assert!(looks_like_a_key(key), "{key}");
        }
        for other in [
            "foo",
            "nonsense",
            "localhost:80x",
            "127.0.0.1:99999",
            ":80x",
            "0.0.0.0:8790:1",
            "my.server.example:8790",
            "99999999999999999999",
            "01890a5d-ac96-774b-bcce-b302099a8057",
            "2027-13-01T14:05:00Z",
            "/home/me/keys/2026-03-01-backup.txt",
            "https://docs.google.com/spreadsheets/d/x",
            "--frobnicate",
            "a-very-long-name-of-something",
        ] {
            assert!(!looks_like_a_key(other), "{other}");
        }
    }
}
