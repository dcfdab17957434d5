//! The vault's errors.

use keymoor_vault::{Backend, Candidate, Error, Input, Past};

use super::{Words, alarm, cache, input, keychain, kit, server, unreadable};
use crate::output::{argument, counted, grouped, minute, plain};

const UNCHANGED: &str = "Nothing was changed.";

pub(super) fn words(error: &Error) -> Words {
    match error {
        Error::EmptySecret => Words::new("The secret is empty.").safe("Nothing was stored."),
        Error::NoSecret => Words::new("A credential needs at least one secret.").safe("Nothing was stored."),
        Error::Invalid(what) => invalid(*what),
        Error::NulByte(what) => Words::new(format!("{} has a NUL byte in it.", of(*what))).safe("Nothing was stored."),
        Error::TooLarge { limit } => input::too_large(*limit),
        Error::WeakPassword => {
            Words::new("The password is too short: eight characters at least.").safe(UNCHANGED).hint("A few random words are easy to remember.")
        }
        Error::InvalidServer => Words::new("That is not the address of a server.")
            .safe(UNCHANGED)
            .hint("It looks like https://keys.example.org, or http://127.0.0.1:8787 on this machine."),
        Error::PlainHttp => Words::new("Plain http is spoken with this machine only.")
            .safe(UNCHANGED)
            .hint("Use https. keymoor-server serve --tls self makes a certificate that the kit carries."),
        Error::WhichField(names) => Words::new(format!("It has several secret fields: {}.", names_of(names)))
            .hint("Say which: keymoor get NAME FIELD, or keymoor copy NAME FIELD"),
        Error::NoSuchField(names) if names.is_empty() => {
            Words::new("It has no field of that name.").hint("keymoor show NAME shows the others.")
        }
        Error::NoSuchField(names) => {
            Words::new("It has no field of that name.").hint(format!("It has: {}.", names_of(names)))
        }
        Error::Ambiguous(candidates) => ambiguous(candidates),
        Error::WhichVersion(versions) => which_version(versions),
        Error::LastSecret => Words::new("The last secret field of a credential cannot be removed.")
            .safe(UNCHANGED)
            .hint("Give it another secret field in the same step, or put the whole credential in the trash: keymoor rm NAME"),
        Error::ChangedMeanwhile => Words::new("Somebody changed this credential meanwhile.")
            .safe(UNCHANGED)
            .hint("keymoor history NAME lists its versions."),
        Error::Unsettled => Words::new("Two devices changed this at the same time, and it has two values.")
            .safe(UNCHANGED)
            .hint("Say first which is meant: keymoor show NAME lists them, keymoor settle NAME FIELD CHOICE picks one. Of a service: keymoor service list, and set it again."),
        Error::AddressAlone(names) => Words::new("A program may not send a key to another address.")
            .safe(UNCHANGED)
            .hint(format!("Change the address yourself with keymoor edit, or have it bring the secrets, too: {}.", names_of(names))),
        Error::GrantTaken => Words::new("That program has a grant already.")
            .safe(UNCHANGED)
            .hint("Its token cannot be shown again. For a new one: keymoor grant revoke PROGRAM, then add it anew."),
        Error::NoSuchGrant => {
            Words::new("No program of that name has a grant.").safe(UNCHANGED).hint("keymoor grant list shows those that have.")
        }
        Error::NoSuchService => Words::new("There is no such service.").safe(UNCHANGED).hint("keymoor service list --all shows them."),
        Error::NoSuchTemplate => {
            Words::new("There is no such template.").safe(UNCHANGED).hint("keymoor service list --all shows them, too.")
        }
        Error::NoSuchPolicy => {
            Words::new("There is no such policy.").safe(UNCHANGED).hint("keymoor policy list shows them.")
        }
        Error::NotAccepted(providers) => {
            Words::new(format!("The service takes credentials of {}.", names_of(providers))).safe(UNCHANGED)
        }
        Error::CredentialOff(title) => Words::new(format!("The credential {} is switched off, and no service uses it so.", plain(title)))
            .safe(UNCHANGED)
            .hint(format!("To switch it on: keymoor edit {} --on", argument(title))),
        Error::WhichCredential(names) => Words::new(format!("Several credentials could be meant: {}.", names_of(names)))
            .hint("Say which: keymoor service enable SERVICE --credential NAME"),
        Error::NothingToUse => Words::new("There is no credential that it could use.")
            .hint("Add one: keymoor add PROVIDER --name NAME. One that is switched off: keymoor edit NAME --on"),
        Error::ServiceOff => Words::new("The service is switched off.").hint("keymoor service enable SERVICE"),
        Error::NothingToChange => Words::new("There is nothing to change.")
            .hint("Say what is new: --name, --set, --label, --note, --expires, --on, --off, --fallback, --own, or the secret with --stdin."),
        Error::NotFound => Words::new("That credential is not here (any more).").hint("keymoor list shows those that are."),
        Error::NoSuchVersion => Words::new("There is no such version.").safe(UNCHANGED).hint("keymoor history NAME lists them."),
        Error::NoSuchChoice => {
            Words::new("There is no such value to choose.").safe(UNCHANGED).hint("keymoor show NAME lists field and choices.")
        }
        Error::NoAccount => Words::new("Sync is not set up on this device.").hint(
            "On the first device: keymoor account create --server URL\nOn every other one: keymoor account join --kit FILE",
        ),
        Error::NameTaken => Words::new("The provider has a credential of that name already.").safe(UNCHANGED),
        Error::KeychainOfAnother => Words::new("The keychain holds the key of another vault, and credentials that only it opens.")
            .safe("Nothing was changed.")
            .hint(
                "To open this one beside it: KEYMOOR_KEYCHAIN_SERVICE=another-name keymoor unlock …, with a KEYMOOR_HOME of its own.\n\
                 To bring the credentials there into the account: keymoor account join --kit FILE",
            ),
        Error::KitWithoutServer => Words::new("The kit is of a vault without a server, and nothing of that vault is on this device.")
            .safe(UNCHANGED)
            .hint("It opens the vault's data directory. If there is a backup of that, put it in place and try again."),
        Error::KitsMade => Words::new("The kits of this account were made with it, and stay good.")
            .safe(UNCHANGED)
            .hint("Making new ones, which makes the old ones void, is not there yet."),
        Error::HasAccount => Words::new("This device belongs to an account already.")
            .safe(UNCHANGED)
            .hint("To fetch what is new: keymoor sync\nA second vault can live beside it: set KEYMOOR_HOME and KEYMOOR_KEYCHAIN_SERVICE."),
        Error::FileExists(path) => {
            let path = path.display().to_string();
            Words::new(format!("{} is there already and is not written over.", plain(&path)))
                .safe(UNCHANGED)
                .hint("Move it away, or name others: --kit FILE, --recovery FILE")
        }
        Error::MassDelete { count, of } => Words::new(format!(
            "Another device deleted {} of {} here, so sync stopped to ask.",
            grouped(*count),
            counted(*of, "credential", "credentials")
        ))
        .safe("Nothing was deleted on this device.")
        .hint("If that was meant: keymoor sync, on a terminal, asks whether to go on."),
        Error::NewerRecord => Words::new("This credential was written by a newer version of Keymoor.")
            .safe("Nothing was changed. It can be read here, and is carried along as it is.")
            .hint("Update Keymoor here to change it; keymoor --version says which one this is."),
        Error::Locked => Words::new("The key of this vault is not on this device any more.")
            .safe("What is sealed here is left as it is; no new key was made.")
            .hint("To unlock them: keymoor unlock --kit FILE, with the password, or keymoor unlock --recovery FILE"),
        Error::LockedEmpty => Words::new("The key of this vault is not on this device any more. Nothing was stored in it.")
            .safe("No new key was made.")
            .hint("To begin anew, move keymoor.db away. To come back to an account: keymoor unlock --kit FILE, or --recovery FILE"),
        Error::LockedAndDamaged => Words::new("The cache file on this disk is damaged or no cache at all, and the keychain has no key of a vault.")
            .safe("The file is left as it is; no new key was made.")
            .hint("If a vault was here: move keymoor.db away, then keymoor unlock --kit FILE, or --recovery FILE.\nIf not, move keymoor.db away and begin."),
        Error::PasswordNeeded => {
            Words::new("A password is needed.").safe(UNCHANGED).hint("Type it, or name a file with it in KEYMOOR_PASSWORD_FILE.")
        }
        Error::WrongPassword => Words::new("The password is wrong.")
            .safe(UNCHANGED)
            .hint("Try again. If it is forgotten: keymoor unlock --recovery FILE"),
        Error::LoginRefused => Words::new("The password is wrong.").safe(UNCHANGED).hint(
            "Or the server does not know the account: it must not say which.\n\
             If the server lost its data: keymoor account create --server URL, on a device that has the account, fills it again.\n\
             If the password is forgotten: keymoor unlock --recovery FILE",
        ),
        Error::RecoveryRefused => {
            Words::new("The server does not know this account, or another recovery key was made for it.")
                .safe(UNCHANGED)
                .hint(
                    "If the server lost its data: keymoor account create --server URL, on a device that has the account, fills it again.\n\
                     If there is a newer recovery kit, take that one.",
                )
        }
        Error::UnlockedHere(problem) => server::unlocked_here(*problem),
        Error::WordsAlone => Words::new("The words are right, but they do not say whose they are.")
            .safe(UNCHANGED)
            .hint("Nothing on this device says it either: the lines \"server\", \"account\" and \"check\" of the recovery kit are needed, too."),
        Error::BackendChanged(made_with) => {
            let made_with = match made_with {
                Backend::System => "system",
                Backend::None => "none",
            };
            Words::new(format!("This vault was made with KEYMOOR_KEYCHAIN={made_with}, and now it is another."))
                .safe(UNCHANGED)
                .hint(format!("Set KEYMOOR_KEYCHAIN={made_with}, or use another KEYMOOR_HOME."))
        }
        Error::KitDamaged(place) => kit::damaged(*place),
        Error::KitOfAnotherAccount => {
            Words::new("The kit belongs to another account than this vault.").safe(UNCHANGED).hint("Look for the right kit.")
        }
        Error::Keychain(problem) => keychain::words(*problem),
        Error::Server(problem) => server::words(*problem),
        Error::Alarm(raised) => alarm::words(*raised),
        Error::Unreadable { homes, .. } => unreadable::words(homes),
        Error::Cache(error) => cache::words(*error),
        Error::Io(_) => Words::new("A file could not be read or written.")
            .safe("What was not acknowledged was not stored.")
            .hint("Look at the rights of the data directory, and at the disk."),
        Error::File { path, kind } => {
            let path = path.display().to_string();
            Words::new(format!("{} could not be read or written: {kind}.", plain(&path)))
                .safe("What was not acknowledged was not stored.")
                .hint("Look at its owner and rights, and at the disk. KEYMOOR_HOME names another data directory.")
        }
        Error::NoRandomNumbers => Words::new("The system gives no random numbers, and without them nothing is sealed.").safe(UNCHANGED),
    }
}

