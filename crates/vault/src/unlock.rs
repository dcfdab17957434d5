//! Getting back in when the keychain has lost the root key: with kit and password, or with the recovery key alone.
//!
//! Where the cache is left it is unlocked, offline. Where it is gone too, everything comes from the server.

use keymoor_cache::{Cache, Device};
use keymoor_keychain::EntryId;
use keymoor_protocol::keys::WrapKind;
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, ActorId, Cursor, DeviceId, KeysDocument, RecordId};
use keymoor_remote::{Error as RemoteError, Remote};
use keymoor_sealing::RootKey;
use keymoor_sealing::document::{self, Custody};
use secrecy::SecretString;

use crate::account::join::{MUST_HAVE_LOG, Opened, open_account};
use crate::account::session::SESSION;
use crate::activity::chain;
use crate::config::Config;
use crate::error::{Alarm, Error};
use crate::homes::entries::Server;
use crate::homes::identity::must_not_be_another_s;
use crate::homes::lock::Lock;
use crate::homes::mirror::{DOCUMENT_SLOT, MARK_SLOT};
use crate::homes::without_keychain;
use crate::keys::Keys;
use crate::kit::{JoinKit, RecoveryKit};
use crate::notice::Notice;
use crate::password;
use crate::vault::{DEVICE_SLOT, Patience, Vault, keychain_of, make_directory};
use crate::verify::habits;

/// Unlocks the vault of `config` with the join kit and the account's password.
///
/// # Errors
/// [`Error::WrongPassword`]; [`Error::KitOfAnotherAccount`] if another account's vault is here.
pub fn unlock_with_kit(config: Config, kit: &JoinKit, password: &SecretString) -> Result<Vault, Error> {
    let _lock = begin(&config)?;
    must_not_be_another_s(&config, kit.account)?;
    match cache_of(&config, kit.account)? {
        Some((cache, device, Some(document))) => {
            let (root, custody) =
                without_keychain::unlock(&document, kit.account, &kit.secret_key, password)?;
            let left = Some((cache, device));
            let mut vault = install(config, left, document, root, custody, Some(&kit.server), Cursor::START)?;
            // The password is at hand; offline, the next sync asks for it.
            let _ = vault.sign_in(password);
            Ok(vault)
        }
        left => {
            let left = left.map(|(cache, device, _)| (cache, device));
            let remote = Remote::new(&kit.server.url, kit.server.pin)?;
            let device = left.as_ref().map_or_else(DeviceId::generate, |(_, device)| device.device);
            let (Opened { document, root, custody }, session) = open_account(kit, password, &remote, device)?;
            let anew = left.is_none();
            let left = Some(match left {
                Some(left) => left,
                None => new_cache(&config, &document, device)?,
            });
            let mut vault = install(config, left, document, root, custody, Some(&kit.server), kit.known)?;
            vault.notices.extend(anew.then_some(Notice::NotInBackground));
            vault.begin_session(&remote, session)?;
            Ok(vault)
        }
    }
}

