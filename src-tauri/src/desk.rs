//! Where the window works: the open vaults, and what has to be known between two commands.
//!
//! A vault blocks and is used by one thread at a time. Syncing takes as long as the network does, so that it has a vault
//! of its own on the same data directory. Without a keychain there is only one: each opening needs the password.

mod asking;
mod looking;
mod shown;
mod stir;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use keymoor_vault::{
    AskPassword, Backend, Config, ConfigError, Error, Follow, Notice, Patience, Progress, Vault, Who,
};
use tauri::{AppHandle, Emitter as _};

use crate::commands::names::{EVENT_CHANGED, EVENT_PROGRESS, EVENT_WAITING};
use crate::failure::Failure;
use crate::verifying::Verifying;

pub(crate) use asking::asking;
pub(crate) use shown::Shown;
#[cfg(test)]
pub(crate) use shown::Step;
use stir::Stir;

/// What is over sooner is not shown, and nothing changes more often.
const WORTH_SHOWING: Duration = Duration::from_millis(500);

/// What a command answers.
pub(crate) type Answer<T> = Result<T, Failure>;

/// The open vaults. Clones share them.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Inner>);

struct Inner {
    app: AppHandle,
    config: Result<Config, ConfigError>,
    /// Changed for a fresh one once it was cancelled: a cancelled one stays so.
    patience: Mutex<Patience>,
    /// Grows with each patience.
    patiences: AtomicU64,
    keys: Mutex<Slot>,
    syncing: Mutex<Slot>,
    recovery_page: Mutex<Option<PathBuf>>,
    /// How far something is that takes longer.
    shown: Mutex<Option<Shown>>,
    /// What the last sync failed with.
    sync_failure: Mutex<Option<&'static str>>,
    /// The keychain was locked when it was asked last.
    keychain_shut: AtomicBool,
    /// What the vaults did by themselves and nobody was told yet.
    notices: Mutex<Vec<Notice>>,
    verifying: Verifying,
    stir: Stir,
    /// Numbers those who ask, in their order.
    asked: AtomicU64,
    /// Commands that were begun and have not ended.
    running: AtomicU64,
}

/// The place of one vault.
#[derive(Default)]
struct Slot {
    vault: Option<Vault>,
    /// How far the change counter was when it was opened.
    opened: i64,
    /// Which patience it was opened or renewed with.
    patience: u64,
    /// Why it could not be opened the last time, and the number of the first who asks after that.
    refused: Option<(u64, Failure)>,
}

impl Desk {
    pub(crate) fn new(app: &AppHandle) -> Self {
        Self(Arc::new(Inner {
            app: app.clone(),
            config: Config::from_environment(),
            patience: Mutex::new(patience(app)),
            patiences: AtomicU64::new(0),
            keys: Mutex::default(),
            syncing: Mutex::default(),
            recovery_page: Mutex::new(None),
            shown: Mutex::new(None),
            sync_failure: Mutex::new(None),
            keychain_shut: AtomicBool::new(false),
            notices: Mutex::default(),
            verifying: Verifying::default(),
            stir: Stir::default(),
            asked: AtomicU64::new(0),
            running: AtomicU64::new(0),
        }))
    }

    /// Asks the vault, off the main thread.
    pub(crate) async fn ask<T, F>(&self, act: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Vault) -> Result<T, Error> + Send + 'static,
    {
        self.blocking(move |desk| desk.with(&desk.0.keys, |vault| Ok(act(vault)?))).await
    }

    /// The same for what takes as long as the network does.
    pub(crate) async fn ask_patiently<T, F>(&self, act: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Vault) -> Answer<T> + Send + 'static,
    {
        self.blocking(move |desk| desk.patiently(act)).await
    }

    /// [`ask_patiently`](Self::ask_patiently) for a thread of our own.
    pub(crate) fn patiently<T>(&self, act: impl FnOnce(&mut Vault) -> Answer<T>) -> Answer<T> {
        let alone = self.config()?.keychain == Backend::None;
        self.with(if alone { &self.0.keys } else { &self.0.syncing }, act)
    }

    /// [`patiently`](Self::patiently) for work that nobody asked for: only while the window's vault is open, and not while
    /// the keychain is locked, which would ask its user. `None`: not now.
    pub(crate) fn unasked<T>(&self, act: impl FnOnce(&mut Vault) -> Answer<T>) -> Answer<Option<T>> {
        if self.keychain_shut() || lock(&self.0.keys).vault.is_none() {
            return Ok(None);
        }
        self.patiently(act).map(Some)
    }

