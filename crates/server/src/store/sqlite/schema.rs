//! The schema: the migrations, built in, and the check that a file was made by exactly these.
//!
//! refinery numbers the migrations and takes their checksums, and its table is used. They are applied by a loop of our own:
//! the check and all that is missing happen in one `BEGIN IMMEDIATE`, so that a kill, or a second server that starts at the
//! same moment, cannot leave half a schema.

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

mod embedded {
    refinery::embed_migrations!("../../migrations/server-sqlite");
}

struct Migration {
    version: i64,
    name: String,
    checksum: String,
    sql: String,
}

/// How a file's schema stands to ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Current,
    /// Migrations are missing, perhaps all of them.
    Older,
}

/// Compares a file with the migrations; refuses one that others made.
pub(super) fn standing(connection: &Connection) -> Result<Standing, OpenError> {
    let known = known();
    let applied = applied(connection, &known)?;
    Ok(if applied == known.len() { Standing::Current } else { Standing::Older })
}

/// Applies what is missing.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let known = known();
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(OpenError::of)?;
    for migration in &known[applied(&transaction, &known)?..] {
        let apply = || {
            transaction.execute_batch(
                "CREATE TABLE IF NOT EXISTS refinery_schema_history (version int4 PRIMARY KEY, \
                 name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255))",
            )?;
            transaction.execute_batch(&migration.sql)?;
            transaction.execute(
                "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
                 VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?3)",
                (migration.version, &migration.name, &migration.checksum),
            )
        };
        apply().map_err(OpenError::of)?;
    }
    transaction.commit().map_err(OpenError::of)
}

fn known() -> Vec<Migration> {
    let runner = embedded::migrations::runner();
    let mut known: Vec<_> = runner
        .get_migrations()
        .iter()
        .map(|migration| Migration {
            version: i64::from(migration.version()),
            name: migration.name().to_owned(),
            checksum: migration.checksum().to_string(),
            sql: migration.sql().unwrap_or_default().to_owned(),
        })
        .collect();
    known.sort_by_key(|migration| migration.version);
    known
}

/// How many of the known migrations were applied.
fn applied(connection: &Connection, known: &[Migration]) -> Result<usize, OpenError> {
    let table = "SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'";
    if connection.query_row(table, (), |row| row.get::<_, i64>(0)).map_err(OpenError::of)? == 0 {
        return Ok(0);
    }
    let read = || {
        let sql = "SELECT version, name, checksum FROM refinery_schema_history ORDER BY version";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<Result<Vec<(i64, String, String)>, _>>()
    };
    let found = read().map_err(OpenError::of)?;
    let newest = known.last().map_or(0, |migration| migration.version);
    if let Some((version, ..)) = found.last().filter(|(version, ..)| *version > newest) {
        return Err(OpenError::Newer { found: *version, known: newest });
    }
    let fits = found.len() <= known.len()
        && found.iter().zip(known).all(|((version, name, checksum), migration)| {
            (*version, name, checksum) == (migration.version, &migration.name, &migration.checksum)
        });
    if fits { Ok(found.len()) } else { Err(OpenError::Migration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_older_and_then_current_also_to_refinery() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(standing(&connection), Ok(Standing::Older));
        migrate(&mut connection).unwrap();
        assert_eq!(standing(&connection), Ok(Standing::Current));
        migrate(&mut connection).unwrap();
        let report = embedded::migrations::runner().run(&mut connection).unwrap();
        assert!(report.applied_migrations().is_empty());
    }

    #[test]
    fn a_changed_migration_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.execute("UPDATE refinery_schema_history SET checksum = '1'", ()).unwrap();
        assert_eq!(standing(&connection), Err(OpenError::Migration));
        assert_eq!(migrate(&mut connection), Err(OpenError::Migration));
    }
}
