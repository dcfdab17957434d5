//! A lost cache, rebuilt offline: from the keychain, and from what a damaged file still gave.

use std::collections::BTreeMap;
use std::path::PathBuf;

use keymoor_cache::{Base, Cache, Change, Device, Quarantined};
use keymoor_keychain::{EntryId, Keychain, Slot, Stored};
use keymoor_protocol::{KeysDocument, Record, RecordId};
use keymoor_sealing::RootKey;
use keymoor_sealing::document::Custody;

use crate::account::join::FORMER;
use crate::activity::chain;
use crate::clock::now;
use crate::config::Config;
use crate::content::Content;
use crate::drafts;
use crate::error::Error;
use crate::homes::copy::Copy;
use crate::homes::entries::{DeviceEntry, Mark};
use crate::homes::layers::put;
use crate::homes::mirror::{DOCUMENT_SLOT, MARK_SLOT, from_slot, genuine, slot_key};
use crate::homes::placeholder;
use crate::homes::salvaged::Salvaged;
use crate::keys::Keys;
use crate::notice::Notice;
use crate::rotate::asked;
use crate::rules::copies::{self, Lives};
use crate::rules::gone::reborn;
use crate::vault::{DEVICE_SLOT, Vault, new_device};

/// One record as the keychain has it.
#[derive(Default)]
pub(super) struct Found {
    /// The newest generation, where it opens.
    pub(super) good: Option<Copy>,
    /// Where it lies.
    pub(super) slot: Option<Slot>,
    /// The newest generation, if it does not open, and the newest of those before it that do.
    bad: Option<(Vec<u8>, Option<Copy>)>,
    /// What it says under the keys from before a join.
    former: Option<Content>,
}

/// What the keychain has beside the records.
#[derive(Default)]
struct Own {
    device: Option<Slot>,
    mark: Option<(Mark, Slot)>,
    document: Option<(KeysDocument, Slot)>,
}

impl Own {
    /// Puts down where it lies, and the newer keys document of both homes.
    fn write(&self, change: &mut Change<'_>, in_file: Option<&KeysDocument>) -> Result<(), Error> {
        if let Some(slot) = self.device {
            change.set_slot(DEVICE_SLOT, from_slot(slot))?;
        }
        if let Some((mark, slot)) = &self.mark {
            change.set_slot(MARK_SLOT, from_slot(*slot))?;
            change.set_setting(MARK_SLOT, &mark.encode())?; // the new cache begins there
        }
        if let Some((_, slot)) = &self.document {
            change.set_slot(DOCUMENT_SLOT, from_slot(*slot))?;
        }
        let both = in_file.into_iter().chain(self.document.as_ref().map(|(document, _)| document));
        match both.max_by_key(|document| document.version) {
            Some(newest) => Ok(change.set_keys_document(&newest.encode())?),
            None => Ok(()),
        }
    }
}

/// Makes a new cache out of what the keychain holds, and the damaged file at `aside` if there is one. It is a new actor in
/// its first life, and its base may lag behind the server, so the next sync takes a snapshot.
pub(crate) fn from_keychain(
    config: Config,
    keychain: Keychain,
    mut entry: DeviceEntry,
    slot: Slot,
    aside: Option<PathBuf>,
) -> Result<Vault, Error> {
    let mut device = new_device(&config, &entry);
    device.rebuilt = entry.server.is_some();
    let former = entry.former.take().map(|former| Keys::new(former.account, former.vault, former.root, &[]));
    let (root, custody) = entry.into_keys();
    let keys = Keys::new(device.account, device.vault, root, &custody.previous);
    let (mut found, mut mark, mut document) = (BTreeMap::new(), None, None);
    for (id, generations) in keychain.read_all()? {
        match id {
            EntryId::Record(id) => drop(found.insert(id, examine(&keys, former.as_ref(), id, generations))),
            EntryId::Mark => mark = generations.into_iter().find_map(|stored| mark_of(&keys, &stored)),
            EntryId::Document => {
                document = generations
                    .into_iter()
                    .find_map(|stored| Some((genuine(&stored.bytes, &keys)?, stored.slot)));
            }
            EntryId::Device | EntryId::Session => {}
        }
    }
    if let Some((mark, _)) = &mark {
        (device.epoch, device.document_version) = (mark.epoch, mark.document_version);
    }
    device.cursor = copies::begins_at(mark.as_ref().map(|(mark, _)| mark.cursor));
    let own = Own { device: Some(slot), mark, document };
    let salvaged = match &aside {
        Some(path) => Salvaged::read(path, &keys)?,
        None => Salvaged::default(),
    };
    let (cache, notices) = fill(&config, &keys, device, own, found, &salvaged, aside)?;
    Ok(Vault { notices, ..Vault::with(config, cache, Some(keychain), keys, custody) })
}

