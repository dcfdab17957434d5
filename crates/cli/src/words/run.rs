//! Lending to a program.

use std::path::Path;

use keymoor_vault::{
    Error,
    lend::{LendError, Source},
};

use super::{Words, service::nothing_to_use, vault};
use crate::{
    commands::run::{Changes, NotRun, ProjectError},
    output::{argument, plain, quoted},
};

const NOTHING_LENT: &str = "Nothing was lent, and the program was not started.";

const NOT_STARTED: &str =
    "The program was not started and got nothing. In the activity it stands as lent all the same.";

/// Why an inherited address is left out.
const LEADS_ELSEWHERE: &str = "for your key would be sent to where it says";
/// Why an inherited secret is left out.
const OF_ANOTHER: &str = "for it belongs to another credential or account";

const EXAMPLE: &str =
    "It looks like this:\n  with = [\"openai/work\", \"github=GH_TOKEN\"]\n  services = [\"google_sheets\"]";

/// Which file says what is lent, and what that is.
pub(crate) fn project<'n>(path: &Path, names: impl Iterator<Item = &'n String>) -> String {
    let path = path.display().to_string();
    format!("{} lends {}.", plain(&path), list(names))
}

/// How the program's environment is another than the user's; `again` is the command as far as it is `keymoor`'s.
pub(crate) fn changes(changes: &Changes, again: &str, program: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if !changes.replaced.is_empty() {
        let names = list(&changes.replaced);
        lines.push(format!("Other values than in your environment: {names}. (--keep-env keeps yours.)"));
    }
    for (is_address, why) in [(true, LEADS_ELSEWHERE), (false, OF_ANOTHER)] {
        let names: Vec<_> = changes.left_out.iter().filter(|other| other.is_address == is_address).collect();
        if names.is_empty() {
            continue;
        }
        let keep: String = names.iter().map(|other| format!(" --keep {}", quoted(&other.name))).collect();
        let names = list(names.iter().map(|other| &other.name));
        let program = quoted(program);
        lines.push(format!(
            "Left out of your environment, {why}: {names}. To keep it: {again}{keep} -- {program} …"
        ));
    }
    if !changes.local.is_empty() {
        lines.push(format!("Kept, for it is an address of this machine: {}.", list(&changes.local)));
    }
    if !changes.kept.is_empty() {
        lines.push(format!("Kept as in your environment: {}.", list(&changes.kept)));
    }
    if !changes.withheld.is_empty() {
        let names = list(&changes.withheld);
        lines.push(format!("Not lent, for it goes together with what was kept: {names}."));
    }
    lines
}

/// Two devices set something unseen of each other.
pub(crate) fn setting_in_conflict(service: &str, setting: &str) -> String {
    let (service, setting) = (plain(service), plain(setting));
    format!(
        "Two devices set {setting} of {service} at the same time; this is the value in use. To settle it: keymoor service set {service} {setting}=VALUE"
    )
}

pub(super) fn lend(error: &LendError) -> Words {
    let words = match error {
        LendError::Vault(error) => return vault::words(error),
        LendError::SwitchedOff(name) => Words::new(format!("{} is switched off.", plain(name)))
            .hint(format!("To use it again: keymoor edit {} --on", argument(name))),
        LendError::NoVariable { credential, fields } => {
            Words::new(format!("In which variable programs look for {} is not known.", plain(credential)))
                .hint(in_a_variable(credential, fields))
        }
        LendError::WhichField { credential, fields } => {
            Words::new(format!("{} has several secret fields: {}.", plain(credential), list(fields)))
                .hint(in_a_variable(credential, fields))
        }
        LendError::NoSuchField { credential, fields } => {
            Words::new(format!("{} has no field of that name.", plain(credential)))
                .hint(format!("It has: {}.", list(fields)))
        }
        LendError::VariableTwice { variable, one, other } => {
            Words::new(format!("{} and {} both go into {variable}.", source(one), source(other)))
                .hint(way_out([one, other]))
        }
        LendError::Nul { variable, of } => Words::new(format!(
            "{} has a character in it (NUL) that no variable can hold; it was to go into {}.",
            source(of),
            plain(variable)
        ))
        .hint("Look at it: keymoor get NAME. To put in another: keymoor edit NAME"),
        LendError::SettingsMissing { service, settings } => {
            let service = plain(service);
            let settings: Vec<_> = settings.iter().map(|key| format!("{}=…", plain(key))).collect();
            Words::new(format!("The service {service} lacks settings without which it is of no use."))
                .hint(format!("keymoor service set {service} {}", settings.join(" ")))
        }
        LendError::Service { service, error } => of_service(&plain(service), error),
    };
    words.safe(NOTHING_LENT)
}

