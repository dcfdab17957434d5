//! What a person does with the window, however busy the machine is: a click is repeated until it has had its effect.

use std::time::{Duration, Instant};

use crate::driver::{Driver, Element, PATIENCE};

/// After so long without any effect the driver has lost the click.
const LOST: Duration = Duration::from_secs(4);

impl Driver {
    /// Clicks what the XPath finds until something is so. Nothing is clicked where it is so already.
    pub(crate) fn click_until(&self, path: &str, what: &str, so: impl Fn(&Self) -> bool) {
        let late = Instant::now() + PATIENCE;
        while !so(self) {
            assert!(Instant::now() < late, "{what}: not so. The window says:\n{}", self.text());
            if let Some(element) = self.now(path) {
                let _ = self.click(&element); // it may be gone by now, or be covered
            }
            let lost = Instant::now() + LOST;
            while !so(self) && Instant::now() < lost {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }

    /// Clicks the button with these words until the window says these.
    pub(crate) fn click_for(&self, button: &str, words: &str) {
        self.click_until(&path_of(button), words, |window| window.text().contains(words));
    }

    /// Clicks the button with these words until it is gone, and with it what it was for.
    pub(crate) fn click_away(&self, button: &str) {
        self.button(button);
        let path = path_of(button);
        self.click_until(&path, &format!("{button:?} is done"), |window| window.now(&path).is_none());
    }

    /// Waits until the window says these words.
    pub(crate) fn reads(&self, words: &str) {
        self.until(words, |window| window.text().contains(words));
    }

    /// Goes to the page of this name.
    pub(crate) fn go(&self, page: &str) {
        let path = format!("//nav//button[starts-with(normalize-space(.), '{page}')]");
        self.xpath(&path);
        let there = format!("{path}[@aria-current='page']");
        self.click_until(&path, page, |window| window.now(&there).is_some());
    }

    /// The field with this label, once it can be written into.
    pub(crate) fn field(&self, label: &str) -> Element {
        self.xpath(&format!("//*[@id=//label[normalize-space(.)='{label}']/@for][not(@disabled)]"))
    }

    /// Adds a key as a person does, and waits until the list has it.
    pub(crate) fn add_key(&self, provider: &str, name: &str, secret: &str) {
        self.click_for("Add key", "Paste it. It leaves this window once it is saved.");
        let entered = [("Secret", secret), ("Provider", provider), ("Name", name)];
        for (label, text) in entered {
            self.write(&self.field(label), text);
        }
        // A key that the driver had lost may have come since.
        for (label, text) in entered {
            let field = self.field(label);
            if self.value(&field) != text {
                self.clear(&field);
                self.write(&field, text);
            }
        }
        self.save(name);
    }

    /// Saves what is in the sheet, and waits until the list has the key of this name.
    pub(crate) fn save(&self, name: &str) {
        self.click_away("Save");
        self.xpath(&row(name));
    }

    /// Selects a key in the list, and waits for its details.
    pub(crate) fn select(&self, name: &str) {
        let shown = format!("//aside[@id='details']//h2[normalize-space(.)='{name}']");
        self.xpath(&row(name));
        self.click_until(&row(name), name, |window| window.now(&shown).is_some());
    }
}

/// The row of this name in the list.
pub(crate) fn row(name: &str) -> String {
    format!("//*[@role='option'][.//bdi[normalize-space(.)='{name}']]")
}

fn path_of(button: &str) -> String {
    format!("//button[normalize-space(.)='{button}']")
}