    /// Lets something opened elsewhere, or opened with a password, be the vault from now on.
    pub(crate) async fn begin_with<F>(&self, open: F) -> Answer<()>
    where
        F: FnOnce(Config, Patience) -> Answer<Vault> + Send + 'static,
    {
        self.blocking(move |desk| {
            let mut vault = open(desk.config()?.clone(), lock(&desk.0.patience).clone())?;
            vault.act_for(Who::Window);
            let patience = desk.0.patiences.load(Ordering::Relaxed);
            *lock(&desk.0.syncing) = Slot::default();
            let opened = vault.changes()?;
            *lock(&desk.0.keys) = Slot { vault: Some(vault), opened, patience, refused: None };
            desk.0.stir.stir();
            Ok(())
        })
        .await
    }

    /// After the account changed under it, the everyday vault is opened anew.
    pub(crate) fn account_changed(&self) {
        if self.0.config.as_ref().is_ok_and(|config| config.keychain == Backend::System) {
            lock(&self.0.keys).vault = None;
        }
    }

    /// Follows the cache from where the window's vault opened it; nothing while that is closed.
    pub(crate) fn follow(&self) -> Option<Result<Follow, Error>> {
        let mut slot = lock(&self.0.keys);
        if slot.vault.as_mut()?.changes().is_err() {
            slot.vault = None; // its file was replaced: the next command opens the new one
            return None;
        }
        Some(Follow::begin(&self.config().ok()?.home, slot.opened))
    }

    /// Something changed the cache: the window is told, and whoever rests.
    pub(crate) fn cache_changed(&self) {
        self.tell(EVENT_CHANGED);
        self.0.stir.stir();
    }

    /// Waits until more happened beside the window than `seen`, or so long at most: its vault was opened, or its cache was
    /// changed. Returns how much did.
    pub(crate) fn rest(&self, seen: u64, longest: Option<Duration>) -> u64 {
        self.0.stir.rest(seen, longest)
    }

    /// How much happened until now. Whoever failed rests from here on: what its own attempt stirred is no reason to try again.
    pub(crate) fn stirred(&self) -> u64 {
        self.0.stir.count()
    }

    /// Remembers how a sync ended; the window is told when that changes.
    pub(crate) fn synced<T>(&self, answer: &Answer<T>) {
        self.sync_went(answer.as_ref().err().map(Failure::code));
    }

    /// The same, given the code of what it failed with.
    pub(crate) fn sync_went(&self, failure: Option<&'static str>) {
        if std::mem::replace(&mut *lock(&self.0.sync_failure), failure) != failure {
            self.tell(EVENT_CHANGED);
        }
    }

