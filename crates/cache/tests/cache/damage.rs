//! Files that are garbage, newer, changed, torn, loosened, deleted or moved.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};

use keymoor_cache::{Cache, CurrentRow, Error};
use keymoor_protocol::RecordId;

use crate::made::{raw, read, record, tags, write};

#[test]
fn garbage_is_damage_and_is_set_aside_whole() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("keymoor.db");
    let garbage = vec![0x5A; 50_000];
    fs::write(&file, &garbage).unwrap();
    assert!(Cache::exists(dir.path()));
    assert_eq!(Cache::open(dir.path()).err(), Some(Error::Damaged));
    assert_eq!(fs::read(&file).unwrap(), garbage, "opening leaves it alone");

    let aside = Cache::set_aside(dir.path()).unwrap().unwrap();
    assert_eq!(aside, dir.path().join("keymoor.db.damaged-1"));
    assert_eq!(fs::read(&aside).unwrap(), garbage);
    assert!(!Cache::exists(dir.path()));
    assert_eq!(Cache::set_aside(dir.path()), Ok(None), "there is nothing to move");
    Cache::open(dir.path()).unwrap();
    assert_eq!(Cache::set_aside(dir.path()), Ok(None), "a whole file stays");
    assert!(Cache::exists(dir.path()));

    fs::write(&file, b"again, and short").unwrap();
    let aside = Cache::set_aside(dir.path()).unwrap().unwrap();
    assert_eq!(aside, dir.path().join("keymoor.db.damaged-2"));
    assert_eq!(
        fs::read(dir.path().join("keymoor.db.damaged-1")).unwrap(),
        garbage,
        "the first is not overwritten"
    );
}

#[test]
fn a_file_that_lacks_a_table_or_an_index_is_damaged() {
    for gone in ["DROP TABLE activity", "DROP INDEX base_full"] {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(dir.path()).unwrap();
        assert!(cache.is_sound().unwrap() && Cache::is_whole(dir.path()).unwrap());
        raw(dir.path()).execute_batch(gone).unwrap();
        assert_eq!(cache.integrity().unwrap().len(), 1, "{gone}");
        assert!(!cache.is_sound().unwrap() && !Cache::is_whole(dir.path()).unwrap(), "{gone}");
        drop(cache);
        assert!(Cache::set_aside(dir.path()).unwrap().is_some(), "{gone}");
    }
}

#[test]
fn torn_pages_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(dir.path()).unwrap();
    let ids: Vec<_> = (0..300).map(|_| RecordId::generate()).collect();
    write(&mut cache, |c| ids.iter().try_for_each(|id| c.put_base(&record(*id, 1, 1), 1, tags(1, 1))));
    assert_eq!(cache.integrity().unwrap(), Vec::<String>::new());
    drop(cache);
    let mut file = fs::OpenOptions::new().write(true).open(dir.path().join("keymoor.db")).unwrap();
    let size = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(size / 4)).unwrap();
    file.write_all(&vec![0xEE; (size / 2) as usize]).unwrap();
    drop(file);
    let mut cache = Cache::open(dir.path()).unwrap();
    let walked: Result<_, Error> = cache.read(|v| v.for_each_current(|_| Ok::<_, Error>(())));
    assert_eq!(walked, Err(Error::Damaged));
    assert!(cache.integrity().map_or_else(|error| error == Error::Damaged, |faults| !faults.is_empty()));
    drop(cache);
    assert!(Cache::set_aside(dir.path()).unwrap().is_some());
}

#[test]
fn one_damaged_record_does_not_take_the_others_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(dir.path()).unwrap();
    let ids: Vec<_> = (0..5).map(|_| RecordId::generate()).collect();
    let made: Vec<_> = ids.iter().map(|id| record(*id, 1, 1)).collect();
    write(&mut cache, |c| made.iter().try_for_each(|record| c.put_base(record, 1, tags(1, 1))));
    raw(dir.path())
        .execute("UPDATE base SET meta = CAST(x'00' || substr(meta, 2) AS BLOB) WHERE id = ?1", [ids[2].0])
        .unwrap();

    assert_eq!(cache.read(|v| v.current(ids[2])), Err(Error::Record(ids[2])));
    let mut seen = vec![];
    let unreadable =
        read(&mut cache, |v| v.for_each_current(|row: CurrentRow| Ok::<_, Error>(seen.push(row.record.id))));
    assert_eq!((unreadable, seen), (vec![ids[2]], vec![ids[0], ids[1], ids[3], ids[4]]));
    let bytes = read(&mut cache, |v| v.kept(ids[2])).base.unwrap().bytes;
    let whole = made[2].encode();
    assert_eq!(bytes.iter().zip(&whole).filter(|(a, b)| a != b).count(), 1, "for the quarantine, as it is");
    assert_eq!(read(&mut cache, |v| v.kept(ids[1])).base.unwrap().bytes, made[1].encode());
    let faults = cache.integrity().unwrap();
    assert!(faults.len() == 1 && faults[0].contains(&ids[2].to_string()), "{faults:?}");
    // A bit of the sealed bytes, which only the digest or the seal can tell.
    raw(dir.path())
        .execute(
            "UPDATE base SET secret = CAST(substr(secret, 1, 200) || x'99' || substr(secret, 202) AS BLOB) WHERE id = ?1",
            [ids[1].0],
        )
        .unwrap();
    assert_eq!(cache.integrity().unwrap().len(), 2);

    write(&mut cache, |c| {
        c.put_base(&made[2], 1, tags(1, 1)).and_then(|()| c.put_base(&made[1], 1, tags(1, 1)))
    });
    assert_eq!(cache.integrity().unwrap(), Vec::<String>::new());
    assert_eq!(read(&mut cache, |v| v.history(ids[2])), [], "healing is no change");
}

