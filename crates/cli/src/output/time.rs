//! Times as people are told them: to the minute, in UTC.

use jiff::Timestamp;
use keymoor_vault::moments::{at, is_end_of_day};

/// `2026-03-01 14:05 UTC`.
pub(crate) fn minute(milliseconds: u64) -> String {
    at(milliseconds).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `2026-03-01`, the day in UTC.
pub(crate) fn date(milliseconds: u64) -> String {
    at(milliseconds).strftime("%Y-%m-%d").to_string()
}

/// When something expires: a day as it was typed, or a time to the minute.
pub(crate) fn expiry(milliseconds: u64) -> String {
    match is_end_of_day(milliseconds) {
        true => format!("at the end of {} UTC", date(milliseconds)),
        false => minute(milliseconds),
    }
}

/// This machine's clock, milliseconds since 1970.
pub(crate) fn now() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_in_utc() {
        assert_eq!(date(1_772_373_909_250), "2026-03-01");
        assert_eq!(minute(1_772_373_909_250), "2026-03-01 14:05 UTC");
        assert!(minute(u64::MAX).starts_with("9999-"));
        assert_eq!(expiry(1_772_373_909_250), "2026-03-01 14:05 UTC");
        assert_eq!(expiry(1_772_409_599_000), "at the end of 2026-03-01 UTC");
    }
}
