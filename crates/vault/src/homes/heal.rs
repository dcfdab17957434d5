//! Healing on read: a copy in the cache that does not open is kept aside, and replaced by the same copy of another home.
//!
//! The same means the digest that the cache put down when it wrote the record: another home's older or other value never
//! takes its place. What no home can give back is an error that says what each home answered.

pub(crate) mod in_vain;

use std::collections::BTreeSet;
use std::time::Duration;

use keymoor_cache::{Base, Change, KeptLayer, Quarantined, View};
use keymoor_keychain::{EntryId, Stored};
use keymoor_protocol::{Record, RecordId};

use crate::clock::now;
use crate::content::Content;
use crate::drafts;
use crate::error::{Error, HomeName, Why};
use crate::homes::copy::Copy;
use crate::homes::lock::Lock;
use crate::keys::Keys;
use crate::notice::Notice;
use crate::vault::Vault;

/// What the cache has of a record: the layers that are broken, and the content if what is shown is not among them.
struct Look {
    base: Option<KeptLayer>,
    draft: Option<KeptLayer>,
    content: Option<Content>,
}

impl Look {
    fn is_whole(&self) -> bool {
        self.base.is_none() && self.draft.is_none()
    }
}

/// Who may have what the cache has no more, in the order in which they are asked.
const OTHERS: [HomeName; 2] = [HomeName::Keychain, HomeName::Server];

/// How long a read waits for a sync that is under way before it says that the server is out of reach.
const SYNC_PATIENCE: Duration = Duration::from_secs(2);

impl Vault {
    /// The content of a record, healed if need be.
    pub(crate) fn heal(&mut self, id: RecordId) -> Result<Content, Error> {
        let keys = &self.keys;
        let broken = match self.cache.read(|view| look(view, keys, id))? {
            Look { content: Some(content), base: None, draft: None } => return Ok(content),
            broken => broken,
        };
        let mut homes = vec![(HomeName::Cache, Why::SealBroken)];
        for home in OTHERS {
            match self.copies_of(home, id) {
                Ok((copies, otherwise)) => match self.put_back(id, &copies)? {
                    Some(content) => {
                        self.healed(id, home)?;
                        return Ok(content);
                    }
                    None => homes.push((home, otherwise)),
                },
                Err(why) => homes.push((home, why)),
            }
        }
        match broken.content {
            // What is shown opens. The base under it is kept aside, so that it is neither pushed over nor looked for again.
            Some(content) => {
                self.cache
                    .write(|change| broken.base.iter().try_for_each(|layer| aside(change, id, layer)))?;
                Ok(content)
            }
            None => Err(Error::Unreadable { id, homes }),
        }
    }

    /// Whether a record can be read here, or what does not open of it is in another home within reach. Only looks.
    pub(crate) fn can_heal(&mut self, id: RecordId) -> Result<bool, Error> {
        let keys = &self.keys;
        let Look { base, draft, content } = self.cache.read(|view| look(view, keys, id))?;
        let mut broken: Vec<KeptLayer> = base.into_iter().chain(draft).collect();
        for home in OTHERS.iter().filter(|_| content.is_none()) {
            let Ok((copies, _)) = self.copies_of(*home, id) else { continue };
            broken.retain(|layer| copies.iter().all(|copy| copy.record.digest() != layer.digest));
            if broken.is_empty() {
                return Ok(true);
            }
        }
        Ok(content.is_some())
    }

    /// Does something that must not take another record for one that does not open; heals those and does it again.
    pub(crate) fn healing<T>(
        &mut self,
        mut act: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut healed = BTreeSet::new();
        loop {
            match act(self) {
                Err(Error::Unreadable { id, homes }) if homes.is_empty() && healed.insert(id) => {
                    self.heal(id)?;
                }
                done => return done,
            }
        }
    }

