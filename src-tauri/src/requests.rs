//! What the web view hands over. Secrets are wrapped the moment they arrive.

use keymoor_vault::{Edit, Field, JoinKit, NewCredential, RecoveryKit, Value};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::pasted::{pasted, pasted_as};

/// Kits are a page of text; nothing larger is read.
const LARGEST_KIT: u64 = 64 * 1024;

/// A secret that was typed or pasted.
pub(crate) struct Handed(pub(crate) SecretString);

impl<'de> Deserialize<'de> for Handed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct AddRequest {
    provider: String,
    name: String,
    #[cfg_attr(test, ts(type = "string"))]
    secret: Handed,
    fields: Vec<NewField>,
    labels: Vec<String>,
    note: Option<String>,
    /// Milliseconds since 1970.
    expires: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct NewField {
    name: String,
    #[cfg_attr(test, ts(type = "string"))]
    value: Handed,
    secret: bool,
}

/// What is left out stays as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct EditRequest {
    name: Option<String>,
    labels: Option<Vec<String>>,
    note: Option<String>,
    fields: Vec<NewField>,
    /// Whether services and programs may use it.
    on: Option<bool>,
    /// When it expires, milliseconds since 1970; 0: nothing is said of that any more.
    expires: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct SyncRequest {
    #[cfg_attr(test, ts(type = "string", optional))]
    pub(crate) password: Option<Handed>,
    pub(crate) accept_deletions: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct CreateRequest {
    pub(crate) server: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub(crate) password: Handed,
    pub(crate) kit_path: String,
    pub(crate) recovery_path: String,
}

/// A join kit as text or as a file, and the password.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct KitRequest {
    #[cfg_attr(test, ts(type = "string", optional))]
    kit_text: Option<Handed>,
    kit_path: Option<String>,
    #[cfg_attr(test, ts(type = "string"))]
    pub(crate) password: Handed,
}

/// A recovery kit as text or as a file, and perhaps a new password.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct RecoveryRequest {
    #[cfg_attr(test, ts(type = "string", optional))]
    kit_text: Option<Handed>,
    kit_path: Option<String>,
    #[cfg_attr(test, ts(type = "string", optional))]
    pub(crate) new_password: Option<Handed>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum FilePurpose {
    SaveKit,
    SaveRecovery,
    OpenKit,
    OpenRecovery,
}

impl From<NewField> for Field {
    fn from(NewField { name, value, secret }: NewField) -> Self {
        // Exposed where the person said that it is no secret.
        let value =
            if secret { Value::Secret(value.0) } else { Value::Open(value.0.expose_secret().to_owned()) };
        Self { name, value }
    }
}

impl From<AddRequest> for NewCredential {
    fn from(request: AddRequest) -> Self {
        let AddRequest { provider, name, secret, fields, labels, note, expires } = request;
        let mut all = pasted(&provider, secret.0);
        // What was typed into a field of its own goes before what was found in the paste.
        all.retain(|found| fields.iter().all(|typed| typed.name != found.name));
        all.extend(fields.into_iter().map(Field::from));
        Self { provider, name, fields: all, labels, note, replace: false, fallback: false, expires }
    }
}

impl EditRequest {
    /// The change of a credential of this provider.
    pub(crate) fn of(self, provider: &str) -> Edit {
        let Self { name, labels, note, fields: typed, on, expires } = self;
        let expires = expires.map(|at| (at > 0).then_some(at));
        let names: Vec<String> = typed.iter().map(|field| field.name.clone()).collect();
        let mut fields: Vec<Field> = Vec::new();
        for one in typed {
            if !one.secret {
                fields.push(one.into());
                continue;
            }
            let mut found = pasted_as(provider, one.name, one.value.0).into_iter();
            fields.extend(found.next());
            // What was typed into a field of its own goes before what was found in a paste.
            let others = found.filter(|other| !names.contains(&other.name));
            let new: Vec<Field> =
                others.filter(|other| fields.iter().all(|known| known.name != other.name)).collect();
            fields.extend(new);
        }
        Edit { name, fields, labels, note, on, expires, ..Edit::default() }
    }

    /// Whether it says if services may use it.
    pub(crate) fn switches(&self) -> bool {
        self.on.is_some()
    }

    pub(crate) fn has_secret(&self) -> bool {
        self.fields.iter().any(|field| field.secret)
    }
}

impl KitRequest {
    pub(crate) fn kit(&self) -> Result<JoinKit, Failure> {
        Ok(JoinKit::from_text(&text(self.kit_text.as_ref(), self.kit_path.as_deref())?)?)
    }
}

impl RecoveryRequest {
    pub(crate) fn kit(&self) -> Result<RecoveryKit, Failure> {
        Ok(RecoveryKit::from_text(&text(self.kit_text.as_ref(), self.kit_path.as_deref())?)?)
    }
}

fn text(given: Option<&Handed>, path: Option<&str>) -> Result<Zeroizing<String>, Failure> {
    match (given, path) {
        // Exposed to be read as a kit.
        (Some(text), None) => Ok(Zeroizing::new(text.0.expose_secret().to_owned())),
        (None, Some(path)) => read(path),
        _ => Err(Failure::new(Failure::INVALID_INPUT)),
    }
}

/// A page of text from a file.
pub(crate) fn read(path: impl AsRef<std::path::Path>) -> Result<Zeroizing<String>, Failure> {
    use std::io::Read as _;
    let mut text = Zeroizing::new(String::new());
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST_KIT).read_to_string(&mut text))
        .map_err(|_| Failure::new(Failure::FILE_FAILED))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_secret_becomes_the_first_field() {
        let request: AddRequest = serde_json::from_value(serde_json::json!({
            "provider": "AWS", "name": "billing", "secret": "s3cret", "labels": ["paid"],
            "fields": [{ "name": "region", "value": "eu-west-1", "secret": false }],
        }))
        .unwrap();
        let new = NewCredential::from(request);
        assert_eq!(
            (new.provider.as_str(), new.name.as_str(), new.note, new.replace),
            ("AWS", "billing", None, false)
        );
        assert!(matches!(&new.fields[0], Field { name, value: Value::Secret(value) }
            if name == "secret_access_key" && value.expose_secret() == "s3cret"));
        assert!(matches!(&new.fields[1], Field { name, value: Value::Open(value) }
            if name == "region" && value == "eu-west-1"));
    }

    #[test]
    fn what_an_edit_leaves_out_stays_left_out() {
        let request: EditRequest =
            serde_json::from_value(serde_json::json!({ "note": "", "fields": [] })).unwrap();
        let edit = request.of("openai");
        assert!(edit.name.is_none() && edit.labels.is_none() && edit.fields.is_empty());
        assert_eq!(edit.note.as_deref(), Some(""));
    }

    #[test]
    fn a_kit_comes_from_one_place() {
        for kit in [serde_json::json!({}), serde_json::json!({ "kitText": "a", "kitPath": "b" })] {
            let mut request = kit;
            request["password"] = "pass".into();
            let request: KitRequest = serde_json::from_value(request).unwrap();
            let failure = serde_json::to_value(request.kit().err().unwrap()).unwrap();
            assert_eq!(failure["code"], Failure::INVALID_INPUT);
        }
    }
}
