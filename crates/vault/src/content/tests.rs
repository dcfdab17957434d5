//! The merge over generated histories: three actors who edit, delete, restore, settle and merge in any order.

use std::collections::BTreeSet;

use keymoor_protocol::ActorId;
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::edit::{Action, shadow};
use super::glance::tests::is_read_alike;
use super::payload::{decode_meta, decode_secrets, encode_meta, encode_secrets};
use super::{Content, Entry, Value, field, merge};

const ACTORS: [ActorId; 3] = [ActorId([1; 16]), ActorId([2; 16]), ActorId([3; 16])];
const FIELDS: [&str; 4] = [field::NAME, field::NOTE, field::PROVIDER, "field:region"];
const LABELS: [&str; 3] = ["prod", "test", "old"];
const PARTS: [&str; 2] = ["secret", "token"];

#[derive(Debug, Clone, Copy)]
enum Deed {
    Text(usize),
    Clear(usize),
    Secret(usize),
    AddLabel(usize),
    Labels(usize),
    Delete,
    Restore,
    Settle(usize),
    Revert(usize),
    Merge(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..FIELDS.len()).prop_map(Deed::Text),
        1 => (0..FIELDS.len()).prop_map(Deed::Clear),
        2 => (0..PARTS.len()).prop_map(Deed::Secret),
        1 => (0..LABELS.len()).prop_map(Deed::AddLabel),
        1 => (0..1_usize << LABELS.len()).prop_map(Deed::Labels),
        2 => Just(Deed::Delete),
        1 => Just(Deed::Restore),
        2 => any::<usize>().prop_map(Deed::Settle),
        1 => (0..3_usize).prop_map(Deed::Revert),
        5 => (0..3_usize).prop_map(Deed::Merge),
    ]
}

/// Something done to a text.
#[derive(Debug, Clone)]
enum Meddling {
    Byte(u8),
    Gone,
    Twice(usize),
}

fn meddling() -> impl Strategy<Value = Meddling> {
    let byte = prop::sample::select(b"\"\\[]{},:0123456789abtn-_ .".to_vec());
    prop_oneof![
        4 => byte.prop_map(Meddling::Byte),
        1 => Just(Meddling::Gone),
        1 => (1..12_usize).prop_map(Meddling::Twice),
    ]
}

type Named = (String, Entry);

/// Three copies of one record, and what an observer of all of them knows.
#[derive(Clone)]
struct World {
    copies: [Content; 3],
    written: BTreeSet<Named>,
    /// Values that somebody who saw them replaced or removed.
    replaced: BTreeSet<Named>,
    deeds: u64,
}

impl World {
    fn new() -> Self {
        let mut action = Content::empty([9; 16], 0).act(ACTORS[0], 1);
        action.set_text(field::PROVIDER, "openai");
        action.set_text(field::NAME, "work");
        action.set_secrets(vec![("secret".to_owned(), "sk-the-very-first-secret".into())], &BTreeSet::new());
        let first = action.finish();
        let written = entries(&first);
        Self { copies: [first.clone(), first.clone(), first], written, replaced: BTreeSet::new(), deeds: 1 }
    }

    fn after(history: &[(usize, Deed)]) -> Self {
        let mut world = Self::new();
        history.iter().for_each(|(who, deed)| world.act(*who, *deed));
        world
    }

