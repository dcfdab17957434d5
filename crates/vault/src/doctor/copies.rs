//! The keychain's copies, compared with what the cache has.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use keymoor_keychain::EntryId;
use keymoor_protocol::{Digest, KeysDocument, Record, RecordId};

use super::Finding;
use crate::content::{Content, merge};
use crate::drafts;
use crate::error::{Error, HomeName, KeychainProblem};
use crate::homes::copy::Copy;
use crate::homes::layers::put;
use crate::homes::mirror::{DOCUMENT_SLOT, genuine};
use crate::rules::copies::Lives;
use crate::sync::take::new_actor;
use crate::vault::Vault;

/// How often to look again at a copy that is behind, and how long to wait before: another command may just be writing it.
const LOOKS: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

impl Vault {
    /// Compares them all with the cache; returns how many there are. `latest`: those that have what it has.
    pub(super) fn copies(
        &mut self,
        repair: bool,
        known: &BTreeSet<RecordId>,
        latest: &mut BTreeSet<RecordId>,
        findings: &mut Vec<Finding>,
    ) -> Result<u64, Error> {
        let Some(keychain) = self.keychain.clone() else { return Ok(0) };
        let all = match keychain.read_all().map_err(Error::from) {
            Ok(all) => all,
            Err(Error::Keychain(KeychainProblem::Cancelled)) => {
                return Err(Error::Keychain(KeychainProblem::Cancelled));
            }
            Err(_) => {
                findings.push(Finding::KeychainOutOfReach);
                return Ok(0);
            }
        };
        if let Some(document) = self.cache.read(|view| view.keys_document())? {
            let mut entries = all.iter().filter(|(entry, _)| *entry == EntryId::Document);
            let there = entries.next().and_then(|(_, generations)| generations.first());
            let newer = |there: &KeysDocument| {
                KeysDocument::decode(&document).is_ok_and(|here| here.version < there.version)
            };
            let fits = there.is_some_and(|there| {
                *there.bytes == *document || genuine(&there.bytes, &self.keys).as_ref().is_some_and(newer)
            });
            if !fits {
                self.cache.write(|change| change.remove_setting(DOCUMENT_SLOT))?;
                let healed = repair && self.write_document().is_ok();
                findings.push(Finding::DocumentNotMirrored { healed });
            }
        }
        let mut copies = 0;
        let mut seen = BTreeSet::new();
        for (entry, generations) in all {
            let EntryId::Record(id) = entry else { continue };
            copies += 1;
            seen.insert(id);
            let content = generations.first().and_then(|stored| {
                let copy = Copy::decode(&self.keys.copy, &stored.bytes).ok();
                let current = copy.and_then(|copy| copy.draft.or(copy.base.map(|base| base.record)))?;
                Some((self.keys.open(&current).ok().filter(|_| current.id == id)?, current))
            });
            match content {
                _ if !known.contains(&id) => findings.push(Finding::Unknown { id }),
                None => {
                    let healed = repair && self.mirror_record(id).is_ok();
                    findings.push(Finding::Broken { home: HomeName::Keychain, id, healed });
                }
                Some((content, record)) if self.lacks(id, &content)? => {
                    let healed = repair && self.take_over(id, record)?;
                    findings.push(Finding::Newer { id, healed });
                }
                Some((content, _)) => {
                    if self.says(id, &content)? {
                        latest.insert(id);
                    }
                }
            }
        }
        let missing: Vec<RecordId> = known.difference(&seen).copied().collect();
        if !missing.is_empty() {
            self.cache.write(|change| {
                missing.iter().try_for_each(|id| {
                    change.clear_slot(&crate::homes::mirror::slot_key(*id))?;
                    change.mark_unmirrored(*id)
                })
            })?;
        }
        Ok(copies)
    }
}

impl Vault {
    /// Whether the cache's content of a record, which opens, lacks something that `there` says.
    fn lacks(&mut self, id: RecordId, there: &Content) -> Result<bool, Error> {
        let keys = &self.keys;
        self.cache.read(|view| match drafts::current(view, keys, id) {
            // What only a newer version understands is not merged here.
            Ok(here) => Ok(!there.is_newer() && merge(&here, there).meta != here.meta),
            Err(
                Error::Unreadable { .. } | Error::NewerRecord | Error::Cache(keymoor_cache::Error::Record(_)),
            ) => Ok(false),
            Err(error) => Err(error),
        })
    }

    /// Whether the cache's content of a record is just this: a copy that only has yet to hear what the server acknowledged.
    fn says(&mut self, id: RecordId, there: &Content) -> Result<bool, Error> {
        let keys = &self.keys;
        self.cache.read(|view| {
            let unerased = !view.is_erased(id)?;
            Ok(unerased && drafts::current(view, keys, id).is_ok_and(|here| here.meta == there.meta))
        })
    }

    /// The records of which the keychain has no copy of the latest value, and which no other command is about to copy.
    pub(super) fn without_latest(&mut self, latest: &BTreeSet<RecordId>) -> Result<Vec<RecordId>, Error> {
        if self.keychain.is_none() {
            return Ok(Vec::new());
        }
        let mut behind = self.behind(latest)?;
        for _ in 0..LOOKS {
            if behind.is_empty() {
                break;
            }
            std::thread::sleep(BETWEEN_LOOKS);
            // Gone meanwhile, or changed again: somebody saves.
            let again = self.behind(latest)?;
            behind.retain(|id, digest| again.get(id) == Some(digest));
        }
        Ok(behind.into_keys().collect())
    }

    /// What the cache marks as behind, without what has the latest value all the same; `None` for what cannot be read.
    fn behind(&mut self, latest: &BTreeSet<RecordId>) -> Result<BTreeMap<RecordId, Option<Digest>>, Error> {
        self.cache.read(|view| {
            let ids = view.unmirrored(u32::MAX)?.into_iter().filter(|id| !latest.contains(id));
            ids.map(|id| {
                let current = drafts::legible(view.current(id))?;
                Ok((id, current.map(|current| current.record().digest())))
            })
            .collect()
        })
    }

    /// Merges it in, as a change that the server has yet to see. A cache that does not know what it wrote may have given
    /// stamps twice: it goes on as another actor.
    fn take_over(&mut self, id: RecordId, there: Record) -> Result<bool, Error> {
        let keys = &self.keys;
        self.cache.write(|change| {
            let layers = (
                drafts::legible(change.base(id))?,
                drafts::legible(change.draft(id))?.map(|draft| draft.record),
            );
            let erased = change.is_erased(id)?;
            let old = drafts::actor(change, keys)?;
            let lives = Lives { former: &[old], now: new_actor(change, old)? };
            let copy = Copy { base: None, draft: Some(there), erased: false };
            put(change, keys, id, Some(&copy), Some(&layers), erased, lives)
        })?;
        Ok(self.mirror_record(id).is_ok())
    }
}
