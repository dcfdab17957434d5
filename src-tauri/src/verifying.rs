//! Asking providers whether they accept keys, without holding the vault while they take their time.
//!
//! What is being asked about is known to the window and written nowhere, so that nothing stays "verifying".

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use keymoor_providers::verify::{Bases, Options};
use keymoor_vault::{Asked, Questions, RecordId, Vault, VerifyOptions};

use crate::commands::names::EVENT_CHANGED;
use crate::desk::{Answer, Desk};
use crate::failure::Failure;

/// The credentials that are being asked about because a person wants to know; and whether somebody else wanted to meanwhile,
/// and how ([`options`]).
#[derive(Default)]
pub(crate) struct Verifying(Mutex<BTreeMap<RecordId, Option<bool>>>);

impl Verifying {
    /// Their ids.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.held().keys().map(ToString::to_string).collect()
    }

    /// Whether it was not being asked about. If it was, whoever does so hears of it.
    fn begin(&self, id: RecordId, by_name: bool) -> bool {
        match self.held().entry(id) {
            Entry::Vacant(place) => {
                place.insert(None);
                true
            }
            Entry::Occupied(mut place) => {
                *place.get_mut() = Some(by_name || *place.get() == Some(true));
                false
            }
        }
    }

    /// What was wanted meanwhile. `None`: nothing, and it is not being asked about any more, so that none comes too late.
    fn go_on(&self, id: RecordId) -> Option<bool> {
        let mut held = self.held();
        let meanwhile = held.get_mut(&id).and_then(Option::take);
        if meanwhile.is_none() {
            held.remove(&id);
        }
        meanwhile
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<RecordId, Option<bool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that is being asked about, until this goes.
struct Mark(Desk, RecordId, bool);

impl Mark {
    /// `None`: it is being asked about already.
    fn set(desk: &Desk, id: RecordId, by_name: bool) -> Option<Self> {
        let new = desk.verifying().begin(id, by_name);
        desk.tell(EVENT_CHANGED);
        new.then(|| Self(desk.clone(), id, true))
    }

    fn go_on(&mut self) -> Option<bool> {
        let meanwhile = self.0.verifying().go_on(self.1);
        self.2 = meanwhile.is_some();
        meanwhile
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        // Once given up, the place may be another's.
        if self.2 {
            self.0.verifying().held().remove(&self.1);
        }
        self.0.tell(EVENT_CHANGED);
    }
}

impl Desk {
    /// Asks about a credential, at the person's wish: what it costs is wanted, too.
    pub(crate) async fn verify(&self, id: RecordId) -> Answer<()> {
        self.ask_about(id, true).await
    }

    /// Asks about what was just saved, if that is switched on; the save is done and waits for none of this. What goes wrong
    /// with it is not the person's concern: the key stays unverified, and the detail says so.
    pub(crate) fn verify_saved(&self, id: RecordId) {
        let desk = self.clone();
        tauri::async_runtime::spawn(async move {
            let wanted = desk.ask(move |vault| Ok(vault.habits()?.on_save && vault.can_be_verified(id)?));
            if matches!(wanted.await, Ok(true)) {
                drop(desk.ask_about(id, false).await);
            }
        });
    }

    async fn ask_about(&self, id: RecordId, by_name: bool) -> Answer<()> {
        let Some(mut mark) = Mark::set(self, id, by_name) else { return Ok(()) };
        let mut version = self.ask_once(id, by_name).await?;
        // What was saved while the values before it were being asked about is asked about, too.
        while let Some(by_name) = mark.go_on() {
            if self.ask(move |vault| Ok(vault.show(id)?.listing.version_id)).await? != version {
                version = self.ask_once(id, by_name).await?;
            }
        }
        Ok(())
    }

    /// Returns the version that it asked about.
    async fn ask_once(&self, id: RecordId, by_name: bool) -> Answer<String> {
        // The version first: of what changes between the two, it is asked once too often.
        let taken = move |vault: &mut Vault| {
            let version = vault.show(id)?.listing.version_id;
            Ok((version, vault.questions(&[id])?))
        };
        let (version, questions) = self.ask(taken).await?;
        let options = options(by_name);
        // Not among what a closing window waits for: nothing is lost with it.
        let asked = tauri::async_runtime::spawn_blocking(move || answers(questions, &options)).await;
        let asked = asked.map_err(|_| Failure::new(Failure::UNEXPECTED))?;
        self.ask(move |vault| vault.heard(&asked)).await?;
        Ok(version)
    }
}

/// Asks, and waits for what is said.
pub(crate) fn answers(questions: Questions, options: &VerifyOptions) -> Vec<Asked> {
    let mut all = Vec::with_capacity(questions.len());
    questions.ask(options, |asked| all.push(asked));
    all
}

/// How providers are reached. `by_name`: a person asked about just these, and wants what it costs.
pub(crate) fn options(by_name: bool) -> VerifyOptions {
    let ask = Options {
        bases: BASES.clone(),
        with_side_effects: by_name,
        of_another: by_name,
        ..Options::default()
    };
    VerifyOptions { ask, by_name, ..VerifyOptions::default() }
}

/// A window that a test drives asks servers on this machine, where the environment names them. A release never does.
/// Read once, before there is a second thread: libraries of the system write to the environment, and reading meanwhile may
/// miss a variable.
static BASES: LazyLock<Bases> = LazyLock::new(|| {
    if !cfg!(debug_assertions) || !crate::automated() {
        return Bases::none();
    }
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Bases::from_variables(variables).unwrap_or_else(|_| Bases::none())
});

/// To be called before there is a second thread.
pub(crate) fn read_environment() {
    LazyLock::force(&BASES);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_while_it_is_asked_about_is_asked_about_once_more() {
        let (verifying, id) = (Verifying::default(), RecordId::generate());
        assert!(verifying.begin(id, false));
        assert!(!verifying.begin(id, false), "one asks");
        assert_eq!(verifying.go_on(id), Some(false), "and goes on for the other");
        assert_eq!(verifying.ids().len(), 1);
        assert_eq!((verifying.go_on(id), verifying.ids().len()), (None, 0));
        assert!(verifying.begin(id, false), "afterwards it is anybody's again");
    }

    #[test]
    fn what_costs_is_asked_only_if_a_person_wanted_it() {
        let (verifying, id) = (Verifying::default(), RecordId::generate());
        assert!(verifying.begin(id, true));
        verifying.begin(id, false);
        assert_eq!(verifying.go_on(id), Some(false));
        verifying.begin(id, true);
        verifying.begin(id, false);
        assert_eq!(verifying.go_on(id), Some(true));
    }
}
