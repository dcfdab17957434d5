//! The handle: what can be asked of the keychain.

use std::{fmt, sync::Arc, time::Duration};

use zeroize::Zeroizing;

use crate::{
    entry::{EntryId, PartName, Slot},
    error::Error,
    generations::{Stored, join, slots, whole},
    part,
    patience::Patience,
    place::Place,
    system::{Fault, Found, System},
    worker::{Ticket, Worker},
};

/// A half-written generation this old belongs to a writer that has died.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The system's keychain. Clones share one thread and one connection; any thread may call, also one of an async
/// runtime (the call blocks it).
///
/// # What writers and readers can rely on
///
/// A write stores a new generation under names of its own and touches the old one only when all parts are stored. So,
/// killed at any point, it leaves the old generation whole, or both, or the new one; never neither. Of two processes
/// that write one entry at once, both leave a whole generation, and the greater [`Slot`] counts from then on.
///
/// A read with a hint returns what lies in that slot, or else the newest whole generation. It can therefore return the
/// generation before the newest in one case only: the hint names a generation that another writer has replaced without
/// knowing of it, or that it was killed before deleting. Whoever keeps slots must let the greater one win, and then a
/// value whose [`put`](Self::put) returned is never followed by an older one. A read without a hint always returns the
/// newest; in a keychain of thousands it takes seconds.
#[derive(Clone)]
pub struct Keychain {
    worker: Arc<Worker>,
    patience: Option<Arc<Patience>>,
}

impl Keychain {
    /// The keychain of this system and user, where our entries have the service name `service` (on Windows without
    /// `@`). Nothing is connected before the first call.
    pub fn system(service: &str) -> Self {
        Self { worker: Arc::new(Worker::new(service)), patience: None }
    }

