//! Records that the server lost and other devices may have, noted until the server has them again.

use keymoor_cache::{Change, View};
use keymoor_protocol::RecordId;

use crate::error::Error;

pub(crate) fn note(change: &mut Change<'_>, id: RecordId) -> Result<(), Error> {
    Ok(change.set_setting(&setting(id), b"")?)
}

pub(crate) fn is_noted(view: &View<'_>, id: RecordId) -> Result<bool, Error> {
    Ok(view.setting(&setting(id))?.is_some())
}

/// The server has it again, or it has left the set for good.
pub(crate) fn is_settled(change: &mut Change<'_>, id: RecordId) -> Result<(), Error> {
    Ok(change.remove_setting(&setting(id))?)
}

fn setting(id: RecordId) -> String {
    format!("elsewhere.{id}")
}
