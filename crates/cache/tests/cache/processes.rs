//! Several processes at once, and one that is killed. A child is this test binary again, told by its environment what to
//! do; the test of that name does nothing otherwise.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keymoor_cache::{Cache, Error};
use keymoor_protocol::{Envelope, RecordId};

use crate::made::{Dice, numbered, read, record, sized};

pub(crate) const DIR: &str = "KEYMOOR_CACHE_TEST_DIR";
pub(crate) const TASK: &str = "KEYMOOR_CACHE_TEST_TASK";
const NAMES: u64 = 50;

fn child(task: &str, dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child_at_work", "--nocapture"])
        .env(DIR, dir)
        .env(TASK, task)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The lines that a child wrote after `word`.
pub(crate) fn told<'a>(output: &'a str, word: &str) -> Vec<&'a str> {
    output.lines().filter_map(|line| line.split_once(word)).map(|(_, rest)| rest.trim()).collect()
}

#[test]
fn child_at_work() {
    let (Some(dir), Ok(task)) = (std::env::var_os(DIR), std::env::var(TASK)) else { return };
    let mut out = std::io::stdout().lock();
    match task.as_str() {
        "add" => {
            let tally = add_names(Path::new(&dir), Duration::from_secs(2), std::process::id().into());
            writeln!(out, "\n@tally {} {}", tally.0, tally.1).unwrap();
        }
        "save" => {
            let mut cache = Cache::open(Path::new(&dir)).unwrap();
            let mut dice = Dice(std::process::id().into());
            for n in 0.. {
                let id = RecordId::generate();
                let made = sized(id, 1, n as u8, 256 + dice.roll(40_000) as usize);
                writeln!(out, "\n@begun {id}").unwrap();
                out.flush().unwrap();
                cache
                    .write(|c| {
                        c.put_draft(&made, numbered(n), n).and_then(|()| c.put_base(&made, n, numbered(n)))
                    })
                    .unwrap();
                writeln!(out, "\n@saved {id}").unwrap();
                out.flush().unwrap();
            }
        }
        "open" => {
            let mut cache = Cache::open(Path::new(&dir)).unwrap();
            cache.write(|c| c.add_activity(1, &record(RecordId::generate(), 1, 1).meta, None)).unwrap();
        }
        "take" => {
            let mut cache = Cache::open(Path::new(&dir)).unwrap();
            loop {
                let taken = cache.take_uses(|change, uses| {
                    let envelope = |bytes: &[u8]| Envelope::try_from(bytes.to_vec()).unwrap();
                    uses.iter().try_for_each(|use_| {
                        change.add_activity(use_.at, &envelope(&use_.bytes), use_.link.as_ref())
                    })
                });
                taken.unwrap();
                writeln!(out, "\n@took").unwrap();
                out.flush().unwrap();
            }
        }
        "refused" => {
            let refused = |dir: &Path| format!("{:?}", Cache::open(dir).err());
            let dir = Path::new(&dir);
            writeln!(out, "\n@refused {} {}", refused(&dir.join("there")), refused(&dir.join("new")))
                .unwrap();
        }
        _ => unreachable!(),
    }
}

/// Adds the same names as everybody else, each only if it is not there, and edits those that are; opens the cache anew
/// every few times. Returns how many were added and edited. Any error ends it.
fn add_names(dir: &Path, time: Duration, seed: u64) -> (u64, u64) {
    let (mut dice, mut added, mut edited) = (Dice(seed), 0, 0);
    let mut cache = Cache::open(dir).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < time {
        if dice.roll(8) == 0 {
            cache = Cache::open(dir).unwrap();
        }
        let tags = numbered(dice.roll(NAMES));
        let done: Result<bool, Error> = cache.write(|c| {
            let known = c.by_full_name(tags.full)?;
            let id = known.first().copied().unwrap_or_else(RecordId::generate);
            let version = c.current(id)?.map_or(0, |current| current.record().version) + 1;
            c.put_draft(&record(id, version, dice.roll(250) as u8), tags, 1)?;
            Ok(known.is_empty())
        });
        match done {
            Ok(true) => added += 1,
            Ok(false) => edited += 1,
            Err(error) => panic!("after {added} and {edited}: {error:?}"),
        }
    }
    (added, edited)
}

