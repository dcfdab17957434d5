//! The doctor: looks at every home and every record, says what is wrong and what would mend it, and mends it when asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use keymoor_cache::Cache;
use keymoor_keychain::EntryId;
use keymoor_protocol::{Digest, KeysDocument, Record, RecordId};
use serde::Serialize;

use crate::config::Config;
use crate::content::{Content, merge};
use crate::drafts;
use crate::error::{Error, HomeName, KeychainProblem, Kind};
use crate::homes::copy::Copy;
use crate::homes::layers::put;
use crate::homes::mirror::{DOCUMENT_SLOT, genuine};
use crate::rules::copies::Lives;
use crate::sync::take::new_actor;
use crate::vault::Vault;

/// How often to look again at a copy that is behind, and how long to wait before: another command may just be writing it.
const LOOKS: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Bytes without which a save may fail: the largest credential, sealed, in the log and beside its past.
const ROOM: u64 = 512 * 1024;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Finding {
    /// The cache file's own check failed.
    CacheDamaged,
    /// A record does not open in a home.
    Broken {
        /// Which home.
        home: HomeName,
        /// Which record.
        #[serde(serialize_with = "text")]
        id: RecordId,
        /// Whether it was healed, or can be.
        healed: bool,
    },
    /// A record has no copy, or an old one, in the keychain.
    NotMirrored {
        /// Which record.
        #[serde(serialize_with = "text")]
        id: RecordId,
        /// Whether the copy was written.
        healed: bool,
    },
    /// A copy in the keychain of a record that the cache does not know; a rebuild would take it.
    Unknown {
        /// Which record.
        #[serde(serialize_with = "text")]
        id: RecordId,
    },
    /// A copy that did not open is kept aside.
    Quarantined {
        /// Which record.
        #[serde(serialize_with = "text")]
        id: RecordId,
    },
    /// The records do not add up to the state that the server acknowledged; the next sync takes a snapshot.
    StateWrong {
        /// Whether that was arranged.
        healed: bool,
    },
    /// The keychain has no copy of the account's keys document, or an old one.
    DocumentNotMirrored {
        /// Whether it was written.
        healed: bool,
    },
    /// The keychain's copy of a record says something that the cache does not: a cache that lost its last moments.
    Newer {
        /// Which record.
        #[serde(serialize_with = "text")]
        id: RecordId,
        /// Whether the cache has it now.
        healed: bool,
    },
    /// The newest value of a record cannot be read anywhere; older ones are in its history.
    Lost {
        /// Which record.
        #[serde(serialize_with = "text")]
        id: RecordId,
        /// How many.
        older: u64,
    },
    /// The keychain could not be looked at.
    KeychainOutOfReach,
    /// The vault does not open, so no record could be looked at.
    Locked,
    /// Entries of the activity are missing or were changed, by somebody without the keys.
    ActivityBroken {
        /// Whether that is settled now: what is left counts.
        healed: bool,
    },
    /// The disk of the data directory has no room for a save, nor for notes of what is read.
    NoRoom {
        /// Bytes that are free there, where the system says so.
        #[serde(skip_serializing_if = "Option::is_none")]
        free: Option<u64>,
    },
    /// There is no cache; the next command that opens the vault makes it anew.
    CacheMissing,
}

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Records looked at.
    pub records: u64,
    /// Keychain copies looked at.
    pub copies: u64,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// Whether everything is well, or was made so.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|finding| match finding {
            Finding::Broken { healed, .. }
            | Finding::NotMirrored { healed, .. }
            | Finding::DocumentNotMirrored { healed }
            | Finding::Newer { healed, .. }
            | Finding::ActivityBroken { healed }
            | Finding::StateWrong { healed } => *healed,
            Finding::Quarantined { .. } => true,
            Finding::CacheDamaged
            | Finding::CacheMissing
            | Finding::Unknown { .. }
            | Finding::NoRoom { .. }
            | Finding::Lost { .. }
            | Finding::KeychainOutOfReach
            | Finding::Locked => false,
        })
    }
}

