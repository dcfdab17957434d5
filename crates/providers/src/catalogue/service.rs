//! A service: what a credential is used for, with settings of its own; and templates that set up several.

use regex::Regex;
use serde::Deserialize;

use super::{check::Check, provider::Provider};

/// One file of `catalogue/services/`, or a provider without such a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The file's name.
    #[serde(skip)]
    pub id: String,
    /// As people write it.
    pub name: String,
    /// The providers whose credentials it takes.
    pub accepts: Vec<String>,
    /// In the order in which they are asked for.
    #[serde(default, rename = "setting")]
    pub settings: Vec<Setting>,
    /// How is found out that the credential and the settings go together.
    pub verify: Option<Check>,
    /// As [`Provider::unverified`].
    #[serde(default)]
    pub unverified: Vec<String>,
}

/// One setting of a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Its name.
    pub key: String,
    /// As a form names it.
    pub label: String,
    /// What helps to find it, in a few words.
    pub help: Option<String>,
    /// Whether the service is of no use without it.
    #[serde(default)]
    pub required: bool,
    /// A regular expression that the whole value matches; another is refused.
    pub pattern: Option<String>,
    /// A regular expression whose first group is the value, where people paste more: a whole web address.
    pub extract: Option<String>,
    /// Taken where the setting is left empty.
    pub default: Option<String>,
    /// The variables in which programs look for it.
    #[serde(default)]
    pub env: Vec<String>,
}

/// One file of `catalogue/templates/`: services that are set up together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The file's name.
    #[serde(skip)]
    pub id: String,
    /// As people write it.
    pub name: String,
    /// What it is for, in a sentence.
    pub about: String,
    /// Their ids, in the order in which they are asked about.
    pub services: Vec<String>,
}

impl Service {
    pub(super) fn called(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    pub(super) fn of(provider: &Provider) -> Self {
        Self {
            id: provider.id.clone(),
            name: provider.name.clone(),
            accepts: vec![provider.id.clone()],
            settings: Vec::new(),
            verify: None,
            unverified: Vec::new(),
        }
    }

    /// The setting of that name.
    pub fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key == key)
    }
}

impl Setting {
    /// The value in what was entered: what `extract` finds, or the whole of it. `None` if that can be none.
    pub fn value_of(&self, text: &str) -> Option<String> {
        let whole = |pattern: &str| Regex::new(&format!("^(?:{pattern})$")).ok();
        let extract = self.extract.as_deref().and_then(|pattern| Regex::new(pattern).ok());
        let found = extract.and_then(|pattern| Some(pattern.captures(text)?.get(1)?.as_str()));
        let value = found.unwrap_or(text);
        let fits = self.pattern.as_deref().and_then(whole).is_none_or(|pattern| pattern.is_match(value));
        fits.then(|| value.to_owned())
    }
}

impl Template {
    pub(super) fn called(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }
}
