//! A new key that its provider makes. From that moment it exists in one answer and nowhere else: so that it is asked for is
//! written down before, and room is kept for it; it is stored before anything else, and what cannot be stored is deleted again.

use std::time::Duration;

use keymoor_fail_points::reached;
use keymoor_protocol::RecordId;
use keymoor_providers::Provider;
use keymoor_providers::rotate::{self, NotMade};
use keymoor_providers::verify::{Fields, Options, verify};
use secrecy::ExposeSecret as _;

use super::room::Room;
use super::{Before, asked, provider_of};
use crate::add::{Field, Value};
use crate::drafts::Saved;
use crate::error::Error;
use crate::homes::lock::Lock;
use crate::vault::Vault;
use crate::verify::fields_of;

/// How long another process may be at making one.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often storing is tried, and how long after each time.
const TRIES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(500), Duration::ZERO];

/// Why there is no new key.
#[derive(Debug)]
pub enum NoKey {
    /// The provider made none.
    NotMade(NotMade),
    /// It was asked before, at this time (milliseconds since 1970), and it is not known what came of that. It was not asked
    /// again.
    Asked(u64),
    /// It made one that could not be stored, and deleted it again.
    TakenBack(Error),
    /// It made one that could not be stored, and it may still be there.
    LeftThere {
        /// What it is called there.
        called: String,
        /// Why it could not be stored.
        error: Error,
    },
}

/// A key that the provider made, or why there is none.
pub type MadeOrNot = Result<Saved, NoKey>;

impl Vault {
    /// Has the provider make a key beside another, and stores it as [`Vault::store_rotation`] does, before anything else.
    ///
    /// # Errors
    /// Nothing was made after an error: as there; [`Error::ChangedMeanwhile`] if a new key is there by now, or another
    /// process is making one; what the disk cannot take. Why there is no key otherwise is no error of the vault's.
    pub fn make_rotation(&mut self, before: &Before, options: &Options) -> Result<MadeOrNot, Error> {
        let lock = Lock::wait_for(&self.config, asked::LOCK, PATIENCE)?;
        let _lock = lock.ok_or(Error::ChangedMeanwhile)?;
        if before.under_way.is_some() {
            return Err(Error::ChangedMeanwhile);
        }
        self.note_file()?;
        let old = before.old;
        let content = self.still_before(before)?;
        let Some(provider) = provider_of(&content).filter(|provider| provider.rotation.makes()) else {
            return Ok(Err(NoKey::NotMade(NotMade::ByHand)));
        };
        if let Some(at) = before.asked_at {
            return Ok(Err(NoKey::Asked(at)));
        }
        // A disk that is full says so here, and what this takes is what the key gets.
        let room = Room::take(&self.config)?;
        // Without a network, or with a key that may not ask, nothing is asked for that could have been made.
        if !verify(provider, &fields_of(&content), options).verdict.is_good() {
            return Ok(Err(NoKey::NotMade(NotMade::NotAsked)));
        }
        let keys = &self.keys;
        let (content, asked_at) = self.cache.write(|change| {
            let content = before.still(change, keys)?;
            Ok::<_, Error>((content, asked::note(change, old)?))
        })?;
        let by = fields_of(&content);
        reached("rotate.asking");
        let made = rotate::make(provider, &by, options);
        reached("rotate.made");
        drop(room);
        let made = match made {
            Ok(made) => made,
            Err(why) => {
                self.settle_asked(old, asked_at, why != NotMade::Unknown)?;
                return Ok(Err(NoKey::NotMade(why)));
            }
        };
        let mut failed = None;
        for pause in TRIES {
            match self.store_made(old, asked_at, fields(provider, &made)) {
                Ok(saved) => return Ok(Ok(saved)),
                Err(error) => failed = Some(error),
            }
            std::thread::sleep(pause);
        }
        let error = failed.unwrap_or(Error::ChangedMeanwhile);
        Ok(Err(match rotate::unmake(provider, &made, &by, options) {
            true => {
                // What cannot be written now is asked about the next time.
                let _ = self.settle_asked(old, asked_at, true);
                NoKey::TakenBack(error)
            }
            false => {
                let _ = self.settle_asked(old, asked_at, false);
                NoKey::LeftThere { called: rotate::called(&made).unwrap_or_default().to_owned(), error }
            }
        }))
    }

    /// Puts down whether it is known what came of a request.
    fn settle_asked(&mut self, old: RecordId, asked_at: u64, known: bool) -> Result<(), Error> {
        let keys = &self.keys;
        self.cache.write(|change| match known {
            true => asked::is_known(change, keys, old, asked_at),
            false => asked::is_unknown(change, keys, old, asked_at),
        })
    }
}

fn fields(provider: &Provider, made: &Fields) -> Vec<Field> {
    let field = |(name, value): (String, secrecy::SecretString)| {
        let secret = provider.field(&name).is_none_or(|field| field.secret);
        // Exposed if it is none: what stands open beside a secret.
        let open = |value: secrecy::SecretString| Value::Open(value.expose_secret().to_owned());
        Field { value: if secret { Value::Secret(value) } else { open(value) }, name }
    };
    made.values().map(field).collect()
}
