//! Device, log, staging, mirror, quarantine, alarms, activity, settings.

use keymoor_cache::{Alarm, Cache, Error, Quarantined};
use keymoor_protocol::api::{Placed, Push};
use keymoor_protocol::state::{Buckets, Entry};
use keymoor_protocol::{Cursor, Head, Record, RecordId};

use crate::made::{deleted, device, head, read, record, signed, sized, tags, write};

fn open() -> (tempfile::TempDir, Cache) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path()).unwrap();
    (dir, cache)
}

#[test]
fn the_device_and_its_documents_come_back() {
    let (dir, mut cache) = open();
    assert_eq!(read(&mut cache, |v| v.device()), None);
    let early: Result<(), Error> = cache.write(|c| c.set_cursor(Cursor::START));
    assert!(matches!(early, Err(Error::Other(_))), "a cursor needs its device");

    let mut device = device();
    write(&mut cache, |c| c.set_device(&device));
    device.cursor = Cursor { seq: 8, head: head(8) };
    write(&mut cache, |c| c.set_cursor(device.cursor));
    assert_eq!(read(&mut cache, |v| v.device()), Some(device.clone()));
    (device.server, device.pin, device.last_sync, device.rebuilt) = (None, None, None, false);
    write(&mut cache, |c| c.set_device(&device));

    assert_eq!(read(&mut cache, |v| v.keys_document()), None);
    write(&mut cache, |c| c.set_keys_document(&[1; 900]));
    write(&mut cache, |c| c.set_keys_document(&[2; 700]));
    write(&mut cache, |c| {
        c.set_setting("session", b"one")?;
        c.set_setting("session", b"two")?;
        c.set_setting("other", b"")?;
        c.remove_setting("other")
    });
    drop(cache);
    let mut cache = Cache::open(dir.path()).unwrap();
    assert_eq!(read(&mut cache, |v| v.device()), Some(device));
    assert_eq!(read(&mut cache, |v| v.keys_document()), Some(vec![2; 700]));
    assert_eq!(read(&mut cache, |v| v.setting("session")), Some(b"two".to_vec()));
    assert_eq!(read(&mut cache, |v| v.setting("other")), None);
}

#[test]
fn a_frozen_commit_comes_back_byte_for_byte() {
    let (_dir, mut cache) = open();
    assert_eq!(read(&mut cache, |v| v.frozen()), None);
    let records = (1..=200).map(|n| sized(RecordId([n; 16]), 1, n, 4096)).collect();
    let push = Push { signed: signed(1), records };
    write(&mut cache, |c| c.freeze(&push));
    assert_eq!(read(&mut cache, |v| v.frozen()), Some(push));
    let next = Push { signed: signed(2), records: vec![] };
    write(&mut cache, |c| c.freeze(&next));
    assert_eq!(read(&mut cache, |v| v.frozen()), Some(next));
    write(&mut cache, |c| c.thaw());
    assert_eq!(read(&mut cache, |v| v.frozen()), None);
}

#[test]
fn the_chain_knows_commits_and_bare_heads() {
    let (_dir, mut cache) = open();
    let cursor = |seq| Cursor { seq, head: signed(seq).head() };
    assert_eq!(read(&mut cache, |v| v.known(0)), Some(Head::EMPTY));
    assert_eq!(read(&mut cache, |v| Ok((v.chain_first()?, v.chain_last()?))), (None, None));
    write(&mut cache, |c| {
        c.know_head(Cursor { seq: 4, head: head(4) })?;
        (5..=9).try_for_each(|seq| c.append_chain(seq, &signed(seq)))
    });
    assert_eq!(read(&mut cache, |v| Ok((v.known(4)?, v.chain_at(4)?))), (Some(head(4)), None));
    assert_eq!(
        read(&mut cache, |v| Ok((v.known(5)?, v.chain_at(5)?))),
        (Some(cursor(5).head), Some(signed(5)))
    );
    assert_eq!(read(&mut cache, |v| Ok((v.known(3)?, v.known(10)?))), (None, None));
    assert_eq!(read(&mut cache, |v| v.chain_range(0, 2)), [(5, signed(5)), (6, signed(6))]);
    assert_eq!(read(&mut cache, |v| v.known_range(8, 9)), [cursor(8), cursor(9)]);
    assert_eq!(read(&mut cache, |v| v.chain_first()), Some(Cursor { seq: 4, head: head(4) }));
    assert_eq!(read(&mut cache, |v| v.chain_last()), Some(cursor(9)));

    // The commit of a head that is known; a head that is known of a commit.
    write(&mut cache, |c| c.append_chain(4, &signed(4)));
    assert_eq!(read(&mut cache, |v| v.chain_at(4)), Some(signed(4)));
    write(&mut cache, |c| c.know_head(cursor(4)));
    assert_eq!(read(&mut cache, |v| v.chain_at(4)), Some(signed(4)), "the commit stays");
    write(&mut cache, |c| c.know_head(Cursor { seq: 4, head: head(1) }));
    assert_eq!(read(&mut cache, |v| v.chain_at(4)), None, "another head has another commit");

    write(&mut cache, |c| c.truncate_chain_above(6));
    assert_eq!(read(&mut cache, |v| v.chain_last()), Some(cursor(6)));
}

