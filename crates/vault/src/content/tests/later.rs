//! What a later version writes goes along through everything that this one does.

use std::collections::BTreeSet;

use super::histories::{ACTORS, LABELS, World};
use crate::content::payload::{decode_meta, encode_meta};
use crate::content::{Content, field, merge};

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
