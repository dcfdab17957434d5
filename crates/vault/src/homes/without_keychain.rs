//! A vault without a keychain: the Secret Key in a file of mode 0600, the root key wrapped by the password.
//!
//! A thief with that disk faces the password alone; docs/security.md says so.

use std::fs::OpenOptions;
use std::io::Write as _;

use keymoor_protocol::keys::WrapKind;
use keymoor_protocol::{AccountId, KeysDocument};
use keymoor_sealing::document::{self, Custody};
use keymoor_sealing::keys::stretch;
use keymoor_sealing::{Profile, RootKey, SecretKey};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::error::{Error, at};

/// Opens a keys document with the password and the Secret Key.
pub(crate) fn unlock(
    document: &KeysDocument,
    account: AccountId,
    secret_key: &SecretKey,
    password: &SecretString,
) -> Result<(RootKey, Custody), Error> {
    let profiles = document.wraps.iter().filter(|wrap| wrap.kind == WrapKind::Password);
    for profile in profiles.filter_map(|wrap| Profile::from_number(wrap.profile)) {
        // Exposed to be stretched.
        let (_, key) = stretch(password.expose_secret(), secret_key, account, profile);
        if let Ok(root) = document::unlock(document, account, WrapKind::Password, &key) {
            let custody = document::custody(document, &root).map_err(|_| Error::KitDamaged(None))?;
            return Ok((root, custody));
        }
    }
    Err(Error::WrongPassword)
}

/// The Secret Key of this device; `None` if there is no file.
pub(crate) fn read_secret_key(config: &Config) -> Result<Option<SecretKey>, Error> {
    read(&config.secret_key_file())
}

/// The Secret Key that was about to become this device's.
pub(crate) fn read_pending_secret_key(config: &Config) -> Result<Option<SecretKey>, Error> {
    read(&config.secret_key_file().with_extension("pending"))
}

fn read(path: &std::path::Path) -> Result<Option<SecretKey>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            SecretKey::from_text(&text).map(Some).map_err(|_| Error::Locked)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path)(error)),
    }
}

/// Writes the Secret Key, whole or not at all.
pub(crate) fn write_secret_key(config: &Config, key: &SecretKey) -> Result<(), Error> {
    write_private(&config.secret_key_file(), key.to_text().as_bytes())
}

/// Writes a file of mode 0600, whole or not at all: beside its place first, synced, then moved there.
pub(crate) fn write_private(path: &std::path::Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_extension("new");
    match std::fs::remove_file(&beside) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(at(&beside)(error)),
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).map_err(at(&beside))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(&beside))?;
    std::fs::rename(&beside, path).map_err(at(path))?;
    if let Some(directory) = path.parent() {
        sync_directory(directory)?;
    }
    Ok(())
}

/// Makes a rename or a new file in a directory durable.
pub(crate) fn sync_directory(directory: &std::path::Path) -> Result<(), Error> {
    // Windows neither needs nor allows it.
    if cfg!(unix) {
        let directory = if directory.as_os_str().is_empty() { ".".as_ref() } else { directory };
        std::fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(at(directory))?;
    }
    Ok(())
}
