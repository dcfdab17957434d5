use keymoor_protocol::{ActorId, RecordId};
use keymoor_providers::verify::{Reason, Report};

use super::*;
use crate::content::fingerprint::fingerprint;
use crate::content::{Content, merge};
use crate::list::listing;
use crate::verification::{Values, Verification};

const NOW: u64 = 1_800_000_000_000;
const A: ActorId = ActorId([1; 16]);
const B: ActorId = ActorId([2; 16]);

fn credential() -> Content {
    let mut action = Content::empty([1; 16], NOW - 100 * DAY_MS).act(A, NOW - 100 * DAY_MS);
    action.set_text(field::PROVIDER, "openai");
    action.set_text(field::NAME, "work");
    action.set_secrets(vec![("secret".to_owned(), "one".into())], &[].into());
    action.finish()
}

fn with_expiry(content: &Content, actor: ActorId, at: u64) -> Content {
    let mut action = content.clone().act(actor, NOW);
    action.set_text(field::EXPIRES, &expiry_text(Some(at)));
    action.finish()
}

fn replaced(content: &Content, secret: &str, now: u64) -> Content {
    let mut action = content.clone().act(A, now);
    action.set_secrets(vec![("secret".to_owned(), secret.into())], &[].into());
    action.finish()
}

fn listed(content: &Content, said: Option<(Verdict, Option<i64>)>) -> Listing {
    let mut listing = listing(RecordId([0; 16]), &content.meta, false);
    let verification = said.map(|(verdict, expires)| {
        let report = Report { verdict, expires, ..Report::from(Reason::Answered) };
        Verification::after(None, Values::of(&content.meta), &report, NOW)
    });
    listing.heard(verification, NOW);
    listing
}

fn needs(content: &Content, said: Option<(Verdict, Option<i64>)>, policies: &Policies) -> Vec<Care> {
    care(&listed(content, said), policies, NOW)
}

fn none() -> Policies {
    Policies::default()
}

#[test]
fn a_credential_of_which_nothing_bad_is_known_needs_nothing() {
    assert_eq!(needs(&credential(), None, &none()), []);
    assert_eq!(needs(&credential(), Some((Verdict::Valid, None)), &none()), []);
    assert_eq!(needs(&credential(), Some((Verdict::ValidLimited, None)), &none()), []);
}

#[test]
fn what_expires_is_told_two_weeks_ahead_whoever_said_it() {
    let at = |ms: u64| (ms / 1000) as i64;
    for (away, care) in [
        (AHEAD_MS, Some(Care::ExpiresSoon { at: NOW + AHEAD_MS })),
        (AHEAD_MS + 1000, None),
        (0, Some(Care::Expired { at: NOW })),
    ] {
        let expected: Vec<Care> = care.into_iter().collect();
        assert_eq!(needs(&with_expiry(&credential(), A, NOW + away), None, &none()), expected, "{away}");
        let said = Some((Verdict::Valid, Some(at(NOW + away))));
        assert_eq!(needs(&credential(), said, &none()), expected, "{away}");
    }
    let both = with_expiry(&credential(), A, NOW + 3 * DAY_MS);
    let said = Some((Verdict::Valid, Some(at(NOW + 2 * DAY_MS))));
    assert_eq!(needs(&both, said, &none()), [Care::ExpiresSoon { at: NOW + 2 * DAY_MS }], "the earlier");
}

#[test]
fn what_the_provider_refuses_is_told_and_an_expired_one_once() {
    assert_eq!(needs(&credential(), Some((Verdict::Invalid, None)), &none()), [Care::Refused]);
    assert_eq!(needs(&credential(), Some((Verdict::Disabled, None)), &none()), [Care::Refused]);
    assert_eq!(needs(&credential(), Some((Verdict::Expired, None)), &none()), [Care::Refused]);
    let passed = with_expiry(&credential(), A, NOW - 1);
    assert_eq!(needs(&passed, Some((Verdict::Expired, None)), &none()), [Care::Expired { at: NOW - 1 }]);
    let both = [Care::Expired { at: NOW - 1 }, Care::Refused];
    assert_eq!(needs(&passed, Some((Verdict::Invalid, None)), &none()), both);
}

