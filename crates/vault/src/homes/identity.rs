//! Keeping what this device is: the device entry in the keychain, the same in the cache.

use keymoor_keychain::{EntryId, Keychain};
use keymoor_protocol::{AccountId, KeysDocument};
use keymoor_sealing::{AuthPassword, RootKey, SecretKey};

use crate::account::join::FORMER;
use crate::config::Config;
use crate::drafts;
use crate::error::Error;
use crate::homes::entries::{DeviceEntry, Former, Server};
use crate::homes::mirror::{from_slot, to_slot};
use crate::vault::{DEVICE_SLOT, Patience, Vault, keychain_of};

/// Refuses a keychain that holds the only key of another vault, and something that it opens. What some command began after
/// everything was lost holds nothing, and gives way.
pub(crate) fn must_not_be_another_s(config: &Config, account: AccountId) -> Result<(), Error> {
    let Some(keychain) = keychain_of(config, Patience::default()) else { return Ok(()) };
    let Some(stored) = keychain.get(EntryId::Device, None)? else { return Ok(()) };
    let Ok(entry) = DeviceEntry::decode(&stored.bytes) else { return Ok(()) };
    let ours = entry.account == account || entry.former.is_some_and(|former| former.account == account);
    let holds = |keychain: &Keychain| -> Result<bool, Error> {
        Ok(keychain.list()?.iter().any(|(entry, _)| matches!(entry, EntryId::Record(_))))
    };
    if ours || !holds(&keychain)? { Ok(()) } else { Err(Error::KeychainOfAnother) }
}

impl Vault {
    /// Writes keys, server and keys document of this device: the keychain first, for it is what a lost cache comes back from.
    /// Without `server` the one that is known stays.
    pub(crate) fn keep_device(
        &mut self,
        server: Option<&Server>,
        document: Option<&KeysDocument>,
    ) -> Result<(), Error> {
        let keys = &self.keys;
        let device = self.cache.read(|view| drafts::device(view, keys))?;
        let known = device.server.clone().map(|url| Server { url, pin: device.pin });
        let server = server.cloned().or(known);
        if let Some(keychain) = self.keychain.clone() {
            // Keys from before a join stay until `drop_former` finds that nothing needs them any more.
            let former = if self.cache.read(|view| view.setting(FORMER))?.is_some() {
                let slot = self.cache.read(|view| view.slot(DEVICE_SLOT))?.map(to_slot);
                let stored = keychain.get(EntryId::Device, slot)?;
                stored
                    .and_then(|stored| DeviceEntry::decode(&stored.bytes).ok())
                    .and_then(|entry| entry.former)
            } else {
                None
            };
            let entry = self.device_entry(device.device, server.clone(), former);
            self.put_device_entry(&keychain, &entry)?;
        }
        self.cache.write(|change| {
            let mut device = change.device()?.ok_or(Error::Locked)?;
            device.server = server.as_ref().map(|server| server.url.clone());
            device.pin = server.as_ref().and_then(|server| server.pin);
            if let Some(document) = document {
                device.document_version = device.document_version.max(document.version);
                device.epoch = device.epoch.max(document.epoch);
                change.set_keys_document(&document.encode())?;
            }
            Ok::<_, Error>(change.set_device(&device)?)
        })?;
        // A lost cache comes back with it, and with it the recovery key stays good that is printed.
        self.write_document()
    }

    /// Writes the device entry over the one that is there.
    pub(crate) fn put_device_entry(&mut self, keychain: &Keychain, entry: &DeviceEntry) -> Result<(), Error> {
        let hint = self.cache.read(|view| view.slot(DEVICE_SLOT))?.map(to_slot);
        let previous = match hint {
            Some(slot) => Some(slot),
            None => keychain.get(EntryId::Device, None)?.map(|stored| stored.slot),
        };
        let slot = keychain.put(EntryId::Device, &entry.encode(), previous)?;
        self.cache.write(|change| change.set_slot(DEVICE_SLOT, from_slot(slot)))?;
        Ok(())
    }

    pub(crate) fn device_entry(
        &self,
        device: keymoor_protocol::DeviceId,
        server: Option<Server>,
        former: Option<Former>,
    ) -> DeviceEntry {
        let copy = |key: &RootKey| RootKey::from_bytes(key.epoch(), *key.expose());
        let auth = self.custody.recovery_auth.as_ref();
        DeviceEntry {
            account: self.keys.account,
            vault: self.keys.vault,
            device,
            root: copy(&self.keys.root),
            secret_key: SecretKey::from_bytes(*self.custody.secret_key.expose()),
            recovery_auth: auth.map(|auth| AuthPassword::from_bytes(*auth.expose())),
            previous: self.custody.previous.iter().map(copy).collect(),
            server,
            former,
        }
    }
}
