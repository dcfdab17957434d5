//! Programs that are lent keys: what they get, what becomes of signals and files, and that nothing else reaches them.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use keymoor_journeys::{Device, World, eventually};

const ROBOT: &str = r#"{"type":"service_account","robot":1}"#;
/// Nobody but its own program may see it.
const CANARY: &str = "sk-canary-of-another-credential";

/// A device with one key that goes into a variable, one that goes into a file, and one for nobody.
fn device(world: &World) -> Device {
    let mut device = world.device_without_keychain("a");
    fs::create_dir_all(device.path("tmp")).unwrap();
    device.set("TMPDIR", device.path("tmp"));
    device.add("openai", "work", "sk-work").done();
    device.add("google_service_account", "robot", ROBOT).done();
    device.add("anthropic", "canary", CANARY).done();
    device
}

/// The two ways in which a program is run: in place of `keymoor`, and under it.
const WAYS: [&str; 2] = ["work", "robot"];

/// The folders in which private files are or were.
fn left(device: &Device) -> Vec<PathBuf> {
    fs::read_dir(device.path("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// A program under `keymoor`.
struct Running {
    keymoor: Child,
    says: BufReader<ChildStdout>,
    /// Where its private file is.
    path: PathBuf,
    process: String,
}

/// A program that has said where its file is.
fn start(device: &Device, script: &str) -> Running {
    let script = format!("echo $$ $GOOGLE_APPLICATION_CREDENTIALS; {script}");
    let mut command = device.command(&["run", "--with", "robot", "--", "sh", "-c", &script]);
    let mut keymoor = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut says = BufReader::new(keymoor.stdout.take().unwrap());
    let line = line(&mut says);
    let (process, path) = line.split_once(' ').unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), ROBOT);
    Running { keymoor, says, path: PathBuf::from(path), process: process.to_owned() }
}

fn line(says: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    says.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn signal(process: &str, signal: &str) {
    assert!(Command::new("kill").args(["-s", signal, process]).status().unwrap().success());
}

const HANDED_ON: [&str; 12] =
    ["TERM", "HUP", "USR1", "USR2", "INT", "QUIT", "ALRM", "VTALRM", "PROF", "XCPU", "XFSZ", "ABRT"];

#[test]
fn signals_are_handed_on_and_the_file_goes_with_the_program() {
    let world = World::new();
    let device = device(&world);
    for (number, name) in HANDED_ON.into_iter().enumerate() {
        let code = 40 + number;
        let script = format!("trap 'exit {code}' {name}; echo; while :; do sleep 0.02; done");
        let Running { keymoor: mut child, mut says, path, .. } = start(&device, &script);
        // The second line is written after the trap is set.
        line(&mut says);
        signal(&child.id().to_string(), name);
        assert_eq!(child.wait().unwrap().code(), Some(i32::try_from(code).unwrap()), "{name}");
        assert!(!path.exists() && left(&device).is_empty(), "{name}: {:?}", left(&device));
    }
}

#[test]
fn a_death_by_signal_is_passed_on_as_it_was() {
    let world = World::new();
    let device = device(&world);
    for with in WAYS {
        for (name, number) in [("KILL", 9), ("TERM", 15), ("SEGV", 11), ("INT", 2)] {
            let script = format!("kill -s {name} $$");
            let ran = device.run(&["run", "--with", with, "--", "sh", "-c", &script]);
            assert_eq!(ran.code, None, "{ran}");
            let mut command = device.command(&["run", "--with", with, "--", "sh", "-c", &script]);
            assert_eq!(command.status().unwrap().signal(), Some(number), "{with} {name}");
        }
    }
    assert!(left(&device).is_empty(), "{:?}", left(&device));
}

#[test]
fn what_a_killed_one_left_goes_with_the_next_and_not_before_its_time() {
    let world = World::new();
    let device = device(&world);
    let mut killed = start(&device, "exec sleep 600 >/dev/null");
    let mut living = start(&device, "exec sleep 600 >/dev/null");
    let (left_behind, in_use) = (&killed.path, &living.path);
    killed.keymoor.kill().unwrap();
    killed.keymoor.wait().unwrap();
    assert!(left_behind.exists(), "nobody could remove it");
    device.done(&["run", "--with", "work", "--", "true"]);
    assert!(!left_behind.exists() && !left_behind.parent().unwrap().exists());
    assert_eq!(fs::read_to_string(in_use).unwrap(), ROBOT, "that of the living stays");
    signal(&killed.process, "KILL");
    signal(&living.process, "KILL");
    assert_eq!(living.keymoor.wait().unwrap().signal(), Some(9));
    assert!(left(&device).is_empty());
}

#[test]
fn private_files_lie_in_memory_where_there_is_a_place_for_that() {
    let world = World::new();
    let mut device = device(&world);
    let runtime = device.path("runtime");
    fs::create_dir(&runtime).unwrap();
    device.set("XDG_RUNTIME_DIR", &runtime);
    let place = |device: &Device| {
        let script = "stat -c '%a %A' ${GOOGLE_APPLICATION_CREDENTIALS%/*} $GOOGLE_APPLICATION_CREDENTIALS; \
                      echo $GOOGLE_APPLICATION_CREDENTIALS";
        device.done(&["run", "--with", "robot", "--", "sh", "-c", script]).text()
    };
    mode(&runtime, 0o755);
    assert!(place(&device).contains("/a/tmp/keymoor-run-"), "others can look into it");
    mode(&runtime, 0o700);
    let said = place(&device);
    assert!(said.contains("/a/runtime/keymoor-run-"), "{said}");
    assert!(said.starts_with("700 drwx------\n600 -rw-------\n"), "{said}");
    assert!(fs::read_dir(&runtime).unwrap().next().is_none());
}

fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn nothing_else_of_the_vault_reaches_the_program() {
    let world = World::new();
    let devices = vec![device(&world), world.device("b")];
    for (provider, name, secret) in [
        ("openai", "work", "sk-work"),
        ("google_service_account", "robot", ROBOT),
        ("anthropic", "canary", CANARY),
    ] {
        devices[1].add(provider, name, secret).done();
    }
    for device in &devices {
        // What the same program has when nobody lends it anything.
        let script = "for file in /proc/$$/fd/*; do echo ${file##*/}; done; echo; tr '\\0' '\\n' < /proc/$$/environ | cut -d= -f1 | sort";
        let mut plain = Command::new("sh");
        device.dress(plain.args(["-c", script]));
        let plain = keymoor_journeys::run_fed(plain, b"").done().text();
        let names = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
        for (with, lent) in WAYS.into_iter().zip([
            &["OPENAI_API_KEY"][..],
            &["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS_JSON", "GOOGLE_CREDENTIALS"],
        ]) {
            let said = device.done(&["run", "--with", with, "--", "sh", "-c", script]).text();
            let mut expected = names(&plain);
            expected.retain(|name| name != "KEYMOOR_PASSWORD_FILE");
            let mut got = names(&said);
            got.retain(|name| !lent.contains(&name.as_str()));
            assert_eq!(got, expected, "{with}");
            for name in lent {
                assert!(said.contains(name), "{name} is missing: {said}");
            }
            let all = device.done(&["run", "--with", with, "--", "sh", "-c", "cat /proc/$$/environ"]);
            assert!(!all.text().contains(CANARY), "{with}");
        }
    }
}

#[test]
fn the_program_lives_as_if_it_had_been_started_without_keymoor() {
    let world = World::new();
    let device = device(&world);
    // Limits of core dumps, whether it may be dumped at all, ignored and blocked signals, its name.
    let look = r#"ulimit -S -c; ulimit -H -c; grep -E 'SigIgn|SigBlk' /proc/self/status; echo "$0"
        python3 -c 'import ctypes; print("dumpable", ctypes.CDLL(None).prctl(3))'"#;
    let of = |before: &str, command: &[&str]| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!(r#"{before}; exec "$@""#), "sh"]).args(command);
        device.dress(&mut shell);
        let said = keymoor_journeys::run_fed(shell, b"").done().text();
        // Signals beyond 31 are the C library's own; it ignores them in whatever it starts.
        let named = |line: &str| match line.split_once(":\t") {
            Some((mask, bits)) => {
                format!("{mask} {:x}", u64::from_str_radix(bits, 16).unwrap() & 0x7fff_ffff)
            }
            None => line.to_owned(),
        };
        said.lines().map(named).collect::<Vec<_>>()
    };
    let keymoor = keymoor_journeys::program("keymoor");
    let program = ["sh", "-c", look];
    for before in ["ulimit -S -c 1024", "trap '' HUP INT USR1"] {
        let plain = of(before, &program);
        assert_eq!(plain.last().unwrap(), "dumpable 1");
        for with in WAYS {
            let run = [&[keymoor.to_str().unwrap(), "run", "--with", with, "--"], &program[..]].concat();
            assert_eq!(of(before, &run), plain, "{before}, {with}");
        }
    }
    // And what it ignores does not end whoever waits for it either.
    let Running { keymoor: mut child, mut says, path, process } =
        start(&device, "trap '' USR1; echo; exec sleep 600");
    line(&mut says);
    signal(&child.id().to_string(), "USR1");
    assert!(child.try_wait().unwrap().is_none() && path.exists());
    signal(&process, "TERM");
    assert_eq!(child.wait().unwrap().signal(), Some(15));
}

#[test]
fn a_script_that_does_not_say_by_what_it_is_run_is_run_by_the_shell() {
    let world = World::new();
    let device = device(&world);
    let script = device.path("script");
    fs::write(&script, "echo $1 $GOOGLE_CREDENTIALS$OPENAI_API_KEY; exit 7\n").unwrap();
    mode(&script, 0o755);
    for (with, lent) in WAYS.into_iter().zip(["sk-work", ROBOT]) {
        let ran = device.run(&["run", "--with", with, "--", script.to_str().unwrap(), "said"]);
        assert_eq!((ran.code, ran.text()), (Some(7), format!("said {lent}\n")), "{with}: {ran}");
    }
}

#[test]
fn what_does_not_start_is_not_said_to_be_lent_nothing() {
    let world = World::new();
    let device = device(&world);
    let script = device.path("script");
    fs::write(&script, "#!/nowhere/at-all\n").unwrap();
    mode(&script, 0o755);
    for with in WAYS {
        let ran = device.run(&["run", "--with", with, "--", script.to_str().unwrap()]);
        ran.ends(126, &["cannot be run.", "In the activity it stands as lent all the same."]);
    }
    assert!(left(&device).is_empty(), "{:?}", left(&device));
}

/// A key has to be there when it is needed: it is, and what could not be noted is said.
#[test]
fn a_use_that_cannot_be_noted_is_said_and_the_key_is_there() {
    let world = World::new();
    let device = device(&world);
    device.done(&["get", "work"]);
    let uses = device.cache().with_file_name("keymoor.db.uses");
    // Whoever runs this, root as well, cannot write to a folder.
    fs::remove_file(&uses).unwrap();
    fs::create_dir(&uses).unwrap();
    let said = "could not be noted in the activity";
    let ran =
        device.run(&["run", "--with", "work", "--with", "canary", "--", "sh", "-c", "echo $OPENAI_API_KEY"]);
    assert_eq!((ran.code, ran.text().as_str()), (Some(0), "sk-work\n"), "{ran}");
    assert_eq!(ran.err.matches(said).count(), 1, "{ran}");
    let got = device.run(&["get", "work"]);
    assert_eq!(got.text(), "sk-work\n");
    assert!(got.err.contains(said), "{got}");
}

#[test]
fn input_and_output_are_the_program_s() {
    let world = World::new();
    let device = device(&world);
    for with in WAYS {
        let ran = device.feed(&["run", "--with", with, "--", "sh", "-c", "cat; echo said >&2"], b"typed");
        assert_eq!((ran.text().as_str(), ran.err.as_str()), ("typed", "said\n"), "{with}");
    }
}

#[test]
fn the_nearest_project_file_says_what_is_lent() {
    let world = World::new();
    let device = device(&world);
    let (outer, inner) = (device.path("project"), device.path("project/src/deep"));
    fs::create_dir_all(&inner).unwrap();
    fs::write(outer.join("keymoor.toml"), "with = [\"work\"]\n").unwrap();
    let run_in = |folder: &Path| {
        let mut command =
            device.command(&["run", "--", "sh", "-c", "echo $OPENAI_API_KEY $ANTHROPIC_API_KEY"]);
        command.current_dir(folder);
        keymoor_journeys::run_fed(command, b"")
    };
    let ran = run_in(&inner).done();
    assert_eq!(ran.text(), "sk-work\n");
    assert!(ran.err.contains("/project/keymoor.toml lends work."), "{ran}");
    fs::write(inner.join("keymoor.toml"), "with = [\"canary\"]\n").unwrap();
    assert_eq!(run_in(&inner).done().text(), format!("{CANARY}\n"));
    run_in(device.path("").as_path()).ends(2, &["Nothing says what to lend"]);

    let file = outer.join("keymoor.toml");
    mode(&file, 0o666);
    run_in(&outer).ends(2, &["others may write it", "chmod go-w"]);
    mode(&file, 0o644);
    run_in(&outer).done();
    // Another user's, which only root can make: the tests of a user who is not root leave it out.
    if std::os::unix::fs::chown(&file, Some(12_345), None).is_ok() {
        run_in(&outer).ends(2, &["belongs to another user"]);
    }
}

#[test]
fn a_damaged_cache_is_mended_before_the_program_starts() {
    let world = World::new();
    let device = world.device("a");
    device.add("openai", "work", "sk-work").done();
    device.done(&["get", "work"]);
    let bytes = fs::read(device.cache()).unwrap();
    let mut torn = bytes.clone();
    torn[4096..].fill(0xa5);
    fs::write(device.cache(), torn).unwrap();
    let _ = fs::remove_file(device.wal());
    let ran = device.run(&["run", "--with", "work", "--", "sh", "-c", "echo once $OPENAI_API_KEY"]).done();
    assert_eq!(ran.text(), "once sk-work\n", "{ran}");
    eventually("the cache is whole", || device.run(&["doctor"]).code == Some(0));
}
