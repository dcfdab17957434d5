//! Joining an account with kit and password: keys that are here already come along as drafts of that account.

use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{ActorId, Cursor, DeviceId, KeysDocument, RecordId};
use keymoor_remote::Remote;
use keymoor_sealing::document::{self, Custody};
use keymoor_sealing::keys::stretch;
use keymoor_sealing::{Profile, RootKey, SecretKey};
use secrecy::{ExposeSecret as _, SecretString};

use crate::content::Content;
use crate::drafts;
use crate::error::{Alarm, Error};
use crate::homes::entries::Former;
use crate::homes::lock::Lock;
use crate::homes::without_keychain;
use crate::keys::Keys;
use crate::kit::JoinKit;
use crate::sync::plan;
use crate::synchronise::{Progress, SyncOptions, SyncReport};
use crate::vault::{Vault, finish_secret_key_file};

/// The cache's note that the device entry still holds former keys.
pub(crate) const FORMER: &str = "former";

/// What a server and a kit together gave.
pub(crate) struct Opened {
    pub(crate) document: KeysDocument,
    pub(crate) root: RootKey,
    pub(crate) custody: Custody,
}

impl Vault {
    /// Makes this device one of the kit's account and pulls what is there.
    ///
    /// # Errors
    /// Nothing here has changed after an error before the pull.
    pub fn join(
        &mut self,
        kit: &JoinKit,
        password: &SecretString,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<SyncReport, Error> {
        let lock = Lock::wait(&self.config, "sync")?;
        let device = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?;
        if device.server.is_some() || self.custody.recovery_auth.is_some() {
            return Err(Error::HasAccount);
        }
        progress(Progress::SigningIn);
        let remote = Remote::new(&kit.server.url, kit.server.pin)?;
        let (opened, session) = open_account(kit, password, &remote, device.device)?;
        self.move_in(kit, opened, device.device)?;
        self.begin_session(&remote, session)?;
        drop(lock);
        self.synchronise(&SyncOptions { must_have_log: true, ..SyncOptions::default() }, progress)
    }

    /// Lets the keys from before a join go, once everything that they sealed is acknowledged and mirrored under the new ones.
    pub(crate) fn drop_former(&mut self) -> Result<(), Error> {
        let (former, drafts, behind) = self.cache.read(|view| {
            Ok::<_, Error>((view.setting(FORMER)?, view.draft_count()?, view.unmirrored_count()?))
        })?;
        if former.is_some() && drafts == 0 && behind == 0 {
            self.keep_device(None, None)?;
            self.cache.write(|change| change.remove_setting(FORMER))?;
        }
        Ok(())
    }

    /// Takes over the account's keys. What is here is sealed anew under them, with new record ids, before the keys that it
    /// was sealed under are let go.
    fn move_in(&mut self, kit: &JoinKit, opened: Opened, device: DeviceId) -> Result<(), Error> {
        let Opened { document, root, custody } = opened;
        let keys = Keys::new(document.account, document.vault, root, &custody.previous);
        let mut here: Vec<(RecordId, Content)> = Vec::new();
        let old = &self.keys;
        self.cache.read(|view| {
            let broken = view.for_each_current(|row| {
                let id = row.record.id;
                let content = old.open(&row.record).map_err(|_| Error::Unreadable { id, homes: Vec::new() })?;
                here.push((id, content));
                Ok::<_, Error>(())
            })?;
            match broken.first() {
                Some(id) => Err(Error::Unreadable { id: *id, homes: Vec::new() }),
                None => Ok(()),
            }
        })?;
        if self.keychain.is_none() {
            let pending = self.config.secret_key_file().with_extension("pending");
            without_keychain::write_private(&pending, custody.secret_key.to_text().as_bytes())?;
        }
        let former = Former {
            account: self.keys.account,
            vault: self.keys.vault,
            root: RootKey::from_bytes(self.keys.root.epoch(), *self.keys.root.expose()),
            secret_key: SecretKey::from_bytes(*self.custody.secret_key.expose()),
        };
        let old_keys = std::mem::replace(&mut self.keys, keys);
        let old_custody = std::mem::replace(&mut self.custody, custody);
        // The keychain gets the new keys beside the old: a kill between here and the cache's transaction leaves a device
        // that can still open what it has.
        if let Some(keychain) = self.keychain.clone() {
            let entry = self.device_entry(device, Some(kit.server.clone()), Some(former));
            if let Err(error) = self.put_device_entry(&keychain, &entry) {
                (self.keys, self.custody) = (old_keys, old_custody);
                return Err(error);
            }
        }
        let actor = ActorId::generate();
        let keys = &self.keys;
        self.cache.write(|change| {
            let mut device = change.device()?.ok_or(Error::Locked)?;
            (device.account, device.vault, device.actor) = (keys.account, keys.vault, actor);
            (device.epoch, device.document_version) = (document.epoch, document.version);
            (device.cursor, device.rebuilt) = (Cursor::START, false);
            (device.server, device.pin) = (Some(kit.server.url.clone()), kit.server.pin);
            change.set_device(&device)?;
            change.set_keys_document(&document.encode())?;
            change.set_setting(FORMER, b"1")?;
            if kit.known != Cursor::START {
                change.know_head(kit.known)?;
            }
            for (id, content) in &here {
                change.drop_draft(*id)?;
                change.remove_base(*id)?;
                change.forget(*id)?;
                drafts::write(change, keys, RecordId::generate(), &plan::reborn(content, actor))?;
            }
            Ok::<_, Error>(())
        })?;
        if self.keychain.is_none() {
            let path = self.config.secret_key_file();
            std::fs::remove_file(&path)?;
            finish_secret_key_file(&self.config)?;
        }
        Ok(())
    }
}

/// Logs in with kit and password and opens the keys document.
pub(crate) fn open_account(
    kit: &JoinKit,
    password: &SecretString,
    remote: &Remote,
    device: keymoor_protocol::DeviceId,
) -> Result<(Opened, keymoor_protocol::api::Session), Error> {
    // An upgrade tries its own profiles, newest first; there is one.
    let profile = Profile::NEWEST;
    let (auth, unlock) = stretch(
        password.expose_secret(), // exposed to be stretched
        &kit.secret_key,
        kit.account,
        profile,
    );
    let session = remote.log_in(kit.account, LoginKind::Password, device, auth.expose())?;
    let keys = remote.with_token(&session.access_token).keys(None)?;
    let document = KeysDocument::decode(&keys.document).map_err(|_| Error::Alarm(Alarm::KeysDocument))?;
    if document.epoch < kit.epoch {
        return Err(Error::Alarm(Alarm::KeysDocument)); // older than the kit
    }
    let kind = keymoor_protocol::keys::WrapKind::Password;
    let root = document::unlock(&document, kit.account, kind, &unlock)
        .map_err(|_| Error::Alarm(Alarm::KeysDocument))?; // the password is right: the server let us in
    let custody = document::custody(&document, &root).map_err(|_| Error::Alarm(Alarm::KeysDocument))?;
    Ok((Opened { document, root, custody }, session))
}
