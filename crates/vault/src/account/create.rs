//! Making an account, or registering the same one again at a server that lost it.

use std::path::PathBuf;

use keymoor_fail_points::reached;
use keymoor_protocol::api::{Keys as SentKeys, NewAccount, NewKeys, NewPassword};
use keymoor_protocol::keys::WrapKind;
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{Cursor, KeysDocument};
use keymoor_remote::Remote;
use keymoor_sealing::document::{self, Custody};
use keymoor_sealing::keys::stretch;
use keymoor_sealing::{AuthPassword, Profile, RecoveryKey, SecretKey};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::account::kits::{self, UNFINISHED};
use crate::account::recovery_page::WITHOUT_SERVER;
use crate::activity::Event;
use crate::error::Error;
use crate::homes::entries::Server;
use crate::homes::lock::Lock;
use crate::homes::without_keychain;
use crate::kit::{JoinKit, RecoveryKit};
use crate::password;
use crate::synchronise::{Progress, SyncOptions};
use crate::vault::Vault;

/// What is needed for an account.
pub struct CreateAccount {
    /// The server's address.
    pub server: String,
    /// The account's password: a new one, or the account's own where it is registered again.
    pub password: SecretString,
    /// Where the join kit goes. A file that is there is never overwritten.
    pub join_kit: PathBuf,
    /// Where the recovery kit goes, if a new one is made.
    pub recovery_kit: PathBuf,
}

/// The kits of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kits {
    /// The join kit.
    pub join_kit: PathBuf,
    /// The recovery kit, if a new one was made; otherwise the one made before stays good.
    pub recovery_kit: Option<PathBuf>,
    /// SHA-256 of the certificate that was pinned because the server made it itself: to be compared with what it printed.
    pub certificate: Option<[u8; 32]>,
    /// The server that this device synced with before, if that was another one.
    pub moved_from: Option<String>,
}

