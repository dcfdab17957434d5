//! Salvage: what a damaged file still gives, row by row.
//!
//! The file itself is never touched: a copy of it and of its log is read, and deleted afterwards. A table is walked from
//! both ends up to where it cannot be read, and in between row by row, so that a damaged page costs the rows on it and no
//! more. What is found is what lies there, not what is true: only its digest was compared. Whether it is genuine is for
//! whoever has the keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use keymoor_protocol::{Digest, Record, RecordId, SignedCommit};
use rusqlite::{Connection, OpenFlags, Row};

use crate::activity::{Entry, read_entry};
use crate::cache::Cache;
use crate::device::Device;
use crate::error::Error;
use crate::history::Past;
use crate::log::read_signed;
use crate::records::{Base, Draft, read_base, read_draft};
use crate::rows::{envelope, id, number, number_if_any, record};
use crate::transaction::View;
use crate::{connection, files};

/// Row numbers that are tried one by one where a table cannot be walked; beyond that the rest is given up.
const TRIED: i64 = 1 << 13;

/// What a damaged file still gave.
#[derive(Debug, Default)]
pub struct Salvage {
    /// Whose cache it was.
    pub device: Option<Device>,
    /// The keys document.
    pub keys_document: Option<Vec<u8>>,
    /// What the server knew.
    pub bases: Vec<Base>,
    /// What the user did.
    pub drafts: Vec<Draft>,
    /// What records were before, oldest first, each with when it was superseded.
    pub history: Vec<(Past, u64)>,
    /// Records erased here that the server still had.
    pub erasures: BTreeSet<RecordId>,
    /// Records whose keychain copy was behind.
    pub unmirrored: BTreeSet<RecordId>,
    /// The log, with its numbers.
    pub chain: Vec<(u64, SignedCommit)>,
    /// What happened on this device, oldest first. That some of it cannot be read leaves the rest whole.
    pub activity: Vec<Entry>,
    /// Small opaque values.
    pub settings: BTreeMap<String, Vec<u8>>,
    /// Whether all of those could be read: only then one that is not among them was not there.
    pub all_settings: bool,
    /// Records that the file names and whose content, or newer content, could not be read.
    pub unread: BTreeSet<RecordId>,
    /// Whether everything in it could be read.
    pub whole: bool,
}

impl Cache {
    /// Reads what can be read of the damaged database at `path`, which stays as it is.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::ReadOnly`] or [`Error::Io`] where no copy can be made of it. That nothing of it can be
    /// read is no error.
    pub fn salvage(path: &Path) -> Result<Salvage, Error> {
        let copy = Copy::of(path)?;
        match copy.read() {
            Ok(found) => Ok(found),
            // Its first page holds the schema, which is that of every cache: lent from a new one, the rest can be read.
            Err(_) => {
                let lent = copy.lend_schema().and_then(|()| copy.read());
                Ok(lent.unwrap_or_default())
            }
        }
    }
}

/// A copy of a damaged database with its log; gone when dropped.
struct Copy {
    path: PathBuf,
}

impl Copy {
    fn of(path: &Path) -> Result<Self, Error> {
        let mut name = path.as_os_str().to_owned();
        name.push(".reading");
        let copy = Self { path: name.into() };
        copy.remove();
        let [database, log, _] = files::with_companions(path);
        let [to_database, to_log, _] = files::with_companions(&copy.path);
        files::copy_private(&database, &to_database)?;
        if log.exists() {
            files::copy_private(&log, &to_log)?;
        }
        Ok(copy)
    }

    fn open(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        // A page whose cells cannot be right is noticed when it is read, not when it has misled somebody.
        connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA query_only = ON;")?;
        Ok(connection)
    }

