//! One history: what three users, the network and the server do, as a number decides it, and whether it ended well.

mod end;
mod words;

use std::{collections::BTreeSet, path::PathBuf};

use keymoor_journeys::{Call, Dice, Fate, Server};
use keymoor_vault::{Alarm, Notice};

use crate::{
    book::Book,
    contents::{Contents, shown},
    device::{Action, Device, Synced, is_an_answer, is_the_network_s},
    points::{Work, in_this_process},
    stage::{DEVICES, Stage, name},
};

pub(crate) use self::words::word;
use self::words::{died_at, is_rare};

/// What happens in one history before the weather calms.
const STEPS: u64 = 40;

/// What the histories of a number have in them.
struct Kind {
    put_back: bool,
    wiped: bool,
    erased: bool,
}

struct History<'s> {
    stage: &'s Stage,
    folder: PathBuf,
    dice: Dice,
    kind: Kind,
    /// Each in its place, but for one that syncs while something else happens.
    devices: [Option<Device>; DEVICES],
    book: Book,
    backups: Vec<PathBuf>,
    met: BTreeSet<&'static str>,
    log: Vec<String>,
    given: u64,
    tokens_may_look_stolen: bool,
    rare_is_armed: bool,
}

/// Plays the history of this number. What it met, or how it went wrong.
pub(crate) fn play(stage: &Stage, seed: u64) -> Result<BTreeSet<&'static str>, String> {
    let folder = stage.set(seed);
    let mut dice = Dice::new(seed);
    let kind = Kind { put_back: dice.below(2) == 0, wiped: dice.below(3) == 0, erased: dice.below(2) == 0 };
    let devices = std::array::from_fn(|i| Some(Device::new(folder.join(name(i)))));
    let mut history = History {
        stage,
        dice,
        kind,
        devices,
        book: Book::default(),
        backups: Vec::new(),
        met: BTreeSet::new(),
        log: Vec::new(),
        given: 0,
        tokens_may_look_stolen: false,
        rare_is_armed: false,
        folder: folder.clone(),
    };
    let done = history.run(seed);
    let History { met, log, devices, .. } = history;
    drop(devices);
    let gone = std::fs::remove_dir_all(&folder);
    done.map_err(|wrong| format!("history {seed}:\n  {}\n=> {wrong}", log.join("\n  ")))?;
    gone.unwrap();
    Ok(met)
}

