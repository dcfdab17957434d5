//! A PostgreSQL server of its own, with passwords and a certificate that nobody vouches for.

use std::{
    env, fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keymoor_providers::{
    Verdict, provider,
    verify::{Fields, Options, Reason, Report, verify},
};
use tempfile::TempDir;

use crate::program::{Program, free_port, run};

const PASSWORD: &str = "planted p@ss/word";

struct Database {
    port: u16,
    folder: TempDir,
    program: Program,
}

/// The server's programs are not on everybody's search path.
fn programs() -> PathBuf {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = debian.map(|entry| entry.path().join("bin")).find(|bin| bin.join("initdb").exists());
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = || env::split_paths(&path).find(|bin| bin.join("initdb").exists());
    found.or_else(on_path).expect("PostgreSQL is needed here: the package `postgresql`")
}

fn pem(what: &str, der: &[u8]) -> String {
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", BASE64_STANDARD.encode(der))
}

/// PostgreSQL does not run as root; whoever is root lets nobody run it.
fn command(program: &str, folder: &Path) -> Command {
    let program = programs().join(program);
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Command::new(program);
    }
    let nobody = 65534;
    chown(folder, Some(nobody), Some(nobody)).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        chown(entry.unwrap().path(), Some(nobody), Some(nobody)).unwrap();
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program).current_dir(folder);
    command
}

impl Database {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let (data, secret) = (folder.path().join("data"), folder.path().join("password"));
        fs::write(&secret, PASSWORD).unwrap();
        let init = ["--username=app", "--auth=scram-sha-256", "--no-sync", "--pwfile"];
        run(command("initdb", folder.path()).args(init).arg(&secret).arg("--pgdata").arg(&data));
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(folder.path().join("cert.pem"), pem("CERTIFICATE", made.cert.der())).unwrap();
        let key = folder.path().join("key.pem");
        fs::write(&key, pem("PRIVATE KEY", &made.signing_key.serialize_der())).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let port = free_port();
        let mut server = command("postgres", folder.path());
        server.arg("-D").arg(&data).args(["-p", &port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={}", folder.path().display()),
            "fsync=off".to_owned(),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", folder.path().join("cert.pem").display()),
            format!("ssl_key_file={}", key.display()),
            "log_connections=on".to_owned(),
        ] {
            server.arg("-c").arg(setting);
        }
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let program = Program::start(server.stderr(log), port);
        Self { port, folder, program }
    }

    fn ask(&self, user: &str, password: &str, rest: &str) -> Report {
        let password = password.replace('@', "%40").replace('/', "%2F").replace(' ', "%20");
        ask(&format!("postgresql://{user}:{password}@127.0.0.1:{}/{rest}", self.port))
    }
}

fn ask(url: &str) -> Report {
    let options = Options { time_limit: Duration::from_secs(10), ..Options::default() };
    verify(provider("postgres").unwrap(), &Fields::new().with("url", url), &options)
}

#[test]
fn a_real_server_says_who_may_come_in() {
    let database = Database::start();
    // A server that has just begun to listen may not be ready yet; that, too, says nothing about the password.
    let began = std::time::Instant::now();
    while database.ask("app", PASSWORD, "postgres").verdict == Verdict::Indeterminate {
        assert!(began.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(100));
    }
    let verdict = |user: &str, password: &str, rest: &str| database.ask(user, password, rest).verdict;
    assert_eq!(verdict("app", PASSWORD, "postgres"), Verdict::Valid);
    assert_eq!(verdict("app", PASSWORD, "postgres?schema=public&pgbouncer=true"), Verdict::Valid);
    assert_eq!(verdict("app", "wrong", "postgres"), Verdict::Invalid);
    assert_eq!(verdict("nobody", PASSWORD, "postgres"), Verdict::Invalid);
    assert_eq!(verdict("app", PASSWORD, "nothing"), Verdict::ValidLimited);
    let none = ask(&format!("postgres://app@127.0.0.1:{}/postgres", database.port));
    assert_eq!((none.verdict, none.reason), (Verdict::InvalidConfig, Reason::BadField("url".into())));

    // Its certificate is its own: whoever asks for TLS gets nothing sent.
    let logged = || fs::read_to_string(database.folder.path().join("log")).unwrap();
    let before = logged().matches("connection authorized").count();
    for mode in ["require", "verify-ca", "verify-full"] {
        let report = database.ask("app", PASSWORD, &format!("postgres?sslmode={mode}"));
        assert_eq!((report.verdict, report.reason), (Verdict::Indeterminate, Reason::Tls), "{mode}");
    }
    assert_eq!(logged().matches("connection authorized").count(), before);

    // Who trusts just that certificate is let in, under its name; another name has to be allowed.
    let own = |host: &str, mode: &str, file: &str| {
        let password = PASSWORD.replace('@', "%40").replace('/', "%2F").replace(' ', "%20");
        let file = database.folder.path().join(file);
        let rest = format!("sslmode={mode}&sslrootcert={}", file.display());
        ask(&format!("postgresql://app:{password}@{host}:{}/postgres?{rest}", database.port)).verdict
    };
    assert_eq!(own("localhost", "verify-full", "cert.pem"), Verdict::Valid);
    assert_eq!(own("127.0.0.1", "verify-full", "cert.pem"), Verdict::Indeterminate, "another name");
    assert_eq!(own("127.0.0.1", "require", "cert.pem"), Verdict::Indeterminate);
    assert_eq!(own("127.0.0.1", "verify-ca", "cert.pem"), Verdict::Valid);
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(database.folder.path().join("other.pem"), pem("CERTIFICATE", other.cert.der())).unwrap();
    for mode in ["require", "verify-ca", "verify-full"] {
        assert_eq!(own("localhost", mode, "other.pem"), Verdict::Indeterminate, "of another: {mode}");
    }

    let port = database.port;
    drop(database.program);
    let gone = ask(&format!("postgres://app:x@127.0.0.1:{port}/postgres"));
    assert_eq!((gone.verdict, gone.reason), (Verdict::Indeterminate, Reason::Unreachable));
}
