//! A device of a history, and what its user does. The vault is the real one, opened in this process.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
};

use keymoor_fail_points::Crash;
use keymoor_journeys::PASSWORD;
use keymoor_vault::{
    Edit, Error, Field, Filter, Input, Listing, NewCredential, Notice, RecordId, ServerProblem, SyncOptions,
    SyncReport, Value, Vault, unlock_with_kit,
};

use secrecy::ExposeSecret as _;

use crate::stage::{Stage, config, vault};

/// What a user does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Add,
    EditSecret,
    EditNote,
    EditRegion,
    Rename,
    Delete,
    Restore,
    Revert,
    Settle,
    Erase,
}

/// How a sync ended.
#[derive(Debug)]
pub(crate) enum Synced {
    Done(SyncReport, Vec<Notice>),
    Failed(Error),
    /// The process died at this point.
    Crashed(&'static str),
}

pub(crate) struct Device {
    home: PathBuf,
    /// Not there after everything on it was lost, until it was unlocked again.
    vault: Option<Vault>,
}

impl Device {
    pub(crate) fn new(home: PathBuf) -> Self {
        let vault = Some(vault(&home));
        Self { home, vault }
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    pub(crate) fn is_there(&self) -> bool {
        self.vault.is_some()
    }

    /// The process ends without a goodbye, and starts again.
    pub(crate) fn start_again(&mut self) {
        drop(self.vault.take());
        self.vault = Some(vault(&self.home));
    }

    /// Everything on it is lost.
    pub(crate) fn wipe(&mut self) {
        drop(self.vault.take());
        fs::remove_dir_all(&self.home).unwrap();
    }

    /// Comes back by the join kit and the password; or the process dies, and nothing is back yet.
    pub(crate) fn unlock(&mut self, stage: &Stage) -> Result<Result<(), Error>, &'static str> {
        let unlock = || unlock_with_kit(config(&self.home), &stage.kit, &PASSWORD.into());
        let unlocked = crash_at(unlock)?;
        Ok(unlocked.map(|vault| self.vault = Some(vault)))
    }

    fn vault(&mut self) -> &mut Vault {
        self.vault.as_mut().unwrap()
    }

    /// What a list shows, by name: the record ids differ between two runs of one history.
    pub(crate) fn list(&mut self, trashed: bool) -> Vec<Listing> {
        let mut list = self.vault().list(&Filter { trashed, ..Filter::default() }).unwrap();
        for listing in &mut list {
            // Known on each device at another time, and no part of what is synced.
            (listing.last_used, listing.kept_until) = (None, None);
        }
        list.sort_by(|a, b| (&a.name, &a.note, a.id).cmp(&(&b.name, &b.note, b.id)));
        list
    }

    /// The secret of a credential.
    pub(crate) fn reveal(&mut self, id: RecordId) -> Result<String, Error> {
        let revealed = self.vault().reveal(id, Some("secret"))?;
        Ok(revealed.value.expose_secret().to_owned())
    }

    /// Does it to the credential that `which` picks. `number` was never given before. What was done, or why not.
    pub(crate) fn act(&mut self, action: Action, which: u64, number: u64) -> Result<String, Error> {
        let from_trash = match action {
            Action::Restore => true,
            Action::Erase => which % 2 == 1,
            _ => false,
        };
        if action == Action::Add {
            return self.add(which, number);
        }
        let mut list = self.list(from_trash);
        if action == Action::Settle && list.iter().any(|one| one.alternates > 0) {
            list.retain(|one| one.alternates > 0);
        }
        let Some(one) = list.get(which as usize % list.len().max(1)) else {
            return Ok("nothing there".into());
        };
        let (id, name) = (one.id, one.name.clone());
        self.act_on(action, id, which, number)?;
        Ok(name)
    }

