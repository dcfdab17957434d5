//! What was opened stays opened until somebody writes: a program may ask a thousand times between two changes. Nothing of
//! it is secret: which programs may ask, what is known beside the records.

use std::sync::Arc;

use keymoor_cache::{Moment, UsesMark, View};

use crate::devices::SealedDevices;
use crate::error::Error;
use crate::grants::Grants;
use crate::keys::Keys;
use crate::list::Known;
use crate::vault::Vault;

/// All that was opened at one moment.
#[derive(Default)]
pub(crate) struct Recent {
    moment: Option<Moment>,
    grants: Option<Arc<Grants>>,
    known: Option<(UsesMark, Known)>,
}

impl Recent {
    /// What was opened at the moment that is seen now; nothing after a change.
    pub(crate) fn at(&mut self, view: &View<'_>) -> Result<&mut Self, Error> {
        let moment = Some(view.moment()?);
        if self.moment != moment {
            *self = Self { moment, ..Self::default() };
        }
        Ok(self)
    }

    /// The grants.
    pub(crate) fn grants(&mut self, view: &View<'_>, keys: &Keys) -> Result<Arc<Grants>, Error> {
        if let Some(grants) = &self.grants {
            return Ok(Arc::clone(grants));
        }
        let grants = Arc::new(Grants::read(view, keys)?);
        self.grants = Some(Arc::clone(&grants));
        Ok(grants)
    }

    /// What is known beside the records, if it was opened with these uses.
    fn known(&self, uses: UsesMark) -> Option<Known> {
        let (of, known) = self.known.as_ref()?;
        (*of == uses).then(|| known.renewed())
    }
}

/// What is known beside the records, opened or not.
pub(crate) enum Beside {
    Known(Known),
    Sealed(SealedDevices),
}

impl Vault {
    /// Has `read` see the cache with what is known beside the records, and give that back opened.
    pub(crate) fn read_beside<T>(
        &mut self,
        mut read: impl FnMut(&View<'_>, &Keys, Beside) -> Result<(T, Known), Error>,
    ) -> Result<T, Error> {
        loop {
            // The mark before the entries: what is added meanwhile makes another mark.
            let mark = self.cache.uses_mark();
            let (mut waiting, mut all_read) = (None, true);
            if self.recent.known(mark).is_none() {
                let read = self.cache.uses();
                all_read = read.is_ok();
                waiting = Some(read.unwrap_or_default()); // a list without them is better than none
            }
            let (keys, recent) = (&self.keys, &mut self.recent);
            let done = self.cache.read(|view| {
                let recent = recent.at(view)?;
                let beside = match (recent.known(mark), waiting.take()) {
                    (Some(known), _) => Beside::Known(known),
                    (None, Some(waiting)) => Beside::Sealed(SealedDevices::read(view, waiting)?),
                    (None, None) => return Ok(None), // it was changed just now
                };
                let (read, known) = read(view, keys, beside)?;
                // What failed for a moment does not stay so until somebody writes.
                recent.known = (all_read && known.is_all_read()).then_some((mark, known));
                Ok::<_, Error>(Some(read))
            })?;
            if let Some(done) = done {
                return Ok(done);
            }
        }
    }
}

impl Beside {
    /// What is known, opened where that was not done before.
    pub(crate) fn open(self, view: &View<'_>, keys: &Keys) -> Known {
        match self {
            Self::Known(known) => known,
            Self::Sealed(devices) => Known::new(view, keys, devices.open(keys)),
        }
    }
}

#[cfg(test)]
mod tests {
    use keymoor_protocol::RecordId;

    use super::*;
    use crate::config::{Backend, Config};
    use crate::vault::Patience;
    use crate::{Edit, Field, Filter, GrantScope, NewCredential, Value};

    fn vault(home: &std::path::Path) -> Vault {
        let config =
            Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
        Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap()
    }

    fn known(vault: &Vault) -> Known {
        vault.recent.known.clone().unwrap().1
    }

    fn note_of(vault: &mut Vault, id: RecordId) -> Option<String> {
        vault.glance(id).unwrap().listing.note
    }

    /// No file can be opened for a moment.
    #[cfg(unix)]
    #[test]
    fn what_could_not_be_read_for_a_moment_is_read_the_next_time() {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let home = tempfile::tempdir().unwrap();
        let (mut here, mut there) = (vault(home.path()), vault(home.path()));
        let fields = vec![Field { name: "secret".to_owned(), value: Value::Secret("a secret".into()) }];
        let (provider, name) = ("openai".to_owned(), "work".to_owned());
        let id = here.add(NewCredential { provider, name, fields, ..NewCredential::default() }).unwrap().id;
        there.reveal(id, None).unwrap();
        here.cache.read(|view| view.moment()).unwrap(); // all of the database is open by now
        let before = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(0), ..before }).unwrap();
        let read = here.list(&Filter::default());
        setrlimit(Resource::Nofile, before).unwrap();
        assert_eq!(read.unwrap()[0].last_used, None, "the list is there without it");
        assert!(here.list(&Filter::default()).unwrap()[0].last_used.is_some());
    }

    #[test]
    fn what_nobody_changed_is_not_opened_again_and_what_anybody_changed_is() {
        let home = tempfile::tempdir().unwrap();
        let (mut here, mut there) = (vault(home.path()), vault(home.path()));
        let fields = vec![Field { name: "secret".to_owned(), value: Value::Secret("a secret".into()) }];
        let (provider, name) = ("openai".to_owned(), "work".to_owned());
        let id = here.add(NewCredential { provider, name, fields, ..NewCredential::default() }).unwrap().id;
        let token = here.add_grant("n8n", GrantScope::Read, None).unwrap();
        let same = |vault: &Vault, before: &Known| Arc::ptr_eq(&known(vault).devices, &before.devices);

        here.list(&Filter::default()).unwrap();
        let opened = known(&here);
        assert_eq!((note_of(&mut here, id), here.glance(id).unwrap().listing.last_used), (None, None));
        here.list(&Filter::default()).unwrap();
        assert!(same(&here, &opened), "it was not opened again");
        assert!(here.grant_of(&token).unwrap().is_some());
        let grants = here.recent.grants.clone().unwrap();
        assert!(here.grant_of(&token).unwrap().is_some());
        assert!(Arc::ptr_eq(&grants, here.recent.grants.as_ref().unwrap()));

        // Of its own, of another's, and beside the database.
        here.edit(id, Edit { note: Some("own".to_owned()), ..Edit::default() }).unwrap();
        assert_eq!(note_of(&mut here, id).as_deref(), Some("own"));
        assert!(!same(&here, &opened));
        there.edit(id, Edit { note: Some("other".to_owned()), ..Edit::default() }).unwrap();
        assert_eq!(note_of(&mut here, id).as_deref(), Some("other"));
        there.reveal(id, None).unwrap();
        assert!(here.glance(id).unwrap().listing.last_used.is_some(), "a line in the file of uses");
        assert_eq!(
            here.list(&Filter::default()).unwrap()[0].last_used,
            here.glance(id).unwrap().listing.last_used
        );
        there.revoke_grant("n8n").unwrap();
        assert!(here.grant_of(&token).unwrap().is_none());
    }
}
