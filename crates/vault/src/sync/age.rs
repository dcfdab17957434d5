//! Forgetting by age: what has lain in the trash for long enough leaves the set (rule 10).

use std::collections::BTreeSet;

use keymoor_cache::{Change, View};
use keymoor_protocol::api::Push;
use keymoor_protocol::{Kind, RecordId};

use crate::activity::Event;
use crate::clock::now;
use crate::error::Error;
use crate::rules::forgetting::{self, Held};
use crate::vault::Vault;

/// What is to be forgotten, at a sync where the server's date and this device's clock agree.
pub(crate) fn due(view: &View<'_>, server_date: Option<u64>) -> Result<BTreeSet<RecordId>, Error> {
    let Some(now) = forgetting::agreed(now(), server_date) else { return Ok(BTreeSet::new()) };
    let held = view.tombstones()?.into_iter();
    let held: Vec<Held> = held.map(|held| Held { id: held.id, since: held.since }).collect();
    Ok(forgetting::due(&held, now).into_iter().collect())
}

/// Counts from now on what has come into the trash, under the same condition.
pub(crate) fn hold(change: &mut Change<'_>, server_date: Option<u64>) -> Result<(), Error> {
    if let Some(now) = forgetting::agreed(now(), server_date)
        && change.tombstones_are_behind()?
    {
        change.hold_tombstones(now)?;
    }
    Ok(())
}

impl Vault {
    /// Keeps in the activity how many records a commit forgot because of their age.
    pub(crate) fn note_forgotten(&mut self, push: &Push, due: &BTreeSet<RecordId>) {
        let changes = push.signed.commit().map(|commit| commit.changes).unwrap_or_default();
        let aged = |change: &&keymoor_protocol::Change| {
            change.kind == Kind::Forgotten && due.contains(&change.record)
        };
        let count = changes.iter().filter(aged).count() as u64;
        if count > 0 {
            self.note(&Event::Forgotten { count });
        }
    }
}
