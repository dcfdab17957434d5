//! At a real (pseudo-)terminal: what was not said is asked for.

use std::{io::Write as _, process::Stdio};

use crate::{place::Place, terminal::Terminal};

/// A fake that has the shape of a real one.
const OPENAI: &str = "sk-proj-Zq7Wm2Xc9Vb4Nn1Kl8Jh5Gf3Dd6Ss0AaT3BlbkFJQw2Er4Ty6Ui8Op1As3Df5Gh7Jk9Lz";

fn get(place: &Place, arguments: &[&str]) -> String {
    let output = place.keymoor().arg("get").args(arguments).arg("--raw").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn add(place: &Place, arguments: &[&str], input: &str) {
    let mut command = place.keymoor();
    command.arg("add").args(arguments).stdin(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// Answers one question after the other; returns the screen, and the exit code.
fn answered(terminal: &mut Terminal, answers: &[(&str, &str)]) {
    for (question, answer) in answers {
        terminal.wait_for(question);
        terminal.type_in(&format!("{answer}\n"));
    }
}

#[test]
fn a_name_that_was_not_said_is_asked_for_and_a_free_one_offered() {
    let place = Place::new();
    let added = |provider: &[&str], answers: &[(&str, &str)]| {
        let mut terminal = Terminal::start(place.keymoor().arg("add").args(provider).arg("--no-verify"));
        answered(&mut terminal, answers);
        let (screen, code) = terminal.end();
        assert_eq!(code, 0, "{screen}");
        screen
    };
    let asks = "What do you call this credential of OpenAI?";
    added(&["openai"], &[("Secret of openai: ", "sk-first"), (&format!("{asks} (Enter: default) "), "")]);
    assert_eq!(get(&place, &["openai/default"]), "sk-first");
    // Without the provider it is the secret that tells what to ask.
    added(&[], &[("Secret: ", OPENAI), (&format!("{asks} (Enter: default-2) "), "  work ")]);
    assert_eq!(get(&place, &["openai/work"]), OPENAI);

    // A slip costs nothing: it is asked again, and the secret is still there.
    let again = [
        ("Secret of openai: ", "sk-third"),
        ("(Enter: default-2) ", "work"),
        ("openai already has a credential named \"work\".", "ghp_Tq3nVw8bXkRzQw2Er4Ty6Ui8Op0As1Df5Gh7"),
        ("not a name", "play"),
    ];
    let screen = added(&["openai"], &again);
    assert!(screen.contains("Saved on this device: openai/play, version 1."), "{screen}");
    assert_eq!(
        (get(&place, &["openai/play"]), get(&place, &["openai/work"])),
        ("sk-third".into(), OPENAI.into())
    );
}

#[test]
fn whoever_gives_up_at_the_name_has_stored_nothing() {
    let place = Place::new();
    let mut terminal = Terminal::start(place.keymoor().args(["add", "openai", "--no-verify"]));
    answered(&mut terminal, &[("Secret of openai: ", "sk-first")]);
    terminal.wait_for("What do you call");
    terminal.type_in("\x04");
    let (screen, code) = terminal.end();
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("Given up. Nothing was changed."), "{screen}");
    assert_eq!(place.keymoor().args(["list", "--json"]).output().unwrap().stdout, b"[]\n");
}

#[test]
fn several_fields_are_asked_for_one_by_one_and_enter_keeps_one() {
    let place = Place::new();
    let aws = ["aws", "--name", "prod", "--fields-stdin", "--set", "access_key_id=AKIAQ3EGT7WXN2VB5ZLM"];
    add(
        &place,
        &aws,
        r#"{"secret_access_key": "first+Tq3nVw8bXkRzQw2Er4Ty6Ui8Op0As1Df5Gh7J", "session_token": "t1"}"#,
    );
    let edited = |answers: &[(&str, &str)]| {
        let mut terminal = Terminal::start(place.keymoor().args(["edit", "prod", "--no-verify"]));
        answered(&mut terminal, answers);
        let (screen, code) = terminal.end();
        assert_eq!(code, 0, "{screen}");
        screen
    };
    let (id, secret, token) = (
        "Access key id (Enter keeps AKIAQ3EGT7WXN2VB5ZLM): ",
        "Secret access key (Enter keeps it): ",
        "Session token (Enter keeps it): ",
    );
    let screen = edited(&[(id, ""), (secret, "second+q3nVw8bXkRzQw2Er4Ty6Ui8Op0As1Df5Gh7J"), (token, "")]);
    assert!(screen.contains("aws/prod, version 2") && !screen.contains("second+"), "{screen}");
    let values = |names: [&str; 3]| names.map(|name| get(&place, &["prod", name]));
    let names = ["access_key_id", "secret_access_key", "session_token"];
    let kept = ["AKIAQ3EGT7WXN2VB5ZLM", "second+q3nVw8bXkRzQw2Er4Ty6Ui8Op0As1Df5Gh7J", "t1"];
    assert_eq!(values(names), kept);

    let screen = edited(&[(id, ""), (secret, ""), (token, "")]);
    assert!(screen.contains("Nothing changed."), "{screen}");
    edited(&[(id, "AKIAQ3EGT7WXN2VBZ5LM"), (secret, ""), (token, "")]);
    assert_eq!(values(names), ["AKIAQ3EGT7WXN2VBZ5LM", kept[1], "t1"]);

    // Also where the catalogue knows nothing of it.
    add(&place, &["acme", "--name", "two", "--fields-stdin"], r#"{"key": "a", "token": "b"}"#);
    let mut terminal = Terminal::start(place.keymoor().args(["edit", "two"]));
    answered(&mut terminal, &[("key (Enter keeps it): ", "new"), ("token (Enter keeps it): ", "")]);
    assert_eq!(terminal.end().1, 0);
    assert_eq!((get(&place, &["two", "key"]), get(&place, &["two", "token"])), ("new".into(), "b".into()));
}

#[test]
fn one_secret_is_asked_for_by_its_name() {
    let place = Place::new();
    add(&place, &["openai", "--name", "work", "--stdin"], "sk-first");
    let mut terminal = Terminal::start(place.keymoor().args(["edit", "work", "--no-verify"]));
    answered(&mut terminal, &[("New secret of openai/work: ", "sk-second")]);
    let (screen, code) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert_eq!(get(&place, &["work"]), "sk-second");
}

/// As from an .env file, with a line that nobody knows.
const LINES: &str = "OPENAI_API_KEY=sk-proj-Zq7Wm2Xc9Vb4Nn1Kl8Jh5Gf3Dd6Ss0AaT3BlbkFJQw2Er4Ty6Ui8Op1As3Df5Gh7Jk9Lz\nGROQ_API_KEY=gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB\nPORT=8080\n";

#[test]
fn several_credentials_of_one_paste_are_saved_once_that_is_agreed() {
    let place = Place::new();
    let mut terminal = Terminal::start(place.keymoor().args(["add", "--no-verify"]));
    terminal.wait_for("Secret: ");
    terminal.type_in(&format!("\x1b[200~{LINES}\x1b[201~\n"));
    let rest = [
        ("There are 2 credentials in it: OpenAI, Groq. Save them all? (yes or no) ", "yes"),
        ("What do you call this credential of OpenAI? (Enter: default) ", ""),
        ("What do you call this credential of Groq? (Enter: default) ", "fast"),
    ];
    answered(&mut terminal, &rest);
    let (screen, code) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("something is missing: PORT.") && !screen.contains("gsk_"), "{screen}");
    assert_eq!(get(&place, &["openai/default"]), OPENAI);
    assert!(get(&place, &["groq/fast"]).starts_with("gsk_0123"));

    let mut terminal = Terminal::start(place.keymoor().args(["add", "--name", "second", "--no-verify"]));
    terminal.wait_for("Secret of second: ");
    terminal.type_in(&format!("\x1b[200~{LINES}\x1b[201~\n"));
    answered(&mut terminal, &[("Save them all? (yes or no) ", "no")]);
    let (screen, code) = terminal.end();
    assert_eq!(code, 1, "{screen}");
    assert_eq!(get(&place, &["openai/second"]), "");
}

#[test]
fn where_nobody_is_asked_several_credentials_are_refused_and_the_way_on_is_said() {
    let place = Place::new();
    let mut command = place.keymoor();
    command.args(["add", "--name", "work", "--stdin"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(LINES.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("At a terminal, keymoor add takes all of them."), "{told}");
    assert!(
        told.contains("\n    keymoor add openai --name NAME --stdin\n    keymoor add groq --name NAME"),
        "{told}"
    );
}
