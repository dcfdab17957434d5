//! Grants: which programs on this machine may ask, under which token. They lie sealed in this device's cache and nowhere
//! else; of a token only its hash is kept.

mod document;

use std::sync::Arc;

use keymoor_protocol::{RecordId, base64url};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

pub(crate) use self::document::Document as Grants;
use self::document::{Document, Entry};
use crate::activity::{self, Event};
use crate::clock::now;
use crate::error::{Error, Input};
use crate::vault::Vault;

pub(crate) use self::document::{follow, hand_over, since};

/// What a program was allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The program, by the name that its user gave it. Each has one grant.
    pub program: String,
    /// What it may do.
    pub scope: GrantScope,
    /// Only with these credentials, where it is limited.
    pub only: Option<Vec<RecordId>>,
    /// When it was made, milliseconds since 1970.
    pub made_at: u64,
    /// When it was used last, to within a minute, milliseconds since 1970.
    pub used_at: Option<u64>,
}

impl Grant {
    /// Whether [`Vault::note_grant_use`] would write.
    pub fn use_is_due(&self) -> bool {
        is_due(self.used_at, now())
    }
}

/// What a program may do. It is never given a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantScope {
    /// Look: lists, states, settings, activity.
    Read,
    /// Also save, change, move to the trash, verify, and set up services.
    Write,
}

/// Every token begins so, to be known for what it is wherever it turns up.
pub const TOKEN_PREFIX: &str = "kml_";

/// Between two notes of one grant's use.
const USED_EVERY_MS: u64 = 60 * 1000;
/// Characters of a program's name.
const LONGEST_PROGRAM: usize = 64;

impl Vault {
    /// Lets a program in. Returns its token, which is kept nowhere.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that has other characters than `a-z`, `0-9`, `-`, `_` and `.`; [`Error::GrantTaken`];
    /// [`Error::NotFound`] for a credential that is not there.
    pub fn add_grant(
        &mut self,
        program: &str,
        scope: GrantScope,
        only: Option<Vec<RecordId>>,
    ) -> Result<SecretString, Error> {
        let valid = (1..=LONGEST_PROGRAM).contains(&program.len())
            && program.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'));
        if !valid {
            return Err(Error::Invalid(Input::Program));
        }
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(secret.as_mut_slice())?;
        let text = Zeroizing::new(base64url::encode(secret.as_slice()));
        // In two pieces, so that no buffer grows with the token in it.
        let mut token = String::with_capacity(TOKEN_PREFIX.len() + text.len());
        token.push_str(TOKEN_PREFIX);
        token.push_str(&text);
        let token = SecretString::from(token);
        let entry = Entry::new(program, hash(&token), scope, only.clone(), now());
        let event = Event::Granted { program: program.to_owned(), scope, limited: only.is_some() };
        let (keys, by) = (&self.keys, self.by.as_ref());
        self.cache.write(|change| {
            for id in only.iter().flatten() {
                change.current(*id)?.ok_or(Error::NotFound)?;
            }
            let mut document = Document::read(change, keys)?;
            if document.grants.iter().any(|grant| grant.program == program) {
                return Err(Error::GrantTaken);
            }
            document.grants.push(entry);
            document.grants.sort_by(|a, b| a.program.cmp(&b.program));
            document.write(change, keys)?;
            activity::put_by(change, keys, by, &event)
        })?;
        Ok(token)
    }

    /// The programs that may ask, by name.
    pub fn grants(&mut self) -> Result<Vec<Grant>, Error> {
        Ok(self.opened_grants()?.grants.iter().map(Grant::from).collect())
    }

    /// Whose token it is, if it is anybody's. All are compared, each in constant time.
    pub fn grant_of(&mut self, token: &SecretString) -> Result<Option<Grant>, Error> {
        let hash = hash(token);
        let mut found = None;
        for grant in &self.opened_grants()?.grants {
            if bool::from(grant.hash.as_slice().ct_eq(&hash)) {
                found = Some(Grant::from(grant));
            }
        }
        Ok(found)
    }

    fn opened_grants(&mut self) -> Result<Arc<Document>, Error> {
        let (keys, recent) = (&self.keys, &mut self.recent);
        self.cache.read(|view| recent.at(view)?.grants(view, keys))
    }

    /// The grant as it is now; `None` once it is revoked, also if the program was let in anew.
    pub fn still_granted(&mut self, grant: &Grant) -> Result<Option<Grant>, Error> {
        let document = self.opened_grants()?;
        let of_it = |known: &&Entry| known.program == grant.program && known.made == grant.made_at;
        Ok(document.grants.iter().find(of_it).map(Grant::from))
    }

