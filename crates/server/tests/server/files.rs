//! What lies on the disk: the database, the OPAQUE setup and the certificate beside it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use keymoor_protocol::limits::Limits;
use keymoor_protocol::{Cursor, RecordId};
use keymoor_server::store::sqlite::{OpenError, Sqlite};
use keymoor_server::store::{Store as _, StoreError};
use keymoor_server::{Config, Error, check, serve};

use crate::author::{Author, Edit};

fn config(home: &Path) -> Config {
    Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::new(home.join("sub/s.db")) }
}

/// Starts a server and stops it again.
async fn start(config: &Config) -> Result<(), Error> {
    let serving = serve(config.clone(), async {}).await?;
    serving.done.await.unwrap();
    Ok(())
}

#[tokio::test]
async fn everything_is_readable_by_its_owner_alone() {
    let home = tempfile::tempdir().unwrap();
    let config = Config { tls: keymoor_server::Tls::SelfMade, ..config(home.path()) };
    let serving = serve(config.clone(), async {}).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let directory = home.path().join("sub");
    assert_eq!(mode(&directory), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    for name in ["s.db", "s.db.opaque", "s.db.cert.pem", "s.db.key.pem"] {
        assert!(names.iter().any(|found| found == name), "{name} is missing in {names:?}");
    }
    serving.done.await.unwrap();
}

#[tokio::test]
async fn a_wrong_and_a_missing_setup_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let (config, setup) = (config(home.path()), home.path().join("sub/s.db.opaque"));
    start(&config).await.unwrap();
    assert_eq!(check(&config).await, Ok(0));
    let right = fs::read(&setup).unwrap();

    let other_home = tempfile::tempdir().unwrap();
    let other = self::config(other_home.path());
    start(&other).await.unwrap();
    fs::copy(other_home.path().join("sub/s.db.opaque"), &setup).unwrap();
    assert_eq!(start(&config).await, Err(Error::WrongSetup));
    assert_eq!(check(&config).await, Err(Error::WrongSetup));
    fs::write(&setup, b"garbage").unwrap();
    assert_eq!(start(&config).await, Err(Error::WrongSetup));
    fs::remove_file(&setup).unwrap();
    assert_eq!(start(&config).await, Err(Error::MissingSetup));
    assert_eq!(check(&config).await, Err(Error::MissingSetup));
    assert!(!setup.exists(), "no new one was made");
    fs::write(&setup, right).unwrap();
    start(&config).await.unwrap();
}

#[tokio::test]
async fn a_newer_a_changed_and_a_broken_database_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path());
    start(&config).await.unwrap();
    let alter = |sql: &str| rusqlite::Connection::open(&config.database).unwrap().execute_batch(sql).unwrap();
    alter("INSERT INTO refinery_schema_history (version, name, checksum) VALUES (99, 'later', '1')");
    let newer = Error::Open(OpenError::Newer { found: 99, known: 2 });
    assert_eq!(start(&config).await, Err(newer));
    assert_eq!(check(&config).await, Err(newer));
    alter("DELETE FROM refinery_schema_history WHERE version = 99");
    start(&config).await.unwrap();
    alter("UPDATE refinery_schema_history SET checksum = '1'");
    assert_eq!(start(&config).await, Err(Error::Open(OpenError::Migration)));

    let broken = Config { database: home.path().join("broken.db"), ..config };
    fs::write(&broken.database, [7; 10_000]).unwrap();
    assert_eq!(start(&broken).await, Err(Error::Open(OpenError::Damaged)));
    assert_eq!(check(&broken).await, Err(Error::Open(OpenError::Damaged)));
    assert_eq!(fs::read(&broken.database).unwrap(), [7; 10_000], "left as it was");
}

