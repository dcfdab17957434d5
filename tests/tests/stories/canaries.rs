//! After a whole story, nothing planted is where it must not be: not at the server, not in a log, not in an argument, not
//! in the clear on the disk. The search is first shown to find what was leaked.

mod search;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use keymoor_journeys::{Device, Ran, World};

use self::search::{Canary, Encoding, find};

/// What nobody but the devices may see. Spaces, an umlaut and a slash show escaping.
const SECRETS: [&str; 4] = [
    "sk-proj-CanarySecretKey+One/4qWm8ZrT2vLx6NcB",
    "CanarySecondValue+Two/7hJd3KpQ9wRs5MfG",
    "CanaryFieldSecret+Three/1bVn6YtU0eXc8AzH",
    "CanaryPassword Four, gr\u{fc}ne Wiese 5uDk",
];
const OPEN: [&str; 6] = [
    "canaryname w\u{fc}rzig 3xPq",
    "canaryrename scharf 8mTz",
    "canaryprovider6kLw",
    "canarylabel2rHb",
    "canarynote lies beside it 9sVd",
    "canaryfield value 4gYj",
];

/// Put where the last of the places is looked at, to show that it is.
const LEAKED: &str = "CanaryLeaked on purpose 7nRk";

#[test]
fn the_search_finds_a_canary_in_every_encoding_at_every_alignment() {
    for (number, text) in SECRETS.iter().chain(&OPEN).enumerate() {
        let canary = Canary::new(text);
        for encoding in Encoding::ALL {
            for before in 0..3 {
                let mut leak = vec![b'x'; 100 + before];
                leak.extend(encoding.leak(text, before));
                leak.extend(b"and so on");
                let found = find(&leak, &canary);
                assert!(found.is_some(), "{number} in {encoding:?} after {before} bytes was not found");
            }
        }
        let nothing = "sk-proj-Canary and canaryname and canarylabel, canarynote".repeat(20);
        assert_eq!(find(nothing.as_bytes(), &canary), None);
    }
}

#[test]
fn neither_server_nor_logs_nor_arguments_nor_disks_hold_anything_that_was_planted() {
    let world = World::new();
    fs::write(world.password(), format!("{}\n", SECRETS[3])).unwrap();
    let sampler = Sampler::start();
    let mut server = world.talkative_server();
    let (mut a, mut b) = (world.device("a"), world.device_without_keychain("b"));
    let mut said = Vec::new();
    for device in [&mut a, &mut b] {
        device.set("RUST_LOG", "trace");
        device.set("NO_COLOR", "1");
    }
    play(&world, &a, &b, &server.url(), &mut said);
    // Before it is stopped: then the write-ahead log is still there.
    let at_server = files(server.folder());
    assert!(at_server.iter().any(|path| path.ends_with("server.db")), "{at_server:?}");
    assert_clean(&at_server, "at the server");
    assert!(at_server.iter().any(|path| path.ends_with("log")), "{at_server:?}");
    server.stop();
    assert_clean(&files(server.folder()), "at the stopped server");

    let on_disks = [files(a.home()), files(b.home())].concat();
    assert!(on_disks.iter().filter(|path| path.ends_with("keymoor.db")).count() == 2, "{on_disks:?}");
    assert_clean(&on_disks, "on a device's disk");

    let mut log_lines = 0;
    for ran in &said {
        // Names stand in the answers, for the person who gave them. Secrets never do.
        assert_none(ran.err.as_bytes(), &SECRETS, &format!("{}: standard error", ran.line));
        let log: Vec<_> = ran.err.lines().filter(|line| !is_answer(line)).collect();
        log_lines += log.len();
        assert_none(log.join("\n").as_bytes(), &OPEN, &format!("{}: log", ran.line));
    }
    let leaked = Command::new("sh").args(["-c", "sleep 0.1", LEAKED]).status().unwrap();
    let arguments = sampler.stop();
    assert!(leaked.success());
    assert!(
        arguments.iter().any(|line| find(line, &Canary::new(LEAKED)).is_some()),
        "the sampling missed it"
    );
    eprintln!("{log_lines} log lines and {} command lines looked at", arguments.len());
    assert!(log_lines > 100, "the log is not at its most talkative");
    assert!(arguments.iter().any(|line| is_command_of_this(line)), "the sampling saw no command");
    for line in &arguments {
        assert_none(line, &SECRETS, "an argument");
        // The name that a person types stands in the arguments of that one command, and nowhere else.
        if !is_command_of_this(line) {
            assert_none(line, &OPEN, "an argument");
        }
    }
}

