//! Device records: what changes by itself, such as when a credential was last used.
//!
//! Each device has one, sealed, outside the log: no use becomes a commit. It is written when uses are taken over from
//! their file, pushed with other changes or at most hourly, and the others' come at the same time. All of it is
//! information: whatever goes wrong with it stops no sync.

mod itself;
mod payload;

use std::collections::BTreeMap;

use keymoor_cache::{Change, View};
use keymoor_protocol::api::{Device, DeviceUpdate};
use keymoor_protocol::{Class, DeviceId, Envelope, RecordId, base64url};
use keymoor_remote::Authorised;

use crate::activity::{Event, chain, opened};
use crate::clock::now;
use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;
use crate::vault::Vault;
use crate::verification::{Values, Verification};
pub(crate) use payload::DeviceRecord;

/// The cache's note of when the records were last exchanged, milliseconds since 1970.
const EXCHANGED: &str = "device_records.at";
/// How often they are at most, where something else is synced as well.
const BESIDE_MS: u64 = 60 * 1000;
/// How often, where nothing else is.
const ALONE_MS: u64 = 60 * 60 * 1000;

/// When a device of the account last used a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// Which device.
    pub device: DeviceId,
    /// When, by its own clock, milliseconds since 1970.
    pub at: u64,
    /// Whether it is this one.
    pub here: bool,
}

/// A device of the account, as its own record tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Which.
    pub id: DeviceId,
    /// Whether it is this one.
    pub here: bool,
    /// What its computer is called; `None` where it did not say.
    pub name: Option<String>,
    /// Which system it has: `linux`, `macos`, `windows` …; `None` where it did not say.
    pub platform: Option<String>,
    /// When it was heard of last, by its own clock, milliseconds since 1970. It is known since the last exchange of the
    /// records.
    pub seen: Option<u64>,
    /// For how many credentials it holds what their provider said.
    pub verified: u64,
}

/// A record that opened, and its number, which grows with each writing.
struct Known {
    number: u64,
    record: DeviceRecord,
}

/// What the devices' records say of credentials. What waits in the file of uses is among it.
pub(crate) struct Devices {
    here: DeviceId,
    records: BTreeMap<DeviceId, DeviceRecord>,
}

impl Devices {
    /// Every use of a credential, the newest first.
    pub(crate) fn of(&self, id: RecordId) -> Vec<Used> {
        let used = self.records.iter().filter_map(|(device, record)| {
            let at = *record.used.get(&id)?;
            Some(Used { device: *device, at, here: *device == self.here })
        });
        let mut used: Vec<Used> = used.collect();
        used.sort_by_key(|used| std::cmp::Reverse(used.at));
        used
    }

    /// What was last heard of the values that it has now, by whichever device.
    pub(crate) fn verification(&self, id: RecordId, values: Values) -> Option<Verification> {
        let of = |record: &DeviceRecord| record.checks.get(&id).filter(|check| check.is_of(values)).cloned();
        self.records.values().filter_map(of).reduce(Verification::merge)
    }

    /// Each of them: this one first, then those that were heard of last.
    fn all(self) -> Vec<DeviceInfo> {
        let here = self.here;
        let info = |(id, record): (DeviceId, DeviceRecord)| {
            let used = record.used.values().max().copied();
            let checked = record.checks.values().map(Verification::latest).max();
            DeviceInfo {
                id,
                here: id == here,
                seen: used.max(checked).max(Some(record.seen).filter(|seen| *seen > 0)),
                verified: record.checks.len() as u64,
                name: record.name,
                platform: record.platform,
            }
        };
        let mut all: Vec<DeviceInfo> = self.records.into_iter().map(info).collect();
        all.sort_by_key(|device| std::cmp::Reverse((device.here, device.seen)));
        for own in all.iter_mut().filter(|device| device.here) {
            // Without an account its record says nothing of it.
            (own.name, own.platform) = (itself::name(), Some(itself::platform().to_owned()));
        }
        all
    }

    /// When it was used last, by whichever device.
    pub(crate) fn last(&self, id: RecordId) -> Option<u64> {
        self.records.values().filter_map(|record| record.used.get(&id)).max().copied()
    }
}

/// The devices' records as they lie in the cache, and what waits in the file of uses.
pub(crate) struct SealedDevices {
    here: DeviceId,
    records: Vec<(DeviceId, Vec<u8>)>,
    waiting: Vec<keymoor_cache::ActivityEntry>,
}

