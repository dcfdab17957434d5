//! Schemathesis makes requests out of the document, right ones and wrong ones, and looks whether the answers are as documented.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::place::Place;

const VERSION: &str = "schemathesis==4.32.5";

/// What is not looked at: servers that fail on purpose come as 503, and a grant is not made by a request.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,positive_data_acceptance,missing_required_header,\
                      unsupported_method,ignored_auth,use_after_free,ensure_resource_availability";

#[test]
fn answers_are_as_documented_and_no_request_makes_it_fail() {
    let program = installed();
    let place = Place::new();
    let client = place.client();
    // So that there is something to find.
    let id = client.save("openai", "work", "a-value-that-stays");
    client.save("stripe", "shop", "another-value");
    client.call("POST", "/api/services/openai/enable", None);
    client.call("POST", "/api/sheet-mappings/set", Some(json!({ "sheet_name": "June" })));
    let folder = tempfile::tempdir().unwrap();
    // A service has settings of its own, which the document of all services cannot describe; nor can it say that only a new
    // credential needs a secret.
    let of_all = "[[operations]]\ninclude-path = \"/api/settings/{name}\"\n\
                  [operations.checks.positive_data_acceptance]\nenabled = false\n\
                  [[operations]]\ninclude-name = [\"POST /api/credentials/save\", \"POST /api/integrations\"]\n\
                  [operations.checks.positive_data_acceptance]\n\
                  expected-statuses = [\"2xx\", \"400\", \"401\", \"403\", \"404\", \"409\", \"429\", \"5xx\"]\n";
    let there = format!("[parameters]\n\"path.name\" = \"google_sheets\"\n\"path.id\" = \"{id}\"\n");
    for (pass, settings, more) in [
        (
            "anything",
            of_all.to_owned(),
            &["--max-examples", "15", "--phases", "examples,coverage,fuzzing"][..],
        ),
        (
            // Under one name: what is deleted under the other is gone here, too, which nothing in the document says.
            "step by step",
            of_all.to_owned(),
            &["--max-examples", "15", "--phases", "stateful", "--exclude-path-regex", "^/api/integrations"],
        ),
        (
            "what is there",
            there + of_all,
            &["--max-examples", "8", "--phases", "fuzzing", "--exclude-method", "DELETE"],
        ),
    ] {
        fs::write(folder.path().join("schemathesis.toml"), settings).unwrap();
        let output = Command::new(&program)
            .args(["run", &format!("http://{}/openapi.json", place.address())])
            .args(["--header", &format!("Authorization: Bearer {}", client.token)])
            .args(["--checks", CHECKS, "--seed", "4", "--generation-deterministic", "--no-shrink"])
            .args(["--workers", "1", "--no-color", "--continue-on-failure", "--warnings", "off"])
            .args(more)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{pass}: {told}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(!told.contains(crate::place::CANARY), "{pass}: a secret came out");
        eprintln!(
            "{pass}: {}",
            told.lines().rev().find(|line| line.contains("generated")).unwrap_or_default()
        );
    }
    assert_eq!(client.get("/api/services").status, 200);
}

/// The program, in the target directory, where it stays from run to run.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis");
    // Another test may be at it.
    let lock = fs::File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(VERSION) {
        fs::remove_dir_all(&folder).ok();
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", VERSION]));
        fs::write(&stamp, VERSION).unwrap();
    }
    folder.join("bin/schemathesis")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
