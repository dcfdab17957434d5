//! The session: a short access token, and a refresh token that rotates.
//!
//! It lies in the keychain, or sealed in the cache where there is none. An expired or revoked session never touches local
//! data: the outbox waits until the user signs in again (rule 12).

use keymoor_fail_points::reached;
use keymoor_keychain::EntryId;
use keymoor_protocol::api::{Refresh, Session};
use keymoor_protocol::keys::WrapKind;
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{Class, Envelope, KeysDocument};
use keymoor_remote::{Authorised, Remote};
use keymoor_sealing::{AuthPassword, Context, Profile, open, seal};
use secrecy::{ExposeSecret as _, SecretString};

use crate::account::login::by_password;
use crate::activity::Event;
use crate::clock::now;
use crate::error::{Alarm, Error, ServerProblem};
use crate::homes::entries::SessionEntry;
use crate::homes::mirror::{from_slot, to_slot};
use crate::homes::without_keychain;
use crate::notice::Notice;
use crate::vault::Vault;
use crate::watch::remembered::Remembered;

/// Where the session lies: the cache's name for its place in the keychain, and the setting that holds it without one.
pub(crate) const SESSION: &str = "session";
/// The cache's note that the server has refused the session that is held: somebody has to sign in.
pub(crate) const REFUSED: &str = "session.refused";
/// A token that ends sooner than this is refreshed before it is used.
const MARGIN_MS: u64 = 30_000;

impl Vault {
    /// The way to the account's server.
    pub(crate) fn remote(&mut self) -> Result<Remote, Error> {
        let device = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?;
        let url = device.server.ok_or(Error::NoAccount)?;
        if let Some(remote) = self.remembered.as_ref().and_then(|known| known.remote(&url, device.pin)) {
            return Ok(remote);
        }
        let remote = Remote::new(&url, device.pin)?;
        if let Some(remembered) = &mut self.remembered {
            remembered.keep_remote(&url, device.pin, &remote);
        }
        Ok(remote)
    }

    /// A line that the server accepts, refreshed if need be.
    ///
    /// # Errors
    /// [`ServerProblem::SignIn`] if there is no session any more.
    pub(crate) fn authorised(&mut self) -> Result<Authorised, Error> {
        let remote = self.remote()?;
        if let Some(access) = self.remembered.as_ref().and_then(|known| known.access(MARGIN_MS)) {
            // Exposed to be sent to the server.
            return Ok(remote.with_token(access.expose_secret()));
        }
        let session = self.read_session()?.ok_or(Error::Server(ServerProblem::SignIn))?;
        if session.expires_at > now() + MARGIN_MS {
            return Ok(self.line(&remote, &session));
        }
        self.refresh(&remote, &session)
    }

    /// The same after the server said that the token has expired, whatever this device's clock says.
    pub(crate) fn authorised_anew(&mut self) -> Result<Authorised, Error> {
        let remote = self.remote()?;
        let session = self.read_session()?.ok_or(Error::Server(ServerProblem::SignIn))?;
        let refreshed = self.remembered.as_mut().is_some_and(|known| known.drop_access(&session.access));
        if refreshed && session.expires_at > now() + MARGIN_MS {
            return Ok(self.line(&remote, &session)); // by another process, since this one read it
        }
        self.refresh(&remote, &session)
    }

    /// The server in the name of this session.
    fn line(&mut self, remote: &Remote, session: &SessionEntry) -> Authorised {
        if let Some(remembered) = &mut self.remembered {
            remembered.keep_access(&session.access, session.expires_at);
        }
        // Exposed to be sent to the server.
        remote.with_token(session.access.expose_secret())
    }

    /// Rotates the refresh token. The refresh id was stored before it is sent, so a lost answer is asked for again.
    fn refresh(&mut self, remote: &Remote, session: &SessionEntry) -> Result<Authorised, Error> {
        let request = Refresh {
            refresh_token: session.refresh.expose_secret().to_owned(), // exposed to be sent to the server
            refresh_id: session.refresh_id,
        };
        reached("refresh.before");
        match remote.refresh(&request) {
            Ok(next) => {
                reached("refresh.answered");
                self.begin_session(remote, next)
            }
            Err(error) => {
                let error = Error::from(error);
                match error {
                    Error::Server(ServerProblem::SessionStolen) => {
                        self.forget_session()?;
                        self.raise(Alarm::SessionStolen)?;
                    }
                    Error::Server(ServerProblem::SignIn) => self.note_refusal()?,
                    _ => {}
                }
                Err(error)
            }
        }
    }

    /// The session stays: a server that was put back for a while may know it again.
    fn note_refusal(&mut self) -> Result<(), Error> {
        if self.cache.read(|view| view.setting(REFUSED))?.is_none() {
            self.cache.write(|change| change.set_setting(REFUSED, b"1"))?;
        }
        Ok(())
    }

    /// Logs in with the password and keeps the session.
    pub(crate) fn sign_in(&mut self, password: &SecretString) -> Result<Authorised, Error> {
        let remote = self.remote()?;
        let device = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?;
        let known = self.password_profile()?;
        let who = (self.keys.account, &self.custody.secret_key);
        match by_password(&remote, who, device.device, password, known) {
            Ok((session, _)) => {
                self.tell_of_theft()?;
                let line = self.begin_session(&remote, session)?;
                self.note_done(&Event::SignedIn);
                Ok(line)
            }
            // The server must not say which accounts it knows. The keys document here tells a wrong password from a server
            // that has lost the account or went back to an older password.
            Err(Error::WrongPassword) if self.opens_here(password)? => {
                self.put_keys_back(password)?;
                self.authorised()
            }
            Err(error) => Err(error),
        }
    }

