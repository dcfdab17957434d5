//! How the vault stands: the three homes, what waits, what needs care.

mod seen;

use keymoor_cache::Cache;
use keymoor_keychain::{EntryId, Keychain};
use serde::Serialize;

use self::seen::{Seen, look};
use crate::config::{Backend, Config};
use crate::differences::Differences;
use crate::error::{Error, KeychainProblem, Kind, ServerProblem};
use crate::homes::mirror::to_slot;
use crate::vault::{Patience, Vault, keychain_of};

/// How a home is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HomeState {
    /// It has everything.
    Ok,
    /// It lacks something that it gets with the next save or sync.
    Behind,
    /// There is none here.
    Off,
    /// There is no account yet.
    NotSetUp,
    /// The session has ended.
    SignIn,
    /// It does not answer.
    Unreachable,
    /// It is locked.
    Locked,
    /// It has something that does not open.
    Damaged,
}

/// One home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Home {
    /// How it is.
    pub state: HomeState,
    /// Records that it lacks.
    pub waiting: u64,
}

/// The three homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Homes {
    /// The keychain of the operating system.
    pub keychain: Home,
    /// The SQLite copy on this disk.
    pub cache: Home,
    /// The sync server.
    pub server: Home,
}

/// Something that needs care until it is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RaisedAlarm {
    /// A stable word.
    pub code: String,
    /// Since when, milliseconds since 1970.
    pub at: u64,
}

/// How the vault stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The three homes.
    pub homes: Homes,
    /// Credentials in use.
    pub records: u64,
    /// Credentials in the trash.
    pub trashed: u64,
    /// Changes that the server has not seen; 0 without an account.
    pub waiting: u64,
    /// Credentials erased here that the server still has; they are among `waiting`.
    pub erasing: u64,
    /// Credentials with values to settle, as `provider/name`. `None`: the vault cannot be opened.
    pub conflicts: Option<Vec<String>>,
    /// Credentials that need care ([`crate::Care`]). `None`: the vault cannot be opened.
    pub care: Option<u64>,
    /// What else is to be settled. `None`: the vault cannot be opened.
    #[serde(skip)]
    pub differences: Option<Differences>,
    /// Milliseconds since 1970.
    pub last_sync: Option<u64>,
    /// When the server could last not be synced with, if no sync has gone through since.
    pub last_failed: Option<u64>,
    /// What needs care.
    pub alarms: Vec<RaisedAlarm>,
    /// Entries of the activity are missing or were changed, as was seen by whoever looked; [`Vault::doctor`] with `repair`
    /// settles it. `None`: the vault cannot be opened.
    pub activity_broken: Option<bool>,
    /// The account's id, where the cache can be read.
    pub account: Option<String>,
    /// The server's address.
    pub server: Option<String>,
    /// This device's id, where the cache can be read.
    pub device: Option<String>,
}

impl Vault {
    /// [`status`](Self::status) without asking the keychain, which would ask its user: it is shown as locked.
    pub fn status_unasked(&mut self) -> Result<Status, Error> {
        let seen = self.look()?;
        let keychain = match &self.keychain {
            None => Home { state: HomeState::Off, waiting: 0 },
            Some(_) => Home { state: HomeState::Locked, waiting: seen.unmirrored },
        };
        let server = match (&seen.device.server, seen.waiting) {
            (None, _) => Home { state: HomeState::NotSetUp, waiting: 0 },
            (Some(_), waiting) if seen.refused => Home { state: HomeState::SignIn, waiting },
            (Some(_), 0) => Home { state: HomeState::Ok, waiting: 0 },
            (Some(_), waiting) => Home { state: HomeState::Behind, waiting },
        };
        let cache = cache_home(&seen);
        Ok(seen.status(Homes { keychain, cache, server }))
    }

    /// How the vault stands, without asking the server: offline is a state, not an error.
    pub fn status(&mut self) -> Result<Status, Error> {
        let seen = self.look()?;
        let keychain = match &self.keychain {
            None => Home { state: HomeState::Off, waiting: 0 },
            Some(keychain) => keychain_home(keychain, &seen),
        };
        let server = match seen.device.server {
            None => Home { state: HomeState::NotSetUp, waiting: 0 },
            Some(_) => match self.authorised_offline()?.filter(|()| !seen.refused) {
                Some(()) if seen.waiting == 0 => Home { state: HomeState::Ok, waiting: 0 },
                Some(()) => Home { state: HomeState::Behind, waiting: seen.waiting },
                None => Home { state: HomeState::SignIn, waiting: seen.waiting },
            },
        };
        let cache = cache_home(&seen);
        Ok(seen.status(Homes { keychain, cache, server }))
    }

