//! What an event is about, as filters and lists ask for it.

use keymoor_protocol::RecordId;

use super::{Event, Subject};

impl Event {
    /// Whether it says that something went wrong: a key that its provider refuses or could not be asked about, an alarm, a
    /// record that does not open, entries that are missing.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Verified { verdict, .. } => !verdict.is_good(),
            Self::Revoked { done, .. } => !done,
            Self::Alarm { .. } | Self::Quarantined { .. } | Self::ActivityBroken => true,
            _ => false,
        }
    }

    /// The credential's record, where it is about one.
    pub fn id(&self) -> Option<RecordId> {
        match self {
            Self::Healed { id, .. } | Self::Quarantined { id } => Some(*id),
            _ => self.subject().map(|subject| subject.id),
        }
    }

    /// Provider and name of the credential as they were then.
    pub(in crate::activity) fn name(&self) -> Option<&str> {
        match self {
            Self::OnlyTrashed { name } | Self::Back { name, .. } => Some(name),
            Self::ServiceEnabled { credential, .. } => credential.as_deref(),
            _ => self.subject().map(|subject| subject.name.as_str()),
        }
    }

    /// The program that it was lent to.
    pub(in crate::activity) fn program(&self) -> Option<&String> {
        match self {
            Self::Lent { program, .. } => Some(program),
            _ => None,
        }
    }

    fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Added(subject)
            | Self::Edited(subject)
            | Self::Deleted(subject)
            | Self::Restored(subject)
            | Self::Reverted(subject)
            | Self::Settled(subject)
            | Self::Rotated(subject)
            | Self::Erased(subject)
            | Self::Revoked { subject, .. }
            | Self::DeletedElsewhere(subject)
            | Self::ErasedElsewhere(subject)
            | Self::Conflict(subject)
            | Self::ConflictOver(subject)
            | Self::Revealed { subject, .. }
            | Self::Lent { subject, .. }
            | Self::Verified { subject, .. } => Some(subject),
            _ => None,
        }
    }
}
