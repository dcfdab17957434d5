//! What can go wrong with the keychain. Foreign errors are translated at the boundary: some hold bytes of a secret.

/// Why the keychain could not do as asked. That an entry is absent is no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no keychain: no session bus, no keychain service on it, or no collection to write to.
    #[error("no keychain is available")]
    NotAvailable,
    /// The keychain is locked and was not unlocked: the prompt was dismissed, or there is no display to show one on.
    #[error("the keychain is locked")]
    Locked,
    /// The keychain takes no more entries.
    #[error("the keychain is full")]
    Full,
    /// The entry is there, but not whole or not in the form in which it was written.
    #[error("the keychain entry is damaged")]
    Damaged,
    /// The caller's [`Cancel`](crate::Cancel) ended the wait. A write may still have happened.
    #[error("the call to the keychain was cancelled")]
    Cancelled,
    /// The entry would need more than 65,535 parts (about 116 MB).
    #[error("the entry is too large for the keychain")]
    TooLarge,
    /// The keychain failed in another way, also after one new connection to it.
    #[error("the keychain failed: {0}")]
    Other(&'static str),
}
