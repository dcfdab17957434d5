//! A credential as a text for the clipboard, to be pasted where it is used.

use std::sync::Arc;

use keymoor_protocol::RecordId;
use keymoor_providers::verify::{curl, has_curl};
use keymoor_providers::{environment_text, json_object, provider};
use secrecy::SecretString;

use crate::activity::{Event, Subject};
use crate::content::{Meta, field};
use crate::error::Error;
use crate::meant::name_in_catalogue;
use crate::vault::Vault;
use crate::verify::{fields_of, must_be_of_one_change};

/// What kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyForm {
    /// A line `NAME=value` for each field that programs look for in the environment, as a shell reads it.
    Environment,
    /// A JSON object of all fields, as `keymoor add --fields-stdin` reads it.
    Json,
    /// The question that its provider is asked to verify it, as a command line.
    Curl,
}

impl Vault {
    /// A credential as such a text, with its secrets in it; the activity says that it was copied. `None`: there is no such text
    /// of this one.
    ///
    /// # Errors
    /// [`Error::Unsettled`] where two devices changed it at the same time and the values may not go together.
    pub fn copy_as(&mut self, id: RecordId, form: CopyForm) -> Result<Option<Arc<SecretString>>, Error> {
        let content = self.opened(id)?;
        if !content.meta.is_credential() {
            return Err(Error::NotFound);
        }
        must_be_of_one_change(&content)?;
        let (known, fields) = (provider(content.meta.text(field::PROVIDER)), fields_of(&content));
        let text = match form {
            CopyForm::Environment => known.and_then(|known| environment_text(known, &fields)),
            CopyForm::Json => Some(json_object(known, &fields)),
            CopyForm::Curl => known.and_then(|known| curl(known, &fields).ok()),
        };
        let Some(text) = text else { return Ok(None) };
        let subject = Subject { id, name: content.meta.title() };
        self.note_use(&Event::Revealed { subject, field: None, copied: true });
        Ok(Some(Arc::new(SecretString::from(text.as_str()))))
    }
}

/// The texts that there are of a credential, as far as can be told without its secrets.
pub(crate) fn forms(meta: &Meta) -> Vec<CopyForm> {
    let known = provider(meta.text(field::PROVIDER));
    let in_environment = |name: &String| {
        let field = known.and_then(|known| known.field(name_in_catalogue(meta, name)));
        field.is_some_and(|field| field.secret && !field.env.is_empty())
    };
    let has_key = meta.key().is_some_and(|parts| !parts.is_empty());
    let all = [
        (CopyForm::Environment, meta.field_names().iter().any(in_environment)),
        (CopyForm::Json, has_key),
        (CopyForm::Curl, has_key && known.is_some_and(has_curl)),
    ];
    all.into_iter().filter_map(|(form, there)| there.then_some(form)).collect()
}

