//! A moment as a user names it: a time, or how long ago.

/// Milliseconds since 1970; 0 for what was before.
///
/// # Errors
/// In words, for what is neither.
pub(crate) fn since(text: &str) -> Result<u64, String> {
    let wrong =
        "not a time such as 2026-03-01 or 2026-03-01T14:05:00Z, and not a span such as 30m, 3h, 2d or 1w";
    keymoor_vault::since(text).ok_or_else(|| wrong.to_owned())
}