impl History<'_> {
    fn run(&mut self, seed: u64) -> Result<(), String> {
        self.back_up();
        self.stage.network.storm(seed);
        for _ in 0..STEPS {
            self.step()?;
        }
        for (fate, _) in self.stage.network.fates() {
            self.met.insert(word(fate));
        }
        self.stage.network.calm();
        keymoor_fail_points::disarm();
        self.settle_down()?;
        self.judge()
    }

    /// Every step throws as often as every other, so that what a user finds does not change what happens later.
    fn step(&mut self) -> Result<(), String> {
        let [who, what, which, more] = [DEVICES as u64, 1000, 840, 100].map(|limit| self.dice.below(limit));
        let at = who as usize;
        if !self.device(at).is_there() && !self.unlock(at)? {
            return Ok(());
        }
        match what {
            0..=119 => self.act(at, Action::Add, which),
            120..=199 => self.act(at, Action::EditSecret, which),
            200..=269 => self.act(at, Action::EditNote, which),
            270..=319 => self.act(at, Action::EditRegion, which),
            320..=359 => self.act(at, Action::Rename, which),
            360..=429 => self.act(at, Action::Delete, which),
            430..=469 => self.act(at, Action::Restore, which),
            470..=499 => self.act(at, Action::Revert, which),
            500..=549 => self.act(at, Action::Settle, which),
            550..=589 if self.kind.erased => self.act(at, Action::Erase, which),
            590..=609 => {
                self.device(at).start_again();
                self.tell(format!("{at} starts again"));
                Ok(())
            }
            610..=639 => {
                self.back_up();
                Ok(())
            }
            640..=679 if self.kind.put_back => {
                self.put_back(which);
                self.arm(Work::Snapshot, more);
                Ok(())
            }
            680..=699 if self.kind.wiped => {
                self.wipe(at);
                Ok(())
            }
            700..=714 => {
                self.server("tokens expired", "access tokens expire", |server| server.expire_access_tokens());
                self.arm(Work::Refresh, which);
                Ok(())
            }
            715..=719 => {
                self.server("sessions ended", "sessions end", |server| server.end_sessions());
                Ok(())
            }
            _ if more < 25 => {
                self.arm(Work::Sync, which);
                self.sync(at)
            }
            _ if more < 45 => self.sync_and_between(at, 1 + more % 3, which, true),
            _ if more < 55 => self.sync_and_between(at, 1 + more % 3, which, false),
            _ => self.sync(at),
        }
    }

    /// While a device syncs, another one does, or its own user edits something.
    fn sync_and_between(&mut self, at: usize, step: u64, which: u64, other: bool) -> Result<(), String> {
        let mut device = self.devices[at].take().unwrap();
        let mut done = Ok(());
        let mut act = || {
            self.log.push("(meanwhile".to_owned());
            done = if other {
                let other = (at + 1 + which as usize % (DEVICES - 1)) % DEVICES;
                match self.device(other).is_there() {
                    true => self.sync(other),
                    false => Ok(()),
                }
            } else {
                // Another process on the same data.
                self.devices[at] = Some(Device::new(self.folder.join(name(at))));
                let action = [Action::EditNote, Action::EditSecret, Action::Delete, Action::Add];
                let done = self.act(at, action[which as usize % action.len()], which);
                self.devices[at] = None;
                done
            };
            self.met.insert(if other { "another sync between" } else { "an edit between" });
            self.log.push(")".to_owned());
        };
        let synced = device.sync(Some((step, &mut act)));
        self.devices[at] = Some(device);
        done?;
        self.synced(at, synced)
    }

    /// Whoever comes to one of the points from now on dies there. A rare one waits until somebody does.
    fn arm(&mut self, at: Work, which: u64) {
        let rare = !matches!(at, Work::Add | Work::Sync);
        if self.rare_is_armed && !rare {
            return;
        }
        self.rare_is_armed = rare;
        let points: Vec<_> =
            in_this_process(at).into_iter().filter(|point| !rare || is_rare(point)).collect();
        let point = points[which as usize % points.len()];
        let times = 1 + u64::from(!rare && which % 5 == 4);
        keymoor_fail_points::arm(point, times);
        self.tell(format!("(whoever comes to {point} {times} times dies there)"));
    }

    fn died(&mut self, point: &'static str) {
        self.met.insert(died_at(point));
        self.rare_is_armed = false;
    }

    fn tell(&mut self, what: String) {
        self.log.push(what);
    }

    fn server(&mut self, met: &'static str, what: &str, act: impl FnOnce(&Server)) {
        self.stage.network.with_server(|server| act(server));
        self.met.insert(met);
        self.tell(what.to_owned());
    }

    fn device(&mut self, at: usize) -> &mut Device {
        self.devices[at].as_mut().unwrap()
    }

    fn shown(&self, at: usize) -> Contents {
        shown(self.stage.lens.cache(&self.folder.join(name(at))))
    }

    fn act(&mut self, at: usize, action: Action, which: u64) -> Result<(), String> {
        let before = self.shown(at);
        self.given += 1;
        let number = self.given;
        match action {
            Action::Delete if self.kind.erased && which.is_multiple_of(4) => self.arm(Work::Erase, which / 4),
            _ if which.is_multiple_of(12) => self.arm(Work::Add, which / 12),
            _ => {}
        }
        let done = match self.device(at).or_crash(|device| device.act(action, which, number)) {
            Ok(done) => done,
            Err(point) => {
                self.died(point);
                Ok(format!("died at {point}"))
            }
        };
        self.tell(format!("{at} {action:?} {number}: {done:?}"));
        match done {
            Err(error) if !is_an_answer(&error) => return Err(format!("{action:?}: {error:?}")),
            _ => {}
        }
        let after = self.shown(at);
        self.book.note(&before, &after);
        Ok(())
    }

    fn sync(&mut self, at: usize) -> Result<(), String> {
        let synced = self.device(at).sync(None);
        self.synced(at, synced)
    }

    /// Looks at what a sync did.
    fn synced(&mut self, at: usize, synced: Synced) -> Result<(), String> {
        let calls = self.stage.network.calls();
        for (call, fate, status) in &calls {
            match (call, fate, status) {
                (Call::Refresh, Fate::Late, _) => self.tokens_may_look_stolen = true,
                (Call::Push, Fate::Late, 200) => drop(self.met.insert("a late commit taken")),
                (Call::Push, _, 409) => drop(self.met.insert("the head moved")),
                (Call::Snapshot, ..) => drop(self.met.insert("a snapshot")),
                (Call::Refresh, ..) => drop(self.met.insert("a refresh")),
                (Call::Login, ..) => drop(self.met.insert("a login")),
                _ => {}
            }
        }
        let calls: Vec<String> = calls
            .iter()
            .map(|(call, fate, status)| match fate {
                Fate::Answered => format!("{call:?} {status}"),
                fate => format!("{call:?} {status} {fate:?}"),
            })
            .collect();
        self.tell(format!("{at} syncs: {synced:?} [{}]", calls.join(", ")));
        let after = self.shown(at);
        self.book.see(&after);
        match synced {
            Synced::Done(report, notices) => {
                if report.conflicts > 0 {
                    self.met.insert("a conflict");
                }
                for notice in notices {
                    match notice {
                        Notice::Alarm(Alarm::PutBack) => drop(self.met.insert("put back what was lost")),
                        // An erasure that waited for a server which lost the record.
                        Notice::OnlyTrashed { .. } => {}
                        // Of the unlock before it.
                        Notice::NotInBackground => {}
                        Notice::Back { .. } => drop(self.met.insert("a delete met an edit")),
                        // An old refresh token that comes back late, or is new to a server that was put back, looks like
                        // a thief's.
                        Notice::Alarm(Alarm::SessionStolen) if self.tokens_may_look_stolen => {}
                        other => return Err(format!("{other:?}")),
                    }
                }
            }
            Synced::Crashed(point) => self.died(point),
            Synced::Failed(error) if is_the_network_s(&error) => drop(self.met.insert("a sync failed")),
            Synced::Failed(error) => return Err(format!("{error:?}")),
        }
        Ok(())
    }

    fn back_up(&mut self) {
        let file = self.folder.join(format!("backup-{}", self.backups.len()));
        self.stage.network.with_server(|server| server.back_up(&file));
        self.tell(format!("the server is copied ({})", self.backups.len()));
        self.backups.push(file);
    }

    fn put_back(&mut self, which: u64) {
        // One of the newest three.
        let back = which as usize % self.backups.len().min(3);
        let at = self.backups.len() - 1 - back;
        self.stage.network.with_server(|server| server.restore(&self.backups[at]));
        self.met.insert("the server put back");
        self.tokens_may_look_stolen = true;
        self.tell(format!("the server is put back to copy {at}"));
        self.reckon();
    }

    fn wipe(&mut self, at: usize) {
        self.device(at).wipe();
        self.met.insert("a device wiped");
        self.tell(format!("{at} loses everything"));
        self.reckon();
    }

    /// Whether it came back.
    fn unlock(&mut self, at: usize) -> Result<bool, String> {
        let stage = self.stage;
        let unlocked = match self.device(at).unlock(stage) {
            Ok(unlocked) => unlocked,
            Err(point) => {
                self.died(point);
                self.tell(format!("{at} unlocks, and died at {point}"));
                return Ok(false);
            }
        };
        self.tell(format!("{at} unlocks: {unlocked:?}"));
        self.stage.network.calls();
        match unlocked {
            Err(error) if !is_the_network_s(&error) => Err(format!("unlocking: {error:?}")),
            unlocked => Ok(unlocked.is_ok()),
        }
    }

    fn reckon(&mut self) {
        let homes = self.devices.iter().flatten().filter(|device| device.is_there()).map(Device::home);
        let mut homes: Vec<Contents> =
            homes.flat_map(|home| <[Contents; 2]>::from(self.stage.lens.cache(home))).collect();
        homes.push(self.on_the_server());
        self.book.reckon(&homes);
    }

    fn on_the_server(&self) -> Contents {
        self.stage.network.with_server(|server| self.stage.lens.server(&server.database()))
    }
}