    /// Shuts a program out, from its next call on.
    ///
    /// # Errors
    /// [`Error::NoSuchGrant`].
    pub fn revoke_grant(&mut self, program: &str) -> Result<(), Error> {
        let event = Event::GrantRevoked { program: program.to_owned() };
        let (keys, by) = (&self.keys, self.by.as_ref());
        self.cache.write(|change| {
            let mut document = Document::read(change, keys)?;
            let before = document.grants.len();
            document.grants.retain(|grant| grant.program != program);
            if document.grants.len() == before {
                return Err(Error::NoSuchGrant);
            }
            document.write(change, keys)?;
            activity::put_by(change, keys, by, &event)
        })
    }

    /// Notes that a grant was used; at most once a minute, for a look must not cost a write.
    pub fn note_grant_use(&mut self, grant: &Grant) -> Result<(), Error> {
        if !grant.use_is_due() {
            return Ok(());
        }
        let (keys, now) = (&self.keys, now());
        self.cache.write(|change| {
            let mut document = Document::read(change, keys)?;
            let of_it = |known: &&mut Entry| known.program == grant.program && known.made == grant.made_at;
            match document.grants.iter_mut().find(of_it) {
                Some(known) if is_due(known.used, now) => known.used = Some(now),
                _ => return Ok(()), // revoked meanwhile, or noted
            }
            document.write(change, keys)
        })
    }
}

/// A clock that was set back does not stop it.
fn is_due(used: Option<u64>, now: u64) -> bool {
    used.is_none_or(|used| used > now || now - used >= USED_EVERY_MS)
}

/// What is kept of a token. It has 256 random bits, so that no stretching is needed.
fn hash(token: &SecretString) -> [u8; 32] {
    Sha256::digest(token.expose_secret().as_bytes()).into() // exposed to be hashed
}

impl From<&Entry> for Grant {
    fn from(entry: &Entry) -> Self {
        let Entry { program, scope, only, made, used, .. } = entry;
        Self { program: program.clone(), scope: *scope, only: only.clone(), made_at: *made, used_at: *used }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Backend, Config};
    use crate::vault::Patience;

    fn vault(home: &std::path::Path) -> Vault {
        let config =
            Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
        Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap()
    }

