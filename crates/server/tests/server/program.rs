//! The real program: it starts, stops when it is told to, and says what is wrong.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use keymoor_protocol::opaque::LoginKind;
use keymoor_remote::Remote;

pub(crate) struct Program {
    child: Child,
    pub(crate) url: String,
}

impl Program {
    pub(crate) fn start(home: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_keymoor-server"))
            .args(["serve", "--listen", "127.0.0.1:0", "--database"])
            .arg(format!("sqlite:{}", home.join("s.db").display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, url }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn run(arguments: &[&str], home: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keymoor-server"));
    command.args(arguments).arg(format!("sqlite:{}", home.join("s.db").display()));
    command.output().unwrap()
}

#[test]
fn it_serves_until_it_is_told_to_stop_and_answers_what_is_idle() {
    let home = tempfile::tempdir().unwrap();
    let mut program = Program::start(home.path());
    let remote = Remote::new(&program.url, None).unwrap();
    remote.health().unwrap(); // its connection stays open
    let pid = program.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(program.child.wait().unwrap().success());
    assert!(remote.health().is_err());
}

#[test]
fn told_to_stop_it_leaves_one_whole_database_file() {
    let home = tempfile::tempdir().unwrap();
    let mut program = Program::start(home.path());
    let remote = Remote::new(&program.url, None).unwrap();
    let author = crate::author::Author::new();
    let mut account = author.new_account();
    account.password = remote.register(author.account, LoginKind::Password, b"password").unwrap();
    account.recovery = remote.register(author.account, LoginKind::Recovery, b"recovery").unwrap();
    remote.create_account(&account).unwrap();
    let login = remote.log_in(author.account, LoginKind::Password, author.device, b"password").unwrap();
    remote.with_token(&login.access_token).devices().unwrap(); // through a reader, too
    assert!(home.path().join("s.db-wal").metadata().unwrap().len() > 0);
    let pid = program.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(program.child.wait().unwrap().success());
    for left in ["s.db-wal", "s.db-shm"] {
        assert!(!home.path().join(left).exists(), "{left}");
    }
    let copy = home.path().join("copy.db");
    std::fs::copy(home.path().join("s.db"), &copy).unwrap();
    let accounts = rusqlite::Connection::open(&copy).unwrap();
    let count = accounts.query_row("SELECT count(*) FROM account", (), |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn what_cannot_be_used_is_named_with_the_cause() {
    let home = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = |arguments: &[&str], home: &Path| {
        let output = run(arguments, home);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let busy = said(&["serve", "--listen", &address, "--database"], home.path());
    assert!(busy.contains(&format!("cannot listen on {address}: address in use")), "{busy}");
    std::fs::write(home.path().join("file"), "").unwrap();
    let below = home.path().join("file");
    let unusable = said(&["serve", "--listen", "127.0.0.1:0", "--database"], &below);
    assert!(unusable.contains("file/s.db: the database file cannot be opened or created: "), "{unusable}");
    assert!(unusable.contains("not a directory") || unusable.contains("already exists"), "{unusable}");
}

#[test]
fn check_and_migrate_say_how_the_database_is() {
    let home = tempfile::tempdir().unwrap();
    let check = || run(&["check", "--database"], home.path());
    let missing = check();
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8(missing.stderr).unwrap().contains("there is no database"));
    assert!(!home.path().join("s.db").exists());
    assert!(run(&["migrate", "--database"], home.path()).status.success());
    Program::start(home.path()).kill();
    let fine = check();
    assert!(fine.status.success());
    assert!(String::from_utf8(fine.stdout).unwrap().contains("is fine: 0 accounts"));
    std::fs::remove_file(home.path().join("s.db.opaque")).unwrap();
    let without_setup = check();
    assert_eq!(without_setup.status.code(), Some(1));
    assert!(String::from_utf8(without_setup.stderr).unwrap().contains("OPAQUE setup file"));
}

#[test]
fn numbers_that_would_let_nobody_in_are_refused_with_the_bounds() {
    let home = tempfile::tempdir().unwrap();
    for (option, value, bounds) in [
        ("--connections", "0", "a whole number from 1 to 100000"),
        ("--connections-per-address", "0", "a whole number from 1 to 100000"),
        ("--connections", "18446744073709551615", "a whole number from 1 to 100000"),
        ("--logins", "0.5", "a number from 1 to 1000000"),
        ("--burst", "0", "a number from 1 to 1000000"),
        ("--burst", "NaN", "a number from 1 to 1000000"),
        ("--keep-log", "0s", "a whole number with s, m, h or d, from 1s to 36500d"),
        ("--keep-log", "180", "a whole number with s, m, h or d"),
        ("--keep-history", "36501d", "a whole number with s, m, h or d"),
        ("--keep-history", "213503982334602d", "a whole number with s, m, h or d"),
        ("--rate", "-1", "a number from 0.001 to 1000000"),
    ] {
        let option = format!("{option}={value}");
        let output = run(&["serve", "--listen", "127.0.0.1:0", &option, "--database"], home.path());
        assert_eq!(output.status.code(), Some(2), "{option}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(bounds), "{said}");
    }
}
