//! Two devices changed one key at once: both values side by side, and one click settles it.

use keymoor_journeys::{World, eventually};

use crate::display::Display;
use crate::driver::Driver;
use crate::recorder::Recorder;

const BEFORE: &str = "sk-shared-0000000000000Befo";
const OF_A: &str = "sk-changed-here-000000HeRe";
const OF_B: &str = "sk-changed-there-0000ThEr";

#[test]
fn two_values_stand_side_by_side_and_one_click_settles_it_everywhere() {
    let world = World::new();
    let (mut server, a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    a.add("openai", "shared", BEFORE).done();
    world.create_account(&a, &server);
    world.join(&b);
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&a, &display);
    window.reads("In keychain, cache and sync.");
    let recorder = Recorder::begin(&window, &[BEFORE, OF_A, OF_B]);

    server.stop();
    window.select("shared");
    window.click_until("//aside//button[normalize-space(.)='Edit']", "the sheet", |window| {
        window.text().contains("Edit shared")
    });
    window.write(&window.field("New API key"), OF_A);
    window.click_away("Save");
    window.until("it is saved", |_| a.get("shared") == OF_A.as_bytes());
    b.edit("shared", OF_B).done();
    server.start_again();
    eventually("the other device's value is at the server", || b.run(&["sync"]).code == Some(0));

    window.reads("Two devices changed this at the same time.");
    let card = "//section[contains(@aria-label, 'Two devices changed this')]";
    for value in ["…HeRe", "…ThEr"] {
        let choice = format!("{card}//li[contains(., '{value}')]");
        window.until(value, |window| window.now(&choice).is_some());
    }
    let keep = format!("{card}//button[contains(@aria-label, 'ThEr')]");
    window.click_until(&keep, "it is settled", |window| window.now(card).is_none());
    assert_eq!(a.get("shared"), OF_B.as_bytes(), "the value that was clicked");
    window.reads("In keychain, cache and sync.");
    eventually("the other device agrees", || {
        b.sync();
        b.get("shared") == OF_B.as_bytes()
            && b.done(&["show", "shared", "--json"]).json()["conflicts"] == serde_json::json!([])
    });
    let past = a.done(&["history", "shared", "--json"]).text();
    assert!(past.contains("HeRe"), "the value that was not kept is in the history: {past}");
    recorder.finish(&window).assert_event("changed");
}
