//! Opening a vault: the first start, an ordinary start, and a start after a home was lost.

mod first_start;
mod later_start;
mod there;

use std::sync::Arc;

use keymoor_cache::Cache;
use keymoor_keychain::{Cancel, EntryId, Keychain};
use keymoor_protocol::{ActorId, Cursor};
use keymoor_sealing::RootKey;
use keymoor_sealing::document::Custody;

use self::there::{There, cache_of};
use crate::activity::{Event, Who};
use crate::config::{Backend, Config};
use crate::error::{Error, at};
use crate::homes::entries::DeviceEntry;
use crate::homes::heal::in_vain::InVain;
use crate::homes::lock::Lock;
use crate::homes::rebuild;
use crate::keys::Keys;
use crate::list::Memory;
use crate::notice::Notice;
use crate::password::AskPassword;
use crate::recent::Recent;
use crate::watch::remembered::Remembered;

/// An open vault. Several may be open on one data directory, in one process or many; each call reads the current state.
pub struct Vault {
    pub(crate) config: Config,
    pub(crate) cache: Cache,
    pub(crate) keychain: Option<Keychain>,
    pub(crate) keys: Keys,
    pub(crate) custody: Custody,
    pub(crate) notices: Vec<Notice>,
    /// Whom it acts for.
    pub(crate) by: Option<Who>,
    /// Kept between syncs where there are many, in a watch.
    pub(crate) remembered: Option<Remembered>,
    /// What was opened and need not be opened again before the next write.
    pub(crate) recent: Recent,
    /// The rows of the last list.
    pub(crate) listed: Memory,
    /// What no home could give back.
    pub(crate) in_vain: InVain,
}

/// What a caller does while the keychain lets it wait.
#[derive(Clone, Default)]
pub struct Patience {
    /// Called once a call that has taken longer than a second.
    pub on_wait: Option<Arc<dyn Fn() + Send + Sync>>,
    /// Ends the wait.
    pub cancel: Cancel,
}

impl Vault {
    /// Opens the vault of `config`; makes it at the first start, rebuilds its cache from the keychain if that is gone, and
    /// also from the file itself if that is damaged.
    ///
    /// # Errors
    /// [`Error::Locked`] if sealed records are here but the root key is not: never a reason to make a new key.
    pub fn open(config: Config, patience: Patience, ask: AskPassword<'_>) -> Result<Self, Error> {
        let keychain = keychain_of(&config, patience);
        if let Some(keychain) = &keychain {
            keychain.warm(); // connecting takes longer than opening the cache
        }
        match cache_of(&config)? {
            There::Whole(cache) if Cache::unread(config.home()).is_none() => {
                Self::unlock(config, cache, keychain, ask)
            }
            _ => Self::begin_or_rebuild(config, keychain, ask, false),
        }
    }

    /// Of what was opened.
    pub(crate) fn with(
        config: Config,
        cache: Cache,
        keychain: Option<Keychain>,
        keys: Keys,
        custody: Custody,
    ) -> Self {
        Self {
            config,
            cache,
            keychain,
            keys,
            custody,
            notices: Vec::new(),
            by: None,
            remembered: None,
            recent: Recent::default(),
            listed: Memory::default(),
            in_vain: InVain::default(),
        }
    }

    /// Opens the vault after a call said that its cache is damaged, which opening alone does not notice: the whole file is
    /// looked at, and rebuilt if it is not in order. The vault that said so has to be dropped first.
    ///
    /// # Errors
    /// As [`Vault::open`]. [`Error::Cache`] where nothing can be made of the file; it stays as it is.
    pub fn mend(config: Config, patience: Patience, ask: AskPassword<'_>) -> Result<Self, Error> {
        let keychain = keychain_of(&config, patience);
        Self::begin_or_rebuild(config, keychain, ask, true)
    }

