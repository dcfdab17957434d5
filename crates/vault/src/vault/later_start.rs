//! A start of a vault that was there before: an ordinary one, and one without a keychain after its cache was damaged.

use keymoor_cache::Cache;
use keymoor_keychain::{EntryId, Keychain, Place};
use keymoor_protocol::{ActorId, Cursor, DeviceId, KeysDocument};
use keymoor_sealing::RootKey;
use keymoor_sealing::document::Custody;

use super::{DEVICE_SLOT, Vault};
use crate::config::{Backend, Config};
use crate::error::Error;
use crate::homes::entries::{DeviceEntry, Former};
use crate::homes::salvaged::Salvaged;
use crate::homes::{rebuild, without_keychain};
use crate::keys::Keys;
use crate::password::AskPassword;

/// The setting that holds where the keychain itself keeps it.
const DEVICE_PLACE: &str = "device.place";

impl Vault {
    /// An ordinary start: the cache is there, and the keychain or the password opens it.
    pub(super) fn unlock(
        config: Config,
        mut cache: Cache,
        keychain: Option<Keychain>,
        asked: AskPassword<'_>,
    ) -> Result<Self, Error> {
        let (device, hint, place, document) = cache.read(|view| {
            let hint = view.slot(DEVICE_SLOT)?;
            Ok::<_, Error>((view.device()?, hint, view.setting(DEVICE_PLACE)?, view.keys_document()?))
        })?;
        let device = device.ok_or(Error::Locked)?;
        if device.keychain != config.keychain.as_str() {
            let made_with = match config.keychain {
                Backend::System => Backend::None,
                Backend::None => Backend::System,
            };
            return Err(Error::BackendChanged(made_with));
        }
        let (root, custody) = match &keychain {
            Some(keychain) => {
                let hint = hint.map(crate::homes::mirror::to_slot);
                let place = place.and_then(|text| String::from_utf8(text).ok()).map(Place::new);
                let Some(stored) = keychain.get_at(EntryId::Device, hint, place.clone())? else {
                    return Err(locked(&mut cache, &device));
                };
                if let Some(found) = stored.place.filter(|found| Some(found) != place.as_ref()) {
                    // Without it the next start takes longer, and nothing else.
                    let _ = cache.write(|change| change.set_setting(DEVICE_PLACE, found.as_str().as_bytes()));
                }
                let Ok(entry) = DeviceEntry::decode(&stored.bytes) else {
                    return Err(locked(&mut cache, &device));
                };
                if entry.account == device.account {
                    entry.into_keys()
                } else {
                    // A join was cut short before the cache followed: this device is still what it was.
                    let former = entry.former.filter(|former| former.account == device.account);
                    former.ok_or(Error::Locked)?.into_keys()
                }
            }
            None => {
                let document = document.and_then(|bytes| KeysDocument::decode(&bytes).ok());
                without_keychain::open_document(
                    &config,
                    &document.ok_or(Error::Locked)?,
                    device.account,
                    asked,
                )?
            }
        };
        let keys = Keys::new(device.account, device.vault, root, &custody.previous);
        let mut vault = Self::with(config, cache, keychain, keys, custody);
        // Reading needs none of it. Where the disk fails now, whatever is stamped tries again; where the keychain does, what
        // is written to it.
        let _ = vault.meet_file();
        Ok(vault)
    }

    /// A damaged cache without a keychain: what can be read of the file, if its keys document is among it, becomes a new one.
    ///
    /// # Errors
    /// [`Error::Cache`] where not even that can be read. The file stays as it is until it was read.
    pub(super) fn reopen_without_keychain(config: Config, asked: AskPassword<'_>) -> Result<Self, Error> {
        let aside = Cache::unread(config.home()).filter(|_| !Cache::exists(config.home()));
        let path = aside.clone().unwrap_or_else(|| Cache::path(config.home()));
        let found = Cache::salvage(&path)?;
        let document = found.keys_document.as_deref().and_then(|bytes| KeysDocument::decode(bytes).ok());
        let document = document.ok_or(Error::Cache(keymoor_cache::Error::Damaged))?;
        let (root, custody) = without_keychain::open_document(&config, &document, document.account, asked)?;
        let known = found.device.clone().filter(|device| device.account == document.account);
        let device = keymoor_cache::Device {
            account: document.account,
            vault: document.vault,
            device: known.as_ref().map_or_else(DeviceId::generate, |known| known.device),
            actor: ActorId::generate(), // the counters of the old one are not known any more
            keychain: config.keychain.as_str().to_owned(),
            epoch: root.epoch(),
            document_version: document.version,
            cursor: Cursor::START,
            rebuilt: known.as_ref().is_some_and(|known| known.server.is_some()),
            server: known.as_ref().and_then(|known| known.server.clone()),
            pin: known.as_ref().and_then(|known| known.pin),
            last_sync: None,
        };
        let aside = match aside {
            Some(path) => Some(path),
            None => Cache::set_aside(config.home())?,
        };
        rebuild::from_file(config, device, root, custody, |keys| Salvaged::of(found, keys), aside)
    }
}

impl Former {
    fn into_keys(self) -> (RootKey, Custody) {
        (self.root, Custody { secret_key: self.secret_key, recovery_auth: None, previous: Vec::new() })
    }
}

/// The root key of this cache is gone; whether anything was sealed with it is said, too.
fn locked(cache: &mut Cache, device: &keymoor_cache::Device) -> Error {
    match cache.read(|view| view.is_empty()) {
        Ok(true) if device.server.is_none() => Error::LockedEmpty,
        _ => Error::Locked,
    }
}
