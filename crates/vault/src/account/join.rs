//! Joining an account with kit and password: keys that are here already come along as drafts of that account.

use std::collections::BTreeMap;

use keymoor_cache::View;
use keymoor_fail_points::reached;
use keymoor_protocol::{ActorId, Cursor, DeviceId, KeysDocument, RecordId};
use keymoor_remote::Remote;
use keymoor_sealing::document::{self, Custody};
use keymoor_sealing::{RootKey, SecretKey};
use secrecy::SecretString;

use crate::account::login::by_password;
use crate::account::recovery_page::WITHOUT_SERVER;
use crate::activity::{self, Event};
use crate::content::Content;
use crate::devices;
use crate::drafts;
use crate::error::{Alarm, Error};
use crate::grants;
use crate::homes::entries::Former;
use crate::homes::lock::Lock;
use crate::homes::without_keychain;
use crate::keys::Keys;
use crate::kit::JoinKit;
use crate::rotate::asked;
use crate::rules::gone::reborn;
use crate::services::document::moved;
use crate::synchronise::{Progress, SyncOptions, SyncReport};
use crate::vault::Vault;

/// The cache's note that this device came to an account that has a log: an empty one is an error until it was seen.
pub(crate) const MUST_HAVE_LOG: &str = "must_have_log";

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
        let (device, known) =
            self.cache.read(|view| Ok::<_, Error>((view.device()?, view.keys_document()?)))?;
        let device = device.ok_or(Error::Locked)?;
        let known = known.and_then(|bytes| KeysDocument::decode(&bytes).ok());
        if device.server.is_some() || known.is_some_and(|known| self.is_of_an_account(&known)) {
            return Err(Error::HasAccount);
        }
        progress(Progress::SigningIn);
        let remote = Remote::new(&kit.server.url, kit.server.pin)?;
        let (opened, session) = open_account(kit, password, &remote, device.device)?;
        reached("join.opened");
        self.move_in(kit, opened, device.device)?;
        self.begin_session(&remote, session)?;
        drop(lock);
        self.synchronise(&SyncOptions::default(), progress)
    }

    /// An account that was joined has a log: an empty one is a server that lost it or hides it, never a reason to begin anew.
    pub(crate) fn must_have_log(&mut self, empty: bool) -> Result<(), Error> {
        if self.cache.read(|view| view.setting(MUST_HAVE_LOG))?.is_none() {
            return Ok(());
        }
        if empty {
            return Err(Error::Alarm(Alarm::RolledBack));
        }
        self.cache.write(|change| change.remove_setting(MUST_HAVE_LOG))?;
        Ok(())
    }

    /// Lets the keys from before a join go, once everything that they sealed is acknowledged and mirrored under the new ones.
    pub(crate) fn drop_former(&mut self) -> Result<(), Error> {
        let (former, drafts, behind) = self.cache.read(|view| {
            Ok::<_, Error>((view.setting(FORMER)?, view.draft_count()?, view.unmirrored_count()?))
        })?;
        if former.is_some() && drafts == 0 && behind == 0 {
            self.cache.write(|change| change.remove_setting(FORMER))?;
            self.keep_device(None, None)?;
        }
        Ok(())
    }

    /// Takes over the account's keys. What is here is sealed anew under them, with new record ids, before the keys that it
    /// was sealed under are let go.
    fn move_in(&mut self, kit: &JoinKit, opened: Opened, device: DeviceId) -> Result<(), Error> {
        let Opened { document, root, custody } = opened;
        let _ = self.take_uses(); // what is not in the cache stays under the former keys, and is left out
        let keys = Keys::new(document.account, document.vault, root, &custody.previous);
        let old = &self.keys;
        self.cache.read(|view| everything(view, old).map(drop))?; // said now, not halfway
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
        reached("join.keys");
        let actor = ActorId::generate();
        let (keys, by) = (&self.keys, self.by.as_ref());
        let moved = self.cache.write(|change| {
            // Read here, so that nothing is left behind that another process saved a moment ago.
            let here = everything(change, &old_keys)?;
            let mut device = drafts::device(change, &old_keys)?;
            (device.account, device.vault, device.actor) = (keys.account, keys.vault, actor);
            (device.epoch, device.document_version) = (document.epoch, document.version);
            (device.cursor, device.rebuilt) = (Cursor::START, false);
            (device.server, device.pin) = (Some(kit.server.url.clone()), kit.server.pin);
            change.set_device(&device)?;
            change.set_keys_document(&document.encode())?;
            change.remove_setting(WITHOUT_SERVER)?; // that kit opens nothing here any more
            change.set_setting(FORMER, b"1")?;
            change.set_setting(MUST_HAVE_LOG, b"1")?;
            if kit.known != Cursor::START {
                change.know_head(kit.known)?;
            }
            activity::hand_over(change, &old_keys, keys)?;
            change.drop_device_record(device.device)?; // it names records of before, under keys of before
            devices::note_linked(change, keys)?;
            let server = kit.server.url.clone();
            activity::put_by(change, keys, by, &Event::Joined { server })?;
            let new_ids: BTreeMap<_, _> = here.iter().map(|(id, _)| (*id, RecordId::generate())).collect();
            for (id, content) in here {
                change.drop_draft(id)?;
                change.remove_base(id)?;
                change.forget(id)?;
                let content = reborn(&moved(content, &new_ids), actor);
                drafts::write(change, keys, new_ids[&id], &content)?;
                asked::follow(change, id, new_ids[&id])?;
            }
            grants::hand_over(change, &old_keys, keys, &new_ids)?;
            Ok::<_, Error>(())
        });
        if let Err(error) = moved {
            (self.keys, self.custody) = (old_keys, old_custody);
            return Err(error);
        }
        reached("join.moved");
        if self.keychain.is_none() {
            let path = self.config.secret_key_file();
            std::fs::remove_file(&path)?;
            reached("join.without_key_file");
            without_keychain::finish_secret_key_file(&self.config)?;
        }
        Ok(())
    }
}

