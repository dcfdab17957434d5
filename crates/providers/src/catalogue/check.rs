//! How a key is verified: what is sent, and what the answers mean.
//!
//! Texts may have fields in braces: `{api_key}`, or `{site:datadoghq.com}` with what stands in for an empty field. In the
//! path and query of a URL they are percent-encoded; in its host a field stands only if it matches its pattern or is one of its
//! hosts. A header or parameter whose field is empty is not sent.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::pattern;

/// The `[verify]` of a provider or service: one question that changes nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What kind of question it is.
    #[serde(default)]
    pub kind: Kind,
    /// The HTTP method.
    #[serde(default)]
    pub method: Method,
    /// Empty only where the kind needs none.
    #[serde(default)]
    pub url: String,
    /// Other addresses for the same question, where what was entered asks for one: the first that fits.
    #[serde(default)]
    pub instead: Vec<Instead>,
    /// Where the provider answers for its other regions: asked in order while the answer is bad, for a key of one region is
    /// unknown in another.
    #[serde(default)]
    pub elsewhere: Vec<String>,
    /// How this request is authenticated, where it is not as the provider's endpoint says.
    pub auth: Option<Vec<Auth>>,
    /// Sent beside those of the endpoint.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON body, with fields in its texts.
    pub json: Option<Value>,
    /// A form body.
    pub form: Option<BTreeMap<String, String>>,
    /// A body sent as it stands.
    pub text: Option<String>,
    /// The request costs or changes something: made only when the user asks for it.
    #[serde(default)]
    pub side_effect: bool,
    /// A bad answer may be false for some seconds: asked once more after two before it is believed.
    #[serde(default)]
    pub ask_twice: bool,
    /// Where in the answer it says whose key it is, the first that is there: JSON Pointers (RFC 6901), `xml:Element` or
    /// `header:Name`.
    #[serde(default)]
    pub identity: Vec<String>,
    /// Where it says when the key expires, in the same form; a Unix time or a date.
    pub expiry: Option<String>,
    /// The OAuth scope that a token is asked for with, where the request needs one.
    pub scope: Option<String>,
    /// Looked through in order; the first that fits counts. None fits: [`Verdict::Indeterminate`].
    #[serde(rename = "answer")]
    pub answers: Vec<Answer>,
}

impl Check {
    /// The address for a credential with these fields: [`Check::url`], or one of [`Check::instead`].
    pub fn address<'f>(&self, field: impl Fn(&str) -> Option<&'f str>) -> &str {
        let fits = |key: &str, pattern: &str| {
            field(key).is_some_and(|value| !value.is_empty() && pattern::whole(pattern, value))
        };
        let instead =
            self.instead.iter().find(|instead| instead.when.iter().all(|(key, pattern)| fits(key, pattern)));
        instead.map_or(&self.url, |instead| &instead.url)
    }
}

/// Another address, for some credentials.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// Fields, and a regular expression for each that its whole value matches. An empty field matches nothing.
    pub when: BTreeMap<String, String>,
    /// As [`Check::url`].
    pub url: String,
}

/// What kind of question it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One request.
    #[default]
    Http,
    /// `GetCallerIdentity` of AWS STS, signed with Signature Version 4.
    Aws,
    /// A token for a service account, asked for with a signed JWT (RFC 7523).
    GoogleServiceAccount,
    /// A connection to a PostgreSQL server, and nothing else. Its answers are named by SQLSTATE.
    Postgres,
}

/// How a request asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Asks, with a body.
    Post,
    /// Deletes; for revoking only.
    Delete,
}

/// Where a secret goes in a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "in", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// A header.
    Header {
        /// Of the header or parameter.
        name: String,
        /// With the fields in braces.
        value: String,
    },
    /// A parameter of the query.
    Query {
        /// Of the header or parameter.
        name: String,
        /// With the fields in braces.
        value: String,
    },
    /// HTTP Basic (RFC 7617).
    Basic {
        /// With the fields in braces.
        user: String,
        /// With the fields in braces.
        password: String,
    },
    /// The secret is part of the URL.
    Url,
    /// A token that is asked for first, as the provider's own check does.
    Token,
    /// Every request is signed (AWS Signature Version 4).
    Signature,
}

