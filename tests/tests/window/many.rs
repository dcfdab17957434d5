//! Several keys are chosen and verified at once.

use keymoor_journeys::{Provider, Reply, World};

use crate::display::Display;
use crate::driver::Driver;
use crate::hands::row;
use crate::recorder::Recorder;

const KEYS: [(&str, &str, &str); 4] = [
    ("good", "sk-good-0123456789abcdefGoOd", "Connected"),
    ("limited", "sk-limited-0123456789abcLiMi", "Connected"),
    ("gone", "sk-gone-0123456789abcdefGoNe", "Refused"),
    ("unsure", "sk-unsure-0123456789abcdUnSu", "Not checked"),
];

#[test]
fn several_are_chosen_verified_at_once_and_each_is_as_its_provider_said() {
    let world = World::new();
    let mut device = world.device("a");
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut device);
    let list = r#"{"object":"list","data":[]}"#;
    provider.say(KEYS[0].1, Reply::of(200, list));
    provider.say(KEYS[1].1, Reply::of(200, list));
    provider.say(KEYS[2].1, Reply::of(401, r#"{"error":{"code":"invalid_api_key"}}"#));
    provider.say(KEYS[3].1, Reply::of(500, "{}"));
    // Whoever asks is the person.
    device.done(&["verify", "--on-save", "off", "--in-background", "off"]);
    for (name, secret, _) in KEYS {
        device.add("openai", name, secret).done();
    }
    device.add("mistral", "not chosen", "sk-not-chosen-0123456789abNoCh").done();
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&device, &display);
    window.reads("In keychain and cache.");
    let recorder = Recorder::begin(&window, &KEYS.map(|(_, secret, _)| secret));

    window.write(&window.css("#search"), "openai");
    window.until("the search leaves four", |window| window.now(&row("not chosen")).is_none());
    choose_all(&window);
    window.click_for("Verify", "2 accepted, 1 refused, 1 not checked");
    for (name, _, status) in KEYS {
        let path = format!("{}[contains(., '{status}')]", row(name));
        window.until(&format!("{name}: {status}"), |window| window.now(&path).is_some());
    }
    let mut asked = provider.asked();
    asked.sort();
    asked.dedup();
    let mut all = KEYS.map(|(_, secret, _)| secret);
    all.sort_unstable();
    assert_eq!(asked, all);
    let listed = device.list();
    let status = |name: &str| {
        let found = listed.iter().find(|one| one["name"] == name).unwrap();
        found["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(["good", "gone", "not chosen"].map(status), ["connected", "error", "unchecked"]);
    recorder.finish(&window).assert_event("verified");
}

/// From the first row to the last one, with Shift.
fn choose_all(window: &Driver) {
    window.until("four are chosen", |window| {
        let done = window.text().contains("4 selected");
        if !done {
            window.control(&window.css("[role=listbox]"), 'a');
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        done
    });
}
