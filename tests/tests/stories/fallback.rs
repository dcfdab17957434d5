//! A key of one's company beside one's own: the own one goes first, and what takes its place is always said.

use keymoor_journeys::{Device, Ran, World};
use keymoor_providers::providers;

const COMPANY: &str = "sk-of-the-company";
const OWN: &str = "sk-of-my-own";

fn lent(device: &Device) -> Ran {
    device.run(&["run", "--service", "openai", "--", "printenv", "OPENAI_API_KEY"])
}

#[track_caller]
fn gets(devices: [&Device; 2], key: &str, words: &[&str]) {
    for device in devices {
        let ran = lent(device).ends(0, words);
        assert_eq!(ran.text().trim_end(), key, "{ran:#}");
        assert_eq!(ran.err.contains("fallback"), key == COMPANY, "{ran:#}");
    }
}

#[test]
fn the_own_key_overrides_the_fallback_and_switched_off_it_falls_back_visibly_on_every_device() {
    let world = World::new();
    let (server, a, b) =
        (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
    a.feed(&["add", "openai", "--name", "company", "--fallback", "--stdin"], COMPANY.as_bytes()).done();
    world.create_account(&a, &server);
    world.join(&b);
    let exchange = || {
        a.sync();
        b.sync();
        a.sync();
    };
    exchange();
    gets([&a, &b], COMPANY, &["openai/company", "fallback"]);

    b.add("openai", "mine", OWN).done();
    exchange();
    gets([&a, &b], OWN, &[]);
    a.done(&["service", "enable", "openai", "--credential", "mine"]);
    exchange();
    gets([&a, &b], OWN, &[]);

    a.done(&["edit", "mine", "--off"]);
    exchange();
    gets([&a, &b], COMPANY, &["openai/company", "fallback", "openai/mine cannot be used"]);
    for device in [&a, &b] {
        let services = device.done(&["service", "list", "--json"]).json();
        assert_eq!(services[0]["credential"]["instead_of"], "openai/mine", "{services}");
    }
    b.done(&["edit", "mine", "--on"]);
    exchange();
    gets([&a, &b], OWN, &[]);

    a.done(&["edit", "mine", "--off"]);
    a.done(&["edit", "company", "--off"]);
    exchange();
    for device in [&a, &b] {
        let ran = lent(device).ends(3, &["There is no credential that openai could use."]);
        assert_eq!(ran.text(), "", "nothing takes the place of nothing");
    }
}

#[test]
fn no_example_of_the_catalogue_is_ever_kept_and_so_none_is_lent() {
    let world = World::new();
    let device = world.device_without_keychain("a");
    let samples: Vec<(&str, &String)> = providers()
        .flat_map(|provider| provider.recognise.iter().map(move |shape| (provider.id.as_str(), shape)))
        .flat_map(|(id, shape)| shape.samples.first().map(|sample| (id, sample)))
        .collect();
    assert!(samples.len() > 60);
    for (id, sample) in samples {
        let refused = device.add(id, "example", sample).ends(2, &["nobody's key"]);
        assert!(!refused.err.contains(sample.as_str()), "{id}");
    }
    device.add("openai", "mine", OWN).done();
    let sample = &keymoor_providers::provider("openai").unwrap().recognise[0].samples[0];
    device.edit("mine", sample).ends(2, &["nobody's key"]);
    let fallback = ["add", "openai", "--name", "company", "--fallback", "--stdin"];
    device.feed(&fallback, sample.as_bytes()).ends(2, &["nobody's key"]);
    assert_eq!(device.get("mine"), OWN.as_bytes());
    assert_eq!(device.list().len(), 1);
    gets([&device, &device], OWN, &[]);
}
