//! The keychain against a real gnome-keyring, one throw-away daemon a test.
#![cfg(all(unix, not(target_os = "macos")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod crowd;
mod writers;

use std::{
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use keymoor_keychain::{
    Cancel, EntryId, Error, Keychain, Patience, Place, Slot,
    test_daemon::{TestKeyring, with_bus, with_keyring, with_nothing},
};
use keymoor_protocol::ids::RecordId;

const SERVICE: &str = "keymoor-test";

/// Long enough for a slow machine, shorter than any time-out of the bus (25 s) or of a prompt.
const QUICKLY: Duration = Duration::from_secs(5);

fn keychain() -> Keychain {
    Keychain::system(SERVICE)
}

fn record(n: u8) -> EntryId {
    EntryId::Record(RecordId([n; 16]))
}

/// Bytes that differ from place to place, so that mixed up parts are noticed.
fn bytes(length: usize, seed: u32) -> Vec<u8> {
    (0..length as u32).flat_map(|n| (n ^ seed).wrapping_mul(0x9e37_79b9).to_be_bytes()).take(length).collect()
}

fn name(id: EntryId, slot: Slot, part: u16) -> String {
    format!("{id}.{:016x}.{part}of{}", slot.generation, slot.parts)
}

/// libsecret's own tool, as a witness from outside.
fn secret_tool(arguments: &[&str]) -> String {
    let output = Command::new("secret-tool").args(arguments).output().expect("secret-tool (libsecret-tools)");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn names_outside() -> Vec<String> {
    let found = secret_tool(&["search", "--all", "service", SERVICE]);
    found.lines().filter_map(|line| line.strip_prefix("attribute.username = ")).map(str::to_owned).collect()
}

fn clear(name: &str) {
    secret_tool(&["clear", "service", SERVICE, "username", name]);
}

#[test]
fn values_of_every_size_come_back_and_their_entries_are_small_and_opaque() {
    with_keyring("values_of_every_size_come_back_and_their_entries_are_small_and_opaque", |_keyring| {
        let keychain = keychain();
        for (n, length, parts) in [(1, 0, 1), (2, 64, 1), (3, 5_000, 3), (4, 40_000, 23)] {
            let value = bytes(length, n.into());
            let slot = keychain.put(record(n), &value, None).unwrap();
            assert_eq!(slot.parts, parts);
            for hint in [Some(slot), None] {
                let stored = keychain.get(record(n), hint).unwrap().unwrap();
                assert_eq!((stored.slot, &*stored.bytes), (slot, &value));
            }
            for part in 1..=parts {
                let text =
                    secret_tool(&["lookup", "service", SERVICE, "username", &name(record(n), slot, part)]);
                assert!(!text.is_empty() && text.len() <= 2_400, "{} bytes", text.len());
                assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)));
            }
        }
        assert_eq!(names_outside().len(), 1 + 1 + 3 + 23);
        assert!(keychain.get(record(9), None).unwrap().is_none());
        assert!(keychain.get(record(9), Some(Slot { generation: 1, parts: 2 })).unwrap().is_none());
    })
    .unwrap();
}

#[test]
fn a_new_generation_replaces_the_old_one_and_a_stale_hint_finds_it() {
    with_keyring("a_new_generation_replaces_the_old_one_and_a_stale_hint_finds_it", |_keyring| {
        let keychain = keychain();
        let first = keychain.put(EntryId::Device, &bytes(5_000, 1), None).unwrap();
        let second = keychain.put(EntryId::Device, &bytes(64, 2), Some(first)).unwrap();
        assert!(second > first);
        assert_eq!(names_outside(), [name(EntryId::Device, second, 1)]);
        let stored = keychain.get(EntryId::Device, Some(first)).unwrap().unwrap();
        assert_eq!((stored.slot, stored.bytes.to_vec()), (second, bytes(64, 2)));

        // A clock that was put back: the generation before lies in the year 2080.
        let future = Slot { generation: 3_471_292_800_000 << 20, parts: 1 };
        assert!(keychain.put(EntryId::Device, b"later", Some(future)).unwrap() > future);
    })
    .unwrap();
}

