//! Times: RFC 3339 in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// `2026-03-01T14:05:09.25Z`. `milliseconds` since 1970; a time beyond the year 9999 was not told by a clock.
pub(crate) fn rfc3339(milliseconds: u64) -> String {
    at(milliseconds).to_string()
}

/// Milliseconds since 1970 of a time (`2026-03-01T14:05:00Z`) or a day (`2026-03-01`); 0 for what was before.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let timestamp = text.parse::<Timestamp>().ok();
    let day = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
    let at = timestamp.or_else(day)?;
    Some(u64::try_from(at.as_millisecond()).unwrap_or(0))
}

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
    fn times_and_days_name_a_moment() {
        assert_eq!(parse("1970-01-02"), Some(24 * 60 * 60 * 1000));
        assert_eq!(parse("1970-01-01T00:00:01.5Z"), Some(1500));
        assert_eq!(parse("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse("1960-01-01"), Some(0));
        assert_eq!(rfc3339(1500), "1970-01-01T00:00:01.5Z");
        for text in ["", "yesterday", "2d", "2026-13-01"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