impl SealedDevices {
    /// With what [`keymoor_cache::Cache::uses`] says.
    pub(crate) fn read(view: &View<'_>, waiting: Vec<keymoor_cache::ActivityEntry>) -> Result<Self, Error> {
        let here = view.device()?.ok_or(Error::Locked)?.device;
        Ok(Self { here, records: view.device_records()?, waiting })
    }

    /// What does not open says nothing.
    pub(crate) fn open(self, keys: &Keys) -> Devices {
        let opened = |(device, bytes)| Some((device, open(keys, device, bytes)?.record));
        let mut records: BTreeMap<DeviceId, DeviceRecord> =
            self.records.into_iter().filter_map(opened).collect();
        let own = records.entry(self.here).or_default();
        for entry in self.waiting {
            note(keys, own, &entry);
        }
        Devices { here: self.here, records }
    }
}

impl Vault {
    /// The devices of the account, this one first: those whose record is known here.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn devices(&mut self) -> Result<Vec<DeviceInfo>, Error> {
        Ok(self.all_devices()?.all())
    }

    /// How many they are; none of their records is opened.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn device_count(&mut self) -> Result<usize, Error> {
        self.cache.read(|view| {
            let here = view.device()?.ok_or(Error::Locked)?.device;
            let others = view.device_records()?.into_iter().filter(|(device, _)| *device != here);
            Ok(others.count() + 1)
        })
    }

    /// What the devices' records say.
    pub(crate) fn all_devices(&mut self) -> Result<Devices, Error> {
        let waiting = self.cache.uses().unwrap_or_default();
        Ok(self.cache.read(|view| SealedDevices::read(view, waiting))?.open(&self.keys))
    }

    /// Sends this device's record and takes the others', if it is time or `asked_for`. `beside`: something else was synced.
    pub(crate) fn exchange_device_records(&mut self, line: &Authorised, asked_for: bool, beside: bool) {
        let _ = self.try_exchange(line, asked_for, beside); // the next sync that has something to do tries again
    }

    fn try_exchange(&mut self, line: &Authorised, asked_for: bool, beside: bool) -> Result<(), Error> {
        let last = self.cache.read(|view| view.setting(EXCHANGED))?;
        let last = last.and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
        let pause = if beside { BESIDE_MS } else { ALONE_MS };
        // A clock that was set back does not stop it.
        if !asked_for && last.is_some_and(|last| last <= now() && now() - last < pause) {
            return Ok(());
        }
        self.take_uses()?;
        let there = line.devices()?;
        let keys = &self.keys;
        let own = self.cache.write(|change| {
            let own = take(change, keys, &there)?;
            change.set_setting(EXCHANGED, &now().to_be_bytes())?;
            Ok::<_, Error>(own)
        })?;
        if let Some((device, sealed)) = own {
            line.put_device(device, &DeviceUpdate { sealed: base64url::encode(&sealed) })?;
        }
        Ok(())
    }
}

/// Takes over what the server has of the devices. Returns this device's record where the server's is older.
fn take(
    change: &mut Change<'_>,
    keys: &Keys,
    there: &[Device],
) -> Result<Option<(DeviceId, Vec<u8>)>, Error> {
    let here = drafts::device(change, keys)?.device;
    let (mut newest, mut at_server) = (None, 0);
    for device in there {
        let sealed = device.sealed.as_deref().and_then(|text| base64url::decode(text).ok());
        let Some((bytes, known)) =
            sealed.and_then(|bytes| Some((bytes.clone(), open(keys, device.id, bytes)?)))
        else {
            continue;
        };
        let mine = change.device_record(device.id)?.and_then(|bytes| open(keys, device.id, bytes));
        if device.id == here {
            at_server = known.number;
            newest = Some((bytes, known));
        } else if mine.is_none_or(|mine| mine.number < known.number) {
            change.put_device_record(device.id, &bytes)?; // an older one is a server that was put back
        }
    }
    chain::meet(change, keys, newest.as_ref().is_some_and(|(_, known)| known.record.linked))?;
    for (device, _) in change.device_records()? {
        if device != here && there.iter().all(|there| there.id != device) {
            change.drop_device_record(device)?;
        }
    }
    let mine = change.device_record(here)?.and_then(|bytes| open(keys, here, bytes));
    match (mine, newest) {
        (None, Some((bytes, _))) => {
            change.put_device_record(here, &bytes)?; // this cache was rebuilt
        }
        // What this device wrote in another life of its cache, which this one lacks.
        (Some(mine), Some((_, theirs)))
            if mine.number <= theirs.number && mine.record.cut() != theirs.record =>
        {
            let merged = mine.record.merge(theirs.record);
            write(change, keys, here, merged, theirs.number + 1)?;
        }
        _ => {}
    }
    let mine = change.device_record(here)?.and_then(|bytes| open(keys, here, bytes));
    let (mut number, mut record) =
        mine.map_or((0, DeviceRecord::default()), |mine| (mine.number, mine.record));
    if itself::introduce(&mut record, now()) {
        number += 1;
        write(change, keys, here, record, number)?;
    }
    if number > at_server { sent(change, keys, here) } else { Ok(None) }
}

