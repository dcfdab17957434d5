//! Lies in a snapshot, and in the chain that proves it.

use std::sync::atomic::{AtomicBool, Ordering};

use keymoor_journeys::{Asked, Member, PASSWORD};
use keymoor_sealing::Profile;

use super::*;

type Lie = Box<dyn Fn(Answer) -> Answer + Send + Sync>;

/// Sends each sync to the snapshot, and lies in the answers to `call`.
fn by_snapshot(liar: &Liar, call: Call, lie: Lie) {
    let staged = AtomicBool::new(false);
    liar.tells(move |asked: &Asked, pass| {
        match asked.call {
            // The pull that follows the pages goes through, the first one of a sync does not.
            Call::Pull if !staged.swap(false, Ordering::Relaxed) => {
                return Answer::error(410, "SNAPSHOT_REQUIRED");
            }
            Call::Snapshot => staged.store(true, Ordering::Relaxed),
            _ => {}
        }
        let answer = pass(asked);
        if asked.call == call { lie(answer) } else { answer }
    });
}

fn snapshot(change: fn(&mut Snapshot)) -> (Call, Lie) {
    (Call::Snapshot, Box::new(move |answer| answer.change(change)))
}

fn chain(change: fn(&mut Chain)) -> (Call, Lie) {
    (Call::Chain, Box::new(move |answer| answer.change(change)))
}

#[test]
fn no_snapshot_is_believed_that_the_chain_does_not_prove() {
    let mut stage = Stage::new();
    let lies: [(&str, &str, (Call, Lie)); 12] = [
        ("a record is left out", "state_wrong", snapshot(|page| drop(page.records.remove(1)))),
        ("all records are left out", "state_wrong", snapshot(|page| page.records.clear())),
        (
            "a bit of an envelope is flipped",
            "state_wrong",
            snapshot(|page| page.records[0].record.secret = flipped(&page.records[0].record.secret)),
        ),
        (
            "two records have each other's envelopes",
            "state_wrong",
            snapshot(|page| {
                let (one, two) = (page.records[0].record.clone(), page.records[1].record.clone());
                (page.records[0].record.meta, page.records[0].record.secret) = (two.meta, two.secret);
                (page.records[1].record.meta, page.records[1].record.secret) = (one.meta, one.secret);
            }),
        ),
        (
            "a record is said to be deleted",
            "state_wrong",
            snapshot(|page| page.records[0].record.deleted = true),
        ),
        (
            "there is always one more page, and it is the last one",
            "state_wrong",
            snapshot(|page| page.next = Some(RecordId([0xFF; 16]))),
        ),
        ("the head is another", "chain_broken", snapshot(|page| page.head.head = Head([3; 32]))),
        ("the chain lacks its beginning", "chain_broken", chain(|page| drop(page.commits.remove(0)))),
        ("the chain lacks its end", "chain_broken", chain(|page| drop(page.commits.pop()))),
        ("the chain is empty", "chain_broken", chain(|page| page.commits.clear())),
        (
            "the chain repeats itself",
            "chain_broken",
            chain(|page| {
                let first: SignedCommit = page.commits[0].clone();
                page.commits.insert(1, first);
            }),
        ),
        (
            "a bit of the chain is flipped",
            "chain_broken",
            chain(|page| flip(&mut page.commits.last_mut().unwrap().bytes, 40)),
        ),
    ];
    let count = lies.len();
    for (number, (case, code, (call, lie))) in lies.into_iter().enumerate() {
        stage.b_saves(&format!("new {number}"));
        by_snapshot(&stage.liar, call, lie);
        stage.alarms(case, code, 1);
        stage.heals(case);
        assert!(!codes(&stage.a).contains(&"put_back".to_owned()), "{case}: the server lost nothing");
    }
    eprintln!("{count} lies in snapshots and chains");
}

/// The page is empty each time, and a new one is always promised.
#[test]
fn pages_of_nothing_end() {
    let mut stage = Stage::new();
    stage.b_saves("new");
    let (made, counter) = (AtomicBool::new(false), std::sync::atomic::AtomicU64::new(0));
    let endless = move |answer: Answer| {
        made.store(true, Ordering::Relaxed);
        let next = counter.fetch_add(1, Ordering::Relaxed) + 1;
        answer.change::<Snapshot>(|page| {
            let mut id = [0; 16];
            id[8..].copy_from_slice(&next.to_be_bytes());
            page.records.clear();
            page.next = Some(RecordId(id));
        })
    };
    by_snapshot(&stage.liar, Call::Snapshot, Box::new(endless));
    stage.alarms("pages of nothing", "state_wrong", 1);
    stage.heals("pages of nothing");
}

