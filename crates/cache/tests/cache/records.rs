//! Drafts, bases, names, history.

use keymoor_cache::{Base, Cache, CurrentRow, Draft, Error, KEEP_COUNT, KEEP_MS, MetaRow};
use keymoor_protocol::RecordId;

use crate::made::{deleted, raw, read, record, sized, tags, write};

fn open() -> (tempfile::TempDir, Cache) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path()).unwrap();
    (dir, cache)
}

#[test]
fn a_draft_lies_over_its_base_and_leaves_when_dropped() {
    let (_dir, mut cache) = open();
    let id = RecordId::generate();
    let (base, draft) = (record(id, 1, 1), sized(id, 2, 2, 40_960));
    write(&mut cache, |c| c.put_base(&base, 4, tags(1, 1)));
    write(&mut cache, |c| c.put_draft(&draft, tags(2, 2), 77));

    let current = read(&mut cache, |v| v.current(id)).unwrap();
    assert_eq!(current.base, Some(Base { record: base.clone(), seq: 4 }));
    assert_eq!(current.draft, Some(Draft { record: draft.clone(), saved_at: 77 }));
    assert_eq!(current.record(), &draft);
    assert_eq!(read(&mut cache, |v| v.draft_ids()), [id]);
    assert_eq!(read(&mut cache, |v| v.draft_count()), 1);
    assert_eq!(read(&mut cache, |v| v.draft(id)), current.draft);

    write(&mut cache, |c| c.drop_draft(id));
    let current = read(&mut cache, |v| v.current(id)).unwrap();
    assert_eq!((current.record(), current.draft.is_none()), (&base, true));
    assert_eq!(read(&mut cache, |v| v.current(RecordId::generate())), None);
    assert_eq!(read(&mut cache, |v| v.base(id)).unwrap().seq, 4);
}

#[test]
fn names_are_those_of_the_record_as_it_stands() {
    let (_dir, mut cache) = open();
    let ids = [RecordId::generate(), RecordId::generate(), RecordId::generate()];
    let by = |cache: &mut Cache, byte| {
        let tag = tags(byte, byte);
        (read(cache, |v| v.by_name(tag.name)), read(cache, |v| v.by_full_name(tag.full)))
    };
    write(&mut cache, |c| {
        c.put_base(&record(ids[0], 1, 1), 1, tags(1, 1))?;
        c.put_base(&record(ids[1], 1, 1), 1, tags(1, 2))?;
        c.put_draft(&record(ids[2], 1, 1), tags(1, 1), 1)
    });
    assert_eq!(
        by(&mut cache, 1),
        (ids.to_vec(), vec![ids[0], ids[2]]),
        "sorted, and a name may be there twice"
    );
    assert_eq!(by(&mut cache, 2), (vec![], vec![ids[1]]));

    // A renaming draft hides the base's name.
    write(&mut cache, |c| c.put_draft(&record(ids[0], 2, 1), tags(3, 3), 2));
    assert_eq!(by(&mut cache, 1), (vec![ids[1], ids[2]], vec![ids[2]]));
    assert_eq!(by(&mut cache, 3), (vec![ids[0]], vec![ids[0]]));
    // A base that comes under a draft does not show its name.
    write(&mut cache, |c| c.put_base(&record(ids[0], 2, 9), 5, tags(4, 4)));
    assert_eq!(by(&mut cache, 4), (vec![], vec![]));
    // Deleted ones have no name; restored ones have.
    write(&mut cache, |c| c.put_draft(&deleted(record(ids[0], 3, 1)), tags(3, 3), 3));
    assert_eq!(by(&mut cache, 3), (vec![], vec![]));
    assert_eq!(by(&mut cache, 4), (vec![], vec![]), "the base stays hidden");
    assert_eq!(read(&mut cache, |v| v.live_count()), 2);
    write(&mut cache, |c| c.put_draft(&record(ids[0], 3, 2), tags(3, 3), 4));
    assert_eq!(by(&mut cache, 3).1, [ids[0]]);
    write(&mut cache, |c| c.drop_draft(ids[0]));
    assert_eq!(by(&mut cache, 4).0, [ids[0]], "without its draft the base has its own name");
    write(&mut cache, |c| c.put_base(&deleted(record(ids[0], 4, 1)), 6, tags(4, 4)));
    assert_eq!(by(&mut cache, 4), (vec![], vec![]));
    assert_eq!(read(&mut cache, |v| v.live_count()), 2);
}

