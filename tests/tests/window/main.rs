//! The real window, driven through WebDriver: what a person does with it, and what its web view is told.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.

mod display;
mod driver;
mod watching;

use std::time::{Duration, Instant};

use keymoor_journeys::{Provider, Reply, World};

use crate::display::Display;
use crate::driver::Driver;

const SECRET: &str = "sk-proj-planted-0123456789abcdefWxYz";

/// Records every answer of the shell from here on: the web view asks it through `fetch`.
const RECORD: &str = "window.heard = []; const real = window.fetch; window.fetch = async (...asked) => { \
    const answer = await real(...asked); const copy = answer.clone(); \
    const name = String((asked[0] && asked[0].url) || asked[0]); \
    copy.text().then((text) => window.heard.push([name, text])); return answer; };";

#[test]
fn a_key_is_added_found_seen_copied_trashed_and_brought_back_and_only_a_reveal_tells_it() {
    let world = World::new();
    let mut device = world.device("a");
    let provider = Provider::new("openai");
    provider.stands_in_for(&mut device);
    provider.say(SECRET, Reply::of(200, r#"{"object":"list","data":[]}"#));
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&device, &display);

    window.button("Add key");
    window.script(RECORD);
    window.click(&window.button("Add key"));
    window.write(&window.label("Secret"), SECRET);
    window.write(&window.label("Provider"), "OpenAI");
    window.until("it is told that it looks odd", |window| {
        window.text().contains("It is not what OpenAI gives out")
    });
    window.write(&window.label("Name"), "work");
    window.click(&window.button("Save"));
    window.css("[role=option]");
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

    window.click(&window.css("[role=option]"));
    window.click(&window.xpath("//button[@aria-label='Copy API key']"));
    window.until("the clipboard has it", |_| display.clipboard() == SECRET);
    assert!(!window.page().contains(SECRET), "copying shows nothing");

    // On a busy machine the driver loses a click now and then.
    window.until("the secret is shown", |window| {
        let shown = |window: &Driver| window.text().contains(SECRET);
        if !shown(window) {
            window.click(&window.xpath("//button[@aria-label='Show API key']"));
            std::thread::sleep(Duration::from_millis(1500));
        }
        shown(window)
    });
    let shown = Instant::now();
    while window.page().contains(SECRET) {
        assert!(shown.elapsed() < Duration::from_secs(20), "a reveal ends by itself");
        std::thread::sleep(Duration::from_millis(200));
    }

    window.click(&window.button("Move to trash"));
    window.until("it is in the trash", |_| device.list().len() == 1);
    window.click(&window.button("Undo"));
    window.until("it is back", |_| device.list().len() == 2);
    assert_eq!(device.get("work"), SECRET.as_bytes());

    let heard = window.script("return window.heard");
    let heard: Vec<(String, String)> = serde_json::from_value(heard).unwrap();
    let (reveals, others): (Vec<_>, Vec<_>) = heard.iter().partition(|(name, _)| name.ends_with("/reveal"));
    assert!(others.len() >= 6, "the answers were heard: {others:?}");
    assert!(
        reveals.iter().any(|(_, answer)| answer.contains(SECRET)),
        "a reveal tells it, or this test is deaf"
    );
    for (name, answer) in others {
        assert!(!answer.contains(SECRET), "the answer to {name} has the secret");
    }
}
