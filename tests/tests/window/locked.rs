//! The keychain is locked from outside, and unlocked again.

use keymoor_journeys::{Device, World};

use crate::display::Display;
use crate::driver::Driver;
use crate::recorder::Recorder;

const FIRST: &str = "sk-first-0123456789abcdefFiRs";
const MEANWHILE: &str = "sk-meanwhile-0123456789MeAn";

const STRIP: &str = "The keychain is locked. What you save is in the cache.";

#[test]
fn a_locked_keychain_is_said_calmly_and_what_is_saved_meanwhile_gets_there() {
    let world = World::new();
    let mut device = world.device("a");
    device.add("openai", "first", FIRST).done();
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&device, &display);
    window.reads("In keychain and cache.");
    let recorder = Recorder::begin(&window, &[FIRST, MEANWHILE]);

    device.keyring().lock().unwrap();
    window.add_key("Mistral", "meanwhile", MEANWHILE);
    window.reads(STRIP);
    assert!(
        window.now("//*[@role='alert'][normalize-space(.)]").is_none(),
        "nothing is lost, nothing alarms"
    );
    window.select("first");
    window.click_until("//button[@aria-label='Show API key']", "it can be read all the same", |window| {
        window.text().contains(FIRST)
    });

    device.keyring().unlock().unwrap();
    try_again(&window);
    window.reads("In keychain and cache.");
    recorder.finish(&window).assert_revealed(FIRST);
    assert_in_keychain(&device);
    drop(window);

    device.keyring().lock().unwrap();
    let window = Driver::open(&device, &display);
    window.reads("Your keychain is locked.\nYour keys are safe.");
    device.keyring().unlock().unwrap();
    let recorder = Recorder::begin(&window, &[FIRST, MEANWHILE]);
    window.click_for("Try again", "In keychain and cache.");
    window.xpath(&crate::hands::row("meanwhile"));
    recorder.finish(&window).assert_never_told("KEYCHAIN_LOCKED");
}

fn try_again(window: &Driver) {
    let path = "//button[normalize-space(.)='Try again']";
    window.click_until(path, "it is asked again", |window| !window.text().contains(STRIP));
}

/// Without the cache, the keychain is all that there is.
fn assert_in_keychain(device: &Device) {
    device.delete_cache();
    assert_eq!(device.get("first"), FIRST.as_bytes());
    assert_eq!(device.get("meanwhile"), MEANWHILE.as_bytes());
}
