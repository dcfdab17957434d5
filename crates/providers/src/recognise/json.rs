//! JSON documents that are credentials: those of Google and AWS, and a flat map of names.
//!
//! serde_json finds the members and hands over each value as it stands in the text: its own buffers, for escapes and for what
//! it reads ahead, are not wiped.

use std::collections::BTreeSet;

use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{
    Flaw, Found, Recognition,
    lines::{self, Line},
};
use crate::{JsonMembers, Provider, json_text};

/// What `aws iam create-access-key` and `aws sts` print beside the key.
const BESIDE: [&str; 11] = [
    "AssumedRoleUser",
    "Audience",
    "CreateDate",
    "Expiration",
    "PackedPolicySize",
    "Provider",
    "ResponseMetadata",
    "SourceIdentity",
    "Status",
    "SubjectFromWebIdentityToken",
    "UserName",
];

/// The members of an object, in their order, no name twice.
struct Object<'t>(Vec<(String, &'t RawValue)>);

/// A member that is no text, or no object, where one belongs.
struct NotThat;

type Text = Zeroizing<String>;

pub(super) fn recognise(text: &str) -> Recognition {
    let Some(object) = Object::of(text) else { return Recognition::Unknown };
    if let Ok(Some(recognition)) = of_google(&object, text) {
        return recognition;
    }
    if let Ok(Some(recognition)) = of_aws(&object) {
        return recognition;
    }
    let line =
        |(name, value): (String, &RawValue)| Some(Line { name, value: json_text(value.get())?, section: 0 });
    let mut members = object.0;
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    let lines: Option<Vec<Line>> = members.into_iter().map(line).collect();
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

fn of_google(object: &Object<'_>, text: &str) -> Result<Option<Recognition>, NotThat> {
    let kind = object.text("type")?;
    Ok(match kind.as_ref().map(|kind| kind.as_str()) {
        Some("service_account") => {
            let whole = object.text("client_email")?.is_some() & object.text("private_key")?.is_some();
            Found::of("google_service_account", [("json", text)]).map(|found| match whole {
                true => Recognition::Certain(found),
                false => Recognition::Typo(found, Flaw::Shape),
            })
        }
        Some("authorized_user") => of_client(object)?,
        Some(_) => None,
        None => match (object.object("installed")?, object.object("web")?) {
            (Some(client), _) | (None, Some(client)) => of_client(&client)?,
            (None, None) => None,
        },
    })
}

fn of_client(client: &Object<'_>) -> Result<Option<Recognition>, NotThat> {
    let mut fields = Vec::new();
    for key in ["client_id", "client_secret", "refresh_token"] {
        fields.extend(client.text(key)?.map(|text| (key, text)));
    }
    let found = Found::of("google_oauth", fields.iter().map(|(key, text)| (*key, text.as_str())));
    Ok(found.filter(Found::has_secret).map(Recognition::Certain))
}

fn of_aws(object: &Object<'_>) -> Result<Option<Recognition>, NotThat> {
    let key = match (object.object("AccessKey")?, object.object("Credentials")?) {
        (Some(key), None) | (None, Some(key)) => key,
        _ => return Ok(None),
    };
    let (Some(id), Some(secret)) = (key.text("AccessKeyId")?, key.text("SecretAccessKey")?) else {
        return Ok(None);
    };
    let token = key.text("SessionToken")?;
    let mut fields = vec![("access_key_id", id.as_str()), ("secret_access_key", secret.as_str())];
    fields.extend(token.as_ref().map(|token| ("session_token", token.as_str())));
    let Some(found) = Found::of("aws", fields) else { return Ok(None) };
    let is_taken = |name: &str| {
        let parts = ["AccessKey", "Credentials", "AccessKeyId", "SecretAccessKey", "SessionToken"];
        parts.contains(&name) || BESIDE.contains(&name)
    };
    let all = object.0.iter().chain(&key.0).map(|(name, _)| name);
    let unknown: Vec<String> = all.filter(|name| !is_taken(name)).cloned().collect();
    Ok(Some(match unknown.is_empty() {
        true => Recognition::Certain(found),
        false => Recognition::Several { found: vec![found], unknown },
    }))
}

impl<'t> Object<'t> {
    /// `None`: it is no object, or has a name twice.
    fn of(text: &'t str) -> Option<Self> {
        let JsonMembers(members) = serde_json::from_str(text).ok()?;
        let names: BTreeSet<&String> = members.iter().map(|(name, _)| name).collect();
        (names.len() == members.len()).then_some(Self(members))
    }

    /// A text, if the member is there and not null.
    fn text(&self, name: &str) -> Result<Option<Text>, NotThat> {
        self.raw(name).map(|raw| json_text(raw).ok_or(NotThat)).transpose()
    }

    fn object(&self, name: &str) -> Result<Option<Object<'t>>, NotThat> {
        self.raw(name).map(|raw| Object::of(raw).ok_or(NotThat)).transpose()
    }

    fn raw(&self, name: &str) -> Option<&'t str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value.get()).filter(|raw| *raw != "null")
    }
}
