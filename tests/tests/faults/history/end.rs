//! How a history ends: everybody syncs in calm weather, and it is judged.

use super::History;
use crate::{
    device::secret,
    stage::{DEVICES, name},
};

/// Rounds in which everybody syncs in calm weather: more than that is without end.
const ROUNDS: u64 = 6;

impl History<'_> {
    /// Everybody syncs until nothing moves any more.
    pub(super) fn settle_down(&mut self) -> Result<(), String> {
        self.tell("the weather calms".to_owned());
        for at in 0..DEVICES {
            if !self.device(at).is_there() && !self.unlock(at)? {
                return Err("it cannot be unlocked in calm weather".to_owned());
            }
        }
        for _ in 0..ROUNDS {
            let before = self.head();
            for at in 0..DEVICES {
                self.sync(at)?;
                if self.log.last().is_some_and(|line| line.contains("Failed")) {
                    return Err("a sync fails in calm weather".to_owned());
                }
            }
            if self.head() == before {
                return Ok(());
            }
        }
        Err("it never ends".to_owned())
    }

    fn head(&self) -> Vec<u8> {
        let sql = "SELECT head FROM vault";
        self.stage
            .network
            .with_server(|server| server.database().query_row(sql, [], |row| row.get(0)).unwrap())
    }

    pub(super) fn judge(&mut self) -> Result<(), String> {
        let end = self.on_the_server();
        for at in 0..DEVICES {
            let (base, drafts) = self.stage.lens.cache(&self.folder.join(name(at)));
            if !drafts.is_empty() || base != end {
                return Err(format!("diverged: {at} has {base:#?}, {drafts:#?} and the server {end:#?}"));
            }
        }
        self.book.judge(&end).map_err(|(wrong, what)| format!("{wrong:?}: {what}"))?;
        self.all_show_the_same()
    }

    /// What users see, and get, is the same everywhere, and fits together.
    fn all_show_the_same(&mut self) -> Result<(), String> {
        let first = (self.device(0).list(false), self.device(0).list(true));
        for device in self.devices.iter_mut().flatten() {
            let lists = (device.list(false), device.list(true));
            if lists != first {
                return Err(format!("lists differ: {lists:#?} and {first:#?}"));
            }
            for one in lists.0.iter().chain(&lists.1) {
                let last_four = one.last_four.as_deref().unwrap_or_default();
                let got = device.reveal(one.id).map_err(|error| format!("{}: {error:?}", one.name))?;
                if last_four.parse().map(secret) != Ok(got.clone()) {
                    return Err(format!("{} shows {last_four} and gives {got}", one.name));
                }
            }
        }
        Ok(())
    }
}