    fn act(&mut self, who: usize, deed: Deed) {
        self.deeds += 1;
        let (now, text) = (self.deeds, format!("value {}", self.deeds));
        let before = self.copies[who].clone();
        let edit = |act: &dyn Fn(&mut Action)| {
            let mut action = before.clone().act(ACTORS[who], now);
            act(&mut action);
            action.finish()
        };
        let after = match deed {
            Deed::Text(at) => edit(&|action| action.set_text(FIELDS[at], &text)),
            Deed::Clear(at) => edit(&|action| action.set_text(FIELDS[at], "")),
            Deed::Secret(at) => edit(&|action| {
                action.set_secrets(
                    vec![(PARTS[at].to_owned(), format!("sk-{text} long").into())],
                    &BTreeSet::new(),
                )
            }),
            Deed::AddLabel(at) => edit(&|action| action.add_labels(&[LABELS[at].to_owned()].into())),
            Deed::Labels(bits) => {
                let some = LABELS.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0);
                edit(&|action| {
                    action.set_labels(&some.clone().map(|(_, label)| (*label).to_owned()).collect())
                })
            }
            Deed::Delete => before.clone().delete(ACTORS[who], now),
            Deed::Restore if before.meta.deleted() => edit(&|action| action.write_again()),
            Deed::Restore => return,
            Deed::Settle(n) => {
                let chosen = before.meta.alternates().next().map(|(name, entries)| {
                    let entry = entries.iter().nth(n % entries.len()).unwrap();
                    (name.to_owned(), entry.value.clone())
                });
                let Some((name, value)) = chosen else { return };
                edit(&|action| action.choose(&name, value.clone()))
            }
            Deed::Revert(from) => {
                let old = self.copies[from].clone();
                edit(&|action| action.revert_to(&old))
            }
            Deed::Merge(from) => {
                self.copies[who] = merge(&before, &self.copies[from]);
                return;
            }
        };
        let (had, has) = (entries(&before), entries(&after));
        self.written.extend(has.iter().cloned());
        self.replaced.extend(had.difference(&has).cloned());
        self.copies[who] = after;
    }

    fn merged(&self) -> Content {
        self.copies.iter().skip(1).fold(self.copies[0].clone(), |all, copy| merge(&all, copy))
    }
}

fn entries(content: &Content) -> BTreeSet<Named> {
    let fields = content.meta.fields.iter();
    fields.flat_map(|(name, entries)| entries.iter().map(|entry| (name.clone(), entry.clone()))).collect()
}

fn same(a: &Content, b: &Content) -> bool {
    a.meta == b.meta && a.secrets.keys().eq(b.secrets.keys())
}