#[test]
fn the_same_names_from_all_sides_are_there_once_and_no_write_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..2).map(|_| child("add", dir.path())).collect();
    let threads: Vec<_> = (0..2u64)
        .map(|seed| {
            let dir = dir.path().to_owned();
            std::thread::spawn(move || add_names(&dir, Duration::from_secs(2), seed))
        })
        .collect();
    let mut tallies: Vec<(u64, u64)> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "a child failed");
        let text = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<u64> = told(&text, "@tally")[0].split(' ').map(|n| n.parse().unwrap()).collect();
        tallies.push((numbers[0], numbers[1]));
    }
    let (added, edited) = tallies.iter().fold((0, 0), |sum, tally| (sum.0 + tally.0, sum.1 + tally.1));
    println!("{added} added, {edited} edited: {tallies:?}");

    let mut cache = Cache::open(dir.path()).unwrap();
    let ids = (0..NAMES).flat_map(|n| {
        let ids = read(&mut cache, |v| v.by_full_name(numbered(n).full));
        assert_eq!(ids.len(), 1, "name {n}");
        ids
    });
    let ids: Vec<_> = ids.collect();
    assert_eq!(added, NAMES);
    // Each edit raised a version by one: a lost one would be missing in the sum.
    let versions: u64 =
        ids.iter().map(|id| read(&mut cache, |v| v.current(*id)).unwrap().record().version).sum();
    assert_eq!(versions, added + edited);
    assert!(tallies.iter().all(|tally| tally.0 + tally.1 > 20), "everybody got a turn: {tallies:?}");
    assert_eq!(cache.integrity().unwrap(), Vec::<String>::new());
}

#[test]
fn many_that_start_at_once_make_one_cache() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("deeper/data");
        let children: Vec<_> = (0..6).map(|_| child("open", &inner)).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(read(&mut Cache::open(&inner).unwrap(), |v| v.activity(99)).len(), 6);
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (mut dice, mut saved, mut in_between) = (Dice(4), 0, 0);
    for round in 0..40 {
        let mut child = child("save", dir.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // At work first, then killed at any moment of a save.
        let mut text = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            text += &format!("{line}\n");
            if line.contains("@saved") {
                break;
            }
        }
        std::thread::sleep(Duration::from_micros(dice.roll(20_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        lines.map_while(Result::ok).for_each(|line| text += &format!("{line}\n"));

        let mut cache = Cache::open(dir.path()).unwrap();
        let (begun, acknowledged) = (told(&text, "@begun"), told(&text, "@saved"));
        in_between += usize::from(begun.len() > acknowledged.len());
        for id in &acknowledged {
            let current = read(&mut cache, |v| v.current(id.parse().unwrap()));
            let current =
                current.unwrap_or_else(|| panic!("round {round}: {id} was acknowledged and is gone"));
            assert!(current.record().is_consistent());
            saved += 1;
        }
        // The one that was under way is there whole or not at all.
        if let Some(last) = begun.get(acknowledged.len())
            && let Some(current) = read(&mut cache, |v| v.current(last.parse().unwrap()))
        {
            assert!(current.base.is_some() && current.draft.is_some());
        }
        assert_eq!(cache.integrity().unwrap(), Vec::<String>::new(), "round {round}");
    }
    println!("{saved} acknowledged saves, {in_between} of 40 kills between the first write and the answer");
    assert!(saved > 40 && in_between > 10, "{saved} {in_between}");
}

#[test]
fn uses_are_taken_once_each_whenever_the_taker_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(dir.path()).unwrap();
    let (mut dice, mut added, mut found_taken) = (Dice(5), 0, 0);
    for _ in 0..25 {
        let mut child = child("take", dir.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.by_ref().map_while(Result::ok).find(|line| line.contains("@took")).unwrap();
        let end = Instant::now() + Duration::from_micros(dice.roll(30_000));
        while Instant::now() < end {
            added += 1;
            let sealed = record(RecordId::generate(), 1, 1).meta;
            cache.add_use(added, &sealed, |_, _| Ok::<_, Error>([7; 32])).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let lines = std::fs::read_to_string(dir.path().join("keymoor.db.uses")).unwrap().lines().count();
        found_taken += usize::from(lines > cache.uses().unwrap().len());
    }
    let mut all: Vec<u64> = read(&mut cache, |v| v.activity(u32::MAX)).iter().map(|entry| entry.at).collect();
    all.reverse();
    all.extend(cache.uses().unwrap().iter().map(|entry| entry.at));
    println!("{added} added, {found_taken} of 25 kills between the commit and the file");
    assert_eq!(all, (1..=added).collect::<Vec<_>>());
    assert!(added > 25);
}