#[test]
fn an_entry_is_read_where_it_lay_and_a_wrong_place_finds_nothing_else() {
    with_keyring("an_entry_is_read_where_it_lay_and_a_wrong_place_finds_nothing_else", |mut keyring| {
        let keychain = keychain();
        let slot = keychain.put(EntryId::Device, b"device", None).unwrap();
        let other = keychain.put(EntryId::Mark, b"mark", None).unwrap();
        let place = |id, slot| keychain.get(id, Some(slot)).unwrap().unwrap().place.unwrap();
        let (right, wrong) = (place(EntryId::Device, slot), place(EntryId::Mark, other));
        assert_ne!(right, wrong);

        // The keyring numbers its items in its file: they lie where they lay when it starts again.
        keyring.restart().unwrap();
        let gone = Place::new(format!("{}0", right.as_str()));
        let no_path = Place::new("not a path");
        for hint in [&right, &wrong, &gone, &no_path] {
            let stored = keychain.get_at(EntryId::Device, Some(slot), Some(hint.clone())).unwrap().unwrap();
            assert_eq!(
                (stored.slot, stored.place.as_ref(), &**stored.bytes),
                (slot, Some(&right), &b"device"[..])
            );
        }
        // What was deleted is not found by its place either.
        secret_tool(&["clear", "service", SERVICE, "username", &name(EntryId::Mark, other, 1)]);
        assert!(keychain.get_at(EntryId::Mark, Some(other), Some(wrong)).unwrap().is_none());

        let large = keychain.put(record(1), &bytes(5_000, 1), None).unwrap();
        let stored = keychain.get_at(record(1), Some(large), Some(right.clone())).unwrap().unwrap();
        assert_eq!((stored.place, stored.bytes.to_vec()), (None, bytes(5_000, 1)));

        keyring.lock().unwrap();
        let locked = keychain.get_at(EntryId::Device, Some(slot), Some(right));
        assert_eq!(locked.unwrap_err(), Error::Locked);
    })
    .unwrap();
}

#[test]
fn half_a_generation_counts_for_nothing_and_older_ones_can_be_walked() {
    with_keyring("half_a_generation_counts_for_nothing_and_older_ones_can_be_walked", |_keyring| {
        let keychain = keychain();
        let id = record(1);
        let oldest = keychain.put(id, &bytes(64, 1), None).unwrap();
        let old = keychain.put(id, &bytes(5_000, 2), None).unwrap();
        let half = keychain.put(id, &bytes(5_000, 3), None).unwrap();
        clear(&name(id, half, 3));
        for hint in [Some(half), None] {
            let stored = keychain.get(id, hint).unwrap().unwrap();
            assert_eq!((stored.slot, stored.bytes.to_vec()), (old, bytes(5_000, 2)));
        }
        assert_eq!(keychain.list().unwrap(), [(id, old)]);
        let walked = keychain.generations(id).unwrap();
        assert_eq!(walked.iter().map(|stored| stored.slot).collect::<Vec<_>>(), [old, oldest]);
        assert_eq!(*walked[1].bytes, bytes(64, 1));

        // Tidying takes the superseded one; the half may be another process's write in progress.
        assert_eq!(keychain.tidy().unwrap(), 1);
        assert_eq!(names_outside().len(), 3 + 2);
        assert_eq!(keychain.tidy().unwrap(), 0);

        // With nothing whole left, what was whole once is damaged, and not simply absent.
        clear(&name(id, old, 2));
        assert_eq!(keychain.get(id, Some(old)).unwrap_err(), Error::Damaged);
        assert!(keychain.get(id, None).unwrap().is_none());
    })
    .unwrap();
}

#[test]
fn a_value_that_was_tampered_with_is_damaged() {
    with_keyring("a_value_that_was_tampered_with_is_damaged", |_keyring| {
        let keychain = keychain();
        let mark = keychain.put(EntryId::Mark, b"mark", None).unwrap();
        let session = keychain.put(EntryId::Session, b"session", None).unwrap();
        // The session's value under the mark's name.
        let value =
            secret_tool(&["lookup", "service", SERVICE, "username", &name(EntryId::Session, session, 1)]);
        let mut store = Command::new("secret-tool")
            .args(["store", "--label=x", "service", SERVICE, "username", &name(EntryId::Mark, mark, 1)])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut store.stdin.take().unwrap(), value.as_bytes()).unwrap();
        assert!(store.wait().unwrap().success());
        assert_eq!(keychain.get(EntryId::Mark, Some(mark)).unwrap_err(), Error::Damaged);
        assert_eq!(*keychain.get(EntryId::Session, Some(session)).unwrap().unwrap().bytes, *b"session");
    })
    .unwrap();
}

