//! The clipboard of a real X server, which the test starts itself.

use std::{
    fs,
    io::Write as _,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::place::Place;

const SECRET: &str = "sk-on-the-clipboard";

/// An X server without a screen. It chooses a free display itself.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn start(place: &Place) -> Self {
        let chosen = place.path().join("display");
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"])
            .stdout(fs::File::create(&chosen).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is needed (package xvfb)");
        let mut display = Self { server, name: String::new() };
        let late = Instant::now() + Duration::from_secs(30);
        while display.name.is_empty() {
            assert!(Instant::now() < late, "Xvfb does not start");
            thread::sleep(Duration::from_millis(50));
            let number = fs::read_to_string(&chosen).unwrap();
            if number.ends_with('\n') {
                display.name = format!(":{}", number.trim());
            }
        }
        display
    }

    fn clipboard(&self, target: &str) -> String {
        let output = Command::new("xclip")
            .args(["-selection", "clipboard", "-out", "-target", target])
            .env("DISPLAY", &self.name)
            .output()
            .expect("xclip is needed (package xclip)");
        String::from_utf8(output.stdout).unwrap()
    }

    fn put(&self, text: &str) {
        let mut child = Command::new("xclip")
            .args(["-selection", "clipboard", "-in"])
            .env("DISPLAY", &self.name)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn with_a_key(place: &Place) {
    let mut add = place.keymoor();
    add.args(["add", "openai", "--name", "work", "--stdin"]).stdin(Stdio::piped()).stderr(Stdio::null());
    let mut child = add.spawn().unwrap();
    child.stdin.take().unwrap().write_all(SECRET.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

fn copy(place: &Place, display: &Display) {
    let output = place.keymoor().env("DISPLAY", &display.name).args(["copy", "work"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty());
    assert_eq!(output.stderr, b"Copied. The clipboard is cleared in 30 seconds.\n");
}

#[test]
fn a_copied_secret_outlives_the_command_and_goes_after_half_a_minute() {
    let place = Place::new();
    with_a_key(&place);
    let display = Display::start(&place);
    let begin = Instant::now();
    copy(&place, &display);
    assert_eq!(display.clipboard("UTF8_STRING"), SECRET);
    assert_eq!(display.clipboard("x-kde-passwordManagerHint"), "secret");
    nobody_shows(SECRET);
    thread::sleep(Duration::from_secs(27).saturating_sub(begin.elapsed()));
    assert_eq!(display.clipboard("UTF8_STRING"), SECRET, "still there before its time");
    let late = begin + Duration::from_secs(40);
    while display.clipboard("UTF8_STRING") == SECRET {
        assert!(Instant::now() < late, "not cleared in time");
        thread::sleep(Duration::from_millis(200));
    }
    assert!(begin.elapsed() >= Duration::from_secs(30));
    assert_eq!(display.clipboard("UTF8_STRING"), "");
}

#[test]
fn what_another_program_copied_meanwhile_stays() {
    let place = Place::new();
    with_a_key(&place);
    let display = Display::start(&place);
    copy(&place, &display);
    display.put("something else");
    thread::sleep(Duration::from_secs(32));
    assert_eq!(display.clipboard("UTF8_STRING"), "something else");
}

#[test]
fn a_key_is_taken_from_the_clipboard() {
    let place = Place::new();
    let display = Display::start(&place);
    display.put(SECRET);
    let add = |name: &str| {
        place
            .keymoor()
            .env("DISPLAY", &display.name)
            .args(["add", "openai", "--name", name, "--clipboard"])
            .output()
            .unwrap()
    };
    assert!(add("work").status.success());
    assert_eq!(place.keymoor().args(["get", "work", "--raw"]).output().unwrap().stdout, SECRET.as_bytes());
    display.put("");
    assert_eq!(add("other").status.code(), Some(2));
}

/// No process of this machine has the text among its arguments or in its environment.
fn nobody_shows(text: &str) {
    let has = |path: std::path::PathBuf| {
        fs::read(path).is_ok_and(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    for process in fs::read_dir("/proc").unwrap().map(|process| process.unwrap().path()) {
        assert!(!has(process.join("cmdline")) && !has(process.join("environ")), "{}", process.display());
    }
}
