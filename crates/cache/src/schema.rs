//! The schema of a cache: the migrations, built in, and the check that a file was made by exactly these.
//!
//! refinery reads and numbers the migrations and takes their checksums, and its table and formats are used. The loop that
//! applies them is our own: all of them and the check happen in one `BEGIN IMMEDIATE`, so that two processes that start
//! at once, or a kill in between, cannot leave half a schema.

use std::sync::LazyLock;

use rusqlite::{Connection, TransactionBehavior, ffi};

use crate::error::Error;

refinery::embed_migrations!("../../migrations/cache");

struct Migration {
    version: u32,
    name: String,
    checksum: String,
    sql: String,
}

static KNOWN: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    let mut known: Vec<_> = migrations::runner()
        .get_migrations()
        .iter()
        .map(|migration| Migration {
            version: u32::try_from(migration.version()).unwrap_or_default(),
            name: migration.name().to_owned(),
            checksum: migration.checksum().to_string(),
            sql: migration.sql().unwrap_or_default().to_owned(),
        })
        .collect();
    known.sort_by_key(|migration| migration.version);
    known
});

/// Whether every known migration was applied and nothing else: one short query, so that opening stays fast.
pub(crate) fn is_current(connection: &Connection) -> Result<bool, Error> {
    Ok(applied(connection)? == KNOWN.len())
}

/// Applies what is missing.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS refinery_schema_history (version int4 PRIMARY KEY, name VARCHAR(255), \
         applied_on VARCHAR(255), checksum VARCHAR(255))",
    )?;
    for migration in &KNOWN[applied(&transaction)?..] {
        transaction.execute_batch(&migration.sql)?;
        transaction.execute(
            "INSERT INTO refinery_schema_history VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?3)",
            (migration.version, &migration.name, &migration.checksum),
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
            (*version, name, checksum) == (migration.version, &migration.name, &migration.checksum)
        });
    if fits { Ok(found.len()) } else { Err(Error::Migration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_one_two_three() {
        let versions: Vec<_> = KNOWN.iter().map(|migration| migration.version).collect();
        assert_eq!(versions, (1..=versions.len() as u32).collect::<Vec<_>>());
        assert!(
            KNOWN.iter().all(|migration| migration.sql.contains("CREATE") || migration.sql.contains("ALTER"))
        );
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
