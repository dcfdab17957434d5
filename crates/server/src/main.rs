//! The sync server as a command.
#![allow(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use keymoor_protocol::limits::Limits;
use keymoor_server::store::sqlite::Sqlite;
use keymoor_server::{Config, Error, Registration, Tls, serve};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A hundred years.
const MOST_SECONDS: u64 = 36_500 * 24 * 60 * 60;

/// The Keymoor sync server: keeps sealed records for your devices and cannot open them.
///
/// Without a command it serves on 127.0.0.1:8787 from an SQLite file in your data directory.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  keymoor-server serve --listen 0.0.0.0:8787 --tls self --database sqlite:/srv/keymoor/server.db"
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM; a second one stops at once.
    Serve(Serve),
    /// Bring the database's schema up to date, and stop.
    Migrate(Database),
    /// Say whether the database can be served; change nothing.
    Check(Database),
    /// Make a new certificate for --tls self, in place of one that is lost for good. Devices and kits know the server by the
    /// old one, and refuse the new.
    NewCertificate(Database),
}

#[derive(Args)]
struct Database {
    /// The database: sqlite:FILE. Without it, keymoor-server/keymoor-server.db in your data directory. What belongs to it lies
    /// beside it.
    #[arg(long, env = "KEYMOOR_SERVER_DATABASE", value_parser = database)]
    database: Option<PathBuf>,
}

#[derive(Args)]
struct Serve {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "KEYMOOR_SERVER_LISTEN", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    #[command(flatten)]
    database: Database,
    /// Who may register an account.
    #[arg(long, env = "KEYMOOR_SERVER_REGISTRATION", value_enum, default_value_t = Register::Open)]
    registration: Register,
    /// "self": make a certificate once and keep it; devices pin it by the kit.
    #[arg(long, env = "KEYMOOR_SERVER_TLS", value_enum, conflicts_with_all = ["tls_cert", "tls_key"])]
    tls: Option<TlsMode>,
    /// A PEM file with the certificate chain.
    #[arg(long, env = "KEYMOOR_SERVER_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// A PEM file with its private key.
    #[arg(long, env = "KEYMOOR_SERVER_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy before this server: the last address in its X-Forwarded-For counts as the client's. Several with commas.
    #[arg(long, env = "KEYMOOR_SERVER_TRUSTED_PROXY", value_name = "ADDRESS", value_delimiter = ',')]
    trusted_proxy: Vec<IpAddr>,
    /// Connections at once; more wait.
    #[arg(long, env = "KEYMOOR_SERVER_CONNECTIONS", default_value_t = 900, value_parser = connections)]
    connections: usize,
    /// Connections at once from one address, or one IPv6 network of 64 bits; more are closed. Not for a trusted proxy.
    #[arg(
        long,
        env = "KEYMOOR_SERVER_CONNECTIONS_PER_ADDRESS",
        default_value_t = 64,
        value_parser = connections
    )]
    connections_per_address: usize,
    /// Requests a second that an account may make over time.
    #[arg(long, env = "KEYMOOR_SERVER_RATE", default_value_t = 200.0, value_parser = rate)]
    rate: f64,
    /// Requests that an account may make at once.
    #[arg(long, env = "KEYMOOR_SERVER_BURST", default_value_t = 2000.0, value_parser = at_least_one)]
    burst: f64,
    /// Logins a minute for one account; ten times as many for one address.
    #[arg(long, env = "KEYMOOR_SERVER_LOGINS", default_value_t = 30.0, value_parser = at_least_one)]
    logins: f64,
    /// How long commits can be pulled one by one, such as 180d, 12h or 90s; a device that was away for longer takes all
    /// records anew. Nothing is lost by it.
    #[arg(
        long,
        env = "KEYMOOR_SERVER_KEEP_LOG",
        value_name = "TIME",
        default_value = "180d",
        value_parser = seconds
    )]
    keep_log: u64,
    /// How long every earlier version of a record is kept; the 20 newest are, however old.
    #[arg(
        long,
        env = "KEYMOOR_SERVER_KEEP_HISTORY",
        value_name = "TIME",
        default_value = "90d",
        value_parser = seconds
    )]
    keep_history: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Register {
    Open,
    Closed,
}

#[derive(Clone, Copy, ValueEnum)]
enum TlsMode {
    #[value(name = "self")]
    SelfMade,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    // Where the log cannot be written (it lies on the disk that is full), a line is lost; telling that would be a panic, also
    // in the one thread that writes the database.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.log_internal_errors(false).init();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("keymoor-server: {words}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), String> {
    let command = match cli.command {
        Some(command) => command,
        None => match Cli::parse_from(["keymoor-server", "serve"]).command {
            Some(command) => command,
            None => return Err("nothing to do".to_owned()),
        },
    };
    // Few threads: the work is SQLite's and OPAQUE's, and a small server has two cores.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).max_blocking_threads(16).enable_all().build();
    let runtime = runtime.map_err(|_| "the system gives no threads".to_owned())?;
    match command {
        Command::Serve(options) => runtime.block_on(serve_until_stopped(config(options)?)),
        Command::Migrate(database) => migrate(&path(database)?),
        Command::Check(database) => runtime.block_on(check(path(database)?)),
        Command::NewCertificate(database) => runtime.block_on(new_certificate(path(database)?)),
    }
}

