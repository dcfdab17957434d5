//! Times: RFC 3339 for programs, to the minute for people, both in UTC.

use jiff::Timestamp;

/// `2026-03-01T14:05:09.25Z`. `milliseconds` since 1970.
pub(crate) fn rfc3339(milliseconds: u64) -> String {
    at(milliseconds).to_string()
}

/// `2026-03-01 14:05 UTC`.
pub(crate) fn minute(milliseconds: u64) -> String {
    at(milliseconds).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `2026-03-01`, the day in UTC.
pub(crate) fn date(milliseconds: u64) -> String {
    at(milliseconds).strftime("%Y-%m-%d").to_string()
}

/// This machine's clock, milliseconds since 1970.
pub(crate) fn now() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0)
}

/// A time beyond the year 9999 was not told by a clock; the last one stands for it.
fn at(milliseconds: u64) -> Timestamp {
    i64::try_from(milliseconds)
        .ok()
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_772_373_909_250), "2026-03-01T14:05:09.25Z");
        assert_eq!(date(1_772_373_909_250), "2026-03-01");
        assert_eq!(minute(1_772_373_909_250), "2026-03-01 14:05 UTC");
        assert!(rfc3339(u64::MAX).starts_with("9999-"));
    }
}
