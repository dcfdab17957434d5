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
    /// A copy that did not open was replaced by a good one.
    Healed {
        /// Which credential.
        id: RecordId,
        /// Whose copy was good.
        from: HomeName,
    },
    /// A record that does not open is kept aside.
    Quarantined {
        /// Which.
        id: RecordId,
    },
    /// The new password holds here; the server was out of reach and gets it with a later sync.
    PasswordWaits,
    /// Without a keychain: the account's password was changed on another device, and is the one of this vault from now on.
    PasswordChanged,
    /// Something about the server.
    Alarm(Alarm),
}