/// This device's record as the server takes it.
fn sent(change: &Change<'_>, keys: &Keys, here: DeviceId) -> Result<Option<(DeviceId, Vec<u8>)>, Error> {
    let Some(bytes) = change.device_record(here)? else { return Ok(None) };
    let Some(Known { number, record }) = open(keys, here, bytes.clone()) else { return Ok(None) };
    let cut = record.cut();
    Ok(Some((here, if cut == record { bytes } else { seal(keys, here, &cut, number)? })))
}

/// Puts uses that were taken from their file into this device's record.
pub(crate) fn note_uses(
    change: &mut Change<'_>,
    keys: &Keys,
    uses: &[keymoor_cache::ActivityEntry],
) -> Result<(), Error> {
    let here = drafts::device(change, keys)?.device;
    let known = change.device_record(here)?.and_then(|bytes| open(keys, here, bytes));
    let (number, mut record) =
        known.map_or((0, DeviceRecord::default()), |known| (known.number, known.record));
    let before = record.clone();
    uses.iter().for_each(|entry| note(keys, &mut record, entry));
    if record == before {
        return Ok(());
    }
    write(change, keys, here, record, number + 1)
}

/// Puts into this device's record that its activity is linked. Whoever has no keys may delete the record and write none;
/// and the server has it, too.
pub(crate) fn note_linked(change: &mut Change<'_>, keys: &Keys) -> Result<(), Error> {
    let here = drafts::device(change, keys)?.device;
    let known = change.device_record(here)?.and_then(|bytes| open(keys, here, bytes));
    let (number, mut record) =
        known.map_or((0, DeviceRecord::default()), |known| (known.number, known.record));
    if record.linked {
        return Ok(());
    }
    record.linked = true;
    write(change, keys, here, record, number + 1)
}

/// Whether it says so.
pub(crate) fn is_linked(view: &View<'_>, keys: &Keys) -> Result<bool, Error> {
    let Some(device) = view.device()? else { return Ok(false) };
    let own = view.device_record(device.device)?.and_then(|bytes| open(keys, device.device, bytes));
    Ok(own.is_some_and(|known| known.record.linked))
}

/// Puts what providers said into this device's record.
pub(crate) fn note_verifications(
    change: &mut Change<'_>,
    keys: &Keys,
    heard: Vec<(RecordId, Verification)>,
) -> Result<(), Error> {
    let here = drafts::device(change, keys)?.device;
    let known = change.device_record(here)?.and_then(|bytes| open(keys, here, bytes));
    let (number, mut record) =
        known.map_or((0, DeviceRecord::default()), |known| (known.number, known.record));
    record.checks.extend(heard);
    write(change, keys, here, record, number + 1)
}

fn note(keys: &Keys, record: &mut DeviceRecord, entry: &keymoor_cache::ActivityEntry) {
    let Some(noted) = opened(keys, entry.bytes.clone()) else { return };
    if let Event::Revealed { subject, .. } | Event::Lent { subject, .. } = noted.event {
        let at = record.used.entry(subject.id).or_default();
        *at = entry.at.max(*at);
    }
}

/// Seals this device's record, without what belongs to records that are gone.
fn write(
    change: &mut Change<'_>,
    keys: &Keys,
    device: DeviceId,
    mut record: DeviceRecord,
    number: u64,
) -> Result<(), Error> {
    record.retain(|id| change.holds(*id).unwrap_or(true));
    Ok(change.put_device_record(device, &seal(keys, device, &record, number)?)?)
}

fn seal(keys: &Keys, device: DeviceId, record: &DeviceRecord, number: u64) -> Result<Vec<u8>, Error> {
    let text = record.encode();
    let sealed = keys.envelope(Class::Device, RecordId(device.0), number, payload::SCHEMA, &text)?;
    Ok(sealed.as_bytes().to_vec())
}

/// `None` for what is not genuine, or of a later version.
fn open(keys: &Keys, device: DeviceId, bytes: Vec<u8>) -> Option<Known> {
    let envelope = Envelope::try_from(bytes).ok()?;
    let number = envelope.header().version;
    let text = keys.open_envelope(RecordId(device.0), number, Class::Device, &envelope).ok()?;
    Some(Known { number, record: DeviceRecord::decode(&text)? })
}
