//! Which two credentials a rotation is about. It is read anew in every step: only the new record says it, and no step
//! believes what an earlier one had seen.

use keymoor_cache::View;
use keymoor_protocol::RecordId;

use super::asked;
use crate::content::{Content, Meta, field};
use crate::drafts;
use crate::error::Error;
use crate::find;
use crate::keys::Keys;
use crate::list;

/// A rotation that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The credential that is replaced.
    pub old: RecordId,
    /// The one that takes its place.
    pub new: RecordId,
    /// Whether it did. If not, it is stored beside the old one, which is in use.
    pub switched: bool,
    /// The versions of the two that were looked at: what is verified is what is switched, and what is revoked.
    versions: [String; 2],
}

/// What was seen before a step of a rotation. Another process may be at the same: what is begun is begun only if all is so
/// still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// The credential that is to be replaced.
    pub old: RecordId,
    /// The rotation that is under way.
    pub under_way: Option<Rotation>,
    /// When its provider was last asked for a key, milliseconds since 1970, if what came of it is not known: there may be one
    /// that nobody has.
    pub asked_at: Option<u64>,
    looked_at: RecordId,
    version: String,
}

/// What the new key says of the other. After a join that one has another id, and is known by its name.
pub(super) struct Rotates {
    pub(super) switched: bool,
    id: Option<RecordId>,
    title: String,
}

impl Rotates {
    pub(super) fn of(meta: &Meta) -> Option<Self> {
        let (step, rest) = meta.text(field::ROTATES).split_once(' ')?;
        let (id, title) = rest.split_once(' ')?;
        Some(Self { switched: step == "after", id: id.parse().ok(), title: title.to_owned() })
    }

    /// The other, if it is still there and in no trash. `new` is whose words these are.
    fn find(&self, view: &View<'_>, keys: &Keys, new: &Meta) -> Result<Option<RecordId>, Error> {
        if let Some(id) = self.id
            && view.holds(id)?
        {
            let deleted = drafts::current(view, keys, id)?.meta.deleted();
            return Ok((!deleted).then_some(id));
        }
        // Only what is nowhere in the vault may have another id by now.
        let Some((provider, name)) = self.title.split_once('/') else { return Ok(None) };
        let [one] = find::holders(view, keys, provider, name)?[..] else { return Ok(None) };
        // A key is never rotated before it is there: one that came later only has the name.
        let created = drafts::current(view, keys, one)?.meta.created;
        Ok((created <= new.created).then_some(one))
    }
}

/// The keys that took the place of this one, as far as they can be read.
pub(super) fn heirs(view: &View<'_>, keys: &Keys, old: RecordId) -> Result<Vec<RecordId>, Error> {
    let mut found = Vec::new();
    list::each_meta(view, keys, false, |row| {
        if Rotates::of(&row.meta).is_some_and(|of| of.switched && of.id == Some(old)) {
            found.push(row.id);
        }
    })?;
    Ok(found)
}

/// What is kept of it in the new record.
pub(super) fn text(step: &str, id: RecordId, title: &str) -> String {
    format!("{step} {id} {title}")
}

impl Rotation {
    /// The one under way of which `id`, that is this content, is the new or the old key.
    ///
    /// # Errors
    /// [`Error::Unreadable`] for a credential that does not open: it may be the new key.
    pub(super) fn of(
        view: &View<'_>,
        keys: &Keys,
        id: RecordId,
        content: &Content,
    ) -> Result<Option<Self>, Error> {
        if Rotates::of(&content.meta).is_some() {
            return Self::begun_by(view, keys, id, &content.meta);
        }
        let (mut found, title) = (Vec::new(), content.meta.title());
        list::every_meta(view, keys, |row| {
            let of = Rotates::of(&row.meta).filter(|of| of.id == Some(id) || of.title == title);
            if let Some(of) = of {
                found.push((of.switched, row.id, row.meta));
            }
        })?;
        // One that was replaced is replaced no second time.
        found.sort_by_key(|(switched, new, _)| std::cmp::Reverse((*switched, *new)));
        for (_, new, meta) in found {
            if let Some(rotation) = Self::begun_by(view, keys, new, &meta)?.filter(|one| one.old == id) {
                return Ok(Some(rotation));
            }
        }
        Ok(None)
    }

    fn begun_by(view: &View<'_>, keys: &Keys, new: RecordId, meta: &Meta) -> Result<Option<Self>, Error> {
        let Some(of) = Rotates::of(meta) else { return Ok(None) };
        let Some(old) = of.find(view, keys, meta)?.filter(|old| *old != new) else { return Ok(None) };
        let was = drafts::current(view, keys, old)?;
        let versions = [was.meta.version_id(None), meta.version_id(None)];
        Ok(Some(Self { old, new, switched: of.switched, versions }))
    }

    /// The old key and the new one, if all is as it was when this was looked at.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if it is not.
    pub(super) fn still(&self, view: &View<'_>, keys: &Keys) -> Result<[Content; 2], Error> {
        let is = drafts::current(view, keys, self.new)?;
        let now = Self::begun_by(view, keys, self.new, &is.meta)?;
        if is.meta.deleted() || now.as_ref() != Some(self) {
            return Err(Error::ChangedMeanwhile);
        }
        Ok([drafts::current(view, keys, self.old)?, is])
    }

    /// The same after the two were written.
    pub(super) fn after(&self, was: &Meta, is: &Meta) -> Self {
        let versions = [was.version_id(None), is.version_id(None)];
        Self { switched: true, versions, ..self.clone() }
    }
}

impl Before {
    pub(super) fn of(view: &View<'_>, keys: &Keys, id: RecordId) -> Result<Self, Error> {
        let content = drafts::current(view, keys, id)?;
        let under_way = Rotation::of(view, keys, id, &content)?;
        let old = under_way.as_ref().map_or(id, |rotation| rotation.old);
        let version = content.meta.version_id(None);
        let before = Self { old, under_way, asked_at: None, looked_at: id, version };
        let asked_at = asked::of_all(view, before.pair())?;
        Ok(Self { asked_at, ..before })
    }

    /// The old key, and the new one if there is one: that one has the name, and what is noted under it, once it was switched.
    pub(super) fn pair(&self) -> impl Iterator<Item = RecordId> + use<> {
        std::iter::once(self.old).chain(self.under_way.as_ref().map(|rotation| rotation.new))
    }

    /// The key that is to be replaced, if all is as it was.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] if it is not; [`Error::Unsettled`].
    pub(super) fn still(&self, view: &View<'_>, keys: &Keys) -> Result<Content, Error> {
        if Self::of(view, keys, self.looked_at)? != *self {
            return Err(Error::ChangedMeanwhile);
        }
        let old = drafts::current(view, keys, self.old)?;
        if old.meta.deleted() {
            return Err(Error::NotFound);
        }
        settled(&old)?;
        Ok(old)
    }
}

/// A credential of which two values stand beside each other is not rotated: nobody knows which of them is meant.
pub(super) fn settled(content: &Content) -> Result<(), Error> {
    if content.meta.alternates().next().is_some() { Err(Error::Unsettled) } else { Ok(()) }
}
