//! At a real (pseudo-)terminal: the hidden prompt, what may be printed, and the private memory of whoever waits there.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, tcgetattr},
};

use crate::place::{PASSWORD, Place};

/// A terminal with a program at it.
pub(crate) struct Terminal {
    person: File,
    screen: String,
    pub(crate) child: Child,
}

impl Terminal {
    pub(crate) fn start(command: &mut Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let child = command
            .stdin(Stdio::from(slave.try_clone().unwrap()))
            .stdout(Stdio::from(slave.try_clone().unwrap()))
            .stderr(Stdio::from(slave))
            .spawn()
            .unwrap();
        // The command keeps the slave's descriptors; without them the end is never seen.
        *command = Command::new("true");
        Self { person: File::from(master), screen: String::new(), child }
    }

    pub(crate) fn wait_for(&mut self, text: &str) {
        let late = Instant::now() + Duration::from_secs(60);
        while !self.screen.contains(text) {
            assert!(Instant::now() < late && self.look(), "{text:?} is not on the screen: {:?}", self.screen);
        }
    }

    pub(crate) fn type_in(&mut self, text: &str) {
        self.person.write_all(text.as_bytes()).unwrap();
    }

    /// What was on the screen, and the exit code.
    pub(crate) fn end(mut self) -> (String, i32) {
        while self.look() {}
        (self.screen, self.child.wait().unwrap().code().unwrap())
    }

    fn look(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.person.read(&mut bytes) {
            Ok(0) | Err(_) => false,
            Ok(length) => {
                self.screen.push_str(&String::from_utf8_lossy(&bytes[..length]));
                true
            }
        }
    }
}

fn get(place: &Place, name: &str) -> Vec<u8> {
    place.keymoor().args(["get", name, "--raw"]).output().unwrap().stdout
}

#[test]
fn a_key_is_asked_for_and_never_shown() {
    let place = Place::new();
    let mut terminal =
        Terminal::start(place.keymoor().args(["add", "openai", "--name", "work", "--no-verify"]));
    terminal.wait_for("Secret of openai/work: ");
    terminal.type_in("sk-typed-at-a-prompt\n");
    let (screen, code) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("Saved on this device: openai/work, version 1."), "{screen}");
    assert!(!screen.contains("typed-at"), "{screen}");
    assert_eq!(get(&place, "work"), b"sk-typed-at-a-prompt");
}

#[test]
fn a_pasted_file_of_many_lines_is_one_secret() {
    let place = Place::new();
    let json = format!("{{\n  \"private_key\": \"{}\"\n}}", "k".repeat(6000));
    let mut terminal = Terminal::start(place.keymoor().args(["add", "google", "--name", "robot"]));
    terminal.wait_for("Secret of google/robot: ");
    for part in format!("\x1b[200~{json}\n\x1b[201~\n").into_bytes().chunks(1000) {
        terminal.type_in(std::str::from_utf8(part).unwrap());
        thread::sleep(Duration::from_millis(20));
    }
    let (screen, code) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert_eq!(get(&place, "robot"), json.as_bytes());
}

/// What is larger than the terminal holds arrives after the prompt has refused it; whoever reads next must not get it.
#[test]
fn the_rest_of_a_refused_paste_is_dropped() {
    let place = Place::new();
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        r#""$1" add openai --name work --no-verify; read -r rest; echo "after: [$rest]""#,
        "sh",
    ]);
    let keymoor = place.keymoor();
    shell.arg(keymoor.get_program());
    for (name, value) in keymoor.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let lines = "echo PLANTED\n".repeat(12_000);
    for paste in [format!("\x1b[200~{lines}\x1b[201~\n"), lines] {
        let mut again = Command::new(shell.get_program());
        again.args(shell.get_args()).env_clear();
        again.envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut terminal = Terminal::start(&mut again);
        terminal.wait_for("Secret of openai/work: ");
        let mut person = terminal.person.try_clone().unwrap();
        let (refused, told) = mpsc::channel();
        // From a thread of its own: what the shell echoes has to be read meanwhile.
        thread::spawn(move || {
            let _ = person.write_all(paste.as_bytes());
            let _ = told.recv();
            let _ = person.write_all(b"done\n");
        });
        terminal.wait_for("Nothing was");
        refused.send(()).unwrap();
        let (screen, _) = terminal.end();
        assert!(screen.contains("after: [done]"), "{screen}");
        assert!(!screen.contains("PLANTED"), "{screen}");
    }
}

