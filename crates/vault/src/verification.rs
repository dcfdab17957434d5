//! What is known of whether a provider accepts a credential.
//!
//! It lies in the device records, outside history: whoever asked last and got an answer is believed, by the time of the
//! asking. That a provider could not be asked is no answer and changes none.

mod reason;

use keymoor_protocol::base64url;
use keymoor_providers::Verdict;
use keymoor_providers::verify::Report;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::content::shown::Shown;

/// Names the values of a credential that were verified. Once they change, what was known is known no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Values([u8; 9]);

/// What a provider said of a credential, and whether it could be asked since. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    #[serde(with = "base64url", rename = "of")]
    values: Values,
    /// The last answer that says something about the credential.
    #[serde(rename = "ans", default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// When it was good last.
    #[serde(rename = "good", default, skip_serializing_if = "Option::is_none")]
    pub good_at: Option<u64>,
    /// The last attempt, if it learned nothing.
    #[serde(rename = "try", default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Attempt>,
}

/// An answer that says something about a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What it says. Never that nothing was learned.
    #[serde(rename = "is")]
    pub verdict: Verdict,
    /// When.
    pub at: u64,
    /// Cause, where it was not the provider that said so: a field that is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Cause>,
    /// What the catalogue tells of this answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// The HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Whose key it is, in the provider's words.
    #[serde(rename = "who", default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// When the key expires.
    #[serde(rename = "exp", default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// An attempt that learned nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: u64,
    /// Cause not.
    pub why: Cause,
}

/// A [`keymoor_providers::Reason`] as it is kept. One of a later version is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cause(String);

/// Whether the provider accepts a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// It did when it was asked last.
    Connected,
    /// It did not, or what stands beside the key is wrong, or the key has expired since.
    Error,
    /// Switched off, by the user or at the provider.
    Disabled,
    /// It was never asked about these values.
    Unchecked,
    /// The record is of a newer version, or does not open.
    Unreadable,
}

impl Verification {
    /// What is known of these values after a report, `before` being what was known.
    pub(crate) fn after(before: Option<Self>, values: Values, report: &Report, now: u64) -> Self {
        let mut known = before.filter(|before| before.values == values).unwrap_or(Self {
            values,
            answer: None,
            good_at: None,
            tried: None,
        });
        let why = Cause::of(&report.reason);
        if !report.verdict.is_good() && !report.verdict.is_bad() {
            known.tried = Some(Attempt { at: now, why: why.unwrap_or_default() });
            return known;
        }
        if report.verdict.is_good() {
            known.good_at = Some(now);
        }
        // What was found out before of a key that is refused now is still whose it was.
        let identity = report.identity.clone().or(known.answer.and_then(|answer| answer.identity));
        known.answer = Some(Answer {
            verdict: report.verdict,
            at: now,
            why,
            say: report.say.clone(),
            status: report.status,
            identity,
            expires: report.expires.and_then(|seconds| u64::try_from(seconds).ok()?.checked_mul(1000)),
        });
        known.tried = None;
        known
    }

    /// What two devices know of the same credential: the later answer, and a later attempt.
    pub(crate) fn merge(self, other: Self) -> Self {
        let at = |known: &Self| known.answer.as_ref().map(|answer| answer.at);
        let tried = |known: &Self| known.tried.as_ref().map(|tried| tried.at);
        let (mut newer, older) = if (at(&self), tried(&self)) >= (at(&other), tried(&other)) {
            (self, other)
        } else {
            (other, self)
        };
        if newer.values != older.values {
            return newer;
        }
        newer.good_at = newer.good_at.max(older.good_at);
        if tried(&older) > tried(&newer).max(at(&newer)) {
            newer.tried = older.tried;
        }
        newer
    }

    pub(crate) fn is_of(&self, values: Values) -> bool {
        self.values == values
    }

    /// What the last answer says.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        self.answer.as_ref().map(|answer| answer.verdict)
    }

    /// When anything was last heard or tried.
    pub(crate) fn latest(&self) -> u64 {
        let answered = self.answer.as_ref().map_or(0, |answer| answer.at);
        answered.max(self.tried.as_ref().map_or(0, |tried| tried.at))
    }

    /// What it comes to at a time.
    pub fn status(&self, now: u64) -> CheckStatus {
        match &self.answer {
            None => CheckStatus::Unchecked,
            Some(answer) if answer.verdict == Verdict::Disabled => CheckStatus::Disabled,
            Some(answer) if answer.verdict.is_bad() || answer.has_expired(now) => CheckStatus::Error,
            Some(_) => CheckStatus::Connected,
        }
    }
}

impl Answer {
    /// Whether the time that the provider named has passed.
    pub fn has_expired(&self, now: u64) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

impl Values {
    /// Of the values that are shown: secret and open fields, and the provider. Not the name, the note or the labels.
    pub(crate) fn of(meta: &impl Shown) -> Self {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        part(meta.text(crate::content::field::PROVIDER).as_bytes());
        for (name, _, fingerprint) in meta.parts() {
            part(name.as_bytes());
            part(fingerprint);
        }
        for (name, text) in meta.open_fields() {
            part(name.as_bytes());
            part(text.as_bytes());
        }
        let mut short = [0; 9];
        short.copy_from_slice(&hash.finalize()[..9]);
        Self(short)
    }
}

impl AsRef<[u8]> for Values {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for Values {
    type Error = ();

    fn try_from(bytes: Vec<u8>) -> Result<Self, ()> {
        bytes.try_into().map(Self).map_err(drop)
    }
}

#[cfg(test)]
mod tests;
