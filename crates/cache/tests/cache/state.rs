//! The bucket hashes, transactions and their roll-back, the change counter.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use keymoor_cache::{Cache, Error};
use keymoor_protocol::state::{Buckets, Entry};
use keymoor_protocol::{Change as CommitChange, Digest, Kind, Record, RecordId};

use crate::made::{Dice, deleted, numbered, raw, read, record, signed, tags, write};

fn entry(record: &Record) -> Entry {
    Entry { record: record.id, version: record.version, digest: record.digest(), deleted: record.deleted }
}

#[test]
fn buckets_are_those_of_all_bases_after_anything() {
    for seed in 0..6 {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(dir.path()).unwrap();
        let mut dice = Dice(seed);
        // Few ids in few buckets, so that they are changed, emptied and filled again.
        let ids: Vec<_> = (0..40)
            .map(|n| RecordId([n as u8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, n as u8 % 9]))
            .collect();
        let mut model = BTreeMap::new();
        for round in 0..60 {
            let failing = dice.roll(5) == 0;
            let before = model.clone();
            let done: Result<(), Error> = cache.write(|c| {
                for _ in 0..=dice.roll(12) {
                    let id = ids[dice.roll(40) as usize];
                    let made = record(id, 1 + dice.roll(9), dice.roll(200) as u8);
                    match dice.roll(8) {
                        0 => {
                            c.remove_base(id)?;
                            model.remove(&id);
                        }
                        1 => {
                            c.forget(id)?;
                            model.remove(&id);
                        }
                        2 => c.put_draft(&made, numbered(round), round)?,
                        3 => c.drop_draft(id)?,
                        4 => {
                            // Read in mid write: what was written so far counts.
                            let whole = Buckets::of(model.values().copied());
                            assert!(c.buckets()? == whole, "seed {seed}, round {round}");
                        }
                        5 => {
                            let made = deleted(made);
                            c.put_base(&made, round, numbered(round))?;
                            model.insert(id, entry(&made));
                        }
                        _ => {
                            c.put_base(&made, round, numbered(round))?;
                            model.insert(id, entry(&made));
                        }
                    }
                }
                if failing { Err(Error::Busy) } else { Ok(()) }
            });
            assert_eq!(done.is_err(), failing);
            if failing {
                model = before;
            }
            let whole = Buckets::of(model.values().copied());
            assert!(read(&mut cache, |v| v.buckets()) == whole, "seed {seed}, round {round}");
            assert_eq!(read(&mut cache, |v| v.state()), whole.state());
        }
        assert_eq!(cache.integrity().unwrap(), Vec::<String>::new());
        let entries: Vec<_> = (0..=255).flat_map(|bucket| read(&mut cache, |v| v.entries(bucket))).collect();
        assert_eq!(entries.len(), model.len());
    }
}

#[test]
fn the_state_that_a_commit_states_is_the_state_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(dir.path()).unwrap();
    let ids: Vec<_> = (0..30).map(|n| RecordId([n; 16])).collect();
    let mut twin = ids[3];
    twin.0[0] = 200;
    write(&mut cache, |c| ids[..20].iter().try_for_each(|id| c.put_base(&record(*id, 1, 1), 1, tags(1, 1))));
    let change = |record: &Record, kind| CommitChange {
        record: record.id,
        version: record.version,
        digest: if kind == Kind::Forgotten { Digest([0; 32]) } else { record.digest() },
        kind,
    };
    let (edited, added, trashed) = (record(ids[3], 2, 2), record(twin, 1, 1), deleted(record(ids[7], 2, 2)));
    let forgotten = record(ids[9], 2, 2);
    let changes = [
        change(&edited, Kind::Live),
        change(&trashed, Kind::Deleted),
        change(&forgotten, Kind::Forgotten),
        change(&added, Kind::Live),
    ];
    let before = read(&mut cache, |v| v.state());
    let stated = read(&mut cache, |v| v.state_after(&changes));
    assert_eq!(read(&mut cache, |v| v.state()), before);
    write(&mut cache, |c| {
        for record in [&edited, &added, &trashed] {
            c.put_base(record, 2, tags(1, 1))?;
        }
        c.forget(forgotten.id)
    });
    assert_eq!(read(&mut cache, |v| v.state()), stated);
    assert_ne!(stated, before);
}

