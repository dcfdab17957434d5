//! Times: RFC 3339 in UTC.

use jiff::Timestamp;

/// `2026-03-01T14:05:09.25Z`. `milliseconds` since 1970; a time beyond the year 9999 was not told by a clock.
pub(crate) fn rfc3339(milliseconds: u64) -> String {
    at(milliseconds).to_string()
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
    fn a_moment_is_told_in_utc() {
        assert_eq!(rfc3339(1500), "1970-01-01T00:00:01.5Z");
        assert_eq!(rfc3339(u64::MAX), "9999-12-30T22:00:00.999999999Z");
    }
}
