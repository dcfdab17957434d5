//! What a person reads when something went wrong or was done: what happened, what is safe, what to do next.

mod activity;
mod alarm;
mod arguments;
mod cache;
pub(crate) mod care;
pub(crate) mod differences;
mod done;
mod failure;
mod finding;
mod input;
mod keychain;
mod kit;
pub(crate) mod manual;
mod notice;
pub(crate) mod recognised;
pub(crate) mod rotate;
pub(crate) mod run;
pub(crate) mod serve;
mod server;
pub(crate) mod service;
mod unreadable;
mod vault;
pub(crate) mod verification;
mod watching;

use std::{io, process::ExitCode};

use keymoor_vault::{ConfigError, Kind, KitError, Place};

pub(crate) use activity::activity;
pub(crate) use alarm::alarm;
pub(crate) use arguments::refuse as refuse_arguments;
pub(crate) use differences::differences;
pub(crate) use done::{
    MIRRORING, NOTHING_CHANGED, RECOVERY_KIT_OFFERED, confirm_deletes, created, erased, in_conflict, joined,
    kits_stay, mirror_stopped, recovery_kit, saved, synced, trashed, unlocked, waiting_for_room,
};
pub(crate) use failure::{Failure, WrongSetting};
pub(crate) use finding::finding;
pub(crate) use notice::notice;
pub(crate) use unreadable::NEWEST_LOST;
pub(crate) use watching::watching;

use crate::{
    clipboard::ClipboardError,
    output::{self, argument, counted, plain},
};

/// Said once when the keychain keeps us waiting.
pub(crate) const WAITING_FOR_KEYCHAIN: &str =
    "Waiting for the system's keychain; it may be asking for its password in a window. Ctrl-C gives up.";

/// What is said: the first sentence always, the others where there is something to say.
pub(crate) struct Words {
    what: String,
    safe: String,
    hint: String,
}

impl Words {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), safe: String::new(), hint: String::new() }
    }

    /// What is not touched by it.
    fn safe(self, safe: impl Into<String>) -> Self {
        Self { safe: safe.into(), ..self }
    }

    /// What to do.
    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    fn say(&self) {
        output::say(format!("keymoor: {}", self.what));
        for line in self.safe.lines().chain(self.hint.lines()) {
            output::say(format!("  {line}"));
        }
    }
}

/// Says why a command failed, and gives its exit code.
pub(crate) fn explain(failure: &Failure) -> ExitCode {
    match failure {
        // Whoever read our output has enough of it, as in `keymoor list | head`.
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        failure => words(failure).say(),
    }
    ExitCode::from(exit_code(failure))
}

/// Says what is wrong with an answer, where it is asked again.
pub(crate) fn say(failure: &Failure) {
    words(failure).say();
}

