//! Which credentials are listed.

use super::Listing;

/// What to list. The default lists everything in use.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words that must all occur in name, provider, labels, note or open fields; case does not matter.
    pub query: Option<String>,
    /// Only this provider.
    pub provider: Option<String>,
    /// Only with this label.
    pub label: Option<String>,
    /// The trash instead.
    pub trashed: bool,
}

impl Filter {
    /// `text`: what is searched besides what the listing has.
    pub(super) fn fits(&self, listing: &Listing, text: &str) -> bool {
        let provider =
            self.provider.as_ref().is_none_or(|provider| provider.to_lowercase() == listing.provider);
        let label = self.label.as_ref().is_none_or(|label| listing.labels.contains(label));
        let query = self.query.as_ref().is_none_or(|query| {
            let shown = format!("{} {} {}", listing.provider, listing.display, listing.labels.join(" "));
            let text = format!("{shown} {text}").to_lowercase();
            query.to_lowercase().split_whitespace().all(|word| text.contains(word))
        });
        provider && label && query
    }
}