#[test]
fn everything_is_listed_read_and_deleted() {
    with_keyring("everything_is_listed_read_and_deleted", |_keyring| {
        let keychain = keychain();
        assert!(keychain.list().unwrap().is_empty());
        let mut expected = Vec::new();
        for (n, id) in [EntryId::Device, EntryId::Mark, EntryId::Session]
            .into_iter()
            .chain((1..30).map(record))
            .enumerate()
        {
            let value = bytes(40 + 90 * n, n as u32);
            expected.push((id, keychain.put(id, &value, None).unwrap(), value));
        }
        // Of another vault, and of nobody we know.
        Keychain::system("another").put(EntryId::Device, b"other", None).unwrap();

        let listed: Vec<_> = expected.iter().map(|(id, slot, _)| (*id, *slot)).collect();
        assert_eq!(keychain.list().unwrap(), listed);
        let all = keychain.read_all().unwrap();
        assert_eq!(all.len(), expected.len());
        for ((id, stored), (wanted, slot, value)) in all.iter().zip(&expected) {
            assert_eq!((id, stored.len(), stored[0].slot, &*stored[0].bytes), (wanted, 1, *slot, value));
        }

        let second = keychain.put(record(1), b"second generation", None).unwrap();
        keychain.delete(record(1)).unwrap();
        keychain.delete(record(1)).unwrap();
        for hint in [Some(second), None] {
            assert!(keychain.get(record(1), hint).unwrap().is_none());
        }
        assert_eq!(keychain.list().unwrap().len(), expected.len() - 1);
        assert!(Keychain::system("another").get(EntryId::Device, None).unwrap().is_some());
    })
    .unwrap();
}

#[test]
fn a_restarted_daemon_is_found_again_by_the_next_call() {
    with_keyring("a_restarted_daemon_is_found_again_by_the_next_call", |mut keyring| {
        let keychain = keychain();
        let slot = keychain.put(EntryId::Device, &bytes(5_000, 1), None).unwrap();
        for round in 2..5 {
            keyring.restart().unwrap();
            let stored = keychain.get(EntryId::Device, Some(slot)).unwrap().unwrap();
            assert_eq!(*stored.bytes, bytes(5_000, 1));
            keyring.restart().unwrap();
            keychain.put(record(round), &bytes(5_000, 2), None).unwrap();
            keyring.restart().unwrap();
            assert_eq!(keychain.list().unwrap().len(), round as usize);
        }
        keyring.stop_daemon();
        let start = Instant::now();
        assert_eq!(keychain.get(EntryId::Device, Some(slot)).unwrap_err(), Error::NotAvailable);
        assert!(start.elapsed() < QUICKLY);
    })
    .unwrap();
}

#[test]
fn a_locked_keychain_says_so_quickly() {
    with_keyring("a_locked_keychain_says_so_quickly", |mut keyring| {
        let keychain = keychain();
        let slot = keychain.put(EntryId::Device, b"device", None).unwrap();
        keyring.lock().unwrap();
        let start = Instant::now();
        assert_eq!(keychain.get(EntryId::Device, Some(slot)).unwrap_err(), Error::Locked);
        assert_eq!(keychain.get(EntryId::Device, None).unwrap_err(), Error::Locked);
        assert_eq!(keychain.put(EntryId::Mark, b"mark", None).unwrap_err(), Error::Locked);
        assert_eq!(keychain.put(EntryId::Device, b"new", Some(slot)).unwrap_err(), Error::Locked);
        assert_eq!(keychain.list().unwrap_err(), Error::Locked);
        assert_eq!(keychain.delete(EntryId::Device).unwrap_err(), Error::Locked);
        assert_eq!(Keychain::system(SERVICE).get(EntryId::Device, Some(slot)).unwrap_err(), Error::Locked);
        assert!(start.elapsed() < QUICKLY, "{:?}", start.elapsed());
        keyring.restart().unwrap();
        assert_eq!(*keychain.get(EntryId::Device, Some(slot)).unwrap().unwrap().bytes, *b"device");
        assert_eq!(names_outside(), [name(EntryId::Device, slot, 1)]);
    })
    .unwrap();
}

