//! A record from the server becomes the base; a draft is merged with it.

use keymoor_cache::{Change, Quarantined};
use keymoor_protocol::{ActorId, Record, RecordId};

use crate::activity::{self, Event, Subject};
use crate::clock::now;
use crate::content::{Content, Meta};
use crate::drafts;
use crate::error::Error;
use crate::homes::{heal, lost};
use crate::keys::{Keys, NAMELESS, is_newer};
use crate::notice::Notice;
use crate::rotate::asked;
use crate::rules::forgetting::KEPT_MS;
use crate::rules::gone::{self, Forgotten};
use crate::rules::take::{Back, Draft, Here};
use crate::rules::{self, life};
use crate::services::document::differing;
use crate::sync::{elsewhere, erased_here};

/// What a sync did: made anew for each transaction, and added to the whole once that is on disk.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Records that came or changed.
    pub(crate) pulled: u64,
    /// Records with fields that the user has to settle.
    pub(crate) conflicts: u64,
    /// Records that went into the trash or for good.
    pub(crate) deleted: u64,
    /// Of those, the ones that went into the trash.
    pub(crate) trashed: u64,
    /// Records that another device erased, in use here or in the trash.
    pub(crate) erased: u64,
    pub(crate) notices: Vec<Notice>,
}

impl Outcome {
    /// Adds what has happened since.
    pub(crate) fn add(&mut self, since: Self) {
        let Self { pulled, conflicts, deleted, trashed, erased, notices } = since;
        self.pulled += pulled;
        self.conflicts += conflicts;
        self.deleted += deleted;
        self.trashed += trashed;
        self.erased += erased;
        self.notices.extend(notices);
    }
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
    let current = drafts::legible(change.current(id))?;
    let newer = incoming.is_newer()
        || current.as_ref().and_then(|current| current.draft.as_ref()).is_some_and(|d| is_newer(&d.record));
    let live = current.is_some_and(|current| !current.record().deleted);
    let base = drafts::legible(change.base(id))?.and_then(|base| keys.open(&base.record).ok());
    let mut draft = match newer {
        // Neither merged nor put aside here: it waits until this version is updated.
        true => drafts::legible(change.draft(id))?.and_then(|draft| keys.open(&draft.record).ok()),
        false => draft_of(change, keys, id, actor, outcome)?.map(|(_, content)| content),
    };
    if !newer && life::gave_twice(*actor, base.as_ref(), draft.as_ref(), &incoming) {
        *actor = new_actor(change, *actor)?;
    }
    if let (false, Some(mine)) = (newer, &mut draft) {
        for former in former_actors(change)? {
            if life::gave_twice(former, base.as_ref(), Some(mine), &incoming) {
                *mine = life::restamp(mine, base.as_ref(), &incoming, former, *actor);
            }
        }
    }
    let unread = base.is_none() && change.kept(id)?.base.is_some_and(|kept| kept.digest != record.digest());
    let erased = change.is_erased(id)?;
    let here = Here { base: base.as_ref(), draft: draft.as_ref(), live, erased, unread };
    let taken = rules::take::take(here, &incoming);
    let open = |content: &Content| content.meta.alternates().next().is_some();
    if taken.conflict != draft.as_ref().or(base.as_ref()).is_some_and(open) {
        let (now, before) = (&taken.shown(here, &incoming).meta, draft.as_ref().or(base.as_ref()));
        let settled = before.filter(|_| !taken.conflict).map_or(now, |before| &before.meta);
        let name = if now.is_credential() { now.title() } else { differing(settled) };
        let subject = Subject { id, name };
        let event = if taken.conflict { Event::Conflict(subject) } else { Event::ConflictOver(subject) };
        activity::put(change, keys, &event)?;
    }
    if base.is_none() {
        elsewhere::is_settled(change, id)?;
    }
    change.put_base(record, seq, keys.tags(&incoming.meta))?;
    if taken.unerase {
        change.unmark_erased(id)?;
    }
    match &taken.draft {
        Draft::Goes => change.drop_draft(id)?,
        Draft::Stays => {}
        Draft::Becomes(content) => drafts::write(change, keys, id, content)?,
    }
    let is_credential = incoming.meta.is_credential();
    if let Some(Back { erased, here: deleted_here }) = taken.back.filter(|_| is_credential) {
        let name = taken.shown(here, &incoming).meta.title();
        outcome.notices.push(Notice::Back { name, erased, here: deleted_here });
    }
    if base.is_none() && draft.is_none() && erased_here::is_back(change, id, &incoming)? {
        outcome.notices.push(Notice::Back { name: incoming.meta.title(), erased: true, here: true });
    }
    let deleted = taken.deleted && is_credential;
    if deleted {
        let subject = Subject { id, name: incoming.meta.title() };
        activity::put(change, keys, &Event::DeletedElsewhere(subject))?;
    }
    // Nobody has to choose between the values of what lies in the trash, and no list shows them.
    let in_use = !taken.shown(here, &incoming).meta.deleted();
    outcome.conflicts += u64::from(taken.conflict && is_credential && in_use);
    outcome.deleted += u64::from(deleted);
    outcome.trashed += u64::from(deleted);
    Ok(())
}

