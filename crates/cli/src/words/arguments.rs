//! Arguments that do not fit. clap's own words are good, but they repeat what was typed, and that may be a key.

use std::{env, ffi::OsString, process::ExitCode};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Kind, Words, of_kind};

/// Says what is wrong with the arguments; prints help or the version where that was asked for.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    if may_quote_a_secret(error) && lacks_dashes(error, env::args_os()) {
        Words::new("Before the program that is to run goes a --: which arguments are whose is not guessed.")
            .hint("keymoor run --with openai/work -- COMMAND\nSee keymoor run --help.")
            .say();
        return ExitCode::from(of_kind(Kind::Usage));
    }
    if may_quote_a_secret(error) {
        Words::new("There is an argument too many, or one that does not fit.")
            .safe("If it is a key: it is in your shell's history now; better make a new one at its provider.")
            .hint("A key is never an argument: keymoor asks for it, or takes it with --stdin.\nSee keymoor COMMAND --help.")
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

fn may_quote_a_secret(error: &clap::Error) -> bool {
    let given = |kind| match error.get(kind) {
        Some(ContextValue::String(given)) => given.as_str(),
        _ => "",
    };
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let given = given(ContextKind::InvalidArg);
            !given.starts_with('-') || given.len() > LONGEST_OPTION
        }
        ErrorKind::TooManyValues => true,
        ErrorKind::InvalidSubcommand => given(ContextKind::InvalidSubcommand).len() > LONGEST_WORD,
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            given(ContextKind::InvalidValue).len() > LONGEST_WORD
        }
        _ => false,
    }
}

/// Options of ours are shorter, and so are typing errors in them.
const LONGEST_OPTION: usize = 24;
/// Commands, shells and versions are shorter; keys are longer.
const LONGEST_WORD: usize = 14;