fn histories() -> impl Strategy<Value = Vec<(usize, Deed)>> {
    prop::collection::vec((0..3_usize, deed()), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_merges_does_not_matter(history in histories()) {
        let [a, b, c] = World::after(&history).copies;
        prop_assert!(same(&merge(&a, &b), &merge(&b, &a)), "commutative");
        prop_assert!(same(&merge(&merge(&a, &b), &c), &merge(&a, &merge(&b, &c))), "associative");
        prop_assert!(same(&merge(&a, &a), &a), "idempotent");
        let all = merge(&merge(&a, &b), &c);
        prop_assert!(same(&merge(&all, &b), &all), "what was merged adds nothing");
    }

    #[test]
    fn nothing_is_lost_and_nothing_replaced_comes_back(history in histories()) {
        let world = World::after(&history);
        let merged = world.merged();
        let there = entries(&merged);
        let expected: BTreeSet<Named> = world.written.difference(&world.replaced).cloned().collect();
        prop_assert_eq!(&there, &expected);
        prop_assert!(merged.is_whole(), "every key that a value names is there");
        for copy in &world.copies {
            prop_assert!(copy.is_whole());
        }
    }

    #[test]
    fn an_unseen_edit_survives_a_delete_and_a_seen_one_does_not(history in histories(), last in deed(), seen in any::<bool>()) {
        let world = World::after(&history);
        let deleted = world.copies[0].clone().delete(ACTORS[0], 99);
        prop_assert!(deleted.meta.deleted());
        let mut edited = world.clone();
        edited.act(1, last);
        let after = &edited.copies[1];
        // A deed that is one: a merge, a restore of what is not deleted and a settling of nothing write nothing.
        let wrote = after.meta.seen.get(&ACTORS[1]) > world.copies[1].meta.seen.get(&ACTORS[1]);
        let is_delete = matches!(last, Deed::Delete);
        let merged = merge(&deleted, after);
        if wrote && !is_delete {
            prop_assert!(!merged.meta.deleted(), "the edit was not seen");
            for named in entries(after).difference(&entries(&world.copies[1])) {
                prop_assert!(entries(&merged).contains(named));
            }
        }
        if seen {
            let gone = merge(&world.merged(), after).delete(ACTORS[2], 100);
            prop_assert!(merge(&gone, after).meta.deleted(), "the deleter had seen it all");
            prop_assert!(merge(after, &gone).meta.deleted());
        }
    }

    #[test]
    fn an_edit_of_a_credential_in_use_leaves_it_in_use(history in histories(), last in deed()) {
        let mut world = World::after(&history);
        let before = world.copies[2].meta.deleted();
        world.act(2, last);
        if !before && !matches!(last, Deed::Delete | Deed::Merge(_)) {
            prop_assert!(!world.copies[2].meta.deleted());
        }
    }

    #[test]
    fn labels_are_a_set(history in histories()) {
        let [mut a, b, _] = World::after(&history).copies;
        let (mine, theirs) = (labels(&a), labels(&b));
        let both = labels(&merge(&a, &b));
        prop_assert!(both.is_subset(&mine.union(&theirs).cloned().collect()));
        prop_assert!(mine.intersection(&theirs).all(|label| both.contains(label) || was_removed(&a, &b, label)));
        let mut action = a.clone().act(ACTORS[0], 99);
        action.add_labels(&["new".to_owned()].into());
        a = action.finish();
        prop_assert!(labels(&merge(&b, &a)).contains("new"), "an unseen label comes along");
        let mut action = a.clone().act(ACTORS[0], 100);
        action.set_labels(&BTreeSet::new());
        prop_assert!(!labels(&merge(&a, &action.finish())).contains("new"), "a removed one is gone");
    }

    /// Also of texts that were meddled with: what is read at a glance is never anything else, and never what could not be read.
    #[test]
    fn a_glance_says_what_the_whole_says(history in histories(), meddled in prop::collection::vec((any::<prop::sample::Index>(), meddling()), 0..3)) {
        for copy in World::after(&history).copies {
            let mut json = encode_meta(&copy.meta).to_vec();
            is_read_alike(&json);
            for (place, meddling) in &meddled {
                let at = place.index(json.len());
                match meddling {
                    Meddling::Byte(byte) => json[at] = *byte,
                    Meddling::Gone => drop(json.remove(at)),
                    Meddling::Twice(length) => {
                        let part = json[at..json.len().min(at + length)].to_vec();
                        json.splice(at..at, part);
                    }
                }
                is_read_alike(&json);
            }
        }
    }

    #[test]
    fn the_payload_comes_back(history in histories()) {
        for content in World::after(&history).copies {
            let meta = decode_meta(&encode_meta(&content.meta)).unwrap();
            prop_assert_eq!(&meta, &content.meta);
            let bytes = encode_secrets(&content.secrets);
            let secrets = decode_secrets(&bytes).unwrap();
            prop_assert!(secrets.keys().eq(content.secrets.keys()));
            for (fingerprint, secret) in &secrets {
                prop_assert_eq!(secret.expose_secret(), content.secrets[fingerprint].expose_secret());
            }
            prop_assert!(decode_secrets(&bytes[..bytes.len() - 1]).is_err());
        }
    }
}

fn labels(content: &Content) -> BTreeSet<String> {
    content.meta.labels().into_iter().map(str::to_owned).collect()
}

/// Whether each side removed the other's entry of a label that both have: they wrote it with different stamps.
fn was_removed(a: &Content, b: &Content, label: &str) -> bool {
    let of = |content: &Content| -> BTreeSet<Named> {
        entries(content)
            .into_iter()
            .filter(|(_, entry)| entry.value == Value::Text(label.to_owned()))
            .collect()
    };
    of(a).is_disjoint(&of(b))
}

#[test]
fn an_emptied_note_that_the_deleter_had_not_seen_keeps_the_credential() {
    let [base, ..] = World::new().copies;
    let mut action = base.act(ACTORS[0], 2);
    action.set_text(field::NOTE, "a note");
    let base = action.finish();
    let deleted = base.clone().delete(ACTORS[1], 3);
    let mut action = base.act(ACTORS[2], 3);
    action.set_text(field::NOTE, "");
    let merged = merge(&deleted, &action.finish());
    assert!(!merged.meta.deleted());
    assert_eq!(merged.meta.text(field::NOTE), "");
    // And what brought it back may go again without taking it along.
    let mut action = merged.act(ACTORS[0], 4);
    action.set_text(field::NOTE, "");
    assert!(!action.finish().meta.deleted());
}

#[test]
fn two_devices_that_write_the_same_value_leave_nothing_to_settle() {
    let [a, b, _] = World::new().copies;
    let note = |content: Content, actor, text: &str| {
        let mut action = content.act(actor, 2);
        action.set_text(field::NOTE, text);
        action.finish()
    };
    let equal = merge(&note(a.clone(), ACTORS[0], "same"), &note(b.clone(), ACTORS[1], "same"));
    assert_eq!(equal.meta.alternates().count(), 0);
    let other = merge(&note(a, ACTORS[0], "one"), &note(b, ACTORS[1], "two"));
    assert_eq!(
        other.meta.alternates().map(|(name, entries)| (name, entries.len())).collect::<Vec<_>>(),
        [("note", 2)]
    );
    assert_eq!(other.meta.text(field::NOTE), "two", "the higher actor's, on every device");
}

#[test]
fn unknown_members_survive_reading_editing_and_merging() {
    let [content, ..] = World::new().copies;
    let mut json: serde_json::Value = serde_json::from_slice(&encode_meta(&content.meta)).unwrap();
    json["colour"] = serde_json::json!({"hue": 7, "names": ["red"]});
    let newer = Content { meta: decode_meta(json.to_string().as_bytes()).unwrap(), ..content.clone() };
    let mut action = newer.act(ACTORS[1], 5);
    action.set_text(field::NOTE, "edited by a version that does not know colours");
    let edited = action.finish();
    for merged in [merge(&edited, &content), merge(&content, &edited)] {
        let written: serde_json::Value = serde_json::from_slice(&encode_meta(&merged.meta)).unwrap();
        assert_eq!(written["colour"], json["colour"]);
        assert_eq!(decode_meta(&encode_meta(&merged.meta)).unwrap(), merged.meta);
    }
}

#[test]
fn what_stands_beside_a_value_goes_where_the_value_goes() {
    let mut content = World::new().copies[0].clone().act(ACTORS[0], 1);
    let secret = |name: &str| (name.to_owned(), format!("sk-long-enough-{name}").into());
    content.set_secrets(vec![secret("secret"), secret("token")], &BTreeSet::new());
    content.set_labels(&[LABELS[0].to_owned()].into());
    content.set_text(field::NOTE, "a note");
    let content = content.finish();
    let as_json = |content: &Content| -> serde_json::Value {
        serde_json::from_slice(&encode_meta(&content.meta)).unwrap()
    };
    let mut json = as_json(&content);
    let more = serde_json::json!({"until": 7, "by": ["ñ", null, 2.5]});
    for name in ["key", "note", "labels"] {
        json["fields"][name][0].as_array_mut().unwrap().extend([more.clone(), "twice".into()]);
    }
    json["fields"]["key"][0][2]["token"].as_array_mut().unwrap().push(more.clone());
    json["fields"]["colour"] = serde_json::json!([[1, 0, {"hue": 7}]]);
    let newer = Content { meta: decode_meta(json.to_string().as_bytes()).unwrap(), ..content.clone() };
    assert_eq!(as_json(&newer), json);
    assert_eq!(newer.meta.text(field::NOTE), "a note");
    assert!(newer.meta.key().is_some_and(|parts| parts.len() == 2) && newer.is_whole());
    assert!(newer.meta.labels().contains(LABELS[0]));
    assert!(!newer.meta.says_the_same(&content.meta), "or a draft with it would be taken for none");

    let trashed = newer.clone().delete(ACTORS[1], 2);
    let mut back = trashed.act(ACTORS[1], 3);
    back.write_again();
    back.set_text("field:region", "eu");
    let back = back.finish();
    let mut other = newer.clone().act(ACTORS[2], 3);
    other.set_labels(&LABELS.map(str::to_owned).into());
    let merged = merge(&back, &other.finish());
    let mut reverted = newer.clone().act(ACTORS[2], 5);
    reverted.set_text(field::NOTE, "another one");
    let mut reverted = reverted.finish().act(ACTORS[2], 6);
    reverted.revert_to(&newer);
    let mut chosen = back.clone().act(ACTORS[2], 5);
    chosen.choose(field::KEY, newer.meta.shown(field::KEY).unwrap().clone());
    for after in [&back, &merged, &reverted.finish(), &chosen.finish()] {
        let after = as_json(after);
        for name in ["key", "note", "colour", "labels"] {
            let of = |json: &serde_json::Value| -> Vec<_> {
                let entries = json["fields"][name].as_array().unwrap().iter();
                entries.map(|entry| entry.as_array().unwrap()[2..].to_vec()).collect()
            };
            assert!(of(&after).contains(&of(&json)[0]), "{name}: {after}");
        }
    }
    let mut one = newer.clone().act(ACTORS[1], 2);
    one.set_secrets(vec![secret("secret")], &BTreeSet::new());
    let key = as_json(&one.finish())["fields"]["key"][0].clone();
    assert_eq!((&key[2]["token"][2], key.get(3)), (&more, None), "that of the part which stays");
}

#[test]
fn payloads_that_do_not_add_up_are_refused() {
    let [content, ..] = World::new().copies;
    let json: serde_json::Value = serde_json::from_slice(&encode_meta(&content.meta)).unwrap();
    for (at, wrong) in [
        ("/fields/name/0/1", serde_json::json!(7)),
        ("/seen", serde_json::json!([1, 2, 3])),
        ("/salt", serde_json::json!("AAAA")),
        ("/created", serde_json::json!(-1)),
        ("/fields/name/0/2", serde_json::json!({"text": "a form that is shown cannot change"})),
    ] {
        let mut json = json.clone();
        *json.pointer_mut(at).unwrap() = wrong;
        assert!(decode_meta(json.to_string().as_bytes()).is_err(), "{at}");
    }
    assert!(decode_secrets(&[0, 1]).is_err());
}

#[test]
fn a_fingerprint_is_of_its_record_and_shows_no_short_secret() {
    let long = || "sk-test-secret-1234".into();
    let one = shadow(&[7; 16], &long());
    // HMAC-SHA256 with the key 07…07, its first 16 bytes.
    let expected = "dfb8581e3344fa4db6dbe623d7ef3a83";
    assert_eq!(crate::show::hex(&one.fingerprint.0), expected);
    assert_eq!(one, shadow(&[7; 16], &long()));
    assert_ne!(one.fingerprint, shadow(&[8; 16], &long()).fingerprint, "another record, another fingerprint");
    assert_eq!(one.last_four, "1234");
    for short in ["elevenchars", "twelve\ncharsmore"] {
        assert_eq!(shadow(&[7; 16], &short.into()).last_four, "", "{short}");
    }
    assert_eq!(shadow(&[7; 16], &"ä2345678ü012".into()).last_four, "ü012", "characters, not bytes");
}
