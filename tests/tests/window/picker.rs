//! The keys that open the picker from anywhere, and the key that it copies.

use std::time::{Duration, Instant};

use keymoor_journeys::World;

use crate::display::Display;
use crate::driver::{Driver, PATIENCE};
use crate::recorder::Recorder;

const FIRST: &str = "sk-first-0123456789abcdefFiRs";
const SECOND: &str = "sk-second-0123456789abcdeSeCo";

#[test]
fn the_shortcut_opens_the_picker_over_everything_and_it_copies_and_is_gone() {
    let world = World::new();
    let device = world.device("a");
    device.add("openai", "first", FIRST).done();
    device.add("mistral", "second", SECOND).done();
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&device, &display);
    window.reads("In keychain and cache.");
    let main = window.windows();
    assert_eq!((main.len(), display.shown()), (1, 1), "until it is wanted there is no picker");

    press_until(&display, "the picker is there", 2);
    window.until("it can be driven", |window| window.windows().len() == 2);
    let picker = window.windows().into_iter().find(|one| *one != main[0]).unwrap();
    window.look_at(&picker);
    window.reads("Enter copies, Esc closes");
    let recorder = Recorder::begin(&window, &[FIRST, SECOND]);
    window.xpath(&option("first"));
    window.write(&window.css("input"), "sec");
    window.until("one is left", |window| window.now(&option("first")).is_none());
    window.press(&window.css("input"), ENTER);
    window.until("the clipboard has it", |_| display.clipboard() == SECOND);
    window.until("the picker is gone", |_| display.shown() == 1);

    press_until(&display, "it is there again", 2);
    window.until("it has forgotten what was typed", |window| {
        window.script("return document.querySelector('input').value") == ""
    });
    window.press(&window.css("input"), ESCAPE);
    window.until("the picker is gone", |_| display.shown() == 1);
    press_until(&display, "it is there a third time", 2);
    press_until(&display, "the shortcut lets it go, too", 1);
    press_until(&display, "it is there a fourth time", 2);
    display.focus_first();
    window.until("it is gone with the focus", |_| display.shown() == 1);
    assert!(!window.page().contains(SECOND), "copying shows nothing");
    recorder.finish(&window);
}

/// As WebDriver writes these keys.
const ENTER: char = '\u{e007}';
const ESCAPE: char = '\u{e00c}';

fn option(name: &str) -> String {
    format!("//*[@role='option'][contains(., '{name}')]")
}

/// Presses the shortcut until so many windows are shown: a key may be lost on its way.
fn press_until(display: &Display, what: &str, shown: usize) {
    let late = Instant::now() + PATIENCE;
    while display.shown() != shown {
        assert!(Instant::now() < late, "{what}: not so, {} are shown", display.shown());
        display.press("ctrl+alt+k");
        let lost = Instant::now() + Duration::from_secs(4);
        while display.shown() != shown && Instant::now() < lost {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
