//! Whether a provider accepts a key, in words.

use keymoor_providers::{Verdict, providers, verify::Reason};
use keymoor_vault::{Answer, Attempt, Habits, Verification};

use crate::output::{minute, plain};

/// What an answer says, with the catalogue's own words if it has any.
pub(crate) fn verdict(verdict: Verdict, reason: Option<&Reason>, say: Option<&str>) -> String {
    if let Some(own) = reason.and_then(found_here) {
        return own;
    }
    let text = match verdict {
        Verdict::Valid => "accepted",
        Verdict::ValidLimited => "accepted, with limits",
        Verdict::Invalid => "refused: the provider does not know this key",
        Verdict::Expired => "expired",
        Verdict::Disabled => "switched off at the provider",
        Verdict::InvalidConfig if say.is_some() => "refused",
        Verdict::InvalidConfig => "refused: something beside the key is wrong, such as its host or account",
        Verdict::Retry => "asked too often, come again later",
        Verdict::Indeterminate => reason.map_or("not known", why),
    };
    match say {
        Some(say) => format!("{text}: {}", plain(say)),
        None => text.to_owned(),
    }
}

/// When this device asks by itself.
pub(crate) fn habits(habits: Habits) -> String {
    let word = |on| if on { "on" } else { "off" };
    format!(
        "This device verifies after a save: {}; in the background while the window is open: {}.",
        word(habits.on_save),
        word(habits.in_background)
    )
}

/// What is known of a credential: the answer, since when, and that the provider could not be asked since.
pub(crate) fn known(verification: &Verification, now: u64) -> String {
    let tried = verification.tried.as_ref().map(|Attempt { at, why: cause }| {
        let cause = cause.reason().map_or("no answer", |reason| why(&reason));
        format!("{cause} ({})", minute(*at))
    });
    match (&verification.answer, tried) {
        (None, None) => "not verified yet".to_owned(),
        (None, Some(tried)) => format!("not verified yet: {tried}"),
        (Some(answer), None) => answered(answer, verification.good_at, now),
        (Some(answer), Some(tried)) => {
            format!("{}; not checked since: {tried}", answered(answer, verification.good_at, now))
        }
    }
}

fn answered(answer: &Answer, good_at: Option<u64>, now: u64) -> String {
    let reason = answer.why.as_ref().and_then(|cause| cause.reason());
    let mut text = match answer.has_expired(now) && answer.verdict.is_good() {
        true => "expired".to_owned(),
        false => verdict(answer.verdict, reason.as_ref(), answer.say.as_deref()),
    };
    if let Some(identity) = &answer.identity {
        text.push_str(&format!(", {}", plain(identity)));
    }
    text.push_str(&format!(" ({})", minute(answer.at)));
    if let Some(expires) = answer.expires {
        let word = if expires <= now { "expired" } else { "expires" };
        text.push_str(&format!(", {word} {}", minute(expires)));
    }
    match good_at {
        Some(good) if answer.verdict.is_bad() => text + &format!(", good until {} at least", minute(good)),
        _ => text,
    }
}

/// What was found out here, before anything was sent.
fn found_here(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::MissingField(field) => {
            let field = plain(field);
            let way = match is_secret(&field) {
                true => format!("--fields-stdin, with {{\"{field}\": \"…\"}} as input"),
                false => format!("--set {field}=…"),
            };
            format!("nothing was sent: {field} is empty. keymoor edit NAME {way}")
        }
        Reason::BadField(field) => format!("nothing was sent: {} is not what belongs there", plain(field)),
        Reason::HostRefused(field) => {
            format!("nothing was sent: {} names a host that is not the provider's", plain(field))
        }
        Reason::NotEncrypted(field) => {
            format!("nothing was sent: {} is an address without TLS", plain(field))
        }
        _ => return None,
    })
}

/// Whether a field of this name is a secret of some provider: none is to stand in the arguments of a command.
fn is_secret(field: &str) -> bool {
    providers().any(|provider| provider.field(field).is_some_and(|field| field.secret))
}

/// Why nothing was learned.
fn why(reason: &Reason) -> &'static str {
    match reason {
        Reason::Answered | Reason::Unlisted => "the provider gave an answer that says nothing about the key",
        Reason::RateLimited => "asked too often, come again later",
        Reason::ServerError => "the provider has a fault of its own",
        Reason::Page => "a page for people came instead of an answer, from a login of the network perhaps",
        Reason::Redirected => "the provider points elsewhere, and the key was not sent there",
        Reason::CutOff | Reason::TooLarge => "the answer was cut off or far too long",
        Reason::TimedOut => "no answer in time",
        Reason::Unreachable => "the provider could not be reached",
        Reason::NoSuchHost => "the host does not exist",
        Reason::Tls => "no trusted connection, so nothing was sent",
        Reason::Clock => "the clock of this machine is wrong by minutes, and the request states it",
        Reason::NoCheck => "there is no way to verify it",
        Reason::SideEffect => "verifying it costs something: name it to do that",
        Reason::Another => "by its looks it is a key of another provider: name it to ask all the same",
        Reason::Cancelled => "not asked any more",
        Reason::MissingField(_) | Reason::BadField(_) | Reason::HostRefused(_) | Reason::NotEncrypted(_) => {
            "a field is missing or wrong"
        }
    }
}
