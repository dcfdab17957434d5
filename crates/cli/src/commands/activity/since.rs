//! A moment as a user names it: a time, or how long ago.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Milliseconds since 1970; 0 for what was before.
///
/// # Errors
/// In words, for what is neither.
pub(crate) fn since(text: &str) -> Result<u64, String> {
    before(Timestamp::now(), text)
}

fn before(now: Timestamp, text: &str) -> Result<u64, String> {
    let wrong =
        || "not a time such as 2026-03-01 or 2026-03-01T14:05:00Z, and not a span such as 30m, 3h, 2d or 1w";
    let at = match (text.parse::<Timestamp>(), text.parse::<DateTime>(), text.parse::<Span>()) {
        (Ok(at), ..) => at,
        // Times without a zone are UTC, as all that are printed.
        (_, Ok(at), _) => at.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp(),
        (.., Ok(span)) => {
            let now = now.to_zoned(TimeZone::UTC);
            now.checked_sub(span.abs()).map_err(|_| wrong())?.timestamp()
        }
        _ => return Err(wrong().to_owned()),
    };
    Ok(u64::try_from(at.as_millisecond()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans_name_a_moment() {
        let now = "2026-03-03T12:00:00Z".parse::<Timestamp>().unwrap();
        let at = |text: &str| u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap();
        for (text, moment) in [
            ("2026-03-01", "2026-03-01T00:00:00Z"),
            ("2026-03-01T14:05", "2026-03-01T14:05:00Z"),
            ("2026-03-01T14:05:00Z", "2026-03-01T14:05:00Z"),
            ("2026-03-01T14:05:00+02:00", "2026-03-01T12:05:00Z"),
            ("2d", "2026-03-01T12:00:00Z"),
            ("3h", "2026-03-03T09:00:00Z"),
            ("90m", "2026-03-03T10:30:00Z"),
            ("1w", "2026-02-24T12:00:00Z"),
            ("1 day 2 hours", "2026-03-02T10:00:00Z"),
        ] {
            assert_eq!(before(now, text), Ok(at(moment)), "{text}");
        }
        assert_eq!(before(now, "100y"), Ok(0));
        for text in ["", "yesterday", "2", "2026-13-01", "99999999y"] {
            assert!(before(now, text).is_err(), "{text}");
        }
    }
}
