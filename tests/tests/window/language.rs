//! Another language, at once and from then on.

use keymoor_journeys::World;

use crate::display::Display;
use crate::driver::Driver;
use crate::recorder::Recorder;

const SECRET: &str = "sk-first-0123456789abcdefFiRs";

#[test]
fn the_language_changes_at_once_and_is_the_same_after_a_restart() {
    let world = World::new();
    let device = world.device("a");
    device.add("openai", "work", SECRET).done();
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&device, &display);
    window.reads("In keychain and cache.");
    let recorder = Recorder::begin(&window, &[SECRET]);
    window.go("Settings");
    window.click_until("//label[normalize-space(.)='Español']", "Spanish", |window| {
        window.text().contains("Ajustes")
    });
    for words in ["Claves", "Papelera", "En el llavero y la caché."] {
        window.reads(words);
    }
    assert!(!window.text().contains("Settings") && !window.text().contains("Trash"));
    assert_eq!(window.script("return document.documentElement.lang"), "es");
    recorder.finish(&window);
    drop(window);

    let window = Driver::open(&device, &display);
    window.reads("Papelera");
    let recorder = Recorder::begin(&window, &[SECRET]);
    window.reads("Copiar");
    assert!(!window.text().contains("Trash"));
    window.go("Ajustes");
    window.click_until("//label[normalize-space(.)='English']", "English", |window| {
        window.text().contains("Settings")
    });
    recorder.finish(&window);
}
