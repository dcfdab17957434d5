//! Two windows: one sets sync up and saves the kit, the other begins with it.

use keymoor_journeys::{PASSWORD, World};

use crate::display::Display;
use crate::driver::Driver;
use crate::recorder::Recorder;

const FIRST: &str = "sk-first-0123456789abcdefFiRs";
const LATER: &str = "sk-later-0123456789abcdefLaTe";

#[test]
fn a_second_window_joins_with_the_kit_of_the_first_and_follows_it_at_once() {
    let world = World::new();
    let (server, a, b) = (world.server(), world.device("a"), world.device("b"));
    a.add("openai", "first", FIRST).done();
    let displays = [Display::start(&world.path("display-a")), Display::start(&world.path("display-b"))];
    let (here, there) = (Driver::open(&a, &displays[0]), Driver::open(&b, &displays[1]));
    let planted = [FIRST, LATER, PASSWORD];

    here.reads("In keychain and cache.");
    let of_here = Recorder::begin(&here, &planted);
    here.go("Devices");
    here.click_until("//button[starts-with(normalize-space(.), 'Set up sync')]", "the form", |window| {
        window.now("//label[normalize-space(.)='Recovery file']").is_some()
    });
    here.write(&here.field("Server"), &server.url());
    here.write(&here.field("Password"), PASSWORD);
    here.write(&here.field("Password again"), PASSWORD);
    let (kit, recovery) = (world.join_kit(), world.recovery_kit());
    here.write(&here.field("Kit file"), kit.to_str().unwrap());
    here.write(&here.field("Recovery file"), recovery.to_str().unwrap());
    here.click_for("Set up sync", "Two files were saved.");
    assert!(kit.is_file() && recovery.is_file());
    here.click_away("Done");
    here.reads("In keychain, cache and sync.");

    there.reads("Your API keys, kept");
    let of_there = Recorder::begin(&there, &planted);
    there.click_for("I have a kit", "Join with a kit");
    there.write(&there.field("Kit file"), kit.to_str().unwrap());
    there.write(&there.field("Password"), PASSWORD);
    there.click_away("Join with a kit");
    there.select("first");
    assert_eq!(b.get("first"), FIRST.as_bytes());

    here.go("Keys");
    here.add_key("Mistral", "later", LATER);
    there.select("later");
    assert_eq!(b.get("later"), LATER.as_bytes());
    there.click_away("Move to trash");
    here.until("what is thrown away there is gone here", |window| {
        window.now(&crate::hands::row("later")).is_none()
    });

    of_here.finish(&here).assert_event("changed");
    of_there.finish(&there).assert_event("changed");
}
