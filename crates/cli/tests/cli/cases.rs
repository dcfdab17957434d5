//! Cases as data: each file in `tests/cases` is one story in a fresh place, step by step.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::Path,
    process::{Output, Stdio},
};

use serde::Deserialize;

use crate::place::Place;

macro_rules! stories {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            play(stringify!($name));
        })*

        #[test]
        fn no_story_is_forgotten() {
            let mut files: Vec<_> = fs::read_dir(folder())
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
                .collect();
            files.sort();
            assert_eq!(files, [$(stringify!($name)),*]);
        }
    };
}

stories! { account activity arguments cache care catalogue_fields fields grant history kits labels_and_notes names password pasted recognised rotate run secrets services trash whose }

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    /// Files of the place, by name.
    #[serde(default)]
    files: BTreeMap<String, String>,
    step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// As typed, split at spaces; `args` where that does not do.
    #[serde(default)]
    run: String,
    #[serde(default)]
    args: Vec<String>,
    /// An argument that is one text many times, put last.
    repeated_arg: Option<Repeated>,
    stdin: Option<String>,
    stdin_hex: Option<String>,
    stdin_repeated: Option<Repeated>,
    /// Files of the place to write before, by name.
    #[serde(default)]
    write: BTreeMap<String, String>,
    /// Environment on top of the place's; an empty value takes the variable away.
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    exit: i32,
    /// The failure is not ours to explain.
    #[serde(default)]
    ends_silent: bool,
    /// Standard output, whole. Left out, it must be empty, unless one of the next is there.
    stdout: Option<String>,
    /// The length of standard output in bytes.
    stdout_length: Option<usize>,
    #[serde(default)]
    stdout_has: Vec<String>,
    #[serde(default)]
    stdout_lacks: Vec<String>,
    /// Standard output as JSON: pointers and what is there.
    #[serde(default)]
    json: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    stderr_has: Vec<String>,
    #[serde(default)]
    stderr_lacks: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeated {
    text: String,
    times: usize,
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases"))
}

fn play(name: &str) {
    let text = fs::read_to_string(folder().join(name).with_extension("toml")).unwrap();
    let story: Story = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let place = Place::new();
    for (file, content) in &story.files {
        fs::write(place.path().join(file), content).unwrap();
    }
    for (at, step) in story.step.iter().enumerate() {
        for (file, content) in &step.write {
            fs::write(place.path().join(file), content).unwrap();
        }
        let output = perform(&place, step);
        let what = format!("{name}, step {}: {} {:?}", at + 1, step.run, step.args);
        check(step, &output, &what);
    }
}

fn perform(place: &Place, step: &Step) -> Output {
    let mut command = place.keymoor();
    command.args(step.run.split_whitespace()).args(&step.args);
    command.args(step.repeated_arg.as_ref().map(Repeated::whole));
    for (name, value) in &step.env {
        match value.is_empty() {
            true => command.env_remove(name),
            false => command.env(name, value.replace("{place}", place.path().to_str().unwrap())),
        };
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let input = match (&step.stdin, &step.stdin_hex, &step.stdin_repeated) {
        (Some(text), _, _) => text.as_bytes().to_vec(),
        (_, Some(hex), _) => from_hex(hex),
        (_, _, Some(repeated)) => repeated.whole().into_bytes(),
        _ => Vec::new(),
    };
    // Who refuses early does not read to the end.
    let _ = child.stdin.take().unwrap().write_all(&input);
    child.wait_with_output().unwrap()
}

fn check(step: &Step, output: &Output, what: &str) {
    let stdout = String::from_utf8(output.stdout.clone()).unwrap();
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    let what = format!("{what}\n--- stdout\n{:.2000}\n--- stderr\n{:.2000}\n---", stdout, stderr);
    assert_eq!(output.status.code(), Some(step.exit), "{what}");
    if let Some(length) = step.stdout_length {
        assert_eq!(stdout.len(), length, "{what}");
    } else if step.stdout_has.is_empty() && step.json.is_empty() {
        assert_eq!(stdout, step.stdout.as_deref().unwrap_or(""), "{what}");
    }
    for text in &step.stdout_has {
        assert!(stdout.contains(text), "stdout has {text:?}: {what}");
    }
    for text in &step.stdout_lacks {
        assert!(!stdout.contains(text), "stdout lacks {text:?}: {what}");
    }
    if !step.json.is_empty() {
        let json: serde_json::Value =
            serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {what}"));
        for (pointer, expected) in &step.json {
            let found = json.pointer(pointer).unwrap_or(&serde_json::Value::Null);
            assert_eq!(found, expected, "{pointer}: {what}");
        }
    }
    for text in &step.stderr_has {
        assert!(stderr.contains(text), "stderr has {text:?}: {what}");
    }
    for text in &step.stderr_lacks {
        assert!(!stderr.contains(text), "stderr lacks {text:?}: {what}");
    }
    if step.ends_silent {
        assert_eq!(stderr, "", "{what}");
    } else if step.exit != 0 {
        assert!(stderr.len() > 20, "a failure says why: {what}");
    }
}

impl Repeated {
    fn whole(&self) -> String {
        self.text.repeat(self.times)
    }
}

fn from_hex(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}
