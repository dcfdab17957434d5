//! What lies outside the log: uses, pruned activity, device records, tombstones.

use std::fs;
use std::io::Write as _;

use keymoor_cache::{ActivityEntry, Cache, Error, KEEP_ENTRIES, KEEP_ENTRIES_MS, Tombstone};
use keymoor_protocol::{DeviceId, Envelope, RecordId};

use crate::made::{deleted, numbered, read, record, write};

fn open() -> (tempfile::TempDir, Cache) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path()).unwrap();
    (dir, cache)
}

fn sealed(n: u8) -> Envelope {
    record(RecordId([n; 16]), 1, n).meta
}

/// Adds a use whose link counts up from the last one's.
fn add(cache: &mut Cache, n: u8) -> Result<bool, Error> {
    cache.add_use(u64::from(n), &sealed(n), |_, last| Ok(last.map_or([1; 32], |last| [last[0] + 1; 32])))
}

fn ats(entries: &[ActivityEntry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.at).collect()
}

/// Takes everything over and returns when it was.
fn take(cache: &mut Cache) -> Vec<u64> {
    let mut taken = Vec::new();
    cache.take_uses(|_, entries| Ok::<_, Error>(taken = ats(entries))).unwrap();
    taken
}

#[test]
fn uses_wait_in_a_file_and_are_taken_over_once() {
    let (dir, mut cache) = open();
    assert_eq!((cache.uses(), take(&mut cache)), (Ok(Vec::new()), Vec::new()));
    let before = cache.change_counter().unwrap();
    for n in 1..=3 {
        assert_eq!(add(&mut cache, n), Ok(false));
    }
    assert_eq!(cache.change_counter().unwrap(), before, "nothing that others look at has changed");
    let waiting = cache.uses().unwrap();
    assert_eq!(ats(&waiting), [1, 2, 3]);
    assert_eq!(waiting[2].bytes, sealed(3).as_bytes());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(dir.path().join("keymoor.db.uses")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Nothing goes when it could not be put down.
    let refused = cache.take_uses(|_, _| Err(Error::Full));
    assert_eq!((refused, cache.uses().unwrap().len()), (Err(Error::Full), 3));
    assert_eq!(take(&mut cache), [1, 2, 3]);
    assert_eq!((cache.uses(), take(&mut cache)), (Ok(Vec::new()), Vec::new()));
    add(&mut cache, 4).unwrap();
    assert_eq!(take(&mut cache), [4]);
    assert!(dir.path().join("keymoor.db.uses").exists());
}

#[test]
fn lines_that_a_crash_left_are_taken_once_and_torn_ones_skipped() {
    let (dir, mut cache) = open();
    let path = dir.path().join("keymoor.db.uses");
    for n in 1..=3 {
        add(&mut cache, n).unwrap();
    }
    let before = fs::read(&path).unwrap();
    assert_eq!(take(&mut cache), [1, 2, 3]);
    // Killed between the transaction and the file; then more came.
    fs::write(&path, &before).unwrap();
    add(&mut cache, 4).unwrap();
    assert_eq!(ats(&cache.uses().unwrap()), [4]);
    assert_eq!(take(&mut cache), [4]);
    // Torn, by bytes that are no text either.
    add(&mut cache, 5).unwrap();
    let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    (&file).write_all(b"6 c29tZXRo\xff\0").unwrap();
    for n in [7, 8] {
        add(&mut cache, n).unwrap();
    }
    let links: Vec<_> = cache.uses().unwrap().iter().map(|entry| entry.link.unwrap()[0]).collect();
    assert_eq!(links, [1, 2, 3], "what was torn stands in no link");
    assert_eq!(take(&mut cache), [5, 7, 8]);
    // What stands far before the end is found, too; what lacks no more than its newline counts.
    add(&mut cache, 9).unwrap();
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(&[b'x'; 10_000]).unwrap();
    add(&mut cache, 10).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.trim_end()).unwrap();
    add(&mut cache, 11).unwrap();
    let links: Vec<_> = cache.uses().unwrap().iter().map(|entry| entry.link.unwrap()[0]).collect();
    assert_eq!((links, take(&mut cache)), (vec![1, 2, 3], vec![9, 10, 11]));
}

#[test]
fn a_long_file_says_so_and_a_directory_that_is_gone_is_an_error() {
    let (dir, mut cache) = open();
    let same = |cache: &mut Cache| cache.add_use(1, &sealed(1), |_, _| Ok::<_, Error>([1; 32]));
    let long = (0..1000).find(|_| same(&mut cache).unwrap());
    assert!((100..1000).contains(&long.unwrap()), "{long:?}");
    dir.close().unwrap();
    assert!(same(&mut cache).is_err());
}

