//! A provider: whose key it is, what belongs to it, where it is used.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::check::{Auth, Check, Method};

/// One file of `catalogue/providers/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The file's name.
    #[serde(skip)]
    pub id: String,
    /// As people write it.
    pub name: String,
    /// A word to group by: `llm`, `cloud`, `voice` …
    pub category: String,
    /// Two letters for its icon, where those of its name are another's of the same category.
    pub monogram: Option<String>,
    /// Where a key is made and revoked.
    pub console: Option<String>,
    /// The provider's own documentation of its keys.
    pub docs: Option<String>,
    /// What of this file nobody has confirmed by use, as `table.key`: shown to contributors, believed with care.
    #[serde(default)]
    pub unverified: Vec<String>,
    /// What a user should know, in a sentence.
    pub note: Option<String>,
    /// In the order in which they are asked for. At least one is secret.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
    /// The shapes by which a pasted secret is known to be of this provider. None: its keys look like others'.
    #[serde(default)]
    pub recognise: Vec<Recognise>,
    /// Where a program that uses the key sends it.
    pub endpoint: Option<Endpoint>,
    /// How a key is verified. None: it cannot be without changing something.
    pub verify: Option<Check>,
    /// What else programs look for in the environment.
    #[serde(default)]
    pub environment: Environment,
    /// What becomes of a key that is replaced.
    #[serde(default)]
    pub rotation: Rotation,
}

/// Variables beside those of the fields: what the environment has under them belongs to another account, and programs would
/// take it together with this key, or in its place.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// They say which account is meant, or are another way to be let in.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// They say where the key is sent.
    #[serde(default)]
    pub addresses: Vec<String>,
}

/// One field of a credential.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in the credential.
    pub key: String,
    /// As a form names it.
    pub label: String,
    /// What helps to find or recognise it, in a few words.
    pub help: Option<String>,
    /// Sealed apart, and shown only when asked for.
    #[serde(default)]
    pub secret: bool,
    /// Whether the credential is of no use without it.
    #[serde(default)]
    pub required: bool,
    /// What its value is.
    #[serde(default)]
    pub kind: FieldKind,
    /// A regular expression that the whole value matches. A value that does not is asked about, never refused.
    pub pattern: Option<String>,
    /// Taken where the field is left empty.
    pub default: Option<String>,
    /// The variables in which programs look for it, the usual one first.
    #[serde(default)]
    pub env: Vec<String>,
    /// The variables in which programs look for the path of a file with it.
    #[serde(default)]
    pub env_file: Vec<String>,
    /// The variables in which programs look for one part of it, where it is a connection address.
    #[serde(default)]
    pub env_parts: BTreeMap<String, UrlPart>,
    /// Only for a host: the provider's own domains, `*.example.com` for every name below. A key is sent nowhere else. `*`:
    /// the user's own server, of any name.
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// A part of a connection address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UrlPart {
    /// Of each server.
    Host,
    /// Of each server.
    Port,
    /// Who logs in.
    User,
    /// The secret of it.
    Password,
    /// What stands in the path.
    Database,
    /// What stands behind the `?` under this name.
    Parameter(String),
}

/// What a field's value is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line.
    #[default]
    Text,
    /// A JSON document.
    Json,
    /// A host, entered with or without scheme and path.
    Host,
    /// A web address whose host is one of `hosts`.
    Url,
}

/// A shape of a secret, unique enough to name its provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recognise {
    /// The field it goes into.
    pub field: String,
    /// Matches the whole secret.
    pub pattern: String,
    /// What matches this as well is not of this shape.
    pub except: Option<String>,
    /// A checksum that the secret carries: a typo is found offline.
    pub checksum: Option<Checksum>,
    /// The shape alone could be another's: it is offered as a candidate. Only a checksum that is right makes it certain, and
    /// one that is wrong is no typo.
    #[serde(default)]
    pub ambiguous: bool,
    /// Invented secrets of this shape.
    pub samples: Vec<String>,
}

/// A checksum in a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checksum {
    /// The last six characters are the CRC-32 (ISO-HDLC) of what stands between the prefix, which ends in `_`, and them: in
    /// base 62, digits before capitals before small letters.
    Crc32Base62,
}

/// Where the key is used.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// May have fields in braces: `https://{endpoint}/openai`.
    pub base: String,
    /// How a request is authenticated.
    #[serde(default)]
    pub auth: Vec<Auth>,
    /// Sent with every request, beside it.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The variables by which programs are told another base.
    #[serde(default)]
    pub base_env: Vec<String>,
}

/// What becomes of a key that is replaced.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// How the old key is revoked by a request; otherwise at the console.
    pub revoke: Option<Revocation>,
    /// How a new one is made, in words, for the guide.
    pub how: Option<String>,
    /// How many keys may exist beside each other, where that is few.
    pub at_once: Option<u32>,
    /// After how many days the provider lets every key expire.
    pub expires_after_days: Option<u32>,
}

impl Rotation {
    /// Whether the provider makes a new key on request ([`crate::rotate::make`]).
    pub fn makes(&self) -> bool {
        self.revoke.as_ref().is_some_and(|revoke| revoke.kind == RevocationKind::Aws)
    }
}

/// The request that revokes a key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// How it is done.
    #[serde(default)]
    pub kind: RevocationKind,
    /// The HTTP method.
    #[serde(default)]
    pub method: Method,
    /// With fields in braces.
    #[serde(default)]
    pub url: String,
    /// How it is authenticated, where it is not as the endpoint says.
    pub auth: Option<Vec<Auth>>,
    /// Sent beside those of the endpoint.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON body, with fields in its texts.
    pub json: Option<serde_json::Value>,
    /// Only for a key that has none of these fields: another server would be asked.
    #[serde(default)]
    pub unless: Vec<String>,
    /// The answers after which the key is no more: the first that fits, all others say that it may still be there.
    #[serde(default, rename = "answer")]
    pub answers: Vec<super::check::Answer>,
}

/// How a key is revoked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationKind {
    /// One request.
    #[default]
    Http,
    /// IAM `UpdateAccessKey` to inactive, then `DeleteAccessKey`.
    Aws,
}

impl Provider {
    pub(super) fn called(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// The field of that name.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The field that a single pasted secret goes into: the first that is secret.
    pub fn secret_field(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.secret)
    }
}