fn of(what: Input) -> &'static str {
    match what {
        Input::Provider => "The provider",
        Input::Name => "The name",
        Input::Label => "A label",
        Input::Note => "The note",
        Input::FieldName => "The name of a field",
        Input::FieldValue => "The value of a field",
        Input::Secret => "The secret",
        Input::Setting => "The setting",
        Input::Program => "The program's name",
        Input::Sample => "The example",
        Input::KeyAsName => "The name",
        Input::Days => "The number of days",
    }
}

fn invalid(what: Input) -> Words {
    if what == Input::Setting {
        return Words::new("That is no value which this setting can have.")
            .safe(UNCHANGED)
            .hint("keymoor service list --all says what each setting is.");
    }
    if what == Input::Sample {
        return Words::new("That is an example out of Keymoor's catalogue, and nobody's key.")
            .safe("Nothing was stored.")
            .hint("Copy your own from the provider's console.");
    }
    if what == Input::KeyAsName {
        return Words::new("That is a key, by its looks, and not a name: it would stand in lists.")
            .safe("Nothing was stored. It is in your shell's history now; better make a new one at its provider.")
            .hint("A key is never an argument: keymoor asks for it, or takes it with --stdin.");
    }
    if what == Input::Days {
        return Words::new("That is no number of days.").safe(UNCHANGED).hint("From 1 to 3,650.");
    }
    let hint = match what {
        Input::Provider => "Up to 200 characters on one line, without a slash.",
        Input::Name | Input::Label | Input::FieldName => {
            "Up to 200 characters on one line; no tabs or other control characters."
        }
        Input::Program => "1 to 64 of a-z, 0-9, dots, dashes and underscores.",
        Input::Note
        | Input::FieldValue
        | Input::Secret
        | Input::Setting
        | Input::Days
        | Input::Sample
        | Input::KeyAsName => "Text, without a NUL byte; a note up to 16 KiB.",
    };
    Words::new(format!("{} is empty, too long, or has characters that do not belong there.", of(what)))
        .safe("Nothing was stored.")
        .hint(hint)
}

