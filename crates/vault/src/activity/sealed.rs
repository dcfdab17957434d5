//! An entry in its envelope: what happened and who had it done, as JSON.

use keymoor_cache::Change;
use keymoor_protocol::{Class, Envelope, RecordId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::chain;
use super::event::Event;
use super::who::Who;
use crate::error::Error;
use crate::keys::Keys;

/// The schema of an entry. One of 2 is linked once it is in the cache; those of 1 are from before there were links.
pub(super) const SCHEMA: u16 = 2;
/// No record's.
const ID: RecordId = RecordId([0; 16]);

/// What an entry says, beside when.
pub(crate) struct Noted {
    pub(crate) by: Option<Who>,
    pub(crate) event: Event,
}

/// Seals an entry.
pub(super) fn sealed(keys: &Keys, by: Option<&Who>, event: &Event) -> Result<Envelope, Error> {
    // Ids, names and words of ours: nothing in it that could not be written as JSON.
    let text = serde_json::to_vec(&Written { event, by }).unwrap_or_default();
    keys.envelope(Class::Activity, ID, 1, SCHEMA, &text)
}

/// What an entry says; `None` if it does not open.
pub(crate) fn opened(keys: &Keys, bytes: Vec<u8>) -> Option<Noted> {
    let text = text(keys, bytes)?;
    // What it says may be a newer version's, and so may be who had it done.
    let by = serde_json::from_slice(&text).map_or(None, |By { by }| by);
    Some(Noted { by, event: serde_json::from_slice(&text).unwrap_or(Event::Unknown) })
}

/// Seals and links every entry anew, for keys that take the place of others. What does not open goes.
pub(crate) fn hand_over(change: &mut Change<'_>, from: &Keys, to: &Keys) -> Result<(), Error> {
    let (was, unsettled) = (chain::look(change, from)?, chain::is_unsettled(change, from)?);
    for entry in change.activity(u32::MAX)? {
        match text(from, entry.bytes) {
            Some(text) => {
                change.replace_activity(entry.id, &to.envelope(Class::Activity, ID, 1, SCHEMA, &text)?)?;
            }
            None => change.drop_activity(entry.id)?,
        }
    }
    chain::hand_over(change, to, was, unsettled)
}

fn text(keys: &Keys, bytes: Vec<u8>) -> Option<Zeroizing<Vec<u8>>> {
    let envelope = Envelope::try_from(bytes).ok()?;
    keys.open_envelope(ID, 1, Class::Activity, &envelope).ok()
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    event: &'a Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a Who>,
}

#[derive(Deserialize)]
struct By {
    by: Option<Who>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<Who> {
        serde_json::from_str(text).map_or(None, |By { by }| by)
    }

    #[test]
    fn who_it_was_stands_beside_the_event_and_a_later_versions_is_nobody() {
        let event = Event::SignedIn;
        let written = |by: Option<&Who>| serde_json::to_string(&Written { event: &event, by }).unwrap();
        assert_eq!(written(None), r#"{"event":"signed_in"}"#);
        for (who, text) in [
            (Who::CommandLine, r#"{"event":"signed_in","by":"cli"}"#),
            (Who::Window, r#"{"event":"signed_in","by":"window"}"#),
            (Who::Program("app".to_owned()), r#"{"event":"signed_in","by":{"program":"app"}}"#),
        ] {
            assert_eq!(written(Some(&who)), text);
            assert_eq!(said(text), Some(who));
        }
        for text in [r#"{"event":"signed_in"}"#, r#"{"by":{"phone":1}}"#, r#"{"by":"moon"}"#] {
            assert_eq!(said(text), None);
        }
    }
}
