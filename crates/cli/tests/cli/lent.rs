//! A program that is lent a file, at a real (pseudo-)terminal: Ctrl-C reaches it once.

use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    place::{PASSWORD, Place},
    terminal::Terminal,
};

/// A place with a service account, which goes into a file, so that `keymoor` waits for the program.
fn place() -> Place {
    let place = Place::new();
    std::fs::write(place.path().join("json"), "{}").unwrap();
    let mut add = place.keymoor();
    add.args(["add", "google_service_account", "--name", "robot", "--stdin"]);
    add.stdin(std::fs::File::open(place.path().join("json")).unwrap()).stderr(Stdio::null());
    assert!(add.status().unwrap().success());
    place
}

/// Its terminal is that of the session, as a shell's: a key there is a signal to all in the foreground.
fn at_its_terminal(place: &Place, script: &str) -> Command {
    lent_at_its_terminal(place, "robot", ":", script)
}

/// The same with another credential, after a shell did something `before`.
fn lent_at_its_terminal(place: &Place, with: &str, before: &str, script: &str) -> Command {
    let keymoor = place.keymoor();
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!(r#"{before}; exec setsid --ctty "$@""#), "sh"])
        .arg(keymoor.get_program())
        .args(["run", "--with", with, "--", "sh", "-c", script]);
    command.current_dir(place.path()).env_clear();
    command.envs(keymoor.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Counts every one of them, also two that come at once.
const COUNTS: &str = r#"exec python3 -u -c '
import os, signal, sys
heard, tell = os.pipe()
os.set_blocking(tell, False)
signal.set_wakeup_fd(tell)
for number in signal.SIGINT, signal.SIGTERM:
    signal.signal(number, lambda *_: None)
print("ready")
count = 0
while True:
    for number in os.read(heard, 100):
        if number == signal.SIGTERM:
            print("in all", count)
            sys.exit(3)
        count += 1
        print("interrupted", count)
'"#;

#[test]
fn ctrl_c_reaches_the_program_once_and_what_another_sends_as_well() {
    let place = place();
    let mut terminal = Terminal::start(&mut at_its_terminal(&place, COUNTS));
    terminal.wait_for("ready");
    for _ in 0..20 {
        terminal.type_in("\x03");
        thread::sleep(Duration::from_millis(30)); // long enough for a second one
    }
    terminal.wait_for("interrupted 20");
    let keymoor = Pid::from_child(&terminal.child);
    kill_process(keymoor, Signal::INT).unwrap();
    terminal.wait_for("interrupted 21");
    kill_process(keymoor, Signal::TERM).unwrap();
    let (screen, code) = terminal.end();
    assert!(screen.contains("in all 21"), "{screen}");
    assert_eq!(code, 3, "{screen}");
}

#[test]
fn ctrl_c_ends_a_program_that_does_nothing_about_it() {
    let place = place();
    let mut terminal = Terminal::start(&mut at_its_terminal(&place, "echo ready; exec sleep 600"));
    terminal.wait_for("ready");
    terminal.type_in("\x03");
    assert_eq!(terminal.child.wait().unwrap().signal(), Some(Signal::INT.as_raw()));
}

/// The prompt listens to signals, too, and must not end whoever waits for the program.
#[test]
fn signals_reach_the_program_also_after_a_password_was_asked_for() {
    let place = place();
    let mut command = at_its_terminal(&place, COUNTS);
    command.env_remove("KEYMOOR_PASSWORD_FILE");
    let mut terminal = Terminal::start(&mut command);
    terminal.wait_for("Password of this vault: ");
    terminal.type_in(&format!("{PASSWORD}\n"));
    terminal.wait_for("ready");
    terminal.type_in("\x03");
    terminal.wait_for("interrupted 1");
    kill_process(Pid::from_child(&terminal.child), Signal::TERM).unwrap();
    let (screen, code) = terminal.end();
    assert!(screen.contains("in all 1"), "{screen}");
    assert_eq!(code, 3, "{screen}");
}

/// `timeout` makes a group of its own, and the terminal tells that one nothing.
#[test]
fn ctrl_c_reaches_a_program_that_left_the_group() {
    let place = place();
    let waits = "trap 'echo interrupted; exit 4' INT; echo ready; while :; do sleep 0.02; done";
    let script = format!(r#"exec timeout 600 sh -c "{waits}""#);
    let mut terminal = Terminal::start(&mut at_its_terminal(&place, &script));
    terminal.wait_for("ready");
    terminal.type_in("\x03");
    let (screen, code) = terminal.end();
    assert!(screen.contains("interrupted"), "{screen}");
    assert_eq!(code, 4, "{screen}");
}

/// As under `nohup`: the prompt, which listens to signals, comes before the program.
#[cfg(target_os = "linux")]
#[test]
fn what_is_ignored_stays_ignored_also_after_a_password_was_asked_for() {
    let place = place();
    for with in ["robot", "robot=KEY"] {
        let look = "grep SigIgn /proc/self/status; echo done";
        let mut command = lent_at_its_terminal(&place, with, "trap '' HUP", look);
        command.env_remove("KEYMOOR_PASSWORD_FILE");
        let mut terminal = Terminal::start(&mut command);
        terminal.wait_for("Password of this vault: ");
        terminal.type_in(&format!("{PASSWORD}\n"));
        terminal.wait_for("done");
        let (screen, _) = terminal.end();
        let mask = screen.split("SigIgn:").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
        assert_eq!(u64::from_str_radix(mask, 16).unwrap() & 1, 1, "{with}: {screen}");
    }
}
