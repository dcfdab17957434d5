//! A recovery kit for a vault that has no account yet: the way back from a lost keychain before there is a server.

use std::path::Path;

use keymoor_protocol::KeysDocument;
use keymoor_protocol::keys::WrapKind;
use keymoor_sealing::document::{self, Custody};
use keymoor_sealing::{AuthPassword, RecoveryKey, RootKey, SecretKey};

use crate::account::kits;
use crate::error::Error;
use crate::homes::lock::Lock;
use crate::kit::RecoveryKit;
use crate::vault::Vault;

/// The cache's note that its recovery key was made without a server. An account makes another one, whose kit names the
/// server: without that line it could not bring anything back once the cache is gone, too.
pub(crate) const WITHOUT_SERVER: &str = "recovery_without_server";

impl Vault {
    /// Writes a recovery kit to `place`, which must be free. One that was made before opens nothing any more.
    ///
    /// # Errors
    /// [`Error::KitsMade`]: an account has its kits.
    pub fn make_recovery_kit(&mut self, place: &Path) -> Result<(), Error> {
        let _lock = Lock::wait(&self.config, "sync")?;
        let (device, known) =
            self.cache.read(|view| Ok::<_, Error>((view.device()?, view.keys_document()?)))?;
        let device = device.ok_or(Error::Locked)?;
        let known = known.and_then(|bytes| KeysDocument::decode(&bytes).ok());
        if device.server.is_some() || known.as_ref().is_some_and(|known| self.is_of_an_account(known)) {
            return Err(Error::KitsMade);
        }
        let (account, root) = (self.keys.account, &self.keys.root);
        let key = RecoveryKey::generate()?;
        let text = RecoveryKit { server: None, account: Some(account), key }.to_text();
        let key = RecoveryKit::from_text(&text).map_err(|_| Error::NoRandomNumbers)?.key;
        let copy = |key: &RootKey| RootKey::from_bytes(key.epoch(), *key.expose());
        let custody = Custody {
            secret_key: SecretKey::from_bytes(*self.custody.secret_key.expose()),
            recovery_auth: Some(key.auth_password(account)),
            previous: self.custody.previous.iter().map(copy).collect(),
        };
        let wrap = document::wrap(root, account, WrapKind::Recovery, None, &key.unlock_key(account))?;
        let version = device.document_version.saturating_add(1);
        let next = match known {
            None => document::write(root, account, self.keys.vault, version, &custody, vec![wrap])?,
            Some(known) => {
                let mut wraps = known.wraps.clone();
                wraps.retain(|wrap| wrap.kind != WrapKind::Recovery);
                wraps.push(wrap);
                document::rewrite(known, root, version, &custody, wraps)?
            }
        };
        kits::prepare(place, text.as_bytes())?;
        self.cache.write(|change| change.set_setting(WITHOUT_SERVER, b"1"))?;
        self.custody.recovery_auth = Some(AuthPassword::from_bytes(*key.auth_password(account).expose()));
        self.keep_device(None, Some(&next))?;
        self.write_document()?;
        kits::finish(place).map(drop)
    }

    /// Whether to offer a recovery kit: the first credential is here, and nothing but the keychain would bring it back.
    pub fn wants_recovery_kit(&mut self) -> Result<bool, Error> {
        let alone = self.keychain.is_some();
        let first = self
            .cache
            .read(|view| Ok::<_, Error>(view.live_count()? == 1 && view.keys_document()?.is_none()))?;
        Ok(alone && first)
    }

    /// Whether a keys document goes with an account, at a server or on its way there, and not with this vault alone.
    pub(crate) fn is_of_an_account(&mut self, known: &KeysDocument) -> bool {
        let alone = self.cache.read(|view| view.setting(WITHOUT_SERVER)).ok().flatten().is_some();
        let has = |kind| known.wraps.iter().any(|wrap| wrap.kind == kind);
        has(WrapKind::Password) && has(WrapKind::Recovery) && !alone
    }
}