/// Unlocks the vault of `config` with the recovery key alone.
///
/// `new_password` replaces a forgotten one, here and at the server; it is needed where the cache is gone too, because records come only
/// to a session that a password began.
///
/// # Errors
/// [`Error::UnlockedHere`] if the vault is open with the new password and the server did not take that.
pub fn unlock_with_recovery(
    config: Config,
    kit: &RecoveryKit,
    new_password: Option<&SecretString>,
) -> Result<Vault, Error> {
    if let Some(password) = new_password {
        password::check_new(password)?;
    }
    let lock = begin(&config)?;
    let account = match kit.account {
        Some(account) => account,
        None => account_of(&config)?.ok_or(Error::WordsAlone)?,
    };
    must_not_be_another_s(&config, account)?;
    let key = kit.key.unlock_key(account);
    let open = |document: &KeysDocument| -> Result<(RootKey, Custody), Error> {
        let root = document::unlock(document, account, WrapKind::Recovery, &key)
            .map_err(|_| Error::KitOfAnotherAccount)?;
        let custody = document::custody(document, &root).map_err(|_| Error::Alarm(Alarm::KeysDocument))?;
        Ok((root, custody))
    };
    let left = cache_of(&config, account)?;
    let (left, local) = match left {
        Some((cache, device, document)) => (Some((cache, device)), document),
        None => (None, None),
    };
    let device = left.as_ref().map_or_else(DeviceId::generate, |(_, device)| device.device);
    let server = kit.server.clone().or_else(|| {
        let (_, device) = left.as_ref()?;
        Some(Server { url: device.server.clone()?, pin: device.pin })
    });
    let mut vault = match local {
        Some(document) => {
            let (root, custody) = open(&document)?;
            install(config, left, document, root, custody, server.as_ref(), Cursor::START)?
        }
        None => {
            let alone = || if kit.account.is_some() { Error::KitWithoutServer } else { Error::WordsAlone };
            let server = server.as_ref().ok_or_else(alone)?;
            if new_password.is_none() {
                return Err(Error::PasswordNeeded);
            }
            let remote = Remote::new(&server.url, server.pin)?;
            let auth = kit.key.auth_password(account);
            let session = match remote.log_in(account, LoginKind::Recovery, device, auth.expose()) {
                Err(RemoteError::LoginRefused) => return Err(Error::RecoveryRefused),
                session => session?,
            };
            let keys = remote.with_token(&session.access_token).keys(None)?;
            let document =
                KeysDocument::decode(&keys.document).map_err(|_| Error::Alarm(Alarm::KeysDocument))?;
            let (root, custody) = open(&document)?;
            let anew = left.is_none();
            let left = Some(match left {
                Some(left) => left,
                None => new_cache(&config, &document, device)?,
            });
            let mut vault = install(config, left, document, root, custody, Some(server), Cursor::START)?;
            vault.notices.extend(anew.then_some(Notice::NotInBackground));
            vault
        }
    };
    drop(lock);
    match (new_password, server) {
        (Some(password), Some(_)) => vault.new_password(password)?,
        (Some(password), None) if vault.keychain.is_none() => vault.new_password_here(password)?,
        // A vault with a keychain and without an account has no password.
        _ => {}
    }
    Ok(vault)
}

fn begin(config: &Config) -> Result<Lock, Error> {
    make_directory(config)?;
    Lock::wait(config, "vault")
}

/// Whose vault is here.
fn account_of(config: &Config) -> Result<Option<AccountId>, Error> {
    if !Cache::exists(config.home()) {
        return Ok(None);
    }
    let device = Cache::open(config.home())?.read(|view| view.device())?;
    Ok(device.map(|device| device.account))
}

type Left = (Cache, Device, Option<KeysDocument>);

/// What is left of the cache.
///
/// # Errors
/// [`Error::KitOfAnotherAccount`] if another account's vault is here and has anything in it. One that some command made after
/// everything was lost has nothing, and gives way.
fn cache_of(config: &Config, account: AccountId) -> Result<Option<Left>, Error> {
    if !Cache::exists(config.home()) {
        return Ok(None);
    }
    let mut cache = Cache::open(config.home())?;
    let (device, document, empty) = cache.read(|view| {
        let mut empty = true;
        let broken = view.for_each_meta(|_| {
            empty = false;
            Ok::<_, Error>(())
        })?;
        Ok::<_, Error>((view.device()?, view.keys_document()?, empty && broken.is_empty()))
    })?;
    let Some(device) = device else { return Ok(None) };
    if device.account != account {
        return if empty && device.server.is_none() { Ok(None) } else { Err(Error::KitOfAnotherAccount) };
    }
    let document = document.and_then(|bytes| KeysDocument::decode(&bytes).ok());
    Ok(Some((cache, device, document)))
}