fn words(failure: &Failure) -> Words {
    match failure {
        Failure::Vault(error) => vault::words(error),
        Failure::Config(error) => config(error),
        Failure::Kit { path, error } => kit::words(path, error),
        Failure::Input(error) => input::words(error),
        Failure::File { path, error } => input::file(path, *error),
        Failure::Clipboard(error) => clipboard(*error),
        Failure::TestProvider => Words::new("A KEYMOOR_PROVIDER_BASE_… names no server on this machine.")
            .safe("Nothing was sent.")
            .hint("It looks like http://127.0.0.1:8080, and is for tests only."),
        Failure::NoName { provider } => recognised::no_name(provider.as_deref()),
        Failure::WhichProvider(providers) => recognised::which(providers),
        Failure::Typo(provider, flaw) => recognised::typo(provider, *flaw),
        Failure::SeveralCredentials(providers) => recognised::several(providers),
        Failure::FieldsMissing(provider, fields) => recognised::missing(provider, fields),
        Failure::Lend(error) => run::lend(error),
        Failure::NothingToLend => run::nothing(),
        Failure::Project { path, error } => run::no_project(path, error),
        Failure::NotAVariable => run::not_a_variable(),
        Failure::Governing(name) => run::governing(name),
        Failure::KeyNamed => run::key_named(),
        Failure::NotRun { program, why, noted } => run::not_run(program, *why, *noted),
        Failure::NobodysKey { unread: 0 } => {
            Words::new("None of your credentials has this key, or had it on this device.")
                .hint("Look at it again: one character more or less is another key.")
        }
        Failure::NobodysKey { unread } => {
            Words::new("None of the credentials that can be read has this key, or had it on this device.")
                .safe(not_looked_at(*unread))
                .hint("keymoor doctor says more.")
        }
        Failure::Setting { service, wrong } => service::no_setting(service, *wrong),
        Failure::Service { id, error } => service::failed(id, error),
        Failure::NoTemplate => service::no_template(),
        Failure::NothingToLookFor => Words::new("There is no key in it: it is empty.")
            .hint("keymoor whose --stdin < FILE, or keymoor whose, which asks for the key."),
        Failure::TooMuchToLookThrough(bytes) => {
            Words::new(format!("That is more than {} MiB, which is all that is looked through.", bytes >> 20))
                .hint("Split it: split -b 30m FILE, and each part on its own.")
        }
        Failure::NoKit => Words::new("A kit is needed to unlock.")
            .hint("keymoor unlock --kit FILE, with the password, or keymoor unlock --recovery FILE"),
        Failure::NoSuchName { name, place, elsewhere } => no_such_name(name, *place, *elsewhere),
        Failure::NameTaken { provider, name } => name_taken(provider.as_deref(), &plain(name)),
        Failure::RevertedNameTaken => {
            Words::new("That version had another name, and a different credential has that name now.")
                .safe("Nothing was changed.")
                .hint("Rename the other one first: keymoor edit NAME --name NEW")
        }
        Failure::NoPassword => Words::new("A password is needed, and there is no terminal to ask for it.")
            .safe("Nothing was changed.")
            .hint("Write it in the first line of a file and name that file in KEYMOOR_PASSWORD_FILE."),
        Failure::PasswordsDiffer => {
            Words::new("The two passwords are not the same.").safe("Nothing was changed.").hint("Try again.")
        }
        Failure::PasswordUnreadable => {
            Words::new("What was typed cannot be used as a password.").safe("Nothing was changed.")
        }
        Failure::Mended => Words::new(
            "The cache file turned out to be damaged, and was made anew. What was asked for was not done.",
        )
        .safe("Nothing was stored.")
        .hint("Run the command again."),
        Failure::Serve(error) => serve::words(*error),
        Failure::Cancelled => Words::new("Given up. Nothing was changed."),
        Failure::Output(_) => Words::new("The output could not be written.")
            .hint("If it goes to a file, look whether its disk is full."),
    }
}

/// The exit code, as documented; the window branches on the same kinds.
fn exit_code(failure: &Failure) -> u8 {
    match failure {
        Failure::Vault(error) => of_kind(error.kind()),
        Failure::Lend(error) => of_kind(error.kind()),
        Failure::Service { error, .. } => of_kind(error.kind()),
        Failure::NotRun { why, .. } => run::exit_code(*why),
        Failure::Kit { error: KitError::NotAKit, .. } => of_kind(Kind::Usage),
        Failure::Kit { .. } | Failure::Mended => of_kind(Kind::Damaged),
        Failure::Config(_)
        | Failure::Input(_)
        | Failure::File { .. }
        | Failure::Clipboard(ClipboardError::NoText)
        | Failure::TestProvider
        | Failure::NoName { .. }
        | Failure::WhichProvider(_)
        | Failure::Typo(..)
        | Failure::SeveralCredentials(_)
        | Failure::FieldsMissing(..)
        | Failure::Setting { wrong: WrongSetting::Form | WrongSetting::Value, .. }
        | Failure::NothingToLookFor
        | Failure::TooMuchToLookThrough(_)
        | Failure::NothingToLend
        | Failure::Project { .. }
        | Failure::NotAVariable
        | Failure::Governing(_)
        | Failure::KeyNamed
        | Failure::NoKit
        | Failure::PasswordsDiffer
        | Failure::PasswordUnreadable => of_kind(Kind::Usage),
        Failure::NoSuchName { .. }
        | Failure::NobodysKey { unread: 0 }
        | Failure::NoTemplate
        | Failure::Setting { wrong: WrongSetting::Name, .. } => of_kind(Kind::NotFound),
        Failure::NobodysKey { .. } => of_kind(Kind::Damaged),
        Failure::Serve(keymoor_loopback::Error::NotLoopback) => of_kind(Kind::Usage),
        Failure::NoPassword => of_kind(Kind::Locked),
        Failure::NameTaken { .. } | Failure::RevertedNameTaken => of_kind(Kind::Conflict),
        Failure::Clipboard(_) | Failure::Serve(_) | Failure::Cancelled | Failure::Output(_) => {
            of_kind(Kind::Failed)
        }
    }
}

