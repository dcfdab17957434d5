//! What needs care about a credential: told from what is known of it, without asking anybody and without opening a secret.

use keymoor_providers::Verdict;

use crate::content::field;
use crate::content::shown::Shown;
use crate::list::Listing;
use crate::policies::Policies;
use crate::verification::CheckStatus;

/// How long before it expires a credential is told of, in milliseconds: two weeks.
pub const AHEAD_MS: u64 = 14 * DAY_MS;
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Something about a credential that its user should see to. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Care {
    /// No copy of it within reach opens.
    Unreadable,
    /// Two devices gave it different values.
    Conflict,
    /// Another credential has the same provider and name: a command that is given them cannot tell which is meant.
    SharedName,
    /// Its time has passed.
    Expired {
        /// When it did.
        at: u64,
    },
    /// The provider does not accept it, or something beside the key is wrong.
    Refused,
    /// Its time passes within [`AHEAD_MS`].
    ExpiresSoon {
        /// When it does.
        at: u64,
    },
    /// Its secret is older than a policy allows.
    TooOld {
        /// Since when it has had this secret.
        since: u64,
        /// What the policy allows, in days.
        days: u32,
    },
}

impl Care {
    /// A stable word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Conflict => "conflict",
            Self::SharedName => "shared_name",
            Self::Expired { .. } => "expired",
            Self::Refused => "refused",
            Self::ExpiresSoon { .. } => "expiring",
            Self::TooOld { .. } => "old",
        }
    }
}

/// Everything that needs care about a listed credential, the most urgent first. One in the trash needs none, and one that is
/// switched off only that its values are settled.
pub(crate) fn care(listing: &Listing, policies: &Policies, now: u64) -> Vec<Care> {
    if listing.status == CheckStatus::Unreadable {
        return vec![Care::Unreadable];
    }
    if listing.trashed {
        return Vec::new();
    }
    let mut found = Vec::new();
    if listing.alternates > 0 {
        found.push(Care::Conflict);
    }
    if !listing.on {
        return found;
    }
    match listing.expires {
        Some(at) if at <= now => found.push(Care::Expired { at }),
        Some(at) if at - now <= AHEAD_MS => found.push(Care::ExpiresSoon { at }),
        _ => {}
    }
    let answer = listing.verification.as_ref().and_then(|known| known.answer.as_ref());
    let refused = answer.is_some_and(|answer| answer.verdict.is_bad());
    // That it has expired is said already, where the provider names no other reason.
    let told = answer.is_some_and(|answer| answer.verdict == Verdict::Expired)
        && matches!(found.last(), Some(Care::Expired { .. }));
    if refused && !told {
        found.push(Care::Refused);
    }
    if let Some(days) = policies.limit(&listing.provider, &listing.labels)
        && now.saturating_sub(listing.since) > u64::from(days) * DAY_MS
    {
        found.push(Care::TooOld { since: listing.since, days });
    }
    found.sort_unstable();
    found
}

/// When the user said that it expires.
pub(crate) fn expires_as_set(shown: &impl Shown) -> Option<u64> {
    let text = Some(shown.text(field::EXPIRES)).filter(|text| !text.is_empty())?;
    let at: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok()
}

/// A time as the field keeps it; empty for none.
pub(crate) fn expiry_text(at: Option<u64>) -> String {
    let at = at.and_then(|at| jiff::Timestamp::from_millisecond(i64::try_from(at).ok()?).ok());
    at.map(|at| at.to_string()).unwrap_or_default()
}

/// Since when it has had the secret that is shown. A record of before that was written down says when it was made, or, where
/// its latest change was the secret, when that was.
pub(crate) fn since(shown: &impl Shown) -> u64 {
    let (created, updated) = shown.times();
    let latest = || if shown.key_counter() == shown.version() { updated } else { created };
    shown.text(field::SINCE).parse().unwrap_or_else(|_| latest())
}

#[cfg(test)]
mod tests;
