//! A connection to a PostgreSQL server, and nothing else: whether it lets one in, and if not, by which SQLSTATE.
//!
//! `sslmode` decides as far as it asks for more. Without one, and with `prefer` or `allow`, which would go on in the clear,
//! TLS is demanded; `disable` is what a user says expressly. A certificate has to be one that the system trusts in every
//! mode, `require` too: a password is worth it. `sslrootcert` names a file of those to be trusted in place of the system's;
//! with it, `verify-ca` lets a server have another name, for its authority vouches for few. On this machine no TLS is needed.

use std::{error::Error as _, fs, io, net::IpAddr, path::Path, str::FromStr as _, thread, time::Instant};

use percent_encoding::percent_decode_str;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use zeroize::Zeroizing;

use super::{host::may_be_asked, postgres_tls::Tls, report::Reason};

/// What PostgreSQL answers when all is well (ISO/IEC 9075).
pub(super) const SUCCESS: &str = "00000";

/// Settings of an address that our client knows. Others belong to the programs that use it.
const KNOWN: [&str; 10] = [
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "host",
    "hostaddr",
    "port",
    "target_session_attrs",
    "channel_binding",
];

/// Bytes of the largest file of certificates; the whole of what browsers trust has a quarter of that.
const LONGEST: u64 = 1 << 20;

/// Connects, and says by which SQLSTATE it ended. `field` is where the address comes from.
pub(super) fn connect(url: &str, field: &str, until: Instant) -> Result<String, Reason> {
    let (config, trust) = config(url, field)?;
    let tls = if config.get_ssl_mode() == SslMode::Disable { Trust::System.tls() } else { trust.tls() }?;
    // A runtime of its own, on a thread of its own: whoever calls may be in one already.
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|_| Reason::Unreachable)?;
            let end = tokio::time::Instant::from_std(until);
            let answer = runtime
                .block_on(async { tokio::time::timeout_at(end, open_and_close(&config, tls, field)).await });
            // A lookup that hangs must not hold up the answer.
            runtime.shutdown_background();
            answer.unwrap_or(Err(Reason::TimedOut))
        });
        thread.join().unwrap_or(Err(Reason::Unreachable))
    })
}

async fn open_and_close(config: &Config, tls: Tls, field: &str) -> Result<String, Reason> {
    match config.connect(tls).await {
        Ok((client, connection)) => {
            drop(client);
            // Says goodbye; what becomes of that changes nothing.
            connection.await.ok();
            Ok(SUCCESS.to_owned())
        }
        Err(error) => match error.code() {
            Some(state) => Ok(state.code().to_owned()),
            None => Err(reason(&error, field)),
        },
    }
}

/// Whose certificates are trusted.
#[derive(Debug, PartialEq, Eq)]
enum Trust<'u> {
    System,
    /// Those in a file, whose path is percent-encoded.
    Authority {
        file: &'u str,
        any_name: bool,
    },
}

impl Trust<'_> {
    /// # Errors
    /// [`Reason::Tls`]: also where there is no such file, as on another device; that says nothing about the password.
    fn tls(&self) -> Result<Tls, Reason> {
        let tls = match self {
            Self::System => Tls::of_the_system(),
            Self::Authority { file, any_name } => {
                let path = percent_decode_str(file).decode_utf8().map_err(|_| Reason::Tls)?;
                let path = Path::new(path.as_ref());
                // Whatever else has a path may never end.
                let is_small = |file: fs::Metadata| file.is_file() && file.len() <= LONGEST;
                if !path.is_absolute() || !fs::metadata(path).is_ok_and(is_small) {
                    return Err(Reason::Tls);
                }
                Tls::of_authority(&fs::read(path).map_err(|_| Reason::Tls)?, *any_name)
            }
        };
        tls.map_err(|_| Reason::Tls)
    }
}

