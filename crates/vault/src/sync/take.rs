//! A record from the server becomes the base; a draft is merged with it.

use keymoor_cache::{Change, Quarantined};
use keymoor_protocol::{ActorId, Record, RecordId};

use crate::clock::now;
use crate::content::{Content, field};
use crate::drafts;
use crate::error::Error;
use crate::homes::{heal, lost};
use crate::keys::{Keys, NAMELESS, is_newer};
use crate::notice::Notice;
use crate::sync::plan::{self, Left};

/// What a pull did.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Records that came or changed.
    pub(crate) pulled: u64,
    /// Records with fields that the user has to settle.
    pub(crate) conflicts: u64,
    /// Records that went into the trash or for good.
    pub(crate) deleted: u64,
    pub(crate) notices: Vec<Notice>,
}

/// Takes one record. What does not open is kept, shown and never pushed over (rule 6). `actor` is this device's, read once
/// for all records; it changes where this device finds that it was rolled back.
pub(crate) fn take(
    change: &mut Change<'_>,
    keys: &Keys,
    record: &Record,
    seq: u64,
    actor: &mut ActorId,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let id = record.id;
    outcome.pulled += 1;
    let Ok(incoming) = keys.open(record) else {
        aside(change, record, "server")?;
        outcome.notices.push(Notice::Quarantined { id });
        return Ok(change.put_base(record, seq, NAMELESS)?);
    };
    let draft = drafts::legible(change.draft(id))?;
    if incoming.is_newer() || draft.as_ref().is_some_and(|draft| is_newer(&draft.record)) {
        return beside(change, keys, record, seq, &incoming, outcome);
    }
    let was = drafts::legible(change.base(id))?;
    let was_live = match (&draft, &was) {
        (Some(draft), _) => !draft.record.deleted,
        (None, base) => base.as_ref().is_some_and(|base| !base.record.deleted),
    };
    let base = was.and_then(|base| keys.open(&base.record).ok());
    let mut draft = draft_of(change, keys, id, actor, outcome)?.map(|(_, content)| content);
    let known: Vec<&Content> = base.iter().chain(&draft).collect();
    if incoming.meta.seen.contains_key(actor) && plan::rolled_back(*actor, &known, &incoming) {
        let fresh = new_actor(change, keys, *actor)?;
        draft = draft.map(|draft| plan::restamp(&draft, base.as_ref(), *actor, fresh));
        *actor = fresh;
    }
    let erased_here = change.is_erased(id)?;
    let deleted_here = draft.as_ref().is_some_and(|draft| draft.meta.deleted());
    change.put_base(record, seq, keys.tags(&incoming.meta))?;
    if base.is_some_and(|base| base.meta != incoming.meta)
        && !draft.as_ref().is_some_and(|d| saw(d, &incoming))
    {
        change.unmark_erased(id)?; // somebody edited what was being erased here: the edit decides
    }
    let incoming_deleted = incoming.meta.deleted();
    let now_is = match plan::take(draft.as_ref(), &incoming) {
        Left::Nothing => {
            change.drop_draft(id)?;
            incoming
        }
        Left::Draft(content) => {
            drafts::write(change, keys, id, &content)?;
            *content
        }
    };
    let deleted_there = draft.is_some() && !deleted_here && incoming_deleted;
    if (deleted_here || deleted_there) && !now_is.meta.deleted() {
        let (name, erased) = (name_of(&now_is), erased_here && deleted_here);
        outcome.notices.push(Notice::Back { name, erased, here: deleted_here });
    }
    outcome.conflicts += u64::from(now_is.meta.alternates().next().is_some());
    outcome.deleted += u64::from(was_live && now_is.meta.deleted());
    Ok(())
}

/// Takes a record that only a newer version of Keymoor understands, or one whose draft only that one does: they are not
/// merged here. A draft stays as it is and is not pushed until this version was updated; see `freeze`.
fn beside(
    change: &mut Change<'_>,
    keys: &Keys,
    record: &Record,
    seq: u64,
    incoming: &Content,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let before = drafts::legible(change.current(record.id))?;
    let base = before.as_ref().and_then(|current| current.base.as_ref());
    if base.and_then(|base| keys.open_meta(&base.record).ok()).is_some_and(|base| base != incoming.meta) {
        change.unmark_erased(record.id)?; // as for any other edit of what was being erased here
    }
    let gone = before.is_some_and(|current| current.draft.is_none() && !current.record().deleted);
    outcome.deleted += u64::from(gone && record.deleted);
    outcome.conflicts += u64::from(incoming.meta.alternates().next().is_some());
    Ok(change.put_base(record, seq, keys.tags(&incoming.meta))?)
}

