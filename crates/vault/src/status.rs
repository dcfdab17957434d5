//! How the vault stands: the three homes, what waits, what needs care.

use keymoor_keychain::EntryId;
use serde::Serialize;

use crate::error::{Error, KeychainProblem, ServerProblem};
use crate::homes::mirror::to_slot;
use crate::vault::{DEVICE_SLOT, Vault};

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
    /// Milliseconds since 1970.
    pub last_sync: Option<u64>,
    /// What needs care.
    pub alarms: Vec<RaisedAlarm>,
    /// The account's id.
    pub account: String,
    /// The server's address.
    pub server: Option<String>,
    /// This device's id.
    pub device: String,
}

impl Vault {
    /// How the vault stands, without asking the server: offline is a state, not an error.
    pub fn status(&mut self) -> Result<Status, Error> {
        let view = self.cache.read(|view| {
            let device = view.device()?.ok_or(Error::Locked)?;
            let mut trashed = 0;
            let erased = view.erasures()?;
            let broken = view.for_each_meta(|row| {
                trashed += u64::from(row.deleted && erased.binary_search(&row.id).is_err());
                Ok::<_, Error>(())
            })?;
            let alarms =
                view.alarms()?.into_iter().map(|alarm| RaisedAlarm { code: alarm.code, at: alarm.at });
            Ok::<_, Error>((
                device,
                view.live_count()?,
                trashed,
                view.draft_count()? + erased.len() as u64,
                view.unmirrored_count()?,
                broken.len() as u64,
                alarms.collect::<Vec<_>>(),
                view.slot(DEVICE_SLOT)?,
            ))
        })?;
        let (device, records, trashed, drafts, unmirrored, broken, alarms, slot) = view;
        let keychain = match &self.keychain {
            None => Home { state: HomeState::Off, waiting: 0 },
            Some(keychain) => {
                let state = match keychain.get(EntryId::Device, slot.map(to_slot)).map_err(Error::from) {
                    Ok(Some(_)) if unmirrored == 0 => HomeState::Ok,
                    Ok(Some(_)) => HomeState::Behind,
                    Ok(None) => HomeState::Damaged,
                    Err(Error::Keychain(KeychainProblem::Locked | KeychainProblem::Cancelled)) => {
                        HomeState::Locked
                    }
                    Err(_) => HomeState::Unreachable,
                };
                Home { state, waiting: unmirrored }
            }
        };
        let cache =
            Home { state: if broken == 0 { HomeState::Ok } else { HomeState::Damaged }, waiting: broken };
        let synced = device.server.is_some();
        let waiting = if synced { drafts } else { 0 };
        let server = if synced {
            let state = match self.authorised_offline()? {
                Some(()) if waiting == 0 => HomeState::Ok,
                Some(()) => HomeState::Behind,
                None => HomeState::SignIn,
            };
            Home { state, waiting }
        } else {
            Home { state: HomeState::NotSetUp, waiting: 0 }
        };
        Ok(Status {
            homes: Homes { keychain, cache, server },
            records,
            trashed,
            waiting,
            last_sync: device.last_sync,
            alarms,
            account: device.account.to_string(),
            server: device.server,
            device: device.device.to_string(),
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
