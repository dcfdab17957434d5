//! A server, and what can be asked of it without a session.

use std::fmt;

use keymoor_protocol::api::{
    LoginAnswer, LoginFinish, LoginStart, NewAccount, Refresh, RegistrationAnswer, RegistrationStart, Session,
};
use keymoor_protocol::opaque::{self, LoginKind};
use keymoor_protocol::{AccountId, DeviceId};
use ureq::http::Method;

use crate::address::Address;
use crate::certificate;
use crate::exchange::{Line, Patience};
use crate::{Authorised, Error};

/// A sync server. Clones share their connections, which stay open between calls; threads may share one.
#[derive(Clone)]
pub struct Remote {
    line: Line,
}

impl Remote {
    /// Connects to nothing yet. Plain HTTP is refused except to loopback (127.0.0.0/8, ::1, localhost). With `pin`, the
    /// SHA-256 of a certificate in DER, exactly that certificate is accepted, whatever name it states; without, those
    /// that the system's roots vouch for.
    pub fn new(url: &str, pin: Option<[u8; 32]>) -> Result<Self, Error> {
        Self::with_patience(url, pin, Patience::default())
    }

    pub(crate) fn with_patience(url: &str, pin: Option<[u8; 32]>, patience: Patience) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        let tls = match pin {
            // Whoever has a pin was promised TLS.
            Some(_) if !address.is_encrypted() => return Err(Error::PlainHttp),
            Some(pin) => Some(certificate::pinned(pin).map_err(|_| Error::Tls)?),
            None if address.is_encrypted() => {
                Some(certificate::trusted_by_the_system().map_err(|_| Error::Tls)?)
            }
            None => None,
        };
        Ok(Self { line: Line::new(address, tls, patience) })
    }

    /// The SHA-256 of the certificate that the server presents now, whoever vouches for it: for the first use of a
    /// server that made its own. The server proves that it holds the certificate's key, and nothing but a health check
    /// is sent. `None` where plain HTTP is spoken, on loopback.
    pub fn fingerprint(url: &str) -> Result<Option<[u8; 32]>, Error> {
        Self::fingerprint_with_patience(url, Patience::default())
    }

    pub(crate) fn fingerprint_with_patience(
        url: &str,
        patience: Patience,
    ) -> Result<Option<[u8; 32]>, Error> {
        let address = Address::parse(url)?;
        if !address.is_encrypted() {
            return Ok(None);
        }
        let (tls, observed) = certificate::observed().map_err(|_| Error::Tls)?;
        Self { line: Line::new(address, Some(tls), patience) }.health()?;
        observed.fingerprint().map(Some).ok_or(Error::Tls)
    }

    /// The server's address in its one form: lower case, no slash at its end.
    pub fn url(&self) -> &str {
        self.line.url()
    }

    /// Both steps of an OPAQUE registration. Returns what [`Remote::create_account`] or
    /// [`Authorised::set_password`] uploads; the server keeps nothing before that.
    pub fn register(&self, account: AccountId, kind: LoginKind, secret: &[u8]) -> Result<Vec<u8>, Error> {
        let (registering, request) = opaque::register(secret).map_err(|_| Error::LoginRefused)?;
        let start = RegistrationStart { account, kind, request };
        let RegistrationAnswer { answer } = self.post("/v1/accounts/registration").body(&start).answer()?;
        registering.finish(secret, account, kind, &answer).map_err(|_| Error::NotOurs)
    }

    /// Registers an account, all of it at once; [`Error::AccountExists`] if the server has it already.
    pub fn create_account(&self, account: &NewAccount) -> Result<(), Error> {
        self.post("/v1/accounts").body(account).done()
    }

    /// Both steps of an OPAQUE login on a device. [`Error::LoginRefused`] for a wrong secret as for an unknown account.
    pub fn log_in(
        &self,
        account: AccountId,
        kind: LoginKind,
        device: DeviceId,
        secret: &[u8],
    ) -> Result<Session, Error> {
        let (logging_in, request) = opaque::log_in(secret).map_err(|_| Error::LoginRefused)?;
        let start = LoginStart { account, kind, request };
        let LoginAnswer { login, answer } = self.post("/v1/sessions/start").body(&start).answer()?;
        let proof = logging_in.finish(secret, account, kind, &answer).map_err(|_| Error::LoginRefused)?;
        self.post("/v1/sessions").body(&LoginFinish { login, proof, device }).answer()
    }

    /// The next pair of tokens. After a lost answer ask again with the same refresh id.
    pub fn refresh(&self, refresh: &Refresh) -> Result<Session, Error> {
        self.post("/v1/sessions/refresh").body(refresh).answer()
    }

    /// Whether a server answers there and says that it is well.
    pub fn health(&self) -> Result<(), Error> {
        self.line.call(Method::GET, "/healthz").done()
    }

    /// The same server, asked in the name of a session.
    pub fn with_token(&self, access_token: &str) -> Authorised {
        Authorised::new(self.line.clone(), access_token)
    }

    fn post(&self, path: &str) -> crate::exchange::Call<'_> {
        self.line.call(Method::POST, path)
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Remote({})", self.url())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use keymoor_protocol::api::{Code, ErrorBody, Keys};
    use keymoor_protocol::opaque::ServerSetup;
    use zeroize::Zeroizing;

    use super::*;
    use crate::testing::{Server, answer};

    const ACCOUNT: AccountId = AccountId([1; 16]);
    const DEVICE: DeviceId = DeviceId([2; 16]);

    fn json(status: u16, body: &impl serde::Serialize) -> Vec<u8> {
        answer(status, "application/json", &serde_json::to_vec(body).unwrap())
    }

    fn refused(status: u16, code: Code) -> Vec<u8> {
        json(status, &ErrorBody { error: "words".to_owned(), code, head: None })
    }

    #[derive(Default)]
    struct Kept {
        account: Option<NewAccount>,
        login: Option<(LoginKind, Zeroizing<Vec<u8>>)>,
    }

    /// The account and session calls of a server, with the protocol's own OPAQUE behind them.
    fn server() -> Server {
        let (setup, kept) = (ServerSetup::generate(), Mutex::new(Kept::default()));
        Server::plain(move |seen, stream| {
            let mut kept = kept.lock().unwrap();
            let answer = match seen.line.as_str() {
                "POST /v1/accounts/registration HTTP/1.1" => {
                    let start: RegistrationStart = serde_json::from_slice(&seen.body).unwrap();
                    let answer =
                        setup.answer_registration(start.account, start.kind, &start.request).unwrap();
                    json(200, &RegistrationAnswer { answer })
                }
                "POST /v1/accounts HTTP/1.1" if kept.account.is_some() => refused(409, Code::AccountExists),
                "POST /v1/accounts HTTP/1.1" => {
                    kept.account = Some(serde_json::from_slice(&seen.body).unwrap());
                    answer(201, "application/json", b"")
                }
                "POST /v1/sessions/start HTTP/1.1" => {
                    let start: LoginStart = serde_json::from_slice(&seen.body).unwrap();
                    let account = kept.account.as_ref().filter(|kept| kept.account == start.account);
                    let registration = account.map(|account| match start.kind {
                        LoginKind::Password => ServerSetup::keep_registration(&account.password).unwrap(),
                        LoginKind::Recovery => ServerSetup::keep_registration(&account.recovery).unwrap(),
                    });
                    let (state, answer) = setup
                        .answer_login(start.account, start.kind, registration.as_deref(), &start.request)
                        .unwrap();
                    kept.login = Some((start.kind, state));
                    json(200, &LoginAnswer { login: "login 1".to_owned(), answer })
                }
                "POST /v1/sessions HTTP/1.1" => {
                    let finish: LoginFinish = serde_json::from_slice(&seen.body).unwrap();
                    let (kind, state) = kept.login.take().unwrap();
                    let proven = ServerSetup::check_login(ACCOUNT, kind, &state, &finish.proof).is_ok();
                    if proven && finish.login == "login 1" && finish.device == DEVICE {
                        let (access_token, refresh_token) = (format!("{kind:?}"), "next".to_owned());
                        json(200, &Session { access_token, expires_in: 900, refresh_token })
                    } else {
                        refused(401, Code::LoginRefused)
                    }
                }
                other => panic!("{other}"),
            };
            stream.write_all(&answer).is_ok()
        })
    }

    fn account(remote: &Remote) -> NewAccount {
        NewAccount {
            account: ACCOUNT,
            vault: keymoor_protocol::VaultId([3; 16]),
            password: remote.register(ACCOUNT, LoginKind::Password, b"stretched").unwrap(),
            recovery: remote.register(ACCOUNT, LoginKind::Recovery, b"recovery").unwrap(),
            keys: Keys { version: 1, epoch: 1, document: vec![1] },
            proof_hash: [4; 32],
        }
    }

    #[test]
    fn an_account_is_made_once_and_logged_in_to_with_either_secret() {
        let server = server();
        let remote = server.remote();
        let account = account(&remote);
        assert_eq!(remote.create_account(&account), Ok(()));
        assert_eq!(remote.create_account(&account), Err(Error::AccountExists));
        for (kind, secret) in
            [(LoginKind::Password, b"stretched".as_slice()), (LoginKind::Recovery, b"recovery")]
        {
            let session = remote.log_in(ACCOUNT, kind, DEVICE, secret).unwrap();
            assert_eq!((&session.access_token, session.expires_in), (&format!("{kind:?}"), 900));
        }
        // The secrets themselves never travel, in no encoding that a request could have.
        for seen in server.requests() {
            let body = String::from_utf8(seen.body).unwrap();
            assert!(!body.contains("stretched") && !body.contains("c3RyZXRjaGVk"));
        }
    }

    #[test]
    fn a_wrong_secret_and_an_unknown_account_are_refused_alike() {
        let server = server();
        let remote = server.remote();
        let refused = |account, kind, secret: &[u8]| {
            assert_eq!(remote.log_in(account, kind, DEVICE, secret).err(), Some(Error::LoginRefused));
        };
        refused(ACCOUNT, LoginKind::Password, b"stretched");
        remote.create_account(&account(&remote)).unwrap();
        refused(ACCOUNT, LoginKind::Password, b"guessed");
        refused(ACCOUNT, LoginKind::Recovery, b"stretched");
        refused(AccountId([9; 16]), LoginKind::Password, b"stretched");
    }

    #[test]
    fn malformed_opaque_answers_are_refused() {
        let answer = r#"{"answer":"AAAA","login":"1"}"#;
        let remote = Server::answering(200, "application/json", answer).remote();
        assert_eq!(remote.register(ACCOUNT, LoginKind::Password, b"x"), Err(Error::NotOurs));
        let login = remote.log_in(ACCOUNT, LoginKind::Password, DEVICE, b"x");
        assert_eq!(login.err(), Some(Error::LoginRefused));
    }

    #[test]
    fn a_refresh_repeats_its_id() {
        let body = r#"{"access_token":"a","expires_in":1,"refresh_token":"b"}"#;
        let server = Server::answering(200, "application/json", body);
        let refresh = Refresh { refresh_token: "old".to_owned(), refresh_id: [5; 16] };
        for _ in 0..2 {
            assert_eq!(server.remote().refresh(&refresh).unwrap().refresh_token, "b");
        }
        let bodies: Vec<_> = server.requests().into_iter().map(|seen| seen.body).collect();
        assert_eq!(bodies[0], bodies[1]);
        let reused = r#"{"error":"","code":"REFRESH_REUSED"}"#;
        let server = Server::answering(401, "application/json", reused);
        assert_eq!(server.remote().refresh(&refresh).err(), Some(Error::RefreshReused));
    }

    #[test]
    fn a_path_below_which_the_api_lies_is_kept() {
        let server = Server::answering(200, "application/json", "{}");
        let remote = Remote::new(&format!("{}/keys/", server.url), None).unwrap();
        assert_eq!(remote.health(), Ok(()));
        assert_eq!(server.requests()[0].line, "GET /keys/healthz HTTP/1.1");
        assert_eq!(remote.url(), format!("{}/keys", server.url));
    }
}