#[test]
fn a_bus_without_a_keychain_says_so_quickly_until_one_comes() {
    with_bus("a_bus_without_a_keychain_says_so_quickly_until_one_comes", |mut keyring| {
        let keychain = keychain();
        let start = Instant::now();
        assert_eq!(keychain.get(EntryId::Device, None).unwrap_err(), Error::NotAvailable);
        assert_eq!(keychain.put(EntryId::Device, b"device", None).unwrap_err(), Error::NotAvailable);
        assert!(start.elapsed() < QUICKLY, "{:?}", start.elapsed());
        keyring.restart().unwrap();
        keychain.put(EntryId::Device, b"device", None).unwrap();
    })
    .unwrap();
}

#[test]
fn no_bus_at_all_says_so_quickly() {
    with_nothing("no_bus_at_all_says_so_quickly", || {
        let start = Instant::now();
        keychain().warm();
        assert_eq!(keychain().get(EntryId::Device, None).unwrap_err(), Error::NotAvailable);
        assert_eq!(keychain().list().unwrap_err(), Error::NotAvailable);
        assert!(start.elapsed() < QUICKLY, "{:?}", start.elapsed());
    })
    .unwrap();
}

#[test]
fn a_caller_that_waits_is_told_once_and_can_cancel_and_others_go_on() {
    with_keyring("a_caller_that_waits_is_told_once_and_can_cancel_and_others_go_on", |keyring| {
        let keychain = keychain();
        let slot = keychain.put(EntryId::Device, b"device", None).unwrap();
        keyring.pause().unwrap();

        let told = Arc::new(AtomicUsize::new(0));
        let cancel = Cancel::default();
        let patience = {
            let told = Arc::clone(&told);
            Patience::new(
                move || {
                    told.fetch_add(1, Ordering::SeqCst);
                },
                cancel.clone(),
            )
        };
        let waiting = keychain.clone().with_patience(patience);
        let start = Instant::now();
        let waiter = thread::spawn({
            let waiting = waiting.clone();
            move || waiting.get(EntryId::Device, Some(slot)).unwrap_err()
        });
        thread::sleep(Duration::from_millis(500));
        let queued = thread::spawn({
            let keychain = keychain.clone();
            move || keychain.get(EntryId::Device, Some(slot)).unwrap().unwrap().bytes.to_vec()
        });
        assert_eq!(told.load(Ordering::SeqCst), 0);
        thread::sleep(Duration::from_millis(1_500));
        assert_eq!(told.load(Ordering::SeqCst), 1);
        let cancelled = Instant::now();
        cancel.cancel();
        assert_eq!(waiter.join().unwrap(), Error::Cancelled);
        assert!(cancelled.elapsed() < Duration::from_secs(1) && start.elapsed() > Duration::from_secs(2));
        assert_eq!(waiting.get(EntryId::Device, Some(slot)).unwrap_err(), Error::Cancelled);

        assert!(!queued.is_finished());
        keyring.resume().unwrap();
        assert_eq!(queued.join().unwrap(), b"device");
        assert_eq!(*keychain.get(EntryId::Device, Some(slot)).unwrap().unwrap().bytes, *b"device");
        assert_eq!(told.load(Ordering::SeqCst), 1);
    })
    .unwrap();
}

#[test]
fn the_daemons_end_with_the_test() {
    let keyring = TestKeyring::start().unwrap();
    let directory = keyring.env()[1].1.to_string_lossy().replace("/data", "");
    let running = || {
        let output = Command::new("ps").args(["-eo", "args"]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.contains(&directory)).count()
    };
    assert!(running() > 0);
    drop(keyring);
    assert_eq!(running(), 0);
    assert!(!std::path::Path::new(&directory).exists());
}
