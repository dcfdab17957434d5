//! `kill -9` at any moment: whatever was acknowledged is there afterwards, nothing is there twice, the cache is whole.
//!
//! 300 moments: half of them anywhere in the time that the work takes, the others just after its first write. Those
//! between the first write and the answer are counted.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use keymoor_journeys::{Device, Dice, Server, World};

/// How many of the moments of one test must lie between the first write and the answer.
const BETWEEN: f64 = 0.34;

#[test]
fn saves_without_a_keychain() {
    let world = World::new();
    kill_saves(&world.device_without_keychain("a"), 110);
}

#[test]
fn saves_with_a_keychain() {
    let world = World::new();
    kill_saves(&world.device("a"), 70);
}

#[test]
fn syncs() {
    let world = World::new();
    let (server, a, b) = synced(&world);
    let mut moments = Moments::new(60, Watch::cache(&a));
    for i in 0..moments.count {
        a.add("openai", &format!("key {i}"), secret(i)).done();
        let synced = moments.strike(a.command(&["sync"]), b"", "Synced", |_| {});
        if synced && i % 10 == 0 {
            b.sync();
            assert_eq!(b.get(&format!("key {i}")), secret(i).as_bytes(), "\"Synced\" was said");
        }
    }
    moments.tell("syncs");
    both_have_all(&a, &b, moments.count);
    drop(server);
}

#[test]
fn the_server_during_pushes() {
    let world = World::new();
    let (mut server, a, b) = synced(&world);
    let mut moments = Moments::new(60, Watch::server(&server));
    for i in 0..moments.count {
        a.add("openai", &format!("key {i}"), secret(i)).done();
        let killed = server.id();
        let synced = moments.strike(a.command(&["sync"]), b"", "Synced", |child| {
            Command::new("kill").args(["-9", &killed.to_string()]).status().unwrap();
            // Nobody answers any more: the client says so and ends.
            child.wait().unwrap();
        });
        server.stop();
        server.start_again();
        if synced {
            b.sync();
            assert_eq!(b.get(&format!("key {i}")), secret(i).as_bytes(), "\"Synced\" was said");
        }
    }
    moments.tell("pushes");
    both_have_all(&a, &b, moments.count);
}

/// Two devices of one account, both without a keychain, for speed.
fn synced(world: &World) -> (Server, Device, Device) {
    let (server, a, b) =
        (world.server(), world.device_without_keychain("a"), world.device_without_keychain("b"));
    world.create_account(&a, &server);
    world.join(&b);
    (server, a, b)
}

fn both_have_all(a: &Device, b: &Device, count: u64) {
    a.sync();
    b.sync();
    for device in [a, b] {
        assert_eq!(device.list().len() as u64, count);
        device.assert_well();
    }
    for i in (0..count).step_by(7) {
        assert_eq!(b.get(&format!("key {i}")), secret(i).as_bytes());
    }
}

/// Adds and edits, each killed somewhere.
fn kill_saves(device: &Device, count: u64) {
    device.add("openai", "first", "sk-first").done();
    let mut moments = Moments::new(count, Watch::cache(device));
    // What was said to be saved, and what was tried after it.
    let mut names: BTreeMap<String, (Option<String>, Vec<String>)> = BTreeMap::new();
    for i in 0..count {
        // Every third edits what is surely there.
        let sure = names.iter().find(|(name, (said, _))| said.is_some() && i % 3 == 2 && name.len() % 2 == 1);
        let (name, arguments) = match sure.map(|(name, _)| name.clone()) {
            Some(name) => (name.clone(), vec!["edit".to_owned(), name, "--stdin".to_owned()]),
            None => {
                let name = format!("key {i}");
                (name.clone(), ["add", "openai", "--stdin", "--name", &name].map(str::to_owned).to_vec())
            }
        };
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let said = moments.strike(device.command(&arguments), secret(i).as_bytes(), "Saved", |_| {});
        let entry = names.entry(name).or_default();
        if said {
            *entry = (Some(secret(i)), Vec::new());
        } else {
            entry.1.push(secret(i));
        }
    }
    moments.tell("saves");

    let listed: Vec<_> = device.list().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    for (name, (said, tried)) in &names {
        match listed.iter().filter(|listed| *listed == name).count() {
            0 => assert!(said.is_none(), "{name} was said to be saved, and is gone"),
            1 => {
                let got = String::from_utf8(device.get(name)).unwrap();
                let fits = said.as_ref() == Some(&got) || tried.contains(&got);
                assert!(fits, "{name} is {got}; said {said:?}, tried {tried:?}");
            }
            more => panic!("{name} is there {more} times"),
        }
    }
    // A keychain that was not reached is said to be behind, and is brought up to it.
    device.done(&["doctor", "--repair"]);
    device.assert_well();
}

fn secret(i: u64) -> String {
    format!("sk-proj-{i:040}")
}

/// When to strike, and what was hit.
struct Moments {
    count: u64,
    dice: Dice,
    watch: Watch,
    /// How long the work takes undisturbed, as far as known.
    usual: Duration,
    struck: u64,
    between: u64,
    answered: u64,
}

impl Moments {
    fn new(count: u64, watch: Watch) -> Self {
        let usual = Duration::from_millis(60);
        Self { count, dice: Dice::new(count), watch, usual, struck: 0, between: 0, answered: 0 }
    }

    /// Starts the command, kills it (or what `kill` kills) at one moment, and returns whether it had given its answer.
    fn strike(&mut self, mut command: Command, input: &[u8], answer: &str, kill: impl FnOnce(&mut Child)) -> bool {
        let before = self.watch.look();
        let started = Instant::now();
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let micros = u64::try_from(self.usual.as_micros()).unwrap();
        if self.struck.is_multiple_of(2) {
            thread::sleep(Duration::from_micros(self.dice.below(micros)));
        } else {
            while self.watch.look() == before && child.try_wait().unwrap().is_none() {
                thread::yield_now();
            }
            let written = started.elapsed();
            thread::sleep(Duration::from_micros(self.dice.below(micros / 6)));
            // What comes before the first write is most of it.
            self.usual = (self.usual * 3 + written * 5 / 4) / 4;
        }
        kill(&mut child);
        let _ = child.kill();
        child.wait().unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let answered = said.contains(answer);
        self.struck += 1;
        self.answered += u64::from(answered);
        self.between += u64::from(!answered && self.watch.look() != before);
        answered
    }

    fn tell(&self, what: &str) {
        let Self { struck, between, answered, .. } = self;
        eprintln!("{struck} {what} struck: {between} between first write and answer, {answered} after the answer");
        assert_eq!(*struck, self.count);
        assert!(*between as f64 >= BETWEEN * *struck as f64, "only {between} of {struck}");
    }
}

/// The files of a database, to see when it is first written to.
struct Watch([PathBuf; 2]);

impl Watch {
    fn cache(device: &Device) -> Self {
        Self([device.cache(), device.wal()])
    }

    fn server(server: &Server) -> Self {
        Self([server.folder().join("server.db"), server.wal()])
    }

    /// Length and time of what has been written; a file that was only made counts as none.
    fn look(&self) -> [Option<(u64, SystemTime)>; 2] {
        self.0.each_ref().map(|path| {
            let file = fs::metadata(path).ok().filter(|file| file.len() > 0)?;
            Some((file.len(), file.modified().unwrap()))
        })
    }
}
