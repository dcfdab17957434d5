//! Copies put back: of this device's cache, and of its tokens in somebody else's hands.

use std::{fs, sync::Mutex};

use keymoor_protocol::api::{Refresh, Session};
use keymoor_remote::Remote;

use super::*;

/// A disk image brings back an older cache, and the server shows the state that went with it. The keychain knows better: the
/// cache catches up with it, and what the server lacks goes back there.
#[test]
fn an_older_cache_and_an_older_server_together_are_noticed() {
    let mut stage = Stage::new();
    stage.a.sync();
    let cache = stage.a.path("older-cache");
    fs::copy(stage.a.cache(), &cache).unwrap();
    assert!(!stage.a.wal().exists() || fs::metadata(stage.a.wal()).unwrap().len() == 0, "the copy is whole");
    let old = stage.server.copy("old");
    stage.a_saves("newer");
    stage.b.sync();

    stage.server.put_back(&old);
    // Written over in place, the file is the same one: only the keychain's mark tells that it is older.
    fs::copy(&cache, stage.a.cache()).unwrap();
    let _ = fs::remove_file(stage.a.wal());
    stage.a.run(&["sync"]).ends(0, &["was an older copy"]);
    assert_eq!(codes(&stage.a), ["put_back"]);
    stage.heals("an older cache and an older server");
}

/// Somebody has this device's tokens and refreshes them first.
#[test]
fn a_stolen_session_is_told_of_until_it_was_read() {
    let mut stage = Stage::new();
    let stolen: std::sync::Arc<Mutex<Option<Session>>> = std::sync::Arc::default();
    let kept = std::sync::Arc::clone(&stolen);
    stage.liar.tells(move |asked, pass| {
        let answer = pass(asked);
        if asked.call == Call::Login {
            *kept.lock().unwrap() = serde_json::from_slice(&answer.body).ok();
        }
        answer
    });
    stage.server.end_sessions();
    stage.a.sync();
    let stolen = stolen.lock().unwrap().take().unwrap();
    let thief = Remote::new(&stage.server.url(), None).unwrap();
    let refresh = Refresh { refresh_token: stolen.refresh_token.clone(), refresh_id: [9; 16] };
    let taken = thief.refresh(&refresh).unwrap();
    thief.with_token(&taken.access_token).limits().unwrap();
    thief.with_token(&taken.access_token).devices().unwrap();

    stage.server.expire_access_tokens();
    stage.liar.is_honest();
    let mut without_password = stage.a.command(&["sync"]);
    without_password.env_remove("KEYMOOR_PASSWORD_FILE");
    keymoor_journeys::run_fed(without_password, b"").ends(4, &[]);
    assert_eq!(codes(&stage.a), ["session_stolen"]);
    stage.has_all_but(&stage.a, 0);
    // Signing in again says so, and a good sync leaves it to be read.
    stage.a.run(&["sync"]).ends(0, &["an old ticket of it was used again"]);
    stage.a.sync();
    assert_eq!(codes(&stage.a), ["session_stolen"]);
    assert!(thief.with_token(&taken.access_token).devices().is_err(), "the thief is out");
    // After a day it is gone.
    let cache = rusqlite::Connection::open(stage.a.cache()).unwrap();
    cache.execute("UPDATE alarm SET at = at - 25 * 3600 * 1000", ()).unwrap();
    drop(cache);
    stage.a.sync();
    assert!(codes(&stage.a).is_empty());
    stage.b_saves("after it");
    stage.heals("a stolen session");
}