#[test]
fn a_secret_is_as_old_as_it_is_and_the_strictest_policy_counts() {
    let policies = |pairs: &[(&str, &str)]| Policies::of(pairs.iter().copied());
    let old = Care::TooOld { since: NOW - 100 * DAY_MS, days: 90 };
    assert_eq!(needs(&credential(), None, &policies(&[("all", "90")])), [old]);
    assert_eq!(needs(&credential(), None, &policies(&[("provider:openai", "90"), ("all", "365")])), [old]);
    assert_eq!(needs(&credential(), None, &policies(&[("provider:aws", "90")])), []);
    assert_eq!(needs(&credential(), None, &policies(&[("all", "100")])), [], "not yet");
    let mut labelled = credential().act(A, NOW);
    labelled.set_labels(&["team:a".to_owned()].into());
    assert_eq!(needs(&labelled.finish(), None, &policies(&[("label:team:a", "90")])), [old]);
    assert_eq!(needs(&replaced(&credential(), "two", NOW), None, &policies(&[("all", "90")])), []);
    let same = replaced(&credential(), "one", NOW);
    assert_eq!(needs(&same, None, &policies(&[("all", "90")])), [old], "the same secret again is no younger");
}

#[test]
fn an_older_secret_that_is_used_again_is_as_old_as_it_was() {
    let newer = replaced(&credential(), "two", NOW);
    let mut action = newer.act(A, NOW);
    action.revert_to(&credential());
    assert_eq!(since(&action.finish().meta), NOW - 100 * DAY_MS);
}

#[test]
fn a_record_of_before_that_was_written_down_has_an_age_all_the_same() {
    let plain = |content: &Content| {
        let mut meta = content.meta.clone();
        meta.fields.remove(field::SINCE);
        since(&meta)
    };
    assert_eq!(plain(&credential()), NOW - 100 * DAY_MS);
    assert_eq!(plain(&replaced(&credential(), "two", NOW)), NOW);
    assert_eq!(plain(&with_expiry(&credential(), A, NOW)), NOW - 100 * DAY_MS);
}

#[test]
fn an_expiry_is_of_the_secret_that_it_was_set_for() {
    let set = with_expiry(&credential(), A, NOW + DAY_MS);
    assert_eq!(expires_as_set(&set.meta), Some(NOW + DAY_MS));
    assert_eq!(expires_as_set(&replaced(&set, "two", NOW).meta), None);
    assert_eq!(expires_as_set(&replaced(&set, "one", NOW).meta), Some(NOW + DAY_MS));
}

#[test]
fn two_devices_that_set_secret_and_expiry_unseen_of_each_other_lose_neither() {
    let (a, b) = (replaced(&credential(), "two", NOW), with_expiry(&credential(), B, NOW + DAY_MS));
    let merged = merge(&a, &b).meta;
    assert_eq!((expires_as_set(&merged), since(&merged)), (Some(NOW + DAY_MS), NOW));
    // Two secrets are two values to settle; when each was put in is none.
    let other = {
        let mut action = credential().act(B, NOW + 1);
        action.set_secrets(vec![("secret".to_owned(), "three".into())], &[].into());
        action.finish()
    };
    let merged = merge(&a, &other).meta;
    assert_eq!(merged.alternates().map(|(name, _)| name).collect::<Vec<_>>(), [field::KEY]);
    let expiries = merge(&b, &with_expiry(&credential(), A, NOW)).meta;
    assert_eq!(expiries.alternates().map(|(name, _)| name).collect::<Vec<_>>(), [field::EXPIRES]);
}

fn with_webhook(content: &Content, actor: ActorId, now: u64) -> Content {
    let mut action = content.clone().act(actor, now);
    action.set_secrets(vec![("webhook".to_owned(), "whsec".into())], &[].into());
    action.finish()
}