    /// Who signs in again after a theft is told of it now, and its day begins.
    fn tell_of_theft(&mut self) -> Result<(), Error> {
        let alarms = self.cache.read(|view| view.alarms())?;
        if alarms.iter().any(|alarm| alarm.code == Alarm::SessionStolen.code()) {
            self.cache.write(|change| change.clear_alarm(Alarm::SessionStolen.code()))?;
            self.raise(Alarm::SessionStolen)?;
            self.notices.push(Notice::Alarm(Alarm::SessionStolen));
        }
        Ok(())
    }

    fn opens_here(&mut self, password: &SecretString) -> Result<bool, Error> {
        let document = self.cache.read(|view| view.keys_document())?;
        let document = document.and_then(|bytes| KeysDocument::decode(&bytes).ok());
        let (account, key) = (self.keys.account, &self.custody.secret_key);
        Ok(document
            .is_some_and(|document| without_keychain::unlock(&document, account, key, password).is_ok()))
    }

    /// Logs in with a stretched password and keeps the session.
    pub(crate) fn log_in(&mut self, remote: &Remote, auth: &AuthPassword) -> Result<Authorised, Error> {
        let device = self.cache.read(|view| view.device())?.ok_or(Error::Locked)?;
        let session = remote.log_in(self.keys.account, LoginKind::Password, device.device, auth.expose())?;
        self.begin_session(remote, session)
    }

    /// The profile by which the account's password was stretched, as the keys document here says.
    pub(crate) fn password_profile(&mut self) -> Result<Option<Profile>, Error> {
        let document = self.cache.read(|view| view.keys_document())?;
        let document = document.and_then(|bytes| KeysDocument::decode(&bytes).ok());
        let wraps = document.iter().flat_map(|document| &document.wraps);
        let mut profiles = wraps
            .filter(|wrap| wrap.kind == WrapKind::Password)
            .filter_map(|wrap| Profile::from_number(wrap.profile));
        Ok(profiles.next())
    }

    /// Keeps a session and returns its line.
    pub(crate) fn begin_session(
        &mut self,
        remote: &Remote,
        mut session: Session,
    ) -> Result<Authorised, Error> {
        let mut refresh_id = [0; 16];
        getrandom::fill(&mut refresh_id)?;
        let entry = SessionEntry {
            access: std::mem::take(&mut session.access_token).into(),
            expires_at: now().saturating_add(session.expires_in.saturating_mul(1000)),
            refresh: std::mem::take(&mut session.refresh_token).into(),
            refresh_id,
        };
        self.write_session(&entry)?;
        reached("session.written");
        Ok(self.line(remote, &entry))
    }

    fn read_session(&mut self) -> Result<Option<SessionEntry>, Error> {
        let bytes = match &self.keychain {
            Some(keychain) => {
                let slot = self.cache.read(|view| view.slot(SESSION))?;
                keychain.get(EntryId::Session, slot.map(to_slot))?.map(|stored| stored.bytes)
            }
            None => {
                let sealed = self.cache.read(|view| view.setting(SESSION))?;
                let envelope = sealed.and_then(|bytes| Envelope::try_from(bytes).ok());
                envelope
                    .and_then(|envelope| open(&self.session_key(), &self.session_context(), &envelope).ok())
            }
        };
        Ok(bytes.and_then(|bytes| SessionEntry::decode(&bytes).ok()))
    }

    fn write_session(&mut self, entry: &SessionEntry) -> Result<(), Error> {
        let bytes = entry.encode();
        match &self.keychain {
            Some(keychain) => {
                let slot = self.cache.read(|view| view.slot(SESSION))?;
                let slot = keychain.put(EntryId::Session, &bytes, slot.map(to_slot))?;
                self.cache.write(|change| {
                    change.remove_setting(REFUSED)?;
                    change.set_slot(SESSION, from_slot(slot))
                })?;
            }
            None => {
                let sealed = seal(&self.session_key(), &self.session_context(), 1, &bytes)?;
                self.cache.write(|change| {
                    change.remove_setting(REFUSED)?;
                    change.set_setting(SESSION, sealed.as_bytes())
                })?;
            }
        }
        Ok(())
    }

    /// Whether there is a session to try.
    pub(crate) fn has_session(&mut self) -> Result<bool, Error> {
        Ok(self.read_session()?.is_some())
    }

    /// Drops the tokens; nothing else.
    pub(crate) fn forget_session(&mut self) -> Result<(), Error> {
        if let Some(keychain) = &self.keychain {
            keychain.delete(EntryId::Session)?;
        }
        if let Some(remembered) = &mut self.remembered {
            *remembered = Remembered::default();
        }
        self.cache.write(|change| {
            change.clear_slot(SESSION)?;
            change.remove_setting(SESSION)
        })?;
        Ok(())
    }

    fn session_key(&self) -> keymoor_sealing::VaultKey {
        self.keys.root.vault_key(self.keys.vault)
    }

    fn session_context(&self) -> Context {
        Context {
            account: self.keys.account,
            vault: self.keys.vault,
            class: Class::Device,
            id: *b"keymoor/session\0",
            version: 1,
            epoch: self.keys.root.epoch(),
        }
    }
}
