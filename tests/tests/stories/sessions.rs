//! Tickets of a session: an answer that was lost is no theft, however often and for however long.

use std::sync::{Arc, Mutex};

use keymoor_journeys::{Answer, Call, Device, Liar, Ran, Server, World, run_fed};
use keymoor_protocol::api::Refresh;
use serde_json::json;

fn world() -> (World, Server, Liar, Device, Device) {
    let world = World::new();
    let server = world.server();
    let liar = Liar::before(&server);
    let (a, b) = (world.device("a"), world.device_without_keychain("b"));
    a.add("openai", "work", "sk-work").done();
    world.create_account_at(&a, &liar.url());
    world.join(&b);
    (world, server, liar, a, b)
}

/// A sync without anybody to ask for a password. (`a` has a keychain: it needs none to be opened.)
fn alone(device: &Device) -> Ran {
    let mut command = device.command(&["sync"]);
    command.env_remove("KEYMOOR_PASSWORD_FILE");
    run_fed(command, b"")
}

#[test]
fn lost_answers_to_a_refresh_are_asked_for_again_hours_later() {
    let (_world, server, liar, a, b) = world();
    let asked_with: Arc<Mutex<Vec<Refresh>>> = Arc::default();
    for round in 0..3 {
        a.add("openai", &format!("offline {round}"), "sk-offline").done();
        server.expire_access_tokens();
        let kept = Arc::clone(&asked_with);
        liar.tells(move |asked, pass| {
            let answer = pass(asked);
            if asked.call != Call::Refresh {
                return answer;
            }
            assert_eq!(answer.status, 200, "the server did rotate");
            kept.lock().unwrap().push(serde_json::from_slice(&asked.body).unwrap());
            Answer::error(503, "UNAVAILABLE")
        });
        for _ in 0..3 {
            alone(&a).ends(6, &[]);
        }
        // Hours later: also the tokens that nobody got have expired.
        server.expire_access_tokens();
        let sent = std::mem::take(&mut *asked_with.lock().unwrap());
        assert_eq!(sent.len(), 3);
        for again in &sent[1..] {
            assert_eq!(
                (&again.refresh_token, again.refresh_id),
                (&sent[0].refresh_token, sent[0].refresh_id)
            );
        }
        liar.is_honest();
        alone(&a).done();
        assert_eq!(a.status()["alarms"], serde_json::json!([]), "round {round}");
        assert_eq!(a.status()["waiting"], 0);
    }
    b.sync();
    assert_eq!(b.list().len(), 4);
}

/// Rule 12: what was done here waits; nothing of it is touched.
#[test]
fn an_ended_session_touches_nothing_here_and_no_other_device() {
    let (world, server, _liar, a, b) = world();
    a.edit("work", "sk-offline").done();
    a.add("openai", "new", "sk-new").done();
    server.end_sessions_of(world.account());
    alone(&a).ends(4, &[]);
    assert_eq!((a.get("work"), a.get("new")), (b"sk-offline".to_vec(), b"sk-new".to_vec()));
    assert_eq!(a.status()["waiting"], 2);
    assert_eq!(a.status()["homes"]["server"], json!({"state": "sign_in", "waiting": 2}));
    a.edit("work", "sk-offline still").done();
    a.sync();
    assert_eq!(a.status()["homes"]["server"], json!({"state": "ok", "waiting": 0}));
    b.sync();
    assert_eq!((b.get("work"), b.get("new")), (b"sk-offline still".to_vec(), b"sk-new".to_vec()));
}
