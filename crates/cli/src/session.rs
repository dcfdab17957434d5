//! The vault as a command gets it: opened once, with whoever answers for the password, and names made into records.

use std::{cell::RefCell, sync::Arc};

use keymoor_protocol::RecordId;
use keymoor_vault::{
    Because, Config, Error, Patience, Place, ServiceState, SyncOptions, SyncReport, Vault, Who,
};

use crate::{
    output,
    passwords::Passwords,
    progress::ProgressLine,
    words::{self, Failure},
};

/// How many keychain copies are written between two looks at the progress.
const MIRRORED_AT_ONCE: u32 = 32;

/// An open vault.
pub(crate) struct Session {
    pub(crate) vault: Vault,
    pub(crate) passwords: Passwords,
}

impl Session {
    /// Opens the vault of this environment. What opening did that a user should hear is said at once.
    pub(crate) fn open(passwords: Passwords) -> Result<Self, Failure> {
        let mut passwords = passwords;
        let opened = Vault::open(configuration()?, patience(), &mut |purpose| passwords.answer(purpose));
        let vault = opened.map_err(|error| passwords.refusal(error))?;
        Ok(Self::with(vault, passwords))
    }

    /// The same after a command met damage in the cache: it is set aside and made anew from what can be read.
    pub(crate) fn mend(passwords: Passwords) -> Result<Self, Failure> {
        let mut passwords = passwords;
        let opened = Vault::mend(configuration()?, patience(), &mut |purpose| passwords.answer(purpose));
        let vault = opened.map_err(|error| passwords.refusal(error))?;
        Ok(Self::with(vault, passwords))
    }

    /// Opens the vault and asks it something that changes nothing; damage that it meets is mended, and it is asked again.
    pub(crate) fn ask<T>(act: impl Fn(&mut Self) -> Result<T, Failure>) -> Result<T, Failure> {
        match Self::open(Passwords::new(None)).and_then(|mut session| act(&mut session)) {
            Err(failure) if failure.is_damage() => act(&mut Self::mend(Passwords::new(None))?),
            done => done,
        }
    }

    /// A vault that was opened in another way.
    pub(crate) fn with(vault: Vault, passwords: Passwords) -> Self {
        let mut session = Self { vault, passwords };
        session.vault.act_for(Who::CommandLine);
        session.tell_notices();
        session
    }

    /// Says what the vault put right by itself; each is said once.
    pub(crate) fn tell_notices(&mut self) {
        for notice in self.vault.notices() {
            output::say(words::notice(&notice));
        }
    }

    /// The record that NAME means: a name, `provider/name`, or an id.
    pub(crate) fn find(&mut self, name: &str, place: Place) -> Result<RecordId, Failure> {
        let found = self.vault.find(name, place);
        self.tell_notices();
        match found {
            Err(Error::NotFound) => {
                self.vault.must_be_sound()?;
                let elsewhere = self.vault.find(name, other(place)).is_ok();
                Err(Failure::NoSuchName { name: name.to_owned(), place, elsewhere })
            }
            found => Ok(found?),
        }
    }

    /// The services that are on, and what each uses.
    pub(crate) fn services_on(&mut self) -> Vec<ServiceState> {
        let mut states = self.vault.services().unwrap_or_default();
        states.retain(|state| state.on);
        states
    }

    /// Says of those that use another credential by now, or none, what became of them.
    pub(crate) fn tell_services(&mut self, before: &[ServiceState]) {
        for state in self.services_on() {
            let is_other = |before: &ServiceState| {
                before.id == state.id && (&before.uses, &before.why_none) != (&state.uses, &state.why_none)
            };
            if before.iter().any(is_other) {
                output::say(words::service::state(&state));
            }
        }
    }

    /// The same after a credential got its name: of services that use it because they go by the name, that is said.
    pub(crate) fn tell_named(&mut self, before: &[ServiceState], id: RecordId) {
        let used = |state: &ServiceState| state.uses.as_ref().map(|uses| uses.id);
        for state in self.services_on() {
            let is_other = |before: &ServiceState| {
                before.id == state.id && (used(before), &before.why_none) != (used(&state), &state.why_none)
            };
            if !before.iter().any(is_other) {
                continue;
            }
            let named =
                state.uses.as_ref().is_some_and(|uses| uses.id == id && uses.because == Because::Chosen);
            output::say(if named { words::service::named(&state) } else { words::service::state(&state) });
        }
    }

    /// Syncs, and says how far it is. A pull that would delete very many records asks first, where somebody can answer.
    pub(crate) fn sync(&mut self) -> Result<SyncReport, Failure> {
        let mut options = SyncOptions::default();
        options.asked_for = true;
        match self.sync_with(&options) {
            Err(Failure::Vault(Error::MassDelete { count, of })) if words::confirm_deletes(count, of) => {
                options.accept_deletes = true;
                self.sync_with(&options)
            }
            done => done,
        }
    }

    fn sync_with(&mut self, options: &SyncOptions) -> Result<SyncReport, Failure> {
        let line = RefCell::new(ProgressLine::new());
        let passwords = &mut self.passwords;
        let mut ask = |purpose| {
            line.borrow_mut().clear();
            passwords.answer(purpose)
        };
        let report = self.vault.sync(options, &mut ask, &mut |progress| line.borrow_mut().show(progress));
        drop(line);
        report.map_err(|error| self.passwords.refusal(error))
    }

    /// Writes the keychain copies that are behind. Interrupted, it goes on at the next sync; a keychain that takes no
    /// more is said and is no failure: the cache holds everything.
    pub(crate) fn mirror(&mut self) -> Result<(), Failure> {
        let mut line = ProgressLine::new();
        let mut total = 0;
        loop {
            match self.vault.mirror(MIRRORED_AT_ONCE) {
                Ok(0) => return Ok(()),
                Ok(left) => {
                    if total == 0 {
                        output::say(words::MIRRORING);
                    }
                    total = total.max(left + u64::from(MIRRORED_AT_ONCE));
                    line.show_mirroring(total - left, total);
                }
                Err(Error::Keychain(problem)) => {
                    drop(line);
                    output::say(words::mirror_stopped(problem));
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// What the environment says about where the vault is.
pub(crate) fn configuration() -> Result<Config, Failure> {
    Config::from_environment().map_err(Failure::Config)
}

/// Says once that the keychain keeps us waiting; Ctrl-C is the way out.
pub(crate) fn patience() -> Patience {
    Patience { on_wait: Some(Arc::new(|| output::say(words::WAITING_FOR_KEYCHAIN))), ..Patience::default() }
}

fn other(place: Place) -> Place {
    match place {
        Place::Active => Place::Trash,
        Place::Trash => Place::Active,
    }
}
