//! Listing: opens the meta envelopes, never a secret.

use std::collections::BTreeMap;

use keymoor_cache::View;
use keymoor_protocol::RecordId;

use crate::care::{self, Care};
use crate::clock::now;
use crate::content::payload;
use crate::content::{Meta, field};
use crate::devices::Devices;
use crate::drafts;
use crate::error::Error;
use crate::keys::Keys;
use crate::policies::Policies;
use crate::rules::forgetting::KEPT_MS;
use crate::rules::names::display;
use crate::services::document::Document;
use crate::vault::Vault;
use crate::verification::{CheckStatus, Values, Verification};

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
    pub(crate) fn know(&mut self, devices: &Devices, policies: &Policies, meta: &Meta, now: u64) {
        self.last_used = devices.last(self.id);
        self.heard(devices.verification(self.id, Values::of(meta)), now);
        self.care = care::care(self, policies, now);
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
    pub(crate) waiting: bool,
    pub(crate) read_only: bool,
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
        let devices = self.all_devices()?;
        let keys = &self.keys;
        self.cache.read(|view| {
            let synced = drafts::device(view, keys)?.server.is_some();
            let until = kept_until(view, filter.trashed && synced)?;
            let (policies, now) = (policies(view, keys), now());
            let mut rows = Vec::new();
            let broken = each_meta(view, keys, filter.trashed, |row| rows.push(row))?;
            rows.sort_by(|a, b| order(&a.meta).cmp(&order(&b.meta)).then(a.id.cmp(&b.id)));
            let mut listings = Vec::new();
            for same_name in rows.chunk_by(|a, b| order(&a.meta) == order(&b.meta)) {
                let holders: Vec<RecordId> = same_name.iter().map(|row| row.id).collect();
                for row in same_name {
                    let mut listing = listing(row.id, &row.meta, row.waiting && synced);
                    listing.read_only = row.read_only;
                    listing.know(&devices, &policies, &row.meta, now);
                    listing.kept_until = until(row.id);
                    if !filter.trashed {
                        listing.display = display(&listing.name, row.id, &holders);
                    }
                    if filter.fits(&listing, &row.meta) {
                        listings.push(listing);
                    }
                }
            }
            Ok((listings, broken))
        })
    }
}

/// How old secrets may become. While the record that says so cannot be read, nothing does.
pub(crate) fn policies(view: &View<'_>, keys: &Keys) -> Policies {
    Document::read(view, keys).map(|document| document.policies()).unwrap_or_default()
}

/// Until when what is in the trash stays there at least. Where that is not put down yet, it begins now.
fn kept_until(view: &View<'_>, asked: bool) -> Result<impl Fn(RecordId) -> Option<u64>, Error> {
    let held = if asked { view.tombstones()? } else { Vec::new() };
    let since: BTreeMap<RecordId, u64> = held.into_iter().map(|held| (held.id, held.since)).collect();
    Ok(move |id| asked.then(|| since.get(&id).copied().unwrap_or_else(now).saturating_add(KEPT_MS)))
}

impl Filter {
    fn fits(&self, listing: &Listing, meta: &Meta) -> bool {
        let provider =
            self.provider.as_ref().is_none_or(|provider| provider.to_lowercase() == listing.provider);
        let label = self.label.as_ref().is_none_or(|label| listing.labels.contains(label));
        let query = self.query.as_ref().is_none_or(|query| {
            let mut text = format!("{} {} {}", listing.provider, listing.display, listing.labels.join(" "));
            text.push(' ');
            text.push_str(meta.text(field::NOTE));
            meta.open_fields().for_each(|(name, value)| {
                text.push(' ');
                text.push_str(name);
                text.push(' ');
                text.push_str(value);
            });
            let text = text.to_lowercase();
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
    let erased = view.erasures()?;
    let mut sealed_shut = Vec::new();
    let mut broken = view.for_each_meta(|row| {
        if row.deleted != trashed || erased.binary_search(&row.id).is_ok() {
            return Ok::<_, Error>(());
        }
        match keys.open_sealed_meta(row.id, row.version, &row.meta) {
            Ok(meta) if !meta.is_credential() => {}
            Ok(meta) => {
                let read_only = row.meta.header().schema > payload::schema();
                visit(OpenedRow { id: row.id, meta, waiting: row.has_draft, read_only });
            }
            Err(_) => sealed_shut.push(row.id),
        }
        Ok(())
    })?;
    broken.append(&mut sealed_shut);
    Ok(broken)
}

pub(crate) fn listing(id: RecordId, meta: &Meta, waiting: bool) -> Listing {
    let note = meta.text(field::NOTE);
    let last_four = meta.key().and_then(|parts| parts.values().next()).map(|shadow| shadow.last_four.clone());
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
        expires: care::expires_as_set(meta),
        expires_as_set: care::expires_as_set(meta),
        since: care::since(meta),
        fallback: meta.text(field::FALLBACK) == "yes",
        on: meta.text(field::OFF) != "yes",
        alternates: meta.alternates().count() as u64,
        created_at: meta.created,
        updated_at: meta.updated,
        version: meta.version(),
        version_id: meta.version_id(None),
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

fn order(meta: &Meta) -> (&str, &str) {
    (meta.text(field::PROVIDER), meta.text(field::NAME))
}
