//! A first sync of 10,000 records, cut twenty times: it goes on where it was.

use std::{
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    stage::vault,
    whole::{assert_whole_pages, cursor, state},
};
use keymoor_journeys::{Asked, Call, Dice, Fate, Network, PASSWORD, Server, World};
use keymoor_protocol::{Commit, state::StateHash};
use keymoor_vault::{CreateAccount, Field, NewCredential, Value};

const RECORDS: u64 = 10_000;
const CUTS: u64 = 20;

#[test]
fn it_goes_on_after_each_of_twenty_cuts() {
    let world = World::without_a_disk();
    let network = Network::new();
    network.lead_to(Server::start_at(world.path("server"), "127.0.0.1:0", "warn"));
    fill(&world, &network);
    let b = world.device_without_keychain("b");
    let mut dice = Dice::new(10_000);
    let (asked, cut, silent) = (Arc::default(), Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
    let head = head(&network);
    let mut started = Vec::new();
    // Short of the last page, so that each cut comes about.
    let mut points: Vec<u64> = (0..CUTS).map(|_| dice.below(1 + head * 3 / 5)).collect();
    points.sort_unstable();
    for (i, from) in points.into_iter().enumerate() {
        let killed = i % 2 == 0;
        cut.store(false, Ordering::SeqCst);
        silent.store(killed, Ordering::SeqCst);
        decide(&network, &asked, &cut, &silent, from);
        let known = cursor(&b);
        let mut command = if known.is_none() {
            b.command(&["account", "join", "--kit", world.join_kit().to_str().unwrap()])
        } else {
            b.command(&["sync"])
        };
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while !cut.load(Ordering::SeqCst) && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(cut.load(Ordering::SeqCst), "cut {i} was never made: the sync was over, from {known:?}");
        if killed {
            child.kill().unwrap(); // it waits for the rest of an answer
        }
        let ended = child.wait().unwrap();
        assert!(!ended.success(), "half a page is no page");
        let asked: Vec<u64> = std::mem::take(&mut *asked.lock().unwrap());
        let first = asked.first().copied().unwrap_or(0);
        assert_eq!(first, known.unwrap_or(0), "it begins where it was");
        started.push(first);
        assert_whole_pages(&b);
    }
    assert!(started.is_sorted() && started.last() > Some(&0), "{started:?}");
    eprintln!("{CUTS} cuts; of {head} commits each sync began after {started:?}");

    network.decide(None);
    let known = cursor(&b);
    b.sync();
    assert!(known > Some(0), "the last one has not begun again either");
    assert_eq!(state(&b), state_there(&network), "the state hash of the newest commit");
    assert_eq!(b.list().len() as u64, RECORDS);
    assert_eq!(b.get("key 1"), secret(1).as_bytes());
    assert_eq!(b.get(&format!("key {RECORDS}")), secret(RECORDS).as_bytes());
    b.assert_well();
}

/// From the page on that follows commit `from`, one is cut: the connection with it, or everything but that.
fn decide(
    network: &Network,
    asked: &Arc<Mutex<Vec<u64>>>,
    cut: &Arc<AtomicBool>,
    silent: &Arc<AtomicBool>,
    from: u64,
) {
    let (asked, cut, silent) = (Arc::clone(asked), Arc::clone(cut), Arc::clone(silent));
    network.decide(Some(Box::new(move |request: &Asked| {
        if request.call != Call::Pull {
            return Fate::Answered;
        }
        let after = after(request);
        asked.lock().unwrap().push(after);
        if after < from || cut.swap(true, Ordering::SeqCst) {
            return Fate::Answered;
        }
        if silent.load(Ordering::SeqCst) { Fate::Silent } else { Fate::AnswerCut }
    })));
}

fn after(request: &Asked) -> u64 {
    let query = request.path.split(['?', '&']).find_map(|part| part.strip_prefix("after="));
    query.unwrap().parse().unwrap()
}

/// As long as a certificate, so that there are more than a few pages.
fn secret(i: u64) -> String {
    format!("sk-first-sync-{i:01600}")
}

/// Device a with its account. It saves in this process, and syncs often enough that there are many commits.
fn fill(world: &World, network: &Network) {
    let mut vault = vault(&world.path("a"));
    let request = CreateAccount {
        server: network.url(),
        password: PASSWORD.into(),
        join_kit: world.join_kit(),
        recovery_kit: world.recovery_kit(),
    };
    vault.create_account(request, &mut |_| {}).unwrap();
    for i in 1..=RECORDS {
        let secret = Value::Secret(secret(i).into());
        let (provider, name) = ("openai".into(), format!("key {i}"));
        let fields = vec![Field { name: "secret".into(), value: secret }];
        vault.add(NewCredential { provider, name, fields, ..NewCredential::default() }).unwrap();
        if i % 1000 == 0 {
            vault.sync(&Default::default(), &mut |_| None, &mut |_| {}).unwrap();
        }
    }
}

fn head(network: &Network) -> u64 {
    let sql = "SELECT seq FROM vault";
    network.with_server(|server| {
        server.database().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() as u64
    })
}

/// The state hash that the newest commit on the server states.
fn state_there(network: &Network) -> StateHash {
    let sql = "SELECT bytes FROM commits ORDER BY seq DESC LIMIT 1";
    let bytes: Vec<u8> =
        network.with_server(|server| server.database().query_row(sql, [], |row| row.get(0)).unwrap());
    Commit::decode(&bytes).unwrap().state
}
