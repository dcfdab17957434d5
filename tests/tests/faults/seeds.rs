//! 500 histories over the real client and the real server, with a bad network between them.
//!
//! What a history's number decides: what users do, what becomes of each request, when a process or the server dies, is
//! wiped or put back. `KEYMOOR_SEED=123` plays that one alone; see docs/contributing.md.

use keymoor_journeys::Fate;

use crate::{
    history::{play, word},
    stage::Stage,
    tally::Tally,
};

/// Histories in each of the five tests, so that they run beside each other.
const EACH: u64 = 100;

/// What must not be too rare, beside every fault of the network.
const MET: [&str; 19] = [
    "a conflict",
    "a delete met an edit",
    "a device wiped",
    "a late commit taken",
    "a login",
    "a refresh",
    "a snapshot",
    "a sync failed",
    "an edit between",
    "another sync between",
    "died in a refresh",
    "died in a save",
    "died in a snapshot",
    "died in a sync",
    "died in an erasure",
    "put back what was lost",
    "sessions ended",
    "the head moved",
    "the server put back",
];

#[test]
fn histories_0_to_99() {
    play_all(0);
}

#[test]
fn histories_100_to_199() {
    play_all(1);
}

#[test]
fn histories_200_to_299() {
    play_all(2);
}

#[test]
fn histories_300_to_399() {
    play_all(3);
}

#[test]
fn histories_400_to_499() {
    play_all(4);
}

fn play_all(group: u64) {
    let only = std::env::var("KEYMOOR_SEED").ok().map(|seed| seed.parse::<u64>().unwrap());
    let seeds = EACH * group..EACH * (group + 1);
    let stage = Stage::new();
    let mut tally = Tally::default();
    let mut failed = Vec::new();
    for seed in seeds.filter(|seed| only.is_none_or(|only| only == *seed)) {
        match play(&stage, seed) {
            Ok(met) => tally.add(&met),
            Err(story) => {
                if failed.is_empty() {
                    eprintln!("{story}");
                }
                failed.push((
                    seed,
                    story.lines().rfind(|line| line.starts_with("=>")).unwrap_or_default().to_owned(),
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{} histories failed; the first is above: {failed:#?}", failed.len());
    if only.is_none() {
        let faults = Fate::FAULTS.map(word);
        tally.tell(&[&MET[..], &faults].concat());
    }
}