#[test]
fn old_activity_is_found_by_number_and_by_age() {
    let (_dir, mut cache) = open();
    let entry = sealed(1);
    write(&mut cache, |c| (0..20).try_for_each(|_| c.add_activity(1000, &entry, Some(&[9; 32]))));
    let old = |cache: &mut Cache, there: u64, now: u64| {
        read(cache, |v| v.old_activity(there, now)).iter().map(|entry| entry.id).collect::<Vec<_>>()
    };
    assert_eq!(old(&mut cache, KEEP_ENTRIES, 1000), [0; 0]);
    assert_eq!(old(&mut cache, KEEP_ENTRIES + 6, 1000), [1, 2, 3, 4, 5, 6]);
    // As old as is kept, and one millisecond older: a moment's wrong clock takes a few only.
    assert_eq!(old(&mut cache, 20, 1000 + KEEP_ENTRIES_MS), [0; 0]);
    assert_eq!(old(&mut cache, 20, 1001 + KEEP_ENTRIES_MS), [1, 2, 3, 4]);
    assert_eq!(old(&mut cache, KEEP_ENTRIES + 1, 1001 + KEEP_ENTRIES_MS), [1, 2, 3, 4, 5]);
    let kept = read(&mut cache, |v| v.activity(u32::MAX));
    write(&mut cache, |c| c.replace_activity(kept[0].id, &sealed(2)));
    write(&mut cache, |c| c.drop_activity(kept[1].id));
    write(&mut cache, |c| c.link_activity(kept[0].id, &[8; 32]));
    let now = read(&mut cache, |v| v.activity(2));
    assert_eq!((now[0].link, now[1].link), (Some([8; 32]), Some([9; 32])));
    assert_eq!((now[0].bytes.as_slice(), now[1].id), (sealed(2).as_bytes(), kept[2].id));
}

#[test]
fn a_record_of_each_device_comes_back() {
    let (_dir, mut cache) = open();
    let [a, b] = [1, 2].map(|n| DeviceId([n; 16]));
    write(&mut cache, |c| c.put_device_record(b, b"first"));
    write(&mut cache, |c| c.put_device_record(a, b"other").and(c.put_device_record(b, b"second")));
    let all = read(&mut cache, |v| v.device_records());
    assert_eq!(all, [(a, b"other".to_vec()), (b, b"second".to_vec())]);
    write(&mut cache, |c| c.drop_device_record(a));
    let found = read(&mut cache, |v| Ok((v.device_record(a)?, v.device_record(b)?)));
    assert_eq!(found, (None, Some(b"second".to_vec())));
}

#[test]
fn a_tombstone_counts_from_when_its_own_deletion_was_put_down() {
    let (_dir, mut cache) = open();
    let [one, two, live] = [1, 2, 3].map(|n| RecordId([n; 16]));
    let put = |cache: &mut Cache, record| write(cache, |c| c.put_base(&record, 1, numbered(1)));
    let held = |cache: &mut Cache| {
        let held = read(cache, |v| v.tombstones());
        held.into_iter().map(|Tombstone { id, since }| (id, since)).collect::<Vec<_>>()
    };
    put(&mut cache, deleted(record(one, 1, 1)));
    put(&mut cache, record(live, 1, 1));
    assert_eq!(held(&mut cache), [], "not before somebody says when it is");
    assert!(read(&mut cache, |v| v.tombstones_are_behind()));
    write(&mut cache, |c| c.hold_tombstones(100));
    assert!(!read(&mut cache, |v| v.tombstones_are_behind()));
    put(&mut cache, deleted(record(two, 1, 1)));
    write(&mut cache, |c| c.hold_tombstones(200));
    assert_eq!(held(&mut cache), [(one, 100), (two, 200)]);

    // Brought back and deleted once more, unseen by `hold_tombstones`: that is another deletion.
    put(&mut cache, record(one, 2, 2));
    put(&mut cache, deleted(record(one, 3, 3)));
    assert_eq!(held(&mut cache), [(two, 200)]);
    write(&mut cache, |c| c.hold_tombstones(300));
    assert_eq!(held(&mut cache), [(two, 200), (one, 300)]);

    // What the user does with it here comes first.
    write(&mut cache, |c| c.put_draft(&record(one, 4, 4), numbered(1), 5));
    write(&mut cache, |c| c.mark_erased(two, 5));
    assert_eq!(held(&mut cache), []);
    write(&mut cache, |c| c.drop_draft(one).and(c.unmark_erased(two)));
    assert_eq!(held(&mut cache), [(two, 200), (one, 300)]);
    write(&mut cache, |c| c.forget(two));
    assert_eq!(held(&mut cache), [(one, 300)]);
    assert!(read(&mut cache, |v| v.tombstones_are_behind()));
    write(&mut cache, |c| c.hold_tombstones(400));
    assert_eq!(held(&mut cache), [(one, 300)]);
    assert!(!read(&mut cache, |v| v.tombstones_are_behind()));
}
