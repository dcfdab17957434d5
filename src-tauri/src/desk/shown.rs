//! How far something is that takes longer, as the web view gets it.

use keymoor_vault::Progress;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Progress"))]
pub(crate) struct Shown {
    step: Step,
    done: u64,
    total: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Step {
    Receiving,
    Sending,
    Copying,
}

impl Shown {
    /// A sync; nothing can be said of signing in.
    pub(crate) fn of(progress: Progress) -> Option<Self> {
        match progress {
            Progress::SigningIn | Progress::Waiting => None,
            Progress::Pulling { done, total } => Some(Self { step: Step::Receiving, done, total }),
            Progress::Pushing { done, total } => Some(Self { step: Step::Sending, done, total }),
        }
    }

    /// Keychain copies.
    pub(crate) fn copying(done: u64, total: u64) -> Self {
        Self { step: Step::Copying, done, total }
    }
}
