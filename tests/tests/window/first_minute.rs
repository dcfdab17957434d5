//! From nothing to the first key: the window says what it does, takes a pasted key, and knows whose it is.

use keymoor_journeys::{Provider, Reply, World};

use crate::display::Display;
use crate::driver::Driver;
use crate::recorder::Recorder;

/// By its looks a key of Groq.
const SECRET: &str = "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";

#[test]
fn the_first_key_is_pasted_recognised_verified_and_in_the_list_the_keychain_and_the_command_line() {
    let world = World::new();
    let mut device = world.device("a");
    let provider = Provider::new("groq");
    provider.stands_in_for(&mut device);
    provider.say(SECRET, Reply::of(200, r#"{"object":"list","data":[]}"#));
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&device, &display);

    window.reads("Your API keys, kept");
    let recorder = Recorder::begin(&window, &[SECRET]);
    assert!(!window.text().contains("No keys yet"), "a welcome, not an empty list");
    display.fill_clipboard(SECRET);
    window.until("the key is pasted and recognised", |window| {
        let done = window.text().contains("A key of Groq.");
        if !done && let Some(field) = window.now("//main//textarea") {
            window.control(&field, 'v');
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        done
    });
    window.write(&window.field("Name"), "first");
    window.save("first");
    assert!(!window.text().contains("Your API keys, kept"), "the welcome is over");
    window.reads("Connected");
    assert_eq!(provider.asked(), [SECRET], "the provider, once");
    window.reads("In keychain and cache.");
    window.reads("Sync is not set up.");

    assert_eq!(device.get("first"), SECRET.as_bytes());
    assert_eq!(device.list()[0]["provider"], "groq");
    let kept = device.keyring().items().unwrap();
    assert!(!kept.is_empty(), "the keychain has nothing");
    let tells = |value: &[u8]| value.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
    assert!(kept.iter().all(|item| !tells(&item.value)), "it lies open in the keychain");
    // What lies there is the key: a device that has lost its cache has it back.
    device.delete_cache();
    assert_eq!(device.get("first"), SECRET.as_bytes());
    recorder.finish(&window).assert_event("changed");
}
