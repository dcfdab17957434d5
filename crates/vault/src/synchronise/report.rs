//! What a sync is asked for, what it tells while it goes on, and what it did.

use crate::differences::Differences;

/// How to sync.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    /// Let a pull delete very many records. Without it such a pull stops and asks.
    pub accept_deletes: bool,
    /// Exchange what the devices know of uses and verifications, also if that was done a moment ago: the user asked.
    pub asked_for: bool,
    /// Push commit 1 even if there are no records.
    pub(crate) first_commit: bool,
    /// The account came to another server.
    pub(crate) moved: bool,
}

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Records that came or changed.
    pub pulled: u64,
    /// Records that went to the server.
    pub pushed: u64,
    /// Records with fields to settle.
    pub conflicts: u64,
    /// Records in use here that others deleted.
    pub deleted: u64,
    /// Of those, the ones that went into the trash.
    pub trashed: u64,
    /// Records that others erased, in use here or in the trash.
    pub erased: u64,
    /// What is to be settled beside that, told where something came that may have brought it.
    pub differences: Differences,
    /// Keychain copies that are behind; [`Vault::mirror`](crate::Vault::mirror) writes them.
    pub mirror_left: u64,
}

/// What a wait is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Proving who this is.
    SigningIn,
    /// The server was asked, and nothing of its answer is here.
    Waiting,
    /// Fetching; the total in commits.
    Pulling {
        /// Commits taken.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// Sending; the total in records.
    Pushing {
        /// Records taken by the server.
        done: u64,
        /// Of how many.
        total: u64,
    },
}
