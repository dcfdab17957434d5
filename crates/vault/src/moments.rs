//! Moments as people and programs name them (a day, a time, or how long ago or from now), and as they are told.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::care::DAY_MS;

/// When something expires: a time (`2027-03-01T14:05:00Z`) or a day (`2027-03-01`), which is its last second, for it is good
/// on that day. Milliseconds since 1970; 0 for what was before, `None` for what names no moment. Times without a zone are UTC.
pub fn moment(text: &str) -> Option<u64> {
    Some(u64::try_from(ended(text)?.as_millisecond()).unwrap_or(0))
}

/// Whether this is what a day is as a moment at which something expires: its last second. Milliseconds since 1970.
pub fn is_end_of_day(milliseconds: u64) -> bool {
    milliseconds % DAY_MS == DAY_MS - 1000
}

/// A moment in the past: a time, a day, or how long ago (`30m`, `2d`, `1w`). Milliseconds since 1970; 0 for what was before,
/// `None` for what names no moment. Times without a zone are UTC.
pub fn since(text: &str) -> Option<u64> {
    since_of(Timestamp::now(), text)
}

/// The same of a moment to come, which may also be said as how long from now (`12h`, `90d`, `6mo`). Milliseconds since 1970.
/// `None` for what names no moment, and for minutes: whoever says `6m` of a key means months.
pub fn until(text: &str) -> Option<u64> {
    until_of(Timestamp::now(), text)
}

/// As programs are told a moment: `2026-03-01T14:05:09.25Z`. `milliseconds` since 1970.
pub fn rfc3339(milliseconds: u64) -> String {
    at(milliseconds).to_string()
}

/// A moment by the clock of whoever told it. A time beyond the year 9999 was not told by a clock; the last one stands for it.
pub fn at(milliseconds: u64) -> Timestamp {
    let milliseconds = i64::try_from(milliseconds).ok();
    let at = milliseconds.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
    at.unwrap_or(Timestamp::MAX)
}

fn since_of(now: Timestamp, text: &str) -> Option<u64> {
    let at = match (named(text), text.parse::<Span>()) {
        (Some(at), _) => at,
        (None, Ok(span)) => now.to_zoned(TimeZone::UTC).checked_sub(span.abs()).ok()?.timestamp(),
        (None, Err(_)) => return None,
    };
    Some(u64::try_from(at.as_millisecond()).unwrap_or(0))
}

fn until_of(now: Timestamp, text: &str) -> Option<u64> {
    let at = match (ended(text), text.parse::<Span>()) {
        (Some(at), _) => at,
        (None, Ok(span)) if span.is_positive() && span.get_minutes() == 0 => {
            now.to_zoned(TimeZone::UTC).checked_add(span).ok()?.timestamp()
        }
        (None, _) => return None,
    };
    u64::try_from(at.as_millisecond()).ok()
}

/// The moment that is named, of a day its last second.
fn ended(text: &str) -> Option<Timestamp> {
    match text.parse::<Date>() {
        // A time is a date, too, to whoever reads no further.
        Ok(day) if day.to_string() == text => {
            Some(day.at(23, 59, 59, 0).to_zoned(TimeZone::UTC).ok()?.timestamp())
        }
        _ => named(text),
    }
}

fn named(text: &str) -> Option<Timestamp> {
    let day = || Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    text.parse::<Timestamp>().ok().or_else(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_or_a_day_names_a_moment() {
        assert_eq!(moment("1970-01-01T01:00:00.5+01:00"), Some(500));
        assert_eq!((moment("1970-01-02"), moment("1960-01-01")), (Some(2 * DAY_MS - 1000), Some(0)));
        assert_eq!(moment("1970-01-02T00:00"), Some(DAY_MS));
        assert_eq!((moment("2d"), moment("never")), (None, None));
        assert!(moment("2027-03-01").is_some_and(is_end_of_day) && !is_end_of_day(DAY_MS));
    }

    fn read(text: &str) -> Option<u64> {
        u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).ok()
    }

    #[test]
    fn times_and_spans_name_a_moment_in_the_past() {
        let now = "2026-03-03T12:00:00Z".parse::<Timestamp>().unwrap();
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
            assert_eq!(since_of(now, text), read(moment), "{text}");
        }
        assert_eq!((since_of(now, "100y"), since_of(now, "1960-01-01")), (Some(0), Some(0)));
        for text in ["", "yesterday", "2", "2026-13-01", "99999999y"] {
            assert_eq!(since_of(now, text), None, "{text}");
        }
    }

    #[test]
    fn dates_times_and_spans_name_a_moment_to_come() {
        let now = "2026-03-03T12:00:00Z".parse::<Timestamp>().unwrap();
        for (text, moment) in [
            ("2027-03-01", "2027-03-01T23:59:59Z"),
            ("2027-03-01T00:00", "2027-03-01T00:00:00Z"),
            ("2027-03-01T14:05:00+02:00", "2027-03-01T12:05:00Z"),
            ("90d", "2026-06-01T12:00:00Z"),
            ("1y", "2027-03-03T12:00:00Z"),
            ("6mo", "2026-09-03T12:00:00Z"),
        ] {
            assert_eq!(until_of(now, text), read(moment), "{text}");
        }
        for text in ["", "soon", "90", "6m", "-3d", "2027-13-01", "1969-01-01", "99999999y"] {
            assert_eq!(until_of(now, text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_is_told_in_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_772_373_909_250), "2026-03-01T14:05:09.25Z");
        assert_eq!(rfc3339(u64::MAX), "9999-12-30T22:00:00.999999999Z");
    }
}
