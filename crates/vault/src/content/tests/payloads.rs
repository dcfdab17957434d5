//! What is sealed of a content comes back, and what does not add up is refused.

use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::histories::{World, histories};
use crate::content::glance::tests::is_read_alike;
use crate::content::payload::{decode_meta, decode_secrets, encode_meta, encode_secrets};

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

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
