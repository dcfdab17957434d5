//! A lost cache, rebuilt from the keychain alone, offline.

use keymoor_cache::{Base, Cache};
use keymoor_keychain::{EntryId, Keychain, Slot, Stored};
use keymoor_protocol::{Cursor, Record, RecordId};

use crate::account::join::FORMER;
use crate::clock::now;
use crate::config::Config;
use crate::content::Content;
use crate::drafts;
use crate::error::Error;
use crate::homes::copy::Copy;
use crate::homes::entries::DeviceEntry;
use crate::homes::mirror::{from_slot, read_mark, slot_key};
use crate::keys::Keys;
use crate::notice::Notice;
use crate::sync::plan;
use crate::vault::{DEVICE_SLOT, Vault, new_device};

/// One record as the keychain has it.
struct Found {
    id: RecordId,
    /// The newest generation that opens, with where it lies and whether it is the newest of all.
    good: Option<(Copy, Slot, bool)>,
    /// The newest generation, if it does not open.
    bad: Option<Vec<u8>>,
    /// What it says under the keys from before a join.
    former: Option<Content>,
}

/// Makes a new cache out of what the keychain holds. It is a new actor in its first life, and its base may lag behind the
/// server, so the next sync takes a snapshot.
pub(crate) fn from_keychain(
    config: Config,
    keychain: Keychain,
    mut entry: DeviceEntry,
    slot: Slot,
    mut notices: Vec<Notice>,
) -> Result<Vault, Error> {
    let mark = read_mark(&keychain)?;
    let mut device = new_device(&config, &entry);
    device.rebuilt = entry.server.is_some();
    if let Some(mark) = mark {
        (device.epoch, device.document_version, device.cursor) =
            (mark.epoch, mark.document_version, mark.cursor);
    } else {
        device.cursor = Cursor::START;
    }
    let former = entry.former.take().map(|former| Keys::new(former.account, former.vault, former.root, &[]));
    let (root, custody) = entry.into_keys();
    let keys = Keys::new(device.account, device.vault, root, &custody.previous);
    let found: Vec<Found> = keychain
        .read_all()?
        .into_iter()
        .filter_map(|(id, generations)| match id {
            EntryId::Record(id) => Some(examine(&keys, former.as_ref(), id, generations)),
            _ => None,
        })
        .collect();

    let mut cache = Cache::open(config.home())?;
    let mut records = 0;
    cache.write(|change| {
        change.set_device(&device)?;
        change.set_slot(DEVICE_SLOT, from_slot(slot))?;
        for Found { id, good, bad, former } in &found {
            if let Some(content) = former {
                // Sealed before a join and not yet anew: it comes along as a new record, as the join would have done it,
                // and the copy under the old id goes once the new one is there.
                drafts::write(change, &keys, RecordId::generate(), &plan::reborn(content, device.actor))?;
                change.mark_unmirrored(*id)?;
                change.set_setting(FORMER, b"1")?;
                records += u64::from(!content.meta.deleted());
                continue;
            }
            if let Some(bytes) = bad {
                change.quarantine(&keymoor_cache::Quarantined {
                    id: *id,
                    home: "keychain".to_owned(),
                    reason: "seal".to_owned(),
                    at: now(),
                    record_bytes: bytes.clone(),
                })?;
            }
            let Some((copy, slot, newest)) = good else { continue };
            if let Some(Base { record, seq }) = &copy.base {
                let tags = keys.tags(&open_meta(&keys, record)?);
                change.put_base(record, *seq, tags)?;
            }
            if let Some(record) = &copy.draft {
                let meta = open_meta(&keys, record)?;
                change.put_draft(record, keys.tags(&meta), meta.updated)?;
            }
            if copy.erased {
                change.mark_erased(*id, now())?; // the next sync erases it at the server
            }
            change.set_slot(&slot_key(*id), from_slot(*slot))?;
            let current = change.current(*id)?;
            if *newest {
                change.mirrored(*id, current.as_ref())?;
            }
            let live = current.as_ref().map(|current| current.record()).is_some_and(|record| !record.deleted);
            records += u64::from(live);
        }
        Ok::<_, Error>(())
    })?;
    notices.extend(found.iter().filter(|f| f.bad.is_some()).map(|f| Notice::Quarantined { id: f.id }));
    notices.push(Notice::CacheRebuilt { records });
    Ok(Vault { config, cache, keychain: Some(keychain), keys, custody, notices })
}

fn examine(keys: &Keys, former: Option<&Keys>, id: RecordId, generations: Vec<Stored>) -> Found {
    let mut found = Found { id, good: None, bad: None, former: None };
    if let (Some(former), Some(newest)) = (former, generations.first()) {
        let copy = Copy::decode(&former.copy, &newest.bytes).ok();
        let record = copy.and_then(|copy| copy.draft.or(copy.base.map(|base| base.record)));
        found.former = record.and_then(|record| former.open(&record).ok());
        if found.former.is_some() {
            return found;
        }
    }
    for (age, stored) in generations.into_iter().enumerate() {
        let opens = |copy: &Copy| {
            let records = copy.base.iter().map(|base| &base.record).chain(&copy.draft);
            records.into_iter().all(|record| record.id == id && keys.open(record).is_ok())
        };
        match Copy::decode(&keys.copy, &stored.bytes).ok().filter(opens) {
            Some(copy) => {
                found.good = Some((copy, stored.slot, age == 0));
                return found;
            }
            None if age == 0 => found.bad = Some(stored.bytes.to_vec()),
            None => {}
        }
    }
    found
}

/// Every record here opened just before.
fn open_meta(keys: &Keys, record: &Record) -> Result<crate::content::Meta, Error> {
    keys.open_meta(record).map_err(|_| Error::Unreadable { id: record.id, homes: Vec::new() })
}
