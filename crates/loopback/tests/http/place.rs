//! A vault that is served, and a client that looks at every answer: its status is documented, and no secret is in it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread::JoinHandle;

use keymoor_loopback::{Config, Opener, Opening, Stop, serve};
use keymoor_protocol::RecordId;
use keymoor_vault::{Backend, Config as VaultConfig, GrantScope, Patience, Vault};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Every secret in these tests begins so.
pub(crate) const CANARY: &str = "canary-";
const PASSWORD: &str = "correct horse";

pub(crate) struct Place {
    home: TempDir,
    address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
    document: Value,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) json: Value,
}

impl Answer {
    /// The code of a refusal.
    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status, self.json["error"]["code"].as_str().unwrap_or("none"))
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let vault = open(home.path());
        let serving = serve(Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() }).unwrap();
        let (address, stop) = (serving.address(), serving.stop());
        let config = config(home.path());
        let opener = Opener {
            open: Box::new(move |why, patience| match why {
                Opening::Anew => Vault::open(config.clone(), patience, &mut |_| Some(PASSWORD.into())),
                Opening::Mending => Vault::mend(config.clone(), patience, &mut |_| Some(PASSWORD.into())),
            }),
            told: Box::new(|_| {}),
            two: false,
        };
        let thread = std::thread::spawn(move || serving.run(vault, opener));
        let mut place = Self { home, address, stop, thread: Some(thread), document: Value::Null };
        place.document = place.plain("GET", "/openapi.json", &[], b"").json;
        place
    }

    /// Another vault on the same data directory, as another program has it.
    pub(crate) fn vault(&self) -> Vault {
        open(self.home.path())
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    pub(crate) fn grant(&self, program: &str, scope: GrantScope, only: Option<Vec<RecordId>>) -> Client<'_> {
        let token = self.vault().add_grant(program, scope, only).unwrap();
        Client { place: self, token: token.expose_secret().to_owned() }
    }

    /// A program that may do everything.
    pub(crate) fn client(&self) -> Client<'_> {
        self.grant("tester", GrantScope::Write, None)
    }

    /// A request without a token.
    pub(crate) fn plain(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let host = format!("Host: {}", self.address);
        self.bare(method, path, &[&[host.as_str()], headers].concat(), body)
    }

    /// A request with these headers alone.
    pub(crate) fn bare(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        if !body.is_empty() {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        let answer = self.send(&[request.as_bytes(), body].concat());
        self.check(method, path, &answer);
        answer
    }

    /// Bytes as they are.
    pub(crate) fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(bytes).unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains(CANARY), "a secret came out: {text}");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let json = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
        Answer { status, head: head.to_lowercase(), json }
    }

    /// Whatever a route answers is in the document.
    fn check(&self, method: &str, path: &str, answer: &Answer) {
        assert!(answer.head.contains("cache-control: no-store"), "{answer:?}");
        assert!(!answer.head.contains("access-control"), "{answer:?}");
        if let Some(operation) = self.operation(method, path) {
            let documented = &operation["responses"][answer.status.to_string()];
            assert!(documented.is_object(), "{method} {path}: {answer:?} is not documented");
        }
    }

    /// What the document says of a request.
    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let path = path.split('?').next().unwrap();
        let paths = self.document["paths"].as_object()?;
        let fits = |template: &str| {
            let (a, b): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a == b || a.starts_with('{'))
        };
        let exact = paths.get(path).or_else(|| Some(paths.iter().find(|(known, _)| fits(known))?.1));
        exact?.get(method.to_lowercase())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop.stop();
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

/// A program with its token.
pub(crate) struct Client<'p> {
    pub(crate) place: &'p Place,
    pub(crate) token: String,
}

impl Client<'_> {
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_with(method, path, &[], body.map(|body| body.to_string()))
    }

    pub(crate) fn call_with(&self, method: &str, path: &str, more: &[&str], body: Option<String>) -> Answer {
        let token = format!("Authorization: Bearer {}", self.token);
        let mut headers = vec![token.as_str()];
        if body.is_some() && !more.iter().any(|header| header.starts_with("Content-Type")) {
            headers.push("Content-Type: application/json");
        }
        headers.extend(more);
        self.place.plain(method, path, &headers, body.unwrap_or_default().as_bytes())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    /// Saves a credential with one secret; its id.
    pub(crate) fn save(&self, provider: &str, name: &str, secret: &str) -> String {
        let body = json!({ "provider": provider, "name": name, "secret": format!("{CANARY}{secret}") });
        let answer = self.call("POST", "/api/credentials/save", Some(body));
        assert!([200, 201].contains(&answer.status), "{answer:?}");
        answer.json["id"].as_str().unwrap().to_owned()
    }
}

fn config(home: &Path) -> VaultConfig {
    VaultConfig { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() }
}

fn open(home: &Path) -> Vault {
    Vault::open(config(home), Patience::default(), &mut |_| Some(PASSWORD.into())).unwrap()
}