    /// What is done by one process at a time.
    fn begin_or_rebuild(
        config: Config,
        keychain: Option<Keychain>,
        ask: AskPassword<'_>,
        suspect: bool,
    ) -> Result<Self, Error> {
        make_directory(&config)?;
        let _lock = Lock::wait(&config, "vault")?;
        // Whoever held the lock before may have made it, or rebuilt it.
        let there = match cache_of(&config)? {
            There::Whole(cache) if suspect => {
                drop(cache);
                let whole = Cache::is_whole(config.home())?;
                if whole { cache_of(&config)? } else { There::Damaged }
            }
            there => there,
        };
        let mut vault = match (there, keychain) {
            (There::Whole(cache), keychain) => {
                // A rebuild that was killed after its last step.
                Cache::forget_unread(config.home())?;
                Self::unlock(config, cache, keychain, ask)
            }
            (There::Damaged, Some(keychain)) => {
                // The keys first: without them the file stays where it is.
                let stored = keychain.get(EntryId::Device, None)?.ok_or(Error::LockedAndDamaged)?;
                let entry = DeviceEntry::decode(&stored.bytes).map_err(|_| Error::LockedAndDamaged)?;
                let aside = Cache::set_aside(config.home())?;
                rebuild::from_keychain(config, keychain, entry, stored.slot, aside)
            }
            (There::Damaged, None) => Self::reopen_without_keychain(config, ask),
            (There::Nothing, Some(keychain)) => match keychain.get(EntryId::Device, None)? {
                Some(stored) => {
                    let entry = DeviceEntry::decode(&stored.bytes).map_err(|_| Error::Locked)?;
                    let aside = Cache::unread(config.home());
                    rebuild::from_keychain(config, keychain, entry, stored.slot, aside)
                }
                None => Self::begin(config, keychain),
            },
            (There::Nothing, None) if Cache::unread(config.home()).is_some() => {
                Self::reopen_without_keychain(config, ask)
            }
            (There::Nothing, None) => Self::begin_without_keychain(config, ask),
        }?;
        // An older copy of this very first state is one, too. Where it cannot be noted now, the next start does it.
        let _ = vault.note_file();
        for event in vault.notices.iter().filter_map(Event::of).collect::<Vec<_>>() {
            vault.note(&event);
        }
        Ok(vault)
    }

    /// Whom the vault acts for from now on, as the activity keeps it. Until then that is not said.
    pub fn act_for(&mut self, who: Who) {
        self.by = Some(who);
    }

    /// From now on the keychain is waited for with this patience: a cancelled one stays cancelled.
    pub fn be_patient(&mut self, patience: Patience) {
        self.keychain = keychain_of(&self.config, patience);
    }

    /// What opening and later calls put right by themselves; each is told once.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Grows whenever any process changed the cache. Cheap enough to ask several times a second.
    pub fn changes(&mut self) -> Result<i64, Error> {
        Ok(self.cache.change_counter()?)
    }
}

/// The cache's name for where the device entry lies in the keychain.
pub(crate) const DEVICE_SLOT: &str = "device";
impl DeviceEntry {
    pub(crate) fn into_keys(self) -> (RootKey, Custody) {
        let Self { root, secret_key, recovery_auth, previous, .. } = self;
        (root, Custody { secret_key, recovery_auth, previous })
    }
}

/// The device row of a cache in its first life.
pub(crate) fn new_device(config: &Config, entry: &DeviceEntry) -> keymoor_cache::Device {
    keymoor_cache::Device {
        account: entry.account,
        vault: entry.vault,
        device: entry.device,
        actor: ActorId::generate(),
        keychain: config.keychain.as_str().to_owned(),
        epoch: entry.root.epoch(),
        document_version: 0,
        cursor: Cursor::START,
        rebuilt: false,
        server: entry.server.as_ref().map(|server| server.url.clone()),
        pin: entry.server.as_ref().and_then(|server| server.pin),
        last_sync: None,
    }
}

pub(crate) fn keychain_of(config: &Config, patience: Patience) -> Option<Keychain> {
    let keychain = match config.keychain {
        Backend::System => Keychain::system(&config.keychain_service),
        Backend::None => return None,
    };
    let on_wait = patience.on_wait.unwrap_or_else(|| Arc::new(|| {}));
    Some(keychain.with_patience(keymoor_keychain::Patience::new(move || on_wait(), patience.cancel)))
}

pub(crate) fn make_directory(config: &Config) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(config.home()).map_err(at(config.home()))?;
    Ok(())
}
