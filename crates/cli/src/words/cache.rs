//! The copy on this disk.

use keymoor_vault::{CacheError, Config};

use super::Words;
use crate::output::plain;

pub(super) fn words(error: CacheError) -> Words {
    match error {
        CacheError::Full => Words::new(format!("The disk is full{}.", place()))
            .safe("Nothing was changed; what is stored stays as it is.")
            .hint("Make room and try again."),
        CacheError::ReadOnly => Words::new(format!("The data directory may not be written to{}.", place()))
            .safe("Nothing was changed; what is stored stays as it is.")
            .hint("Look at its owner and rights, and whether its disk is mounted read-only."),
        CacheError::Damaged => Words::new("The cache file on this disk is damaged.")
            .safe("It is left as it is. What the keychain or the server has is not touched by it.")
            .hint(
                "With a keychain, keymoor doctor --repair sets it aside and makes a new one.\n\
                 Without one: move keymoor.db away, then keymoor unlock --kit FILE, or --recovery FILE, brings back what \
                 the server has.",
            ),
        CacheError::Record(_) => Words::new("A record in the cache on this disk is damaged.")
            .safe("The others are not touched by it.")
            .hint("keymoor doctor --repair takes it from another home."),
        CacheError::Newer { found, known } => Words::new(format!(
            "A newer version of Keymoor has been at work here (format {found}, this version knows up to {known})."
        ))
        .safe("Nothing was touched.")
        .hint("Use the newer version: keymoor --version"),
        CacheError::Migration => Words::new("The cache file on this disk is not in the form that its version says.")
            .safe("Nothing was touched.")
            .hint("Use the version of Keymoor that wrote it, or move the file away to have it made anew."),
        CacheError::Busy => Words::new("Another Keymoor process has been holding the cache for very long.")
            .safe("Nothing was changed.")
            .hint("Try again in a moment."),
        CacheError::Replaced => {
            Words::new("The cache file was moved or deleted while it was in use.").safe("Nothing was changed.").hint("Try again.")
        }
        CacheError::Io { .. } | CacheError::Other(_) => Words::new(format!("The cache on this disk could not be used{}.", place()))
            .safe("What was not acknowledged was not stored.")
            .hint("Look at the disk; keymoor doctor looks at every home."),
    }
}

/// Where the data directory is, as far as it is known.
pub(super) fn place() -> String {
    let home = Config::from_environment().map(|config| config.home.display().to_string());
    home.map(|home| format!(" ({})", plain(&home))).unwrap_or_default()
}
