//! Where the window works: the open vaults, and what has to be known between two commands.
//!
//! A vault blocks and is used by one thread at a time. Syncing takes as long as the network does, so that it has a vault
//! of its own on the same data directory. Without a keychain there is only one: each opening needs the password.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keymoor_vault::{Backend, Config, ConfigError, Error, PasswordFor, Patience, Vault};
use secrecy::SecretString;
use tauri::{AppHandle, Emitter as _};

use crate::commands::names::{EVENT_CHANGED, EVENT_WAITING};
use crate::failure::Failure;

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
    keys: Mutex<Option<Vault>>,
    syncing: Mutex<Option<Vault>>,
    recovery_page: Mutex<Option<PathBuf>>,
    /// The last sync found nobody to talk to.
    server_silent: AtomicBool,
}

impl Desk {
    pub(crate) fn new(app: &AppHandle) -> Self {
        Self(Arc::new(Inner {
            app: app.clone(),
            config: Config::from_environment(),
            patience: Mutex::new(patience(app)),
            keys: Mutex::new(None),
            syncing: Mutex::new(None),
            recovery_page: Mutex::new(None),
            server_silent: AtomicBool::new(false),
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

    /// Lets something opened elsewhere, or opened with a password, be the vault from now on.
    pub(crate) async fn begin_with<F>(&self, open: F) -> Answer<()>
    where
        F: FnOnce(Config, Patience) -> Answer<Vault> + Send + 'static,
    {
        self.blocking(move |desk| {
            let vault = open(desk.config()?.clone(), lock(&desk.0.patience).clone())?;
            *lock(&desk.0.syncing) = None;
            *lock(&desk.0.keys) = Some(vault);
            Ok(())
        })
        .await
    }

    /// After the account changed under it, the everyday vault is opened anew.
    pub(crate) fn account_changed(&self) {
        if self.0.config.as_ref().is_ok_and(|config| config.keychain == Backend::System) {
            *lock(&self.0.keys) = None;
        }
    }

    /// What `changes` of the vault says now; nothing while it is closed or busy.
    pub(crate) fn changes(&self) -> Option<i64> {
        let mut slot = self.0.keys.try_lock().ok()?;
        let changes = slot.as_mut()?.changes();
        if changes.is_err() {
            *slot = None; // its file was replaced: the next command opens the new one
        }
        Some(changes.unwrap_or(i64::MIN))
    }

    /// Remembers whether the server answers; the window is told when that changes.
    pub(crate) fn synced<T>(&self, answer: &Answer<T>) {
        let silent = answer.as_ref().is_err_and(Failure::server_silent);
        if self.0.server_silent.swap(silent, Ordering::Relaxed) != silent {
            self.tell(EVENT_CHANGED);
        }
    }

    /// Whether the last sync found nobody to talk to.
    pub(crate) fn server_silent(&self) -> bool {
        self.0.server_silent.load(Ordering::Relaxed)
    }

    /// Sends the window an event. Without a window there is nobody to tell.
    pub(crate) fn tell(&self, event: &str) {
        let _ = self.0.app.emit(event, ());
    }

    /// Ends every wait for the keychain.
    pub(crate) fn stop_waiting(&self) {
        let mut held = lock(&self.0.patience);
        held.cancel.cancel();
        *held = patience(&self.0.app);
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
        let done = tauri::async_runtime::spawn_blocking(move || work(desk)).await;
        done.unwrap_or_else(|_| Err(Failure::new(Failure::UNEXPECTED)))
    }

    fn config(&self) -> Answer<&Config> {
        self.0.config.as_ref().map_err(Failure::from)
    }

    fn with<T>(&self, slot: &Mutex<Option<Vault>>, act: impl FnOnce(&mut Vault) -> Answer<T>) -> Answer<T> {
        let mut slot = lock(slot);
        // A cache that was deleted or put aside meanwhile is opened anew, which rebuilds it.
        if slot.as_mut().is_some_and(|vault| vault.changes().is_err()) {
            *slot = None;
        }
        let vault = match slot.as_mut() {
            Some(vault) => vault,
            None => slot.insert(self.open()?),
        };
        let answer = act(vault);
        match &answer {
            Err(failure) if failure.is_cache_damage() => {
                *slot = None;
                *slot = self.mend().ok(); // the next command finds it in order, or says why not
            }
            Err(failure) if failure.ends_vault() => *slot = None,
            _ => {}
        }
        answer
    }

    fn mend(&self) -> Answer<Vault> {
        let patience = lock(&self.0.patience).clone();
        asking(None, |ask| Vault::mend(self.config()?.clone(), patience, ask).map_err(Trouble::from))
    }

    fn open(&self) -> Answer<Vault> {
        let patience = lock(&self.0.patience).clone();
        asking(None, |ask| Vault::open(self.config()?.clone(), patience, ask).map_err(Trouble::from))
    }
}

/// Runs something that may ask for a password; gives `password` once, and says in the failure what was asked for.
pub(crate) fn asking<T>(
    password: Option<SecretString>,
    act: impl FnOnce(&mut dyn FnMut(PasswordFor) -> Option<SecretString>) -> Result<T, Trouble>,
) -> Answer<T> {
    let mut password = password;
    let mut wanted = None;
    let answer = act(&mut |what| {
        wanted = Some(what);
        password.take()
    });
    answer.map_err(|trouble| match trouble {
        Trouble::Vault(error) => Failure::after_asking(error, wanted),
        Trouble::Before(failure) => failure,
    })
}

/// What went wrong while a password could be asked for.
pub(crate) enum Trouble {
    Vault(Error),
    Before(Failure),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Vault(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Before(failure)
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
