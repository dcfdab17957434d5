//! Whole logs that are genuine and not the newest: older states, forks, an empty one, and deletes that trickle in.

use super::*;

#[test]
fn what_the_server_drops_is_put_back() {
    let mut stage = Stage::new();
    stage.a.sync();
    let old = stage.server.copy("old");
    stage.b_saves("dropped");
    stage.b_edits();
    stage.a.done(&["rm", "openai/old 3"]);
    stage.a.sync();
    stage.b.sync();
    stage.server.put_back(&old);

    let said = stage.a.run(&["sync"]).ends(0, &["had lost its newest state"]);
    assert!(said.took < BOUNDED, "{said}");
    assert!(codes(&stage.a).contains(&"put_back".to_owned()));
    stage.secrets.retain(|(name, _)| name != "old 3");
    stage.heals("an older state");
    stage.b.run(&["get", "openai/old 3"]).ends(3, &["trash"]);
    // It stays to be read for a day, and is not raised by every sync after.
    stage.a.sync();
    assert_eq!(codes(&stage.a), ["put_back"]);
}

#[test]
fn two_devices_that_were_shown_two_logs_end_with_everything() {
    let mut stage = Stage::new();
    stage.a.sync();
    let common = stage.server.copy("common");
    stage.a_saves("on the one branch");
    let one = stage.server.copy("one");
    stage.server.put_back(&common);
    stage.b_saves("on the other branch");
    stage.b_edits();
    stage.server.put_back(&one);
    stage.b.sync();
    stage.a.sync();
    stage.heals("a fork");
    assert_eq!(stage.a.list().len(), stage.b.list().len());
    stage.a.assert_well();
    stage.b.assert_well();
}

#[test]
fn a_join_to_an_empty_log_takes_nothing_over() {
    let stage = Stage::new();
    let c = stage.world.device_without_keychain("c");
    c.add("openai", "of c", "sk-of-c").done();
    stage.liar.changes::<Page>(Call::Pull, |page| {
        (page.commits, page.head, page.more) = (Vec::new(), Cursor::START, false);
    });
    let kit = stage.world.join_kit();
    let join = ["account", "join", "--kit", kit.to_str().unwrap()];
    c.run(&join).ends(7, &["holds less than it held before"]);
    assert_eq!(c.get("of c"), b"sk-of-c");
    c.run(&["sync"]).ends(7, &["holds less than it held before"]);
    assert!(codes(&c).contains(&"rolled_back".to_owned()));
    stage.liar.is_honest();
    c.sync();
    stage.has_all_but(&c, 0);
    assert_eq!((c.get("of c"), codes(&c)), (b"sk-of-c".to_vec(), Vec::new()));
}

/// 12 of 16 credentials are deleted, and the server gives them out one commit a page, failing in between.
#[test]
fn a_mass_delete_that_trickles_in_is_stopped() {
    let stage = Stage::new();
    for number in 0..12 {
        stage.a.add("vendor", &format!("mass {number}"), format!("sk-mass-{number}")).done();
    }
    stage.a.sync();
    stage.b.sync();
    for number in 0..12 {
        stage.b.done(&["rm", &format!("vendor/mass {number}")]);
        stage.b.sync();
    }
    let here =
        |a: &Device| (0..12).filter(|n| a.run(&["get", &format!("vendor/mass {n}")]).code == Some(0)).count();
    for _ in 0..3 {
        // Two pages of one commit each, then the server is gone: the next sync goes on from there.
        let left = std::sync::atomic::AtomicUsize::new(2);
        stage.liar.tells(move |asked, pass| {
            if asked.call != Call::Pull {
                return pass(asked);
            }
            let is_left = |left: usize| left.checked_sub(1);
            let order = std::sync::atomic::Ordering::Relaxed;
            if left.fetch_update(order, order, is_left).is_err() {
                return Answer::error(500, "INTERNAL");
            }
            pass(asked).change::<Page>(|page| {
                page.commits.truncate(1);
                page.more = true;
            })
        });
        stage.a.run(&["sync"]).ends(6, &[]);
    }
    assert_eq!(here(&stage.a), 6);
    stage.liar.changes::<Page>(Call::Pull, |page| {
        page.more |= page.commits.len() > 1;
        page.commits.truncate(1);
    });
    for _ in 0..2 {
        stage.a.run(&["sync"]).ends(5, &["deleted 11 of 16"]);
        assert!(here(&stage.a) >= 2, "{}", here(&stage.a));
    }
    stage.has_all_but(&stage.a, 0);
    // What was meant is done when a person says so.
    stage.liar.is_honest();
    agrees_to_deletes(&stage);
    assert_eq!(here(&stage.a), 0);
    stage.heals("a mass delete");
}

/// `keymoor sync` on a terminal, where somebody says yes.
fn agrees_to_deletes(stage: &Stage) {
    let command = stage.a.command(&["sync"]);
    let line = format!("{} sync", command.get_program().to_string_lossy());
    let mut terminal = std::process::Command::new("script");
    terminal.args(["-qec", &line, "/dev/null"]);
    stage.a.dress(&mut terminal);
    keymoor_journeys::run_fed(terminal, b"yes\n").done();
}
