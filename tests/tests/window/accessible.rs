//! The screens as they are in the real window, contrast and sizes included, in both themes and both languages: axe finds
//! nothing. The states that are hard to reach here are looked at over the fake backend.

use std::fs;

use keymoor_journeys::World;

use crate::display::Display;
use crate::driver::Driver;

/// The words of one language that lead from screen to screen.
struct Tongue {
    own: &'static str,
    tag: &'static str,
    pages: [&'static str; 8],
    keys: &'static str,
    add: &'static str,
}

const TONGUES: [Tongue; 2] = [
    Tongue {
        own: "English",
        tag: "en",
        pages: ["Keys", "Needs care", "Services", "Activity", "Overview", "Devices", "Trash", "Settings"],
        keys: "Keys",
        add: "Add key",
    },
    Tongue {
        own: "Español",
        tag: "es",
        pages: [
            "Claves",
            "Por atender",
            "Servicios",
            "Actividad",
            "Resumen",
            "Dispositivos",
            "Papelera",
            "Ajustes",
        ],
        keys: "Claves",
        add: "Añadir clave",
    },
];

#[test]
fn axe_finds_nothing_on_any_screen_in_either_theme_and_either_language() {
    let world = World::new();
    let device = world.device("a");
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&device, &display);
    window.reads("Your API keys, kept");
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/node_modules/axe-core/axe.min.js");
    window.script(&fs::read_to_string(axe).expect("axe-core comes with the packages of ui"));

    let mut found = Vec::new();
    for_each_look(&window, |look, tongue| {
        window.go(tongue.keys);
        found.extend(findings(&window, look, "welcome"));
    });
    device.add("openai", "work", "sk-work-0123456789abcdefWoRk").done();
    device.add("mistral", "old", "sk-old-0123456789abcdefOlDk").done();
    device.add("anthropic", "thrown away", "sk-ant-gone-0123456789GoNe").done();
    device.done(&["edit", "work", "--expires", "2027-01-01", "--label", "team"]);
    device.done(&["rm", "thrown away"]);
    for_each_look(&window, |look, tongue| {
        for page in tongue.pages {
            window.go(page);
            if page == tongue.keys {
                window.select("work");
            }
            found.extend(findings(&window, look, page));
        }
        window.go(tongue.keys);
        let sheet = "//*[@role='dialog']//form";
        let add = format!("//button[normalize-space(.)='{}']", tongue.add);
        window.click_until(&add, "the sheet", |window| window.now(sheet).is_some());
        found.extend(findings(&window, look, tongue.add));
        let close = "//*[@role='dialog']//header//button";
        window.click_until(close, "it is closed", |window| window.now(sheet).is_none());
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Each language in each theme.
fn for_each_look(window: &Driver, mut act: impl FnMut(&str, &Tongue)) {
    for tongue in &TONGUES {
        for (theme, names) in [("light", ["Light", "Claro"]), ("dark", ["Dark", "Oscuro"])] {
            open_settings(window);
            window.click_until(&choice(&[tongue.own]), tongue.own, |window| {
                window.script("return document.documentElement.lang") == tongue.tag
            });
            window.click_until(&choice(&names), theme, |window| {
                window.script("return document.documentElement.dataset.theme") == theme
            });
            act(&format!("{}, {theme}", tongue.own), tongue);
        }
    }
}

/// Whatever language is spoken just now.
fn open_settings(window: &Driver) {
    let settings = |and: &str| {
        let [first, second] =
            TONGUES.map(|tongue| format!("starts-with(normalize-space(.), '{}')", tongue.pages[7]));
        format!("//nav//button[{first} or {second}]{and}")
    };
    window.click_until(&settings(""), "the settings", |window| {
        window.now(&settings("[@aria-current='page']")).is_some()
    });
}

fn choice(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("normalize-space(.)='{name}'")).collect();
    format!("//*[@role='radiogroup']//label[{}]", names.join(" or "))
}

/// What axe finds on the screen, once that has come to rest.
fn findings(window: &Driver, look: &str, screen: &str) -> Vec<String> {
    let found = window.script_later(
        "const done = arguments[arguments.length - 1];
         const rest = () => document.querySelector('[aria-busy=true]') ? setTimeout(rest, 50) : run();
         const run = () => axe.run(document, { resultTypes: ['violations'] }).then(
             ({ violations, passes }) => done([passes.length, ...violations.flatMap(({ id, nodes }) =>
                 nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))]),
             (error) => done([0, String(error)]));
         requestAnimationFrame(() => setTimeout(rest, 100));",
    );
    let found = found.as_array().unwrap();
    assert!(found[0].as_u64().unwrap() > 5, "axe looked at nothing on {screen}: {found:?}");
    found[1..].iter().map(|one| format!("{look}, {screen}: {}", one.as_str().unwrap())).collect()
}