#[tokio::test]
async fn checking_makes_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path());
    assert_eq!(check(&config).await, Err(Error::Open(OpenError::Missing)));
    assert!(!home.path().join("sub").exists());
    let empty = Config { database: home.path().join("empty.db"), ..config };
    fs::write(&empty.database, []).unwrap();
    assert_eq!(check(&empty).await, Err(Error::Open(OpenError::Older)));
    assert!(fs::read(&empty.database).unwrap().is_empty());
    drop(Sqlite::open(&empty.database, Limits::default()).unwrap());
    assert_eq!(check(&empty).await, Ok(0));
}

#[tokio::test]
async fn the_port_is_free_as_soon_as_the_server_has_stopped() {
    for tls in [keymoor_server::Tls::Off, keymoor_server::Tls::SelfMade] {
        let home = tempfile::tempdir().unwrap();
        let first = Config { tls, ..config(home.path()) };
        let serving = serve(first.clone(), async {}).await.unwrap();
        let address = serving.address;
        serving.done.await.unwrap();
        let again = serve(Config { listen: address, ..first }, async {}).await.unwrap();
        assert_eq!(again.address, address);
        again.done.await.unwrap();
    }
}

#[tokio::test]
async fn the_write_ahead_log_is_written_back_while_the_server_runs() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.db");
    let store = Sqlite::open(&path, Limits::default()).unwrap();
    let mut author = Author::new();
    store.create_account(author.new_account(), 1).await.unwrap();
    let id = RecordId::generate();
    for _ in 0..60 {
        store.push(author.account, author.write(&[Edit::Put(id, 500_000)]), 2).await.unwrap();
    }
    let size = |name: &str| fs::metadata(home.path().join(name)).unwrap().len();
    assert!(size("s.db") > 20_000_000, "{} bytes", size("s.db"));
    assert!(size("s.db-wal") < 25_000_000, "{} bytes of log for 60 MB", size("s.db-wal"));
}

#[tokio::test]
async fn a_lost_and_a_strange_certificate_are_refused_and_no_new_one_is_made() {
    let home = tempfile::tempdir().unwrap();
    let config = Config { tls: keymoor_server::Tls::SelfMade, ..config(home.path()) };
    start(&config).await.unwrap();
    let (certificate, key) = (home.path().join("sub/s.db.cert.pem"), home.path().join("sub/s.db.key.pem"));
    let right = fs::read(&certificate).unwrap();
    fs::remove_file(&certificate).unwrap();
    let missing = Error::MissingCertificate("cert.pem");
    assert_eq!(start(&config).await, Err(missing));
    assert_eq!(check(&config).await, Err(missing));
    assert!(!certificate.exists());
    assert!(missing.to_string().contains(".cert.pem file"));

    let other_home = tempfile::tempdir().unwrap();
    let other = Config { tls: keymoor_server::Tls::SelfMade, ..self::config(other_home.path()) };
    start(&other).await.unwrap();
    let others = fs::read(other_home.path().join("sub/s.db.cert.pem")).unwrap();
    fs::write(&certificate, others).unwrap();
    assert_eq!(start(&config).await, Err(Error::WrongCertificate));
    assert_eq!(check(&config).await, Err(Error::WrongCertificate));
    fs::write(&certificate, &right).unwrap();
    let right_key = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert_eq!(start(&config).await, Err(Error::MissingCertificate("key.pem")));
    fs::write(&key, right_key).unwrap();
    start(&config).await.unwrap();
    assert_eq!(check(&config).await, Ok(0));
    assert_eq!(fs::read(&certificate).unwrap(), right);

    // Lost for good, and said so.
    fs::remove_file(&certificate).unwrap();
    let made = keymoor_server::new_certificate(&config).await.unwrap();
    let serving = serve(config.clone(), async {}).await.unwrap();
    assert_eq!(serving.fingerprint, Some(made));
    serving.done.await.unwrap();
    assert_ne!(fs::read(&certificate).unwrap(), right);
}

