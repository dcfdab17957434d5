//! What needs care about a credential, in words.

use keymoor_vault::{Care, Listing};

use crate::output::{counted, expiry, grouped};

/// After a new secret took the place of one whose expiry was said by hand.
pub(crate) const EXPIRY_GONE: &str = "When the old secret expires says nothing of the new one and is taken away. keymoor edit NAME --expires DATE sets it.";

const SHARED: &str =
    "another credential has this name, and a command cannot tell which is meant: keymoor edit ID --name NAME";

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// What a day may lack to be called one.
const SAVING_MS: u64 = 60 * 60 * 1000;

/// The status in a list, with what needs care behind it: `connected, expires in 5 days`.
pub(crate) fn status(word: &str, listing: &Listing, now: u64) -> String {
    let care = listing.care.iter().find_map(|care| short(*care, now));
    care.map_or_else(|| word.to_owned(), |care| format!("{word}, {care}"))
}

/// Everything, a sentence each.
pub(crate) fn sentences(listing: &Listing, now: u64) -> Vec<String> {
    let sentence = |care: &Care| match *care {
        Care::Expired { at } => {
            Some(format!("expired {}: make a new one, then keymoor edit NAME", expiry(at)))
        }
        Care::ExpiresSoon { at } => Some(format!("{}, {}", expires(at, now), expiry(at))),
        Care::TooOld { since, days } => Some(format!(
            "the secret is {} old, and a policy allows {}: make a new one, then keymoor edit NAME",
            counted((now.saturating_sub(since)) / DAY_MS, "day", "days"),
            grouped(u64::from(days))
        )),
        Care::SharedName => Some(SHARED.to_owned()),
        // Said where the status and the values are.
        Care::Refused | Care::Conflict | Care::Unreadable => None,
    };
    listing.care.iter().filter_map(sentence).collect()
}

/// In `keymoor status`.
pub(crate) fn count(number: u64) -> String {
    format!(
        "{}: keymoor list --status care",
        counted(number, "credential needs care", "credentials need care")
    )
}

/// What the status itself does not say, in a few words.
fn short(care: Care, now: u64) -> Option<String> {
    match care {
        Care::Expired { at } => Some(match now.saturating_sub(at) / DAY_MS {
            0 => "expired today".to_owned(),
            days => format!("expired {} ago", counted(days, "day", "days")),
        }),
        Care::ExpiresSoon { at } => Some(expires(at, now)),
        Care::TooOld { since, days } => Some(format!(
            "{} old of {}",
            counted(now.saturating_sub(since) / DAY_MS, "day", "days"),
            grouped(u64::from(days))
        )),
        Care::SharedName => Some("another has this name".to_owned()),
        Care::Refused | Care::Conflict | Care::Unreadable => None,
    }
}

/// Rounded down, so that nobody believes to have longer; but for the few minutes that saving it took: `--expires 5d` is in 5
/// days.
fn expires(at: u64, now: u64) -> String {
    match (at.saturating_sub(now) + SAVING_MS) / DAY_MS {
        0 => "expires within a day".to_owned(),
        days => format!("expires in {}", counted(days, "day", "days")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_told_and_never_too_many() {
        let at = |care| short(care, 100 * DAY_MS).unwrap();
        let soon = |days: f64| at(Care::ExpiresSoon { at: 100 * DAY_MS + (days * DAY_MS as f64) as u64 });
        assert_eq!(
            [soon(0.5), soon(1.9), soon(4.999), soon(5.0), soon(4.9)],
            [
                "expires within a day",
                "expires in 1 day",
                "expires in 5 days",
                "expires in 5 days",
                "expires in 4 days"
            ]
        );
        assert_eq!(at(Care::Expired { at: 100 * DAY_MS }), "expired today");
        assert_eq!(at(Care::Expired { at: 97 * DAY_MS }), "expired 3 days ago");
        assert_eq!(at(Care::TooOld { since: 0, days: 90 }), "100 days old of 90");
        assert_eq!(count(1), "1 credential needs care: keymoor list --status care");
    }
}
