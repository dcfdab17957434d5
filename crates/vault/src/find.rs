//! From a name to a credential, and the rule that a provider has a name only once.

use std::collections::BTreeSet;

use keymoor_cache::View;
use keymoor_protocol::RecordId;

use crate::content::{Meta, field};
use crate::error::{Candidate, Error};
use crate::keys::Keys;
use crate::rules::names::{display, is_taken};
use crate::vault::Vault;
use crate::{input, list};

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Among the credentials in use.
    Active,
    /// In the trash.
    Trash,
}

impl Vault {
    /// The credential of a name: its record's id; or `provider/name`; or `name` alone. The first of these that fits decides, so
    /// that an exact one stays exact whatever others are called. `work (2)` is taken as it is shown where two devices added the
    /// same. Before nothing is found, the index of names is held against the sealed records, and put right.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Ambiguous`] with the candidates.
    pub fn find(&mut self, name: &str, place: Place) -> Result<RecordId, Error> {
        let mut found = self.found(name, place)?;
        if found.is_empty() && self.name_anew()? > 0 {
            found = self.found(name, place)?;
        }
        match found.as_slice() {
            [] => Err(Error::NotFound),
            [one] => Ok(one.id),
            _ => Err(Error::Ambiguous(found)),
        }
    }

    fn found(&mut self, name: &str, place: Place) -> Result<Vec<Candidate>, Error> {
        let keys = &self.keys;
        self.cache.read(|view| match place {
            Place::Active => active(view, keys, name),
            Place::Trash => trashed(view, keys, name),
        })
    }
}

/// The undeleted credentials of a provider and a name: more than one only if two devices added it unseen of each other.
pub(crate) fn holders(
    view: &View<'_>,
    keys: &Keys,
    provider: &str,
    name: &str,
) -> Result<Vec<RecordId>, Error> {
    Ok(view.by_full_name(keys.tags_of(provider, name).full)?)
}

/// Refuses a provider and name that another credential has. Inside the write transaction, so that two processes cannot both
/// find it free; not an SQL constraint, because a pull may bring a second one and must not fail (rule 16).
pub(crate) fn must_be_free(
    view: &View<'_>,
    keys: &Keys,
    provider: &str,
    name: &str,
    except: Option<RecordId>,
) -> Result<(), Error> {
    let holders = holders(view, keys, provider, name)?;
    if is_taken(&holders, except) { Err(Error::NameTaken) } else { Ok(()) }
}

/// The error that lists the credentials which share a provider and a name.
pub(crate) fn ambiguous(view: &View<'_>, keys: &Keys, ids: &[RecordId]) -> Result<Error, Error> {
    let mut candidates = Vec::new();
    for id in ids {
        candidates.extend(candidate(view, keys, *id)?);
    }
    Ok(Error::Ambiguous(candidates))
}

fn active(view: &View<'_>, keys: &Keys, text: &str) -> Result<Vec<Candidate>, Error> {
    let Some(whole) = input::sought(text) else { return Ok(Vec::new()) };
    if let Some(id) = by_id(view, &whole, false)? {
        return Ok(candidate(view, keys, id)?.into_iter().collect());
    }
    let full = full_names(view, keys, &whole)?;
    if full.is_empty() { bare_names(view, keys, &whole) } else { Ok(full) }
}

/// Those whose provider and name `text` is.
fn full_names(view: &View<'_>, keys: &Keys, text: &str) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    for (provider, name) in splits(text) {
        let mut ids: BTreeSet<RecordId> = holders(view, keys, &provider, &name)?.into_iter().collect();
        if let Some((shared, place)) = suffixed(&name) {
            ids.extend(holders(view, keys, &provider, shared)?.get(place - 1));
        }
        found.extend(read(view, keys, ids, |one| one.provider == provider && is_called(one, &name))?);
    }
    Ok(found)
}

/// Those whose name `text` is, whatever their provider.
fn bare_names(view: &View<'_>, keys: &Keys, text: &str) -> Result<Vec<Candidate>, Error> {
    let mut ids: BTreeSet<RecordId> = view.by_name(keys.name_tag(text))?.into_iter().collect();
    if let Some((shared, place)) = suffixed(text) {
        for id in view.by_name(keys.name_tag(shared))? {
            let Some(one) = candidate(view, keys, id)? else { continue };
            ids.extend(holders(view, keys, &one.provider, shared)?.get(place - 1));
        }
    }
    read(view, keys, ids, |one| is_called(one, text))
}