#[tokio::test]
async fn a_certificate_from_before_a_kill_is_taken_over() {
    let home = tempfile::tempdir().unwrap();
    let config = Config { tls: keymoor_server::Tls::SelfMade, ..config(home.path()) };
    start(&config).await.unwrap();
    let sql = "DELETE FROM meta WHERE key = 'certificate'";
    rusqlite::Connection::open(&config.database).unwrap().execute_batch(sql).unwrap();
    let certificate = home.path().join("sub/s.db.cert.pem");
    let right = fs::read(&certificate).unwrap();
    start(&config).await.unwrap();
    assert_eq!(fs::read(&certificate).unwrap(), right);
    fs::remove_file(&certificate).unwrap();
    assert_eq!(start(&config).await, Err(Error::MissingCertificate("cert.pem")));
}

/// The rows that are kept and the number that is counted on.
fn kept(path: &Path) -> (i64, i64) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let sum = |table| {
        let sql = format!("SELECT coalesce(sum(length(meta) + length(secret) + 512), 0) FROM {table}");
        connection.query_row(&sql, (), |row| row.get::<_, i64>(0)).unwrap()
    };
    let counted = connection.query_row("SELECT sum(kept_bytes) FROM vault", (), |row| row.get(0));
    (sum("record") + sum("history"), counted.unwrap())
}

#[tokio::test]
async fn what_is_counted_as_kept_is_what_is_kept_also_after_a_purge() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.db");
    let store = Sqlite::open(&path, Limits::default()).unwrap();
    let mut author = Author::new();
    store.create_account(author.new_account(), 1).await.unwrap();
    let ids = [RecordId::generate(), RecordId::generate()];
    for size in 0..60 {
        store.push(author.account, author.write(&[Edit::Put(ids[size % 2], size)]), 1).await.unwrap();
    }
    let (before, counted) = kept(&path);
    assert_eq!(before, counted);
    assert_eq!(store.purge(91 * DAY).await.unwrap().versions, 2 * (29 - 20));
    let (after, counted) = kept(&path);
    assert_eq!(after, counted);
    assert!(after < before - 18 * 512, "{after} of {before}");
}

#[tokio::test]
async fn an_older_database_is_taken_over_and_its_commits_grow_old_from_then_on() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.db");
    let store = Sqlite::open(&path, Limits::default()).unwrap();
    let mut author = Author::new();
    store.create_account(author.new_account(), 1).await.unwrap();
    for _ in 0..700 {
        store.push(author.account, author.write(&[]), 1).await.unwrap();
    }
    drop(store);
    let back = "ALTER TABLE vault DROP COLUMN floor; ALTER TABLE commits DROP COLUMN received_at; \
                DELETE FROM refinery_schema_history WHERE version = 2;";
    rusqlite::Connection::open(&path).unwrap().execute_batch(back).unwrap();

    assert_eq!(Sqlite::check(&path), Err(OpenError::Older));
    let store = Sqlite::open(&path, Limits::default()).unwrap();
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = i64::try_from(since.as_millis()).unwrap();
    assert_eq!(store.purge(now + 180 * DAY - 60_000).await.unwrap().commits, 0);
    let whole = store.pull(author.account, Cursor::START).await.unwrap();
    assert_eq!((whole.head, whole.commits.len()), (author.cursor, 500));
    assert_eq!(store.purge(now + 180 * DAY + 1).await.unwrap().commits, 700);
    assert_eq!(store.pull(author.account, Cursor::START).await, Err(StoreError::BelowFloor));
}

#[tokio::test]
async fn very_many_young_versions_are_bounded_as_they_are_written() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.db");
    let store = Sqlite::open(&path, Limits::default()).unwrap();
    let mut author = Author::new();
    store.create_account(author.new_account(), 1).await.unwrap();
    let id = RecordId::generate();
    for _ in 0..1149 {
        store.push(author.account, author.write(&[Edit::Put(id, 1)]), 2).await.unwrap();
    }
    let connection = rusqlite::Connection::open(&path).unwrap();
    let (rows, oldest): (i64, i64) = connection
        .query_row("SELECT count(*), min(version) FROM history", (), |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!((rows, oldest), (1049, 100), "a thousand, and what came since that was looked at");
    let (stored, counted) = kept(&path);
    assert_eq!(stored, counted);
}
