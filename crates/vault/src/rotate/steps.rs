//! The steps of a rotation, each one transaction.

use std::collections::BTreeSet;

use keymoor_cache::{Change, View};
use keymoor_protocol::RecordId;
use secrecy::{ExposeSecret as _, SecretString};

use super::pair::{settled, text};
use super::{Before, Rotation, asked, used};
use crate::activity::Deed;
use crate::add::{Field, check};
use crate::clock::now;
use crate::content::{Content, Meta, field};
use crate::drafts::{self, Saved};
use crate::error::Error;
use crate::keys::Keys;
use crate::vault::Vault;
use crate::{find, grants, input, services};

/// Longest name of a credential that still has room for what is added.
const ROOM: usize = 170;

impl Vault {
    pub(super) fn store_beside(&mut self, before: &Before, fields: Vec<Field>) -> Result<Saved, Error> {
        self.put_beside(fields, true, |change, keys| Ok((before.old, before.still(change, keys)?)))
    }

    /// The same for a key that its provider just made, which is stored whatever became of the old one meanwhile.
    pub(super) fn store_made(
        &mut self,
        old: RecordId,
        asked_at: u64,
        fields: Vec<Field>,
    ) -> Result<Saved, Error> {
        self.put_beside(fields, false, |change, keys| {
            asked::is_known(change, keys, old, asked_at)?;
            Ok((old, drafts::current(change, keys, old)?))
        })
    }

    /// Gives the key that is stored already other values.
    pub(super) fn store_again(
        &mut self,
        before: &Before,
        new: RecordId,
        fields: Vec<Field>,
    ) -> Result<Saved, Error> {
        let checked = check(fields, Vec::new(), None)?;
        self.heal(new)?;
        let (saved, ()) = self.save(|change, keys| {
            before.still(change, keys)?;
            let is = drafts::current(change, keys, new)?;
            let mut action = is.clone().act(drafts::actor(change, keys)?, now());
            checked.apply(&mut action)?;
            let content = action.finish();
            input::size(content.shown_bytes())?;
            Ok((drafts::replace(change, keys, new, &is, &content)?, ()))
        })?;
        Ok(saved)
    }

