//! The very first start: a vault is made, and nothing that was here is taken for nothing.

use keymoor_cache::Cache;
use keymoor_keychain::{EntryId, Keychain};
use keymoor_protocol::{AccountId, ActorId, Cursor, DeviceId, VaultId};
use keymoor_sealing::document::{self, Custody};
use keymoor_sealing::keys::stretch;
use keymoor_sealing::{Profile, RootKey, SecretKey};
use secrecy::ExposeSecret as _;

use super::{DEVICE_SLOT, Vault, new_device};
use crate::activity::chain;
use crate::config::Config;
use crate::error::{Error, at};
use crate::homes::entries::DeviceEntry;
use crate::homes::without_keychain::{self, finish_secret_key_file};
use crate::keys::Keys;
use crate::password::{AskPassword, PasswordFor, ask};

impl Vault {
    /// The very first start: ids and root key, in the keychain before anything else.
    pub(super) fn begin(config: Config, keychain: Keychain) -> Result<Self, Error> {
        if !keychain.list()?.is_empty() || was_here(&config)? {
            return Err(Error::Locked); // sealed records without their root key: recovery, never a new key
        }
        let entry = DeviceEntry {
            account: AccountId::generate(),
            vault: VaultId::generate(),
            device: DeviceId::generate(),
            root: RootKey::generate(1)?,
            secret_key: SecretKey::generate()?,
            recovery_auth: None,
            previous: Vec::new(),
            server: None,
            former: None,
        };
        let slot = keychain.put(EntryId::Device, &entry.encode(), None)?;
        let mut cache = Cache::open(config.home())?;
        let device = new_device(&config, &entry);
        let (root, custody) = entry.into_keys();
        let keys = Keys::new(device.account, device.vault, root, &[]);
        // With whatever a vault of before left beside it: nothing can follow that.
        cache.take_all_uses(|change, _| {
            change.set_device(&device)?;
            chain::begin(change, &keys)?;
            change.set_slot(DEVICE_SLOT, crate::homes::mirror::from_slot(slot))?;
            Ok::<_, Error>(())
        })?;
        Ok(Self::with(config, cache, Some(keychain), keys, custody))
    }

    /// The very first start without a keychain: the password comes first.
    pub(super) fn begin_without_keychain(config: Config, asked: AskPassword<'_>) -> Result<Self, Error> {
        if was_here(&config)? {
            return Err(Error::Locked); // the cache is gone, not new: recovery, never a new key
        }
        let password = ask(asked, PasswordFor::NewVault)?;
        let (account, vault, root) = (AccountId::generate(), VaultId::generate(), RootKey::generate(1)?);
        let custody =
            Custody { secret_key: SecretKey::generate()?, recovery_auth: None, previous: Vec::new() };
        // Exposed to be stretched.
        let (_, key) = stretch(password.expose_secret(), &custody.secret_key, account, Profile::NEWEST);
        let kind = keymoor_protocol::keys::WrapKind::Password;
        let wrap = document::wrap(&root, account, kind, Some(Profile::NEWEST), &key)?;
        let document = document::write(&root, account, vault, 1, &custody, vec![wrap])?;
        // Beside its place, then the cache, then into its place: whatever a crash leaves is either a finished vault or
        // none.
        let pending = config.secret_key_file().with_extension("pending");
        without_keychain::write_private(&pending, custody.secret_key.to_text().as_bytes())?;
        let mut cache = Cache::open(config.home())?;
        let keys = Keys::new(account, vault, root, &[]);
        // With whatever a vault of before left beside it: nothing can follow that.
        cache.take_all_uses(|change, _| {
            let device = keymoor_cache::Device {
                account,
                vault,
                device: DeviceId::generate(),
                actor: ActorId::generate(),
                keychain: config.keychain.as_str().to_owned(),
                epoch: keys.root.epoch(),
                document_version: document.version,
                cursor: Cursor::START,
                rebuilt: false,
                server: None,
                pin: None,
                last_sync: None,
            };
            change.set_device(&device)?;
            change.set_keys_document(&document.encode())?;
            chain::begin(change, &keys)?;
            Ok::<_, Error>(())
        })?;
        finish_secret_key_file(&config)?;
        Ok(Self::with(config, cache, None, keys, custody))
    }
}

/// Whether there was a vault here that is not gone for good: a Secret Key without its cache, or a cache that was damaged.
fn was_here(config: &Config) -> Result<bool, Error> {
    let mut files = std::fs::read_dir(config.home()).map_err(at(config.home()))?;
    let damaged = files.try_fold(false, |found, file| {
        let name = file?.file_name();
        Ok::<_, std::io::Error>(found || name.to_string_lossy().starts_with("keymoor.db.damaged"))
    });
    let damaged = damaged.map_err(at(config.home()))?;
    Ok(damaged || config.secret_key_file().exists())
}
