//! What a person chose for the window on this device, and what they were told outside of it: a small file beside the cache.
//! Nothing in it is secret, and nothing is lost with it but the choices.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// The file, in the data directory.
const FILE: &str = "window.json";
/// So many notifications are remembered; older ones are not told again either, for what they are about is over.
const REMEMBERED: usize = 200;
/// For how long a secret may stay in the clipboard, in seconds.
const CLIPBOARD: std::ops::RangeInclusive<u32> = 5..=600;

/// What a person chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Preferences {
    /// Left out: the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<Language>,
    pub(crate) theme: Theme,
    /// How long a copied secret stays in the clipboard.
    pub(crate) clipboard_seconds: u32,
    /// The keys that open the picker from anywhere, as `Ctrl+Alt+K`; empty: none do.
    pub(crate) shortcut: String,
    /// Whether the program goes on when its window is closed.
    pub(crate) stays: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Language {
    En,
    Es,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Theme {
    /// As the system has it.
    #[default]
    System,
    Light,
    Dark,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: None,
            theme: Theme::System,
            clipboard_seconds: 30,
            shortcut: "Ctrl+Alt+K".to_owned(),
            stays: false,
        }
    }
}

/// The file, and what it says.
pub(crate) struct Chosen {
    /// `None`: no data directory is known, and nothing is kept.
    path: Option<PathBuf>,
    kept: Mutex<Kept>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    #[serde(flatten)]
    preferences: Preferences,
    /// The keys of the notifications that were shown, oldest first.
    told: Vec<String>,
}

impl Chosen {
    /// What the file in this data directory says. A file that is not there, or cannot be read, says what is usual.
    pub(crate) fn read(home: Option<&Path>) -> Self {
        let path = home.map(|home| home.join(FILE));
        let text = path.as_ref().and_then(|path| fs::read(path).ok()).unwrap_or_default();
        let mut kept: Kept = serde_json::from_slice(&text).unwrap_or_default();
        kept.preferences.bring_within_limits();
        Self { path, kept: Mutex::new(kept) }
    }

    pub(crate) fn preferences(&self) -> Preferences {
        self.held().preferences.clone()
    }

    /// Keeps what was chosen; what cannot be written is not taken on either.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn choose(&self, mut preferences: Preferences) -> io::Result<()> {
        preferences.bring_within_limits();
        self.change(|kept| kept.preferences = preferences)
    }

    /// Whether a notification was shown before.
    pub(crate) fn was_told(&self, key: &str) -> bool {
        self.held().told.iter().any(|told| told == key)
    }

    /// Remembers that they were shown.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn told(&self, keys: Vec<String>) -> io::Result<()> {
        self.change(|kept| {
            kept.told.extend(keys);
            let over = kept.told.len().saturating_sub(REMEMBERED);
            kept.told.drain(..over);
        })
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) -> io::Result<()> {
        let mut held = self.held();
        let mut next = held.clone();
        change(&mut next);
        if let Some(path) = &self.path {
            write(path, &serde_json::to_vec_pretty(&next)?)?;
        }
        *held = next;
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Preferences {
    fn bring_within_limits(&mut self) {
        self.clipboard_seconds = self.clipboard_seconds.clamp(*CLIPBOARD.start(), *CLIPBOARD.end());
    }
}

/// The whole file or the one before it.
fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = path.with_extension("json.new");
    let mut file = File::create(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_there_after_a_restart_and_within_limits() {
        let home = tempfile::tempdir().unwrap();
        let chosen = Chosen::read(Some(home.path()));
        assert_eq!(chosen.preferences(), Preferences::default());
        let wanted = Preferences {
            language: Some(Language::Es),
            theme: Theme::Dark,
            clipboard_seconds: 1_000_000,
            shortcut: String::new(),
            stays: true,
        };
        chosen.choose(wanted.clone()).unwrap();
        chosen.told(vec!["expires:1".to_owned()]).unwrap();
        let again = Chosen::read(Some(home.path()));
        assert_eq!(again.preferences(), Preferences { clipboard_seconds: 600, ..wanted });
        assert!(again.was_told("expires:1") && !again.was_told("expires:2"));
    }

    #[test]
    fn a_file_of_nonsense_says_what_is_usual_and_unknown_members_are_no_harm() {
        let home = tempfile::tempdir().unwrap();
        for text in ["", "{", "[]", r#"{"theme":"blue"}"#] {
            fs::write(home.path().join(FILE), text).unwrap();
            assert_eq!(Chosen::read(Some(home.path())).preferences(), Preferences::default(), "{text}");
        }
        fs::write(home.path().join(FILE), r#"{"theme":"dark","later":1}"#).unwrap();
        assert_eq!(Chosen::read(Some(home.path())).preferences().theme, Theme::Dark);
    }

    #[test]
    fn what_cannot_be_written_is_not_taken_on() {
        let home = tempfile::tempdir().unwrap();
        let chosen = Chosen::read(Some(&home.path().join("nowhere")));
        let dark = Preferences { theme: Theme::Dark, ..Preferences::default() };
        assert!(chosen.choose(dark).is_err());
        assert_eq!(chosen.preferences().theme, Theme::System);
    }

    #[test]
    fn of_many_notifications_the_newest_are_remembered() {
        let home = tempfile::tempdir().unwrap();
        let chosen = Chosen::read(Some(home.path()));
        for number in 0..=REMEMBERED {
            chosen.told(vec![number.to_string()]).unwrap();
        }
        assert!(!chosen.was_told("0") && chosen.was_told("1") && chosen.was_told(&REMEMBERED.to_string()));
    }
}
