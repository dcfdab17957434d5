//! Listing: opens the meta envelopes, never a secret.

mod memory;
mod open;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keymoor_cache::View;
use keymoor_protocol::RecordId;

use crate::care::{self, Care};
use crate::clock::now;
use crate::content::shown::Shown;
use crate::content::{Meta, field};
use crate::devices::Devices;
use crate::differences::shared_names;
use crate::drafts;
use crate::error::Error;
use crate::keys::{Keys, Unreadable};
use crate::policies::Policies;
use crate::rules::forgetting::KEPT_MS;
use crate::rules::names::display;
use crate::services::document::Document;
use crate::vault::Vault;
use crate::verification::{CheckStatus, Values, Verification};
pub(crate) use memory::Memory;
use open::{Found, Opened, sealed};

/// What to list. The default lists everything in use.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words that must all occur in name, provider, labels, note or open fields; case does not matter.
    pub query: Option<String>,
    /// Only this provider.
    pub provider: Option<String>,
    /// Only with this label.
    pub label: Option<String>,
    /// The trash instead.
    pub trashed: bool,
}

/// A credential in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Its record.
    pub id: RecordId,
    /// Whose API it is for.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// Its name as shown: `work (2)` where two devices added the same name.
    pub display: String,
    /// Its labels, sorted.
    pub labels: Vec<String>,
    /// Its note.
    pub note: Option<String>,
    /// The last four characters of its first secret, if that is long enough to give them away.
    pub last_four: Option<String>,
    /// What it comes to.
    pub status: CheckStatus,
    /// What is known of whether the provider accepts it.
    pub verification: Option<Verification>,
    /// What needs care about it, the most urgent first.
    pub care: Vec<Care>,
    /// When it expires, as the provider or the user says, whichever is earlier. Milliseconds since 1970.
    pub expires: Option<u64>,
    /// What the user said of that.
    pub expires_as_set: Option<u64>,
    /// Since when it has had the secret that is shown, milliseconds since 1970.
    pub since: u64,
    /// Used only where no other credential of its provider is.
    pub fallback: bool,
    /// Whether services and programs may use it.
    pub on: bool,
    /// Fields with more than one value, for the user to settle.
    pub alternates: u64,
    /// Whether secrets or open fields are among those: what is in use may be of two changes, and not go together.
    pub mixed: bool,
    /// Milliseconds since 1970.
    pub created_at: u64,
    /// Milliseconds since 1970.
    pub updated_at: u64,
    /// 1, 2, 3 … with each change.
    pub version: u64,
    /// The name of that version ([`crate::Past::id`]).
    pub version_id: String,
    /// Whether a newer version of Keymoor wrote it: it can be read here and not changed.
    pub read_only: bool,
    /// Whether it is in the trash.
    pub trashed: bool,
    /// Whether it waits for the server. Never without an account.
    pub waiting: bool,
    /// When any device last showed or copied its secrets, by that device's clock, milliseconds since 1970; `None` where
    /// nobody has since records of that are kept.
    pub last_used: Option<u64>,
    /// In the trash: until when it is kept there at least, milliseconds since 1970. `None`: for as long as nobody erases
    /// it, or that is not known yet.
    pub kept_until: Option<u64>,
}

impl Listing {
    /// Takes over what the devices know of it, and says what needs care.
    pub(crate) fn know(&mut self, known: &Known, values: Values) {
        self.last_used = known.devices.last(self.id);
        self.heard(known.devices.verification(self.id, values), known.now);
        self.care = care::care(self, &known.policies, known.now);
        if known.sharing.contains(&self.id) && !self.trashed {
            self.care.push(Care::SharedName);
            self.care.sort_unstable();
        }
    }

    /// Takes over what providers said.
    pub(crate) fn heard(&mut self, verification: Option<Verification>, now: u64) {
        let status = verification.as_ref().map_or(CheckStatus::Unchecked, |heard| heard.status(now));
        self.status = if self.on { status } else { CheckStatus::Disabled };
        let said = verification.as_ref().and_then(|known| known.answer.as_ref()?.expires);
        self.expires = said.into_iter().chain(self.expires_as_set).min();
        self.verification = verification;
    }

    /// `provider/name`, as it is shown.
    pub fn title(&self) -> String {
        format!("{}/{}", self.provider, self.display)
    }
}

/// One opened row.
pub(crate) struct OpenedRow {
    pub(crate) id: RecordId,
    pub(crate) meta: Meta,
}

