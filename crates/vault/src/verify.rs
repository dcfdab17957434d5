//! Verifying: the provider is asked whether it accepts a credential.
//!
//! In three steps, so that a window does not hold the vault while providers take their time: the questions are taken out,
//! asked, and what was heard is put down. That one is being asked is written nowhere, so nothing stays "verifying".

pub(crate) mod habits;
pub mod pace;

use keymoor_cache::View;
use keymoor_protocol::RecordId;
use keymoor_providers::verify::{Cancel, Concurrency, Fields, Job, Options, Reason, Report, verify_all};
use keymoor_providers::{Provider, provider};
use secrecy::ExposeSecret as _;

use crate::activity::{self, Event, Subject};
use crate::clock::now;
use crate::content::{Content, field};
use crate::devices;
use crate::drafts;
use crate::error::Error;
use crate::find;
use crate::keys::Keys;
use crate::list::Filter;
use crate::meant::name_in_catalogue;
use crate::vault::Vault;
use crate::verification::{Cause, Values, Verification};
pub use habits::Habits;

/// How to verify.
#[derive(Clone, Default)]
pub struct VerifyOptions {
    /// How each provider is asked.
    pub ask: Options,
    /// How many at once.
    pub concurrency: Concurrency,
    /// Ends it: what was not asked yet is not asked.
    pub cancel: Cancel,
    /// Whether somebody asked about just these: then the activity has each answer, and not only what is new.
    pub by_name: bool,
}

/// Credentials taken out to be asked about. Their secrets go when it does.
pub struct Questions(Vec<Question>);

struct Question {
    id: RecordId,
    title: String,
    provider: String,
    values: Values,
    fields: Fields,
}

/// One credential, and what was heard of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its record.
    pub id: RecordId,
    /// `provider/name`, as it is shown where two share a name.
    pub title: String,
    /// What was found out.
    pub report: Report,
    /// When, milliseconds since 1970.
    pub at: u64,
    values: Values,
    by_name: bool,
}

impl Vault {
    /// Asks the providers about these credentials, and keeps what they say. `on_done` is called for each, with how many are
    /// done and of how many.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that is not there, before anything is asked.
    pub fn verify(
        &mut self,
        ids: &[RecordId],
        options: &VerifyOptions,
        mut on_done: impl FnMut(&Asked, usize, usize),
    ) -> Result<Vec<Asked>, Error> {
        let questions = self.questions(ids)?;
        let (mut all, mut waiting, of) = (Vec::new(), Vec::new(), questions.len());
        questions.ask(options, |asked| {
            on_done(&asked, all.len() + 1, of);
            waiting.push(asked.clone());
            all.push(asked);
            // Killed in the middle, little is lost. What cannot be written now is tried again with the next.
            if waiting.len() >= AT_ONCE && self.heard(&waiting).is_ok() {
                waiting.clear();
            }
        });
        self.heard(&waiting)?;
        Ok(all)
    }

    /// Every credential in use that could be asked about: switched on, and of a provider that has a check which costs nothing.
    pub fn verifiable(&mut self) -> Result<Vec<RecordId>, Error> {
        let listings = self.list(&Filter::default())?;
        Ok(listings
            .iter()
            .filter(|listing| habits::is_asked_about(listing))
            .map(|listing| listing.id)
            .collect())
    }

    /// Takes credentials out to be asked about.
    ///
    /// # Errors
    /// [`Error::NotFound`]. [`Error::Unsettled`] for one that two devices changed at the same time, if it says itself where
    /// its key goes.
    pub fn questions(&mut self, ids: &[RecordId]) -> Result<Questions, Error> {
        let mut questions = Vec::with_capacity(ids.len());
        for id in ids {
            let keys = &self.keys;
            let content = match self.cache.read(|view| drafts::current(view, keys, *id)) {
                Err(Error::Unreadable { .. } | Error::NewerRecord) => self.heal(*id)?,
                read => read?,
            };
            if content.meta.deleted() || !content.meta.is_credential() {
                return Err(Error::NotFound);
            }
            must_be_of_one_change(&content)?;
            let keys = &self.keys;
            let name = self.cache.read(|view| find::displayed(view, keys, *id, &content.meta))?;
            questions.push(Question::of(*id, &content, &name));
        }
        Ok(Questions(questions))
    }

    /// The same for as many as can be asked about: the others come back, each with the reason.
    pub fn questions_where_possible(&mut self, ids: &[RecordId]) -> (Questions, Vec<(RecordId, Error)>) {
        let (mut all, mut refused) = (Questions(Vec::with_capacity(ids.len())), Vec::new());
        for id in ids {
            match self.questions(&[*id]) {
                Ok(mut one) => all.0.append(&mut one.0),
                Err(error) => refused.push((*id, error)),
            }
        }
        (all, refused)
    }

