//! What the cache says of how the vault stands.

use keymoor_cache::{Device, View};

use super::{Homes, RaisedAlarm, Status};
use crate::account::session::REFUSED;
use crate::activity::chain;
use crate::differences::{self, Differences};
use crate::error::Error;
use crate::keys::Keys;
use crate::list::{self, Known};
use crate::synchronise::{FAILED, failed_at};
use crate::vault::DEVICE_SLOT;
use crate::verification::Values;

/// What the cache says.
pub(super) struct Seen {
    pub(super) device: Device,
    records: u64,
    trashed: u64,
    pub(super) waiting: u64,
    erasing: u64,
    conflicts: Option<Vec<String>>,
    care: Option<u64>,
    differences: Option<Differences>,
    pub(super) unmirrored: u64,
    pub(super) broken: u64,
    alarms: Vec<RaisedAlarm>,
    activity_broken: Option<bool>,
    pub(super) refused: bool,
    last_failed: Option<u64>,
    pub(super) device_slot: Option<(u64, u16)>,
}

/// Looks at the cache; `open`: with the keys, where it can be opened.
pub(super) fn look(view: &View<'_>, open: Option<(&Keys, &Known)>) -> Result<Seen, Error> {
    let device = view.device()?.ok_or(Error::Locked)?;
    let erased = view.erasures()?;
    let keys = open.map(|(keys, _)| keys);
    let (mut trashed, mut conflicts, mut opened_not, mut others) = (0, Vec::new(), 0, 0);
    let mut care = 0;
    let broken = view.for_each_meta(|row| {
        let erased = erased.binary_search(&row.id).is_ok();
        let meta = keys.map(|keys| keys.open_sealed_meta(row.id, row.version, &row.meta));
        // The record of services: `service list` tells of it.
        if matches!(&meta, Some(Ok(meta)) if !meta.is_credential()) {
            others += u64::from(!row.deleted);
            return Ok(());
        }
        trashed += u64::from(row.deleted && !erased);
        if let (Some(Ok(meta)), Some((_, known))) = (&meta, open)
            && !row.deleted
            && !erased
        {
            let mut listing = list::listing(row.id, meta, false);
            listing.know(known, Values::of(meta));
            care += u64::from(!listing.care.is_empty());
        }
        match meta {
            Some(Ok(meta)) if !row.deleted && meta.alternates().next().is_some() => {
                conflicts.push(meta.title());
            }
            Some(Err(_)) => {
                opened_not += 1;
                care += u64::from(!row.deleted && !erased);
            }
            _ => {}
        }
        Ok::<_, Error>(())
    })?;
    // What was put in the trash and erased, unseen by the server, is one change.
    let mut erased_only = 0;
    for id in &erased {
        erased_only += u64::from(matches!(view.draft(*id), Ok(None)));
    }
    // Nobody's business where these are the keys of before a join.
    let activity_broken = match keys.filter(|keys| keys.account == device.account) {
        Some(keys) => Some(chain::is_unsettled(view, keys)?),
        None => None,
    };
    let alarms = view.alarms()?.into_iter().map(|alarm| RaisedAlarm { code: alarm.code, at: alarm.at });
    Ok(Seen {
        records: view.live_count()?.saturating_sub(others),
        trashed,
        waiting: if device.server.is_some() { view.draft_count()? + erased_only } else { 0 },
        erasing: if device.server.is_some() { erased.len() as u64 } else { 0 },
        conflicts: keys.map(|_| conflicts),
        care: keys.map(|_| care + broken.len() as u64),
        // What does not open is told as damaged.
        differences: keys.map(|keys| differences::read(view, keys).unwrap_or_default()),
        unmirrored: view.unmirrored_count()?,
        broken: broken.len() as u64 + opened_not,
        alarms: alarms.collect(),
        activity_broken,
        refused: view.setting(REFUSED)?.is_some(),
        last_failed: view.setting(FAILED)?.as_deref().and_then(failed_at),
        device_slot: view.slot(DEVICE_SLOT)?,
        device,
    })
}

impl Seen {
    /// With the three homes, all that is said.
    pub(super) fn status(self, homes: Homes) -> Status {
        Status {
            homes,
            records: self.records,
            trashed: self.trashed,
            waiting: self.waiting,
            erasing: self.erasing,
            conflicts: self.conflicts,
            care: self.care,
            differences: self.differences,
            last_sync: self.device.last_sync,
            last_failed: self.last_failed,
            alarms: self.alarms,
            activity_broken: self.activity_broken,
            account: Some(self.device.account.to_string()),
            server: self.device.server,
            device: Some(self.device.device.to_string()),
        }
    }
}