#[test]
fn a_snapshot_is_staged_across_processes() {
    let (dir, mut cache) = open();
    assert_eq!(read(&mut cache, |v| v.staged_cursor()), None);
    let placed = |n: u8| Placed { seq: n.into(), record: record(RecordId([n; 16]), 1, n) };
    write(&mut cache, |c| {
        c.stage(&[placed(2), placed(1), placed(3)])?;
        c.set_staged_cursor(Cursor { seq: 9, head: head(9) }, Some(RecordId([3; 16])))
    });
    drop(cache);
    let mut cache = Cache::open(dir.path()).unwrap();
    let at = (Cursor { seq: 9, head: head(9) }, Some(RecordId([3; 16])));
    assert_eq!(read(&mut cache, |v| v.staged_cursor()), Some(at));
    let newer = Placed { seq: 10, record: deleted(record(RecordId([2; 16]), 2, 7)) };
    write(&mut cache, |c| {
        c.stage(std::slice::from_ref(&newer))?;
        c.unstage(RecordId([1; 16]))?;
        c.set_staged_cursor(Cursor { seq: 10, head: head(10) }, None)
    });
    let mut staged = vec![];
    read(&mut cache, |v| v.for_each_staged(|placed| Ok::<_, Error>(staged.push(placed))));
    assert_eq!(staged, [newer.clone(), placed(3)]);
    assert_eq!(
        read(&mut cache, |v| Ok((v.staged(newer.record.id)?, v.staged(RecordId([1; 16]))?))),
        (Some(newer), None)
    );
    let entry = |record: &Record| Entry {
        record: record.id,
        version: record.version,
        digest: record.digest(),
        deleted: record.deleted,
    };
    let whole = Buckets::of(staged.iter().map(|placed| entry(&placed.record))).state();
    assert_eq!(read(&mut cache, |v| v.staged_state()), whole);
    assert_eq!(read(&mut cache, |v| v.state()), Buckets::default().state(), "the base set is untouched");
    write(&mut cache, |c| c.clear_staged());
    assert_eq!(read(&mut cache, |v| v.staged_cursor()), None);
    assert_eq!(read(&mut cache, |v| v.staged_state()), Buckets::default().state());
}

