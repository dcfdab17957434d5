//! One credential in a list: what its record says, what is known beside it, and what both come to.

use keymoor_protocol::RecordId;

use super::Known;
use crate::care::{self, Care};
use crate::content::field;
use crate::content::shown::Shown;
use crate::verification::{CheckStatus, Values, Verification};

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

/// What its record says; what is known beside that comes with [`Listing::know`].
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
pub(super) fn unreadable(id: RecordId) -> Listing {
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
