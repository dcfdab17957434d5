//! Services, policies and names that two devices set unseen of each other: nothing is lost, what counts is said, and setting it
//! again settles it.

use std::collections::BTreeSet;

use keymoor_journeys::{Device, Server, World};
use serde_json::{Value, json};

const X: &str = "sk-of-x";
const Y: &str = "sk-of-y";
const ID: &str = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms";

fn service(device: &Device, id: &str) -> Value {
    let services = device.done(&["service", "list", "--json"]).json();
    services.as_array().unwrap().iter().find(|one| one["service"] == id).cloned().unwrap()
}

fn lent(device: &Device) -> keymoor_journeys::Ran {
    device.run(&["run", "--service", "openai", "--", "printenv", "OPENAI_API_KEY"])
}

fn choose(device: &Device, name: &str) {
    device.done(&["service", "enable", "openai", "--credential", name]);
}

fn exchange(devices: [&Device; 3]) {
    for device in devices {
        device.sync();
    }
}

/// Two devices of one account, with a key each, and nothing set up.
fn two() -> (World, Device, Device, Server) {
    let world = World::new();
    let (server, a, b) =
        (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
    a.add("openai", "xkey", X).done();
    a.add("openai", "ykey", Y).done();
    world.create_account(&a, &server);
    world.join(&b);
    (world, a, b, server)
}

#[test]
fn what_each_had_set_up_before_a_join_stands_side_by_side_until_it_is_settled() {
    let world = World::new();
    let (server, x, y) =
        (world.server(), world.device_without_keychain("x"), world.device_without_keychain("y"));
    x.add("openai", "xkey", X).done();
    choose(&x, "xkey");
    x.done(&["policy", "set", "--every", "30d"]);
    x.done(&["service", "set", "google_sheets", "sheet_name=June"]);
    y.add("openai", "ykey", Y).done();
    choose(&y, "ykey");
    y.done(&["policy", "set", "--every", "365d"]);
    let setting = format!("spreadsheet_id={ID}");
    y.done(&["service", "set", "google_sheets", "sheet_name=July", &setting]);
    world.create_account(&x, &server);

    let said = world.join(&y);
    assert!(said.err.contains("OpenAI: two devices chose different credentials"), "{said}");
    assert!(said.err.contains("Google Sheets: two devices set sheet_name"), "{said}");
    assert!(
        said.err.contains("The policy for all credentials is 30 days: another device set 365 days"),
        "{said}"
    );
    let said = x.sync();
    assert!(said.err.contains("OpenAI: two devices chose different credentials"), "{said}");
    assert!(!x.sync().err.contains("two devices"), "told again where nothing came");

    let used = service(&x, "openai")["conflicts"]["credential"][0].clone();
    for device in [&x, &y] {
        let openai = service(device, "openai");
        let both = openai["conflicts"]["credential"].as_array().unwrap();
        assert_eq!((both.len(), &both[0]), (2, &used), "{openai}");
        assert_eq!(used, json!(format!("openai/{}", openai["credential"]["name"].as_str().unwrap())));
        let sheets = service(device, "google_sheets");
        assert_eq!(sheets["settings"]["spreadsheet_id"], ID, "only one device had set it");
        assert_eq!(sheets["conflicts"]["sheet_name"].as_array().unwrap().len(), 2);
        let policies = device.done(&["policy", "list", "--json"]).json();
        assert_eq!(policies, json!([{"scope": "all", "days": 30, "others": [365]}]));
        let told = lent(device).ends(0, &["openai: two devices chose different credentials"]);
        assert_eq!(told.text().trim_end(), if used == "openai/xkey" { X } else { Y });
        let care = device.done(&["list", "--status", "care"]).err;
        assert!(care.contains("OpenAI: two devices") && !care.contains("Nothing needs care"), "{care}");
        let page = device.done(&["status"]).text();
        assert!(page.contains("OpenAI: two devices") && page.contains("The policy for all"), "{page}");
        let status = device.status();
        assert_eq!(status["services_in_conflict"], json!(["google_sheets", "openai"]));
        assert_eq!((&status["policies_in_conflict"], &status["shared_names"]), (&json!(1), &json!([])));
        device.assert_well();
    }

    // A change of something else settles nothing.
    y.done(&["service", "set", "google_sheets", &setting]);
    y.done(&["service", "enable", "openai"]);
    exchange([&y, &x, &y]);
    assert_eq!(service(&x, "openai")["conflicts"]["credential"][0], used);

    choose(&y, "ykey");
    y.done(&["policy", "set", "--every", "365d"]);
    x.done(&["service", "set", "google_sheets", "sheet_name=May"]);
    exchange([&y, &x, &y]);
    for device in [&x, &y] {
        assert_eq!(service(device, "openai")["conflicts"], json!({}));
        assert_eq!(service(device, "google_sheets")["conflicts"], json!({}));
        assert_eq!(service(device, "google_sheets")["settings"]["sheet_name"], "May");
        assert_eq!(lent(device).ends(0, &[]).text().trim_end(), Y);
        let policies = device.done(&["policy", "list", "--json"]).json();
        assert_eq!(policies, json!([{"scope": "all", "days": 365}]));
        assert!(device.done(&["list", "--status", "care"]).err.contains("Nothing needs care"));
        device.assert_well();
    }
}

/// What was chosen is known by its id after a join, too: the account may have another of that name.
#[test]
fn a_choice_comes_along_with_its_credential() {
    let world = World::new();
    let (server, x, y) =
        (world.server(), world.device_without_keychain("x"), world.device_without_keychain("y"));
    x.add("openai", "work", X).done();
    y.add("openai", "work", Y).done();
    choose(&y, "work");
    world.create_account(&x, &server);
    world.join(&y);
    x.sync();
    for device in [&x, &y] {
        assert_eq!(lent(device).ends(0, &[]).text().trim_end(), Y);
    }
}

#[test]
fn no_record_of_services_is_told_as_a_credential() {
    let (_world, x, y, _server) = two();
    y.sync();
    choose(&x, "xkey");
    choose(&y, "ykey");
    exchange([&x, &y, &x]);
    choose(&x, "xkey");
    x.sync();
    let said = y.sync();
    assert!(!said.err.contains("trash") && !said.err.contains("credential was"), "{said}");
    for device in [&x, &y] {
        let happened = device.done(&["activity"]).text();
        assert!(!happened.contains("trash"), "{happened}");
        assert_eq!(service(device, "openai")["conflicts"], json!({}));
    }
}

#[test]
fn a_choice_of_two_devices_is_told_wherever_it_counts_and_of_on_and_off_off_counts() {
    let (_world, a, b, _server) = two();
    choose(&a, "xkey");
    exchange([&a, &b, &a]);
    choose(&b, "ykey");
    // The same again would be no change, and so no other choice.
    a.done(&["service", "enable", "openai", "--credential", "ykey"]);
    choose(&a, "xkey");
    exchange([&a, &b, &a]);
    for device in [&a, &b] {
        lent(device).ends(0, &["openai: two devices chose different credentials", "(in use) and"]);
        let page = device.done(&["status"]).text();
        assert!(page.contains("OpenAI: two devices chose"), "{page}");
        let care = device.done(&["list", "--status", "care"]).err;
        assert!(care.contains("OpenAI: two devices chose"), "{care}");
    }
    choose(&a, "xkey");
    exchange([&a, &b, &a]);

    a.done(&["service", "disable", "openai"]);
    exchange([&a, &b, &a]);
    b.done(&["service", "enable", "openai"]);
    a.done(&["service", "enable", "openai"]);
    a.done(&["service", "disable", "openai"]);
    exchange([&a, &b, &a]);
    for device in [&a, &b] {
        lent(device).ends(5, &["The service openai is switched off."]);
        let page = device.done(&["status"]).text();
        assert!(
            page.contains("OpenAI: one device switched it off while another switched it on, and off counts"),
            "{page}"
        );
        assert_eq!(service(device, "openai")["conflicts"]["on"], json!(["no", "yes"]));
    }
    b.done(&["service", "enable", "openai"]);
    exchange([&b, &a, &b]);
    for device in [&a, &b] {
        assert_eq!(lent(device).ends(0, &[]).text().trim_end(), X);
        assert!(!device.done(&["status"]).text().contains("OpenAI"));
    }
}

#[test]
fn a_name_that_two_devices_gave_is_announced_on_both() {
    let world = World::new();
    let (server, a, b) =
        (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
    a.add("openai", "work", X).done();
    b.add("openai", "work", Y).done();
    world.create_account(&a, &server);
    for said in [world.join(&b), a.sync()] {
        assert!(said.err.contains("Two credentials are called openai/work now"), "{said}");
        assert!(said.err.contains("keymoor edit 0") && said.err.contains(" --name NAME"), "{said}");
    }
    for device in [&a, &b] {
        device.run(&["get", "openai/work"]).ends(2, &["openai/work"]);
        // A found key is told by what a command can be given, too.
        let found = device.feed(&["whose", "--stdin"], format!("{X}\n{Y}\n").as_bytes()).done();
        assert_eq!(
            found.text().lines().collect::<BTreeSet<_>>(),
            BTreeSet::from(["openai/work", "openai/work (2)"])
        );
        assert!(found.err.contains("openai/work (2) (0") && found.err.contains("keymoor edit 0"), "{found}");
        let listed = device.done(&["list", "--status", "care", "--json"]).json();
        let care: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["care"].clone()).collect();
        assert_eq!(care, [json!(["shared_name"]), json!(["shared_name"])]);
        let said = device.done(&["list", "--status", "care"]);
        assert!(said.text().contains("another has this name"), "{said}");
        assert_eq!(
            (&device.status()["care"], &device.status()["shared_names"]),
            (&json!(2), &json!(["openai/work"]))
        );
        let shown = device.done(&["show", "openai/work (2)"]).text();
        assert!(shown.contains("another credential has this name"), "{shown}");
    }
    let other = a.list().iter().map(|one| one["id"].as_str().unwrap().to_owned()).max().unwrap();
    a.done(&["edit", &other, "--name", "of b"]);
    a.sync();
    assert!(!b.sync().err.contains("are called"));
    for device in [&a, &b] {
        assert_eq!(device.status()["care"], 0);
        device.done(&["get", "openai/work"]);
    }
}

/// The host of one device's choice, and the token of the other's.
#[test]
fn a_service_lends_no_key_to_a_host_that_another_device_set_at_the_same_time() {
    let world = World::new();
    let (server, a, b) =
        (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
    for (device, name) in [(&a, "of_a"), (&b, "of_b")] {
        device.add("shopify_admin_token", name, format!("shpat_{}", "0123456789abcdef".repeat(2))).done();
    }
    world.create_account(&a, &server);
    world.join(&b);
    exchange([&b, &a, &b]);
    let lent = |device: &Device| {
        device.run(&["run", "--service", "shopify", "--", "sh", "-c", "echo $SHOPIFY_STORE"])
    };
    let set = |device: &Device, shop: &str| {
        device.done(&[
            "service",
            "set",
            "shopify",
            &format!("shop={shop}.myshopify.com"),
            "api_version=2025-01",
        ]);
    };
    let enable = |device: &Device, name: &str| {
        device.done(&["service", "enable", "shopify", "--credential", name]);
    };
    enable(&a, "of_a");
    set(&a, "a");
    set(&b, "b");
    enable(&b, "of_b");
    exchange([&a, &b, &a]);
    for device in [&a, &b] {
        lent(device).ends(5, &["Two devices changed at the same time where the key of shopify goes."]);
        device.run(&["service", "test", "shopify"]).ends(5, &["Two devices changed this at the same time"]);
    }
    enable(&a, "of_b");
    enable(&a, "of_a");
    set(&a, "c");
    set(&a, "a");
    exchange([&a, &b, &a]);
    for device in [&a, &b] {
        lent(device).ends(0, &[]);
    }
}
