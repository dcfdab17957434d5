//! The server goes, and comes back.

use keymoor_journeys::{World, eventually};

use crate::display::Display;
use crate::driver::Driver;
use crate::recorder::Recorder;

const SECRET: &str = "sk-offline-0123456789abcdOfFl";

#[test]
fn offline_is_a_state_in_which_keys_are_added_and_they_go_out_by_themselves() {
    let world = World::new();
    let (mut server, a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    a.add("openai", "first", "sk-first-0123456789abcdefFiRs").done();
    world.create_account(&a, &server);
    world.join(&b);
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&a, &display);
    window.reads("In keychain, cache and sync.");
    let recorder = Recorder::begin(&window, &[SECRET]);

    server.stop();
    window.add_key("Mistral", "offline", SECRET);
    window.reads("The server does not answer. Everything is safe here.");
    window.reads("1 change goes out when it is back");
    assert!(window.now("//*[@role='alert'][normalize-space(.)]").is_none(), "a state is no alarm");
    assert_eq!(a.get("offline"), SECRET.as_bytes());
    window.go("Devices");
    window.reads("does not answer");
    assert!(window.now("//*[@role='alert'][normalize-space(.)]").is_none(), "a state is no alarm");
    window.go("Keys");

    server.start_again();
    window.reads("In keychain, cache and sync.");
    eventually("another device has it", || {
        b.sync();
        b.list().len() == 2
    });
    assert_eq!(b.get("offline"), SECRET.as_bytes());
    recorder.finish(&window).assert_event("changed");
}
