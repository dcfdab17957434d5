//! What providers said of a key, and what needs care about it, in stable words.

use keymoor_providers::Verdict;
use keymoor_vault as vault;
use serde::Serialize;

/// What a provider said of a key.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Said {
    /// `valid`, `valid_limited`, `invalid`, `expired`, `disabled` or `invalid_config`.
    #[cfg_attr(test, ts(type = "string"))]
    verdict: Verdict,
    /// Why, where it was not the provider that said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The field that this is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The catalogue's words for this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    say: Option<String>,
    at: u64,
}

/// Something to see to: `kind` is a stable word, the times are milliseconds since 1970.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Care {
    kind: &'static str,
    /// When it expires, or since when it has had its secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    /// What a policy allows, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u32>,
}

/// An attempt that learned nothing, and a stable word for why.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Tried {
    at: u64,
    reason: String,
}

impl From<vault::Answer> for Said {
    fn from(answer: vault::Answer) -> Self {
        let vault::Answer { verdict, at, why, say, .. } = answer;
        let reason = why.as_ref().map(|why| why.word().to_owned());
        let field = why.as_ref().and_then(|why| why.field()).map(str::to_owned);
        Self { verdict, reason, field, say, at }
    }
}

impl From<vault::Care> for Care {
    fn from(care: vault::Care) -> Self {
        let (at, days) = match care {
            vault::Care::Expired { at } | vault::Care::ExpiresSoon { at } => (Some(at), None),
            vault::Care::TooOld { since, days } => (Some(since), Some(days)),
            vault::Care::Unreadable
            | vault::Care::Conflict
            | vault::Care::SharedName
            | vault::Care::Refused => (None, None),
        };
        Self { kind: care.word(), at, days }
    }
}

impl From<&vault::Attempt> for Tried {
    fn from(attempt: &vault::Attempt) -> Self {
        Self { at: attempt.at, reason: attempt.why.word().to_owned() }
    }
}
