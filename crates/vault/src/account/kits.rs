//! The kits on the disk: written beside their places first, and moved there once the account is kept here.
//!
//! So a kill at any point leaves under their names either kits that are good, or none: a recovery kit is good as soon as the
//! keys document with its wrap is in the cache.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use keymoor_protocol::KeysDocument;
use keymoor_protocol::keys::WrapKind;
use keymoor_sealing::document;
use zeroize::Zeroizing;

use crate::account::create::CreateAccount;
use crate::error::Error;
use crate::homes::without_keychain::{sync_directory, write_private};
use crate::kit::RecoveryKit;
use crate::vault::Vault;

/// The cache's note that a recovery kit was made and is not in its place yet.
pub(crate) const UNFINISHED: &str = "kits_unfinished";

impl Vault {
    /// Whether the recovery kit that goes with the keys document is where it should be, or beside it.
    ///
    /// Only asked after a kill: otherwise the kit may lie in a safe, and nobody here can tell.
    pub(crate) fn recovery_kit_is_there(
        &mut self,
        keys: &KeysDocument,
        request: &CreateAccount,
    ) -> Result<bool, Error> {
        if self.cache.read(|view| view.setting(UNFINISHED))?.is_none() {
            return Ok(true);
        }
        let account = self.keys.account;
        let opens = |path: &Path| {
            let text = std::fs::read_to_string(path).map(Zeroizing::new).ok()?;
            let kit = RecoveryKit::from_text(&text).ok()?;
            document::unlock(keys, account, WrapKind::Recovery, &kit.key.unlock_key(account)).ok()
        };
        let place = &request.recovery_kit;
        Ok(opens(place).is_some() || opens(&beside(place)).is_some())
    }
}

/// Writes a kit beside its place: durably, readable by its owner alone.
///
/// # Errors
/// [`Error::FileExists`] if another file is in its place.
pub(crate) fn prepare(place: &Path, text: &[u8]) -> Result<(), Error> {
    match std::fs::read(place) {
        Ok(there) if there == text => Ok(()),
        Ok(_) => Err(Error::FileExists(place.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => write_private(&beside(place), text),
        Err(error) => Err(error.into()),
    }
}

/// Moves a kit that was prepared to its place, durably; never over a file that is there. Returns whether there was one.
pub(crate) fn finish(place: &Path) -> Result<bool, Error> {
    let beside = beside(place);
    let text = match std::fs::read(&beside) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    match std::fs::hard_link(&beside, place) {
        Ok(()) => std::fs::remove_file(&beside)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            if *std::fs::read(place)? != *text {
                return Err(Error::FileExists(place.to_owned()));
            }
            std::fs::remove_file(&beside)?; // cut short between the two
        }
        // A stick whose file system has no links.
        Err(_) => std::fs::rename(&beside, place)?,
    }
    place.parent().map_or(Ok(()), sync_directory)?;
    Ok(true)
}

/// `kit.txt` and `kit.txt.pending`.
fn beside(place: &Path) -> PathBuf {
    let mut name = OsString::from(place);
    name.push(".pending");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kit_is_in_its_place_when_it_is_finished_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("kit.txt");
        assert!(!finish(&place).unwrap(), "there is none");
        prepare(&place, b"first").unwrap();
        assert!(!place.exists());
        prepare(&place, b"second").unwrap();
        assert!(finish(&place).unwrap());
        assert_eq!(std::fs::read(&place).unwrap(), b"second");
        assert!(!beside(&place).exists());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&place.metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(prepare(&place, b"second").is_ok());
        assert!(matches!(prepare(&place, b"third"), Err(Error::FileExists(_))));
        write_private(&beside(&place), b"third").unwrap();
        assert!(matches!(finish(&place), Err(Error::FileExists(_))));
        assert_eq!(std::fs::read(&place).unwrap(), b"second");
        write_private(&beside(&place), b"second").unwrap();
        assert!(finish(&place).unwrap() && !beside(&place).exists());
    }
}