/// Everything that moves data, once.
fn play(world: &World, a: &Device, b: &Device, server: &str, said: &mut Vec<Ran>) {
    let [name, renamed, provider, label, note, value] = OPEN;
    let (kit, recovery) = (world.join_kit(), world.recovery_kit());
    let (kit, recovery) = (kit.to_str().unwrap(), recovery.to_str().unwrap());
    let fields = serde_json::json!({ "key": SECRETS[2] }).to_string();
    let setting = format!("region={value}");
    let mut step = |ran: Ran| said.push(ran.done());

    let add = ["add", provider, "--name", name, "--stdin", "--label", label, "--note", note];
    step(a.feed(&add, SECRETS[0].as_bytes()));
    step(a.feed(
        &["add", "other", "--name", "several", "--fields-stdin", "--set", &setting],
        fields.as_bytes(),
    ));
    step(a.run(&["account", "create", "--server", server, "--kit", kit, "--recovery", recovery]));
    step(b.run(&["account", "join", "--kit", kit]));
    step(b.edit(name, SECRETS[1]));
    step(b.run(&["sync"]));
    step(a.run(&["edit", name, "--name", renamed]));
    step(a.run(&["sync"]));
    step(a.run(&["list"]));
    step(a.run(&["show", renamed]));
    let got = a.run(&["get", renamed, "--raw"]);
    assert_eq!(got.out, SECRETS[1].as_bytes());
    step(got);
    step(a.run(&["rm", renamed]));
    step(a.run(&["sync"]));
    step(a.run(&["restore", renamed]));
    step(a.run(&["revert", renamed, "--to", "1"]));
    step(a.run(&["sync"]));
    step(b.run(&["sync"]));
    assert_eq!(b.run(&["get", "other/several", "key"]).done().text().trim_end(), SECRETS[2]);
    step(a.run(&["doctor"]));
    a.delete_cache();
    step(a.run(&["sync"]));
    // And what goes wrong: errors must not repeat what they got.
    for ran in [
        a.run(&["get", "unknown"]).ends(3, &[]),
        a.feed(&["add", provider, "--name", "x", "--stdin"], format!("{}\0", SECRETS[0]).as_bytes())
            .ends(2, &[]),
        a.feed(&["add", "other", "--name", "y", "--fields-stdin"], format!("{fields},").as_bytes())
            .ends(2, &[]),
        a.feed(&["add", "other", "--name", "several", "--stdin"], SECRETS[0].as_bytes()).ends(5, &[]),
        a.run(&["get", "several", value]).ends(3, &[]),
    ] {
        said.push(ran);
    }
    // A change that waits in the outbox lies on the disk, too.
    said.push(a.edit("several", SECRETS[0]));
}

/// Whether a line of standard error is a sentence for the person rather than a log line, which begins with the time.
fn is_answer(line: &str) -> bool {
    let starts_with_time = line.len() > 20 && line.as_bytes()[4] == b'-' && line.as_bytes()[10] == b'T';
    let known =
        ["Saved on this device", "Saved in the cache", "is in the trash", "To have it back", "keymoor: "];
    !starts_with_time && known.iter().any(|words| line.contains(words))
}

#[track_caller]
fn assert_clean(files: &[PathBuf], place: &str) {
    for path in files {
        let bytes = fs::read(path).unwrap();
        let what = format!("{place}: {}", path.display());
        assert_none(&bytes, &SECRETS, &what);
        assert_none(&bytes, &OPEN, &what);
    }
}

#[track_caller]
fn assert_none(bytes: &[u8], canaries: &[&str], place: &str) {
    for (number, text) in canaries.iter().enumerate() {
        let found = find(bytes, &Canary::new(text));
        assert_eq!(found, None, "canary {number} ({}) is in {place}", &text[..8]);
    }
}

/// Every file in a folder and below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The command that a person typed.
fn is_command_of_this(line: &[u8]) -> bool {
    let program = line.split(|byte| *byte == 0).next().unwrap_or_default();
    program.ends_with(b"/keymoor")
}

/// Looks at the arguments of every process on this machine, over and over.
struct Sampler {
    over: &'static AtomicBool,
    thread: thread::JoinHandle<BTreeSet<Vec<u8>>>,
}

impl Sampler {
    fn start() -> Self {
        let over: &AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let thread = thread::spawn(move || {
            let mut lines = BTreeSet::new();
            while !over.load(Relaxed) {
                for process in fs::read_dir("/proc").unwrap().flatten() {
                    // Most of them end or are no processes; those are not looked at.
                    lines.extend(
                        fs::read(process.path().join("cmdline")).ok().filter(|line| !line.is_empty()),
                    );
                }
                thread::sleep(Duration::from_millis(2));
            }
            lines
        });
        Self { over, thread }
    }

    fn stop(self) -> BTreeSet<Vec<u8>> {
        self.over.store(true, Relaxed);
        self.thread.join().unwrap()
    }
}