/// Another device's commit forgot the record: [`forget`], and whoever had it here is told. What had lain in the trash for
/// as long as it is held, by the clock of whoever put it there, went because of its age.
pub(crate) fn forgotten_elsewhere(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    let current = drafts::legible(change.current(id))?;
    let meta = current.as_ref().and_then(|current| keys.open_meta(current.record()).ok());
    let aged = |meta: &Meta| meta.deleted() && meta.updated.saturating_add(KEPT_MS) <= now() + DAY_MS;
    // The record of services is nobody's credential.
    let untold = |meta: &Meta| aged(meta) || !meta.is_credential();
    let silent = current.is_none() || change.is_erased(id)? || meta.as_ref().is_some_and(untold);
    let goes = forget(change, keys, id, outcome)?;
    if goes && !silent {
        outcome.erased += 1;
        let name = meta.map(|meta| meta.title()).unwrap_or_default();
        activity::put(change, keys, &Event::ErasedElsewhere(Subject { id, name }))?;
    }
    Ok(())
}

/// The record left the set for good. An edit that whoever forgot it had not seen comes back whole, as a new record.
/// Returns whether nothing of it stays.
pub(crate) fn forget(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    outcome: &mut Outcome,
) -> Result<bool, Error> {
    let mut goes = false;
    let draft = drafts::legible(change.draft(id))?;
    let live = drafts::legible(change.current(id))?.is_some_and(|current| !current.record().deleted);
    let opened = draft.as_ref().map(|draft| keys.open(&draft.record));
    match (opened, &draft) {
        (Some(Ok(content)), Some(draft)) => {
            let base = drafts::legible(change.base(id))?.and_then(|base| keys.open(&base.record).ok());
            match gone::forgotten(Some(&content), base.as_ref(), drafts::actor(change, keys)?) {
                Forgotten::Goes => {
                    goes = true;
                    outcome.deleted += u64::from(live);
                }
                Forgotten::Carried => {
                    let new = RecordId::generate();
                    drafts::carry(change, keys, new, &draft.record)?;
                    asked::follow(change, id, new)?;
                }
                Forgotten::Anew(anew) => {
                    let new = RecordId::generate();
                    drafts::write(change, keys, new, &anew)?;
                    asked::follow(change, id, new)?;
                    outcome.notices.push(Notice::Back {
                        name: content.meta.title(),
                        erased: true,
                        here: false,
                    });
                }
            }
        }
        // One that does not open.
        (Some(Err(_)), _) | (None, _) if change.kept(id)?.draft.is_some() => lose(change, id, outcome)?,
        _ => {
            goes = true;
            outcome.deleted += u64::from(live);
        }
    }
    change.drop_draft(id)?;
    elsewhere::is_settled(change, id)?;
    change.forget(id)?;
    Ok(goes)
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
        *actor = new_actor(change, *actor)?;
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

/// A new actor, because this cache is an older copy of itself: the stamps of before may have been given twice. Where a
/// record shows that they were, its draft gets new ones.
pub(crate) fn new_actor(change: &mut Change<'_>, old: ActorId) -> Result<ActorId, Error> {
    let fresh = ActorId::generate();
    let mut device = change.device()?.ok_or(Error::Locked)?;
    device.actor = fresh;
    change.set_device(&device)?;
    let mut former = change.setting(FORMER_ACTORS)?.unwrap_or_default();
    former.extend_from_slice(&old.0);
    change.set_setting(FORMER_ACTORS, &former)?;
    Ok(fresh)
}

/// The cache's name for the actors that it gave up, 16 bytes each.
const FORMER_ACTORS: &str = "former_actors";

fn former_actors(change: &Change<'_>) -> Result<Vec<ActorId>, Error> {
    let bytes = change.setting(FORMER_ACTORS)?.unwrap_or_default();
    Ok(bytes.as_chunks::<16>().0.iter().map(|id| ActorId(*id)).collect())
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