    /// Puts down what was heard, in this device's record, and in the activity what is new. What was heard of values that are
    /// others by now counts for nothing.
    pub fn heard(&mut self, asked: &[Asked]) -> Result<(), Error> {
        let told: Vec<&Asked> =
            asked.iter().filter(|asked| asked.report.reason != Reason::Cancelled).collect();
        if told.is_empty() {
            return Ok(());
        }
        let known = self.all_devices()?;
        let (keys, by) = (&self.keys, self.by.as_ref());
        self.cache.write(|change| {
            let mut heard = Vec::with_capacity(told.len());
            for asked in told {
                if has_changed(change, keys, asked)? {
                    if asked.by_name {
                        activity::put_by(change, keys, by, &asked.event())?;
                    }
                    continue; // else it would push out what is known of the values of now
                }
                let before = known.verification(asked.id, asked.values);
                let said = before.as_ref().and_then(Verification::verdict);
                let after = Verification::after(before, asked.values, &asked.report, asked.at);
                if asked.by_name || after.verdict() != said {
                    activity::put_by(change, keys, by, &asked.event())?;
                }
                heard.push((asked.id, after));
            }
            devices::note_verifications(change, keys, heard)
        })
    }
}

impl Asked {
    fn event(&self) -> Event {
        let subject = Subject { id: self.id, name: self.title.clone() };
        Event::Verified { subject, verdict: self.report.verdict, why: Cause::of(&self.report.reason) }
    }
}

impl Question {
    /// `name`: as it is shown.
    fn of(id: RecordId, content: &Content, name: &str) -> Self {
        let provider = content.meta.text(field::PROVIDER);
        Self {
            id,
            title: format!("{provider}/{name}"),
            provider: provider.to_owned(),
            values: Values::of(&content.meta),
            fields: fields_of(content),
        }
    }
}

/// Whether a credential has other values than those that were asked about, or is gone. One that does not open may have them.
fn has_changed(view: &View<'_>, keys: &Keys, asked: &Asked) -> Result<bool, Error> {
    let Some(current) = drafts::legible(view.current(asked.id).map(Some))? else { return Ok(false) };
    let Some(current) = current else { return Ok(true) };
    Ok(keys.open_meta(current.record()).is_ok_and(|meta| Values::of(&meta) != asked.values))
}

/// Refuses a credential that two devices changed at the same time if it says itself where its key goes: the address may be of
/// one change, and the key of the other.
pub(crate) fn must_be_of_one_change(content: &Content) -> Result<(), Error> {
    let meta = &content.meta;
    let says_where = |provider: &Provider| {
        meta.open_fields().any(|(name, text)| !text.is_empty() && provider.part_in_address(name).is_some())
    };
    let mixed = meta.is_mixed() && provider(meta.text(field::PROVIDER)).is_some_and(says_where);
    if mixed { Err(Error::Unsettled) } else { Ok(()) }
}

/// How many answers are put down together.
const AT_ONCE: usize = 16;

impl Questions {
    /// About just this content, whatever is stored by now.
    pub(crate) fn about(id: RecordId, content: &Content) -> Self {
        Self(vec![Question::of(id, content, content.meta.text(field::NAME))])
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Of which credentials.
    pub fn ids(&self) -> impl Iterator<Item = RecordId> {
        self.0.iter().map(|question| question.id)
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Asks them all; each is handed over as its answer comes.
    pub fn ask(self, options: &VerifyOptions, mut on_done: impl FnMut(Asked)) {
        let asked = |question: &Told, report| Asked {
            id: question.0,
            title: question.1.clone(),
            values: question.2,
            by_name: options.by_name,
            report,
            at: now(),
        };
        let (mut jobs, mut told): (Vec<Job<'_>>, Vec<Told>) = (Vec::new(), Vec::new());
        for Question { id, title, provider: name, values, fields } in self.0 {
            let question = (id, title, values);
            match provider(&name) {
                Some(provider) => {
                    jobs.push(Job { provider, service: None, fields });
                    told.push(question);
                }
                None => on_done(asked(&question, Reason::NoCheck.into())),
            }
        }
        verify_all(&jobs, options.concurrency, &options.ask, &options.cancel, |at, report| {
            if let Some(question) = told.get(at) {
                on_done(asked(question, report));
            }
        });
    }
}

type Told = (RecordId, String, Values);

/// The values under the names that the catalogue gives them.
pub(crate) fn fields_of(content: &Content) -> Fields {
    let (mut fields, meta) = (Fields::new(), &content.meta);
    for (name, text) in meta.open_fields() {
        fields.set(name, text.to_owned());
    }
    let Some(parts) = meta.key() else { return fields };
    for (name, shadow) in parts {
        if let Some(secret) = content.secrets.get(&shadow.fingerprint) {
            // Exposed to be put into another sealed string: what asks the provider owns its copy, and wipes it.
            fields.set(name_in_catalogue(meta, name), secret.expose_secret().to_owned());
        }
    }
    fields
}

#[cfg(test)]
mod tests;