#[test]
fn walks_show_every_record_once_sorted_by_id() {
    let (_dir, mut cache) = open();
    let mut ids: Vec<_> = (0..60).map(|_| RecordId::generate()).collect();
    write(&mut cache, |c| {
        for (n, id) in ids.iter().enumerate().rev() {
            if n % 3 != 0 {
                c.put_base(&record(*id, 1, 1), n as u64, tags(1, 1))?;
            }
            if n % 2 == 0 {
                let draft = record(*id, 2, 2);
                c.put_draft(&if n % 4 == 0 { deleted(draft) } else { draft }, tags(1, 1), 500)?;
            }
        }
        Ok(())
    });
    // Without a base (every third) and without a draft (every odd one) there is no record.
    let stands = |n: &usize| n % 3 != 0 || n % 2 == 0;
    ids = (0..60).filter(stands).map(|n| ids[n]).collect();
    let numbers: Vec<usize> = (0..60).filter(stands).collect();

    let (mut rows, mut metas, mut bases) = (vec![], vec![], vec![]);
    let nothing_unreadable = read(&mut cache, |v| {
        let mut unreadable = v.for_each_current(|row: CurrentRow| Ok::<_, Error>(rows.push(row)))?;
        unreadable.extend(v.for_each_meta(|row: MetaRow| Ok::<_, Error>(metas.push(row)))?);
        unreadable.extend(v.for_each_base(|base| Ok::<_, Error>(bases.push(base)))?);
        Ok(unreadable)
    });
    assert_eq!(nothing_unreadable, []);
    assert_eq!(rows.iter().map(|row| row.record.id).collect::<Vec<_>>(), ids);
    for ((n, row), meta) in numbers.iter().zip(&rows).zip(&metas) {
        let has = (n % 3 != 0, n % 2 == 0);
        assert_eq!((row.has_base, row.has_draft, row.deleted), (has.0, has.1, n % 4 == 0), "{n}");
        assert_eq!((meta.has_base, meta.has_draft, meta.deleted), (has.0, has.1, n % 4 == 0), "{n}");
        assert_eq!(
            (meta.id, &meta.meta, meta.version),
            (row.record.id, &row.record.meta, row.record.version)
        );
        assert_eq!(row.record.version, if has.1 { 2 } else { 1 });
        assert_eq!((row.saved_at == 500, meta.saved_at == 500), (has.1, has.1));
    }
    assert_eq!(bases.len(), 40);
    assert!(bases.iter().all(|base| base.record.version == 1));
    // A visitor's own error ends the walk and comes out.
    let stopped: Result<_, Error> = cache.read(|v| v.for_each_current(|_| Err(Error::Full)));
    assert_eq!(stopped, Err(Error::Full));
}

#[test]
fn history_keeps_each_superseded_content_once() {
    let (_dir, mut cache) = open();
    let id = RecordId::generate();
    let versions: Vec<_> = (1..=5).map(|version| record(id, version, version as u8)).collect();
    let past = |cache: &mut Cache| -> Vec<(u64, Option<u64>, u64)> {
        let history = read(cache, |v| v.history(id));
        history.into_iter().map(|past| (past.record.version, past.seq, past.saved_at)).collect()
    };
    write(&mut cache, |c| c.put_draft(&versions[0], tags(1, 1), 100));
    assert_eq!(past(&mut cache), []);
    // Acknowledged as it was drafted: nothing was superseded, and its time is the draft's.
    write(&mut cache, |c| {
        c.put_base(&versions[0], 1, tags(1, 1))?;
        c.drop_draft(id)
    });
    assert_eq!(past(&mut cache), []);
    write(&mut cache, |c| c.put_draft(&versions[1], tags(1, 1), 200));
    assert_eq!(past(&mut cache), [(1, Some(1), 100)]);
    write(&mut cache, |c| c.put_draft(&versions[2], tags(1, 1), 300));
    assert_eq!(past(&mut cache), [(2, None, 200), (1, Some(1), 100)]);
    // Acknowledged: the base it supersedes is there already.
    write(&mut cache, |c| {
        c.put_base(&versions[2], 2, tags(1, 1))?;
        c.drop_draft(id)
    });
    assert_eq!(past(&mut cache), [(2, None, 200), (1, Some(1), 100)]);
    // Another device's: the base goes into the history, with the time at which it was saved.
    write(&mut cache, |c| c.put_base(&versions[3], 3, tags(1, 1)));
    assert_eq!(past(&mut cache), [(3, Some(2), 300), (2, None, 200), (1, Some(1), 100)]);
    // Written again as it is, to heal it: no history.
    write(&mut cache, |c| c.put_base(&versions[3], 3, tags(1, 1)));
    assert_eq!(past(&mut cache).len(), 3);
    // A draft that is given up: its base is current again and not shown as past.
    write(&mut cache, |c| c.put_draft(&versions[4], tags(1, 1), 500));
    assert_eq!(past(&mut cache).len(), 4);
    write(&mut cache, |c| c.drop_draft(id));
    assert_eq!(past(&mut cache).len(), 3);
    assert_eq!(read(&mut cache, |v| v.history(id))[0].record, versions[2], "byte for byte");
}

