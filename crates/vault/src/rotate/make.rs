//! A new key that its provider makes. From that moment it exists in one answer and nowhere else, so the room for it is kept
//! before anything is asked, and what cannot be stored is deleted again.

use std::time::Duration;

use keymoor_protocol::RecordId;
use keymoor_providers::Provider;
use keymoor_providers::rotate::{self, NotMade};
use keymoor_providers::verify::{Fields, Options};
use secrecy::ExposeSecret as _;

use super::pair::settled;
use super::provider_of;
use crate::add::{Field, Value};
use crate::drafts::Saved;
use crate::error::Error;
use crate::homes::lock::Lock;
use crate::vault::Vault;
use crate::verify::fields_of;

/// The cache's name for the room that is kept for a key that is being made.
const ROOM: &str = "rotation_room";
/// Bytes of that room: a record with its history and everything around it.
const BYTES: usize = 256 * 1024;
/// How long another process may be at making one.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often storing is tried, and how long after each time.
const TRIES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(500), Duration::ZERO];

/// Why there is no new key.
#[derive(Debug)]
pub enum NoKey {
    /// The provider made none.
    NotMade(NotMade),
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
    /// Has the provider make a key beside this one, and stores it as [`Vault::store_rotation`] does, before anything else.
    ///
    /// # Errors
    /// Nothing was made after an error: as there; [`Error::ChangedMeanwhile`] if a new key is there by now, or another
    /// process is making one; what the cache cannot take. Why there is no key otherwise is no error of the vault's.
    pub fn make_rotation(&mut self, id: RecordId, options: &Options) -> Result<MadeOrNot, Error> {
        let lock = Lock::wait_for(&self.config, "rotate", PATIENCE)?;
        let _lock = lock.ok_or(Error::ChangedMeanwhile)?;
        let content = self.content(id)?;
        settled(&content)?;
        if self.rotation(id)?.is_some() {
            return Err(Error::ChangedMeanwhile);
        }
        let Some(provider) = provider_of(&content) else { return Ok(Err(NoKey::NotMade(NotMade::ByHand))) };
        self.note_file()?;
        // A disk that is full says so here, and what this takes is what the key gets.
        self.cache.write(|change| change.set_setting(ROOM, &vec![0; BYTES]))?;
        let by = fields_of(&content);
        let made = rotate::make(provider, &by, options);
        self.cache.write(|change| change.remove_setting(ROOM)).or_else(|error| match &made {
            Ok(_) => Ok(()), // storing it comes first
            Err(_) => Err(error),
        })?;
        let made = match made {
            Ok(made) => made,
            Err(why) => return Ok(Err(NoKey::NotMade(why))),
        };
        let mut failed = None;
        for pause in TRIES {
            match self.store_beside(id, fields(provider, &made), false) {
                Ok(saved) => return Ok(Ok(saved)),
                Err(error) => failed = Some(error),
            }
            std::thread::sleep(pause);
        }
        let error = failed.unwrap_or(Error::ChangedMeanwhile);
        Ok(Err(match rotate::unmake(provider, &made, &by, options) {
            true => NoKey::TakenBack(error),
            false => NoKey::LeftThere { called: rotate::called(&made).unwrap_or_default().to_owned(), error },
        }))
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
