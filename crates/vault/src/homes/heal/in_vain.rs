//! What no home gave back is not asked for at every look: a keychain may ask its user, and a server be far away.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use keymoor_cache::{Kept, View};
use keymoor_protocol::RecordId;

use crate::content::Content;
use crate::error::{Error, HomeName, Why};
use crate::vault::Vault;

/// For so long it counts that a home was out of reach: that it is back changes nothing here.
const OUT_OF_REACH: Duration = Duration::from_secs(60);

/// What was looked for in vain by this process.
#[derive(Default)]
pub(crate) struct InVain(BTreeMap<RecordId, Tried>);

struct Tried {
    seen: Seen,
    homes: Vec<(HomeName, Why)>,
    at: Instant,
}

/// All that would have to change before another look may find it.
#[derive(PartialEq, Eq)]
struct Seen {
    kept: Kept,
    server: Option<String>,
    last_sync: Option<u64>,
}

impl Vault {
    /// The same as [`Vault::heal`], for what is looked at again and again: what no home gave back is not asked for once more
    /// until its bytes are others, a sync went through, or a home that was out of reach may be back.
    pub(crate) fn heal_once(&mut self, id: RecordId) -> Result<Content, Error> {
        if let Some(tried) = self.in_vain.0.get(&id) {
            let may_be_back = tried.homes.iter().any(|(_, why)| *why == Why::OutOfReach)
                && tried.at.elapsed() >= OUT_OF_REACH;
            if !may_be_back && self.cache.read(|view| Seen::of(view, id))? == tried.seen {
                return Err(Error::Unreadable { id, homes: tried.homes.clone() });
            }
        }
        let done = self.heal(id);
        if let Err(Error::Unreadable { homes, .. }) = &done {
            let seen = self.cache.read(|view| Seen::of(view, id))?;
            self.in_vain.0.insert(id, Tried { seen, homes: homes.clone(), at: Instant::now() });
        } else {
            self.in_vain.0.remove(&id);
        }
        done
    }
}

impl Seen {
    fn of(view: &View<'_>, id: RecordId) -> Result<Self, Error> {
        let device = view.device()?;
        let (server, last_sync) = device.map(|device| (device.server, device.last_sync)).unwrap_or_default();
        Ok(Self { kept: view.kept(id)?, server, last_sync })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::SYNC_PATIENCE;
    use crate::add::{Field, NewCredential, Value};
    use crate::config::{Backend, Config};
    use crate::error::Error;
    use crate::find;
    use crate::homes::lock::Lock;
    use crate::vault::{Patience, Vault};

    fn add(vault: &mut Vault, name: &str) {
        let fields = vec![Field { name: "secret".to_owned(), value: Value::Secret("a secret".into()) }];
        let (provider, name) = ("openai".to_owned(), name.to_owned());
        vault.add(NewCredential { provider, name, fields, ..NewCredential::default() }).unwrap();
    }

    /// The server is out of reach, which takes its time.
    fn is_looked_for(vault: &mut Vault) -> bool {
        let start = Instant::now();
        assert!(matches!(vault.services(), Err(Error::Unreadable { .. })));
        start.elapsed() >= SYNC_PATIENCE
    }

    #[test]
    fn a_record_of_services_that_no_home_has_is_looked_for_once_until_something_changes() {
        let home = tempfile::tempdir().unwrap();
        let (home, keychain_service) = (home.path().to_owned(), "unused".to_owned());
        let config = Config { home: home.clone(), keychain: Backend::None, keychain_service };
        let mut vault =
            Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap();
        add(&mut vault, "work");
        vault.enable_service("openai", None).unwrap();
        let keys = &vault.keys;
        let id = vault.cache.read(|view| find::holders(view, keys, "", "")).unwrap()[0];
        let device = |vault: &mut Vault, last_sync| {
            let change = |change: &mut keymoor_cache::Change<'_>| {
                let mut device = change.device()?.unwrap();
                (device.server, device.last_sync) = (Some("http://127.0.0.1:9".to_owned()), last_sync);
                change.set_device(&device)
            };
            vault.cache.write(change).unwrap();
        };
        let flip = |at: usize| {
            let cache = rusqlite::Connection::open(home.join("keymoor.db")).unwrap();
            let mut bytes: Vec<u8> =
                cache.query_row("SELECT meta FROM draft WHERE id = ?1", [id.0], |row| row.get(0)).unwrap();
            bytes[at] ^= 1;
            cache.execute("UPDATE draft SET meta = ?2 WHERE id = ?1", (id.0, &bytes)).unwrap();
        };
        device(&mut vault, None);
        flip(150);
        let _lock = Lock::wait(&vault.config, "sync").unwrap();
        assert!(is_looked_for(&mut vault));
        assert!(!is_looked_for(&mut vault));
        add(&mut vault, "another");
        assert!(!is_looked_for(&mut vault), "that is no news of it");
        device(&mut vault, Some(1));
        assert!(is_looked_for(&mut vault), "there was a sync");
        assert!(!is_looked_for(&mut vault));
        flip(160);
        assert!(is_looked_for(&mut vault), "it is not what it was");
        flip(160);
        flip(150);
        assert_eq!(vault.services().unwrap().len(), 1, "somebody healed it");
    }
}
