//! Writing what the user did: one transaction in the cache, then the copy in the keychain.

use keymoor_cache::{Change, View};
use keymoor_fail_points::reached;
use keymoor_protocol::{Record, RecordId};

use crate::account::join::FORMER;
use crate::activity::{self, Deed, Event, Subject, Who};
use crate::clock::now;
use crate::content::{Content, Meta, field};
use crate::error::{Error, KeychainProblem};
use crate::keys::{Keys, is_newer};
use crate::show::shown_name;
use crate::vault::Vault;

/// What became of a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The credential.
    pub id: RecordId,
    /// Its provider.
    pub provider: String,
    /// Its name now.
    pub name: String,
    /// Its version now.
    pub version: u64,
    /// The name of that version ([`crate::Past::id`]).
    pub version_id: String,
    /// Whether it says anything else than before. If not, nothing was written.
    pub changed: bool,
    /// Whether an earlier value was replaced (it stays in the history).
    pub replaced: bool,
    /// The fields of which two devices' values stood beside each other and no longer do ([`crate::Conflict::field`]).
    pub settled: Vec<String>,
    /// Whether the keychain has it, too. The cache has it in any case.
    pub keychain: Kept,
    /// Changes that the server has not seen yet; 0 without an account.
    pub waiting: u64,
}

/// Whether the keychain has a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It has.
    Yes,
    /// There is no keychain in use.
    Off,
    /// It could not be written now; the next save or sync tries again.
    Failed(KeychainProblem),
}

/// What an action wrote.
pub(crate) struct Written {
    id: RecordId,
    meta: Meta,
    changed: bool,
    settled: Vec<String>,
    deed: Deed,
    /// What it was, where it was nothing that happened to a credential.
    told: Option<Event>,
}

impl Written {
    /// It was this, and nothing that happened to a credential.
    pub(crate) fn told(self, event: Event) -> Self {
        Self { told: Some(event), ..self }
    }

    /// It was this, in the words of the activity.
    pub(crate) fn by(self, deed: Deed) -> Self {
        Self { deed, ..self }
    }
}

/// The content of a record as this device shows it, with both envelopes opened.
///
/// # Errors
/// [`Error::NewerRecord`] if a newer version of Keymoor wrote it, or what lies under its draft.
pub(crate) fn current(view: &View<'_>, keys: &Keys, id: RecordId) -> Result<Content, Error> {
    device(view, keys)?;
    let current = view.current(id)?.ok_or(Error::NotFound)?;
    let record = current.record();
    if is_newer(record) || current.base.as_ref().is_some_and(|base| is_newer(&base.record)) {
        return Err(Error::NewerRecord);
    }
    // Healed by `Vault::heal` before an edit; what still does not open is never written over.
    keys.open(record).map_err(|_| Error::Unreadable { id, homes: Vec::new() })
}

/// What a layer keeps of a record; `None` also where that is a record no more.
pub(crate) fn legible<T>(read: Result<Option<T>, keymoor_cache::Error>) -> Result<Option<T>, Error> {
    match read {
        Err(keymoor_cache::Error::Record(_)) => Ok(None),
        read => Ok(read?),
    }
}

/// Whether `still`, what the caller saw last, is the version in use.
pub(crate) fn must_still_be(content: &Content, still: Option<&str>) -> Result<(), Error> {
    let changed = still.is_some_and(|still| content.meta.version_id(None) != still);
    if changed { Err(Error::ChangedMeanwhile) } else { Ok(()) }
}

/// Puts `content` down as the draft of a record, sealed for the version that follows its base.
pub(crate) fn write(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    content: &Content,
) -> Result<(), Error> {
    let version = change.base(id)?.map_or(1, |base| base.record.version + 1);
    // Not refused for its size: a merge may hold many alternates, and sync must not fail for one record. What the server
    // would not take waits, shown, until the user settles it.
    let record = keys.seal(id, version, content)?;
    change.put_draft(&record, keys.tags(&content.meta), now())?;
    Ok(())
}

/// Puts down, as the draft of `id`, what a newer version of Keymoor sealed: sealed again for the version that follows the
/// base, unchanged inside.
pub(crate) fn carry(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    record: &Record,
) -> Result<(), Error> {
    let version = change.base(id)?.map_or(1, |base| base.record.version + 1);
    let carried = keys.carry(record, id, version)?;
    let meta = keys.open_meta(&carried).map_err(|_| Error::Unreadable { id, homes: Vec::new() })?;
    change.put_draft(&carried, keys.tags(&meta), now())?;
    Ok(())
}

/// Puts down a record that was not there before.
pub(crate) fn create(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    content: &Content,
) -> Result<Written, Error> {
    write(change, keys, id, content)?;
    Ok(Written {
        id,
        meta: content.meta.clone(),
        changed: true,
        settled: Vec::new(),
        deed: Deed::Added,
        told: None,
    })
}

