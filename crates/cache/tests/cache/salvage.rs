//! Reading what is left of a damaged file: much of it, and nothing that never was in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use keymoor_cache::{Cache, Device, Salvage};
use keymoor_protocol::{Record, RecordId};

use crate::made::{Dice, device, numbered, record, signed, sized, write};

refinery::embed_migrations!("../../migrations/cache");

const RECORDS: u64 = 60;

/// What was stored.
struct Made {
    device: Device,
    bases: BTreeMap<RecordId, Record>,
    drafts: BTreeMap<RecordId, Record>,
    history: BTreeSet<Vec<u8>>,
    erased: RecordId,
}

fn make(dir: &Path) -> Made {
    let mut cache = Cache::open(dir).unwrap();
    let device = device();
    let (mut bases, mut drafts, mut history) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    let ids: Vec<_> = (0..RECORDS).map(|_| RecordId::generate()).collect();
    write(&mut cache, |c| {
        c.set_device(&device)?;
        c.set_keys_document(b"the keys document")?;
        for (n, id) in (0u64..).zip(&ids) {
            // Some are larger than a page.
            let base = if n % 7 == 0 { sized(*id, 1, 1, 9000) } else { record(*id, 1, 1) };
            c.put_base(&base, n + 1, numbered(n))?;
            c.append_chain(n + 1, &signed(n + 1))?;
            bases.insert(*id, base);
            if n % 2 == 0 {
                for salt in [2, 3] {
                    let draft = record(*id, 2, salt);
                    c.put_draft(&draft, numbered(n), 5)?;
                    if let Some(past) = drafts.insert(*id, draft) {
                        history.insert(past.encode());
                    }
                }
            }
        }
        history.extend(bases.values().map(Record::encode));
        (1..=9).try_for_each(|n| c.add_activity(n, &record(ids[2], 1, 1).meta, None))?;
        c.mark_erased(ids[1], 7)
    });
    Made { device, bases, drafts, history, erased: ids[1] }
}

impl Made {
    /// Nothing that was not there; returns how many drafts came back.
    fn compare(&self, found: &Salvage, what: &str) -> usize {
        for base in &found.bases {
            assert_eq!(self.bases.get(&base.record.id), Some(&base.record), "{what}");
        }
        for draft in &found.drafts {
            assert_eq!(self.drafts.get(&draft.record.id), Some(&draft.record), "{what}");
        }
        for (past, _) in &found.history {
            assert!(self.history.contains(&past.record.encode()), "{what}");
        }
        found.drafts.len()
    }
}

fn damaged(whole: &[u8], at: usize, length: usize, dir: &Path) -> PathBuf {
    let mut bytes = whole.to_vec();
    let mut dice = Dice(at as u64);
    for byte in &mut bytes[at..(at + length).min(whole.len())] {
        *byte = dice.roll(256) as u8;
    }
    let path = dir.join("damaged");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_whole_file_gives_all_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let made = make(dir.path());
    let path = dir.path().join("keymoor.db");
    let before = fs::read(&path).unwrap();
    let found = Cache::salvage(&path).unwrap();
    assert!(found.whole && found.unread.is_empty());
    assert_eq!((found.bases.len(), made.compare(&found, "whole")), (made.bases.len(), made.drafts.len()));
    assert_eq!(found.device, Some(made.device));
    assert_eq!(found.keys_document.as_deref(), Some(b"the keys document".as_slice()));
    assert_eq!((found.erasures, found.unmirrored.len()), ([made.erased].into(), made.bases.len()));
    assert_eq!((found.chain.len(), found.history.len()), (RECORDS as usize, 60));
    assert_eq!(found.activity.iter().map(|entry| entry.at).collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    assert_eq!(fs::read(&path).unwrap(), before, "it stays as it is");
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["keymoor.db"], "and nothing is left beside it");
}

#[test]
fn a_file_with_holes_gives_what_is_between_them() {
    let dir = tempfile::tempdir().unwrap();
    let made = make(dir.path());
    let whole = fs::read(dir.path().join("keymoor.db")).unwrap();
    let mut dice = Dice(2026);
    let (mut rounds, mut nearly_all) = (0, 0);
    for round in 0..120 {
        let length = [1, 100, 3000, 3000, 9000][round % 5];
        // Every page is the first that is hit at some time.
        let at = match round {
            round if round * 4096 < whole.len() => round * 4096,
            _ => dice.roll(whole.len() as u64) as usize,
        };
        let path = damaged(&whole, at, length, dir.path());
        let found = Cache::salvage(&path).unwrap();
        let drafts = made.compare(&found, &format!("{length} bytes at {at}"));
        let named = found.unread.len() + drafts;
        rounds += 1;
        nearly_all += usize::from(drafts + 6 >= made.drafts.len() || named >= made.drafts.len());
    }
    // A hole in the page from which a table's tree grows costs that table; those are few.
    assert!(nearly_all * 10 >= rounds * 9, "{nearly_all} of {rounds}");
}

#[test]
fn a_file_without_its_beginning_gives_its_records() {
    let dir = tempfile::tempdir().unwrap();
    let made = make(dir.path());
    let whole = fs::read(dir.path().join("keymoor.db")).unwrap();
    for length in [16, 100, 3000, 4096] {
        let found = Cache::salvage(&damaged(&whole, 0, length, dir.path())).unwrap();
        assert_eq!(made.compare(&found, "beginning"), made.drafts.len(), "{length}");
        assert_eq!(found.device.as_ref(), Some(&made.device));
    }
}

/// In a cache that began with the first schema, and had records before it got the next one, later tables lie anywhere.
#[test]
fn a_migrated_file_without_its_beginning_gives_its_records() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keymoor.db");
    let mut first = rusqlite::Connection::open(&path).unwrap();
    migrations::runner().set_target(refinery::Target::Version(1)).run(&mut first).unwrap();
    // Pages that are in use before the second schema comes.
    first.execute("INSERT INTO setting SELECT 'filling', zeroblob(200000)", ()).unwrap();
    drop(first);
    let made = make(dir.path());
    let whole = fs::read(&path).unwrap();
    let found = Cache::salvage(&damaged(&whole, 0, 4096, dir.path())).unwrap();
    assert_eq!(made.compare(&found, "beginning"), made.drafts.len());
    assert_eq!(found.bases.len(), made.bases.len());
    assert_eq!(found.settings["filling"].len(), 200_000);
}

#[test]
fn garbage_gives_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("garbage");
    for bytes in [vec![], b"short".to_vec(), vec![0x5A; 100_000]] {
        fs::write(&path, bytes).unwrap();
        let found = Cache::salvage(&path).unwrap();
        assert!(!found.whole && found.device.is_none() && found.drafts.is_empty() && found.bases.is_empty());
    }
}

#[test]
fn a_note_says_what_was_not_read_yet() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("keymoor.db"), vec![0x5A; 8192]).unwrap();
    assert_eq!(Cache::unread(dir.path()), None);
    let aside = Cache::set_aside(dir.path()).unwrap();
    assert_eq!(Cache::unread(dir.path()), aside);
    Cache::forget_unread(dir.path()).unwrap();
    Cache::forget_unread(dir.path()).unwrap();
    assert_eq!(Cache::unread(dir.path()), None);
    fs::write(dir.path().join("keymoor.db.unread"), "../keymoor.db.damaged-1").unwrap();
    assert_eq!(Cache::unread(dir.path()), None, "a name, not a way");
}
