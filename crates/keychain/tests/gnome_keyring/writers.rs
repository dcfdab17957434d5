//! Several writers at once, and writers that are killed: a value is whole or it is the one before.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use keymoor_keychain::{EntryId, Keychain, Slot, test_daemon::with_keyring};

use crate::{bytes, clear, keychain, names_outside, record};

#[test]
fn many_threads_share_a_handle() {
    with_keyring("writers::many_threads_share_a_handle", |_keyring| {
        let keychain = keychain();
        thread::scope(|scope| {
            for n in 1..=8 {
                let keychain = keychain.clone();
                scope.spawn(move || {
                    let slot = keychain.put(record(n), &bytes(3_000, n.into()), None).unwrap();
                    assert_eq!(
                        *keychain.get(record(n), Some(slot)).unwrap().unwrap().bytes,
                        bytes(3_000, n.into())
                    );
                });
            }
        });
        assert_eq!(keychain.list().unwrap().len(), 8);
    })
    .unwrap();
}

const WRITER: &str = "KEYMOOR_TEST_WRITER";

/// This test again, as a writer in a process of its own.
fn writer(test: &str, number: u32) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(WRITER, number.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn writer_number() -> Option<u32> {
    env::var(WRITER).ok().map(|number| number.parse().unwrap())
}

/// What the writers write: it says who wrote it, and nothing of it fits another value.
fn written(number: u32, round: u32) -> Vec<u8> {
    let mut value = [number.to_be_bytes(), round.to_be_bytes()].concat();
    value.extend(bytes(5_000, number << 16 | round));
    value
}

fn check_written(value: &[u8]) -> (u32, u32) {
    let number = u32::from_be_bytes(value[..4].try_into().unwrap());
    let round = u32::from_be_bytes(value[4..8].try_into().unwrap());
    assert_eq!(value, written(number, round));
    (number, round)
}

#[test]
fn two_processes_that_write_one_entry_leave_a_whole_value() {
    const TEST: &str = "writers::two_processes_that_write_one_entry_leave_a_whole_value";
    const ROUNDS: u32 = 12;
    if let Some(number) = writer_number() {
        // Each knows only of its own writes: the worst case.
        let keychain = keychain();
        let mut slot = None;
        for round in 0..ROUNDS {
            slot = Some(keychain.put(EntryId::Mark, &written(number, round), slot).unwrap());
        }
        return;
    }
    with_keyring(TEST, |_keyring| {
        let mut writers: Vec<_> = (1..=2).map(|number| writer(TEST, number).spawn().unwrap()).collect();
        let keychain = keychain();
        let mut seen = 0;
        while writers.iter_mut().any(|writer| writer.try_wait().unwrap().is_none()) {
            if let Some(stored) = keychain.get(EntryId::Mark, None).unwrap() {
                check_written(&stored.bytes);
                seen += 1;
            }
        }
        assert!(seen > 0);
        assert!(writers.iter_mut().all(|writer| writer.wait().unwrap().success()));
        let generations = keychain.generations(EntryId::Mark).unwrap();
        assert_eq!(generations.len(), 2, "each deleted only what it knew of");
        for stored in &generations {
            assert_eq!(check_written(&stored.bytes).1, ROUNDS - 1);
        }
        assert_eq!(keychain.tidy().unwrap(), 3);
        assert_eq!(keychain.get(EntryId::Mark, None).unwrap().unwrap().slot, generations[0].slot);
    })
    .unwrap();
}

#[test]
fn a_writer_killed_at_any_moment_loses_nothing_that_it_acknowledged() {
    const TEST: &str = "writers::a_writer_killed_at_any_moment_loses_nothing_that_it_acknowledged";
    const KILLS: u32 = 25;
    if let Some(number) = writer_number() {
        let keychain = keychain();
        let mut slot = keychain.list().unwrap().first().map(|(_, slot)| *slot);
        for round in 0.. {
            slot = Some(keychain.put(EntryId::Device, &written(number, round), slot).unwrap());
            println!("acknowledged {round}");
        }
    }
    with_keyring(TEST, |_keyring| {
        let keychain = keychain();
        let mut torn = 0;
        for number in 1..=KILLS {
            let mut child = writer(TEST, number).spawn().unwrap();
            let mut output = BufReader::new(child.stdout.take().unwrap());
            let mut line = String::new();
            while !line.starts_with("acknowledged") {
                line.clear();
                assert_ne!(output.read_line(&mut line).unwrap(), 0, "the writer died by itself");
            }
            thread::sleep(Duration::from_millis(u64::from(number * 7)));
            child.kill().unwrap();
            child.wait().unwrap();
            output.read_to_string(&mut line).unwrap();
            let acknowledged =
                line.lines().filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok()).max();

            let stored = keychain.get(EntryId::Device, None).unwrap().unwrap();
            let (by, round) = check_written(&stored.bytes);
            assert_eq!(by, number);
            assert!(Some(round) >= acknowledged, "{round} after {acknowledged:?}");
            torn += u32::from(names_outside().len() != 3);
            clear_all_but(&keychain, stored.slot);
        }
        println!("{KILLS} kills, {torn} of them inside a write");
        assert!(torn >= 5, "only {torn} kills hit a write");
    })
    .unwrap();
}

fn clear_all_but(keychain: &Keychain, slot: Slot) {
    let kept = format!(".{:016x}.", slot.generation);
    for name in names_outside().iter().filter(|name| !name.contains(&kept)) {
        clear(name);
    }
    assert_eq!(keychain.generations(EntryId::Device).unwrap().len(), 1);
}
