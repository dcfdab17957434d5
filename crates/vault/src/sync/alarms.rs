//! Alarms: what a sync found that does not add up, shown in the status until it does or has been told for long enough.

use keymoor_cache::Change;

use crate::activity::{self, Event};
use crate::clock::now;
use crate::error::{Alarm, Error};
use crate::keys::Keys;
use crate::vault::Vault;

/// How long the status tells of what happened and stops nothing: a theft for a day, what was put right for an hour.
const SHOWN_MS: u64 = 24 * 60 * 60 * 1000;
const PUT_RIGHT_SHOWN_MS: u64 = 60 * 60 * 1000;

impl Vault {
    /// Shows an alarm in the status, and keeps it in the activity: once for as long as it stands.
    pub(crate) fn raise(&mut self, alarm: Alarm) -> Result<(), Error> {
        let keys = &self.keys;
        self.cache.write(|change| {
            if change.alarms()?.iter().all(|raised| raised.code != alarm.code()) || alarm.informs() {
                activity::put(change, keys, &Event::Alarm { alarm })?;
            }
            if alarm.informs() {
                change.clear_alarm(alarm.code())?; // it happened again, and is shown from now on
            }
            Ok::<_, Error>(change.raise_alarm(&keymoor_cache::Alarm {
                code: alarm.code().to_owned(),
                at: now(),
                details: Vec::new(),
            })?)
        })
    }
}

/// After a sync that added up: what did not before is over, and what only informs has been shown for long enough.
pub(crate) fn settle(change: &mut Change<'_>, keys: &Keys) -> Result<(), Error> {
    for alarm in change.alarms()? {
        let shown = match Alarm::from_code(&alarm.code) {
            Some(Alarm::PutBack) => PUT_RIGHT_SHOWN_MS,
            Some(alarm) if alarm.informs() => SHOWN_MS,
            _ => 0,
        };
        if shown == 0 || alarm.at.abs_diff(now()) > shown {
            change.clear_alarm(&alarm.code)?;
            if let Some(alarm) = Alarm::from_code(&alarm.code).filter(|alarm| !alarm.informs()) {
                activity::put(change, keys, &Event::AlarmOver { alarm })?;
            }
        }
    }
    Ok(())
}