    /// Heals, from the keychain, every draft that does not open: a pull would put the server's version in its place, and the
    /// server never had it.
    pub(crate) fn heal_drafts(&mut self) -> Result<(), Error> {
        if self.keychain.is_none() {
            return Ok(());
        }
        let keys = &self.keys;
        let broken = self.cache.read(|view| {
            let mut broken = Vec::new();
            for id in view.draft_ids()? {
                let draft = drafts::legible(view.draft(id))?;
                if draft.is_none_or(|draft| keys.open(&draft.record).is_err()) {
                    broken.push(id);
                }
            }
            Ok::<_, Error>(broken)
        })?;
        for id in broken {
            let Ok((copies, _)) = self.copies_in_keychain(id) else { continue };
            match self.put_back(id, &copies) {
                Ok(None) | Err(Error::NotFound) => {}
                Ok(Some(_)) => self.healed(id, HomeName::Keychain)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn healed(&mut self, id: RecordId, from: HomeName) -> Result<(), Error> {
        self.tell(Notice::Healed { id, from });
        let _ = self.mirror_record(id); // it is marked; the next save or sync does it otherwise
        Ok(())
    }

    /// Heals what an upsert is about to change.
    pub(crate) fn heal_by_name(&mut self, provider: &str, name: &str) -> Result<(), Error> {
        let keys = &self.keys;
        let holders = self.cache.read(|view| crate::find::holders(view, keys, provider, name))?;
        holders.into_iter().try_for_each(|id| self.heal(id).map(drop))
    }

    fn copies_of(&mut self, home: HomeName, id: RecordId) -> Result<(Vec<Base>, Why), Why> {
        match home {
            HomeName::Server => self.copies_on_server(id),
            _ => self.copies_in_keychain(id),
        }
    }

    /// Every record that the keychain has of this one, in all generations, as far as it opens; and what is the matter if the
    /// right one is not among them: the newest is broken, or an older value is all there is.
    fn copies_in_keychain(&mut self, id: RecordId) -> Result<(Vec<Base>, Why), Why> {
        let keychain = self.keychain.as_ref().ok_or(Why::NotSetUp)?;
        let generations = keychain.generations(EntryId::Record(id)).map_err(|_| Why::OutOfReach)?;
        if generations.is_empty() {
            return Err(Why::Missing);
        }
        let read = |stored: &Stored| Copy::decode(&self.keys.copy, &stored.bytes).ok();
        let otherwise = match generations.first().and_then(read) {
            Some(_) => Why::Missing,
            None => Why::SealBroken,
        };
        let copies = generations.iter().filter_map(read);
        let records = copies.flat_map(|Copy { base, draft, .. }| {
            base.into_iter().chain(draft.map(|record| Base { record, seq: 0 }))
        });
        let opened: Vec<Base> = records.filter(|copy| opens(&self.keys, id, &copy.record)).collect();
        if opened.is_empty() { Err(Why::SealBroken) } else { Ok((opened, otherwise)) }
    }

    fn copies_on_server(&mut self, id: RecordId) -> Result<(Vec<Base>, Why), Why> {
        let device = self.cache.read(|view| view.device()).map_err(|_| Why::OutOfReach)?;
        let vault = device.filter(|device| device.server.is_some()).ok_or(Why::NotSetUp)?.vault;
        // A refresh belongs to whoever holds the sync lock: two at once would look like theft to the server.
        let lock = Lock::wait_for(&self.config, "sync", SYNC_PATIENCE).map_err(|_| Why::OutOfReach)?;
        let _lock = lock.ok_or(Why::OutOfReach)?;
        let line = self.authorised().map_err(|_| Why::OutOfReach)?;
        let history = line.history(vault, id).map_err(|_| Why::OutOfReach)?;
        if history.versions.is_empty() {
            return Err(Why::Missing);
        }
        let records =
            history.versions.into_iter().map(|placed| Base { record: placed.record, seq: placed.seq });
        let opened: Vec<Base> = records.filter(|copy| opens(&self.keys, id, &copy.record)).collect();
        if opened.is_empty() { Err(Why::SealBroken) } else { Ok((opened, Why::Missing)) }
    }

    /// Puts each broken layer back from the copy that has its digest; `None` where what is shown still does not open.
    fn put_back(&mut self, id: RecordId, copies: &[Base]) -> Result<Option<Content>, Error> {
        let keys = &self.keys;
        self.cache.write(|change| {
            // Looked at again: another process may have healed it, or edited it.
            let broken = look(change, keys, id)?;
            let same = |layer: &KeptLayer| {
                let fits = |copy: &&Base| copy.record.digest() == layer.digest;
                copies.iter().find(fits).map(|copy| copy.record.clone())
            };
            if let Some((layer, record)) = broken.base.as_ref().and_then(|layer| Some((layer, same(layer)?)))
            {
                aside(change, id, layer)?;
                let tags = keys.tags(&keys.open_meta(&record).map_err(|_| unreadable(id))?);
                change.put_base(&record, layer.seq.unwrap_or_default(), tags)?;
            }
            if let Some((layer, record)) = broken.draft.as_ref().and_then(|layer| Some((layer, same(layer)?)))
            {
                aside(change, id, layer)?;
                let tags = keys.tags(&keys.open_meta(&record).map_err(|_| unreadable(id))?);
                change.put_draft(&record, tags, layer.saved_at)?;
            }
            let now_is = look(change, keys, id)?;
            let healed = now_is.is_whole();
            Ok::<_, Error>(now_is.content.filter(|_| healed))
        })
    }
}

/// Opens what the cache has of a record. A base under a draft that opens is looked at too: it would stop every push.
fn look(view: &View<'_>, keys: &Keys, id: RecordId) -> Result<Look, Error> {
    drafts::device(view, keys)?;
    let read = |layer: Result<Option<Record>, keymoor_cache::Error>| match layer {
        Ok(record) => Ok(record.map(|record| keys.open(&record).ok())),
        Err(keymoor_cache::Error::Record(_)) => Ok(Some(None)),
        Err(error) => Err(Error::from(error)),
    };
    let base = read(view.base(id).map(|base| base.map(|base| base.record)))?;
    let draft = read(view.draft(id).map(|draft| draft.map(|draft| draft.record)))?;
    if base.is_none() && draft.is_none() {
        return Err(Error::NotFound);
    }
    let broken = |layer: &Option<Option<Content>>| matches!(layer, Some(None));
    let (mut base_broken, draft_broken) = (broken(&base), broken(&draft));
    // One that was looked for in vain stays as it is, unless nothing works with it.
    let parses = !matches!(view.base(id), Err(keymoor_cache::Error::Record(_)));
    if base_broken && parses && matches!(draft, Some(Some(_))) && view.is_quarantined(id)? {
        base_broken = false;
    }
    let content = match draft {
        Some(draft) => draft,
        None => base.flatten(),
    };
    if !base_broken && !draft_broken {
        return Ok(Look { base: None, draft: None, content });
    }
    let kept = view.kept(id)?;
    Ok(Look { base: kept.base.filter(|_| base_broken), draft: kept.draft.filter(|_| draft_broken), content })
}

/// Keeps a layer that does not open, as it was found.
pub(crate) fn aside(change: &mut Change<'_>, id: RecordId, layer: &KeptLayer) -> Result<(), Error> {
    Ok(change.quarantine(&Quarantined {
        id,
        home: "cache".to_owned(),
        reason: "seal".to_owned(),
        at: now(),
        record_bytes: layer.bytes.clone(),
    })?)
}

fn opens(keys: &Keys, id: RecordId, record: &Record) -> bool {
    record.id == id && keys.open(record).is_ok()
}

fn unreadable(id: RecordId) -> Error {
    Error::Unreadable { id, homes: Vec::new() }
}