#[test]
fn a_mark_is_cleared_only_by_the_copy_of_what_stands() {
    let (_dir, mut cache) = open();
    let id = RecordId::generate();
    let draft = record(id, 1, 1);
    write(&mut cache, |c| c.put_draft(&draft, tags(1, 1), 5));
    assert_eq!(read(&mut cache, |v| v.unmirrored(9)), [id]);
    let seen = read(&mut cache, |v| v.current(id));
    // Acknowledged while the copy was on its way: the same bytes, and yet another copy.
    write(&mut cache, |c| {
        c.put_base(&draft, 1, tags(1, 1))?;
        c.drop_draft(id)
    });
    assert!(!write(&mut cache, |c| c.mirrored(id, seen.as_ref())));
    assert!(!write(&mut cache, |c| c.mirrored(id, None)));
    assert_eq!(read(&mut cache, |v| v.unmirrored_count()), 1);
    let seen = read(&mut cache, |v| v.current(id));
    assert!(write(&mut cache, |c| c.mirrored(id, seen.as_ref())));
    assert_eq!(read(&mut cache, |v| v.unmirrored_count()), 0);
    // Each change marks again.
    let marks: [&dyn Fn(&mut keymoor_cache::Change<'_>) -> Result<(), Error>; 5] = [
        &|c| c.put_draft(&record(id, 2, 1), tags(1, 1), 6),
        &|c| c.drop_draft(id),
        &|c| c.put_base(&record(id, 3, 1), 2, tags(1, 1)),
        &|c| c.mark_unmirrored(id),
        &|c| c.remove_base(id),
    ];
    for mark in marks {
        write(&mut cache, mark);
        assert_eq!(read(&mut cache, |v| v.unmirrored(9)), [id]);
        let seen = read(&mut cache, |v| v.current(id));
        assert!(write(&mut cache, |c| c.mirrored(id, seen.as_ref())));
    }
    write(&mut cache, |c| (0..30).try_for_each(|_| c.mark_unmirrored(RecordId::generate())));
    assert_eq!(read(&mut cache, |v| Ok((v.unmirrored(7)?.len(), v.unmirrored_count()?))), (7, 30));
}

#[test]
fn slots_come_back() {
    let (_dir, mut cache) = open();
    assert_eq!(read(&mut cache, |v| v.slot("device")), None);
    write(&mut cache, |c| c.set_slot("device", (1, 1)));
    let greatest = (i64::MAX.cast_unsigned(), u16::MAX);
    write(&mut cache, |c| c.set_slot("device", greatest));
    assert_eq!(read(&mut cache, |v| v.slot("device")), Some(greatest));
    write(&mut cache, |c| c.set_slot("device", (2, 1)));
    assert_eq!(read(&mut cache, |v| v.slot("device")), Some(greatest), "the greater generation stays");
    write(&mut cache, |c| c.clear_slot("device"));
    assert_eq!(read(&mut cache, |v| v.slot("device")), None);
}

#[test]
fn the_quarantine_keeps_every_copy_once() {
    let (_dir, mut cache) = open();
    let copy = |id: u8, home: &str, bytes: &[u8]| Quarantined {
        id: RecordId([id; 16]),
        home: home.into(),
        reason: "seal".into(),
        at: 5,
        record_bytes: bytes.into(),
    };
    let copies = [
        copy(1, "cache", b"torn"),
        copy(1, "keychain", b"torn"),
        copy(1, "cache", b"worn"),
        copy(2, "cache", b""),
    ];
    write(&mut cache, |c| copies.iter().chain(&copies).try_for_each(|copy| c.quarantine(copy)));
    assert_eq!(read(&mut cache, |v| v.quarantined()), copies);
    assert!(read(&mut cache, |v| v.is_quarantined(RecordId([1; 16]))));
    write(&mut cache, |c| c.release_quarantine(RecordId([1; 16])));
    assert_eq!(read(&mut cache, |v| v.quarantined()), copies[3..]);
    assert!(!read(&mut cache, |v| v.is_quarantined(RecordId([1; 16]))));
}

#[test]
fn alarms_and_activity_come_back() {
    let (_dir, mut cache) = open();
    let alarm = |code: &str, at, details: &[u8]| Alarm { code: code.into(), at, details: details.into() };
    write(&mut cache, |c| c.raise_alarm(&alarm("diverged", 5, b"a")));
    write(&mut cache, |c| c.raise_alarm(&alarm("behind", 4, b"b")));
    let before = cache.change_counter().unwrap();
    write(&mut cache, |c| c.raise_alarm(&alarm("diverged", 9, b"a")));
    assert_eq!(cache.change_counter().unwrap(), before, "an alarm raised again is no change");
    write(&mut cache, |c| c.raise_alarm(&alarm("diverged", 9, b"c")));
    assert_eq!(read(&mut cache, |v| v.alarms()), [alarm("behind", 4, b"b"), alarm("diverged", 5, b"c")]);
    write(&mut cache, |c| c.clear_alarm("diverged"));
    assert_eq!(read(&mut cache, |v| v.alarms()).len(), 1);

    let entries: Vec<_> = (1..=5).map(|n| record(RecordId([n; 16]), 1, n).meta).collect();
    for entry in &entries {
        write(&mut cache, |c| c.add_activity(7, entry, None));
    }
    let ids = [1, 2, 3, 4, 5];
    let found = read(&mut cache, |v| v.activity(2));
    assert_eq!(found.iter().map(|entry| entry.id).collect::<Vec<_>>(), [ids[4], ids[3]]);
    assert_eq!((found[0].at, found[0].bytes.as_slice()), (7, entries[4].as_bytes()));
}
