//! The old key is revoked. It cannot be taken back, so everything is looked at once more before.

use std::collections::BTreeSet;

use keymoor_fail_points::reached;
use keymoor_providers::rotate::{self, Outcome};
use keymoor_providers::verify::{Options, Report};

use super::pair::settled;
use super::used::still_used;
use super::{Rotation, StillUsed, provider_of};
use crate::activity::{Event, Subject};
use crate::content::Content;
use crate::drafts;
use crate::error::{Error, KeychainProblem};
use crate::vault::Vault;
use crate::verify::{Questions, VerifyOptions, fields_of};
use crate::whose;

/// What became of an old key that was to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoking {
    /// What its provider did, or why there was nothing to ask of it.
    Asked(Outcome),
    /// Nothing was sent: the provider does not say now that it accepts the new key.
    Unverified(Report),
    /// Nothing was sent: the old key is used again.
    Used(StillUsed),
    /// Nothing was sent: these credentials have the same secret, and would stop working with it.
    Shared(Vec<String>),
    /// Nothing was sent: the account's server has not got the new key yet.
    NotSynced,
    /// Nothing was sent: the keychain has no copy of the new key.
    NotCopied(KeychainProblem),
}

impl Vault {
    /// Whether the account's server has both keys of a rotation as they are here; without an account there is none to ask.
    pub fn rotation_is_synced(&mut self, rotation: &Rotation) -> Result<bool, Error> {
        let keys = &self.keys;
        self.cache.read(|view| {
            if drafts::device(view, keys)?.server.is_none() {
                return Ok(true);
            }
            Ok(view.draft(rotation.old)?.is_none() && view.draft(rotation.new)?.is_none())
        })
    }

    /// Has the provider revoke the old key, now that the new one is in its place. Its provider is asked about the new one
    /// first, and the homes have to have it; with `anyway` the homes may lack it.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if the two are not what they were; [`Error::Unsettled`]; [`Error::Unreadable`], also for
    /// another credential: it may have the same secret. Nothing is sent then. What the provider did is no error of the vault's.
    pub fn revoke_rotated(
        &mut self,
        rotation: &Rotation,
        options: &Options,
        anyway: bool,
    ) -> Result<Revoking, Error> {
        self.heal(rotation.old)?;
        self.heal(rotation.new)?;
        let keys = &self.keys;
        let [old, new] = self.cache.read(|view| rotation.still(view, keys))?;
        let Some(provider) = provider_of(&new).filter(|_| rotation.switched) else {
            return Ok(Revoking::Asked(Outcome::ByHand));
        };
        let (goes, stays) = (fields_of(&old), fields_of(&new));
        if let Some(outcome) = rotate::unsent(provider, &goes, &stays) {
            return Ok(Revoking::Asked(outcome));
        }
        settled(&old)?;
        settled(&new)?;
        if let Some(used) = self.old_key_is_used(rotation)? {
            return Ok(Revoking::Used(used));
        }
        let shared = self.sharing(rotation, &old)?;
        if !shared.is_empty() {
            return Ok(Revoking::Shared(shared));
        }
        if !anyway && let Some(why) = self.is_left_behind(rotation)? {
            return Ok(why);
        }
        if let Some(report) = self.not_accepted(rotation, &new, options)? {
            return Ok(Revoking::Unverified(report));
        }
        // The keychain and the provider took their time.
        let keys = &self.keys;
        let used = self.cache.read(|view| {
            let [old, new] = rotation.still(view, keys)?;
            still_used(view, keys, rotation, &old, &new)
        })?;
        if let Some(used) = used {
            return Ok(Revoking::Used(used));
        }
        let outcome = rotate::revoke(provider, &goes, &stays, options);
        if !matches!(outcome, Outcome::InUse | Outcome::ByHand) {
            let subject = Subject { id: rotation.old, name: old.meta.title() };
            self.note_done(&Event::Revoked { subject, done: matches!(outcome, Outcome::Revoked(_)) });
        }
        reached("rotate.revoked");
        Ok(Revoking::Asked(outcome))
    }

    /// The other credentials in use that have a secret of this one, also as the other value of a conflict. One that does not
    /// open, and that no home has, is an error: it may be one of them.
    fn sharing(&mut self, rotation: &Rotation, old: &Content) -> Result<Vec<String>, Error> {
        let owners = self.healing(|vault| {
            let keys = &vault.keys;
            vault.cache.read(|view| {
                let mut owners = BTreeSet::new();
                for fingerprint in old.meta.key().into_iter().flat_map(|parts| parts.values()) {
                    if let Some(secret) = old.secrets.get(&fingerprint.fingerprint) {
                        owners.extend(whose::in_use(view, keys, secret)?);
                    }
                }
                Ok::<_, Error>(owners)
            })
        })?;
        let others = owners.into_iter().filter(|(id, _)| *id != rotation.old && *id != rotation.new);
        Ok(others.map(|(_, title)| title).collect())
    }

    /// Which home lacks the two, after the keychain got them.
    fn is_left_behind(&mut self, rotation: &Rotation) -> Result<Option<Revoking>, Error> {
        if !self.rotation_is_synced(rotation)? {
            return Ok(Some(Revoking::NotSynced));
        }
        for id in [rotation.new, rotation.old] {
            match self.mirror_record(id) {
                Err(Error::Keychain(problem)) => return Ok(Some(Revoking::NotCopied(problem))),
                done => done?,
            }
        }
        Ok(None)
    }

    /// Asks about just what was read, and not about what may be stored by now; what was heard if it is nothing good.
    fn not_accepted(
        &mut self,
        rotation: &Rotation,
        new: &Content,
        options: &Options,
    ) -> Result<Option<Report>, Error> {
        let ask = Options { with_side_effects: true, of_another: true, ..options.clone() }; // this key is in use, and was asked for
        let options = VerifyOptions { ask, by_name: true, ..VerifyOptions::default() };
        let mut heard = None;
        Questions::about(rotation.new, new).ask(&options, |asked| heard = Some(asked));
        let Some(asked) = heard else { return Err(Error::ChangedMeanwhile) };
        self.heard(std::slice::from_ref(&asked))?;
        Ok((!asked.report.verdict.is_good()).then_some(asked.report))
    }
}