#[test]
fn whatever_ends_the_prompt_the_terminal_shows_again_what_is_typed() {
    let place = Place::new();
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut terminal =
            Terminal::start(place.keymoor().args(["add", "openai", "--name", "work", "--no-verify"]));
        terminal.wait_for("Secret of openai/work: ");
        assert!(!tcgetattr(&terminal.person).unwrap().local_modes.contains(LocalModes::ECHO));
        kill_process(Pid::from_child(&terminal.child), signal).unwrap();
        terminal.wait_for("\x1b[?2004l");
        assert_eq!(terminal.child.wait().unwrap().signal(), Some(signal.as_raw()));
        assert!(tcgetattr(&terminal.person).unwrap().local_modes.contains(LocalModes::ECHO), "{signal:?}");
    }
}

#[test]
fn fields_are_asked_for_hidden() {
    let place = Place::new();
    let mut terminal = Terminal::start(place.keymoor().args(["add", "aws", "--name", "x", "--fields-stdin"]));
    terminal.wait_for(", as JSON: ");
    terminal.type_in("{\"id\":\"typed-at-a-prompt\"}\n");
    let (screen, code) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains("typed-at"), "{screen}");
    assert_eq!(get(&place, "x"), b"typed-at-a-prompt");
}

#[test]
fn a_credential_of_several_fields_is_asked_for_field_by_field() {
    let place = Place::new();
    let mut terminal = Terminal::start(place.keymoor().args(["add", "aws", "--name", "prod", "--no-verify"]));
    terminal.wait_for("Access key id");
    terminal.type_in("AKIAQ3EGT7WXN2VB5ZLM\n");
    terminal.wait_for("Secret access key");
    terminal.type_in("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\n");
    let (screen, code) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("AKIAQ3EGT7WXN2VB5ZLM") && !screen.contains("hidden+"), "{screen}");
    let field = |name: &str| {
        let output = place.keymoor().args(["get", "prod", name, "--raw"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(field("access_key_id"), "AKIAQ3EGT7WXN2VB5ZLM");
    assert_eq!(field("secret_access_key"), "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");
}

#[test]
fn ctrl_c_at_the_prompt_stores_nothing() {
    let place = Place::new();
    let mut terminal =
        Terminal::start(place.keymoor().args(["add", "openai", "--name", "work", "--no-verify"]));
    terminal.wait_for("Secret of openai/work: ");
    terminal.type_in("sk-hal\x03");
    let (screen, code) = terminal.end();
    assert_eq!(code, 1);
    assert!(screen.contains("Given up. Nothing was changed."), "{screen}");
    assert!(!place.path().join("home").exists());
}

#[test]
fn a_new_vault_asks_for_its_password_twice_and_an_old_one_once() {
    let place = Place::new();
    let mut terminal = Terminal::start(place.keymoor().env_remove("KEYMOOR_PASSWORD_FILE").arg("list"));
    terminal.wait_for("Choose a password for this vault: ");
    terminal.type_in(&format!("{PASSWORD}\n"));
    terminal.wait_for("Once more: ");
    terminal.type_in("something else\n");
    let (screen, code) = terminal.end();
    assert_eq!(code, 2, "{screen}");
    assert!(screen.contains("The two passwords are not the same."), "{screen}");

    let mut terminal = Terminal::start(place.keymoor().env_remove("KEYMOOR_PASSWORD_FILE").arg("list"));
    terminal.wait_for("Choose a password for this vault: ");
    terminal.type_in(&format!("{PASSWORD}\n"));
    terminal.wait_for("Once more: ");
    terminal.type_in(&format!("{PASSWORD}\n"));
    assert_eq!(terminal.end().1, 0);

    let mut terminal = Terminal::start(place.keymoor().env_remove("KEYMOOR_PASSWORD_FILE").arg("list"));
    terminal.wait_for("Password of this vault: ");
    terminal.type_in(&format!("{PASSWORD}\n"));
    let (screen, code) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains(PASSWORD), "{screen}");
}

#[test]
fn erasing_asks_once_and_anything_but_yes_erases_nothing() {
    let place = Place::new();
    let mut add = place.keymoor();
    add.args(["add", "openai", "--name", "work", "--stdin"]).stdin(Stdio::piped());
    let mut child = add.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"sk-1").unwrap();
    assert!(child.wait().unwrap().success());
    assert!(place.keymoor().args(["rm", "work"]).status().unwrap().success());
    let trashed = || place.keymoor().args(["trash", "--json"]).output().unwrap().stdout != b"[]\n";
    for (answer, code, left) in [("no\n", 1, true), ("\n", 1, true), ("yes\n", 0, false)] {
        let mut terminal = Terminal::start(place.keymoor().args(["erase", "work"]));
        terminal.wait_for("Erase work for good, with its history?");
        terminal.type_in(answer);
        let (screen, ended) = terminal.end();
        assert_eq!((ended, trashed()), (code, left), "{screen}");
    }
}

