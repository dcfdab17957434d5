//! Lies in the pages of a pull.

use super::*;

/// What a page is made into, and the alarm that it raises.
type PageLie = (&'static str, &'static str, fn(&mut Page));

const LIES: [PageLie; 15] = [
    ("a bit of a commit is flipped", "chain_broken", |page| {
        page.commits.iter_mut().for_each(|push| flip(&mut push.signed.bytes, 30));
    }),
    ("a bit of the state hash is flipped", "chain_broken", |page| {
        page.commits.iter_mut().for_each(|push| flip(&mut push.signed.bytes, usize::MAX / 2));
    }),
    ("a bit of a tag is flipped", "chain_broken", |page| {
        page.commits.iter_mut().for_each(|push| flip(&mut push.signed.tag.0, 7));
    }),
    ("a bit of a meta envelope is flipped", "chain_broken", |page| {
        for record in page.commits.iter_mut().flat_map(|push| &mut push.records) {
            record.meta = flipped(&record.meta);
        }
    }),
    ("a bit of a secret envelope is flipped", "chain_broken", |page| {
        for record in page.commits.iter_mut().flat_map(|push| &mut push.records) {
            record.secret = flipped(&record.secret);
        }
    }),
    ("two records have each other's envelopes", "chain_broken", |page| {
        let mut records: Vec<_> = page.commits.iter_mut().flat_map(|push| &mut push.records).collect();
        let ids: Vec<_> = records.iter().map(|record| record.id).collect();
        let swapped: Vec<_> = records.iter().rev().map(|record| (*record).clone()).collect();
        for ((record, other), id) in records.iter_mut().zip(swapped).zip(ids) {
            **record = other;
            record.id = id;
        }
    }),
    ("a record is said to be deleted", "chain_broken", |page| {
        for record in page.commits.iter_mut().flat_map(|push| &mut push.records) {
            record.deleted = true;
        }
    }),
    ("the records are left out", "state_wrong", |page| {
        page.commits.iter_mut().for_each(|push| push.records.clear());
    }),
    ("the first commit is left out", "chain_broken", |page| drop(page.commits.remove(0))),
    ("the newest commit is left out", "chain_broken", |page| drop(page.commits.pop())),
    ("the order is another", "chain_broken", |page| page.commits.reverse()),
    ("every commit comes twice", "chain_broken", |page| {
        page.commits = page.commits.iter().flat_map(|push| [push.clone(), push.clone()]).collect();
    }),
    ("the head is further on", "chain_broken", |page| page.head.seq += 10),
    ("there is always more, and it is nothing", "chain_broken", |page| {
        page.commits.clear();
        page.more = true;
    }),
    ("there is always more, and nobody has it", "chain_broken", |page| {
        (page.more, page.head) = (true, Cursor { seq: u64::MAX >> 1, head: Head([7; 32]) });
    }),
];

#[test]
fn no_page_is_believed_that_the_chain_does_not_prove() {
    let mut stage = Stage::new();
    for (number, (case, code, lie)) in LIES.into_iter().enumerate() {
        stage.b_saves(&format!("one {number}"));
        stage.b_saves(&format!("two {number}"));
        stage.liar.changes::<Page>(Call::Pull, lie);
        stage.alarms(case, code, 2);
        stage.heals(case);
    }
    eprintln!("{} lies in pages", LIES.len());
}

#[test]
fn a_page_that_was_good_once_is_not_taken_again() {
    let mut stage = Stage::new();
    let first: std::sync::Arc<std::sync::Mutex<Option<Answer>>> = std::sync::Arc::default();
    let kept = std::sync::Arc::clone(&first);
    stage.b_saves("replayed");
    stage.liar.tells(move |asked, pass| {
        let answer = pass(asked);
        if asked.call == Call::Pull {
            kept.lock().unwrap().get_or_insert(answer.clone());
        }
        answer
    });
    stage.a.sync();
    stage.b_saves("newer");
    let replay = first.lock().unwrap().take().unwrap();
    stage.liar.tells(move |asked, pass| if asked.call == Call::Pull { replay.clone() } else { pass(asked) });
    stage.alarms("a page is played again", "chain_broken", 1);
    stage.heals("a page is played again");
}

#[test]
fn an_older_version_of_a_record_is_not_taken_for_the_newest() {
    let mut stage = Stage::new();
    stage.b_saves("edited later");
    let line = stage.liar.url();
    let member = keymoor_journeys::Member::log_in(
        &line,
        &stage.world.join_kit(),
        keymoor_journeys::PASSWORD,
        keymoor_sealing::Profile::NEWEST,
    );
    let vault = member.document.vault;
    let all = member.line.snapshot(vault, None).unwrap().records;
    let newest = all.iter().map(|placed| placed.seq).max().unwrap();
    let old = all.into_iter().find(|placed| placed.seq == newest).unwrap().record;
    stage.b_edits();
    stage.liar.changes::<Page>(Call::Pull, move |page| {
        for record in page.commits.iter_mut().flat_map(|push| &mut push.records) {
            *record = old.clone();
        }
    });
    stage.alarms("an older version of a record", "chain_broken", 1);
    stage.heals("an older version of a record");
}

#[test]
fn answers_that_are_none_stop_the_sync_and_nothing_else() {
    let mut stage = Stage::new();
    stage.b_saves("new");
    for (case, answer) in [
        ("no JSON", Answer { status: 200, body: b"<html>welcome</html>".to_vec() }),
        ("nothing", Answer { status: 200, body: Vec::new() }),
        ("not found", Answer::error(404, "NOT_FOUND")),
        ("forbidden", Answer::error(403, "FORBIDDEN")),
        ("its own fault", Answer::error(500, "INTERNAL")),
        ("a code of a later version", Answer::error(418, "TEAPOT")),
    ] {
        stage
            .liar
            .tells(move |asked, pass| if asked.call == Call::Pull { answer.clone() } else { pass(asked) });
        let said: Ran = stage.a.run(&["sync"]).ends(6, &["Everything on this device stays as it is"]);
        assert!(said.took < BOUNDED, "{case}: {said}");
        stage.has_all_but(&stage.a, 1);
    }
    stage.heals("answers that are none");
}

#[test]
fn a_head_that_always_moves_does_not_keep_a_push_going_for_ever() {
    let mut stage = Stage::new();
    stage.liar.tells(|asked, pass| match asked.call {
        Call::Push => Answer::made_up(
            409,
            &serde_json::json!({"error": "", "code": "HEAD_MOVED", "head": Cursor { seq: 99, head: Head([1; 32]) }}),
        ),
        _ => pass(asked),
    });
    let (name, secret) = stage.next("waits");
    stage.a.add("openai", &name, secret).done();
    let said = stage.a.run(&["sync"]).ends(6, &["The server refused."]);
    assert!(said.took < BOUNDED, "{said}");
    assert_eq!(stage.a.status()["waiting"], 1);
    stage.has_all_but(&stage.a, 0);
    stage.heals("a head that always moves");
}