/// After the pages the same commits come again and again.
#[test]
fn what_follows_the_pages_has_to_follow() {
    let mut stage = Stage::new();
    stage.b_saves("new");
    let all = Member::log_in(&stage.liar.url(), &stage.world.join_kit(), PASSWORD, Profile::NEWEST);
    let page = all.line.pull(all.document.vault, Cursor::START).unwrap();
    let again = Answer::made_up(200, &Page { more: true, ..page });
    let staged = AtomicBool::new(false);
    stage.liar.tells(move |asked, pass| match asked.call {
        Call::Pull if staged.load(Ordering::Relaxed) => again.clone(),
        Call::Pull => Answer::error(410, "SNAPSHOT_REQUIRED"),
        Call::Snapshot => {
            staged.store(true, Ordering::Relaxed);
            pass(asked)
        }
        _ => pass(asked),
    });
    stage.alarms("the same commits for ever", "chain_broken", 1);
    stage.heals("the same commits for ever");
}

#[test]
fn an_older_version_of_a_record_and_a_wrong_number_change_nothing() {
    let mut stage = Stage::new();
    stage.b_saves("edited later");
    let member = Member::log_in(&stage.liar.url(), &stage.world.join_kit(), PASSWORD, Profile::NEWEST);
    let all = member.line.snapshot(member.document.vault, None).unwrap().records;
    let old = all.into_iter().max_by_key(|placed| placed.seq).unwrap();
    stage.b_edits();
    by_snapshot(
        &stage.liar,
        Call::Snapshot,
        Box::new(move |answer| {
            answer.change::<Snapshot>(|page| {
                page.records.iter_mut().filter(|placed| placed.record.id == old.record.id).for_each(
                    |placed| {
                        *placed = old.clone();
                    },
                );
            })
        }),
    );
    stage.alarms("an older version of a record", "state_wrong", 1);
    stage.heals("an older version of a record");

    // Which commit wrote a record is taken from the chain: what the server says of it does not matter at all.
    stage.b_saves("another");
    for seq in [0, 1, u64::MAX >> 1] {
        let wrong = move |answer: Answer| {
            answer.change::<Snapshot>(|page| page.records.iter_mut().for_each(|placed| placed.seq = seq))
        };
        by_snapshot(&stage.liar, Call::Snapshot, Box::new(wrong));
        stage.a.sync();
        stage.has_all_but(&stage.a, 0);
        stage.heals("wrong numbers");
    }
    assert!(codes(&stage.a).is_empty());
}

/// 410, and then nothing: no record, no commit. That is what a server looks like that wants everything deleted, and also one
/// that lost everything: it is filled again when somebody says so.
#[test]
fn a_server_that_has_nothing_any_more_deletes_nothing() {
    let mut stage = Stage::new();
    stage.a.sync();
    stage.b_saves("new");
    stage.liar.tells(|asked, pass| match asked.call {
        Call::Pull if !asked.path.contains("after=0&") => Answer::error(410, "SNAPSHOT_REQUIRED"),
        Call::Pull => pass(asked).change::<Page>(nothing),
        Call::Snapshot => pass(asked).change::<Snapshot>(|page| {
            (page.head, page.records, page.next) = (Cursor::START, Vec::new(), None);
        }),
        Call::Chain => pass(asked).change::<Chain>(|page| page.commits.clear()),
        _ => pass(asked),
    });
    stage.alarms("an empty server", "rolled_back", 1);
    assert_eq!(stage.a.list().len(), 4);
    stage.heals("an empty server");
    assert!(!codes(&stage.a).contains(&"put_back".to_owned()), "nothing was lost there");
}

fn nothing(page: &mut Page) {
    (page.commits, page.head, page.more) = (Vec::new(), Cursor::START, false);
}

/// A cache that was rebuilt asks for a snapshot by itself, and knows no commit but the one that the keychain remembers.
#[test]
fn a_rebuilt_cache_is_not_told_that_everything_was_deleted() {
    let stage = Stage::new();
    stage.a.sync();
    stage.a.delete_cache();
    stage.liar.tells(|asked, pass| match asked.call {
        Call::Snapshot => {
            pass(asked).change::<Snapshot>(|page| (page.head, page.records) = (Cursor::START, Vec::new()))
        }
        Call::Pull => pass(asked).change::<Page>(nothing),
        _ => pass(asked),
    });
    stage.alarms("a rebuilt cache", "rolled_back", 0);
    stage.heals("a rebuilt cache");
}
