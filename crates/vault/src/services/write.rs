//! Writing down what an action changed of the services.

use keymoor_cache::Change;
use keymoor_protocol::RecordId;

use super::document::{Document, Share};
use crate::clock::now;
use crate::content::{Content, field};
use crate::drafts::{self, Written};
use crate::error::Error;
use crate::keys::Keys;

/// Writes what an action changed into the records of services; the first takes what is new, and is made if there is none.
pub(super) fn write(
    document: &Document,
    change: &mut Change<'_>,
    keys: &Keys,
    salt: [u8; 16],
) -> Result<Written, Error> {
    let actor = drafts::actor(change, keys)?;
    let edited = |content: Content, record| {
        let Share { set, exchanged } = document.share_of(record);
        let mut action = content.act(actor, now());
        for (name, value) in &set {
            action.set_text(name, value);
        }
        for (name, (from, to)) in &exchanged {
            action.exchange(name, from, to.as_deref());
        }
        action
    };
    let Some(home) = document.home() else {
        let mut action = edited(Content::empty(salt, now()), None);
        action.set_text(field::KIND, field::SERVICES);
        return drafts::create(change, keys, RecordId::generate(), &action.finish());
    };
    let mut insists = document.insists;
    for id in document.ids().filter(|id| *id != home) {
        let before = drafts::current(change, keys, id)?;
        let after = edited(before.clone(), Some(id)).finish();
        if !before.meta.says_the_same(&after.meta) {
            drafts::write(change, keys, id, &after)?;
            insists = true; // this settles what stood in two records, also where the first says so already
        }
    }
    let before = drafts::current(change, keys, home)?;
    let after = edited(before.clone(), Some(home)).finish();
    match insists {
        true => drafts::insist(change, keys, home, &before, &after),
        false => drafts::replace(change, keys, home, &before, &after),
    }
}
