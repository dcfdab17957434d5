//! The server and the way to it. Whatever happens there, this device keeps what it has.

use keymoor_vault::ServerProblem;

use super::Words;

const SAFE: &str = "Everything on this device stays as it is; changes wait for the next sync.";

/// After a recovery that the server had no part in.
pub(super) fn unlocked_here(problem: ServerProblem) -> Words {
    let what = match problem {
        ServerProblem::UnknownAccount => {
            "it does not know this account, or refuses the recovery key".to_owned()
        }
        other => lower(&sentence(other)),
    };
    Words::new(format!(
        "The vault is unlocked on this device, with the new password. The server has not taken that: {what}."
    ))
    .safe("Everything on this device can be read.")
    .hint("If the server lost its data: keymoor account create --server URL fills it again. Otherwise: keymoor sync")
}

/// A sentence as part of another.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

pub(super) fn words(problem: ServerProblem) -> Words {
    let safe = match problem {
        // There may be no account yet, and so no next sync.
        ServerProblem::RegistrationClosed => "Everything on this device stays as it is.",
        _ => SAFE,
    };
    let words = Words::new(sentence(problem)).safe(safe);
    match problem {
        ServerProblem::Unreachable | ServerProblem::TimedOut => {
            words.hint("Look whether the address is right and the network is up, and try again.")
        }
        ServerProblem::NotOurs => words.hint("Look whether the address is right; a login page of the network can be in between."),
        ServerProblem::Tls => words.hint("Look whether the clock of this device and the server's certificate are right."),
        ServerProblem::WrongPin => words.hint(
            "Somebody may be between this device and the server, or the server has a new certificate.\n\
             Ask whoever runs it before going on.",
        ),
        ServerProblem::SignIn => words.hint("keymoor sync asks for the password."),
        ServerProblem::SessionStolen => words.hint(
            "This can follow from restoring a copy of this device. If you did not, look at your other devices.\n\
             keymoor sync asks for the password.",
        ),
        ServerProblem::RateLimited(seconds) => words.hint(format!("Try again in {seconds} seconds.")),
        ServerProblem::OverQuota => words.hint("Erase what nobody needs: keymoor trash, keymoor erase NAME."),
        ServerProblem::TooLarge => words.hint("Settle it if it has several values, or split it: keymoor show NAME"),
        ServerProblem::RegistrationClosed => words.hint("Ask whoever runs the server."),
        ServerProblem::UnknownAccount => words.hint(
            "If the server lost its data: keymoor account create --server URL, on a device that has the account, fills it again.",
        ),
        ServerProblem::KeysBehind => words.hint("keymoor sync asks for the password and puts that right."),
        ServerProblem::CommitRefused => words.hint(
            "Look whether this device and the server run the same version: keymoor --version\n\
             If they do, keymoor doctor looks at what is here; whoever runs the server can find more in its log.",
        ),
        ServerProblem::Refused => words.hint("Look whether this device and the server run the same version: keymoor --version"),
        ServerProblem::Failed(_) => words.hint("Try again later; whoever runs the server can find more in its log."),
    }
}

/// What is the matter, in one sentence.
pub(super) fn sentence(problem: ServerProblem) -> String {
    match problem {
        ServerProblem::Unreachable => "The server cannot be reached.".into(),
        ServerProblem::TimedOut => "The server did not answer in time.".into(),
        ServerProblem::NotOurs => "What answers at that address is not a Keymoor server.".into(),
        ServerProblem::Tls => "The server's certificate is not trusted on this device.".into(),
        ServerProblem::WrongPin => {
            "The server shows another certificate than the one this account was set up with.".into()
        }
        ServerProblem::SignIn => "The session at the server has ended.".into(),
        ServerProblem::SessionStolen => {
            "The server ended this device's session: an old ticket of it was used again.".into()
        }
        ServerProblem::RateLimited(_) => "The server asks for a pause: there were too many requests.".into(),
        ServerProblem::OverQuota => "The account is full at the server.".into(),
        ServerProblem::TooLarge => "A credential is larger than the server takes.".into(),
        ServerProblem::RegistrationClosed => "The server takes no new accounts.".into(),
        ServerProblem::UnknownAccount => "The server does not know this account.".into(),
        ServerProblem::KeysBehind => {
            "The server has an older password than this device: it may have been put back from a copy.".into()
        }
        ServerProblem::CommitRefused => "The server refused the changes from this device.".into(),
        ServerProblem::Refused => "The server refused.".into(),
        ServerProblem::Failed(status) => format!("The server failed (HTTP status {status})."),
    }
}
