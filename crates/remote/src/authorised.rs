//! What can be asked of a server in the name of a session.

use std::fmt;

use keymoor_protocol::api::{
    Chain, Device, DeviceUpdate, History, Keys, NewKeys, NewPassword, Page, Push, Snapshot,
};
use keymoor_protocol::limits::Limits;
use keymoor_protocol::{Cursor, DeviceId, RecordId, VaultId, base64url};
use ureq::http::Method;
use zeroize::Zeroizing;

use crate::Error;
use crate::events::Listener;
use crate::exchange::{Call, Line};

/// A server and an access token. Every call may answer [`Error::TokenExpired`] (refresh, ask again) or
/// [`Error::Unauthenticated`] (log in again). Where a call takes a proof, a login within the last five minutes does as
/// well.
#[derive(Clone)]
pub struct Authorised {
    line: Line,
    token: Zeroizing<String>,
}

impl Authorised {
    pub(crate) fn new(line: Line, token: &str) -> Self {
        Self { line, token: Zeroizing::new(token.to_owned()) }
    }

    /// Ends this session at the server.
    pub fn log_out(&self) -> Result<(), Error> {
        self.call(Method::DELETE, "/v1/sessions/current").done()
    }

    /// The account's devices.
    pub fn devices(&self) -> Result<Vec<Device>, Error> {
        self.call(Method::GET, "/v1/devices").answer()
    }

    /// Writes a device's sealed record.
    pub fn put_device(&self, device: DeviceId, update: &DeviceUpdate) -> Result<(), Error> {
        self.call(Method::PUT, &format!("/v1/devices/{device}")).body(update).done()
    }

    /// Ends a device's sessions and forgets it.
    pub fn revoke_device(&self, device: DeviceId, proof: Option<&[u8; 32]>) -> Result<(), Error> {
        self.call(Method::DELETE, &format!("/v1/devices/{device}")).proof(proof).done()
    }

    /// The keys document as the server has it. That it is genuine is for a device with the root key to check.
    pub fn keys(&self, proof: Option<&[u8; 32]>) -> Result<Keys, Error> {
        self.call(Method::GET, "/v1/keys").proof(proof).answer()
    }

    /// Replaces the keys document, or [`Error::KeysMoved`].
    pub fn put_keys(&self, proof: Option<&[u8; 32]>, keys: &NewKeys) -> Result<(), Error> {
        self.call(Method::PUT, "/v1/keys").proof(proof).body(keys).done()
    }

    /// Replaces the password's registration together with the keys document, or [`Error::KeysMoved`].
    pub fn set_password(&self, proof: Option<&[u8; 32]>, password: &NewPassword) -> Result<(), Error> {
        self.call(Method::PUT, "/v1/password").proof(proof).body(password).done()
    }

    /// The server's clock as its newest answer gave it, to the second, milliseconds since 1970.
    pub fn server_date(&self) -> Option<u64> {
        self.line.server_date()
    }

    /// What the server allows this account.
    pub fn limits(&self) -> Result<Limits, Error> {
        self.call(Method::GET, "/v1/limits").answer()
    }

    /// Appends a commit and returns the new head; [`Error::HeadMoved`] if its parent is not the head. The same commit
    /// may be sent again after a lost answer: it is answered again.
    pub fn push(&self, vault: VaultId, push: &Push) -> Result<Cursor, Error> {
        self.call(Method::POST, &format!("/v1/vaults/{vault}/commits")).body(push).answer()
    }

    /// The commits after a cursor, as many as fit a page; [`Error::Diverged`] or [`Error::SnapshotRequired`] if there
    /// is no way on from it.
    pub fn pull(&self, vault: VaultId, after: Cursor) -> Result<Page, Error> {
        let (seq, head) = (after.seq, base64url::encode(&after.head.0));
        let path = format!("/v1/vaults/{vault}/commits?after={seq}&head={head}");
        self.call(Method::GET, &path).answer()
    }

    /// Commits without their records, from this number on.
    pub fn chain(&self, vault: VaultId, from: u64) -> Result<Chain, Error> {
        self.call(Method::GET, &format!("/v1/vaults/{vault}/chain?from={from}")).answer()
    }

    /// A page of the live set, after this record.
    pub fn snapshot(&self, vault: VaultId, after: Option<RecordId>) -> Result<Snapshot, Error> {
        let after = after.map(|record| format!("?after={record}")).unwrap_or_default();
        self.call(Method::GET, &format!("/v1/vaults/{vault}/snapshot{after}")).answer()
    }

    /// A record's older versions, newest first.
    pub fn history(&self, vault: VaultId, record: RecordId) -> Result<History, Error> {
        self.call(Method::GET, &format!("/v1/vaults/{vault}/records/{record}/history")).answer()
    }

