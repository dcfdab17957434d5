//! The system's keychain.

use keymoor_vault::KeychainProblem;

use super::Words;

pub(super) fn words(problem: KeychainProblem) -> Words {
    let words = Words::new(sentence(problem)).safe("What is stored stays as it is.");
    match problem {
        KeychainProblem::NotAvailable => words.hint(
            "On Linux a Secret Service must run, such as gnome-keyring or KeePassXC.\n\
             On a machine without one, a new vault can do with a password: KEYMOOR_KEYCHAIN=none",
        ),
        KeychainProblem::Locked => words.hint("Unlock it, usually with your login password, and try again."),
        KeychainProblem::Full => {
            words.hint("Remove entries that nobody needs from the keychain and try again.")
        }
        KeychainProblem::Damaged => {
            words.hint("keymoor unlock --kit FILE or --recovery FILE writes it anew.")
        }
        KeychainProblem::Cancelled => words.hint("Try again when the keychain answers."),
        KeychainProblem::Other => words.hint("keymoor doctor looks at every home."),
    }
}

/// What is the matter, in one sentence.
pub(super) fn sentence(problem: KeychainProblem) -> &'static str {
    match problem {
        KeychainProblem::NotAvailable => "The system's keychain does not answer.",
        KeychainProblem::Locked => "The system's keychain is locked.",
        KeychainProblem::Full => "The system's keychain takes no more entries.",
        KeychainProblem::Damaged => "An entry in the system's keychain is not what was written there.",
        KeychainProblem::Cancelled => "The system's keychain was not waited for.",
        KeychainProblem::Other => "The system's keychain is out of order.",
    }
}