fn migrate(path: &Path) -> Result<(), String> {
    Sqlite::open(path, Limits::default()).map_err(|error| about(path, error.into()))?;
    println!("{} is up to date", path.display());
    Ok(())
}

async fn check(path: PathBuf) -> Result<(), String> {
    let config = Config::new(path);
    let checked = keymoor_server::check(&config).await;
    let accounts = checked.map_err(|error| about(&config.database, error))?;
    println!("{} is fine: {accounts} accounts", config.database.display());
    Ok(())
}

async fn new_certificate(path: PathBuf) -> Result<(), String> {
    let config = Config::new(path);
    let made = keymoor_server::new_certificate(&config).await;
    let fingerprint = made.map_err(|error| about(&config.database, error))?;
    println!("certificate sha256:{}", hex(&fingerprint));
    Ok(())
}

async fn serve_until_stopped(config: Config) -> Result<(), String> {
    let signals =
        || Ok::<_, std::io::Error>((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?));
    let (mut terminate, mut interrupt) = signals().map_err(|_| "the system gives no signals".to_owned())?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let database = config.database.clone();
    let serving = serve(config, async {
        let _ = stopped.await;
    });
    let serving = serving.await.map_err(|error| about(&database, error))?;
    let scheme = if serving.fingerprint.is_some() { "https" } else { "http" };
    println!("listening on {scheme}://{}", serving.address);
    if let Some(fingerprint) = serving.fingerprint {
        println!("certificate sha256:{}", hex(&fingerprint));
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    let _ = stop.send(());
    tokio::select! {
        _ = serving.done => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn hex(fingerprint: &[u8; 32]) -> String {
    fingerprint.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is wrong, with the file that it is about.
fn about(database: &Path, error: Error) -> String {
    match error {
        Error::Listen(..) => error.to_string(),
        _ => format!("{}: {error}", database.display()),
    }
}

fn config(options: Serve) -> Result<Config, String> {
    let tls = match (options.tls, options.tls_cert, options.tls_key) {
        (Some(TlsMode::SelfMade), ..) => Tls::SelfMade,
        (None, Some(certificate), Some(key)) => Tls::Files { certificate, key },
        _ => Tls::Off,
    };
    let registration = match options.registration {
        Register::Open => Registration::Open,
        Register::Closed => Registration::Closed,
    };
    Ok(Config {
        listen: options.listen,
        registration,
        tls,
        trusted_proxies: options.trusted_proxy,
        connections: options.connections,
        connections_per_address: options.connections_per_address,
        rate: options.rate,
        burst: options.burst,
        logins: options.logins,
        limits: Limits {
            log_seconds: options.keep_log,
            history_seconds: options.keep_history,
            ..Limits::default()
        },
        ..Config::new(path(options.database)?)
    })
}

fn connections(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=100_000).contains(number));
    number.ok_or_else(|| "expected a whole number from 1 to 100000".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.001..=1e6).contains(number));
    number.ok_or_else(|| "expected a number from 0.001 to 1000000".to_owned())
}

/// With less than one, nobody would ever get in.
fn at_least_one(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (1.0..=1e6).contains(number));
    number.ok_or_else(|| "expected a number from 1 to 1000000".to_owned())
}

/// A number and its unit, in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let units = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60)];
    let read = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(*unit)?.parse().ok()?;
        number.checked_mul(*seconds).filter(|seconds| (1..=MOST_SECONDS).contains(seconds))
    });
    read.ok_or_else(|| "expected a whole number with s, m, h or d, from 1s to 36500d".to_owned())
}

fn database(text: &str) -> Result<PathBuf, String> {
    match text.strip_prefix("sqlite:") {
        Some(file) if !file.is_empty() => Ok(PathBuf::from(file)),
        _ => Err("expected sqlite:FILE".to_owned()),
    }
}

/// The database that was asked for, or the one in the platform's data directory.
fn path(database: Database) -> Result<PathBuf, String> {
    if let Some(path) = database.database {
        return Ok(path);
    }
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let data = data.or_else(|| Some(std::env::home_dir()?.join(".local/share")));
    let data = data.ok_or("no data directory is known: pass --database sqlite:FILE")?;
    Ok(data.join("keymoor-server/keymoor-server.db"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// The page is written by hand; it must not fall behind.
    #[test]
    fn the_manual_has_every_command_option_variable_and_default() {
        let page = include_str!("../../../packaging/keymoor-server.1").replace("\\-", "-");
        let mut whole = Cli::command().disable_help_subcommand(true);
        whole.build();
        for command in whole.get_subcommands() {
            assert!(page.contains(&format!("\n.B {}\n", command.get_name())), "{}", command.get_name());
            for option in command.get_opts() {
                let long = option.get_long().unwrap();
                let at = page.find(&format!("\n.BI --{long} ")).unwrap_or_else(|| panic!("--{long}"));
                let about = page[at + 1..].split("\n.TP").next().unwrap();
                let variable = option.get_env().unwrap().to_str().unwrap();
                assert!(about.contains(&format!("\\fB{variable}\"")), "{variable}: {about}");
                for default in option.get_default_values() {
                    assert!(about.contains(default.to_str().unwrap()), "{default:?}: {about}");
                }
            }
        }
    }
}
