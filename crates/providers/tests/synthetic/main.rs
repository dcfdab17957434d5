//! A thousand made-up secrets, their near misses, and ten thousand strings that are nobody's. The generators are written
//! from what is known of the providers' secrets, character by character, and share nothing with the catalogue's patterns.
#![allow(clippy::unwrap_used, clippy::panic)]

mod kinds;
mod making;

use std::collections::BTreeMap;

use keymoor_providers::{Flaw, Recognition, recognise};
use secrecy::ExposeSecret as _;

use self::{
    kinds::{Kind, kinds},
    making::{Chance, Miss},
};

const SECRETS: usize = 1000;
const STRINGS: usize = 10_000;

#[test]
fn a_thousand_secrets_are_recognised() {
    let kinds = kinds();
    let mut chance = Chance::new(1);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for at in 0..SECRETS {
        let kind = &kinds[at % kinds.len()];
        let secret = kind.make(&mut chance);
        let right = match recognise(&secret) {
            Recognition::Certain(found) => {
                let (key, value) = &found.fields[0];
                kind.certain
                    && found.provider.id == kind.provider
                    && *key == kind.field
                    && value.expose_secret() == secret
            }
            Recognition::Candidates(found) => {
                !kind.certain && found.iter().any(|found| found.provider.id == kind.provider)
            }
            _ => false,
        };
        assert!(right, "{}: {secret}: {:?}", kind.provider, recognise(&secret));
        *seen.entry(kind.provider).or_default() += 1;
    }
    assert_eq!(seen.values().sum::<usize>(), SECRETS);
    assert!(seen.len() >= 57, "{seen:?}");
}

#[test]
fn a_near_miss_is_nobodys_for_certain() {
    let mut chance = Chance::new(2);
    let mut missed: BTreeMap<Miss, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for kind in kinds() {
        for miss in Miss::ALL {
            for _ in 0..5 {
                let Some(text) = kind.miss(miss, &mut chance) else { continue };
                let recognition = recognise(&text);
                if matches!(recognition, Recognition::Certain(_)) {
                    wrong.push(format!("{} {miss:?}: {text}: {recognition:?}", kind.provider));
                }
                if miss == Miss::Checksum {
                    let typo = matches!(&recognition, Recognition::Typo(found, Flaw::Checksum)
                        if found.provider.id == kind.provider);
                    assert!(typo, "{text}: {recognition:?}");
                }
                *missed.entry(miss).or_default() += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(Miss::ALL.iter().all(|miss| missed[miss] >= 15), "{missed:?}");
    assert!(missed.values().sum::<usize>() > 800, "{missed:?}");
}

#[test]
fn ten_thousand_strings_are_nobodys_for_certain() {
    let mut chance = Chance::new(3);
    for _ in 0..STRINGS {
        let text = chance.string();
        let recognition = recognise(&text);
        assert!(!matches!(recognition, Recognition::Certain(_)), "{text}: {recognition:?}");
    }
}

/// Texts of the pieces that the reader looks for, in any order: nothing is too broken to be looked at.
#[test]
fn any_text_can_be_pasted() {
    const PIECES: &[&str] = &[
        "export ",
        "GITHUB_TOKEN",
        "TWILIO_ACCOUNT_SID",
        "AWS_REGION",
        "=",
        "\"",
        "'",
        "`",
        "\\",
        "\n",
        "\r\n",
        " ",
        ",",
        ":",
        "#",
        "[default]",
        "{",
        "}",
        "\"type\": \"service_account\"",
        "AKIAQ2W3E4R5T6Y7UIOP",
        "Bearer ",
        "\u{feff}",
        "\u{e9}",
        "\u{1f511}",
        "ghp_",
        "0123456789abcdefghij/KLMNOPQRST+01234567",
        "op://",
        "$",
        "_",
        "\0",
    ];
    let mut chance = Chance::new(4);
    for _ in 0..STRINGS {
        let count = chance.between(1, 30);
        let text: String = (0..count).map(|_| chance.one(PIECES)).collect();
        let printed = format!("{:?}", recognise(&text));
        assert!(!printed.contains("KLMNOPQRST"), "{text}: {printed}");
    }
    for line in ["TWILIO_ACCOUNT_SID=AC0\n", "A=b\n", "GITHUB_TOKEN=\"", "=", "[a]\n", "{\"a\":"] {
        recognise(&line.repeat(64 * 1024 / line.len()));
    }
}

#[test]
fn every_shape_of_the_catalogue_has_a_generator() {
    let made: Vec<&str> = kinds().iter().map(|kind: &Kind| kind.provider).collect();
    for provider in keymoor_providers::providers().filter(|provider| !provider.recognise.is_empty()) {
        assert!(made.contains(&provider.id.as_str()), "{}", provider.id);
    }
}