impl Vault {
    /// Makes an account at a server, or registers this device's account again at a server that does not know it, and pushes
    /// everything that is here. The kits are on the disk before the account takes effect.
    pub fn create_account(
        &mut self,
        request: CreateAccount,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Kits, Error> {
        password::check_new(&request.password)?;
        let lock = Lock::wait(&self.config, "sync")?;
        let server = reach(&request.server)?;
        let remote = Remote::new(&server.url, server.pin)?;
        progress(Progress::SigningIn);

        let before = self.cache.read(|view| view.device())?.and_then(|device| device.server);
        let moved_from = before.filter(|before| *before != server.url);
        let known = self.cache.read(|view| view.keys_document())?;
        let known = known.and_then(|bytes| KeysDocument::decode(&bytes).ok());
        if let (Some(document), None) = (&known, &self.keychain) {
            // Without a keychain the vault has a password already; the account's is the same one.
            let key = &self.custody.secret_key;
            without_keychain::unlock(document, self.keys.account, key, &request.password)?;
        }
        let known =
            known.filter(|known| self.custody.recovery_auth.is_some() && self.is_of_an_account(known));
        let prepared = match known {
            Some(document) if self.recovery_kit_is_there(&document, &request)? => {
                self.same_account(document, &request)?
            }
            _ => self.new_account(&request)?,
        };
        let account = self.keys.account;
        let recovery_auth = prepared.custody.recovery_auth.as_ref().ok_or(Error::Locked)?;
        // Both halves of OPAQUE first: a server that is down or closed is noticed before a kit is written.
        let new_account = NewAccount {
            account,
            vault: self.keys.vault,
            password: remote.register(account, LoginKind::Password, prepared.auth.expose())?,
            recovery: remote.register(account, LoginKind::Recovery, recovery_auth.expose())?,
            keys: sent(&prepared.document),
            proof_hash: Sha256::digest(self.keys.root.account_proof().as_slice()).into(),
        };
        self.prepare_kits(&request, &prepared, &server)?;
        reached("create.prepared");
        self.keep_account(&prepared, None)?;
        reached("create.kept");
        let kits = self.finish_kits(&request, &server)?;
        reached("create.kits");
        let existed = match remote.create_account(&new_account) {
            Ok(()) => false,
            // Ours, if the password opens it: an answer was lost, or another device registered it again.
            Err(keymoor_remote::Error::AccountExists) => true,
            Err(error) => return Err(error.into()),
        };
        reached("create.registered");
        self.keep_account(&prepared, Some(&server))?;
        reached("create.known");
        let line = self.log_in(&remote, &prepared.auth)?;
        if existed {
            let proof = self.keys.root.account_proof();
            let there = line.keys(Some(&proof))?;
            if there.version < prepared.document.version {
                let keys = NewKeys { expected: there.version, keys: sent(&prepared.document) };
                let (password, recovery) = (new_account.password, Some(new_account.recovery));
                line.set_password(Some(&proof), &NewPassword { password, recovery, keys })?;
            }
        }
        self.note_done(&Event::AccountCreated { server: server.url.clone() });
        drop(lock);
        let moved = moved_from.is_some();
        self.synchronise(&SyncOptions { first_commit: true, moved, ..SyncOptions::default() }, progress)?;
        Ok(Kits { moved_from, ..kits })
    }

    /// A first registration: a recovery key is made, and the root key is wrapped for it and for the password.
    fn new_account(&mut self, request: &CreateAccount) -> Result<Prepared, Error> {
        let account = self.keys.account;
        let recovery = RecoveryKey::generate()?;
        let custody = Custody {
            secret_key: SecretKey::from_bytes(*self.custody.secret_key.expose()),
            recovery_auth: Some(recovery.auth_password(account)),
            previous: Vec::new(),
        };
        let (auth, unlock) = stretch(
            request.password.expose_secret(), // exposed to be stretched
            &custody.secret_key,
            account,
            Profile::NEWEST,
        );
        let root = &self.keys.root;
        let wraps = vec![
            document::wrap(root, account, WrapKind::Password, Some(Profile::NEWEST), &unlock)?,
            document::wrap(root, account, WrapKind::Recovery, None, &recovery.unlock_key(account))?,
        ];
        let version = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?.document_version + 1;
        let document = document::write(root, account, self.keys.vault, version, &custody, wraps)?;
        Ok(Prepared { document, custody, auth, recovery: Some(recovery) })
    }

    /// The account that this device has already: the same document, the same kits. The password must be the account's.
    fn same_account(&mut self, document: KeysDocument, request: &CreateAccount) -> Result<Prepared, Error> {
        let account = self.keys.account;
        let (root, custody) =
            without_keychain::unlock(&document, account, &self.custody.secret_key, &request.password)?;
        let stated = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?.document_version;
        let document = if document.version < stated {
            // The log stated a newer one, and the server was lost before this device could fetch it. This one takes its
            // place, under a number that is greater than either, or the server would refuse this device's commits.
            let wraps = document.wraps.clone();
            document::rewrite(document, &root, stated.saturating_add(1), &custody, wraps)?
        } else {
            document
        };
        let (auth, _) = stretch(
            request.password.expose_secret(), // exposed to be stretched
            &custody.secret_key,
            account,
            self.password_profile()?.unwrap_or(Profile::NEWEST),
        );
        Ok(Prepared { document, custody, auth, recovery: None })
    }

    fn prepare_kits(
        &mut self,
        request: &CreateAccount,
        prepared: &Prepared,
        server: &Server,
    ) -> Result<(), Error> {
        let kit = JoinKit {
            server: server.clone(),
            account: self.keys.account,
            epoch: prepared.document.epoch,
            // Not the commit that is pushed a moment later: a kit outlives its server. One that was filled again after a
            // loss has another first commit, and a kit that names the old one would refuse it just when it is needed.
            known: Cursor::START,
            secret_key: SecretKey::from_bytes(*self.custody.secret_key.expose()),
        };
        kits::prepare(&request.join_kit, kit.to_text().as_bytes())?;
        if let Some(key) = &prepared.recovery {
            let key = RecoveryKey::from_words(&key.to_words()).map_err(|_| Error::NoRandomNumbers)?;
            let account = Some(self.keys.account);
            let recovery = RecoveryKit { server: Some(server.clone()), account, key };
            kits::prepare(&request.recovery_kit, recovery.to_text().as_bytes())?;
            self.cache.write(|change| change.set_setting(UNFINISHED, b"1"))?;
        }
        Ok(())
    }

    fn finish_kits(&mut self, request: &CreateAccount, server: &Server) -> Result<Kits, Error> {
        let made = kits::finish(&request.recovery_kit)?
            || self.cache.read(|view| view.setting(UNFINISHED))?.is_some();
        kits::finish(&request.join_kit)?;
        self.cache.write(|change| {
            change.remove_setting(WITHOUT_SERVER)?;
            change.remove_setting(UNFINISHED)
        })?;
        Ok(Kits {
            join_kit: request.join_kit.clone(),
            recovery_kit: made.then(|| request.recovery_kit.clone()),
            certificate: server.pin,
            moved_from: None,
        })
    }

    /// Takes the account into keychain and cache. Without a server it waits there for the registration to succeed.
    fn keep_account(&mut self, prepared: &Prepared, server: Option<&Server>) -> Result<(), Error> {
        self.custody.recovery_auth =
            prepared.custody.recovery_auth.as_ref().map(|auth| AuthPassword::from_bytes(*auth.expose()));
        self.keep_device(server, Some(&prepared.document))
    }
}

/// Everything that a registration needs.
struct Prepared {
    document: KeysDocument,
    custody: Custody,
    auth: AuthPassword,
    /// A new recovery key, to be printed.
    recovery: Option<RecoveryKey>,
}

/// Finds the server. One that made its certificate itself is taken at its word this one time; the kit and every device pin
/// it from then on.
fn reach(url: &str) -> Result<Server, Error> {
    let url = url.trim().trim_end_matches('/').to_owned();
    match Remote::new(&url, None)?.health() {
        Ok(()) => Ok(Server { url, pin: None }),
        Err(keymoor_remote::Error::Tls) => {
            let pin = Remote::fingerprint(&url)?;
            Ok(Server { url, pin })
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn sent(document: &KeysDocument) -> SentKeys {
    SentKeys { version: document.version, epoch: document.epoch, document: document.encode() }
}
