//! Which credential a service uses: the chosen one, or the only one of its own, or, visibly, a fallback.

use keymoor_cache::View;
use keymoor_protocol::RecordId;
use keymoor_providers::Service;

use super::document::{Chosen, Document};
use crate::drafts;
use crate::error::Error;
use crate::find;
use crate::keys::Keys;
use crate::list::{self, Listing};

/// A credential, and why it is the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Its record.
    pub id: RecordId,
    /// Whose API it is for.
    pub provider: String,
    /// Its name as shown.
    pub name: String,
    /// Why it is used.
    pub because: Because,
}

/// Why a service uses a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// The user chose it.
    Chosen,
    /// None was chosen, and it is the only one that the service takes.
    OnlyOne,
    /// It is a fallback, and no own credential can be used.
    Fallback {
        /// The own one that was chosen and is switched off, in the trash or erased: `provider/name`.
        instead_of: Option<String>,
    },
}

/// What the service uses now.
///
/// # Errors
/// [`Error::NothingToUse`]; [`Error::WhichCredential`] if several could be meant; [`Error::Unreadable`], of no home but this
/// one, for a record that may be the one that is meant: what cannot be read has no other in its place.
pub(super) fn resolve(
    view: &View<'_>,
    keys: &Keys,
    document: &Document,
    service: &Service,
) -> Result<Resolved, Error> {
    let takes = |listing: &Listing| listing.on && service.accepts.contains(&listing.provider);
    if let Some(listing) = self::chosen(view, keys, document, service)?.filter(takes) {
        return Ok(used(listing, Because::Chosen));
    }
    let chosen = document.chosen(&service.id);
    let mut all = Vec::new();
    list::every_meta(view, keys, |row| {
        let listing = list::listing(row.id, &row.meta, false);
        if takes(&listing) {
            all.push(listing);
        }
    })?; // of one that does not open nobody can tell whose it is
    for listing in &mut all {
        listing.display = find::shown_as(view, keys, listing.id, &listing.provider, &listing.name)?;
    }
    let (fallbacks, own): (Vec<_>, Vec<_>) = all.into_iter().partition(|listing| listing.fallback);
    // Of several own ones none is used unasked, nor is another in place of the chosen one.
    match (&chosen, own.len()) {
        (None, 1) => return only(own, Because::OnlyOne),
        (None, 2..) => return Err(which(own)),
        _ => {}
    }
    match fallbacks.len() {
        0 if own.is_empty() => Err(Error::NothingToUse),
        0 => Err(which(own)),
        1 => only(fallbacks, Because::Fallback { instead_of: chosen.map(|chosen| chosen.title) }),
        _ => Err(which(fallbacks)),
    }
}

/// The credential that was chosen for a service, on or off, if it is there.
pub(super) fn chosen(
    view: &View<'_>,
    keys: &Keys,
    document: &Document,
    service: &Service,
) -> Result<Option<Listing>, Error> {
    let chosen = document.chosen(&service.id);
    chosen.map_or(Ok(None), |chosen| meant(view, keys, &chosen))
}

/// A credential that is there and not in the trash.
pub(super) fn usable(view: &View<'_>, keys: &Keys, id: RecordId) -> Result<Listing, Error> {
    let unreadable = || Error::Unreadable { id, homes: Vec::new() };
    let current =
        drafts::legible(view.current(id).map(Some))?.ok_or_else(unreadable)?.ok_or(Error::NotFound)?;
    let meta = keys.open_meta(current.record()).map_err(|_| unreadable())?;
    if meta.deleted() || !meta.is_credential() || view.erasures()?.contains(&id) {
        return Err(Error::NotFound);
    }
    let mut listing = list::listing(id, &meta, false);
    listing.display = find::displayed(view, keys, id, &meta)?;
    Ok(listing)
}

/// The credentials that were chosen for a service, `provider/name`, the one in use first: more than one where two devices chose
/// unseen of each other.
pub(crate) fn choices(
    view: &View<'_>,
    keys: &Keys,
    document: &Document,
    service: &str,
) -> Result<Vec<String>, Error> {
    let choices = document.choices(service);
    let mut titles = Vec::new();
    for chosen in choices {
        // One that cannot be read or is gone is told as it was called.
        let now = match meant(view, keys, &chosen) {
            Ok(listing) => listing.map(|listing| listing.title()),
            Err(Error::Unreadable { .. }) => None,
            Err(error) => return Err(error),
        };
        let title = now.unwrap_or(chosen.title);
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    Ok(titles)
}

/// The credential that was chosen, by its id, or by its name if it has another id by now.
fn meant(view: &View<'_>, keys: &Keys, chosen: &Chosen) -> Result<Option<Listing>, Error> {
    match chosen.id.map(|id| there(usable(view, keys, id))).transpose()?.flatten() {
        Some(listing) => Ok(Some(listing)),
        None => by_title(view, keys, &chosen.title),
    }
}

fn by_title(view: &View<'_>, keys: &Keys, title: &str) -> Result<Option<Listing>, Error> {
    let Some((provider, name)) = title.split_once('/') else { return Ok(None) }; // a provider has no slash
    match find::holders(view, keys, provider, name)?.as_slice() {
        [one] => there(usable(view, keys, *one)),
        _ => Ok(None),
    }
}

fn there(listing: Result<Listing, Error>) -> Result<Option<Listing>, Error> {
    match listing {
        Ok(listing) => Ok(Some(listing)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

fn only(mut listings: Vec<Listing>, because: Because) -> Result<Resolved, Error> {
    listings.pop().map(|listing| used(listing, because)).ok_or(Error::NothingToUse)
}

fn used(listing: Listing, because: Because) -> Resolved {
    let because = match because {
        Because::Chosen | Because::OnlyOne if listing.fallback => Because::Fallback { instead_of: None },
        because => because,
    };
    Resolved { id: listing.id, provider: listing.provider, name: listing.display, because }
}

fn which(listings: Vec<Listing>) -> Error {
    let mut titles: Vec<String> = listings.into_iter().map(|listing| listing.title()).collect();
    titles.sort_unstable();
    Error::WhichCredential(titles)
}
