//! Two vaults and one keychain: the key of one is never written over by the other while it opens anything.

use keymoor_journeys::World;

#[test]
fn unlocking_one_vault_does_not_cost_another_its_key() {
    let world = World::new();
    let (server, a, mut b) = (world.server(), world.device("a"), world.device("b"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    b.add("slack", "bot", "xoxb-1").done();

    // Its cache is gone, so that only the keychain speaks for it.
    b.delete_home();
    world.unlock(&b).ends(5, &["the key of another vault", "KEYMOOR_KEYCHAIN_SERVICE"]);
    world.unlock_by_recovery(&b).ends(5, &["the key of another vault"]);
    b.delete_home();
    assert_eq!(b.get("bot"), b"xoxb-1");

    // Nor from another data directory, where the name of the service was forgotten.
    let first = b.home().to_owned();
    b.set_home(&b.path("second"));
    world.unlock(&b).ends(5, &["the key of another vault"]);
    b.set_home(&first);
    assert_eq!(b.get("bot"), b"xoxb-1");

    // Under a name of its own it opens beside the other; and what was begun after a loss gives way.
    b.set_home(&b.path("second"));
    let mut other = b.command(&["unlock", "--kit", world.join_kit().to_str().unwrap()]);
    other.env("KEYMOOR_KEYCHAIN_SERVICE", "second");
    keymoor_journeys::run_fed(other, b"").done();
    let mut get = b.command(&["get", "work", "--raw"]);
    get.env("KEYMOOR_KEYCHAIN_SERVICE", "second");
    assert_eq!(keymoor_journeys::run_fed(get, b"").done().out, b"sk-work");
    b.set_home(&first);
    assert_eq!(b.get("bot"), b"xoxb-1");

    let c = world.device("c");
    assert!(c.list().is_empty());
    world.unlock(&c).done();
    assert_eq!(c.get("work"), b"sk-work");
}