#[test]
fn nothing_stays_of_a_write_that_fails_or_panics() {
    let dir = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(dir.path()).unwrap();
    let id = RecordId::generate();
    write(&mut cache, |c| c.put_base(&record(id, 1, 1), 1, tags(1, 1)));
    let dump = || -> Vec<(String, i64, i64)> {
        let connection = raw(dir.path());
        let mut statement =
            connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1").unwrap();
        let names: Vec<String> =
            statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let sums = |name: String| {
            let sql = format!("SELECT count(*), coalesce(sum(length(cast(rowid AS TEXT))), 0) FROM {name}");
            let plain = format!("SELECT count(*), 0 FROM {name}");
            let row = |sql: &str| connection.query_row(sql, (), |row| Ok((row.get(0)?, row.get(1)?)));
            let (count, sum) = row(&sql).or_else(|_| row(&plain)).unwrap();
            (name, count, sum)
        };
        names.into_iter().map(sums).collect()
    };
    let (before, counter) = (dump(), cache.change_counter().unwrap());
    let state = read(&mut cache, |v| v.state());
    let everything = |c: &mut keymoor_cache::Change<'_>| -> Result<(), Error> {
        c.set_device(&crate::made::device())?;
        c.put_draft(&record(id, 2, 2), tags(1, 1), 3)?;
        c.put_base(&record(RecordId::generate(), 1, 1), 2, tags(1, 1))?;
        c.append_chain(1, &signed(1))?;
        c.state().map(drop)
    };
    let failed: Result<(), Error> = cache.write(|c| everything(c).and(Err(Error::Full)));
    assert_eq!(failed, Err(Error::Full));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        cache.write(|c| -> Result<(), Error> {
            everything(c)?;
            panic!("in the middle of a write")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!((dump(), cache.change_counter().unwrap()), (before.clone(), counter));
    assert_eq!(read(&mut cache, |v| v.state()), state);
    // And the connection works on.
    write(&mut cache, everything);
    assert_ne!(dump(), before);
    assert_eq!(cache.integrity().unwrap(), Vec::<String>::new());
}

#[test]
fn a_read_sees_one_moment() {
    let dir = tempfile::tempdir().unwrap();
    let (mut reader, mut writer) = (Cache::open(dir.path()).unwrap(), Cache::open(dir.path()).unwrap());
    let id = RecordId::generate();
    write(&mut writer, |c| c.put_draft(&record(id, 1, 1), tags(1, 1), 1));
    read(&mut reader, |v| {
        let first = v.current(id)?;
        write(&mut writer, |c| c.put_draft(&record(id, 2, 2), tags(1, 1), 2));
        assert_eq!(v.current(id)?, first, "what was written meanwhile is not seen");
        assert_eq!(v.history(id)?, []);
        Ok(())
    });
    assert_eq!(read(&mut reader, |v| v.current(id)).unwrap().record().version, 2, "and afterwards it is");
}

#[test]
fn the_counter_grows_with_every_change_and_with_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (Cache::open(dir.path()).unwrap(), Cache::open(dir.path()).unwrap());
    let at = one.change_counter().unwrap();
    write(&mut two, |c| c.set_setting("a", b"1"));
    assert_eq!(one.change_counter().unwrap(), at + 1);
    write(&mut one, |c| c.set_setting("a", b"2"));
    assert_eq!((one.change_counter().unwrap(), two.change_counter().unwrap()), (at + 2, at + 2));
    write(&mut one, |c| c.remove_setting("b"));
    write(&mut one, |c| c.state().map(drop));
    read(&mut one, |v| v.device().map(drop));
    assert_eq!(two.change_counter().unwrap(), at + 2);
    drop((one, two));
    assert_eq!(Cache::open(dir.path()).unwrap().change_counter().unwrap(), at + 2);
}