/// The contents of all records, those in the trash too.
fn everything(view: &View<'_>, keys: &Keys) -> Result<Vec<(RecordId, Content)>, Error> {
    let mut found = Vec::new();
    let unreadable = |id| Error::Unreadable { id, homes: Vec::new() };
    let broken = view.for_each_current(|row| {
        let id = row.record.id;
        found.push((id, keys.open(&row.record).map_err(|_| unreadable(id))?));
        Ok::<_, Error>(())
    })?;
    broken.first().map_or(Ok(found), |id| Err(unreadable(*id)))
}

/// Logs in with kit and password and opens the keys document.
pub(crate) fn open_account(
    kit: &JoinKit,
    password: &SecretString,
    remote: &Remote,
    device: keymoor_protocol::DeviceId,
) -> Result<(Opened, keymoor_protocol::api::Session), Error> {
    let who = (kit.account, &kit.secret_key);
    let (session, unlock) =
        by_password(remote, who, device, password, None).map_err(|error| match error {
            Error::WrongPassword => Error::LoginRefused, // nothing here could tell
            error => error,
        })?;
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

#[cfg(test)]
mod tests {
    use keymoor_protocol::keys::WrapKind;
    use keymoor_protocol::{AccountId, VaultId};
    use keymoor_sealing::Profile;
    use keymoor_sealing::keys::stretch;
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::add::{Field, NewCredential, Value};
    use crate::config::{Backend, Config};
    use crate::find::Place;
    use crate::homes::entries::Server;
    use crate::vault::Patience;

    const HERE: &str = "password of this vault";
    const ACCOUNT: &str = "password of the account";

    fn open(home: &std::path::Path, password: &str) -> Result<Vault, Error> {
        let config =
            Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
        Vault::open(config, Patience::default(), &mut |_| Some(password.into()))
    }

    fn add(vault: &mut Vault, name: &str) -> Result<RecordId, Error> {
        let secret = Value::Secret(format!("secret of {name}").into());
        let fields = vec![Field { name: "secret".to_owned(), value: secret }];
        let (provider, name) = ("openai".to_owned(), name.to_owned());
        let new = NewCredential { provider, name, fields, ..NewCredential::default() };
        Ok(vault.add(new)?.id)
    }

    /// What a server would have answered.
    fn account() -> (JoinKit, Opened) {
        let (id, vault, root) = (AccountId::generate(), VaultId::generate(), RootKey::generate(1).unwrap());
        let secret_key = || SecretKey::from_bytes([5; 16]);
        let custody = Custody { secret_key: secret_key(), recovery_auth: None, previous: Vec::new() };
        let (_, key) = stretch(ACCOUNT, &custody.secret_key, id, Profile::NEWEST);
        let wrap = document::wrap(&root, id, WrapKind::Password, Some(Profile::NEWEST), &key).unwrap();
        let document = document::write(&root, id, vault, 3, &custody, vec![wrap]).unwrap();
        let server = Server { url: "http://127.0.0.1:9".to_owned(), pin: None };
        let kit = JoinKit { server, account: id, epoch: 1, known: Cursor::START, secret_key: secret_key() };
        (kit, Opened { document, root, custody })
    }

    #[test]
    fn what_was_here_comes_along_and_a_vault_that_was_open_notices() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open(home.path(), HERE).unwrap();
        let mut other = open(home.path(), HERE).unwrap();
        let (kept, trashed) = (add(&mut vault, "kept").unwrap(), add(&mut vault, "trashed").unwrap());
        vault.trash(trashed).unwrap();
        let last_moment = add(&mut other, "last moment").unwrap();
        let note =
            |change: &mut keymoor_cache::Change<'_>| change.set_setting(&format!("key_asked:{kept}"), b"7");
        vault.cache.write(note).unwrap();

        let (kit, opened) = account();
        let device = vault.cache.read(|view| view.device()).unwrap().unwrap();
        vault.move_in(&kit, opened, device.device).unwrap();
        let after = vault.cache.read(|view| view.device()).unwrap().unwrap();
        assert_eq!((after.account, after.device), (kit.account, device.device));
        assert_ne!(after.actor, device.actor);

        // The other vault has the keys of before: it neither reads past them nor seals under them.
        let replaced = |error| matches!(error, Error::Cache(keymoor_cache::Error::Replaced));
        assert!(replaced(add(&mut other, "lost").unwrap_err()));
        assert!(replaced(other.list(&Default::default()).unwrap_err()));
        assert!(replaced(other.reveal(last_moment, None).unwrap_err()));
        assert!(replaced(other.keep_device(None, None).unwrap_err()));
        drop((vault, other));

        assert!(matches!(open(home.path(), HERE), Err(Error::WrongPassword)));
        let mut vault = open(home.path(), ACCOUNT).unwrap();
        for name in ["kept", "last moment"] {
            let id = vault.find(name, Place::Active).unwrap();
            assert!(id != kept && id != last_moment, "a new record of the account");
            assert_eq!(vault.reveal(id, None).unwrap().expose_secret(), format!("secret of {name}"));
        }
        let id = vault.find("kept", Place::Active).unwrap();
        assert_eq!(vault.key_asked_at(id).unwrap(), Some(7), "that a key may be there is not forgotten");
        let back = vault.find("trashed", Place::Trash).unwrap();
        vault.restore(back).unwrap();
        assert_eq!(vault.list(&Default::default()).unwrap().len(), 3);
    }

    /// Killed between the cache's transaction and the Secret Key's file, and before the former.
    #[test]
    fn a_join_that_was_cut_short_leaves_a_vault_that_opens() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = open(home.path(), HERE).unwrap();
        add(&mut vault, "kept").unwrap();
        let before = std::fs::read(vault.config.secret_key_file()).unwrap();
        let (kit, opened) = account();
        let pending = vault.config.secret_key_file().with_extension("pending");
        let text = opened.custody.secret_key.to_text();
        without_keychain::write_private(&pending, text.as_bytes()).unwrap();
        assert!(open(home.path(), HERE).unwrap().find("kept", Place::Active).is_ok(), "not joined yet");

        vault.move_in(&kit, opened, DeviceId::generate()).unwrap();
        std::fs::write(vault.config.secret_key_file(), before).unwrap();
        std::fs::write(&pending, text.as_bytes()).unwrap();
        assert!(matches!(open(home.path(), "neither of them"), Err(Error::WrongPassword)));
        let mut vault = open(home.path(), ACCOUNT).unwrap();
        let id = vault.find("kept", Place::Active).unwrap();
        assert_eq!(vault.reveal(id, None).unwrap().expose_secret(), "secret of kept");
        assert!(!pending.exists());
        assert!(open(home.path(), ACCOUNT).is_ok());
    }
}