/// The same without a keychain: out of the damaged file alone, whose keys document the password opened.
pub(crate) fn from_file(
    config: Config,
    device: Device,
    root: RootKey,
    custody: Custody,
    salvaged: impl FnOnce(&Keys) -> Salvaged,
    aside: Option<PathBuf>,
) -> Result<Vault, Error> {
    let keys = Keys::new(device.account, device.vault, root, &custody.previous);
    let salvaged = salvaged(&keys);
    let (cache, notices) = fill(&config, &keys, device, Own::default(), BTreeMap::new(), &salvaged, aside)?;
    Ok(Vault { notices, ..Vault::with(config, cache, None, keys, custody) })
}

fn fill(
    config: &Config,
    keys: &Keys,
    mut device: Device,
    own: Own,
    mut found: BTreeMap<RecordId, Found>,
    salvaged: &Salvaged,
    aside: Option<PathBuf>,
) -> Result<(Cache, Vec<Notice>), Error> {
    salvaged.place(&mut device);
    if let Some((document, _)) = &own.document {
        device.document_version = device.document_version.max(document.version);
    }
    for id in salvaged.layers.keys().chain(&salvaged.unread) {
        found.entry(*id).or_default();
    }
    let mut cache = Cache::open(config.home())?;
    let (mut records, mut taken, mut notices) = (0, 0, Vec::new());
    cache.write(|change| {
        change.set_device(&device)?;
        chain::begin_again(change, keys)?;
        own.write(change, salvaged.document.as_ref())?;
        salvaged.write(change, keys, device.cursor)?;
        for (id, found) in &found {
            let id = *id;
            if let Some(slot) = found.slot {
                change.set_slot(&slot_key(id), from_slot(slot))?;
            }
            if let Some(content) = &found.former {
                // Sealed before a join and not yet anew: it comes along as a new record, as the join would have done it,
                // and the copy under the old id goes once the new one is there.
                change.clear_slot(&slot_key(id))?;
                let new = RecordId::generate();
                drafts::write(change, keys, new, &reborn(content, device.actor))?;
                asked::follow(change, id, new)?;
                change.mark_unmirrored(id)?;
                change.set_setting(FORMER, b"1")?;
                records += u64::from(!content.meta.deleted());
                continue;
            }
            if let Some((bytes, _)) = &found.bad {
                set_aside(change, id, bytes)?;
                notices.push(Notice::Quarantined { id });
            }
            let layers = salvaged.layers.get(&id);
            let erased = salvaged.erasures.contains(&id);
            if is_lost(id, found, salvaged) {
                let older = found.good.as_ref().or(found.bad.as_ref().and_then(|(_, older)| older.as_ref()));
                let erased = erased || older.is_some_and(|older| older.erased);
                placeholder::put(change, keys, id, left_of(older, layers), erased)?;
                continue;
            }
            let lives = Lives { former: &[], now: device.actor };
            let now_is = put(change, keys, id, found.good.as_ref(), layers, erased, lives)?;
            let live = !now_is
                .draft
                .as_ref()
                .or(now_is.base.as_ref().map(|base| &base.record))
                .is_none_or(|r| r.deleted);
            records += u64::from(live);
            if found.good.as_ref() == Some(&now_is) {
                let current = change.current(id)?;
                change.mirrored(id, current.as_ref())?;
            } else {
                taken += u64::from(live);
            }
        }
        Ok::<_, Error>(())
    })?;
    if aside.is_some() {
        Cache::forget_unread(config.home())?;
    }
    notices.insert(
        0,
        match aside {
            Some(path) => Notice::CacheSetAside { path, taken, whole: salvaged.whole },
            None => Notice::CacheRebuilt { records },
        },
    );
    if own.device.is_some() && matches!(notices[0], Notice::CacheSetAside { .. }) {
        notices.push(Notice::CacheRebuilt { records });
    }
    if !salvaged.knows_habits() {
        notices.push(Notice::NotInBackground);
    }
    Ok((cache, notices))
}