    fn add(&mut self, which: u64, number: u64) -> Result<String, Error> {
        // Some names are likely to be given on two devices.
        let name = if which.is_multiple_of(4) {
            format!("shared {}", which / 4 % 3)
        } else {
            format!("key {number}")
        };
        let open = Value::Open(format!("region {number}"));
        let fields = vec![
            Field { name: "secret".into(), value: Value::Secret(secret(number).into()) },
            Field { name: "region".into(), value: open },
        ];
        let note = Some(format!("note {number}"));
        let provider = "openai".into();
        self.vault().add(NewCredential {
            provider,
            name: name.clone(),
            fields,
            note,
            ..NewCredential::default()
        })?;
        Ok(name)
    }

    fn act_on(&mut self, action: Action, id: RecordId, which: u64, number: u64) -> Result<(), Error> {
        let vault = self.vault();
        let field = |name: &str, value| vec![Field { name: name.into(), value }];
        match action {
            Action::Add => return Err(Error::Invalid(Input::Name)),
            Action::EditSecret => {
                let fields = field("secret", Value::Secret(secret(number).into()));
                vault.edit(id, Edit { fields, ..Edit::default() })?;
            }
            Action::EditNote => {
                vault.edit(id, Edit { note: Some(format!("note {number}")), ..Edit::default() })?;
            }
            Action::EditRegion => {
                let fields = field("region", Value::Open(format!("region {number}")));
                vault.edit(id, Edit { fields, ..Edit::default() })?;
            }
            Action::Rename => {
                vault.edit(id, Edit { name: Some(format!("key {number}")), ..Edit::default() })?;
            }
            Action::Delete => drop(vault.trash(id)?),
            Action::Restore => drop(vault.restore(id)?),
            Action::Revert => {
                let past = vault.history(id)?;
                let to = past[which as usize % past.len()].id.clone();
                vault.revert(id, &to)?;
            }
            Action::Settle => {
                let conflicts = vault.show(id)?.conflicts;
                if let Some(conflict) = conflicts.get(which as usize % conflicts.len().max(1)) {
                    let choice = &conflict.choices[which as usize % conflict.choices.len()];
                    vault.settle(id, &conflict.field, &choice.key)?;
                }
            }
            Action::Erase => drop(vault.erase(id)?),
        }
        Ok(())
    }

    /// Syncs. If there are so many steps, what `between` does comes between two of them.
    pub(crate) fn sync(&mut self, mut between: Option<(u64, &mut dyn FnMut())>) -> Synced {
        let mut options = SyncOptions::default();
        options.accept_deletes = true;
        let mut steps = 0;
        let done = self.or_crash(|device| {
            device.vault().sync(&options, &mut |_| Some(PASSWORD.into()), &mut |_| {
                steps += 1;
                if let Some((at, act)) = &mut between
                    && *at == steps
                {
                    act();
                }
            })
        });
        match done {
            Ok(Ok(report)) => {
                let notices = self.vault().notices();
                Synced::Done(report, notices)
            }
            Ok(Err(error)) => Synced::Failed(error),
            Err(point) => Synced::Crashed(point),
        }
    }

    /// Does something in which the process dies at the armed point, if it comes there: then it starts again.
    pub(crate) fn or_crash<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> Result<T, &'static str> {
        let done = crash_at(|| act(self));
        if done.is_err() {
            self.start_again();
        }
        done
    }
}

/// Does something, or tells the point at which the process died of it.
fn crash_at<T>(act: impl FnOnce() -> T) -> Result<T, &'static str> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|crash| match crash.downcast::<Crash>() {
        Ok(crash) => crash.0,
        Err(other) => resume_unwind(other),
    })
}

/// The secret of this number; its last four characters are its own.
pub(crate) fn secret(number: u64) -> String {
    format!("sk-of-a-history-{number:04}")
}

/// Whether an action may end like that: what it was to be done to changed, or a name is taken.
pub(crate) fn is_an_answer(error: &Error) -> bool {
    matches!(error, Error::NameTaken | Error::NotFound | Error::WhichVersion(_))
}

/// Whether a sync may end like that while the network fails.
pub(crate) fn is_the_network_s(error: &Error) -> bool {
    let Error::Server(problem) = error else { return false };
    matches!(problem, ServerProblem::Unreachable | ServerProblem::TimedOut | ServerProblem::Failed(_))
}