    /// The same keychain for a caller that wants to know when it has to wait, and to be able to stop waiting. Without
    /// it a call waits as long as the system's prompt is open.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience: Some(Arc::new(patience)), ..self }
    }

    /// Starts connecting, and returns at once. Worth calling first in a short-lived process: the connection takes
    /// longer than a read.
    pub fn warm(&self) {
        self.worker.warm();
    }

    /// One value of the entry: see the type's documentation for which. `None`: the keychain has no whole generation of it.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if what lies in the hinted slot is not whole and there is no other generation that is.
    pub fn get(&self, id: EntryId, hint: Option<Slot>) -> Result<Option<Stored>, Error> {
        self.get_at(id, hint, None)
    }

    /// The same for a caller that kept [`Stored::place`] beside the slot: looked at there first, the value is read in the
    /// same time however many entries the keychain has. A wrong place costs that look and nothing else.
    pub fn get_at(
        &self,
        id: EntryId,
        hint: Option<Slot>,
        place: Option<Place>,
    ) -> Result<Option<Stored>, Error> {
        self.call(move |system, ticket| {
            let hinted = match hint {
                Some(slot) => read(system, ticket, id, slot, place.as_ref())?,
                None => Hinted::Absent,
            };
            if let Hinted::Whole(stored) = hinted {
                return Ok(Some(stored));
            }
            match (newest_first(system, id)?.into_iter().next(), hinted) {
                (None, Hinted::Broken) => Err(Error::Damaged.into()),
                (newest, _) => Ok(newest),
            }
        })
    }

    /// The whole generations of the entry, newest first. Searches the keychain.
    pub fn generations(&self, id: EntryId) -> Result<Vec<Stored>, Error> {
        self.call(move |system, _| newest_first(system, id))
    }

    /// Stores `bytes` as the new generation of the entry, then deletes `previous`. The new generation is greater than
    /// `previous`: pass the greatest slot you know, and `None` only for an entry that you know to be new.
    ///
    /// Once the new generation is whole the write has succeeded; an old one that cannot be deleted is left for
    /// [`tidy`](Self::tidy).
    ///
    /// # Errors
    ///
    /// After an error the old generation is still there. After [`Error::Cancelled`] the new one may be there too.
    pub fn put(&self, id: EntryId, bytes: &[u8], previous: Option<Slot>) -> Result<Slot, Error> {
        let slot = Slot::next(previous, part::count(bytes)?, random()?);
        let bytes = Zeroizing::new(bytes.to_vec());
        self.call(move |system, ticket| {
            for (name, value) in part::split(id, slot, &bytes) {
                if let Err(fault) = ticket.check().and_then(|()| system.write(&name, &value)) {
                    if matches!(fault, Fault::Final(_)) {
                        // In a full keychain half a generation would only be in the way.
                        let written = PartName::all(id, slot).take(name.part.into());
                        let _ = written.into_iter().try_for_each(|name| system.remove(&name));
                    }
                    return Err(fault);
                }
            }
            if let Some(previous) = previous {
                let _ = remove(system, id, previous);
            }
            Ok(slot)
        })
    }

    /// Deletes every generation of the entry, oldest first. Searches the keychain. That there is none is fine.
    pub fn delete(&self, id: EntryId) -> Result<(), Error> {
        self.call(move |system, ticket| {
            let mut names: Vec<_> = system.names()?.into_iter().filter(|name| name.id == id).collect();
            names.sort_unstable();
            names.iter().try_for_each(|name| ticket.check().and_then(|()| system.remove(name)))
        })
    }

    /// The entries, each with its newest whole generation, in the order of their ids.
    pub fn list(&self) -> Result<Vec<(EntryId, Slot)>, Error> {
        self.call(|system, _| {
            let entries = slots(&system.names()?);
            Ok(entries.into_iter().filter_map(|(id, slots)| Some((id, *slots.first()?))).collect())
        })
    }

    /// Everything that is whole: each entry with its generations, newest first, in the order of the ids. This is what a
    /// rebuild wants; it reads thousands of entries in the time that single reads need for hundreds.
    pub fn read_all(&self) -> Result<Vec<(EntryId, Vec<Stored>)>, Error> {
        self.call(|system, _| Ok(whole(system.parts(&|_| true)?).into_iter().collect()))
    }

    /// Deletes what killed or concurrent writers left behind: generations older than the newest whole one of their
    /// entry, and halves that are over an hour old. To be called only when the newest generations are known to open.
    /// Returns how many keychain entries it deleted.
    pub fn tidy(&self) -> Result<usize, Error> {
        self.call(|system, ticket| {
            let mut names = system.names()?;
            names.sort_unstable();
            let whole = slots(&names);
            let superfluous = |name: &&PartName| match whole.get(&name.id) {
                Some(slots) if slots.contains(&name.slot) => slots.first() != Some(&name.slot),
                _ => name.slot.age() > ABANDONED,
            };
            let superfluous: Vec<_> = names.iter().filter(superfluous).collect();
            superfluous.iter().try_for_each(|name| ticket.check().and_then(|()| system.remove(name)))?;
            Ok(superfluous.len())
        })
    }

    fn call<T: Send + 'static>(
        &self,
        work: impl Fn(&System, &Ticket) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        self.worker.call(self.patience.as_deref(), work)
    }
}

impl fmt::Debug for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keychain").field("patience", &self.patience).finish_non_exhaustive()
    }
}

enum Hinted {
    Absent,
    Broken,
    Whole(Stored),
}

/// `place` is that of the only part; an entry of several has no such shortcut.
fn read(
    system: &System,
    ticket: &Ticket,
    id: EntryId,
    slot: Slot,
    place: Option<&Place>,
) -> Result<Hinted, Fault> {
    let single = slot.parts == 1;
    let (mut pieces, mut lay) = (Vec::new(), None);
    for name in PartName::all(id, slot) {
        ticket.check()?;
        match system.read(&name, place.filter(|_| single))? {
            Some(Found { part: Ok(part), place }) => {
                pieces.push(part.piece);
                lay = place;
            }
            Some(Found { part: Err(_), .. }) => return Ok(Hinted::Broken),
            None if pieces.is_empty() => return Ok(Hinted::Absent),
            None => return Ok(Hinted::Broken),
        }
    }
    Ok(Hinted::Whole(Stored { slot, place: lay.filter(|_| single), bytes: join(pieces) }))
}

fn newest_first(system: &System, id: EntryId) -> Result<Vec<Stored>, Fault> {
    Ok(whole(system.parts(&|name| name.id == id)?).remove(&id).unwrap_or_default())
}

/// The first part first: without it the rest is no generation any more.
fn remove(system: &System, id: EntryId, slot: Slot) -> Result<(), Fault> {
    PartName::all(id, slot).try_for_each(|name| system.remove(&name))
}

fn random() -> Result<u32, Error> {
    getrandom::u32().map_err(|_| Error::Other("the system gave no random bytes"))
}