    /// The way to the server's hints, not yet asked for.
    pub fn listener(&self) -> Listener {
        Listener::new(self.line.endless(), self.token.clone())
    }

    fn call(&self, method: Method, path: &str) -> Call<'_> {
        self.line.call(method, path).token(&self.token)
    }
}

impl fmt::Debug for Authorised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorised({})", self.line.url())
    }
}

#[cfg(test)]
mod tests {
    use keymoor_protocol::api::ErrorBody;
    use keymoor_protocol::{Head, SignedCommit, Tag};

    use super::*;
    use crate::testing::{Seen, Server};

    const VAULT: VaultId = VaultId([1; 16]);
    const V: &str = "01010101-0101-0101-0101-010101010101";
    const DEVICE: DeviceId = DeviceId([2; 16]);
    const D: &str = "02020202-0202-0202-0202-020202020202";
    const HASH: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    /// Makes one call against a server that gives this answer, and returns the request.
    fn asked<T>(answer: &str, call: impl Fn(Authorised) -> Result<T, Error>) -> Seen {
        let server = Server::answering(200, "application/json", answer);
        call(server.remote().with_token("the token")).map_err(|error| panic!("{answer}: {error}")).ok();
        let mut requests = server.requests();
        assert_eq!(requests.len(), 1);
        let seen = requests.remove(0);
        assert_eq!(seen.header("authorization"), Some("Bearer the token"));
        seen
    }