    /// The code of what the last sync failed with.
    pub(crate) fn sync_failure(&self) -> Option<&'static str> {
        *lock(&self.0.sync_failure)
    }

    /// Shows how far something is that takes longer, or no more of it.
    pub(crate) fn shows(&self, shown: Option<Shown>) {
        if std::mem::replace(&mut *lock(&self.0.shown), shown) != shown {
            let _ = self.0.app.emit(EVENT_PROGRESS, shown); // without a window there is nobody to tell
        }
    }

    /// Shows how far a sync is that somebody waits for: twice a second, for more cannot be read.
    pub(crate) fn showing(&self) -> impl FnMut(Progress) + use<> {
        let (desk, mut next) = (Showing(self.clone()), Instant::now() + WORTH_SHOWING);
        move |progress| {
            if Instant::now() >= next {
                next = Instant::now() + WORTH_SHOWING;
                desk.0.shows(Shown::of(progress));
            }
        }
    }

    /// Whether the keychain was locked when it was asked last.
    pub(crate) fn keychain_shut(&self) -> bool {
        self.0.keychain_shut.load(Ordering::Relaxed)
    }

    pub(crate) fn keychain_is_shut(&self) {
        self.0.keychain_shut.store(true, Ordering::Relaxed);
    }

    /// A person wants it to be asked again.
    pub(crate) fn keychain_may_be_asked(&self) {
        if self.0.keychain_shut.swap(false, Ordering::Relaxed) {
            self.0.stir.stir();
        }
    }

    /// What providers are being asked about.
    pub(crate) fn verifying(&self) -> &Verifying {
        &self.0.verifying
    }

    /// What the vaults did by themselves; each is told once.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        std::mem::take(&mut *lock(&self.0.notices))
    }

    /// Before the program ends: gives up every wait for the keychain, and stays until what was begun has ended.
    pub(crate) fn finish(&self, longest: Duration) {
        self.stop_waiting();
        let late = Instant::now() + longest;
        let busy = |slot: &Mutex<Slot>| matches!(slot.try_lock(), Err(TryLockError::WouldBlock));
        while self.0.running.load(Ordering::Acquire) > 0 || busy(&self.0.keys) || busy(&self.0.syncing) {
            if Instant::now() > late {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends the window an event. Without a window there is nobody to tell.
    pub(crate) fn tell(&self, event: &str) {
        let _ = self.0.app.emit(event, ());
    }

    /// The same with something to say.
    pub(crate) fn tell_with(&self, event: &str, said: impl serde::Serialize + Clone) {
        let _ = self.0.app.emit(event, said);
    }

    /// Ends every wait for the keychain.
    pub(crate) fn stop_waiting(&self) {
        let mut held = lock(&self.0.patience);
        held.cancel.cancel();
        *held = patience(&self.0.app);
        self.0.patiences.fetch_add(1, Ordering::Relaxed);
    }

    /// Where the recovery page made in this run lies.
    pub(crate) fn recovery_page(&self) -> MutexGuard<'_, Option<PathBuf>> {
        lock(&self.0.recovery_page)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(Self) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let desk = self.clone();
        self.0.running.fetch_add(1, Ordering::AcqRel);
        let done = tauri::async_runtime::spawn_blocking(move || work(desk)).await;
        self.0.running.fetch_sub(1, Ordering::AcqRel);
        done.unwrap_or_else(|_| Err(Failure::new(Failure::UNEXPECTED)))
    }

    fn config(&self) -> Answer<&Config> {
        self.0.config.as_ref().map_err(Failure::from)
    }

    fn with<T>(&self, place: &Mutex<Slot>, act: impl FnOnce(&mut Vault) -> Answer<T>) -> Answer<T> {
        let number = self.0.asked.fetch_add(1, Ordering::Relaxed);
        let mut slot = lock(place);
        // A cache that was deleted or put aside meanwhile is opened anew, which rebuilds it.
        if slot.vault.as_mut().is_some_and(|vault| vault.changes().is_err()) {
            slot.vault = None;
        }
        let now = self.0.patiences.load(Ordering::Relaxed);
        let (mut vault, fresh) = match (slot.vault.take(), &slot.refused) {
            (Some(vault), _) => (vault, false),
            // Asked while the opening that failed went on: its failure is the answer to both.
            (None, Some((next, failure))) if number < *next => return Err(failure.clone()),
            (None, _) => match self.open() {
                Ok(vault) => (vault, true),
                Err(failure) => {
                    if failure.keychain_shut() {
                        self.keychain_is_shut();
                    }
                    slot.refused = Some((self.0.asked.load(Ordering::Relaxed), failure.clone()));
                    return Err(failure);
                }
            },
        };
        slot.refused = None;
        if !fresh && slot.patience != now {
            vault.be_patient(lock(&self.0.patience).clone());
        }
        slot.patience = now;
        if fresh {
            slot.opened = vault.changes().unwrap_or_default();
        }
        if fresh && std::ptr::eq(place, &self.0.keys) {
            self.0.stir.stir();
        }
        let answer = act(&mut vault);
        lock(&self.0.notices).extend(vault.notices());
        match &answer {
            Err(failure) if failure.is_cache_damage() => {
                drop(vault);
                slot.vault = self.mend().ok(); // the next command finds it in order, or says why not
            }
            Err(failure) if failure.ends_vault() => {}
            _ => slot.vault = Some(vault),
        }
        answer
    }

    fn mend(&self) -> Answer<Vault> {
        self.open_with(Vault::mend)
    }

    fn open(&self) -> Answer<Vault> {
        self.open_with(Vault::open)
    }

    fn open_with(
        &self,
        open: impl FnOnce(Config, Patience, AskPassword<'_>) -> Result<Vault, Error>,
    ) -> Answer<Vault> {
        let patience = lock(&self.0.patience).clone();
        let mut vault = asking(None, |ask| Ok(open(self.config()?.clone(), patience, ask)?))?;
        vault.act_for(Who::Window);
        Ok(vault)
    }
}

/// Takes away what was shown when whoever showed it has ended.
struct Showing(Desk);

impl Drop for Showing {
    fn drop(&mut self) {
        self.0.shows(None);
    }
}

fn patience(app: &AppHandle) -> Patience {
    let app = app.clone();
    let on_wait = move || {
        // Nobody to tell: the window is closing.
        let _ = app.emit(EVENT_WAITING, ());
    };
    Patience { on_wait: Some(Arc::new(on_wait)), ..Patience::default() }
}

/// What a panicking holder leaves is a closed vault at worst.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
