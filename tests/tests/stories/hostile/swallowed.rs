//! Answers to what a device sends: acknowledged and thrown away, or another account's.

use std::sync::Mutex;

use keymoor_protocol::api::Push;

use super::*;

#[test]
fn what_was_acknowledged_and_thrown_away_is_put_back() {
    let mut stage = Stage::new();
    let told = Mutex::new(None);
    stage.liar.tells(move |asked, pass| {
        let before: Option<Cursor> = *told.lock().unwrap();
        match (asked.call, before) {
            (Call::Push, _) => {
                let acknowledged = head_of(asked);
                *told.lock().unwrap() = Some(acknowledged);
                Answer::made_up(200, &acknowledged)
            }
            (Call::Pull, Some(head)) => {
                Answer::made_up(200, &Page { commits: Vec::new(), head, more: false })
            }
            _ => pass(asked),
        }
    });
    stage.a_saves("swallowed");
    assert_eq!(stage.a.status()["waiting"], 0, "the device was told so");
    stage.liar.is_honest();
    stage.b_saves("meanwhile");
    stage.a.run(&["sync"]).ends(0, &["had lost its newest state"]);
    stage.heals("a swallowed commit");
}

/// One that swallows every commit and is honest about its log is found out by the next pull, and not tried for ever.
#[test]
fn a_server_that_keeps_nothing_is_given_up() {
    let mut stage = Stage::new();
    stage.liar.tells(|asked, pass| match asked.call {
        Call::Push => Answer::made_up(200, &head_of(asked)),
        _ => pass(asked),
    });
    let (name, secret) = stage.next("not kept");
    stage.a.add("openai", &name, secret).done();
    let said = stage.a.run(&["sync"]).ends(6, &["The server refused."]);
    assert!(said.took < BOUNDED, "{said}");
    stage.has_all_but(&stage.a, 0);
    stage.heals("a server that keeps nothing");
}

fn head_of(asked: &keymoor_journeys::Asked) -> Cursor {
    let push: Push = serde_json::from_slice(&asked.body).unwrap();
    Cursor { seq: push.signed.commit().unwrap().seq, head: push.signed.head() }
}

#[test]
fn an_answer_that_names_another_head_acknowledges_nothing() {
    let mut stage = Stage::new();
    for (number, cursor) in
        [Cursor { seq: 2, head: Head([9; 32]) }, Cursor { seq: 77, head: Head([9; 32]) }, Cursor::START]
            .into_iter()
            .enumerate()
    {
        let (name, secret) = stage.next(&format!("sent {number}"));
        stage.a.add("openai", &name, secret).done();
        stage.liar.tells(move |asked, pass| match (asked.call, pass(asked)) {
            (Call::Push, answer) if answer.status == 200 => Answer::made_up(200, &cursor),
            (_, answer) => answer,
        });
        stage.alarms("another head", "chain_broken", 0);
        // Its answer was a lie, but it has the commit: it is known again when the server is honest.
        stage.heals("another head");
    }
}

/// Another account's session, keys document and log, in place of this one's.
#[test]
fn what_belongs_to_another_account_is_not_taken() {
    let mut stage = Stage::new();
    let other = World::new();
    let stranger = other.device_without_keychain("stranger");
    stranger.add("openai", "foreign", "sk-foreign").done();
    other.create_account(&stranger, &stage.server);
    let foreign = keymoor_journeys::Member::log_in(
        &stage.server.url(),
        &other.join_kit(),
        keymoor_journeys::PASSWORD,
        keymoor_sealing::Profile::NEWEST,
    );
    let vault = foreign.document.vault;
    let (keys, page) = (foreign.line.keys(None).unwrap(), foreign.line.pull(vault, Cursor::START).unwrap());
    let (snapshot, chain) =
        (foreign.line.snapshot(vault, None).unwrap(), foreign.line.chain(vault, 1).unwrap());
    stage.b_saves("new");

    let told = page.clone();
    stage.liar.tells(move |asked, pass| match asked.call {
        Call::Pull => Answer::made_up(200, &told),
        _ => pass(asked),
    });
    stage.alarms("another account's page", "chain_broken", 1);
    stage.liar.tells(move |asked, pass| match asked.call {
        Call::Pull if !asked.path.contains("after=1&") => Answer::error(410, "SNAPSHOT_REQUIRED"),
        Call::Pull => Answer::made_up(200, &Page { commits: Vec::new(), head: page.head, more: false }),
        Call::Snapshot => Answer::made_up(200, &snapshot),
        Call::Chain => Answer::made_up(200, &chain),
        _ => pass(asked),
    });
    stage.alarms("another account's snapshot", "chain_broken", 1);
    stage.heals("another account's log");

    // At a join the keys document is another account's.
    let c = stage.world.device_without_keychain("c");
    c.add("openai", "of c", "sk-of-c").done();
    let told = keys.clone();
    stage.liar.tells(move |asked, pass| match asked.call {
        Call::Keys => Answer::made_up(200, &told),
        _ => pass(asked),
    });
    let kit = stage.world.join_kit();
    c.run(&["account", "join", "--kit", kit.to_str().unwrap()]).ends(7, &["foreign list of keys"]);
    assert_eq!(c.get("of c"), b"sk-of-c");
    stage.liar.is_honest();

    // At a login the tokens are another account's: nothing of this account goes there.
    let session = foreign.session;
    stage.server.end_sessions_of(stage.world.account());
    stage.liar.tells(move |asked, pass| match asked.call {
        Call::Login => Answer::made_up(200, &session),
        _ => pass(asked),
    });
    let (name, secret) = stage.next("not for strangers");
    stage.a.add("openai", &name, secret).done();
    stage.a.run(&["sync"]).ends(6, &["Everything on this device stays as it is"]);
    stage.has_all_but(&stage.a, 0);
    stage.server.end_sessions();
    stage.heals("another account's tokens");
}