impl Vault {
    /// Looks at every home and every record; with `repair` mends what can be mended. Nothing is ever deleted.
    pub fn doctor(&mut self, repair: bool) -> Result<Diagnosis, Error> {
        let mut findings = Vec::new();
        if let Some(free) = free_bytes(&self.config).filter(|free| *free < ROOM) {
            findings.push(Finding::NoRoom { free: Some(free) });
        }
        if !self.cache.integrity()?.is_empty() {
            findings.push(Finding::CacheDamaged);
        }
        let (known, broken) = self.open_everything()?;
        for id in &broken {
            let healed = repair && self.heal(*id).is_ok();
            findings.push(Finding::Broken { home: HomeName::Cache, id: *id, healed });
            let older = self.cache.read(|view| view.history(*id))?;
            let older = older.iter().filter(|past| self.keys.open(&past.record).is_ok()).count() as u64;
            if !healed && older > 0 {
                findings.push(Finding::Lost { id: *id, older });
            }
        }
        self.state(repair, &mut findings)?;
        if self.activity_is_unsettled()? {
            findings.push(Finding::ActivityBroken { healed: repair && self.settle_activity().is_ok() });
        }
        let mut latest = BTreeSet::new();
        let copies = self.copies(repair, &known, &mut latest, &mut findings)?;
        for id in self.without_latest(&latest)? {
            let healed = repair && self.mirror_record(id).is_ok();
            findings.push(Finding::NotMirrored { id, healed });
        }
        let aside: BTreeSet<RecordId> =
            self.cache.read(|view| view.quarantined())?.into_iter().map(|copy| copy.id).collect();
        findings.extend(aside.into_iter().map(|id| Finding::Quarantined { id }));
        let diagnosis = Diagnosis { records: known.len() as u64, copies, findings };
        if let Some(keychain) = self.keychain.as_ref().filter(|_| repair && diagnosis.is_well()) {
            // The newest copies are known to open, so what killed writers left behind can go. If not now, then another time.
            let _ = keychain.tidy();
        }
        Ok(diagnosis)
    }

    /// Before somebody is told that a credential is not there: an index with a hole in it would say the same.
    ///
    /// # Errors
    /// [`keymoor_cache::Error::Damaged`]: [`Vault::mend`] may bring it back.
    pub fn must_be_sound(&mut self) -> Result<(), Error> {
        if self.cache.is_sound()? { Ok(()) } else { Err(keymoor_cache::Error::Damaged.into()) }
    }

    /// Opens both envelopes of everything; returns all ids, and those that do not open.
    fn open_everything(&mut self) -> Result<(BTreeSet<RecordId>, BTreeSet<RecordId>), Error> {
        let keys = &self.keys;
        self.cache.read(|view| {
            let (mut known, mut broken) = (BTreeSet::new(), BTreeSet::new());
            let unreadable = view.for_each_current(|row| {
                known.insert(row.record.id);
                if keys.open(&row.record).is_err() {
                    broken.insert(row.record.id);
                }
                Ok::<_, Error>(())
            })?;
            broken.extend(unreadable.iter().copied());
            known.extend(unreadable);
            Ok((known, broken))
        })
    }

    /// The state hash of what the server acknowledged, against the newest commit.
    fn state(&mut self, repair: bool, findings: &mut Vec<Finding>) -> Result<(), Error> {
        let wrong = self.cache.read(|view| {
            let Some(device) = view.device()?.filter(|device| !device.rebuilt) else { return Ok(false) };
            let newest = view.chain_at(device.cursor.seq)?.and_then(|signed| signed.commit().ok());
            Ok::<_, Error>(match newest {
                Some(commit) => view.state()? != commit.state,
                None => false,
            })
        })?;
        if wrong {
            if repair {
                self.cache.write(|change| {
                    let mut device = change.device()?.ok_or(Error::Locked)?;
                    device.rebuilt = true;
                    Ok::<_, Error>(change.set_device(&device)?)
                })?;
            }
            findings.push(Finding::StateWrong { healed: repair });
        }
        Ok(())
    }

    fn copies(
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
    fn without_latest(&mut self, latest: &BTreeSet<RecordId>) -> Result<Vec<RecordId>, Error> {
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

/// What a doctor sees of a vault that could not be opened because of `why`. Never fails.
pub fn examine(config: &Config, why: &Error) -> Diagnosis {
    let mut findings = Vec::new();
    let mut records = 0;
    match Cache::exists(config.home()) {
        false => findings.push(Finding::CacheMissing),
        true => match Cache::is_whole(config.home()) {
            Ok(true) => {
                let counted = Cache::open(config.home()).and_then(|mut cache| {
                    cache.read(|view| {
                        let unreadable = view.for_each_meta(|_| {
                            records += 1;
                            Ok::<_, keymoor_cache::Error>(())
                        })?;
                        Ok::<_, keymoor_cache::Error>(unreadable.len() as u64)
                    })
                });
                records += counted.unwrap_or_default();
            }
            Ok(false) => findings.push(Finding::CacheDamaged),
            // A disk that is full or may not be read says nothing of the file.
            Err(_) => {}
        },
    }
    match (why, why.kind()) {
        (Error::Cache(keymoor_cache::Error::Full), _) => {
            findings.push(Finding::NoRoom { free: free_bytes(config) });
        }
        (_, Kind::Keychain) => findings.push(Finding::KeychainOutOfReach),
        _ => findings.push(Finding::Locked),
    }
    Diagnosis { records, copies: 0, findings }
}

/// Bytes that this user may still fill on the disk of the data directory.
#[cfg(unix)]
fn free_bytes(config: &Config) -> Option<u64> {
    let disk = rustix::fs::statvfs(config.home()).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

/// Not known here without further ado.
#[cfg(not(unix))]
fn free_bytes(_: &Config) -> Option<u64> {
    None
}

fn text<S: serde::Serializer>(id: &RecordId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