/// Whether the newest content of a record is known to have been, and is nowhere.
fn is_lost(id: RecordId, found: &Found, salvaged: &Salvaged) -> bool {
    let in_file = salvaged.layers.contains_key(&id);
    // Where the keychain's copy was not behind, it has what the file lost. A base in the file is no more than what was before.
    let nowhere = salvaged.unread.contains(&id) && found.good.is_none();
    salvaged.lost.contains(&id) || nowhere || found.bad.is_some() && !in_file
}

/// The older contents of such a record, each with the commit that wrote it.
fn left_of(
    copy: Option<&Copy>,
    layers: Option<&(Option<Base>, Option<Record>)>,
) -> Vec<(Record, Option<u64>)> {
    let bases = copy.and_then(|copy| copy.base.as_ref()).into_iter();
    let bases = bases.chain(layers.and_then(|(base, _)| base.as_ref()));
    let drafts = copy.and_then(|copy| copy.draft.as_ref()).into_iter();
    let drafts = drafts.chain(layers.and_then(|(_, draft)| draft.as_ref()));
    let bases = bases.map(|base| (base.record.clone(), Some(base.seq)));
    bases.chain(drafts.map(|draft| (draft.clone(), None))).collect()
}

pub(super) fn examine(keys: &Keys, former: Option<&Keys>, id: RecordId, generations: Vec<Stored>) -> Found {
    let mut found = Found { slot: generations.first().map(|stored| stored.slot), ..Found::default() };
    if let (Some(former), Some(newest)) = (former, generations.first()) {
        let copy = Copy::decode(&former.copy, &newest.bytes).ok();
        let record = copy.and_then(|copy| copy.draft.or(copy.base.map(|base| base.record)));
        found.former = record.and_then(|record| former.open(&record).ok());
        if found.former.is_some() {
            return found;
        }
    }
    let read = |stored: &Stored| {
        let opens = |copy: &Copy| {
            let mut records = copy.base.iter().map(|base| &base.record).chain(&copy.draft);
            records.all(|record| record.id == id && keys.open(record).is_ok())
        };
        Copy::decode(&keys.copy, &stored.bytes).ok().filter(opens)
    };
    let mut generations = generations.into_iter();
    if let Some(newest) = generations.next() {
        match read(&newest) {
            Some(copy) => found.good = Some(copy),
            None => found.bad = Some((newest.bytes.to_vec(), generations.find_map(|stored| read(&stored)))),
        }
    }
    found
}

fn mark_of(keys: &Keys, stored: &Stored) -> Option<(Mark, Slot)> {
    let mark = Mark::decode(&stored.bytes).ok().filter(|mark| mark.vault == keys.vault)?;
    Some((mark, stored.slot))
}

fn set_aside(change: &mut Change<'_>, id: RecordId, bytes: &[u8]) -> Result<(), Error> {
    Ok(change.quarantine(&Quarantined {
        id,
        home: "keychain".to_owned(),
        reason: "seal".to_owned(),
        at: now(),
        record_bytes: bytes.to_vec(),
    })?)
}
