//! JSON documents that are credentials: those of Google and AWS, and a flat map of names.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::{
    Flaw, Found, Recognition,
    lines::{self, Line},
};
use crate::Provider;

/// A text that is wiped when it is dropped.
struct Text(Zeroizing<String>);

/// As Google writes them.
#[derive(Deserialize)]
struct Google {
    #[serde(rename = "type")]
    kind: Option<String>,
    client_email: Option<Text>,
    private_key: Option<Text>,
    #[serde(flatten)]
    client: Client,
    installed: Option<Client>,
    web: Option<Client>,
}

#[derive(Deserialize)]
struct Client {
    client_id: Option<Text>,
    client_secret: Option<Text>,
    refresh_token: Option<Text>,
}

/// What `aws iam create-access-key` and `aws sts` print.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Aws {
    #[serde(alias = "Credentials")]
    access_key: AwsKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AwsKey {
    access_key_id: Text,
    secret_access_key: Text,
    session_token: Option<Text>,
}

pub(super) fn recognise(text: &str) -> Recognition {
    if let Ok(google) = serde_json::from_str::<Google>(text)
        && let Some(recognition) = of_google(&google, text)
    {
        return recognition;
    }
    if let Ok(Aws { access_key: key }) = serde_json::from_str::<Aws>(text) {
        let mut fields = vec![
            ("access_key_id", &**key.access_key_id.0),
            ("secret_access_key", &**key.secret_access_key.0),
        ];
        fields.extend(key.session_token.as_ref().map(|token| ("session_token", token.0.as_str())));
        return Found::of("aws", fields).map_or(Recognition::Unknown, Recognition::Certain);
    }
    let names = serde_json::from_str::<BTreeMap<String, Text>>(text).ok();
    let line = |(name, Text(value))| Line { name, value, section: 0 };
    let lines = names.map(|names| names.into_iter().map(line).collect());
    lines.and_then(lines::of).unwrap_or(Recognition::Unknown)
}

/// The field for the key of a service account, if this is one.
pub(super) fn service_account(text: &str) -> Option<(&'static Provider, &'static str)> {
    match recognise(text) {
        Recognition::Certain(found) if found.provider.id == "google_service_account" => {
            Some((found.provider, found.fields.first()?.0))
        }
        _ => None,
    }
}

fn of_google(google: &Google, text: &str) -> Option<Recognition> {
    match google.kind.as_deref() {
        Some("service_account") => {
            let found = Found::of("google_service_account", [("json", text)])?;
            let whole = google.client_email.is_some() && google.private_key.is_some();
            Some(if whole { Recognition::Certain(found) } else { Recognition::Typo(found, Flaw::Shape) })
        }
        Some("authorized_user") => of_client(&google.client),
        Some(_) => None,
        None => of_client(google.installed.as_ref().or(google.web.as_ref())?),
    }
}

fn of_client(client: &Client) -> Option<Recognition> {
    let all = [
        ("client_id", &client.client_id),
        ("client_secret", &client.client_secret),
        ("refresh_token", &client.refresh_token),
    ];
    let fields = all.iter().filter_map(|(key, value)| Some((*key, value.as_ref()?.0.as_str())));
    let found = Found::of("google_oauth", fields)?;
    found.has_secret().then_some(Recognition::Certain(found))
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}
