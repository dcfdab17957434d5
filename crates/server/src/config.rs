//! What an operator sets.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use keymoor_protocol::limits::Limits;

/// Who may register an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Anyone who reaches the server.
    Open,
    /// Nobody.
    Closed,
}

/// How connections are encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Not at all: for loopback, or behind a proxy that does it.
    Off,
    /// By a certificate that the server makes itself and keeps; devices pin it by the kit.
    SelfMade,
    /// By given PEM files.
    Files {
        /// The certificate chain.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// A server's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The SQLite file. The OPAQUE setup and a self-made certificate lie beside it, under its name and a suffix.
    pub database: PathBuf,
    /// Who may register.
    pub registration: Registration,
    /// How connections are encrypted.
    pub tls: Tls,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Connections at once; more wait.
    pub connections: usize,
    /// Connections at once from one address, unless it is a trusted proxy's; more are closed.
    pub connections_per_address: usize,
    /// Requests a second and account, over time.
    pub rate: f64,
    /// Requests that an account may make at once.
    pub burst: f64,
    /// Logins and registrations a minute, for one account, over time; ten times as many for one address.
    pub logins: f64,
    /// What an account may hold, and a commit bring.
    pub limits: Limits,
}

impl Config {
    /// The defaults, with the database at `database`.
    pub fn new(database: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            database,
            registration: Registration::Open,
            tls: Tls::Off,
            // Below the 1,024 open files that a process may have where nobody raised it.
            connections: 900,
            trusted_proxies: Vec::new(),
            connections_per_address: 64,
            rate: 200.0,
            burst: 2000.0,
            logins: 30.0,
            limits: Limits::default(),
        }
    }

    /// A file beside the database: `s.db` and `opaque` make `s.db.opaque`.
    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.database.clone().into_os_string();
        name.push(".");
        name.push(suffix);
        name.into()
    }
}