/// Puts down what an action made of `before`. An action that changes nothing leaves no version.
pub(crate) fn replace(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    before: &Content,
    after: &Content,
) -> Result<Written, Error> {
    if before.meta.says_the_same(&after.meta) {
        let meta = before.meta.clone();
        return Ok(Written { id, meta, changed: false, settled: Vec::new(), deed: Deed::Edited, told: None });
    }
    insist(change, keys, id, before, after)
}

/// The same for an action that is a version of its own even where it says what was there: what another device writes unseen
/// of it stands beside it, and not in its place.
pub(crate) fn insist(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    before: &Content,
    after: &Content,
) -> Result<Written, Error> {
    write(change, keys, id, after)?;
    let open = |name: &str| after.meta.alternates().any(|(still, _)| still == name);
    let settled = before.meta.alternates().map(|(name, _)| name).filter(|name| !open(name));
    let settled = settled.map(|name| shown_name(name).to_owned()).collect();
    Ok(Written { id, meta: after.meta.clone(), changed: true, settled, deed: Deed::Edited, told: None })
}

impl Vault {
    /// Runs an edit in one write transaction, then takes it into the keychain. What broken rows need was healed before.
    ///
    /// # Errors
    /// Nothing is stored after an error.
    pub(crate) fn save<T>(
        &mut self,
        act: impl FnOnce(&mut Change<'_>, &Keys) -> Result<(Written, T), Error>,
    ) -> Result<(Saved, T), Error> {
        self.note_file()?;
        let (keys, by) = (&self.keys, self.by.as_ref());
        let (written, more, waiting) = self.cache.write(|change| {
            let (written, more) = act(change, keys)?;
            if written.changed {
                note(change, keys, by, &written)?;
            }
            let synced = device(change, keys)?.server.is_some();
            let waiting = if synced { change.draft_count()? } else { 0 };
            reached("save.inside");
            Ok::<_, Error>((written, more, waiting))
        })?;
        reached("save.written");
        let Written { id, meta, changed, settled, .. } = written;
        let saved = Saved {
            id,
            provider: meta.text(field::PROVIDER).to_owned(),
            name: meta.text(field::NAME).to_owned(),
            version: meta.version(),
            version_id: meta.version_id(None),
            changed,
            replaced: false,
            settled,
            keychain: self.keep(id),
            waiting,
        };
        Ok((saved, more))
    }

    /// Takes a finished save into the keychain, and a few copies that were left behind.
    fn keep(&mut self, id: RecordId) -> Kept {
        if self.keychain.is_none() {
            return Kept::Off;
        }
        match self.mirror_record(id) {
            Ok(()) => {
                let read = self.cache.read(|view| {
                    Ok::<_, keymoor_cache::Error>((view.unmirrored(LEFT_BEHIND)?, view.setting(FORMER)?))
                });
                let (behind, former) = read.unwrap_or_default();
                for id in behind {
                    // What cannot be written now stays marked. After a join the old copies go last, once the new ones are
                    // there.
                    let _ = match former {
                        Some(_) => self.mirror_if(id, false).map(drop),
                        None => self.mirror_record(id),
                    };
                }
                Kept::Yes
            }
            Err(Error::Keychain(problem)) => Kept::Failed(problem),
            // The value is in the cache and the mark says that the copy is behind.
            Err(_) => Kept::Failed(KeychainProblem::Other),
        }
    }
}

/// Puts a save into the activity, and that it settled what two devices had written.
fn note(change: &mut Change<'_>, keys: &Keys, by: Option<&Who>, written: &Written) -> Result<(), Error> {
    let Written { id, meta, settled, deed, told, .. } = written;
    if let Some(event) = told {
        return activity::put_by(change, keys, by, event);
    }
    let subject = Subject { id: *id, name: meta.title() };
    if !settled.is_empty() && *deed != Deed::Settled {
        activity::put_by(change, keys, by, &Event::Settled(subject.clone()))?;
    }
    activity::put_by(change, keys, by, &deed.event(subject))
}

/// How many copies that an earlier save could not write a later one makes good.
const LEFT_BEHIND: u32 = 8;

/// The actor that signs this device's edits.
pub(crate) fn actor(view: &View<'_>, keys: &Keys) -> Result<keymoor_protocol::ActorId, Error> {
    Ok(device(view, keys)?.actor)
}

/// The device's row.
///
/// # Errors
/// [`keymoor_cache::Error::Replaced`] if another process joined an account since this vault was opened: what it seals under
/// the keys of before, nobody could open again.
pub(crate) fn device(view: &View<'_>, keys: &Keys) -> Result<keymoor_cache::Device, Error> {
    let device = view.device()?.ok_or(Error::Locked)?;
    if device.account == keys.account { Ok(device) } else { Err(keymoor_cache::Error::Replaced.into()) }
}
