//! Reasons as they are kept in a device's record: words of ours, with a field's name behind some.

use keymoor_providers::verify::Reason;

use super::Cause;

/// Each reason with its word.
const WORDS: [(Reason, &str); 16] = [
    (Reason::Unlisted, "unlisted"),
    (Reason::RateLimited, "rate_limited"),
    (Reason::ServerError, "server_error"),
    (Reason::Page, "page"),
    (Reason::Redirected, "redirected"),
    (Reason::CutOff, "cut_off"),
    (Reason::TooLarge, "too_large"),
    (Reason::TimedOut, "timed_out"),
    (Reason::Unreachable, "unreachable"),
    (Reason::NoSuchHost, "no_such_host"),
    (Reason::Tls, "tls"),
    (Reason::Clock, "clock"),
    (Reason::NoCheck, "no_check"),
    (Reason::SideEffect, "side_effect"),
    (Reason::Another, "another"),
    (Reason::Cancelled, "cancelled"),
];

impl Cause {
    /// `None`: the provider answered, and what it said is the reason.
    pub fn of(reason: &Reason) -> Option<Self> {
        let text = match reason {
            Reason::Answered => return None,
            Reason::MissingField(field) => format!("missing_field {field}"),
            Reason::BadField(field) => format!("bad_field {field}"),
            Reason::HostRefused(field) => format!("host_refused {field}"),
            Reason::NotEncrypted(field) => format!("not_encrypted {field}"),
            plain => {
                let word = WORDS.iter().find(|(reason, _)| reason == plain);
                word.map_or("unlisted", |(_, word)| word).to_owned()
            }
        };
        Some(Self(text))
    }

    /// Its stable word.
    pub fn word(&self) -> &str {
        self.0.split_once(' ').map_or(self.0.as_str(), |(word, _)| word)
    }

    /// The field that it is about.
    pub fn field(&self) -> Option<&str> {
        self.0.split_once(' ').map(|(_, field)| field)
    }

    /// `None` for a reason of a later version.
    pub fn reason(&self) -> Option<Reason> {
        let (word, field) = self.0.split_once(' ').unwrap_or((&self.0, ""));
        let field = field.to_owned();
        Some(match word {
            "missing_field" => Reason::MissingField(field),
            "bad_field" => Reason::BadField(field),
            "host_refused" => Reason::HostRefused(field),
            "not_encrypted" => Reason::NotEncrypted(field),
            word => WORDS.iter().find(|(_, known)| *known == word)?.0.clone(),
        })
    }
}

/// Nothing is known of why.
impl Default for Cause {
    fn default() -> Self {
        Self("unlisted".to_owned())
    }
}