/// The record left the set for good. An edit that whoever forgot it had not seen comes back whole, as a new record.
pub(crate) fn forget(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let draft = drafts::legible(change.draft(id))?;
    let live = drafts::legible(change.current(id))?.is_some_and(|current| !current.record().deleted);
    match draft.as_ref().map(|draft| (keys.open(&draft.record), &draft.record)) {
        Some((Ok(content), record)) if content.is_newer() && !content.meta.deleted() => {
            drafts::carry(change, keys, RecordId::generate(), record)?;
            change.drop_draft(id)?;
        }
        Some((Ok(content), _)) if !content.meta.deleted() => {
            let actor = drafts::actor(change, keys)?;
            change.drop_draft(id)?;
            drafts::write(change, keys, RecordId::generate(), &plan::reborn(&content, actor))?;
            outcome.notices.push(Notice::Back { name: name_of(&content), erased: true, here: false });
        }
        // One that does not open.
        Some((Err(_), _)) | None if change.kept(id)?.draft.is_some() => lose(change, id, outcome)?,
        _ => outcome.deleted += u64::from(live),
    }
    change.drop_draft(id)?;
    Ok(change.forget(id)?)
}

/// The draft of a record and what it says. One that does not open is kept aside and goes: it may have had counters of this
/// cache's, so that there is a new actor, and none is given twice.
pub(crate) fn draft_of(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    actor: &mut ActorId,
    outcome: &mut Outcome,
) -> Result<Option<(Record, Content)>, Error> {
    let opened =
        drafts::legible(change.draft(id))?.and_then(|d| Some((keys.open(&d.record).ok()?, d.record)));
    if let Some((content, record)) = opened {
        return Ok(Some((record, content)));
    }
    if change.kept(id)?.draft.is_some() {
        lose(change, id, outcome)?;
        *actor = new_actor(change, keys, *actor)?;
    }
    Ok(None)
}

/// Keeps a draft aside that does not open, and drops it. The keychain may still have it.
fn lose(change: &mut Change<'_>, id: RecordId, outcome: &mut Outcome) -> Result<(), Error> {
    let Some(layer) = change.kept(id)?.draft else { return Ok(()) };
    heal::aside(change, id, &layer)?;
    lost::remember(change, id, &layer)?;
    outcome.notices.push(Notice::Quarantined { id });
    Ok(change.drop_draft(id)?)
}

/// Whether whoever wrote `draft` had seen all that is in `incoming`: it is an earlier state then, and no edit.
fn saw(draft: &Content, incoming: &Content) -> bool {
    incoming.meta.seen.iter().all(|(actor, counter)| draft.meta.seen.get(actor) >= Some(counter))
}

/// Provider and name, as they are shown.
pub(crate) fn name_of(content: &Content) -> String {
    format!("{}/{}", content.meta.text(field::PROVIDER), content.meta.text(field::NAME))
}

/// A new actor, and every draft stamped anew by it.
pub(crate) fn new_actor(change: &mut Change<'_>, keys: &Keys, old: ActorId) -> Result<ActorId, Error> {
    let fresh = ActorId::generate();
    let mut device = change.device()?.ok_or(Error::Locked)?;
    device.actor = fresh;
    change.set_device(&device)?;
    for id in change.draft_ids()? {
        let draft = drafts::legible(change.draft(id))?;
        let Some(content) = draft.and_then(|draft| keys.open(&draft.record).ok()) else { continue };
        if content.is_newer() {
            continue; // not pushed from here before it is understood
        }
        let base = match change.base(id) {
            Err(keymoor_cache::Error::Record(_)) => continue, // nor is it, over what is to be healed first
            base => base?.and_then(|base| keys.open(&base.record).ok()),
        };
        drafts::write(change, keys, id, &plan::restamp(&content, base.as_ref(), old, fresh))?;
    }
    Ok(fresh)
}

fn aside(change: &mut Change<'_>, record: &Record, home: &str) -> Result<(), Error> {
    change.quarantine(&Quarantined {
        id: record.id,
        home: home.to_owned(),
        reason: "seal".to_owned(),
        at: now(),
        record_bytes: record.encode(),
    })?;
    Ok(())
}

#[cfg(test)]
mod broken;
#[cfg(test)]
mod tests;
