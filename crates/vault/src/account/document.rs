//! The keys document, kept in step between this device and the server.
//!
//! Both have a copy, and either may be behind: this device after a password was changed elsewhere, the server after it was
//! restored from a copy, or while it could not be reached. The higher version is the right one, if it is genuine.

use keymoor_protocol::KeysDocument;
use keymoor_protocol::api::{NewKeys, NewPassword};
use keymoor_protocol::keys::WrapKind;
use keymoor_protocol::opaque::LoginKind;
use keymoor_remote::{Authorised, Error as Remote};
use keymoor_sealing::keys::stretch;
use keymoor_sealing::{Profile, document};
use secrecy::{ExposeSecret as _, SecretString};

use crate::account::create::sent;
use crate::error::{Alarm, Error, ServerProblem};
use crate::homes::without_keychain;
use crate::notice::Notice;
use crate::synchronise::unauthenticated;
use crate::vault::Vault;

/// How the two copies stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// They are the same.
    Same,
    /// They have the same version and are not the same: two devices set a password without knowing of each other.
    Apart,
    /// The server's was newer; it is kept here now.
    Taken,
    /// The server's is older; its version.
    Behind(u64),
}

impl Vault {
    /// Fetches the keys document if there is none here, or if the log speaks of a newer one.
    pub(crate) fn follow_keys_document(&mut self, line: &Authorised) -> Result<(), Error> {
        let device = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?;
        match self.keys_document()? {
            Some(here) if here.version >= device.document_version => Ok(()),
            _ => self.compare_keys(line).map(drop),
        }
    }

    /// Compares the server's keys document with the one here, and keeps it if it is newer.
    ///
    /// # Errors
    /// [`Alarm::KeysDocument`] if it is not genuine, or older than one that was seen and is not here either.
    pub(crate) fn compare_keys(&mut self, line: &Authorised) -> Result<Compared, Error> {
        let wrong = || Error::Alarm(Alarm::KeysDocument);
        let device = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?;
        let mine = self.keys_document()?;
        let here = mine.as_ref().map_or(0, |document| document.version);
        let told = line.keys(Some(&self.keys.root.account_proof())).map_err(unauthenticated)?;
        let there = KeysDocument::decode(&told.document).map_err(|_| wrong())?;
        document::verify(&there, &self.keys.root).map_err(|_| wrong())?;
        // The number counts in the document, not in the message around it.
        if (there.version, there.account, there.vault) != (told.version, device.account, self.keys.vault) {
            return Err(wrong());
        }
        if there.version < here {
            return Ok(Compared::Behind(there.version));
        }
        if there.version < device.document_version {
            return Err(wrong());
        }
        if there.version == here {
            return Ok(if mine == Some(there) { Compared::Same } else { Compared::Apart });
        }
        let custody = document::custody(&there, &self.keys.root).map_err(|_| wrong())?;
        self.custody.recovery_auth = custody.recovery_auth;
        self.keep_device(None, Some(&there))?;
        if self.keychain.is_none() && here > 0 {
            self.tell(Notice::PasswordChanged);
        }
        Ok(Compared::Taken)
    }

    /// Brings the server up to the keys document here: document and password, which is the one that opens it. Then signs in.
    ///
    /// A server that went back to an older document went back to an older password, too. So this device shows who it is by
    /// what the recovery key logs in with, or else by its session and the account proof.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] if the password does not open the document, or is not the newest;
    /// [`ServerProblem::UnknownAccount`] if the server lets neither in.
    pub(crate) fn put_keys_back(&mut self, password: &SecretString) -> Result<(), Error> {
        let document = self.keys_document()?.ok_or(Error::Locked)?;
        let account = self.keys.account;
        without_keychain::unlock(&document, account, &self.custody.secret_key, password)?;
        let remote = self.remote()?;
        let (line, recovered) = match self.log_in_by_recovery()? {
            Some(line) => (line, true),
            None => match self.authorised() {
                Ok(line) => (line, false),
                Err(error) => return Err(unknown(error)),
            },
        };
        let profile = self.password_profile()?.unwrap_or(Profile::NEWEST);
        // Exposed to be stretched.
        let (auth, _) = stretch(password.expose_secret(), &self.custody.secret_key, account, profile);
        let compared = self.compare_keys(&line).map_err(unknown)?;
        let (document, compared) = match compared {
            // The one who comes last goes on from the other's.
            Compared::Apart => {
                let (expected, wraps) = (document.version, document.wraps.clone());
                let root = &self.keys.root;
                let next = document::rewrite(document, root, expected + 1, &self.custody, wraps)?;
                self.keep_device(None, Some(&next))?;
                (next, Compared::Behind(expected))
            }
            compared => (document, compared),
        };
        match compared {
            Compared::Behind(expected) => {
                let recovery = match &self.custody.recovery_auth {
                    // Its registration is the one that let us in.
                    Some(_) if recovered => None,
                    Some(auth) => Some(remote.register(account, LoginKind::Recovery, auth.expose())?),
                    None => None,
                };
                let new = NewPassword {
                    password: remote.register(account, LoginKind::Password, auth.expose())?,
                    recovery,
                    keys: NewKeys { expected, keys: sent(&document) },
                };
                line.set_password(Some(&self.keys.root.account_proof()), &new)?;
            }
            Compared::Taken => return Err(Error::WrongPassword), // it was changed elsewhere
            Compared::Same | Compared::Apart => {}
        }
        self.log_in(&remote, &auth).map(drop)
    }

