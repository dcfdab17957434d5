//! One key, from the first paste to the trash and back.

use std::time::{Duration, Instant};

use keymoor_journeys::{Provider, Reply, World};

use crate::display::Display;
use crate::driver::Driver;
use crate::recorder::Recorder;

const SECRET: &str = "sk-proj-planted-0123456789abcdefWxYz";

#[test]
fn a_key_is_added_found_seen_copied_trashed_and_brought_back_and_only_a_reveal_tells_it() {
    let world = World::new();
    let mut device = world.device("a");
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut device);
    provider.say(SECRET, Reply::of(200, r#"{"object":"list","data":[]}"#));
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&device, &display);

    let recorder = Recorder::begin(&window, &[SECRET]);
    window.click_for("Add key", "Paste it. It leaves this window once it is saved.");
    window.write(&window.field("Secret"), SECRET);
    window.write(&window.field("Provider"), "OpenAI");
    window.until("it is told that it looks odd", |window| {
        window.text().contains("It is not what OpenAI gives out")
    });
    window.write(&window.field("Name"), "work");
    window.save("work");
    window.until("the key is listed", |window| window.text().contains("…WxYz"));
    assert_eq!(device.get("work"), SECRET.as_bytes(), "the command line has what the window saved");
    window.until("it is verified", |window| {
        let text = window.text();
        assert!(!text.contains("Refused"), "refused; the provider was asked about {:?}", provider.asked());
        text.contains("Connected")
    });
    assert_eq!(provider.asked(), [SECRET]);
    assert!(!window.page().contains(SECRET), "the page keeps the secret that was typed");
    assert_eq!(device.get("work"), SECRET.as_bytes(), "the command line has what the window saved");

    // What the command line does, the window shows at once.
    device.add("anthropic", "agents", "sk-ant-from-the-command-line");
    window.until("the command line's key is listed", |window| window.text().contains("agents"));
    window.write(&window.css("#search"), "work");
    window.until("the search leaves one", |window| !window.text().contains("agents"));

    window.select("work");
    window.click_until("//button[@aria-label='Copy API key']", "the clipboard has it", |_| {
        display.clipboard() == SECRET
    });
    assert!(!window.page().contains(SECRET), "copying shows nothing");

    window.click_until("//button[@aria-label='Show API key']", "the secret is shown", |window| {
        window.text().contains(SECRET)
    });
    let shown = Instant::now();
    while window.page().contains(SECRET) {
        assert!(shown.elapsed() < Duration::from_secs(20), "a reveal ends by itself");
        std::thread::sleep(Duration::from_millis(200));
    }

    window.click_until("//aside//button[normalize-space(.)='Move to trash']", "it is in the trash", |_| {
        device.list().len() == 1
    });
    window.click_until("//button[normalize-space(.)='Undo']", "it is back", |_| device.list().len() == 2);
    assert_eq!(device.get("work"), SECRET.as_bytes());

    recorder.finish(&window).assert_revealed(SECRET);
}