#[test]
fn wrong_bucket_hashes_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(dir.path()).unwrap();
    write(&mut cache, |c| c.put_base(&record(RecordId::generate(), 1, 1), 1, tags(1, 1)));
    raw(dir.path()).execute("UPDATE bucket SET hash = zeroblob(32)", ()).unwrap();
    assert_eq!(cache.integrity().unwrap(), ["the bucket hashes are not those of the records"]);
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(Cache::open(dir.path()).unwrap());
    raw(dir.path())
        .execute("INSERT INTO refinery_schema_history VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')", ())
        .unwrap();
    let known = Cache::open(dir.path()).err();
    assert!(matches!(known, Some(Error::Newer { found: 99, known: 1.. })), "{known:?}");
    assert_eq!(Cache::set_aside(dir.path()), Ok(None));
    assert!(Cache::exists(dir.path()));
}

#[test]
fn a_changed_migration_is_refused() {
    for change in [
        "UPDATE refinery_schema_history SET checksum = '1' WHERE version = 1",
        "UPDATE refinery_schema_history SET name = 'other' WHERE version = 1",
        "UPDATE refinery_schema_history SET version = 0 WHERE version = 1",
    ] {
        let dir = tempfile::tempdir().unwrap();
        drop(Cache::open(dir.path()).unwrap());
        raw(dir.path()).execute(change, ()).unwrap();
        assert_eq!(Cache::open(dir.path()).err(), Some(Error::Migration), "{change}");
    }
}

#[test]
fn an_emptied_file_is_a_new_cache() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("keymoor.db"), b"").unwrap();
    let mut cache = Cache::open(dir.path()).unwrap();
    assert_eq!(read(&mut cache, |v| v.device()), None);
}

#[cfg(unix)]
#[test]
fn a_file_that_was_deleted_or_moved_takes_no_more_writes() {
    let dir = tempfile::tempdir().unwrap();
    for remove in [true, false] {
        let mut cache = Cache::open(dir.path()).unwrap();
        write(&mut cache, |c| c.set_setting("a", b"1"));
        let file = dir.path().join("keymoor.db");
        if remove {
            for end in ["", "-wal", "-shm"] {
                fs::remove_file(dir.path().join(format!("keymoor.db{end}"))).unwrap();
            }
        } else {
            fs::rename(&file, dir.path().join("elsewhere")).unwrap();
        }
        let written: Result<(), Error> = cache.write(|c| c.set_setting("a", b"2"));
        assert_eq!(written, Err(Error::Replaced));
        assert_eq!(cache.read(|v| v.setting("a")), Err(Error::Replaced));
        assert_eq!(cache.change_counter(), Err(Error::Replaced), "who polls finds out");
    }
}

#[cfg(unix)]
#[test]
fn modes_are_private_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for umask in ["000", "022", "777"] {
        let top = tempfile::tempdir().unwrap();
        let dir = top.path().join("data");
        // The umask is the process's, so a shell sets it for a child.
        let line = format!(
            "umask {umask}; KEYMOOR_CACHE_TEST_TASK=open KEYMOOR_CACHE_TEST_DIR='{}' exec '{}' --exact processes::child_at_work",
            dir.display(),
            std::env::current_exe().unwrap().display()
        );
        let done = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
        assert!(done.status.success(), "umask {umask}: {}", String::from_utf8_lossy(&done.stdout));
        assert_eq!(mode(&dir), 0o700, "umask {umask}");
        assert_eq!(mode(&dir.join("keymoor.db")), 0o600, "umask {umask}");
        let mut cache = Cache::open(&dir).unwrap();
        assert_eq!(read(&mut cache, |v| v.activity(9)).len(), 1, "umask {umask}: the child wrote");
        for end in ["-wal", "-shm"] {
            assert_eq!(mode(&dir.join(format!("keymoor.db{end}"))), 0o600, "umask {umask}, {end}");
        }
        // Loosened by hand, it is private again when next opened.
        drop(cache);
        fs::set_permissions(dir.join("keymoor.db"), fs::Permissions::from_mode(0o644)).unwrap();
        let _cache = Cache::open(&dir).unwrap();
        assert_eq!(mode(&dir.join("keymoor.db")), 0o600);
        // A directory with other things in it is somebody else's: it keeps its mode.
        let shared = top.path().join("shared");
        fs::create_dir(&shared).unwrap();
        fs::write(shared.join("other"), b"").unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
        Cache::open(&shared).unwrap();
        assert_eq!((mode(&shared), mode(&shared.join("keymoor.db"))), (0o755, 0o600));
    }
}
