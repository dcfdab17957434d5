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
use crate::password::{AskPassword, PasswordFor, ask};

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

/// Without a keychain: the keys, by the password and the Secret Key's file.
pub(crate) fn open_document(
    config: &Config,
    document: &KeysDocument,
    account: AccountId,
    asked: AskPassword<'_>,
) -> Result<(RootKey, Custody), Error> {
    finish_secret_key_file(config)?;
    let secret_key = read_secret_key(config)?.ok_or(Error::Locked)?;
    let password = ask(asked, PasswordFor::Unlock)?;
    match unlock(document, account, &secret_key, &password) {
        Err(Error::WrongPassword) => {
            // A join was cut short between the cache and the Secret Key's file.
            let Some(pending) = read_pending_secret_key(config)? else {
                return Err(Error::WrongPassword);
            };
            let opened = unlock(document, account, &pending, &password)?;
            let path = config.secret_key_file();
            std::fs::remove_file(&path).map_err(at(&path))?;
            finish_secret_key_file(config)?;
            Ok(opened)
        }
        opened => opened,
    }
}

/// The cache knows the vault, so the Secret Key that was written before it is the right one.
pub(crate) fn finish_secret_key_file(config: &Config) -> Result<(), Error> {
    let path = config.secret_key_file();
    let pending = path.with_extension("pending");
    if !path.exists() && pending.exists() {
        std::fs::rename(&pending, &path).map_err(at(&path))?;
        sync_directory(config.home())?;
    }
    Ok(())
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
