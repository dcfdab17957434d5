//! A real shell reads what is made to be pasted into one, and finds every byte again.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use keymoor_providers::verify::{Fields, curl};
use keymoor_providers::{environment_text, provider};

/// What a shell says after it has read a script.
fn sh(script: &str) -> String {
    let mut shell = Command::new("sh").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let done = shell.wait_with_output().unwrap();
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap()
}

fn nasty() -> Vec<String> {
    let mut all: Vec<String> = (1..128u8).map(|byte| format!("a{}b", char::from(byte))).collect();
    all.extend((1..128u8).map(|byte| char::from(byte).to_string()));
    let more = [
        "'",
        "''",
        "'\\''",
        "\\",
        "$(exit 9)",
        "`exit 9`",
        "${HOME}",
        "-n",
        "a\n\nb\n",
        "\r\n",
        "!!",
        "ñ☃",
        "~",
    ];
    all.extend(more.map(str::to_owned));
    all.push("k'\"$`\\\n".repeat(10_000));
    all
}

#[test]
fn a_shell_has_the_same_values_as_were_copied() {
    let openai = provider("openai").unwrap();
    for value in nasty() {
        let text = environment_text(openai, &Fields::new().with("api_key", value.as_str())).unwrap();
        let script = format!("{}\nprintf '%s.' \"$OPENAI_API_KEY\"\n", text.as_str());
        assert!(sh(&script) == format!("{value}."), "{:?}", &value[..value.len().min(40)]);
    }
}

#[test]
fn curl_would_get_the_same_words() {
    let openai = provider("openai").unwrap();
    for value in nasty().into_iter().filter(|value| value.bytes().all(|byte| (b' '..=b'~').contains(&byte))) {
        let line = curl(openai, &Fields::new().with("api_key", value.as_str())).unwrap();
        let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{}\n", line.as_str());
        let wanted = format!("--header\nauthorization: Bearer {value}\nhttps://api.openai.com/v1/models\n");
        assert_eq!(sh(&script), wanted);
    }
}
