//! Where the vaults are worked with. A vault blocks and belongs to one thread at a time; whoever waits for it waits without one.
//!
//! There are two on the same data directory: a keychain that keeps a save waiting must not hold up those who only look.
//! Without a keychain nothing waits, and one is enough.

use std::sync::Arc;
use std::time::Duration;

use keymoor_vault::{Error, Notice, Patience, Vault};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::refusal::{Code, Refusal, VaultAfter};

/// Whoever waits longer for the vault is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);
/// So long a call may take before the keychain is waited for no more, and so long after that it is given up.
const LONGEST: Duration = Duration::from_secs(15);

/// How a vault is opened again, when its file was replaced or is damaged.
pub struct Opener {
    /// Opens it. Nobody can be asked for a password here, and no new vault may be made.
    pub open: OpenVault,
    /// Hears what the vault put right by itself.
    pub told: Box<dyn Fn(&Notice) + Send + Sync>,
    /// Whether looking and saving get a vault each.
    pub two: bool,
}

/// Opens a vault.
pub type OpenVault = Box<dyn Fn(Opening, Patience) -> Result<Vault, Error> + Send + Sync>;

/// Why it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It was not open, or another took its place.
    Anew,
    /// A call said that its cache is damaged.
    Mending,
}

/// The open vaults. Clones share them.
#[derive(Clone)]
pub(crate) struct Desk {
    looks: Slot,
    saves: Slot,
    opener: Arc<Opener>,
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It changes nothing.
    Looks,
    /// It saves.
    Saves,
}

type Slot = Arc<Mutex<Held>>;

#[derive(Default)]
struct Held {
    vault: Option<Vault>,
    patience: Patience,
}

impl Desk {
    pub(crate) fn new(mut vault: Vault, opener: Opener) -> Self {
        let patience = Patience::default();
        vault.be_patient(patience.clone());
        let looks: Slot = Arc::new(Mutex::new(Held { vault: Some(vault), patience }));
        let saves = if opener.two { Slot::default() } else { Arc::clone(&looks) };
        Self { looks, saves, opener: Arc::new(opener) }
    }

    /// Asks the vault as it is now.
    pub(crate) async fn ask<T, F>(&self, doing: Doing, act: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&mut Vault) -> Result<T, Refusal> + Send + 'static,
    {
        let slot = match doing {
            Doing::Looks => &self.looks,
            Doing::Saves => &self.saves,
        };
        let held = timeout(PATIENCE, Arc::clone(slot).lock_owned()).await;
        let mut held = held.map_err(|_| Code::Busy)?;
        let (cancel, opener) = (held.patience.clone(), Arc::clone(&self.opener));
        // Once begun it goes on to its end, whether or not anybody waits for it still.
        let mut done = spawn_blocking(move || held.with(&opener, act));
        let answer = match timeout(LONGEST, &mut done).await {
            Ok(answer) => answer,
            Err(_) => {
                cancel.cancel.cancel();
                timeout(LONGEST, done).await.map_err(|_| Code::Busy)?
            }
        };
        answer.unwrap_or_else(|_| Err(Code::Internal.into()))
    }
}

impl Held {
    fn with<T>(
        &mut self,
        opener: &Opener,
        act: impl FnOnce(&mut Vault) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        // A cache that was deleted or put aside meanwhile is opened anew, which rebuilds it.
        if self.vault.as_mut().is_some_and(|vault| vault.changes().is_err()) {
            self.vault = None;
        }
        let mut vault = match self.vault.take() {
            Some(vault) => vault,
            None => self.open(opener, Opening::Anew)?,
        };
        let answer = act(&mut vault);
        vault.notices().iter().for_each(|notice| (opener.told)(notice));
        match answer {
            Err(refusal) if refusal.vault == VaultAfter::Damaged => {
                drop(vault);
                // The next call finds it in order, or says why not.
                self.vault = self.open(opener, Opening::Mending).ok();
                Err(if self.vault.is_some() { Code::Mended.into() } else { refusal })
            }
            Err(refusal) if refusal.vault == VaultAfter::Stale => Err(refusal),
            answer => {
                if self.patience.cancel.is_cancelled() {
                    self.patience = Patience::default();
                    vault.be_patient(self.patience.clone());
                }
                self.vault = Some(vault);
                answer
            }
        }
    }

    fn open(&mut self, opener: &Opener, why: Opening) -> Result<Vault, Refusal> {
        self.patience = Patience::default();
        let mut vault = (opener.open)(why, self.patience.clone())?;
        vault.notices().iter().for_each(|notice| (opener.told)(notice));
        Ok(vault)
    }
}
