//! Before there is an account: a page that opens the vault when the keychain is lost.

use keymoor_journeys::{Device, Ran, World};

fn page(device: &Device) -> Ran {
    device.run(&["account", "kit", "--recovery", "page.txt"])
}

#[test]
fn a_page_made_before_any_account_opens_the_cache_without_its_keychain() {
    let world = World::new();
    let mut a = world.device("a");
    let said = a.add("openai", "work", "sk-work").done();
    assert!(said.err.contains("keymoor account kit"), "{said}");
    let said = a.add("openai", "other", "sk-other").done();
    assert!(!said.err.contains("keymoor account kit"), "said once: {said}");
    page(&a).ends(0, &["Written: page.txt"]);
    page(&a).ends(5, &["page.txt"]);
    a.add("openai", "later", "sk-later").done();
    a.delete_cache(); // it comes back from the keychain, with the page still good
    assert_eq!(a.get("work"), b"sk-work");

    a.wipe_keychain();
    a.run(&["get", "work"]).ends(4, &["keymoor unlock"]);
    a.done(&["unlock", "--recovery", "page.txt"]);
    for (name, secret) in [("work", "sk-work"), ("other", "sk-other"), ("later", "sk-later")] {
        assert_eq!(a.get(name), secret.as_bytes());
    }
    a.assert_well();

    // A new page makes the old one void.
    a.done(&["account", "kit", "--recovery", "newer.txt"]);
    a.wipe_keychain();
    a.run(&["unlock", "--recovery", "page.txt"]).ends(5, &[]);
    a.done(&["unlock", "--recovery", "newer.txt"]);
    assert_eq!(a.get("later"), b"sk-later");
}

#[test]
fn an_account_makes_a_recovery_kit_that_names_its_server() {
    for keychain in [true, false] {
        let world = World::new();
        let server = world.server();
        let mut a = if keychain { world.device("a") } else { world.device_without_keychain("a") };
        a.add("openai", "work", "sk-work").done();
        page(&a).done();
        world.create_account(&a, &server);
        page(&a).ends(5, &["made with it"]);
        a.delete_home();
        if keychain {
            a.wipe_keychain();
        }
        a.done(&["unlock", "--recovery", world.recovery_kit().to_str().unwrap()]);
        a.sync();
        assert_eq!(a.get("work"), b"sk-work");
    }
}

#[test]
fn a_device_with_a_page_can_still_join() {
    let world = World::new();
    let (server, a, b) = (world.server(), world.device("a"), world.device("b"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    b.add("slack", "bot", "xoxb-1").done();
    page(&b).done();
    world.join(&b);
    assert_eq!((b.get("work"), b.get("bot")), (b"sk-work".to_vec(), b"xoxb-1".to_vec()));
    b.assert_well();
}

#[test]
fn without_a_keychain_and_a_server_a_forgotten_password_is_replaced() {
    let world = World::new();
    let mut a = world.device_without_keychain("a");
    a.add("openai", "work", "sk-work").done();
    page(&a).done();
    let new = world.path("new");
    std::fs::write(&new, "quite another password\n").unwrap();
    a.done(&["unlock", "--recovery", "page.txt", "--password-file", new.to_str().unwrap()]);
    a.run(&["get", "work"]).ends(4, &["The password is wrong."]);
    a.set("KEYMOOR_PASSWORD_FILE", &new);
    assert_eq!(a.get("work"), b"sk-work");

    // Where nothing of the vault is left, the page is not blamed for it.
    a.delete_home();
    a.run(&["unlock", "--recovery", "page.txt"]).ends(2, &["a vault without a server", "backup"]);
}