/// The index only says where to look. What counts is the sealed name; a row that does not open stays and is healed.
fn read(
    view: &View<'_>,
    keys: &Keys,
    ids: BTreeSet<RecordId>,
    fits: impl Fn(&Candidate) -> bool,
) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    for id in ids {
        found.extend(candidate(view, keys, id)?.filter(|one| one.provider.is_empty() || fits(one)));
    }
    Ok(found)
}

/// Whether `text` is its name, or one of the forms in which a name shows that several share.
fn is_called(candidate: &Candidate, text: &str) -> bool {
    let name = candidate.display.as_str();
    let base = suffixed(name).map_or(name, |(base, _)| base);
    text == name || text == base || suffixed(text).is_some_and(|(text, _)| text == base)
}

/// The record of that id, in use or in the trash.
fn by_id(view: &View<'_>, text: &str, trashed: bool) -> Result<Option<RecordId>, Error> {
    let Ok(id) = text.parse::<RecordId>() else { return Ok(None) };
    let deleted = match view.current(id) {
        Ok(None) => return Ok(None),
        Ok(Some(current)) => current.record().deleted,
        Err(keymoor_cache::Error::Record(_)) => trashed, // a broken row is found in both: reading it heals it
        Err(error) => return Err(error.into()),
    };
    Ok((deleted == trashed && !view.erasures()?.contains(&id)).then_some(id))
}

/// `work (2)` taken apart: the name that is shared, and which of its holders is meant. The first has no suffix.
fn suffixed(text: &str) -> Option<(&str, usize)> {
    let (name, digits) = text.strip_suffix(')')?.rsplit_once(" (")?;
    let place: usize = digits.parse().ok()?;
    (place >= 2 && place.to_string() == digits).then_some((name, place))
}

/// A name may itself have slashes, so every way of taking it apart is tried.
fn splits(text: &str) -> Vec<(String, String)> {
    let at = text.match_indices('/').map(|(at, _)| (&text[..at], &text[at + 1..]));
    at.filter_map(|(provider, name)| Some((input::provider(provider).ok()?, input::name(name).ok()?)))
        .collect()
}

fn candidate(view: &View<'_>, keys: &Keys, id: RecordId) -> Result<Option<Candidate>, Error> {
    let meta = match view.current(id) {
        Ok(None) => return Ok(None),
        Ok(Some(current)) => keys.open_meta(current.record()).ok(),
        Err(keymoor_cache::Error::Record(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let (provider, display) = match &meta {
        Some(meta) => (meta.text(field::PROVIDER).to_owned(), displayed(view, keys, id, meta)?),
        None => (String::new(), id.to_string()), // a broken row is found all the same: reading it heals it
    };
    Ok(Some(Candidate { id, provider, display }))
}

/// The name of one credential as shown.
pub(crate) fn displayed(view: &View<'_>, keys: &Keys, id: RecordId, meta: &Meta) -> Result<String, Error> {
    shown_as(view, keys, id, meta.text(field::PROVIDER), meta.text(field::NAME))
}

/// The same for whoever has no more of it than its provider and its name.
pub(crate) fn shown_as(
    view: &View<'_>,
    keys: &Keys,
    id: RecordId,
    provider: &str,
    name: &str,
) -> Result<String, Error> {
    Ok(display(name, id, &holders(view, keys, provider, name)?))
}

/// The trash has no index: it is looked through.
fn trashed(view: &View<'_>, keys: &Keys, text: &str) -> Result<Vec<Candidate>, Error> {
    let Some(whole) = input::sought(text) else { return Ok(Vec::new()) };
    if let Some(id) = by_id(view, &whole, true)? {
        // What does not open has no name, but its id finds it.
        return Ok(vec![Candidate { id, provider: String::new(), display: id.to_string() }]);
    }
    let splits = splits(&whole);
    let (mut full, mut bare) = (Vec::new(), Vec::new());
    list::each_meta(view, keys, true, |row| {
        let (provider, name) = (row.meta.text(field::PROVIDER), row.meta.text(field::NAME));
        let one = || Candidate { id: row.id, provider: provider.to_owned(), display: name.to_owned() };
        if splits.iter().any(|(p, n)| p == provider && n == name) {
            full.push(one());
        } else if name == whole {
            bare.push(one());
        }
    })?;
    Ok(if full.is_empty() { bare } else { full })
}

#[cfg(test)]
mod tests;
