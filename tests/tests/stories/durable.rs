//! What is acknowledged is on the disk: a system-call trace shows it, for a save and for a push.

use std::{fs, path::Path, process::Command};

use keymoor_journeys::{Device, Server, World, run_fed};

/// What is written between this line and that one must be on the disk by then.
struct Rule<'r> {
    /// Where it begins; the first line of the trace if there is none.
    from: Option<&'r str>,
    acknowledgement: &'r str,
    /// The file that carries it.
    log: &'r str,
}

/// As strace is told to write it: descriptors with their paths, long enough strings, all threads.
const STRACE: [&str; 7] = ["-D", "-f", "-y", "-s", "96", "-e", "trace=desc,network"];

#[test]
fn a_save_is_synced_before_it_is_acknowledged() {
    for (name, keychain) in [("with", true), ("without", false)] {
        let world = World::new();
        let a = if keychain { world.device(name) } else { world.device_without_keychain(name) };
        a.add("openai", "first", "sk-first").done();
        let trace = traced(&world, &a, &["add", "openai", "--name", "work", "--stdin"], b"sk-work");
        let wal = a.wal();
        let rule = Rule { from: None, acknowledgement: "\"Saved on this device", log: wal.to_str().unwrap() };
        check(&trace, &rule).unwrap();
        assert!(check(&without_sync(&trace), &rule).is_err(), "the check would not notice");
        assert!(check(&late_sync(&trace), &rule).is_err(), "the check would not notice a late one");
    }
}

#[test]
fn a_push_is_synced_before_the_server_answers() {
    let world = World::new();
    let (mut server, a) = (world.server(), world.device_without_keychain("a"));
    world.create_account(&a, &server);
    server.stop();
    let file = world.path("server-trace");
    start_traced(&mut server, &file);
    a.add("openai", "work", "sk-work").done();
    assert!(a.sync().err.contains("1 change sent"));
    server.stop();

    let trace = fs::read_to_string(&file).unwrap();
    let wal = server.wal();
    let rule = Rule {
        from: Some("\"POST /v1/vaults/"),
        acknowledgement: "\"HTTP/1.1 200 OK",
        log: wal.to_str().unwrap(),
    };
    check(&trace, &rule).unwrap();
    assert!(check(&without_sync(&trace), &rule).is_err(), "the check would not notice");
    assert!(check(&late_sync(&trace), &rule).is_err(), "the check would not notice a late one");
}

/// Runs `keymoor` under strace and returns the trace.
fn traced(world: &World, device: &Device, arguments: &[&str], input: &[u8]) -> String {
    let inner = device.command(arguments);
    let file = world.path("trace");
    let mut command = Command::new("strace");
    command.args(STRACE).arg("-o").arg(&file).arg(inner.get_program()).args(inner.get_args());
    device.dress(&mut command);
    run_fed(command, input).done();
    settled(&file)
}

fn start_traced(server: &mut Server, file: &Path) {
    let inner = server.command();
    let mut command = Command::new("strace");
    command.args(STRACE).arg("-o").arg(file).arg(inner.get_program()).args(inner.get_args());
    server.start_as(command);
}

/// strace is a process beside the traced one here and may write its last line a moment later.
fn settled(file: &Path) -> String {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let trace = fs::read_to_string(file).unwrap_or_default();
        if trace.trim_end().ends_with("+++") || std::time::Instant::now() > deadline {
            return trace;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Follows the trace to the acknowledgement: everything written to the log before it was synced before it.
fn check(trace: &str, rule: &Rule) -> Result<(), String> {
    let lines: Vec<_> = trace.lines().collect();
    let starts = |needle: &str| lines.iter().position(|line| line.contains(needle));
    let from = match rule.from {
        Some(from) => starts(from).ok_or("it never began")?,
        None => 0,
    };
    let is_send =
        |line: &str| ["write(", "writev(", "sendto(", "sendmsg("].iter().any(|call| line.contains(call));
    let to = lines[from..].iter().position(|line| line.contains(rule.acknowledgement) && is_send(line));
    let to = from + to.ok_or("it was never acknowledged")?;
    let (mut written, mut open, mut under_way) = (0, false, None);
    for line in &lines[from..to] {
        let (process, call) = line.split_once(' ').unwrap_or_default();
        let call = call.trim_start();
        let ours = call.contains(&format!("<{}>", rule.log));
        if ours && ["pwrite64(", "pwritev(", "write("].iter().any(|name| call.starts_with(name)) {
            (written, open) = (written + 1, true);
        }
        let sync = ["fsync(", "fdatasync("].iter().any(|name| call.starts_with(name)) && ours;
        match (sync, call.contains("<unfinished ...>")) {
            (true, true) => under_way = Some(process),
            (true, false) => open &= !call.ends_with("= 0"),
            _ => {}
        }
        let resumed = call.starts_with("<... fsync resumed>") || call.starts_with("<... fdatasync resumed>");
        if resumed && under_way == Some(process) && call.ends_with("= 0") {
            (open, under_way) = (false, None);
        }
    }
    match (written, open) {
        (0, _) => Err(format!("nothing was written to {} before the answer", rule.log)),
        (_, true) => Err(format!("{} was not synced before the answer", rule.log)),
        _ => Ok(()),
    }
}

fn is_sync(line: &str) -> bool {
    ["fsync", "fdatasync"].iter().any(|name| line.contains(name))
}

/// The same program with durability turned off.
fn without_sync(trace: &str) -> String {
    trace.lines().filter(|line| !is_sync(line)).collect::<Vec<_>>().join("\n")
}

/// The same program, which syncs after everything else.
fn late_sync(trace: &str) -> String {
    let (late, rest): (Vec<_>, Vec<_>) = trace.lines().partition(|line| is_sync(line));
    [rest, late].concat().join("\n")
}
