//! A service: what a credential is used for, with settings of its own; and templates that set up several.

use serde::Deserialize;

use super::{check::Check, provider::Provider};
use crate::pattern;

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
    /// What a Google token is asked for with, where the credential is used for this.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// In the order in which they are asked for.
    #[serde(default, rename = "setting")]
    pub settings: Vec<Setting>,
    /// How is found out that the credential and the settings go together: asked only if all that its address names is filled
    /// in. Where it names no authentication, the credential's own provider says it.
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
            scopes: Vec::new(),
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
    /// The value in what was entered: what `extract` finds, or the whole of it. `None`: it does not fit the setting.
    pub fn value_of(&self, entered: &str) -> Option<String> {
        let entered = entered.trim();
        let taken = self.extract.as_deref().and_then(|extract| pattern::first_group(extract, entered));
        let value = taken.unwrap_or(entered);
        let fits = self.pattern.as_deref().is_none_or(|pattern| pattern::whole(pattern, value));
        (fits && !value.is_empty()).then(|| value.to_owned())
    }
}

impl Template {
    pub(super) fn called(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::service;

    #[test]
    fn a_setting_is_taken_out_of_what_people_paste() {
        let value =
            |id: &str, key: &str, entered: &str| service(id).unwrap().setting(key).unwrap().value_of(entered);
        let sheet = "1AbcDefGhiJklMnoPqrStuVwxYz0123456789_-abcdef";
        let address = format!(" https://docs.google.com/spreadsheets/d/{sheet}/edit#gid=0\n");
        assert_eq!(value("google_sheets", "spreadsheet_id", &address).unwrap(), sheet);
        assert_eq!(value("google_sheets", "spreadsheet_id", sheet).unwrap(), sheet);
        assert_eq!(value("google_sheets", "spreadsheet_id", "my sheet"), None);
        assert_eq!(value("google_sheets", "sheet_name", "Sheet 1").unwrap(), "Sheet 1");
        assert_eq!(value("google_sheets", "sheet_name", " "), None);
        assert_eq!(value("meta", "ad_account_id", "act_1234567890").unwrap(), "1234567890");
        assert_eq!(value("ga4", "property_id", "properties/123456789").unwrap(), "123456789");
        assert_eq!(
            value("shopify", "shop", "https://acme.myshopify.com/admin").unwrap(),
            "acme.myshopify.com"
        );
        assert_eq!(value("shopify", "shop", "https://acme.myshopify.com.example.com/"), None);
        assert_eq!(value("twilio", "sender", "14155550100"), None);
    }
}