    /// # Errors
    /// Not even the schema can be read.
    fn read(&self) -> Result<Salvage, Error> {
        let connection = self.open()?;
        connection.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'draft'",
            (),
            |row| match row.get::<_, i64>(0)? {
                1 => Ok(()),
                _ => Err(rusqlite::Error::QueryReturnedNoRows),
            },
        )?;
        Ok(read(&connection))
    }

    /// Puts the pages of the schema of a new database in the place of this one's.
    fn lend_schema(&self) -> Result<(), Error> {
        let dir = tempfile_beside(&self.path)?;
        let lent = (|| {
            // Tables of later migrations begin elsewhere in a file that was migrated; none of them is read.
            connection::make_first(&dir)?;
            let new = std::fs::read(files::database(&dir))?;
            files::lend_schema(&new, &self.path)
        })();
        let _ = std::fs::remove_dir_all(&dir);
        lent
    }

    fn remove(&self) {
        for path in files::with_companions(&self.path) {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.remove();
    }
}

fn tempfile_beside(path: &Path) -> Result<PathBuf, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push("-schema");
    let dir = PathBuf::from(name);
    let _ = std::fs::remove_dir_all(&dir);
    Ok(dir)
}

fn read(connection: &Connection) -> Salvage {
    let mut found = Salvage { whole: true, ..Salvage::default() };
    let view = View::new(connection, 0);
    found.device = view.device().ok().flatten();
    found.keys_document = view.keys_document().ok().flatten();
    let mut whole = found.device.is_some();
    let mut take = |walked: &Walk| whole &= walked.whole;

    let mut bases = Walk::new(connection, "base");
    let mut drafts = Walk::new(connection, "draft");
    let (mut broken_bases, mut broken_drafts) = (BTreeSet::new(), BTreeSet::new());
    for (id, base) in bases.rows(|row| {
        let id = stated(row)?;
        Ok((id, read_base(row, id).ok().filter(|base| is_what_was_written(row, &base.record))))
    }) {
        match base {
            Some(base) => found.bases.push(base),
            None => drop(broken_bases.insert(id)),
        }
    }
    for (id, draft) in drafts.rows(|row| {
        let id = stated(row)?;
        Ok((id, read_draft(row, id).ok().filter(|draft| is_what_was_written(row, &draft.record))))
    }) {
        match draft {
            Some(draft) => found.drafts.push(draft),
            None => drop(broken_drafts.insert(id)),
        }
    }
    take(&bases);
    take(&drafts);
    let mut history = Walk::new(connection, "history");
    found.history = history.rows(read_past).into_iter().flatten().collect();
    take(&history);
    let mut chain = Walk::new(connection, "chain");
    let commits = chain.rows(|row| Ok((number(row, "seq")?, read_signed(row).ok())));
    found.chain = commits.into_iter().filter_map(|(seq, signed)| Some((seq, signed?))).collect();
    take(&chain);
    found.activity = Walk::new(connection, "activity").rows(read_entry);
    let mut settings = Walk::new(connection, "setting");
    found.settings = settings.rows(|row| Ok((row.get("key")?, row.get("value")?))).into_iter().collect();
    take(&settings);
    found.all_settings = settings.whole && !settings.left_out;

    let (erasures, all_erasures) = ids(connection, "SELECT id FROM erasure ORDER BY id");
    let (unmirrored, all_unmirrored) = ids(connection, "SELECT id FROM unmirrored ORDER BY id");
    (found.erasures, found.unmirrored) = (erasures, unmirrored);
    whole &= all_erasures && all_unmirrored;
    let has_base: BTreeSet<_> = found.bases.iter().map(|base| base.record.id).collect();
    let has_draft: BTreeSet<_> = found.drafts.iter().map(|draft| draft.record.id).collect();
    broken_bases.extend(missing(connection, "base", &(&has_base | &broken_bases)));
    broken_drafts.extend(missing(connection, "draft", &(&has_draft | &broken_drafts)));
    whole &= broken_bases.is_empty() && broken_drafts.is_empty();
    // Under a draft that can be read the base is not what counts.
    found.unread = broken_bases.difference(&has_draft).copied().collect();
    found.unread.append(&mut broken_drafts);
    found.whole = whole;
    found
}

/// Records that the index of a table names, a tree of its own, and the table has not.
fn missing(connection: &Connection, table: &str, there: &BTreeSet<RecordId>) -> BTreeSet<RecordId> {
    let sql = format!("SELECT id FROM {table} INDEXED BY sqlite_autoindex_{table}_1 ORDER BY id");
    let (named, whole) = ids(connection, &sql);
    let gone: BTreeSet<_> = named.difference(there).copied().collect();
    // As many that the index does not name: it is the index whose ids were spoilt.
    let strange = there.difference(&named).count();
    if whole && gone.len() <= strange { BTreeSet::new() } else { gone }
}

