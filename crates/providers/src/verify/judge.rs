//! What an answer means, by the catalogue; and what no catalogue can make of one.

use std::time::SystemTime;

use jiff::{Timestamp, civil::Date, fmt::rfc2822, tz::TimeZone};

use super::{
    fill::Source,
    reply::Reply,
    report::{Reason, Report},
};
use crate::catalogue::{Answer, Check, Failure};

/// What an HTTP answer says about the credential.
pub(super) fn judge(check: &Check, source: &Source<'_>, reply: &Reply) -> Report {
    let filled = |text: &str| source.text(text).ok().flatten().map(|text| text.as_str().to_owned());
    let is_page = reply.is_page();
    let fits = |answer: &&Answer| {
        answer.failure.is_none()
            && answer.sqlstate.is_none()
            && reply.has_status(&answer.status)
            && (answer.page || !is_page)
            && answer.when.iter().all(|condition| reply.fits(condition, filled))
    };
    let mut report = match check.answers.iter().find(fits) {
        // Whatever a server in trouble says, it is not about the key.
        Some(answer) if answer.is.is_bad() && reply.status >= 500 => Reason::ServerError.into(),
        Some(answer) => {
            let mut report = told(answer, Reason::Answered);
            if answer.is.is_good() {
                report.identity = check.identity.iter().find_map(|place| reply.text_at(place));
            }
            let place = check.expiry.as_ref();
            report.expires = place.and_then(|place| reply.text_at(place)).and_then(|text| time(&text));
            report
        }
        None => Report::from(match reply.status {
            429 => Reason::RateLimited,
            300..=399 => Reason::Redirected,
            500.. => Reason::ServerError,
            _ if is_page => Reason::Page,
            _ => Reason::Unlisted,
        }),
    };
    report.status = Some(reply.status);
    report
}

/// What a host that does not exist says.
pub(super) fn judge_failure(check: &Check, failure: Failure) -> Report {
    match check.answers.iter().find(|answer| answer.failure == Some(failure)) {
        Some(answer) => told(answer, Reason::NoSuchHost),
        None => Reason::NoSuchHost.into(),
    }
}

/// What an answer of a PostgreSQL server says.
pub(super) fn judge_sqlstate(check: &Check, state: &str) -> Report {
    match check.answers.iter().find(|answer| answer.sqlstate.as_deref() == Some(state)) {
        Some(answer) => told(answer, Reason::Answered),
        None => Reason::Unlisted.into(),
    }
}

/// A signature holds for minutes around the time that it states: where this machine's clock is further off, the provider
/// refuses a good key in the words for a bad one.
pub(super) fn mind_the_clock(report: Report, reply: &Reply, now: SystemTime) -> Report {
    const MINUTES: i64 = 5 * 60;
    let date = reply.headers.get("date").and_then(|date| date.to_str().ok());
    let theirs = date.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp().as_second());
    let ours = Timestamp::try_from(now).ok().map(Timestamp::as_second);
    match theirs.zip(ours) {
        Some((theirs, ours)) if report.verdict.is_bad() && theirs.abs_diff(ours) > MINUTES as u64 => {
            Report { status: report.status, ..Reason::Clock.into() }
        }
        _ => report,
    }
}

fn told(answer: &Answer, reason: Reason) -> Report {
    Report { say: answer.say.clone(), ..Report::new(answer.is, reason) }
}

/// A point in time as providers write it: a Unix time, a date, or both with a zone. A zero stands for never.
fn time(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        // Some count milliseconds: as seconds these would lie in the year 5000 and later.
        let seconds = if seconds > 100_000_000_000 { seconds / 1000 } else { seconds };
        return (seconds > 0).then_some(seconds);
    }
    if let Ok(date) = text.parse::<Date>()
        && text.len() == "2026-01-31".len()
    {
        return date.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp().as_second());
    }
    let zoned = text.strip_suffix(" UTC").map(|time| format!("{time}Z"));
    let text = zoned.as_deref().unwrap_or(text);
    // "2026-01-31 12:00:00 +0100"
    let spaced = || Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text).ok();
    let time = text.parse::<Timestamp>().ok().or_else(spaced)?;
    Some(time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form() {
        for text in [
            "1767225600",
            "1767225600000",
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.000Z",
            "2026-01-01T01:00:00+01:00",
            "2026-01-01 00:00:00 UTC",
            "2026-01-01 01:00:00 +0100",
        ] {
            assert_eq!(time(text), Some(1_767_225_600), "{text}");
        }
        for text in ["0", "-1", "never", "", "2026-13-01"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
