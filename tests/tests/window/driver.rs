//! A WebDriver client of the few calls that are needed (W3C WebDriver, over tauri-driver and WebKitWebDriver).

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keymoor_journeys::{Device, program};
use serde_json::{Value, json};

use crate::display::Display;

/// How long anything on the screen may take. Generous: other tests run beside this one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An open window. It closes with the test.
pub(crate) struct Driver {
    driver: Child,
    session: String,
}

/// Something on the page.
pub(crate) struct Element(String);

impl Driver {
    /// Opens the window on this device.
    pub(crate) fn open(device: &Device, display: &Display) -> Self {
        let (port, native) = (free_port(), free_port());
        let mut command = Command::new("tauri-driver");
        device.dress(&mut command);
        // The window verifies by itself: invented keys go to nobody but a provider that the test has.
        for id in ["OPENAI", "ANTHROPIC", "MISTRAL", "GROQ", "GOOGLE_SERVICE_ACCOUNT"] {
            let base = format!("KEYMOOR_PROVIDER_BASE_{id}");
            if command.get_envs().all(|(name, _)| name != base.as_str()) {
                command.env(base, "http://127.0.0.1:9");
            }
        }
        let driver = command
            .args(["--port", &port.to_string(), "--native-port", &native.to_string()])
            .env("DISPLAY", display.name())
            .env("GDK_BACKEND", "x11")
            .env("LANG", "en_US.UTF-8")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tauri-driver is needed; cargo xtask test installs it");
        let mut opened = Self { driver, session: String::new() };
        let base = format!("http://127.0.0.1:{port}/session");
        let asked = json!({ "capabilities": { "alwaysMatch": { "tauri:options": {
            "application": program("keymoor-desktop"),
        } } } });
        let late = Instant::now() + PATIENCE;
        while opened.session.is_empty() {
            assert!(Instant::now() < late, "the window does not open");
            match call("POST", &base, Some(&asked)) {
                Ok(value) => opened.session = format!("{base}/{}", value["sessionId"].as_str().unwrap()),
                Err(_) => std::thread::sleep(Duration::from_millis(200)), // the driver is not up yet
            }
        }
        opened
    }

    pub(crate) fn css(&self, selector: &str) -> Element {
        self.find("css selector", selector)
    }

    pub(crate) fn xpath(&self, path: &str) -> Element {
        self.find("xpath", path)
    }

    /// The button with exactly these words.
    pub(crate) fn button(&self, words: &str) -> Element {
        self.xpath(&format!("//button[normalize-space(.)='{words}']"))
    }

    /// Fails where it has gone, or is covered.
    pub(crate) fn click(&self, element: &Element) -> Result<(), String> {
        self.ask("POST", &format!("/element/{}/click", element.0), Some(&json!({}))).map(drop)
    }

    /// Presses a key while Control is held, in a field.
    pub(crate) fn control(&self, element: &Element, key: char) {
        // Control is held until the end of what is sent.
        self.send(element, &format!("\u{e009}{key}"));
    }

    /// Presses a key of its own, as WebDriver writes it, in a field.
    pub(crate) fn press(&self, element: &Element, key: char) {
        self.send(element, &key.to_string());
    }

    fn send(&self, element: &Element, text: &str) {
        let keys = json!({ "text": text });
        self.ask("POST", &format!("/element/{}/value", element.0), Some(&keys)).unwrap();
    }

    /// Types into a field, behind what is there. On a busy machine the driver loses a key now and then: it is held against
    /// what the field has then, and typed again.
    pub(crate) fn write(&self, element: &Element, text: &str) {
        let there = self.value(element);
        for _ in 0..3 {
            self.send(element, text);
            let late = Instant::now() + Duration::from_secs(2);
            while Instant::now() < late {
                if self.value(element) == format!("{there}{text}") {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            assert!(there.is_empty(), "cannot be typed again behind {there:?}");
            self.clear(element);
        }
        panic!("{text:?} does not arrive in the field");
    }

    /// Empties a field.
    pub(crate) fn clear(&self, element: &Element) {
        self.ask("POST", &format!("/element/{}/clear", element.0), Some(&json!({}))).unwrap();
    }

    /// What a field has.
    pub(crate) fn value(&self, element: &Element) -> String {
        let value = self.ask("GET", &format!("/element/{}/property/value", element.0), None).unwrap();
        value.as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn script(&self, script: &str) -> Value {
        let asked = json!({ "script": script, "args": [] });
        self.ask("POST", "/execute/sync", Some(&asked)).unwrap()
    }

    /// The same for a script that calls its last argument with what it found.
    pub(crate) fn script_later(&self, script: &str) -> Value {
        let asked = json!({ "script": script, "args": [] });
        self.ask("POST", "/execute/async", Some(&asked)).unwrap()
    }

    /// Every window of the program, shown or hidden.
    pub(crate) fn windows(&self) -> Vec<String> {
        serde_json::from_value(self.ask("GET", "/window/handles", None).unwrap()).unwrap()
    }

    /// From here on it is this window that is driven.
    pub(crate) fn look_at(&self, window: &str) {
        self.ask("POST", "/window", Some(&json!({ "handle": window }))).unwrap();
    }

    /// What a person reads.
    pub(crate) fn text(&self) -> String {
        self.script("return document.body.innerText").as_str().unwrap().to_owned()
    }

    /// The whole page, also what nobody sees, with the values of its fields.
    pub(crate) fn page(&self) -> String {
        let script = "return document.documentElement.outerHTML + \
            [...document.querySelectorAll('input,textarea')].map((field) => field.value).join(' ')";
        self.script(script).as_str().unwrap().to_owned()
    }

    /// Waits until something is so.
    pub(crate) fn until(&self, what: &str, so: impl Fn(&Self) -> bool) {
        let late = Instant::now() + PATIENCE;
        while !so(self) {
            assert!(Instant::now() < late, "{what}: not so. The window says:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn find(&self, using: &str, value: &str) -> Element {
        let late = Instant::now() + PATIENCE;
        let asked = json!({ "using": using, "value": value });
        loop {
            if let Some(found) = self.there(&asked) {
                return found;
            }
            assert!(Instant::now() < late, "{value} is not there. The window says:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// What an XPath finds now.
    pub(crate) fn now(&self, path: &str) -> Option<Element> {
        self.there(&json!({ "using": "xpath", "value": path }))
    }

    fn there(&self, asked: &Value) -> Option<Element> {
        let found = self.ask("POST", "/element", Some(asked)).ok()?;
        let id = found.as_object()?.values().next()?;
        Some(Element(id.as_str()?.to_owned()))
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        call(method, &format!("{}{path}", self.session), body)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = call("DELETE", &self.session, None); // closes the window
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn call(method: &str, url: &str, body: Option<&Value>) -> Result<Value, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request =
        ureq::http::Request::builder().method(method).uri(url).header("content-type", "application/json");
    let body = body.map(|body| serde_json::to_vec(body).unwrap()).unwrap_or_default();
    let mut answer = agent.run(request.body(body).unwrap()).map_err(|error| error.to_string())?;
    let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
    let mut answered: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let failed = answered["value"]["error"].is_string();
    if failed { Err(text) } else { Ok(answered["value"].take()) }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