impl Vault {
    /// The credentials that fit, sorted by provider and name. One whose cache row is broken is healed first.
    pub fn list(&mut self, filter: &Filter) -> Result<Vec<Listing>, Error> {
        let (mut listings, broken) = self.read_list(filter)?;
        if !broken.is_empty() {
            // What no home can give back stays listed as unreadable, so that nobody believes it never was.
            let healed = broken.iter().filter(|id| self.heal(**id).is_ok()).count();
            let still = if healed > 0 {
                let (again, still) = self.read_list(filter)?;
                listings = again;
                still
            } else {
                broken
            };
            if !filter.trashed
                && filter.query.is_none()
                && filter.provider.is_none()
                && filter.label.is_none()
            {
                listings.extend(still.into_iter().map(unreadable));
            }
        }
        Ok(listings)
    }

    fn read_list(&mut self, filter: &Filter) -> Result<(Vec<Listing>, Vec<RecordId>), Error> {
        // The trash is looked at now and then, and would push out what is looked at all the time.
        let mut memory = if filter.trashed { Memory::default() } else { std::mem::take(&mut self.listed) };
        let read = self.read_beside(|view, keys, beside| {
            let synced = drafts::device(view, keys)?.server.is_some();
            let until = kept_until(view, filter.trashed && synced)?;
            let Opened { mut all, broken, known } =
                open::all(view, keys, filter.trashed, beside, &mut memory)?;
            all.sort_unstable_by(|a, b| {
                (order(&a.listing), a.listing.id).cmp(&(order(&b.listing), b.listing.id))
            });
            if !filter.trashed {
                all.chunk_by_mut(|a, b| order(&a.listing) == order(&b.listing)).for_each(tell_apart);
            }
            let fits = |found: Box<Found>| {
                let Found { mut listing, said } = *found;
                listing.waiting &= synced;
                listing.kept_until = until(listing.id);
                filter.fits(&listing, &said.text).then_some(listing)
            };
            Ok(((all.into_iter().filter_map(fits).collect(), broken), known))
        });
        if !filter.trashed {
            self.listed = memory;
        }
        read
    }
}

/// What is known of credentials beside their records.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) devices: Arc<Devices>,
    pub(crate) policies: Arc<Policies>,
    /// The credentials whose provider and name another has, too.
    pub(crate) sharing: Arc<BTreeSet<RecordId>>,
    /// Milliseconds since 1970.
    pub(crate) now: u64,
    /// Whether all of it could be read, or will be no better the next time.
    all_read: bool,
}

impl Known {
    /// With what the devices know. While the record of policies cannot be read, no secret is too old.
    pub(crate) fn new(view: &View<'_>, keys: &Keys, devices: Devices) -> Self {
        let mut all_read = true;
        let policies = Document::read(view, keys).map(|document| document.policies());
        let policies = or_nothing(policies, &mut all_read);
        let shared = or_nothing(shared_names(view, keys), &mut all_read);
        let sharing = shared.into_iter().flat_map(|shared| shared.ids).collect();
        Self {
            devices: Arc::new(devices),
            policies: Arc::new(policies),
            sharing: Arc::new(sharing),
            now: now(),
            all_read,
        }
    }

    /// Whether it holds until somebody writes.
    pub(crate) fn is_all_read(&self) -> bool {
        self.all_read
    }

    /// The same, now.
    pub(crate) fn renewed(&self) -> Self {
        Self { now: now(), ..self.clone() }
    }
}

/// What was read, or nothing. `all_read` is no more if that was for a moment: a record that does not open stays so.
fn or_nothing<T: Default>(read: Result<T, Error>, all_read: &mut bool) -> T {
    use keymoor_cache::Error::Record;
    *all_read &=
        matches!(read, Ok(_) | Err(Error::Unreadable { .. } | Error::NewerRecord | Error::Cache(Record(_))));
    read.unwrap_or_default()
}

/// How those are shown that share provider and name.
fn tell_apart(same_name: &mut [Box<Found>]) {
    if same_name.len() > 1 {
        let holders: Vec<RecordId> = same_name.iter().map(|found| found.listing.id).collect();
        for found in same_name {
            let listing = &mut found.listing;
            listing.display = display(&listing.name, listing.id, &holders);
        }
    }
}