    /// `all`: secrets that are not given are those of the old one, too. `of` is asked inside the transaction.
    fn put_beside(
        &mut self,
        fields: Vec<Field>,
        all: bool,
        of: impl FnOnce(&mut Change<'_>, &Keys) -> Result<(RecordId, Content), Error>,
    ) -> Result<Saved, Error> {
        let checked = check(fields, Vec::new(), None)?;
        if !checked.has_secret() {
            return Err(Error::NoSecret);
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        let (saved, ()) = self.save(|change, keys| {
            let (old, before) = of(change, keys)?;
            let meta = &before.meta;
            let (provider, name) = (meta.text(field::PROVIDER).to_owned(), meta.text(field::NAME));
            let name = free(change, keys, &provider, &format!("{} (new", shortened(name)))?;
            let mut action = Content::empty(salt, now()).act(drafts::actor(change, keys)?, now());
            action.set_text(field::PROVIDER, &provider);
            action.set_text(field::NAME, &name);
            action.set_text(field::OFF, "yes"); // nothing uses it before its provider was asked
            action.set_text(field::FALLBACK, meta.text(field::FALLBACK));
            action.set_text(field::NOTE, meta.text(field::NOTE));
            action.set_labels(&labels(meta));
            action.set_text(field::ROTATES, &text("for", old, &meta.title()));
            for (name, value) in meta.open_fields() {
                action.set_text(&format!("{}{name}", field::OPEN), value);
            }
            if all {
                action.set_secrets(secrets(&before), &BTreeSet::new());
            }
            checked.apply(&mut action)?;
            let content = action.finish();
            input::size(content.shown_bytes())?;
            Ok((drafts::create(change, keys, RecordId::generate(), &content)?, ()))
        })?;
        Ok(saved)
    }

    /// The new key takes the place of the old one: its name, labels and note, and every service that uses it. The old one is
    /// switched off and called `NAME (old DATE)`. Returns that as `provider/name`, and the rotation as it is now.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if they are not what they were, [`Error::Unsettled`]; [`Error::Unreadable`], also for another
    /// credential. Nothing is changed after an error.
    pub fn switch_rotation(
        &mut self,
        rotation: &Rotation,
        date: &str,
    ) -> Result<(Saved, (Rotation, String)), Error> {
        let Rotation { old, new, .. } = *rotation;
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        self.heal(old)?;
        self.heal(new)?;
        self.heal_services()?;
        // Nothing is healed inside a transaction, and the last question there is about every credential.
        self.healing(|vault| vault.cache.read(|view| Before::of(view, &vault.keys, old)))?;
        self.save(|change, keys| {
            let [was, is] = rotation.still(change, keys)?;
            if rotation.switched {
                return Err(Error::ChangedMeanwhile);
            }
            settled(&was)?;
            settled(&is)?;
            // Another one took its place, here or on another device.
            if Rotation::of(change, keys, old, &was)?.is_some_and(|other| other.switched) {
                return Err(Error::ChangedMeanwhile);
            }
            let actor = drafts::actor(change, keys)?;
            let (provider, name) = (was.meta.text(field::PROVIDER), was.meta.text(field::NAME).to_owned());
            let title = was.meta.title();
            let aside = free(change, keys, provider, &format!("{} (old {date}", shortened(&name)))?;
            let mut action = was.clone().act(actor, now());
            action.set_text(field::NAME, &aside);
            action.set_text(field::OFF, "yes");
            action.set_text(field::ROTATES, "");
            let gone = action.finish();
            drafts::write(change, keys, old, &gone)?;
            let mut action = is.clone().act(actor, now());
            action.set_text(field::NAME, &name);
            action.set_text(field::OFF, was.meta.text(field::OFF));
            action.set_text(field::FALLBACK, was.meta.text(field::FALLBACK));
            action.set_text(field::NOTE, was.meta.text(field::NOTE));
            action.set_labels(&labels(&was.meta));
            action.set_text(field::ROTATES, &text("after", old, &gone.meta.title()));
            action.set_text(field::RETIRES, &used::values(&was.meta));
            let content = action.finish();
            let written = drafts::replace(change, keys, new, &is, &content)?;
            services::hand_over(change, keys, salt, (old, &title), (new, &title))?;
            grants::follow(change, keys, old, new)?;
            asked::follow(change, old, new)?;
            let after = rotation.after(&gone.meta, &content.meta);
            Ok((written.by(Deed::Rotated), (after, gone.meta.title())))
        })
    }

    /// The rotation is over. With `gone` the old key is no more at its provider, and goes to the trash; otherwise it stays
    /// as it is.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if they are not what they were. Nothing is changed after an error.
    pub fn end_rotation(&mut self, rotation: &Rotation, gone: bool) -> Result<(), Error> {
        let Rotation { old, new, .. } = *rotation;
        self.heal(old)?;
        self.heal(new)?;
        self.save(|change, keys| {
            let actor = drafts::actor(change, keys)?;
            let [was, is] = rotation.still(change, keys)?;
            let mut action = is.clone().act(actor, now());
            action.set_text(field::ROTATES, "");
            action.set_text(field::RETIRES, "");
            let content = action.finish();
            if !gone {
                return Ok((drafts::replace(change, keys, new, &is, &content)?, ()));
            }
            drafts::write(change, keys, new, &content)?;
            grants::follow(change, keys, old, new)?; // those of a device that did not switch the two
            let trashed = was.clone().delete(actor, now());
            Ok((drafts::replace(change, keys, old, &was, &trashed)?.by(Deed::Deleted), ()))
        })?;
        Ok(())
    }
}

/// `BEGIN)`, or `BEGIN 2)` and so on if that is taken.
fn free(view: &View<'_>, keys: &Keys, provider: &str, begin: &str) -> Result<String, Error> {
    let mut name = format!("{begin})");
    let mut number = 2_u32;
    while !find::holders(view, keys, provider, &name)?.is_empty() {
        name = format!("{begin} {number})");
        number += 1;
    }
    Ok(name)
}

fn shortened(name: &str) -> String {
    name.chars().take(ROOM).collect()
}

fn labels(meta: &Meta) -> BTreeSet<String> {
    meta.labels().into_iter().map(str::to_owned).collect()
}

/// The secrets in use, to be sealed in another record as well.
fn secrets(content: &Content) -> Vec<(String, SecretString)> {
    let parts = content.meta.key().into_iter().flatten();
    let part = |(name, shadow): (&String, &crate::content::Shadow)| {
        // Exposed to be copied into another sealed string.
        Some((name.clone(), content.secrets.get(&shadow.fingerprint)?.expose_secret().into()))
    };
    parts.filter_map(part).collect()
}