fn new_cache(config: &Config, document: &KeysDocument, device: DeviceId) -> Result<(Cache, Device), Error> {
    let device = Device {
        account: document.account,
        vault: document.vault,
        device,
        actor: ActorId::generate(),
        keychain: config.keychain.as_str().to_owned(),
        epoch: document.epoch,
        document_version: document.version,
        cursor: Cursor::START,
        rebuilt: false,
        server: None,
        pin: None,
        last_sync: None,
    };
    let mut cache = Cache::open(config.home())?;
    cache.write(|change| {
        change.set_device(&device)?;
        chain::clear(change)?; // of an empty vault that gave way
        habits::Left::default().write(change)?; // this device's own, which nobody else knows
        change.set_setting(MUST_HAVE_LOG, b"1")
    })?;
    Ok((cache, device))
}

/// Puts the keys where they belong, and marks every copy in the keychain as behind: it may have been wiped.
fn install(
    config: Config,
    left: Option<(Cache, Device)>,
    document: KeysDocument,
    root: RootKey,
    custody: Custody,
    server: Option<&Server>,
    known: Cursor,
) -> Result<Vault, Error> {
    let (mut cache, device) = left.ok_or(Error::Locked)?;
    if document.vault != device.vault {
        return Err(Error::Alarm(Alarm::KeysDocument));
    }
    let keychain = keychain_of(&config, Patience::default());
    // A keychain that is out of order is said now, not halfway. What is left in it has to be known: a new generation must be
    // greater than it.
    let left_there = match &keychain {
        Some(keychain) => keychain.list()?,
        None => {
            without_keychain::write_secret_key(&config, &custody.secret_key)?;
            Vec::new()
        }
    };
    let keys = Keys::new(device.account, device.vault, root, &custody.previous);
    cache.write(|change| {
        let mut ids: Vec<RecordId> = Vec::new();
        change.for_each_meta(|row| {
            ids.push(row.id);
            Ok::<_, Error>(())
        })?;
        for id in ids {
            change.clear_slot(&crate::homes::mirror::slot_key(id))?;
            change.mark_unmirrored(id)?;
        }
        let has_mark = left_there.iter().any(|(entry, _)| *entry == EntryId::Mark);
        for slot in [DEVICE_SLOT, MARK_SLOT, DOCUMENT_SLOT, SESSION] {
            change.clear_slot(slot)?;
            // That this cache itself wrote the mark that is still there remains true. Without the note, a log that has gone
            // another way since, after a server was put back, would have to reach that mark, and never could.
            if slot != MARK_SLOT || !has_mark {
                change.remove_setting(slot)?;
            }
        }
        for (entry, slot) in &left_there {
            let key = match entry {
                EntryId::Device => DEVICE_SLOT.to_owned(),
                EntryId::Mark => MARK_SLOT.to_owned(),
                EntryId::Document => DOCUMENT_SLOT.to_owned(),
                EntryId::Session => continue, // deleted below
                EntryId::Record(id) => crate::homes::mirror::slot_key(*id),
            };
            change.set_slot(&key, crate::homes::mirror::from_slot(*slot))?;
        }
        if known != Cursor::START {
            change.know_head(known)?;
        }
        chain::begin_cleared(change, &keys)?;
        // Recovery may lead to another keychain than the one that was lost, or to none.
        let mut device = change.device()?.ok_or(Error::Locked)?;
        device.keychain = config.keychain.as_str().to_owned();
        Ok::<_, Error>(change.set_device(&device)?)
    })?;
    if let Some(keychain) = &keychain {
        // Whatever the keychain still has of this device's own entries is older than what is written now.
        keychain.delete(EntryId::Session)?;
    }
    let mut vault = Vault::with(config, cache, keychain, keys, custody);
    vault.keep_device(server, Some(&document))?;
    let key_file = vault.config.secret_key_file();
    if vault.keychain.is_some() && key_file.exists() {
        std::fs::remove_file(key_file)?; // from before there was a keychain
    }
    vault.mirror(1000)?;
    Ok(vault)
}