/// The id that a row's envelopes state, which their seals bear out; the column's own where they are none.
fn stated(row: &Row<'_>) -> Result<RecordId, Error> {
    let column = id(row, "id")?;
    let of = |name| envelope(row, column, name).map(|envelope| envelope.header().id);
    match (of("meta"), of("secret")) {
        (Ok(meta), Ok(secret)) if meta == secret => Ok(RecordId(meta)),
        _ => Ok(column),
    }
}

fn is_what_was_written(row: &Row<'_>, record: &Record) -> bool {
    row.get::<_, [u8; 32]>("digest").is_ok_and(|digest| Digest(digest) == record.digest())
}

fn read_past(row: &Row<'_>) -> Result<Option<(Past, u64)>, Error> {
    let Ok(record) = record(row, id(row, "record")?) else { return Ok(None) };
    if !is_what_was_written(row, &record) {
        return Ok(None);
    }
    let (seq, saved_at) = (number_if_any(row, "seq")?, number(row, "saved_at")?);
    Ok(Some((Past { record, seq, saved_at }, number(row, "superseded_at")?)))
}

/// The ids that a statement gives, from both ends; and whether it came to its end.
fn ids(connection: &Connection, sql: &str) -> (BTreeSet<RecordId>, bool) {
    let mut found = BTreeSet::new();
    let mut walk = |sql: &str| -> Result<(), Error> {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            found.insert(id(row, "id")?);
        }
        Ok(())
    };
    if walk(sql).is_ok() {
        return (found, true);
    }
    let _ = walk(&format!("{sql} DESC"));
    (found, false)
}

/// A walk over the rows of a table that may be damaged anywhere.
struct Walk<'c> {
    connection: &'c Connection,
    table: &'static str,
    whole: bool,
    /// Whether there was a row that is not what its table holds.
    left_out: bool,
}

impl<'c> Walk<'c> {
    fn new(connection: &'c Connection, table: &'static str) -> Self {
        Self { connection, table, whole: true, left_out: false }
    }

    /// Every row that can be read, in the order of their numbers.
    fn rows<T>(&mut self, read: impl Fn(&Row<'_>) -> Result<T, Error>) -> Vec<T> {
        let mut found = BTreeMap::new();
        let Err(last) = self.run("rowid > ?1 ORDER BY rowid", i64::MIN, &read, &mut found) else {
            return found.into_values().collect();
        };
        self.whole = false;
        let first = match self.run("rowid < ?1 ORDER BY rowid DESC", i64::MAX, &read, &mut found) {
            Err(Some(first)) => first,
            // Nothing at all from that end: the numbers after the last one are all that can be tried.
            Err(None) | Ok(()) => last.unwrap_or(0).saturating_add(TRIED),
        };
        let from = last.map_or(1, |last| last.saturating_add(1));
        for place in from..first.min(from.saturating_add(TRIED)) {
            let _ = self.run("rowid = ?1", place, &read, &mut found);
        }
        found.into_values().collect()
    }

    /// Reads rows up to the end, or to the one that cannot be read: then the number of the last that could.
    fn run<T>(
        &mut self,
        which: &str,
        from: i64,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
        found: &mut BTreeMap<i64, T>,
    ) -> Result<(), Option<i64>> {
        let (mut last, mut left_out) = (None, false);
        let mut walk = || -> Result<(), Error> {
            let sql = format!("SELECT rowid AS row_number, * FROM {} WHERE {which}", self.table);
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut rows = statement.query([from])?;
            while let Some(row) = rows.next()? {
                let number: i64 = row.get("row_number")?;
                // A row that is not what its table holds is left out; those after it may be.
                match read(row) {
                    Ok(read) => drop(found.insert(number, read)),
                    Err(_) => left_out = true,
                }
                last = Some(number);
            }
            Ok(())
        };
        let done = walk();
        self.left_out |= left_out;
        done.map_err(|_| last)
    }
}
