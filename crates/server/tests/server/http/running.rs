//! A server of one test, its accounts, and a client so plain that it sees every byte.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use keymoor_protocol::api::{ErrorBody, Session};
use keymoor_protocol::opaque::LoginKind;
use keymoor_remote::{Authorised, Remote};
use keymoor_server::{Config, Serving, serve};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::author::Author;

pub(super) struct Running {
    pub(super) config: Config,
    pub(super) address: SocketAddr,
    pub(super) fingerprint: Option<[u8; 32]>,
    runtime: Runtime,
    serving: Serving,
    stop: oneshot::Sender<()>,
    home: TempDir,
}

impl Running {
    pub(super) fn start(configure: impl FnOnce(&mut Config)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut config = Config::new(home.path().join("s.db"));
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        configure(&mut config);
        Self::on(home, config)
    }

    fn on(home: TempDir, config: Config) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = serve(config.clone(), async {
            let _ = stopped.await;
        });
        let serving = runtime.block_on(serving).unwrap();
        let (address, fingerprint) = (serving.address, serving.fingerprint);
        Self { config, address, fingerprint, runtime, serving, stop, home }
    }

    /// Stops it and starts another one over the same files.
    pub(super) fn restart(self) -> Self {
        let Self { config, runtime, serving, stop, home, .. } = self;
        stop.send(()).unwrap();
        let Serving { done, store, .. } = serving;
        runtime.block_on(done).unwrap();
        drop((store, runtime));
        Self::on(home, config)
    }

    pub(super) fn remote(&self) -> Remote {
        let scheme = if self.fingerprint.is_some() { "https" } else { "http" };
        Remote::new(&format!("{scheme}://{}", self.address), self.fingerprint).unwrap()
    }

    /// The operator's hand in the database, to make time pass.
    pub(super) fn alter(&self, sql: &str) {
        let connection = Connection::open(&self.config.database).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    /// A registered account and a session of its first device.
    pub(super) fn account(&self) -> Member {
        let (author, remote) = (Author::new(), self.remote());
        let mut account = author.new_account();
        account.password = remote.register(author.account, LoginKind::Password, b"password").unwrap();
        account.recovery = remote.register(author.account, LoginKind::Recovery, b"recovery").unwrap();
        remote.create_account(&account).unwrap();
        let session = remote.log_in(author.account, LoginKind::Password, author.device, b"password").unwrap();
        Member { author, remote, session }
    }

    /// Sends a request as it stands, all of it, and reads the answer to its end.
    pub(super) fn ask(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head =
            format!("{head}\r\nhost: test\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        Answer::read(&String::from_utf8(answer).unwrap())
    }
}

/// An account with a session.
pub(super) struct Member {
    pub(super) author: Author,
    pub(super) remote: Remote,
    pub(super) session: Session,
}

impl Member {
    pub(super) fn server(&self) -> Authorised {
        self.remote.with_token(&self.session.access_token)
    }

    pub(super) fn recover(&self) -> Authorised {
        let author = &self.author;
        let session = self.remote.log_in(author.account, LoginKind::Recovery, author.device, b"recovery");
        self.remote.with_token(&session.unwrap().access_token)
    }
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: body.to_owned() }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The error in the one format; anything else is a failed test.
    pub(super) fn error(&self) -> ErrorBody {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        let body: serde_json::Map<_, _> = serde_json::from_str(&self.body).unwrap();
        assert!(body.keys().all(|key| ["error", "code", "head"].contains(&key.as_str())), "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }
}
