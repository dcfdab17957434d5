//! The cache goes while the window is open, and then the whole data directory.

use keymoor_journeys::World;

use crate::display::Display;
use crate::driver::Driver;
use crate::hands::row;
use crate::recorder::Recorder;

const KEYS: [(&str, &str, &str); 3] = [
    ("openai", "first", "sk-first-0123456789abcdefFiRs"),
    ("mistral", "second", "sk-second-0123456789abcdeSeCo"),
    ("anthropic", "offline", "sk-ant-offline-0123456789OfFl"),
];

#[test]
fn a_wiped_cache_and_a_wiped_data_directory_come_back_and_the_window_says_so() {
    let world = World::new();
    let (mut server, a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    for (provider, name, secret) in &KEYS[..2] {
        a.add(provider, name, secret).done();
    }
    world.create_account(&a, &server);
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&a, &display);
    window.reads("In keychain, cache and sync.");
    let recorder = Recorder::begin(&window, &KEYS.map(|(.., secret)| secret));

    // One that no server has.
    server.stop();
    window.add_key("Anthropic", "offline", KEYS[2].2);
    window.reads("1 change goes out when it is back");
    // Also for whoever reads at that very moment.
    window.script(READ_AND_READ);
    a.delete_cache();
    says_what_it_did(&window);
    KEYS.iter().for_each(|(_, name, secret)| assert_eq!(a.get(name), secret.as_bytes()));

    a.delete_home();
    says_what_it_did(&window);

    server.start_again();
    window.reads("In keychain, cache and sync.");
    window.add_key("Mistral", "after", "sk-after-0123456789abcdefAfTe");
    world.join(&b);
    KEYS.iter().for_each(|(_, name, secret)| {
        assert_eq!(a.get(name), secret.as_bytes());
        assert_eq!(b.get(name), secret.as_bytes());
    });
    a.assert_well();
    let heard = recorder.finish(&window);
    heard.assert_event("changed");
    heard.assert_never_told("CACHE_FAILED");
}

/// For some time one reading begins when another ends.
const READ_AND_READ: &str = "
    const until = Date.now() + 2000;
    const read = () => window.__TAURI_INTERNALS__.invoke('devices').catch(() => undefined)
        .then(() => Date.now() < until && read());
    read();
";

/// The keys are there again, and two notes say what was made anew and what cannot be known any more.
fn says_what_it_did(window: &Driver) {
    KEYS.iter().for_each(|(_, name, _)| drop(window.xpath(&row(name))));
    for note in [
        "The cache was gone. 3 keys are back from the keychain.",
        "whether keys were verified in the background is not known any more",
    ] {
        window.reads(note);
        window.click_until("//button[normalize-space(.)='Dismiss']", "it was read", |window| {
            !window.text().contains(note)
        });
    }
}
