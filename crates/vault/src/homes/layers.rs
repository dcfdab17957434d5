//! One record as keychain and cache have it, put down in the cache as [`crate::rules::copies`] decides.

use keymoor_cache::{Base, Change, Past};
use keymoor_protocol::{Record, RecordId};

use crate::clock::now;
use crate::content::Content;
use crate::drafts;
use crate::error::Error;
use crate::homes::copy::Copy;
use crate::keys::Keys;
use crate::rules::copies::{self, Draft, Home, Lives};

/// What a cache has of a record, or had.
pub(crate) type Layers = (Option<Base>, Option<Record>);

/// Puts one record down: what the keychain's copy and the cache's layers say of it. Returns what stands then.
pub(crate) fn put(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    copy: Option<&Copy>,
    layers: Option<&Layers>,
    erased: bool,
    lives: Lives<'_>,
) -> Result<Copy, Error> {
    let here = layers.map_or_else(Opened::default, |(base, draft)| Opened::of(keys, base, draft));
    let there = copy.map_or_else(Opened::default, |copy| Opened::of(keys, &copy.base, &copy.draft));
    let met = copies::meet(here.layers(erased), there.layers(copy.is_some_and(|copy| copy.erased)), lives);
    let homes = match met.base {
        Some(Home::Cache) => [&there.base, &here.base],
        Some(Home::Keychain) => [&here.base, &there.base],
        None => [&None, &None],
    };
    // The one that does not count is what the record was before.
    for (base, content) in homes.into_iter().flatten() {
        if drafts::legible(change.base(id))?.as_ref() != Some(*base) {
            change.put_base(&base.record, base.seq, keys.tags(&content.meta))?;
        }
    }
    let version = homes[1].as_ref().map_or(1, |(base, _)| base.record.version + 1);
    let given = [&there.draft, &here.draft].into_iter().flatten();
    let draft = match (&met.draft, &here.draft, &there.draft) {
        (Draft::Nothing, ..) => None,
        (Draft::Of(Home::Cache), draft, _) | (Draft::Of(Home::Keychain), _, draft) => draft.as_ref(),
        // Bytes that say it all stay as they are; only a merge is sealed anew.
        (Draft::Is(content), ..) => {
            given.clone().find(|(record, draft)| draft.meta == content.meta && record.version == version)
        }
    };
    // What the base or the merge took the place of is still to be had.
    let stands = |content: &Content| {
        let bases = homes.into_iter().flatten().map(|(_, base)| base);
        bases.chain(draft.map(|(_, draft)| draft)).any(|other| other.meta == content.meta)
    };
    for (record, content) in given.filter(|(_, content)| !stands(content)) {
        let past = Past { record: (*record).clone(), seq: None, saved_at: content.meta.updated };
        change.keep_past(&past, now())?;
    }
    match (met.draft, draft) {
        (Draft::Is(content), None) => drafts::write(change, keys, id, &content)?,
        (_, Some((record, _))) if layers.is_some() && record.version != version => {
            drafts::carry(change, keys, id, record)?;
        }
        (_, Some((record, content))) => {
            if drafts::legible(change.draft(id))?.is_none_or(|draft| draft.record != **record) {
                change.put_draft(record, keys.tags(&content.meta), content.meta.updated)?;
            }
        }
        // One that does not open stays, until it is healed.
        (_, None) if here.draft.is_some() => change.drop_draft(id)?,
        (_, None) => {}
    }
    let current = change.current(id)?.ok_or(Error::NotFound)?;
    if met.erased {
        change.mark_erased(id, now())?; // the next sync erases it at the server
    } else {
        change.unmark_erased(id)?;
    }
    Ok(Copy { base: current.base, draft: current.draft.map(|draft| draft.record), erased: met.erased })
}

/// What opens of a home's layers.
#[derive(Default)]
struct Opened<'a> {
    base: Option<(&'a Base, Content)>,
    draft: Option<(&'a Record, Content)>,
}

impl<'a> Opened<'a> {
    fn of(keys: &Keys, base: &'a Option<Base>, draft: &'a Option<Record>) -> Self {
        Self {
            base: base.as_ref().and_then(|base| Some((base, keys.open(&base.record).ok()?))),
            draft: draft.as_ref().and_then(|draft| Some((draft, keys.open(draft).ok()?))),
        }
    }

    fn layers(&self, erased: bool) -> copies::Layers<'_> {
        let base = self.base.as_ref().map(|(base, content)| (content, base.seq));
        copies::Layers { base, draft: self.draft.as_ref().map(|(_, draft)| draft), erased }
    }
}