#[test]
fn names_and_notes_cannot_act_on_the_terminal() {
    let place = Place::new();
    let note = "first\u{1b}[2Jline\n\u{202e}second\u{7}";
    let mut add = place.keymoor();
    add.args(["add", "openai", "--name", "work", "--stdin", "--note", note]).stdin(Stdio::piped());
    let mut child = add.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"sk-1").unwrap();
    assert!(child.wait().unwrap().success());
    let (screen, code) = Terminal::start(place.keymoor().args(["show", "work"])).end();
    assert_eq!(code, 0);
    assert!(screen.contains("  first\\u{1b}[2Jline\r\n  \\u{202e}second\\u{7}\r\n"), "{screen:?}");
    assert!(!screen.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{screen:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_waits_for_a_key_dumps_no_core() {
    let place = Place::new();
    let mut terminal =
        Terminal::start(place.keymoor().args(["add", "openai", "--name", "work", "--no-verify"]));
    terminal.wait_for("Secret of openai/work: ");
    let limits = fs::read_to_string(format!("/proc/{}/limits", terminal.child.id())).unwrap();
    let core: Vec<_> = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(core[4], "0", "{limits}");
    terminal.type_in("\x03");
    terminal.end();
}

/// A provider on this machine that accepts one key, or takes its time without end.
fn provider(answers: bool) -> (String, mpsc::Receiver<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (came, asked) = mpsc::channel();
    thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        came.send(()).unwrap();
        match answers {
            true => stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"data\":[]}")
                .unwrap(),
            false => while matches!(stream.read(&mut request), Ok(1..)) {},
        }
    });
    (address, asked)
}

fn add_watched(place: &Place, address: &str) -> Terminal {
    let mut command = place.keymoor();
    command.env("KEYMOOR_PROVIDER_BASE_OPENAI", address);
    let mut terminal =
        Terminal::start(command.args(["add", "openai", "--name", "work", "--allow-test-providers"]));
    terminal.wait_for("Secret of openai/work: ");
    terminal.type_in("sk-typed-at-a-prompt\n");
    terminal
}

#[test]
fn where_somebody_watches_a_saved_key_is_verified_unless_that_is_off() {
    let place = Place::new();
    let (address, asked) = provider(true);
    let (screen, code) = add_watched(&place, &address).end();
    assert_eq!(code, 0, "{screen}");
    let (saved, told) = (screen.find("Saved on this device"), screen.find("openai/work: accepted"));
    assert!(saved.is_some() && saved < told, "{screen}");
    asked.try_recv().unwrap();

    let other = Place::new();
    assert!(other.keymoor().args(["verify", "--on-save", "off"]).output().unwrap().status.success());
    // Nothing listens there: being asked would be told.
    let (screen, code) = add_watched(&other, "http://127.0.0.1:9").end();
    assert_eq!(code, 0, "{screen}");
    assert!(
        screen.contains("Saved on this device") && !screen.contains("openai/work: the provider"),
        "{screen}"
    );
}

#[test]
fn giving_up_on_the_answer_costs_nothing_of_the_save() {
    let place = Place::new();
    let (address, asked) = provider(false);
    let mut terminal = add_watched(&place, &address);
    terminal.wait_for("Asking OpenAI");
    asked.recv_timeout(Duration::from_secs(60)).unwrap();
    kill_process(Pid::from_child(&terminal.child), Signal::INT).unwrap();
    let ended = terminal.child.wait().unwrap();
    assert_eq!(ended.signal(), Some(Signal::INT.as_raw()));
    assert_eq!(get(&place, "work"), b"sk-typed-at-a-prompt");
    let listed = place.keymoor().args(["list", "--json"]).output().unwrap().stdout;
    assert!(
        String::from_utf8(listed).unwrap().contains("\"status\": \"unchecked\""),
        "nothing stays verifying"
    );
}