/// Versions that share a number, for two devices gave it to different edits.
fn which_version(versions: &[Past]) -> Words {
    let rows: Vec<[String; 4]> = versions
        .iter()
        .map(|past| {
            let ending = past.last_four.as_deref().map(|four| format!("ends in {}", plain(four)));
            let kind = match (past.current, past.alternate) {
                (_, true) => "other value of the conflict",
                (true, _) => "in use",
                _ => "",
            };
            [past.id.clone(), minute(past.saved_at), ending.unwrap_or_default(), kind.to_owned()]
        })
        .collect();
    let mut hint = String::from("Say which, by its id: keymoor revert NAME --to ID\n");
    for [id, at, ending, kind] in rows {
        hint.push_str(format!("  {id}  {at}  {ending}  {kind}").trim_end());
        hint.push('\n');
    }
    Words::new("Several versions have that number.").safe(UNCHANGED).hint(hint)
}

fn names_of(names: &[String]) -> String {
    names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ")
}

/// Two providers with the same name, or two devices that added the same provider and name: those need their ids.
fn ambiguous(candidates: &[Candidate]) -> Words {
    let twice = candidates
        .iter()
        .any(|one| candidates.iter().filter(|other| other.provider == one.provider).count() > 1);
    let mut hint = String::from("Say which:\n");
    for Candidate { id, provider, display } in candidates {
        let full = format!("{provider}/{display}");
        hint.push_str(&match twice {
            true => format!("  {id}  {}\n", plain(&full)),
            false => format!("  {}\n", argument(&full)),
        });
    }
    if twice {
        hint.push_str(
            "Two devices used the same name. An id works like a name: keymoor edit ID --name NEW parts them.",
        );
    }
    Words::new("Several credentials have that name.").hint(hint)
}
