//! Keys documents that are not the newest.

use super::*;

/// The server gives out the keys document from before a new password, to a device that joins with the new one.
#[test]
fn an_older_keys_document_opens_nothing() {
    let mut stage = Stage::new();
    let member = |stage: &Stage| {
        keymoor_journeys::Member::log_in(
            &stage.server.url(),
            &stage.world.join_kit(),
            keymoor_journeys::PASSWORD,
            keymoor_sealing::Profile::NEWEST,
        )
    };
    let mut one = member(&stage);
    let old = one.line.keys(None).unwrap();
    one.set_password("another horse, another battery", keymoor_sealing::Profile::NEWEST);
    let (name, secret) = stage.next("by the member's version");
    let mut newer = stage.world.device_without_keychain("d");
    newer.set("KEYMOOR_PASSWORD_FILE", new_password(&stage));
    let kit = stage.world.join_kit();
    newer.done(&["account", "join", "--kit", kit.to_str().unwrap()]);
    newer.add("openai", &name, secret).done();
    newer.sync();
    stage.liar.tells(move |asked, pass| match asked.call {
        Call::Keys => Answer::made_up(200, &old),
        _ => pass(asked),
    });
    let mut c = stage.world.device_without_keychain("c");
    let password = new_password(&stage);
    c.set("KEYMOOR_PASSWORD_FILE", &password);
    c.add("openai", "of c", "sk-of-c").done();
    let join = ["account", "join", "--kit", kit.to_str().unwrap()];
    c.run(&join).ends(7, &["older or a foreign list of keys"]);
    assert_eq!(c.get("of c"), b"sk-of-c");
    // Nor is it believed by a device that the log told of a newer one.
    stage.alarms("an older keys document", "keys_document", 0);
    stage.liar.is_honest();
    c.done(&join);
    stage.has_all_but(&c, 0);
    // Without a keychain the account's password is the vault's.
    assert!(stage.b.sync().err.contains("The new one opens this vault from now on"));
    stage.b.set("KEYMOOR_PASSWORD_FILE", &password);
    stage.heals("an older keys document");
}

fn new_password(stage: &Stage) -> std::path::PathBuf {
    let password = stage.world.path("new-password");
    std::fs::write(&password, "another horse, another battery\n").unwrap();
    password
}
