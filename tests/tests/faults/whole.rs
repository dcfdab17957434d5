//! Whether a cache holds whole pages, and nothing of another: read from its rows, past the program that is tested.

use keymoor_journeys::Device;
use keymoor_protocol::{
    Commit, Digest, RecordId,
    state::{Buckets, Entry, StateHash},
};
use rusqlite::Connection;

fn cache(device: &Device) -> Option<Connection> {
    device.cache().exists().then(|| Connection::open(device.cache()).unwrap())
}

/// How far a device is; nothing before it has joined.
pub(crate) fn cursor(device: &Device) -> Option<u64> {
    let sql = "SELECT cursor_seq FROM device WHERE server IS NOT NULL";
    cache(device)?.query_row(sql, [], |row| row.get::<_, i64>(0)).ok().map(|seq| seq as u64)
}

/// Asserts that what is in the cache is what the commit at its cursor says.
#[track_caller]
pub(crate) fn assert_whole_pages(device: &Device) {
    let Some(cache) = cache(device) else { return };
    let Some(seq) = cursor(device).filter(|seq| *seq > 0) else { return };
    let sql = "SELECT bytes FROM chain WHERE seq = ?1";
    let bytes: Vec<u8> = cache.query_row(sql, [seq as i64], |row| row.get(0)).unwrap();
    assert_eq!(state(device), Commit::decode(&bytes).unwrap().state, "a page in part");
}

/// The state hash of what a device has, from the rows themselves.
pub(crate) fn state(device: &Device) -> StateHash {
    let cache = cache(device).unwrap();
    let mut rows = cache.prepare("SELECT id, version, digest, deleted FROM base ORDER BY id").unwrap();
    let entries = rows.query_map([], |row| {
        Ok(Entry {
            record: RecordId(row.get(0)?),
            version: row.get::<_, i64>(1)? as u64,
            digest: Digest(row.get(2)?),
            deleted: row.get(3)?,
        })
    });
    Buckets::of(entries.unwrap().map(Result::unwrap)).state()
}