    /// A new password, after the recovery key opened this vault: here first, so that it holds also where the server is out
    /// of reach, then at the server.
    ///
    /// # Errors
    /// [`Error::UnlockedHere`] where it holds here and the server did not take it.
    pub(crate) fn new_password(&mut self, password: &SecretString) -> Result<(), Error> {
        // What the server has may be newer; the next version is one more than that.
        let silent = match self.log_in_by_recovery() {
            Ok(Some(line)) => match self.compare_keys(&line) {
                // Neither has the newest: the server went back before this device could fetch it. The next one is newer
                // still. What is not genuine is refused below once more.
                Ok(_) | Err(Error::Alarm(Alarm::KeysDocument)) => None,
                Err(error) => return Err(error),
            },
            Ok(None) => Some(ServerProblem::UnknownAccount),
            Err(Error::Server(problem)) => Some(problem),
            Err(error) => return Err(error),
        };
        self.new_password_here(password)?;
        let done = match silent {
            None => self.put_keys_back(password),
            Some(problem) => Err(Error::Server(problem)),
        };
        match done {
            Err(Error::Server(ServerProblem::Unreachable | ServerProblem::TimedOut)) => {
                self.tell(Notice::PasswordWaits);
                Ok(())
            }
            Err(Error::Server(problem)) => Err(Error::UnlockedHere(problem)),
            done => done,
        }
    }

    /// The same where there is no server, or before it is asked: in the keys document on this device.
    pub(crate) fn new_password_here(&mut self, password: &SecretString) -> Result<(), Error> {
        let document = self.keys_document()?.ok_or(Error::Locked)?;
        let device = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?;
        let (account, root) = (self.keys.account, &self.keys.root);
        // Exposed to be stretched.
        let (_, unlock) =
            stretch(password.expose_secret(), &self.custody.secret_key, account, Profile::NEWEST);
        let mut wraps = document.wraps.clone();
        wraps.retain(|wrap| wrap.kind != WrapKind::Password);
        wraps.push(document::wrap(root, account, WrapKind::Password, Some(Profile::NEWEST), &unlock)?);
        let version = document.version.max(device.document_version).saturating_add(1);
        let next = document::rewrite(document, root, version, &self.custody, wraps)?;
        self.keep_device(None, Some(&next))
    }

    /// A session that may fetch the keys document and set a password; `None` if the server refuses it.
    fn log_in_by_recovery(&mut self) -> Result<Option<Authorised>, Error> {
        let Some(auth) = &self.custody.recovery_auth else { return Ok(None) };
        let auth = keymoor_sealing::AuthPassword::from_bytes(*auth.expose());
        let remote = self.remote()?;
        let device = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?.device;
        match remote.log_in(self.keys.account, LoginKind::Recovery, device, auth.expose()) {
            Ok(session) => Ok(Some(remote.with_token(&session.access_token))),
            Err(Remote::LoginRefused) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The keys document here.
    pub(crate) fn keys_document(&mut self) -> Result<Option<KeysDocument>, Error> {
        let bytes = self.cache.read(|view| view.keys_document())?;
        Ok(bytes.and_then(|bytes| KeysDocument::decode(&bytes).ok()))
    }
}

/// Nobody is let in, by neither way: the account is gone there.
fn unknown(error: Error) -> Error {
    match error {
        Error::Server(ServerProblem::SignIn | ServerProblem::SessionStolen) => {
            Error::Server(ServerProblem::UnknownAccount)
        }
        error => error,
    }
}
