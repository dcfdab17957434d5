//! Why a service that is on uses no credential.

use keymoor_protocol::RecordId;

use crate::error::Error;

/// Why a service that is on uses no credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyNone {
    /// There is none that it takes.
    Nothing,
    /// None was chosen, or the chosen one cannot be used; these could be meant: `provider/name`, as shown.
    Which(Vec<String>),
    /// One that may be meant does not open.
    Unreadable(RecordId),
}

impl WhyNone {
    /// # Errors
    /// Whatever says nothing of the credentials, but of the cache.
    pub(super) fn of(error: Error) -> Result<Self, Error> {
        match error {
            Error::NothingToUse => Ok(Self::Nothing),
            Error::WhichCredential(titles) => Ok(Self::Which(titles)),
            Error::Unreadable { id, .. } => Ok(Self::Unreadable(id)),
            error => Err(error),
        }
    }
}
