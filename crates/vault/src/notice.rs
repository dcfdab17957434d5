//! What the vault did by itself and a user should hear of, once.

use std::path::PathBuf;

use keymoor_protocol::RecordId;

use crate::error::{Alarm, HomeName};

/// Something that was put right, or that needs care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The cache was gone; it was rebuilt from the keychain.
    CacheRebuilt {
        /// How many credentials came back.
        records: u64,
    },
    /// The cache file was damaged; it was moved aside and rebuilt, also from what could be read of it.
    CacheSetAside {
        /// Where it is now.
        path: PathBuf,
        /// Credentials of which it alone had the latest.
        taken: u64,
        /// Whether everything in it could be read.
        whole: bool,
    },
    /// The cache was an older copy of itself, from a backup or a disk image; it has caught up with the keychain.
    CacheWasOlder {
        /// Credentials of which the keychain had something newer.
        taken: u64,
    },
    /// A copy that did not open was replaced by a good one.
    Healed {
        /// Which credential.
        id: RecordId,
        /// Whose copy was good.
        from: HomeName,
    },
    /// Something that is not Keymoor had changed in the cache under which names credentials are found, or whether they are in
    /// the trash; it is right again.
    Misnamed {
        /// How many credentials.
        records: u64,
    },
    /// A record that does not open is kept aside.
    Quarantined {
        /// Which.
        id: RecordId,
    },
    /// A credential that was deleted on one device and edited on another, unseen of each other. It is there, whole.
    Back {
        /// Provider and name.
        name: String,
        /// Erased, or moved to the trash.
        erased: bool,
        /// Deleted here and edited elsewhere, or the other way round.
        here: bool,
    },
    /// A credential that was to be erased. The server had lost it and other devices may have it, so that it could only be
    /// moved to the trash: there it meets theirs as deleted.
    OnlyTrashed {
        /// Provider and name.
        name: String,
    },
    /// The new password holds here; the server was out of reach and gets it with a later sync.
    PasswordWaits,
    /// Without a keychain: the account's password was changed on another device, and is the one of this vault from now on.
    PasswordChanged,
    /// What this device remembers of what happened on it has holes, or was changed, by somebody without the keys.
    ActivityBroken,
    /// A secret was opened, and the disk did not take the entry that says so.
    UseNotNoted,
    /// The cache is new, and whether this device was to verify keys by itself is not known any more: in the background it does
    /// not, until its user says so.
    NotInBackground,
    /// Something about the server.
    Alarm(Alarm),
}