    fn look(&mut self) -> Result<Seen, Error> {
        self.read_beside(|view, keys, beside| {
            let known = beside.open(view, keys);
            Ok((look(view, Some((keys, &known)))?, known))
        })
    }

    /// Whether a session is held, without asking anybody.
    fn authorised_offline(&mut self) -> Result<Option<()>, Error> {
        match self.has_session() {
            Ok(true) => Ok(Some(())),
            Ok(false) | Err(Error::Server(ServerProblem::SignIn) | Error::Keychain(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// How a vault stands that could not be opened because of `why`: what can be seen without its keys. Never fails.
pub fn outline(config: &Config, patience: Patience, why: &Error) -> Status {
    let seen = match Cache::exists(config.home()) {
        false => Err(HomeState::NotSetUp),
        true => Cache::open(config.home())
            .map_err(Error::from)
            .and_then(|mut cache| cache.read(|view| look(view, None)))
            .map_err(|error| match error.kind() {
                Kind::Failed => HomeState::Unreachable, // a disk that may not be read, or is full
                _ => HomeState::Damaged,
            }),
    };
    let keychain = match (keychain_of(config, patience), why) {
        (None, _) => Home { state: HomeState::Off, waiting: 0 },
        // Asked a moment ago; nobody wants to wait for it twice.
        (Some(_), Error::Keychain(problem)) => {
            Home { state: unavailable(*problem), waiting: seen.as_ref().map_or(0, |seen| seen.unmirrored) }
        }
        (Some(keychain), _) => match &seen {
            Ok(seen) => keychain_home(&keychain, seen),
            Err(_) => Home { state: asked(&keychain, None, 0), waiting: 0 },
        },
    };
    // Without a keychain it is the cache that the password opens.
    let locked = config.keychain == Backend::None && why.kind() == Kind::Locked;
    match seen {
        Ok(seen) => {
            let cache = match cache_home(&seen) {
                Home { state: HomeState::Ok, .. } if locked => Home { state: HomeState::Locked, waiting: 0 },
                home => home,
            };
            // Whether there is a session cannot be seen.
            let server = match seen.device.server {
                None => Home { state: HomeState::NotSetUp, waiting: 0 },
                Some(_) => Home { state: HomeState::Locked, waiting: seen.waiting },
            };
            seen.status(Homes { keychain, cache, server })
        }
        Err(state) => Status {
            homes: Homes {
                keychain,
                cache: Home { state, waiting: 0 },
                server: Home { state: HomeState::Locked, waiting: 0 },
            },
            records: 0,
            trashed: 0,
            waiting: 0,
            erasing: 0,
            conflicts: None,
            care: None,
            differences: None,
            last_sync: None,
            last_failed: None,
            alarms: Vec::new(),
            activity_broken: None,
            account: None,
            server: None,
            device: None,
        },
    }
}

fn cache_home(seen: &Seen) -> Home {
    let state = if seen.broken == 0 { HomeState::Ok } else { HomeState::Damaged };
    Home { state, waiting: seen.broken }
}

fn keychain_home(keychain: &Keychain, seen: &Seen) -> Home {
    Home { state: asked(keychain, seen.device_slot, seen.unmirrored), waiting: seen.unmirrored }
}

/// Whether the keychain has the root key.
fn asked(keychain: &Keychain, slot: Option<(u64, u16)>, behind: u64) -> HomeState {
    match keychain.get(EntryId::Device, slot.map(to_slot)).map_err(Error::from) {
        Ok(Some(_)) if behind == 0 => HomeState::Ok,
        Ok(Some(_)) => HomeState::Behind,
        Ok(None) => HomeState::Damaged,
        Err(Error::Keychain(problem)) => unavailable(problem),
        Err(_) => HomeState::Unreachable,
    }
}

fn unavailable(problem: KeychainProblem) -> HomeState {
    match problem {
        KeychainProblem::Locked | KeychainProblem::Cancelled => HomeState::Locked,
        KeychainProblem::Damaged => HomeState::Damaged,
        KeychainProblem::NotAvailable | KeychainProblem::Full | KeychainProblem::Other => {
            HomeState::Unreachable
        }
    }
}
