//! The kinds of errors: what a script branches on.

use super::Error;

/// The kinds of errors, one an exit code of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 1
    Failed,
    /// 2
    Usage,
    /// 3
    NotFound,
    /// 4
    Locked,
    /// 5
    Conflict,
    /// 6
    Network,
    /// 7
    Damaged,
    /// 8
    Keychain,
}

impl Error {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        use Error::*;
        match self {
            EmptySecret
            | NoSecret
            | Invalid(_)
            | NulByte(_)
            | TooLarge { .. }
            | WeakPassword
            | InvalidServer
            | PlainHttp
            | WhichField(_)
            | WordsAlone
            | KitWithoutServer
            | WhichVersion(_)
            | LastSecret
            | AddressAlone(_)
            | Ambiguous(_)
            | NotAccepted(_)
            | WhichCredential(_)
            | NothingToChange => Kind::Usage,
            NotFound | NoSuchField(_) | NoSuchVersion | NoSuchChoice | NoAccount | NoSuchService
            | NoSuchGrant | NoSuchTemplate | NoSuchPolicy | NothingToUse => Kind::NotFound,
            NameTaken
            | GrantTaken
            | HasAccount
            | KitsMade
            | KeychainOfAnother
            | FileExists(_)
            | MassDelete { .. }
            | NewerRecord
            | ServiceOff
            | CredentialOff(_)
            | Unsettled
            | ChangedMeanwhile => Kind::Conflict,
            Locked | LockedEmpty | PasswordNeeded | WrongPassword | LoginRefused | RecoveryRefused
            | BackendChanged(_) => Kind::Locked,
            Keychain(_) => Kind::Keychain,
            Server(_) | UnlockedHere(_) => Kind::Network,
            Alarm(_) | Unreadable { .. } | KitDamaged(_) | LockedAndDamaged => Kind::Damaged,
            KitOfAnotherAccount => Kind::Conflict,
            Cache(
                keymoor_cache::Error::Damaged
                | keymoor_cache::Error::Newer { .. }
                | keymoor_cache::Error::Migration,
            ) => Kind::Damaged,
            Cache(_) | Io(_) | File { .. } | NoRandomNumbers => Kind::Failed,
        }
    }
}
