//! When a key expires, as a user says it: a date, a time, how long from now, or never.

use keymoor_vault::until;

/// Milliseconds since 1970; none for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiry(pub(crate) Option<u64>);

/// # Errors
/// In words, for what is none.
pub(crate) fn expiry(text: &str) -> Result<Expiry, String> {
    let wrong = "not a date such as 2027-03-01, a time such as 2027-03-01T14:05:00Z, a span such as 90d or 6mo, or never";
    match (text, until(text)) {
        ("never", _) => Ok(Expiry(None)),
        (_, Some(at)) => Ok(Expiry(Some(at))),
        (_, None) => Err(wrong.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_to_come_or_never() {
        assert_eq!(expiry("2027-03-01"), Ok(Expiry(until("2027-03-01"))));
        assert_eq!(expiry("never"), Ok(Expiry(None)));
        assert!(expiry("soon").is_err() && expiry("6m").is_err());
    }
}