/// The exit code of a kind of error.
pub(crate) fn of_kind(kind: Kind) -> u8 {
    match kind {
        Kind::Failed => 1,
        Kind::Usage => 2,
        Kind::NotFound => 3,
        Kind::Locked => 4,
        Kind::Conflict => 5,
        Kind::Network => 6,
        Kind::Damaged => 7,
        Kind::Keychain => 8,
    }
}

/// Of those that nobody can say what is in them.
pub(crate) fn not_looked_at(count: u64) -> String {
    let credentials = counted(count, "credential", "credentials");
    format!("{credentials} could not be looked at, because no copy within reach opens.")
}

fn no_such_name(name: &str, place: Place, elsewhere: bool) -> Words {
    let (name, pasted) = (plain(name), argument(name));
    match (place, elsewhere) {
        (Place::Active, true) => Words::new(format!("\"{name}\" is in the trash."))
            .hint(format!("To have it back: keymoor restore {pasted}")),
        (Place::Active, false) => Words::new(format!("There is no credential named \"{name}\"."))
            .hint("keymoor list shows those that are here."),
        (Place::Trash, true) => Words::new(format!("\"{name}\" is not in the trash, it is in use."))
            .safe("Nothing was changed.")
            .hint(format!("To put it there: keymoor rm {pasted}")),
        (Place::Trash, false) => Words::new(format!("There is no \"{name}\" in the trash."))
            .hint("keymoor trash shows what is there."),
    }
}

fn name_taken(provider: Option<&str>, name: &str) -> Words {
    let words = match provider {
        Some(provider) => {
            Words::new(format!("{} already has a credential named \"{name}\".", plain(provider)))
        }
        None => Words::new(format!("Another credential is named \"{name}\" now.")),
    };
    words.safe("Nothing was changed.").hint(match provider {
        Some(_) => {
            "Choose another name. To give it a new value, and keep the old one in its history: add --replace."
        }
        None => "Rename that one first: keymoor edit NAME --name NEW",
    })
}

fn config(error: &ConfigError) -> Words {
    match error {
        ConfigError::Keychain => Words::new("KEYMOOR_KEYCHAIN is neither system nor none.")
            .hint("system: the keychain of the operating system. none: a password unlocks each time."),
        ConfigError::Service => Words::new("KEYMOOR_KEYCHAIN_SERVICE cannot be used as a name.")
            .hint("Up to 64 letters, digits, dots, dashes and underscores."),
        ConfigError::Home => Words::new("Where to keep the data is not known: there is no home directory.")
            .hint("Name a directory in KEYMOOR_HOME."),
    }
}

fn clipboard(error: ClipboardError) -> Words {
    match error {
        ClipboardError::NoDisplay => Words::new("There is no display here, so there is no clipboard.")
            .safe("Nothing was copied.")
            .hint("keymoor get NAME prints the secret; keymoor add --stdin takes one."),
        ClipboardError::NoText => {
            Words::new("There is no text on the clipboard.").hint("Copy the key first, then try again.")
        }
        ClipboardError::Busy => Words::new("Another program holds the clipboard open.")
            .safe("Nothing was copied.")
            .hint("Try again in a moment."),
        ClipboardError::Failed => Words::new("The clipboard could not be used.")
            .safe("Nothing was copied.")
            .hint("keymoor get NAME prints the secret; keymoor add --stdin takes one."),
    }
}

#[cfg(test)]
mod tests;
