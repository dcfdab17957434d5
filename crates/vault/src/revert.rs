//! Back to an older version: its values are written again, as a new edit.

use keymoor_cache::Change;
use keymoor_protocol::RecordId;

use crate::activity::Deed;
use crate::clock::now;
use crate::content::edit::Action;
use crate::content::{Content, field};
use crate::drafts::{self, Saved, Written};
use crate::error::Error;
use crate::find;
use crate::history::Version;
use crate::homes::{heal, lost};
use crate::keys::Keys;
use crate::sync::take;
use crate::vault::Vault;

impl Vault {
    /// Gives a credential the values that it had at `version`, which is a [`crate::Past::id`], or a number where only one
    /// version has it. What it has now stays in the history; where that cannot be read any more, it is kept aside.
    ///
    /// # Errors
    /// [`Error::WhichVersion`] if several versions have that number; [`Error::NameTaken`] if its name of then is another's
    /// by now.
    pub fn revert(&mut self, id: RecordId, version: &str) -> Result<Saved, Error> {
        self.revert_if(id, version, None)
    }

    /// The same, as long as `still` is its version ([`Saved::version_id`]).
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if it is not.
    pub fn revert_if(&mut self, id: RecordId, version: &str, still: Option<&str>) -> Result<Saved, Error> {
        self.back_to(id, version, still, Action::revert_to)
    }

    /// Takes a settling back: gives a credential all the values that it had at `version`, those of a conflict beside each other
    /// as they were, as long as `still` is its version.
    ///
    /// # Errors
    /// As [`Vault::revert_if`].
    pub fn unsettle(&mut self, id: RecordId, version: &str, still: &str) -> Result<Saved, Error> {
        self.back_to(id, version, Some(still), Action::return_to)
    }

    fn back_to(
        &mut self,
        id: RecordId,
        version: &str,
        still: Option<&str>,
        write: fn(&mut Action, &Content),
    ) -> Result<Saved, Error> {
        let old = pick(self.versions(id)?, version)?.content;
        let (saved, ()) = self.save(|change, keys| {
            let (provider, name) = (old.meta.text(field::PROVIDER), old.meta.text(field::NAME));
            find::must_be_free(change, keys, provider, name, Some(id))?;
            let before = match drafts::current(change, keys, id) {
                Err(Error::Unreadable { .. } | Error::Cache(keymoor_cache::Error::Record(_))) => {
                    return Ok((in_place_of_lost(change, keys, id, &old)?.by(Deed::Reverted), ()));
                }
                before => before?,
            };
            drafts::must_still_be(&before, still)?;
            let mut action = before.clone().act(drafts::actor(change, keys)?, now());
            write(&mut action, &old);
            Ok((drafts::replace(change, keys, id, &before, &action.finish())?.by(Deed::Reverted), ()))
        })?;
        Ok(saved)
    }
}

/// Writes an old version where the newest cannot be read. Should a home with the newest come back, both stand beside each
/// other: neither had seen the other.
fn in_place_of_lost(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    old: &Content,
) -> Result<Written, Error> {
    if let Some(layer) = change.kept(id)?.draft {
        heal::aside(change, id, &layer)?;
        lost::remember(change, id, &layer)?;
        change.drop_draft(id)?;
    }
    // What cannot be read may have counters of this cache's; none may be given twice.
    let known = drafts::actor(change, keys)?;
    let actor = take::new_actor(change, known)?;
    let mut action = old.clone().act(actor, now());
    action.write_again();
    drafts::create(change, keys, id, &action.finish())
}

fn pick(versions: Vec<Version>, wanted: &str) -> Result<Version, Error> {
    let wanted = wanted.trim();
    let number = wanted.parse::<u64>().ok();
    let fits = |version: &Version| {
        Some(version.past.version) == number || version.past.id.eq_ignore_ascii_case(wanted)
    };
    let mut found: Vec<Version> = versions.into_iter().filter(fits).collect();
    match found.len() {
        0 | 1 => found.pop().ok_or(Error::NoSuchVersion),
        _ => Err(Error::WhichVersion(found.into_iter().map(|version| version.past).collect())),
    }
}
