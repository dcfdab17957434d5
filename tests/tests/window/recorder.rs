//! What crosses between the web view and the shell, recorded: no secret may come back but by a reveal.

use crate::driver::Driver;

/// Whatever comes from the shell ends in one of its callbacks: answers, however they travelled, and events. They are heard
/// there; `fetch`, by which the web view asks, says whose answer a callback waits for, and what was asked.
const RECORD: &str = "
    if (window.heard) return;
    const heard = (window.heard = []);
    const callbacks = window.__TAURI_INTERNALS__.callbacks;
    const whose = new Map();
    const real = window.fetch;
    window.fetch = (url, asked) => {
        const name = String(url).split('/').pop();
        for (const header of ['Tauri-Callback', 'Tauri-Error']) whose.set(asked.headers.get(header), name);
        heard.push(['asked', name, typeof asked.body === 'string' ? asked.body : '']);
        return real(url, asked);
    };
    const text = (data) => (data instanceof ArrayBuffer ? new TextDecoder().decode(data) : String(JSON.stringify(data)));
    const listening = (id, run) => (data) => {
        const name = whose.get(String(id));
        heard.push(name === undefined ? ['event', String(data && data.event), text(data)] : ['answer', name, text(data)]);
        return run(data);
    };
    const set = callbacks.set.bind(callbacks);
    callbacks.set = (id, run) => set(id, listening(id, run));
    for (const [id, run] of [...callbacks]) set(id, listening(id, run));
";

/// What a window asks when it opens was answered before anybody could listen: the same is asked once more.
const ONCE_MORE: &[(&str, &str)] = &[
    ("overview", "{ ask: false }"),
    ("catalogue", "{}"),
    ("settings", "{}"),
    ("services", "{}"),
    ("devices", "{}"),
    ("activity", "{ request: { failed: false, limit: 1000 } }"),
];

/// Where a person hands something in that is secret.
const TAKES_SECRETS: &[&str] = &["add", "edit", "recognise", "account_create", "account_join"];

/// Listens from its beginning to its end.
#[must_use = "only what is finished has been judged"]
pub(crate) struct Recorder {
    secrets: Vec<String>,
}

/// What went by.
pub(crate) struct Heard(Vec<(String, String, String)>);

impl Recorder {
    /// From here on; these must come back by a reveal alone. Each without characters that JSON would write differently.
    pub(crate) fn begin(window: &Driver, secrets: &[&str]) -> Self {
        window.script(RECORD);
        Self { secrets: secrets.iter().map(|secret| (*secret).to_owned()).collect() }
    }

    /// Asserts that it was so.
    pub(crate) fn finish(self, window: &Driver) -> Heard {
        for (name, arguments) in ONCE_MORE {
            window.script(&format!("window.__TAURI_INTERNALS__.invoke('{name}', {arguments})"));
            window.until(&format!("the answer to {name} is heard"), |window| {
                heard(window).answers().any(|(of, _)| of == *name)
            });
        }
        let heard = heard(window);
        for (way, name, text) in &heard.0 {
            let may = match way.as_str() {
                "asked" => TAKES_SECRETS.contains(&name.as_str()),
                "answer" => name == "reveal",
                _ => false,
            };
            for secret in &self.secrets {
                assert!(may || !text.contains(secret.as_str()), "{way} {name} has a secret");
            }
        }
        heard
    }
}

impl Heard {
    /// Asserts that a reveal told this: the recorder is not deaf.
    pub(crate) fn assert_revealed(&self, secret: &str) {
        assert!(
            self.answers().any(|(name, text)| name == "reveal" && text.contains(secret)),
            "no reveal told it"
        );
    }

    /// Asserts that no answer has this.
    pub(crate) fn assert_never_told(&self, what: &str) {
        let mut telling = self.answers().filter(|(_, text)| text.contains(what)).map(|(name, _)| name);
        assert_eq!(telling.next(), None, "told {what}");
    }

    /// Asserts that an event of this name came.
    pub(crate) fn assert_event(&self, name: &str) {
        let mut events = self.0.iter().filter(|(way, ..)| way == "event").map(|(_, name, _)| name);
        assert!(events.any(|event| event == name), "no event {name}");
    }

    fn answers(&self) -> impl Iterator<Item = (&str, &str)> {
        let answers = self.0.iter().filter(|(way, ..)| way == "answer");
        answers.map(|(_, name, text)| (name.as_str(), text.as_str()))
    }
}

fn heard(window: &Driver) -> Heard {
    Heard(serde_json::from_value(window.script("return window.heard")).unwrap())
}
