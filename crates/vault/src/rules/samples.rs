//! Contents to decide about, for the tests.

use std::collections::BTreeSet;

use keymoor_protocol::ActorId;

use crate::content::{Content, field};

pub(crate) const OLD: ActorId = ActorId([1; 16]);
pub(crate) const NEW: ActorId = ActorId([2; 16]);
pub(crate) const OTHER: ActorId = ActorId([3; 16]);

pub(crate) fn first() -> Content {
    let mut action = Content::empty([9; 16], 0).act(OTHER, 1);
    action.set_text(field::NAME, "work");
    action.set_secrets(vec![("secret".to_owned(), "sk-the-first-secret".into())], &BTreeSet::new());
    action.finish()
}

pub(crate) fn note(content: &Content, actor: ActorId, text: &str) -> Content {
    let mut action = content.clone().act(actor, 2);
    action.set_text(field::NOTE, text);
    action.finish()
}

pub(crate) fn restored(content: Content, actor: ActorId) -> Content {
    let mut action = content.act(actor, 3);
    action.write_again();
    action.finish()
}
