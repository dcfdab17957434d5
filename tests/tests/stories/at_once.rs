//! Two processes that work on one vault at the same time.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};

use keymoor_journeys::{Device, Dice, World};

const NAMES: u64 = 50;
const TIME: Duration = Duration::from_secs(10);

/// How often each name was written and said to be, and with which last four characters.
type Acknowledged = BTreeMap<String, Vec<String>>;

#[test]
fn nothing_acknowledged_is_lost_between_two_processes_with_a_keychain() {
    let world = World::new();
    write_at_once(&world.device("a"));
}

#[test]
fn nothing_acknowledged_is_lost_between_two_processes_without_a_keychain() {
    let world = World::new();
    write_at_once(&world.device_without_keychain("a"));
}

fn write_at_once(device: &Device) {
    let until = Instant::now() + TIME;
    // Both start on an empty directory: who makes the vault is part of the race.
    let mut acknowledged = Acknowledged::new();
    for of_one in thread::scope(|scope| {
        ['a', 'b']
            .map(|writer| scope.spawn(move || write(device, writer, until)))
            .map(|one| one.join().unwrap())
    }) {
        for (name, endings) in of_one {
            acknowledged.entry(name).or_default().extend(endings);
        }
    }

    let listed: Vec<_> = device.list().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    let names: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), names.len(), "a name is there twice: {listed:?}");
    assert_eq!(names, acknowledged.keys().cloned().collect());
    for (name, endings) in &acknowledged {
        let history = device.done(&["history", name, "--json"]).json();
        let kept =
            history.as_array().unwrap().iter().map(|past| past["last_four"].as_str().unwrap().to_owned());
        let (kept, mut wanted): (Vec<_>, _) = (kept.collect(), endings.clone());
        let mut sorted = kept.clone();
        sorted.sort();
        wanted.sort();
        assert_eq!(sorted, wanted, "what was acknowledged for {name}, and its history");
        assert!(device.get(name).ends_with(kept[0].as_bytes()), "the newest version counts");
    }
    let writes: usize = acknowledged.values().map(Vec::len).sum();
    eprintln!("{writes} acknowledged writes of two processes to {} names in {TIME:?}", names.len());
    assert!(writes > 20, "only {writes} writes: that was no race");
    device.assert_well();
}

/// Adds and edits names at random; what may fail is that the other one was first.
fn write(device: &Device, writer: char, until: Instant) -> Acknowledged {
    let mut dice = Dice::new(u64::from(writer));
    let mut acknowledged = Acknowledged::new();
    for i in 0.. {
        if Instant::now() > until {
            break;
        }
        let name = format!("name {}", dice.below(NAMES));
        let ending = format!("{writer}{i:03x}");
        let secret = format!("sk-proj-0123456789abcdef-{ending}");
        let ran = match dice.below(3) {
            0 => device.add("openai", &name, &secret),
            1 => device.edit(&name, &secret),
            _ => device.feed(&["add", "openai", "--name", &name, "--stdin", "--replace"], secret.as_bytes()),
        };
        assert!(!ran.err.contains("locked"), "{ran}");
        match ran.code {
            Some(0) => {
                assert!(ran.err.contains("Saved on this device"), "{ran}");
                acknowledged.entry(name).or_default().push(ending);
            }
            // Another name of that kind is there, or is not there yet.
            Some(3 | 5) => {}
            _ => panic!("{ran}"),
        }
    }
    acknowledged
}