#[test]
fn pruning_keeps_twenty_or_ninety_days_whichever_is_more() {
    let (_dir, mut cache) = open();
    let (old, young) = (RecordId::generate(), RecordId::generate());
    let day = 24 * 60 * 60 * 1000;
    let now = 1000 * day;
    write(&mut cache, |c| {
        for version in 1..=40 {
            c.put_draft(&record(old, version, 1), tags(1, 1), now - KEEP_MS - 100 + version)?;
            c.put_draft(&record(young, version, 1), tags(2, 2), now - KEEP_MS + version)?;
        }
        Ok(())
    });
    assert_eq!(write(&mut cache, |c| c.prune_history(now)), 39 - KEEP_COUNT as usize);
    let versions = |cache: &mut Cache, id| -> Vec<u64> {
        read(cache, |v| v.history(id)).iter().map(|past| past.record.version).collect()
    };
    assert_eq!(versions(&mut cache, old), (20..40).rev().collect::<Vec<_>>());
    assert_eq!(versions(&mut cache, young), (1..40).rev().collect::<Vec<_>>());
    assert_eq!(write(&mut cache, |c| c.prune_history(now)), 0);
    assert_eq!(write(&mut cache, |c| c.prune_history(now + day)), 39 - KEEP_COUNT as usize);
}

#[test]
fn forgetting_leaves_nothing_but_an_edit_that_nobody_had_seen() {
    let (dir, mut cache) = open();
    let (gone, back) = (RecordId::generate(), RecordId::generate());
    write(&mut cache, |c| {
        for id in [gone, back] {
            c.put_base(&record(id, 1, 1), 1, tags(1, 1))?;
            c.put_base(&record(id, 2, 1), 2, tags(1, 1))?;
            c.mark_erased(id, 9)?;
        }
        c.put_draft(&deleted(record(gone, 3, 1)), tags(1, 1), 5)?;
        c.put_draft(&record(back, 3, 1), tags(1, 1), 5)
    });
    assert_eq!(read(&mut cache, |v| v.erasures()), [gone, back]);
    write(&mut cache, |c| c.unmark_erased(back));
    assert_eq!(read(&mut cache, |v| v.erasures()), [gone]);
    write(&mut cache, |c| {
        c.mirrored(gone, c.current(gone)?.as_ref())?;
        c.forget(gone)?;
        c.forget(back)
    });
    assert_eq!(read(&mut cache, |v| v.current(gone)), None);
    let left = read(&mut cache, |v| v.current(back)).unwrap();
    assert_eq!((left.base, left.draft.unwrap().record.version), (None, 3));
    assert_eq!(read(&mut cache, |v| v.unmirrored(9)), [gone, back], "the keychain copy is to go");
    assert_eq!(read(&mut cache, |v| v.erasures()), []);
    let rows: i64 = raw(dir.path()).query_row("SELECT count(*) FROM history", (), |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}

#[test]
fn a_removed_base_leaves_its_draft() {
    let (_dir, mut cache) = open();
    let id = RecordId::generate();
    write(&mut cache, |c| {
        c.put_base(&record(id, 1, 1), 1, tags(1, 1))?;
        c.put_draft(&record(id, 2, 1), tags(2, 2), 5)?;
        c.remove_base(id)?;
        c.remove_base(RecordId::generate())
    });
    let current = read(&mut cache, |v| v.current(id)).unwrap();
    assert_eq!((current.base, current.draft.map(|draft| draft.saved_at)), (None, Some(5)));
    assert_eq!(read(&mut cache, |v| v.unmirrored_count()), 1);
}

#[test]
fn what_waits_is_told_apart_from_what_waited_before() {
    let (_dir, mut cache) = open();
    let outgoing = |cache: &mut Cache| read(cache, |view| view.outgoing());
    let mut seen = vec![outgoing(&mut cache)];
    assert!(seen[0].is_empty());
    let first = record(RecordId([1; 16]), 1, 1);
    write(&mut cache, |c| c.put_draft(&first, tags(1, 1), 10));
    seen.push(outgoing(&mut cache));
    write(&mut cache, |c| c.put_draft(&record(first.id, 1, 2), tags(1, 1), 11));
    seen.push(outgoing(&mut cache));
    write(&mut cache, |c| c.put_draft(&record(RecordId([2; 16]), 1, 1), tags(1, 1), 11));
    seen.push(outgoing(&mut cache));
    write(&mut cache, |c| c.mark_erased(RecordId([3; 16]), 12));
    seen.push(outgoing(&mut cache));
    assert!(seen[1..].iter().all(|outgoing| !outgoing.is_empty()));
    for (at, outgoing) in seen.iter().enumerate() {
        assert!(!seen[..at].contains(outgoing), "{at}");
    }
    // What the server sends is no such thing.
    write(&mut cache, |c| c.put_base(&record(RecordId([4; 16]), 1, 1), 1, tags(4, 4)));
    assert_eq!(outgoing(&mut cache), seen[4]);
}
