//! A record is read at a glance only if that says what reading the whole of it says.

use std::collections::BTreeSet;

use keymoor_protocol::ActorId;

use super::*;
use crate::content::{Content, merge, payload};

/// Everything that a list could show, told in both ways.
fn told(shown: &impl Shown) -> String {
    let parts: Vec<_> = shown.parts().collect();
    let open: Vec<_> = shown.open_fields().collect();
    let texts: Vec<_> =
        [field::PROVIDER, field::NAME, field::NOTE, field::KIND, field::OFF, field::EXPIRES, field::SINCE]
            .map(|name| shown.text(name))
            .into();
    let state = (
        shown.conflicts(),
        shown.times(),
        shown.version(),
        shown.version_id(),
        shown.deleted(),
        shown.key_counter(),
    );
    format!("{texts:?} {parts:?} {open:?} {:?} {state:?} {}", shown.labels(), shown.is_credential())
}

/// Whether it is read at a glance; then both ways say the same.
#[track_caller]
pub(crate) fn is_read_alike(json: &[u8]) -> bool {
    let Some(glance) = Glance::of(json) else { return false };
    let whole = payload::decode_meta(json);
    assert_eq!(Ok(told(&glance)), whole.map(|whole| told(&whole)), "{}", String::from_utf8_lossy(json));
    true
}

#[track_caller]
fn is_usual(content: &Content) -> bool {
    is_read_alike(&payload::encode_meta(&content.meta))
}

fn made() -> Content {
    let mut action = Content::empty([1; 16], 7).act(ActorId([9; 16]), 8);
    action.set_text(field::PROVIDER, "aws");
    action.set_text(field::NAME, "prod");
    action.set_text(field::NOTE, "of the shop");
    action.set_text("field:region", "eu-west-1");
    action.add_labels(&["b".to_owned(), "a".to_owned()].into());
    let parts = [("secret", "a secret that is long"), ("access", "AKIAQ3EGT7WXN2VB5ZLM")];
    let parts = parts.map(|(name, text)| (name.to_owned(), text.into()));
    action.set_secrets(parts.into(), &BTreeSet::new());
    action.finish()
}

fn edited(content: &Content, actor: u8, name: &str) -> Content {
    let mut action = content.clone().act(ActorId([actor; 16]), 10);
    action.set_text(field::NAME, name);
    action.finish()
}

#[test]
fn what_is_read_at_a_glance_is_what_is_read_whole() {
    let content = made();
    assert!(is_usual(&content));
    assert!(is_usual(&edited(&content, 3, "staging")), "another device's edit");
    assert!(is_usual(&edited(&edited(&content, 3, "staging"), 9, "")), "an emptied name");
    assert!(is_usual(&Content::empty([1; 16], 7)));
}

#[test]
fn another_shape_is_left_to_be_read_whole() {
    let content = made();
    assert!(!is_usual(&merge(&edited(&content, 3, "staging"), &edited(&content, 9, "live"))), "a conflict");
    assert!(!is_usual(&edited(&content, 3, "a \"quoted\" name")), "a text that cannot be borrowed");
    let deleted = content.clone().delete(ActorId([9; 16]), 9);
    assert!(!is_usual(&deleted) && !is_usual(&edited(&deleted, 9, "back")), "deleted once");

    let json = String::from_utf8(payload::encode_meta(&content.meta).to_vec()).unwrap();
    assert!(Glance::of(json.as_bytes()).is_some());
    for (from, to) in [
        ("{\"actors\"", "{\"later\":1,\"actors\""),
        ("\"eu-west-1\"]", "\"eu-west-1\",\"later\"]"),
        ("\"eu-west-1\"", "17"),
        ("[[1,0,\"prod\"]]", "[[1,1,\"prod\"]]"),
        ("\"name\"", "\"zname\""),
        ("}", ""),
    ] {
        let other = json.replacen(from, to, 1);
        assert_ne!(other, json, "{from}");
        assert!(Glance::of(other.as_bytes()).is_none(), "{other}");
    }

    let members = "[[],[],{},\"AAAAAAAAAAAAAAAAAAAAAA\",1,2]";
    assert!(Glance::of(members.as_bytes()).is_none(), "an array of the members");
    assert!(Glance::of(b"{\"actors\":[],\"seen\":[],\"fields\":{},\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"created\":1,\"updated\":2}").is_some());
}