    #[test]
    fn a_token_opens_until_it_is_revoked_and_only_its_hash_is_kept_sealed() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        let token = vault.add_grant("n8n", GrantScope::Write, None).unwrap();
        let other = vault.add_grant("dashboard", GrantScope::Read, None).unwrap();
        let text = token.expose_secret();
        assert_eq!((text.len(), text.starts_with("kml_")), (47, true));
        assert_ne!(text, other.expose_secret());
        assert_eq!(vault.grant_of(&token).unwrap().unwrap().program, "n8n");
        assert_eq!(vault.grant_of(&other).unwrap().unwrap().scope, GrantScope::Read);
        for wrong in [&text[..46], "", "kml_"] {
            assert_eq!(vault.grant_of(&wrong.into()).unwrap(), None);
        }
        let names: Vec<_> = vault.grants().unwrap().into_iter().map(|grant| grant.program).collect();
        assert_eq!(names, ["dashboard", "n8n"]);
        for file in ["keymoor.db", "keymoor.db-wal"] {
            let bytes = std::fs::read(home.path().join(file)).unwrap();
            let hash = hash(&token);
            for part in [b"dashboard".as_slice(), &hash, base64url::encode(&hash).as_bytes(), text.as_bytes()]
            {
                assert!(!bytes.windows(part.len()).any(|window| window == part), "{file}");
            }
        }
        vault.revoke_grant("n8n").unwrap();
        assert_eq!(vault.grant_of(&token).unwrap(), None);
        assert!(vault.grant_of(&other).unwrap().is_some());
        assert!(matches!(vault.revoke_grant("n8n"), Err(Error::NoSuchGrant)));
    }

    #[test]
    fn who_was_let_in_and_shut_out_is_told() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        vault.act_for(crate::Who::Window);
        vault.add_grant("n8n", GrantScope::Write, None).unwrap();
        vault.add_grant("reports", GrantScope::Read, Some(Vec::new())).unwrap();
        vault.revoke_grant("n8n").unwrap();
        assert!(vault.revoke_grant("n8n").is_err() && vault.add_grant("", GrantScope::Read, None).is_err());
        let mut told = vault.activity_of(&Default::default()).unwrap();
        told.retain(|entry| entry.event.code().starts_with("grant"));
        let program = || "n8n".to_owned();
        let events: Vec<_> = told.iter().map(|entry| entry.event.clone()).collect();
        let granted = Event::Granted { program: program(), scope: GrantScope::Write, limited: false };
        let limited =
            Event::Granted { program: "reports".to_owned(), scope: GrantScope::Read, limited: true };
        assert_eq!(events, [Event::GrantRevoked { program: program() }, limited, granted]);
        assert!(told.iter().all(|entry| entry.by == Some(crate::Who::Window)));
    }

    #[test]
    fn a_program_has_one_grant_a_plain_name_and_credentials_that_are_there() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        vault.add_grant("a-b_c.9", GrantScope::Read, None).unwrap();
        assert!(matches!(vault.add_grant("a-b_c.9", GrantScope::Write, None), Err(Error::GrantTaken)));
        for bad in ["", "A", "a b", "a/b", "ä", &"a".repeat(65)] {
            let refused = vault.add_grant(bad, GrantScope::Read, None);
            assert!(matches!(refused, Err(Error::Invalid(Input::Program))), "{bad}");
        }
        let nobody = Some(vec![RecordId::generate()]);
        assert!(matches!(vault.add_grant("x", GrantScope::Read, nobody), Err(Error::NotFound)));
        assert_eq!(vault.grants().unwrap().len(), 1);
    }

    #[test]
    fn what_a_program_is_limited_to_follows_a_rotation() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        let fields = |secret: &str| {
            vec![crate::Field { name: "api_key".to_owned(), value: crate::Value::Secret(secret.into()) }]
        };
        let new = |name: &str| crate::NewCredential {
            provider: "openai".to_owned(),
            name: name.to_owned(),
            fields: fields("before"),
            ..Default::default()
        };
        let old = vault.add(new("work")).unwrap().id;
        let other = vault.add(new("other")).unwrap().id;
        vault.add_grant("both", GrantScope::Write, Some(vec![old, other])).unwrap();
        vault.add_grant("one", GrantScope::Read, Some(vec![other])).unwrap();
        vault.add_grant("whole", GrantScope::Read, None).unwrap();
        let before = vault.before_rotation(old).unwrap();
        vault.store_rotation(&before, fields("after")).unwrap();
        let rotation = vault.rotation(old).unwrap().unwrap();
        let (saved, (rotation, _)) = vault.switch_rotation(&rotation, "2026-11-22").unwrap();
        assert_eq!((saved.name.as_str(), saved.id), ("work", rotation.new));
        let only: Vec<_> = vault.grants().unwrap().into_iter().map(|grant| grant.only).collect();
        assert_eq!(only, [Some(vec![other, rotation.new]), Some(vec![other]), None]);

        // Another device switched them, and the key goes here.
        let keys = &vault.keys;
        vault
            .cache
            .write(|change| {
                let mut document = Document::read(change, keys)?;
                document.grants[1].only = Some(vec![old]);
                document.write(change, keys)
            })
            .unwrap();
        assert_eq!(vault.old_key_is_used(&rotation).unwrap(), None);
        vault.end_rotation(&rotation, true).unwrap();
        assert_eq!(vault.grants().unwrap()[1].only, Some(vec![rotation.new]));
    }

    #[test]
    fn a_use_is_noted_once_a_minute_and_never_brings_a_revoked_grant_back() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        vault.add_grant("n8n", GrantScope::Write, None).unwrap();
        let fresh = vault.grants().unwrap().remove(0);
        vault.note_grant_use(&fresh).unwrap();
        let used = vault.grants().unwrap().remove(0);
        assert!(used.used_at.is_some());
        let before = vault.cache.read(|view| view.setting(document::GRANTS)).unwrap();
        vault.note_grant_use(&fresh).unwrap();
        vault.note_grant_use(&used).unwrap();
        assert_eq!(vault.cache.read(|view| view.setting(document::GRANTS)).unwrap(), before);
        vault.revoke_grant("n8n").unwrap();
        vault.note_grant_use(&fresh).unwrap();
        assert_eq!(vault.grants().unwrap(), []);
        assert!(is_due(Some(1000), 61_000) && !is_due(Some(1000), 60_999) && is_due(Some(1000), 999));
    }

    #[test]
    fn what_a_later_version_wrote_lets_nobody_in_and_is_not_written_over() {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        let token = vault.add_grant("n8n", GrantScope::Write, None).unwrap();
        document::write_as(&mut vault, 2, br#"{"grants":[]}"#);
        assert!(matches!(vault.grant_of(&token), Err(Error::NewerRecord)));
        assert!(matches!(vault.add_grant("x", GrantScope::Read, None), Err(Error::NewerRecord)));
        document::write_as(&mut vault, 1, br#"{"grants":[{"program":"n8n"}]}"#);
        assert_eq!(vault.grant_of(&token).unwrap(), None);
        // Taken from another vault, or torn.
        vault.cache.write(|change| change.set_setting(document::GRANTS, b"torn")).unwrap();
        assert_eq!(vault.grant_of(&token).unwrap(), None);
        vault.add_grant("x", GrantScope::Read, None).unwrap();
    }
}
