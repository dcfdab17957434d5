//! The schema of a cache: the migrations, built in, and the check that a file was made by exactly these.
//!
//! Table, formats and checksums are refinery's, which the tests hold against it. It does not run here: it would build a
//! regular expression to read the files' names, and that took longer than all the rest of opening. All migrations and the
//! check happen in one `BEGIN IMMEDIATE`, so that two processes that start at once, or a kill in between, cannot leave
//! half a schema.

use std::collections::BTreeSet;
use std::hash::{Hash as _, Hasher as _};

use rusqlite::{Connection, TransactionBehavior, ffi};
use siphasher::sip::SipHasher13;

use crate::error::Error;

struct Migration {
    version: u32,
    name: &'static str,
    sql: &'static str,
}

/// In the order of their versions. A test compares them with the directory.
const KNOWN: [Migration; 3] = [
    Migration { version: 1, name: "homes", sql: include_str!("../../../migrations/cache/V1__homes.sql") },
    Migration {
        version: 2,
        name: "devices_and_tombstones",
        sql: include_str!("../../../migrations/cache/V2__devices_and_tombstones.sql"),
    },
    Migration {
        version: 3,
        name: "activity_links",
        sql: include_str!("../../../migrations/cache/V3__activity_links.sql"),
    },
];

impl Migration {
    fn checksum(&self) -> String {
        let mut hasher = SipHasher13::new();
        self.name.hash(&mut hasher);
        i32::try_from(self.version).unwrap_or(i32::MAX).hash(&mut hasher);
        self.sql.hash(&mut hasher);
        hasher.finish().to_string()
    }
}

/// Whether every known migration was applied and nothing else: one short query, so that opening stays fast.
pub(crate) fn is_current(connection: &Connection) -> Result<bool, Error> {
    Ok(applied(connection)? == KNOWN.len())
}

/// Applies what is missing.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    migrate_to(connection, KNOWN.len())
}

/// The schema that every cache began with: the same in each of them, down to the pages on which its tables begin.
pub(crate) fn migrate_first(connection: &mut Connection) -> Result<(), Error> {
    migrate_to(connection, 1)
}

/// Tables and indexes that every cache has and this one lacks. What is left of a file that something else wrote to may be in
/// order by itself.
pub(crate) fn missing(connection: &Connection) -> Result<Vec<String>, Error> {
    let parts = |connection: &Connection| -> Result<BTreeSet<String>, Error> {
        let sql = "SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'";
        Ok(connection.prepare(sql)?.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    let mut whole = Connection::open_in_memory()?;
    migrate(&mut whole)?;
    Ok(parts(&whole)?.difference(&parts(connection)?).cloned().collect())
}

fn migrate_to(connection: &mut Connection, last: usize) -> Result<(), Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS refinery_schema_history (version int4 PRIMARY KEY, name VARCHAR(255), \
         applied_on VARCHAR(255), checksum VARCHAR(255))",
    )?;
    for migration in KNOWN[..last].iter().skip(applied(&transaction)?) {
        transaction.execute_batch(migration.sql)?;
        transaction.execute(
            "INSERT INTO refinery_schema_history VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?3)",
            (migration.version, migration.name, migration.checksum()),
        )?;
    }
    transaction.commit()?;
    Ok(())
}

/// How many of the known migrations were applied; refuses a file that has others.
fn applied(connection: &Connection) -> Result<usize, Error> {
    let sql = "SELECT version, name, checksum FROM refinery_schema_history ORDER BY version";
    let mut statement = match connection.prepare(sql) {
        Ok(statement) => statement,
        // SQLITE_ERROR while preparing a fixed statement: the table is not there.
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.extended_code == ffi::SQLITE_ERROR => {
            return Ok(0);
        }
        Err(rusqlite::Error::SqlInputError { .. }) => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let found = statement
        .query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(u32, String, String)>, _>>()?;
    let known = KNOWN.last().map_or(0, |migration| migration.version);
    if let Some((found, ..)) = found.last().filter(|(version, ..)| *version > known) {
        return Err(Error::Newer { found: *found, known });
    }
    let fits = found.len() <= KNOWN.len()
        && found.iter().zip(KNOWN.iter()).all(|((version, name, checksum), migration)| {
            *version == migration.version && name == migration.name && *checksum == migration.checksum()
        });
    if fits { Ok(found.len()) } else { Err(Error::Migration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    refinery::embed_migrations!("../../migrations/cache");

    #[test]
    fn what_is_built_in_is_what_the_directory_has() {
        let runner = migrations::runner();
        let all = runner.get_migrations();
        assert_eq!(all.len(), KNOWN.len());
        for (number, migration) in (1..).zip(&KNOWN) {
            let theirs = all.iter().find(|theirs| theirs.version() == number).unwrap();
            assert_eq!((migration.version, migration.name), (number as u32, theirs.name()));
            assert_eq!(migration.checksum(), theirs.checksum().to_string());
            assert!(migration.sql.contains("CREATE") || migration.sql.contains("ALTER"));
        }
    }

    #[test]
    fn a_cache_of_the_first_schema_is_brought_up_to_date() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_first(&mut connection).unwrap();
        assert_eq!(applied(&connection), Ok(1));
        assert!(!is_current(&connection).unwrap());
        migrate(&mut connection).unwrap();
        assert!(is_current(&connection).unwrap());
    }

    #[test]
    fn only_a_cache_that_was_in_use_has_entries_of_before_there_were_links() {
        for in_use in [false, true] {
            let mut connection = Connection::open_in_memory().unwrap();
            migrate_to(&mut connection, 2).unwrap();
            if in_use {
                let sql = "INSERT INTO device VALUES (1, zeroblob(16), zeroblob(16), zeroblob(16), zeroblob(16), \
                           'system', 1, 1, 0, zeroblob(32), 0, NULL, NULL, NULL); \
                           INSERT INTO activity (at, bytes) VALUES (1, x'07')";
                connection.execute_batch(sql).unwrap();
            }
            migrate(&mut connection).unwrap();
            let sql = "SELECT count(*) FROM setting WHERE key = 'activity.unlinked' AND value = x'01'";
            let marks: u32 = connection.query_row(sql, (), |row| row.get(0)).unwrap();
            assert_eq!(marks, u32::from(in_use));
            let sql = "SELECT count(*) FROM activity WHERE bytes = x'07' AND link IS NULL";
            let kept: u32 = connection.query_row(sql, (), |row| row.get(0)).unwrap();
            assert_eq!(kept, u32::from(in_use));
        }
    }

    #[test]
    fn refinery_finds_what_was_applied() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        assert!(is_current(&connection).unwrap());
        let report = migrations::runner().run(&mut connection).unwrap();
        assert!(report.applied_migrations().is_empty(), "refinery agrees with every checksum");
    }
}