/// Until when what is in the trash stays there at least. Where that is not put down yet, it begins now.
fn kept_until(view: &View<'_>, asked: bool) -> Result<impl Fn(RecordId) -> Option<u64>, Error> {
    let held = if asked { view.tombstones()? } else { Vec::new() };
    let since: BTreeMap<RecordId, u64> = held.into_iter().map(|held| (held.id, held.since)).collect();
    Ok(move |id| asked.then(|| since.get(&id).copied().unwrap_or_else(now).saturating_add(KEPT_MS)))
}

impl Filter {
    /// `text`: what is searched besides what the listing has.
    fn fits(&self, listing: &Listing, text: &str) -> bool {
        let provider =
            self.provider.as_ref().is_none_or(|provider| provider.to_lowercase() == listing.provider);
        let label = self.label.as_ref().is_none_or(|label| listing.labels.contains(label));
        let query = self.query.as_ref().is_none_or(|query| {
            let shown = format!("{} {} {}", listing.provider, listing.display, listing.labels.join(" "));
            let text = format!("{shown} {text}").to_lowercase();
            query.to_lowercase().split_whitespace().all(|word| text.contains(word))
        });
        provider && label && query
    }
}

/// Opens the meta of every credential in use, or in the trash; returns those that do not open.
pub(crate) fn each_meta(
    view: &View<'_>,
    keys: &Keys,
    trashed: bool,
    mut visit: impl FnMut(OpenedRow),
) -> Result<Vec<RecordId>, Error> {
    let (rows, mut broken) = sealed(view, trashed)?;
    for row in rows {
        match keys.open_sealed_meta(row.id, row.version, &row.meta) {
            Ok(meta) if meta.is_credential() => visit(OpenedRow { id: row.id, meta }),
            Ok(_) => {}
            Err(Unreadable) => broken.push(row.id),
        }
    }
    Ok(broken)
}

/// The same for whoever may miss none of those in use.
///
/// # Errors
/// [`Error::Unreadable`], of no home but this one, if one does not open: [`Vault::healing`] does it again once it is healed.
pub(crate) fn every_meta(view: &View<'_>, keys: &Keys, visit: impl FnMut(OpenedRow)) -> Result<(), Error> {
    match each_meta(view, keys, false, visit)?.first() {
        Some(id) => Err(Error::Unreadable { id: *id, homes: Vec::new() }),
        None => Ok(()),
    }
}

pub(crate) fn listing(id: RecordId, meta: &impl Shown, waiting: bool) -> Listing {
    let note = meta.text(field::NOTE);
    let last_four = meta.parts().next().map(|(_, last_four, _)| last_four.to_owned());
    let (created_at, updated_at) = meta.times();
    let expires_as_set = care::expires_as_set(meta);
    Listing {
        id,
        provider: meta.text(field::PROVIDER).to_owned(),
        name: meta.text(field::NAME).to_owned(),
        display: meta.text(field::NAME).to_owned(),
        labels: meta.labels().into_iter().map(str::to_owned).collect(),
        note: (!note.is_empty()).then(|| note.to_owned()),
        last_four: last_four.filter(|text| !text.is_empty()),
        status: CheckStatus::Unchecked,
        verification: None,
        care: Vec::new(),
        expires: expires_as_set,
        expires_as_set,
        since: care::since(meta),
        fallback: meta.text(field::FALLBACK) == "yes",
        on: meta.text(field::OFF) != "yes",
        alternates: meta.conflicts(),
        mixed: meta.mixed(),
        created_at,
        updated_at,
        version: meta.version(),
        version_id: meta.version_id(),
        read_only: false,
        trashed: meta.deleted(),
        waiting,
        last_used: None,
        kept_until: None,
    }
}

/// A record of which every copy within reach is broken.
fn unreadable(id: RecordId) -> Listing {
    Listing {
        id,
        provider: String::new(),
        name: id.to_string(),
        display: id.to_string(),
        labels: Vec::new(),
        note: None,
        last_four: None,
        status: CheckStatus::Unreadable,
        verification: None,
        care: vec![Care::Unreadable],
        expires: None,
        expires_as_set: None,
        since: 0,
        fallback: false,
        on: true,
        alternates: 0,
        mixed: false,
        created_at: 0,
        updated_at: 0,
        version: 0,
        version_id: String::new(),
        read_only: false,
        trashed: false,
        waiting: false,
        last_used: None,
        kept_until: None,
    }
}

fn order(listing: &Listing) -> (&str, &str) {
    (&listing.provider, &listing.name)
}
