//! The main job: a key saved on one device is on the next, byte for byte, and comes back after its cache is gone.

use keymoor_journeys::{Device, Dice, Server, World};

/// What people keep: a key, a file of 2.4 KB, and something large.
pub(crate) struct Keys([(&'static str, &'static str, String); 3]);

impl Keys {
    pub(crate) fn new() -> Self {
        let dice = &mut Dice::new(1);
        let openai = format!("sk-proj-{}T3BlbkFJ{}", dice.text(74), dice.text(74));
        let (account, large) = (service_account(dice), dice.text(40 * 1024));
        Self([("openai", "work", openai), ("google", "robot", account), ("vendor", "large", large)])
    }

    pub(crate) fn add_to(&self, device: &Device) {
        for (provider, name, secret) in &self.0 {
            let said = device.add(provider, name, secret).ends(0, &["Saved on this device"]);
            assert!(!said.err.contains("Saved in the cache"), "{said}");
        }
    }

    #[track_caller]
    pub(crate) fn assert_on(&self, device: &Device) {
        for (provider, name, secret) in &self.0 {
            let got = device.get(&format!("{provider}/{name}"));
            assert!(got == secret.as_bytes(), "{name} came back as {} bytes", got.len());
        }
        assert_eq!(device.list().len(), self.0.len());
    }

    #[track_caller]
    pub(crate) fn assert_none_on(&self, device: &Device) {
        for (_, name, secret) in &self.0 {
            let got = device.run(&["get", name, "--raw"]);
            assert!(
                got.code != Some(0) && !got.out.windows(8).any(|part| part == &secret.as_bytes()[..8]),
                "{got}"
            );
        }
    }
}

/// As a Google service account is downloaded: several lines, a final newline, a key in PEM.
fn service_account(dice: &mut Dice) -> String {
    let lines: Vec<_> = (0..27).map(|_| dice.text(64)).collect();
    let robot = "robot@made-up-project.iam.gserviceaccount.com";
    let account = serde_json::json!({
        "type": "service_account",
        "project_id": "made-up-project",
        "private_key_id": dice.text(40),
        "private_key":
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")),
        "client_email": robot,
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": format!("https://www.googleapis.com/robot/v1/metadata/x509/{robot}"),
    });
    let text = serde_json::to_string_pretty(&account).unwrap();
    assert!((2400..2600).contains(&text.len()), "{} bytes", text.len());
    text
}

/// Two devices and a server that have all the keys.
pub(crate) fn synced_world() -> (World, Device, Device, Server, Keys) {
    let (world, keys) = (World::new(), Keys::new());
    let (server, a, b) = (world.server(), world.device("a"), world.device("b"));
    keys.add_to(&a);
    world.create_account(&a, &server);
    world.join(&b);
    (world, a, b, server, keys)
}

#[test]
fn a_key_saved_on_one_device_is_on_the_next_and_comes_back_from_the_keychain_alone() {
    let (_world, a, b, mut server, keys) = synced_world();
    keys.assert_on(&b);
    b.add("anthropic", "from b", "sk-ant-1").done();
    b.sync();
    assert!(a.sync().err.contains("1 change received"));
    assert_eq!(a.get("from b"), b"sk-ant-1");
    b.done(&["rm", "from b"]);
    b.sync();
    a.sync();
    a.run(&["get", "from b"]).ends(3, &["is in the trash"]);

    server.stop();
    a.delete_cache();
    let back = a.done(&["list"]);
    assert!(back.err.contains("is back from the keychain, with 3 credentials"), "{back}");
    keys.assert_on(&a);
    a.run(&["get", "from b"]).ends(3, &["is in the trash"]);
    a.delete_home();
    keys.assert_on(&a);
    a.assert_well();

    server.start_again();
    a.add("openai", "later", "sk-later").done();
    a.sync();
    b.sync();
    assert_eq!(b.get("later"), b"sk-later");
    assert_eq!((a.list().len(), b.list().len()), (4, 4));
}

#[test]
fn a_wiped_keychain_is_made_good_by_the_cache_offline_and_by_the_server() {
    let (world, mut a, b, mut server, keys) = synced_world();
    server.stop();
    a.wipe_keychain();
    a.run(&["get", "work"]).ends(4, &["not on this device any more", "no new key was made"]);
    a.add("openai", "new", "sk-new").ends(4, &[]);
    world.unlock(&a).ends(0, &["unlocked, with 3 credentials"]);
    keys.assert_on(&a);
    // The keychain has its copies again.
    a.delete_cache();
    keys.assert_on(&a);

    a.wipe_keychain();
    a.delete_cache();
    world.unlock(&a).ends(6, &["cannot be reached"]);
    server.start_again();
    world.unlock(&a).ends(0, &["unlocked, with 3 credentials"]);
    keys.assert_on(&a);
    a.assert_well();
    a.edit("work", "sk-after").done();
    a.sync();
    b.sync();
    assert_eq!(b.get("work"), b"sk-after");
}

#[test]
fn the_recovery_key_alone_opens_the_cache_offline_and_with_a_new_password_the_server() {
    let (world, mut a, _b, mut server, keys) = synced_world();
    server.stop();
    a.wipe_keychain();
    world.unlock_by_recovery(&a).ends(0, &["unlocked, with 3 credentials"]);
    keys.assert_on(&a);

    a.wipe_keychain();
    a.delete_home();
    server.start_again();
    // Records come only to a session that a password began: a new one is chosen.
    let new = world.path("new-password");
    std::fs::write(&new, "another horse, another battery\n").unwrap();
    let recovery = world.recovery_kit();
    let unlock =
        ["unlock", "--recovery", recovery.to_str().unwrap(), "--password-file", new.to_str().unwrap()];
    a.run(&unlock).ends(0, &["unlocked, with 3 credentials"]);
    keys.assert_on(&a);
    // The old password is good no more, the new one is.
    let (mut c, kit) = (world.device("c"), world.join_kit());
    let join = ["account", "join", "--kit", kit.to_str().unwrap()];
    c.run(&join).ends(4, &["password is wrong"]);
    c.set("KEYMOOR_PASSWORD_FILE", &new);
    c.done(&join);
    keys.assert_on(&c);
}