fn of_service(service: &str, error: &Error) -> Words {
    match error {
        Error::NoSuchService => Words::new(format!("There is no service {service}."))
            .hint("keymoor service list --all shows them. A credential by its name: --with NAME"),
        Error::ServiceOff => Words::new(format!("The service {service} is switched off."))
            .hint(format!("keymoor service enable {service}")),
        Error::NothingToUse => Words::new(format!("There is no credential that {service} could use."))
            .hint(nothing_to_use(service)),
        Error::Unsettled => {
            Words::new(format!("Two devices changed at the same time where the key of {service} goes."))
                .hint(format!("keymoor service list shows it. Choose: keymoor service enable {service} --credential NAME, keymoor service set {service} NAME=VALUE"))
        }
        Error::WhichCredential(names) => {
            Words::new(format!("Several credentials could be meant for {service}: {}.", list(names)))
                .hint(format!("Say which: keymoor service enable {service} --credential NAME"))
        }
        error => vault::words(error),
    }
}

/// What follows the `=` may be a key, and is not repeated.
pub(super) fn not_a_variable() -> Words {
    Words::new("What follows the = cannot be the name of a variable.")
        .safe(NOTHING_LENT)
        .hint("Letters, digits and _, as in --with openai/work=MY_KEY. One of several fields: --with aws/prod=FIELD:VARIABLE\nIf it is a key: it is in your shell's history now; better make a new one at its provider.")
}

pub(super) fn governing(name: &str) -> Words {
    Words::new(format!("{} says what programs load and run; no key goes into it.", plain(name)))
        .safe(NOTHING_LENT)
        .hint("Take a name in which only your program looks, as in --with openai/work=MY_KEY.")
}

pub(super) fn key_named() -> Words {
    Words::new("That is a key, by its looks, and not the name of one.").safe(NOTHING_LENT).hint(
        "It is in your shell's history now; better make a new one at its provider, save it (keymoor add),\nand name it here: keymoor list shows the names.",
    )
}

pub(super) fn nothing() -> Words {
    Words::new("Nothing says what to lend, and there is no keymoor.toml here or in a folder above.")
        .safe(NOTHING_LENT)
        .hint(format!(
            "keymoor run --with openai/work -- COMMAND\n\
             keymoor run --service google_sheets -- COMMAND\n\
             Or put a keymoor.toml beside your program. {EXAMPLE}"
        ))
}