/// The variables in which programs look for its fields, the usual one of each, in the order of its provider's form.
pub(crate) fn environment(meta: &Meta) -> Vec<String> {
    let Some(known) = provider(meta.text(field::PROVIDER)) else { return Vec::new() };
    let names = meta.field_names();
    let has = |key: &str| names.iter().any(|name| name_in_catalogue(meta, name) == key);
    let usual = known.fields.iter().filter(|field| has(&field.key));
    usual.filter_map(|field| field.env.first().or(field.env_file.first()).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::config::{Backend, Config};
    use crate::history::tests::{synced, written_elsewhere};
    use crate::vault::Patience;
    use crate::{ActivityFilter, Edit, Field, NewCredential, Value};

    fn opened(home: &std::path::Path) -> Vault {
        let config =
            Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
        Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap()
    }

    fn add(vault: &mut Vault, provider: &str, fields: &[(&str, &str, bool)]) -> RecordId {
        let field = |(name, value, secret): &(&str, &str, bool)| Field {
            name: (*name).to_owned(),
            value: if *secret { Value::Secret((*value).into()) } else { Value::Open((*value).to_owned()) },
        };
        let new = NewCredential {
            provider: provider.to_owned(),
            name: "work".to_owned(),
            fields: fields.iter().map(field).collect(),
            ..NewCredential::default()
        };
        vault.add(new).unwrap().id
    }

    #[test]
    fn each_form_has_the_values_and_each_copy_is_noted() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = opened(home.path());
        let id = add(&mut vault, "openai", &[("secret", "sk-it's\n$x", true), ("project", "proj_1", false)]);
        let shown = vault.show(id).unwrap();
        assert_eq!(shown.forms, [CopyForm::Environment, CopyForm::Json, CopyForm::Curl]);
        assert_eq!(shown.environment.first().map(String::as_str), Some("OPENAI_API_KEY"));
        let mut text = |form| vault.copy_as(id, form).unwrap().map(|text| text.expose_secret().to_owned());
        let environment = text(CopyForm::Environment).unwrap();
        assert!(environment.starts_with("OPENAI_API_KEY='sk-it'\\''s\n$x'"), "{environment}");
        let json: serde_json::Value = serde_json::from_str(&text(CopyForm::Json).unwrap()).unwrap();
        assert_eq!(json, serde_json::json!({ "api_key": "sk-it's\n$x", "project": "proj_1" }));
        assert_eq!(text(CopyForm::Curl), None, "no header has two lines");
        let noted = vault.activity_of(&ActivityFilter::default()).unwrap();
        let is_copy = |event: &Event| matches!(event, Event::Revealed { subject, copied: true, .. } if subject.id == id);
        assert_eq!(noted.iter().filter(|entry| is_copy(&entry.event)).count(), 2, "what failed is none");
    }

    #[test]
    fn only_what_there_is_is_offered() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = opened(home.path());
        let aws = [("access_key_id", "AKIA1", false), ("secret_access_key", "abc", true)];
        let aws = add(&mut vault, "aws", &aws);
        let shown = vault.show(aws).unwrap();
        assert_eq!(
            shown.forms,
            [CopyForm::Environment, CopyForm::Json],
            "a signed request is no command line"
        );
        assert_eq!(shown.environment, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
        assert!(vault.copy_as(aws, CopyForm::Curl).unwrap().is_none());
        let account = add(&mut vault, "google_service_account", &[("secret", "{\"a\": 1}", true)]);
        let shown = vault.show(account).unwrap();
        assert_eq!(shown.forms, [CopyForm::Environment, CopyForm::Json]);
        assert_eq!(shown.environment, ["GOOGLE_CREDENTIALS"]);
        let other = add(&mut vault, "nobody", &[("secret", "abc", true)]);
        assert_eq!(vault.show(other).unwrap().forms, [CopyForm::Json]);
        assert!(vault.copy_as(other, CopyForm::Environment).unwrap().is_none());
    }

    #[test]
    fn an_address_of_one_change_is_in_no_text_with_the_key_of_another() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = opened(home.path());
        let fields = [("host", "gitlab.example.com", false), ("token", "glpat-first", true)];
        let id = add(&mut vault, "gitlab", &fields);
        assert!(vault.copy_as(id, CopyForm::Curl).unwrap().is_some());
        let before = synced(&mut vault, id);
        let renewed = Field { name: "token".to_owned(), value: Value::Secret("glpat-renewed".into()) };
        vault.edit(id, Edit { fields: vec![renewed], ..Edit::default() }).unwrap();
        written_elsewhere(&mut vault, &before, 1, |action| {
            action.set_text(&format!("{}host", field::OPEN), "gitlab.example.net");
            action.set_secrets([("token".to_owned(), "glpat-elsewhere".into())].into(), &BTreeSet::new());
        });
        for form in [CopyForm::Environment, CopyForm::Json, CopyForm::Curl] {
            assert!(matches!(vault.copy_as(id, form), Err(Error::Unsettled)), "{form:?}");
        }
    }
}