/// One answer, and what it means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The HTTP statuses; none: any.
    #[serde(default)]
    pub status: Statuses,
    /// All of them hold.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// No answer came, for this reason.
    pub failure: Option<Failure>,
    /// The SQLSTATE of a PostgreSQL server; `00000` is success (ISO/IEC 9075).
    pub sqlstate: Option<String>,
    /// A page for people counts too, where the provider gives one. Elsewhere a page comes from something in between and
    /// says nothing.
    #[serde(default)]
    pub page: bool,
    /// What it means.
    pub is: Verdict,
    /// What is to be told, where the verdict's own words are not enough.
    pub say: Option<String>,
}

/// One status, or several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "OneOrMore")]
pub struct Statuses(pub Vec<u16>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(u16),
    More(Vec<u16>),
}

impl From<OneOrMore> for Statuses {
    fn from(statuses: OneOrMore) -> Self {
        match statuses {
            OneOrMore::One(status) => Self(vec![status]),
            OneOrMore::More(statuses) => Self(statuses),
        }
    }
}

/// Something in the answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// A place in the answer, in the form of [`Check::identity`]; `*` in a JSON Pointer stands for any element of an array.
    /// None: the body as a text.
    pub at: Option<String>,
    /// What is there is one of these, with fields in the texts; it holds where these are empty. Empty: something is there.
    #[serde(default)]
    pub is: Vec<Value>,
    /// The number that is there lies between these two, both included.
    pub within: Option<(i64, i64)>,
    /// The text that is there has one of these in it.
    #[serde(default)]
    pub has: Vec<String>,
}

/// Why no answer came, where that says something about what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The name of the host does not exist.
    HostNotFound,
}

/// What a verification says about a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The provider knows the key.
    Valid,
    /// Genuine, but not for everything: restricted, without credit, from another network.
    ValidLimited,
    /// The provider does not know the key.
    Invalid,
    /// The provider knew it, and its time is over.
    Expired,
    /// Genuine, and switched off by the provider or the account's owner.
    Disabled,
    /// What stands beside the key is wrong: a host, a shop, a tenant.
    InvalidConfig,
    /// The provider asks to come again later; says nothing about the key.
    Retry,
    /// Nothing was learned about the key.
    Indeterminate,
}

impl Verdict {
    /// Whether the provider knows the key.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Valid | Self::ValidLimited)
    }

    /// Whether the key is no more: one that is switched off can be switched on again, and one beside which something is
    /// wrong may be good elsewhere.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Invalid | Self::Expired)
    }

    /// Whether the provider refused the key or what stands beside it.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Invalid | Self::Expired | Self::Disabled | Self::InvalidConfig)
    }
}

#[cfg(test)]
mod tests {
    use crate::provider;

    #[test]
    fn an_enterprise_token_is_not_sent_to_the_public_host() {
        let check = provider("github").unwrap().verify.as_ref().unwrap();
        let at = |host| check.address(|key| (key == "host").then_some(host));
        assert_eq!(at(""), "https://api.github.com/user");
        assert_eq!(at("github.com"), "https://api.github.com/user");
        assert_eq!(at("acme.ghe.com"), "https://api.{host}/user");
        assert_eq!(at("git.example.com"), "https://{host}/api/v3/user");
        assert_eq!(at("github.com.example.com"), "https://{host}/api/v3/user");
    }

    #[test]
    fn the_token_of_an_account_is_asked_about_at_the_account() {
        let check = provider("cloudflare").unwrap().verify.as_ref().unwrap();
        let at = |token: &'static str, account: Option<&'static str>| {
            check.address(move |key| if key == "token" { Some(token) } else { account })
        };
        assert_eq!(at("cfut_a", Some("b")), check.url);
        assert_eq!(at("cfat_a", None), check.url);
        assert!(at("cfat_a", Some("b")).contains("/accounts/{account_id}/"));
    }
}
