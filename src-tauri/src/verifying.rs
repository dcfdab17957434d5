//! Asking providers whether they accept keys, without holding the vault while they take their time.
//!
//! What is being asked about is known to the window and written nowhere, so that nothing stays "verifying".

mod many;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use keymoor_providers::verify::{Bases, Cancel, Options};
use keymoor_vault::{Asked, Questions, RecordId, Vault, VerifyOptions};
use tauri::async_runtime::{Receiver, Sender, channel, spawn};

use crate::commands::names::EVENT_CHANGED;
use crate::desk::{Answer, Desk};
use crate::failure::Failure;
pub(crate) use many::Outcome;
#[cfg(test)]
pub(crate) use many::VerifiedSoFar;

/// The credentials that are being asked about because a person wants to know.
#[derive(Default)]
pub(crate) struct Verifying {
    held: Mutex<BTreeMap<RecordId, Asking>>,
    /// Ends what asks about many.
    cancel: Mutex<Cancel>,
}

/// One of them.
struct Asking {
    /// Whether somebody else wanted to know meanwhile, and how ([`options`]).
    meanwhile: Option<bool>,
    /// Tells whoever waits for the answer that nobody wants it any more.
    waits: Sender<()>,
}

impl Verifying {
    /// Their ids.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.held().keys().map(ToString::to_string).collect()
    }

    /// From now on it is being asked about; the receiver hears when nobody wants to know any more. `None`: it was already, and
    /// whoever asks hears of this.
    fn begin(&self, id: RecordId, by_name: bool) -> Option<(Turn, Receiver<()>)> {
        match self.held().entry(id) {
            Entry::Vacant(place) => {
                let (waits, until) = channel(1);
                let turn = Turn(waits.clone());
                place.insert(Asking { meanwhile: None, waits });
                Some((turn, until))
            }
            Entry::Occupied(mut place) => {
                let meanwhile = &mut place.get_mut().meanwhile;
                *meanwhile = Some(by_name || *meanwhile == Some(true));
                None
            }
        }
    }

    /// Nobody waits for this one any more.
    fn stop_one(&self, id: RecordId) {
        if let Some(asking) = self.held().remove(&id) {
            let _ = asking.waits.try_send(()); // whoever waited has gone by himself
        }
    }

    /// What was wanted meanwhile. `None`: nothing, and it is not being asked about any more, so that none comes too late.
    fn go_on(&self, id: RecordId, turn: &Turn) -> Option<bool> {
        let mut held = self.held();
        let meanwhile = held.get_mut(&id).filter(|asking| turn.is_of(asking))?.meanwhile.take();
        if meanwhile.is_none() {
            held.remove(&id);
        }
        meanwhile
    }

    /// Gives the place up. Once it was stopped, it may be another's.
    fn end(&self, id: RecordId, turn: &Turn) {
        let mut held = self.held();
        if held.get(&id).is_some_and(|asking| turn.is_of(asking)) {
            held.remove(&id);
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<RecordId, Asking>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What ends whatever asks about many from now on.
    fn cancel(&self) -> Cancel {
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it. What is begun afterwards is another.
    fn stop(&self) {
        std::mem::take(&mut *self.cancel.lock().unwrap_or_else(PoisonError::into_inner)).cancel();
    }
}

/// Tells one asking from the next about the same credential.
struct Turn(Sender<()>);

impl Turn {
    fn is_of(&self, asking: &Asking) -> bool {
        self.0.same_channel(&asking.waits)
    }
}

/// One that is being asked about, until this goes.
struct Mark(Desk, RecordId, Turn);

impl Mark {
    fn go_on(&self) -> Option<bool> {
        self.0.verifying().go_on(self.1, &self.2)
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.verifying().end(self.1, &self.2);
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

    /// Waits no longer for what a provider says.
    pub(crate) fn stop_asking(&self, id: RecordId) {
        self.verifying().stop_one(id);
        self.tell(EVENT_CHANGED);
    }

    async fn ask_about(&self, id: RecordId, by_name: bool) -> Answer<()> {
        let begun = self.verifying().begin(id, by_name);
        self.tell(EVENT_CHANGED);
        let Some((turn, mut stopped)) = begun else { return Ok(()) };
        let mark = Mark(self.clone(), id, turn);
        // A task of its own: a question that is under way ends by itself, and what is said is put down, whoever waits for it.
        let mut asking = spawn(async move { mark.0.ask_until_known(&mark, by_name).await });
        poll_fn(|cx| match Pin::new(&mut asking).poll(cx) {
            Poll::Ready(done) => Poll::Ready(done.unwrap_or_else(|_| Err(Failure::new(Failure::UNEXPECTED)))),
            Poll::Pending => match stopped.poll_recv(cx) {
                Poll::Ready(Some(())) => Poll::Ready(Ok(())),
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            },
        })
        .await
    }

    async fn ask_until_known(&self, mark: &Mark, by_name: bool) -> Answer<()> {
        let id = mark.1;
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
        let (turn, _stopped) = verifying.begin(id, false).unwrap();
        assert!(verifying.begin(id, false).is_none(), "one asks");
        assert_eq!(verifying.go_on(id, &turn), Some(false), "and goes on for the other");
        assert_eq!(verifying.ids().len(), 1);
        assert_eq!((verifying.go_on(id, &turn), verifying.ids().len()), (None, 0));
        assert!(verifying.begin(id, false).is_some(), "afterwards it is anybody's again");
    }

    #[test]
    fn what_costs_is_asked_only_if_a_person_wanted_it() {
        let (verifying, id) = (Verifying::default(), RecordId::generate());
        let (turn, _stopped) = verifying.begin(id, true).unwrap();
        verifying.begin(id, false);
        assert_eq!(verifying.go_on(id, &turn), Some(false));
        verifying.begin(id, true);
        verifying.begin(id, false);
        assert_eq!(verifying.go_on(id, &turn), Some(true));
    }

    #[test]
    fn what_was_stopped_is_told_and_takes_nothing_from_who_asks_next() {
        let (verifying, id) = (Verifying::default(), RecordId::generate());
        let (first, mut stopped) = verifying.begin(id, true).unwrap();
        verifying.stop_one(id);
        assert!(stopped.try_recv().is_ok() && verifying.ids().is_empty());
        let (_second, mut goes_on) = verifying.begin(id, true).unwrap();
        verifying.begin(id, true);
        assert_eq!(verifying.go_on(id, &first), None);
        verifying.end(id, &first);
        assert_eq!(verifying.ids().len(), 1, "it is the second's");
        assert!(goes_on.try_recv().is_err());
    }
}