    #[test]
    fn calls_without_a_body_have_the_documented_form() {
        let head = format!(r#"{{"seq":0,"head":"{HASH}"}}"#);
        let page = format!(r#"{{"commits":[],"head":{head},"more":false}}"#);
        let snapshot = format!(r#"{{"records":[],"head":{head}}}"#);
        let limits = serde_json::to_string(&Limits::default()).unwrap();
        let after = Cursor { seq: 12, head: Head([0; 32]) };
        let record = RecordId([3; 16]);
        for (seen, expected) in [
            (asked("", |a| a.log_out()), "DELETE /v1/sessions/current".to_owned()),
            (asked("[]", |a| a.devices()), "GET /v1/devices".to_owned()),
            (asked(&limits, |a| a.limits()), "GET /v1/limits".to_owned()),
            (
                asked(&page, |a| a.pull(VAULT, after)),
                format!("GET /v1/vaults/{V}/commits?after=12&head={HASH}"),
            ),
            (asked(&page, |a| a.chain(VAULT, 5)), format!("GET /v1/vaults/{V}/chain?from=5")),
            (asked(&snapshot, |a| a.snapshot(VAULT, None)), format!("GET /v1/vaults/{V}/snapshot")),
            (
                asked(&snapshot, |a| a.snapshot(VAULT, Some(record))),
                format!("GET /v1/vaults/{V}/snapshot?after={record}"),
            ),
            (
                asked(r#"{"versions":[]}"#, |a| a.history(VAULT, record)),
                format!("GET /v1/vaults/{V}/records/{record}/history"),
            ),
        ] {
            assert_eq!(seen.line, format!("{expected} HTTP/1.1"));
            assert!(seen.body.is_empty() && seen.header("keymoor-account-proof").is_none());
        }
    }

    #[test]
    fn calls_that_change_carry_their_body_and_the_proof() {
        let keys = Keys { version: 2, epoch: 1, document: b"document".to_vec() };
        let new_keys = NewKeys { expected: 1, keys: keys.clone() };
        let password = NewPassword { password: b"upload".to_vec(), recovery: None, keys: new_keys.clone() };
        let proof = Some(&[0; 32]);
        let answer = serde_json::to_string(&keys).unwrap();
        let device = format!("/v1/devices/{D}");
        for (seen, line, body) in [
            (asked(&answer, |a| a.keys(proof)), "GET /v1/keys", vec![]),
            (
                asked("", |a| a.put_keys(proof, &new_keys)),
                "PUT /v1/keys",
                serde_json::to_vec(&new_keys).unwrap(),
            ),
            (
                asked("", |a| a.set_password(proof, &password)),
                "PUT /v1/password",
                serde_json::to_vec(&password).unwrap(),
            ),
            (asked("", |a| a.revoke_device(DEVICE, proof)), &format!("DELETE {device}"), vec![]),
        ] {
            assert_eq!((seen.line.as_str(), &seen.body), (format!("{line} HTTP/1.1").as_str(), &body));
            assert_eq!(seen.header("keymoor-account-proof"), Some(HASH));
        }
        let update = DeviceUpdate { sealed: "envelope".to_owned() };
        let seen = asked("{}", |a| a.put_device(DEVICE, &update));
        assert_eq!(
            (seen.line.as_str(), seen.body.clone()),
            (format!("PUT {device} HTTP/1.1").as_str(), serde_json::to_vec(&update).unwrap())
        );
        assert_eq!(seen.header("content-type"), Some("application/json"));
    }

    #[test]
    fn a_push_brings_back_the_head_or_where_it_moved() {
        let signed = SignedCommit { bytes: vec![1; 300], tag: Tag([2; 32]) };
        let push = Push { signed, records: vec![] };
        let seen = asked(&format!(r#"{{"seq":1,"head":"{HASH}"}}"#), |a| a.push(VAULT, &push));
        assert_eq!(seen.line, format!("POST /v1/vaults/{V}/commits HTTP/1.1"));
        assert_eq!(serde_json::from_slice::<Push>(&seen.body).unwrap(), push);

        let head = Cursor { seq: 9, head: Head([9; 32]) };
        let code = keymoor_protocol::api::Code::HeadMoved;
        let moved = ErrorBody { error: "moved".to_owned(), code, head: Some(head) };
        let server = Server::answering(409, "application/json", &serde_json::to_string(&moved).unwrap());
        let pushed = server.remote().with_token("the token").push(VAULT, &push);
        assert_eq!(pushed, Err(Error::HeadMoved(head)));
    }

    #[test]
    fn the_servers_clock_is_that_of_its_newest_answer() {
        let answers = std::sync::Mutex::new(vec![
            "",
            "date: not a date\r\n",
            "date: Mon, 02 Mar 2026 12:00:00 GMT\r\n",
            "date: Sun, 01 Mar 2026 12:00:00 GMT\r\n",
        ]);
        let server = Server::plain(move |_, stream| {
            let date = answers.lock().unwrap().pop().unwrap();
            let answer = format!(
                "HTTP/1.1 200 OK\r\n{date}content-type: application/json\r\ncontent-length: 2\r\n\r\n[]"
            );
            stream.write_all(answer.as_bytes()).is_ok()
        });
        let line = server.remote().with_token("the token");
        assert_eq!(line.server_date(), None);
        for date in [Some(1_772_366_400_000), Some(1_772_452_800_000), None, None] {
            line.devices().unwrap();
            assert_eq!((line.server_date(), line.clone().server_date()), (date, date));
        }
    }

    #[test]
    fn a_token_that_cannot_be_one_is_no_session_and_sends_nothing() {
        let server = Server::answering(200, "application/json", "[]");
        let devices = server.remote().with_token("a\r\nhost: elsewhere").devices();
        assert_eq!(devices.err(), Some(Error::Unauthenticated));
        assert!(server.requests().is_empty());
    }

    #[test]
    fn neither_debug_text_nor_logs_hold_tokens_proofs_and_tokens_of_answers() {
        let log = logged::everything();
        let body = r#"{"access_token":"PLANTED-access","expires_in":1,"refresh_token":"PLANTED-refresh"}"#;
        let server = Server::answering(200, "application/json", body);
        let remote = server.remote();
        let authorised = remote.with_token("PLANTED-token");
        let proof = *b"PLANTED-proof-PLANTED-proof-1234";
        assert_eq!(authorised.keys(Some(&proof)).err(), Some(Error::NotOurs));
        let refresh =
            keymoor_protocol::api::Refresh { refresh_token: "PLANTED-old".to_owned(), refresh_id: [0; 16] };
        let session = remote.refresh(&refresh).unwrap();
        assert_eq!(session.access_token, "PLANTED-access");

        let sent = &server.requests()[0];
        let proof = base64url::encode(&proof);
        assert_eq!(sent.header("keymoor-account-proof"), Some(proof.as_str()));
        let shown = format!("{}{remote:?}{authorised:?}", log.text());
        assert!(shown.contains("POST http://127.0.0.1"), "the log is caught");
        assert!(!shown.contains("PLANTED") && !shown.contains(&proof));
    }

    /// The process's log, caught at its finest level.
    mod logged {
        use std::sync::Mutex;

        pub(super) struct Log(Mutex<String>);
        static LOG: Log = Log(Mutex::new(String::new()));

        pub(super) fn everything() -> &'static Log {
            log::set_logger(&LOG).unwrap();
            log::set_max_level(log::LevelFilter::Trace);
            &LOG
        }

        impl Log {
            pub(super) fn text(&self) -> String {
                self.0.lock().unwrap().clone()
            }
        }

        impl log::Log for Log {
            fn enabled(&self, _: &log::Metadata<'_>) -> bool {
                true
            }
            fn log(&self, record: &log::Record<'_>) {
                self.0.lock().unwrap().push_str(&format!("{}\n", record.args()));
            }
            fn flush(&self) {}
        }
    }
}