fn config<'u>(url: &'u str, field: &str) -> Result<(Config, Trust<'u>), Reason> {
    let bad = || Reason::BadField(field.to_owned());
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    if !address.starts_with("postgres://") && !address.starts_with("postgresql://") {
        return Err(bad());
    }
    let mut known = Zeroizing::new(format!("{address}?"));
    let (mut mode, mut file) = ("", "");
    for parameter in query.split('&') {
        let name = parameter.split('=').next().unwrap_or_default();
        let value = || parameter.split_once('=').map_or("", |(_, value)| value);
        if name == "sslmode" {
            mode = value();
        } else if name == "sslrootcert" {
            file = value();
        } else if KNOWN.contains(&name) {
            known.push_str(parameter);
            known.push('&');
        }
    }
    let mut config = Config::from_str(known.trim_end_matches(['?', '&'])).map_err(|_| bad())?;
    if config.get_hosts().is_empty() {
        return Err(bad());
    }
    let addresses = config.get_hostaddrs().iter().copied();
    let literal = config.get_hosts().iter().filter_map(|host| match host {
        Host::Tcp(name) => name.trim_matches(['[', ']']).parse::<IpAddr>().ok(),
        #[cfg(unix)]
        Host::Unix(_) => None,
    });
    if !addresses.chain(literal).all(may_be_asked) {
        return Err(Reason::HostRefused(field.to_owned()));
    }
    let here = is_here(&config);
    config.ssl_mode(match mode {
        "disable" => SslMode::Disable,
        "" | "allow" | "prefer" if here => SslMode::Disable,
        "" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full" => SslMode::Require,
        _ => return Err(bad()),
    });
    config.application_name("keymoor");
    let trust = match file {
        "" | "system" => Trust::System,
        file => Trust::Authority { file, any_name: mode == "verify-ca" },
    };
    Ok((config, trust))
}

/// Whether nothing leaves this machine.
fn is_here(config: &Config) -> bool {
    let loopback = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(loopback) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

fn reason(error: &tokio_postgres::Error, field: &str) -> Reason {
    let words = error.to_string();
    // The server wants a password, and the address has none.
    if words.starts_with("invalid configuration") {
        return Reason::BadField(field.to_owned());
    }
    if words.starts_with("error performing TLS handshake") {
        return Reason::Tls;
    }
    let kind = error.source().and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
    match kind {
        Some(io::ErrorKind::InvalidData) => Reason::Tls,
        Some(io::ErrorKind::TimedOut) => Reason::TimedOut,
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => Reason::CutOff,
        _ if error.is_closed() => Reason::CutOff,
        _ => Reason::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> Result<SslMode, Reason> {
        config(url, "url").map(|(config, _)| config.get_ssl_mode())
    }

    #[test]
    fn nothing_goes_in_the_clear_unless_the_user_says_so() {
        for (url, wanted) in [
            ("postgres://u:p@db.example/x", SslMode::Require),
            ("postgres://u:p@db.example/x?sslmode=prefer", SslMode::Require),
            ("postgresql://u:p@db.example/x?schema=public&sslmode=verify-full", SslMode::Require),
            ("postgres://u:p@db.example/x?sslmode=disable", SslMode::Disable),
            ("postgres://u:p@localhost/x", SslMode::Disable),
            ("postgres://u:p@127.0.0.1:5433/x?sslmode=require", SslMode::Require),
            ("postgres://u:p@localhost,db.example/x", SslMode::Require),
            ("postgres://u:p@localhost/x?hostaddr=192.0.2.1", SslMode::Require),
        ] {
            assert_eq!(mode(url), Ok(wanted), "{url}");
        }
    }

    #[test]
    fn an_authority_of_one_s_own_takes_the_place_of_the_system_s() {
        let trust = |rest: &str| {
            let url = format!("postgres://u:p@db.example/x?{rest}");
            config(&url, "url").map(|(_, trust)| format!("{trust:?}")).unwrap()
        };
        let of = |any_name| format!("{:?}", Trust::Authority { file: "/a%20b.pem", any_name });
        assert_eq!(trust("sslmode=require&sslrootcert=/a%20b.pem"), of(false));
        assert_eq!(trust("sslrootcert=/a%20b.pem&sslmode=verify-full"), of(false));
        assert_eq!(trust("sslrootcert=/a%20b.pem&sslmode=verify-ca"), of(true));
        for rest in ["", "sslmode=verify-ca", "sslrootcert=system", "sslrootcert="] {
            assert_eq!(trust(rest), "System", "{rest}");
        }
        for file in ["/dev/zero", "/nowhere/at-all.pem", "relative.pem", "/", "%ff"] {
            let nothing = Trust::Authority { file, any_name: false }.tls().err();
            assert_eq!(nothing, Some(Reason::Tls), "{file}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_connected_to() {
        for url in [
            "",
            "mysql://u:p@h/x",
            "postgres://u:p@h/x?sslmode=never",
            "postgres:///x",
            "postgres://u:p@h:x/",
        ] {
            assert_eq!(mode(url), Err(Reason::BadField("url".into())), "{url}");
        }
        assert_eq!(mode("postgres://u:p@169.254.169.254/x"), Err(Reason::HostRefused("url".into())));
    }
}
