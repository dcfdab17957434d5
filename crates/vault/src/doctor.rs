//! The doctor: looks at every home and every record, says what is wrong and what would mend it, and mends it when asked.

mod copies;

use std::collections::BTreeSet;

use keymoor_cache::Cache;
use keymoor_protocol::RecordId;
use serde::Serialize;

use crate::config::Config;
use crate::error::{Error, HomeName, Kind};
use crate::vault::Vault;

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
        /// Whether it was healed.
        healed: bool,
    },
    /// The cache finds a record under another name than its own, or in the wrong place: something else wrote to the file.
    Misnamed {
        /// Which record.
        #[serde(serialize_with = "text")]
        id: RecordId,
        /// Whether it is right again.
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
            | Finding::Misnamed { healed, .. }
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
        let misnamed = self.misnamed()?;
        let right = repair && !misnamed.is_empty() && self.name_anew().is_ok();
        findings.extend(misnamed.into_iter().map(|id| Finding::Misnamed { id, healed: right }));
        let (known, broken) = self.open_everything()?;
        for id in &broken {
            let healed = repair && self.heal(*id).is_ok();
            findings.push(Finding::Broken { home: HomeName::Cache, id: *id, healed });
            let older = self.cache.read(|view| view.history(*id))?;
            let older = older.iter().filter(|past| self.keys.open(&past.record).is_ok()).count() as u64;
            if !healed && older > 0 && matches!(self.can_heal(*id), Ok(false)) {
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
