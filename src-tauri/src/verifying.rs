//! Asking providers whether they accept keys, without holding the vault while they take their time.
//!
//! What is being asked about is known to the window and written nowhere, so that nothing stays "verifying".

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use keymoor_providers::verify::{Bases, Options};
use keymoor_vault::{Asked, Questions, RecordId, VerifyOptions};

use crate::commands::names::EVENT_CHANGED;
use crate::desk::{Answer, Desk};
use crate::failure::Failure;

/// The credentials that are being asked about because a person wants to know.
#[derive(Default)]
pub(crate) struct Verifying(Mutex<BTreeSet<RecordId>>);

impl Verifying {
    /// Their ids.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.held().iter().map(ToString::to_string).collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<RecordId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that is being asked about, until this goes.
struct Mark(Desk, RecordId);

impl Mark {
    /// `None`: it is being asked about already.
    fn set(desk: &Desk, id: RecordId) -> Option<Self> {
        let new = desk.verifying().held().insert(id);
        desk.tell(EVENT_CHANGED);
        new.then(|| Self(desk.clone(), id))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.verifying().held().remove(&self.1);
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
        let Some(_mark) = Mark::set(self, id) else { return Ok(()) };
        let questions = self.ask(move |vault| vault.questions(&[id])).await?;
        let options = options(by_name);
        // Not among what a closing window waits for: nothing is lost with it.
        let asked = tauri::async_runtime::spawn_blocking(move || answers(questions, &options)).await;
        let asked = asked.map_err(|_| Failure::new(Failure::UNEXPECTED))?;
        self.ask(move |vault| vault.heard(&asked)).await
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
    let ask = Options { bases: bases(), with_side_effects: by_name, ..Options::default() };
    VerifyOptions { ask, by_name, ..VerifyOptions::default() }
}

/// A window that a test drives asks servers on this machine, where the environment names them. A release never does.
fn bases() -> Bases {
    if !cfg!(debug_assertions) || !crate::automated() {
        return Bases::none();
    }
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Bases::from_variables(variables).unwrap_or_else(|_| Bases::none())
}
