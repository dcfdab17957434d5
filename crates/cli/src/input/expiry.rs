//! When a key expires, as a user says it: a date, a time, how long from now, or never.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Milliseconds since 1970; none for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiry(pub(crate) Option<u64>);

/// # Errors
/// In words, for what is none.
pub(crate) fn expiry(text: &str) -> Result<Expiry, String> {
    after(Timestamp::now(), text)
}

fn after(now: Timestamp, text: &str) -> Result<Expiry, String> {
    let wrong =
        || "not a date such as 2027-03-01, a time such as 2027-03-01T14:05:00Z, a span such as 90d, or never";
    let at = match (text.parse::<Timestamp>(), text.parse::<DateTime>(), text.parse::<Span>()) {
        _ if text == "never" => return Ok(Expiry(None)),
        (Ok(at), ..) => at,
        // A date is its first moment, in UTC as all times that are printed: rather told too early.
        (_, Ok(at), _) => at.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp(),
        (.., Ok(span)) if span.is_positive() => {
            now.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| wrong())?.timestamp()
        }
        _ => return Err(wrong().to_owned()),
    };
    let at = u64::try_from(at.as_millisecond()).map_err(|_| wrong())?;
    Ok(Expiry(Some(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_times_and_spans_name_a_moment() {
        let now = "2026-03-03T12:00:00Z".parse::<Timestamp>().unwrap();
        for (text, moment) in [
            ("2027-03-01", "2027-03-01T00:00:00Z"),
            ("2027-03-01T14:05:00+02:00", "2027-03-01T12:05:00Z"),
            ("90d", "2026-06-01T12:00:00Z"),
            ("1y", "2027-03-03T12:00:00Z"),
        ] {
            let at: Timestamp = moment.parse().unwrap();
            assert_eq!(after(now, text), Ok(Expiry(u64::try_from(at.as_millisecond()).ok())), "{text}");
        }
        assert_eq!(after(now, "never"), Ok(Expiry(None)));
        for text in ["", "soon", "90", "-3d", "2027-13-01", "1969-01-01", "99999999y"] {
            assert!(after(now, text).is_err(), "{text}");
        }
    }
}