pub(super) fn no_project(path: &Path, error: &ProjectError) -> Words {
    let path = path.display().to_string();
    let path = plain(&path);
    let words = match error {
        ProjectError::OfOthers => {
            Words::new(format!("{path} belongs to another user, or others may write it: they could choose what is lent."))
                .hint("If it is as you want it: make it yours (chown), and take others' right to write it (chmod go-w).\nOr say here what to lend: --with NAME, --service SERVICE")
        }
        ProjectError::FolderOfOthers => {
            Words::new(format!("The folder of {path} belongs to another user, or others may write to it: they could choose what is lent."))
                .hint("If it is as you want it: make the folder yours (chown), and take others' right to write to it (chmod go-w).\nOr say here what to lend: --with NAME, --service SERVICE")
        }
        ProjectError::NoFile => {
            Words::new(format!("{path} is a link, or no file at all, and is not followed: a link could lead to what another project lends."))
                .hint("Put the file itself there, or say here what to lend: --with NAME, --service SERVICE")
        }
        ProjectError::NotToml(line) => {
            Words::new(format!("{path} is not understood, from line {line} on.")).hint(EXAMPLE)
        }
        ProjectError::Unknown(member) => {
            Words::new(format!("{path} has \"{}\", which means nothing there.", plain(member))).hint(EXAMPLE)
        }
        ProjectError::NotTexts(member) => {
            Words::new(format!("In {path}, {member} is not a list of names.")).hint(EXAMPLE)
        }
        ProjectError::Secret => Words::new(format!("{path} has what looks like a secret in it."))
            .hint("Only names belong there. Save the secret (keymoor add --name NAME), name it in the file, and,\nif others could read the file, make a new key at its provider."),
        ProjectError::Empty => Words::new(format!("{path} names nothing to lend.")).hint(EXAMPLE),
    };
    words.safe(NOTHING_LENT)
}

pub(super) fn not_run(program: &str, why: NotRun, noted: bool) -> Words {
    let program = plain(program);
    let words = match why {
        NotRun::NotFound => Words::new(format!("There is no program {program}."))
            .hint("Look at its spelling, and at PATH. One in this folder: ./NAME"),
        NotRun::NotRunnable => Words::new(format!("{program} cannot be run."))
            .hint("It must be a program for this machine, or a script whose first line names one, with the right to be run (chmod +x)."),
        NotRun::TooMuch => Words::new(format!("The system does not take so long arguments and so large an environment for {program}."))
            .hint("Lend it less, or give it shorter arguments."),
        NotRun::NoFiles => Words::new("The private file for the program could not be written.")
            .hint("Look at the rights of the folder in XDG_RUNTIME_DIR and of the one for temporary files (TMPDIR), and at the disk."),
        NotRun::Failed => Words::new(format!("{program} could not be started."))
            .hint("Perhaps the system has no room for another program, or its disk cannot be read. Try again."),
    };
    if noted { words.safe(NOT_STARTED) } else { words }
}

/// As shells say it.
pub(super) fn exit_code(why: NotRun) -> u8 {
    match why {
        NotRun::NotFound => 127,
        NotRun::NotRunnable | NotRun::TooMuch | NotRun::Failed => 126,
        NotRun::NoFiles => 1,
    }
}

/// How a field goes into a variable of the user's choice.
fn in_a_variable(credential: &str, fields: &[String]) -> String {
    let credential = quoted(credential);
    match fields {
        [] => "It has no secret.".to_owned(),
        [_] => format!("Say which: --with {credential}=VARIABLE"),
        fields => {
            let with = |field| format!("--with {credential}={}:VARIABLE", quoted(field));
            format!("Say which: {}", fields.iter().map(|field| with(field)).collect::<Vec<_>>().join(" "))
        }
    }
}

fn way_out(sources: [&Source; 2]) -> String {
    let credential = sources.iter().find_map(|source| match source {
        Source::Credential(name) => Some(name),
        Source::Setting { .. } => None,
    });
    match credential {
        Some(name) => format!(
            "Put one of them elsewhere: --with {0}=VARIABLE, or, of several fields, --with {0}=FIELD:VARIABLE",
            quoted(name)
        ),
        None => {
            "Leave one of the two services out, or give both the same value: keymoor service set.".to_owned()
        }
    }
}

fn source(source: &Source) -> String {
    match source {
        Source::Credential(name) => plain(name).into_owned(),
        Source::Setting { service, setting } => format!("{} of {}", plain(setting), plain(service)),
    }
}

fn list<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    names.into_iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ")
}