#[test]
fn another_secret_beside_it_makes_a_key_no_younger_and_takes_no_expiry() {
    let said = |content: &Content| (expires_as_set(&content.meta), since(&content.meta));
    let set = with_expiry(&credential(), A, NOW + DAY_MS);
    let stays = (Some(NOW + DAY_MS), NOW - 100 * DAY_MS);
    let both = with_webhook(&set, A, NOW);
    assert_eq!(said(&both), stays, "one that comes");
    let without = |name: &str| {
        let mut action = both.clone().act(A, NOW);
        action.set_secrets(vec![], &[name.to_owned()].into());
        action.finish()
    };
    assert_eq!(said(&without("webhook")), stays, "one that goes");
    let named = |secret: &str| {
        let mut action = set.clone().act(A, NOW);
        action.set_secrets(vec![("api_key".to_owned(), secret.into())], &["secret".to_owned()].into());
        action.finish()
    };
    assert_eq!(said(&named("one")), stays, "another name for it");
    assert_eq!(said(&named("two")), (None, NOW), "another one under another name");
    assert_eq!(said(&replaced(&both, "two", NOW)), (None, NOW), "one of two is another");
    // The former key is kept beside the new one.
    let kept = |new: &str, former: &str, removed: &[&str]| {
        let mut action = set.clone().act(A, NOW);
        let parts = vec![(new.to_owned(), "two".into()), (former.to_owned(), "one".into())];
        action.set_secrets(parts, &removed.iter().map(|name| (*name).to_owned()).collect());
        action.finish()
    };
    assert_eq!(said(&kept("secret", "former", &[])), (None, NOW), "under another name");
    assert_eq!(said(&kept("api_key", "former", &["secret"])), (None, NOW), "both under others");
    assert_eq!(said(&kept("webhook", "api_key", &["secret"])), stays, "the key only has another name");
    let mut action = both.clone().act(A, NOW);
    action.set_secrets(vec![("webhook".to_owned(), "another".into())], &[].into());
    assert_eq!(said(&action.finish()), stays, "what was replaced is not the key");
    // From before it was written down.
    let mut old = credential();
    old.meta.fields.remove(field::SINCE);
    assert_eq!(since(&with_webhook(&old, A, NOW).meta), NOW - 100 * DAY_MS);
    let same = replaced(&old, "one", NOW);
    assert!(same.meta.says_the_same(&old.meta), "the same again is no change");
    let mut back = old.clone().delete(A, NOW).act(A, NOW);
    back.write_again();
    assert_eq!(since(&back.finish().meta), NOW - 100 * DAY_MS, "from the trash");
    let mut reverted = replaced(&old, "two", NOW).act(A, NOW);
    reverted.revert_to(&old);
    assert_eq!(since(&reverted.finish().meta), NOW - 100 * DAY_MS, "an earlier version");
}

/// Two devices give it another key unseen of each other, or one of them a second secret beside it.
#[test]
fn the_key_that_is_chosen_brings_its_own_age_and_expiry() {
    let chosen = |merged: &Content, secret: &str| {
        let wanted = fingerprint(&merged.meta.salt, secret);
        let key = merged.meta.fields[field::KEY]
            .iter()
            .find(|entry| entry.value.key().is_some_and(|parts| parts["secret"].fingerprint == wanted));
        let mut action = merged.clone().act(A, NOW + DAY_MS);
        action.choose(field::KEY, key.unwrap().value.clone());
        let meta = action.finish().meta;
        assert_eq!(meta.alternates().count(), 0);
        (expires_as_set(&meta), since(&meta))
    };
    let set = with_expiry(&credential(), A, NOW + 7 * DAY_MS);
    let mut other = set.clone().act(B, NOW);
    other.set_secrets(vec![("secret".to_owned(), "three".into())], &[].into());
    other.set_text(field::EXPIRES, &expiry_text(Some(NOW + 9 * DAY_MS)));
    let other = other.finish();

    let merged = merge(&with_webhook(&set, A, NOW - DAY_MS), &other);
    assert_eq!(chosen(&merged, "one"), (Some(NOW + 7 * DAY_MS), NOW - 100 * DAY_MS), "100 days old");
    assert_eq!(chosen(&merged, "three"), (Some(NOW + 9 * DAY_MS), NOW));

    let merged = merge(&replaced(&set, "two", NOW - 50 * DAY_MS), &other);
    assert_eq!(chosen(&merged, "two"), (None, NOW - 50 * DAY_MS));
    assert_eq!(chosen(&merged, "three"), (Some(NOW + 9 * DAY_MS), NOW));

    // Back from the trash they have one stamp: nothing is taken away on a guess.
    let mut back = merged.clone().delete(A, NOW).act(A, NOW);
    back.write_again();
    assert_eq!(chosen(&back.finish(), "two"), (Some(NOW + 9 * DAY_MS), NOW - 50 * DAY_MS));

    // What was said apart from any key is not lost with one.
    let merged = merge(&with_expiry(&merged, B, NOW + 3 * DAY_MS), &merged);
    assert_eq!(chosen(&merged, "two"), (Some(NOW + 3 * DAY_MS), NOW - 50 * DAY_MS));
}

#[test]
fn what_is_switched_off_or_in_the_trash_is_let_be() {
    let mut off = with_expiry(&credential(), A, NOW).act(A, NOW);
    off.set_text(field::OFF, "yes");
    assert_eq!(needs(&off.finish(), Some((Verdict::Invalid, None)), &none()), []);
    assert_eq!(needs(&with_expiry(&credential(), A, NOW).delete(A, NOW), None, &none()), []);
}

#[test]
fn the_most_urgent_comes_first() {
    let two =
        merge(&with_expiry(&credential(), A, NOW + DAY_MS), &with_expiry(&credential(), B, NOW + DAY_MS + 1));
    let words: Vec<&str> = needs(&two, Some((Verdict::Invalid, None)), &Policies::of([("all", "1")]))
        .into_iter()
        .map(Care::word)
        .collect();
    assert_eq!(words, ["conflict", "refused", "expiring", "old"]);
}
