//! The official clients of providers, run with `keymoor run`: each finds its key as it comes, without configuration. The
//! clients are real, and installed into the target directory; whom they ask is on this machine.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.

#[path = "../../../crates/providers/tests/real/moto.rs"]
mod moto;
#[path = "../../../crates/providers/tests/real/program.rs"]
mod program;
mod recorder;

use std::{path::PathBuf, process::Command};

use keymoor_journeys::{Device, World, run_fed};

use self::{
    program::{installed, run},
    recorder::Recorder,
};

const CLIENTS: [&str; 5] =
    ["openai==3.54.0", "anthropic==2.12.0", "boto3==1.44.5", "google-auth==2.62.2", "requests==2.34.2"];

/// A Python that has the clients.
fn python() -> PathBuf {
    let folder = installed("clients", &CLIENTS.join(" "), |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder));
        run(Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--only-binary=:all:"])
            .args(CLIENTS));
    });
    folder.join("bin/python")
}

/// What a script prints under `keymoor run`. Alone it finds nothing, and says so.
#[track_caller]
fn lent(device: &Device, with: &[&str], script: &str) -> String {
    let python = python();
    let mut alone = Command::new(&python);
    device.dress(alone.args(["-c", script]));
    let alone = run_fed(alone, b"");
    assert_ne!(alone.code, Some(0), "it has a key of its own: {alone}");
    let run = [&["run"], with, &["--", python.to_str().unwrap(), "-c", script]].concat();
    device.done(&run).text().trim_end().to_owned()
}

#[test]
fn openai_s_client_finds_its_key() {
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    device.add("openai", "work", "sk-lent-to-its-client").done();
    let models = r#"{"object":"list","data":[{"id":"model-1","object":"model","created":1,"owned_by":"x"}]}"#;
    let server = Recorder::answering(models);
    // An address in its own variable is another account's to `run`, and left out; the key is what the client has to find.
    device.set("PLAYED_AT", server.url("/v1"));
    let script = "import os; from openai import OpenAI; \
                  client = OpenAI(base_url=os.environ['PLAYED_AT'], max_retries=0); print(client.models.list().data[0].id)";
    for with in [["--with", "work"], ["--service", "openai"]] {
        assert_eq!(lent(&device, &with, script), "model-1");
    }
    let asked = server.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    for request in asked {
        assert_eq!(request.line, "GET /v1/models HTTP/1.1");
        assert_eq!(request.header("authorization"), "Bearer sk-lent-to-its-client");
    }
}

#[test]
fn anthropic_s_client_finds_its_key() {
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    device.add("anthropic", "work", "sk-ant-lent-to-its-client").done();
    let models = r#"{"data":[{"type":"model","id":"model-1","display_name":"One","created_at":"2026-01-01T00:00:00Z"}],
                     "has_more":false,"first_id":"model-1","last_id":"model-1"}"#;
    let server = Recorder::answering(models);
    device.set("PLAYED_AT", server.url(""));
    let script = "import os; from anthropic import Anthropic; \
                  client = Anthropic(base_url=os.environ['PLAYED_AT'], max_retries=0); print(client.models.list().data[0].id)";
    assert_eq!(lent(&device, &["--with", "work"], script), "model-1");
    let asked = server.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].line.starts_with("GET /v1/models"), "{asked:?}");
    // Older ones send it as `x-api-key`. That it is sent is what `run` answers for.
    let sent = [asked[0].header("authorization"), asked[0].header("x-api-key")];
    assert!(sent.iter().any(|header| header.ends_with("sk-ant-lent-to-its-client")), "{asked:?}");
}

/// moto checks the signature, and says whose it is.
#[test]
fn boto3_finds_its_key_and_its_region() {
    let (_moto, port) = moto::moto(3);
    let (id, secret) = moto::user(port);
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    let fields = serde_json::json!({ "access_key_id": id, "secret_access_key": secret }).to_string();
    let add = ["add", "aws", "--name", "prod", "--fields-stdin", "--set", "region=eu-west-1"];
    device.feed(&add, fields.as_bytes()).done();
    device.set("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"));
    // Nothing else that could have a key: neither the machine nor a file.
    device.set("AWS_EC2_METADATA_DISABLED", "true");
    // Left from another key; sent along, it would make the request another's.
    device.set("AWS_SESSION_TOKEN", "of-another-key");
    let script = "import boto3; client = boto3.client('sts'); \
                  print(client.meta.region_name, client.get_caller_identity()['Arn'])";
    let said = lent(&device, &["--with", "prod"], script);
    assert_eq!(said, "eu-west-1 arn:aws:iam::123456789012:user/alice");
}

#[test]
fn google_s_client_finds_the_service_account_s_file() {
    let server =
        Recorder::answering(r#"{"access_token":"ya29.given","expires_in":3600,"token_type":"Bearer"}"#);
    let world = World::new();
    let mut device = world.device_without_keychain("a");
    device.set("NO_GCE_CHECK", "true");
    // What an administrator downloads, with a key made for this test.
    let make = "import json, sys; from cryptography.hazmat.primitives.asymmetric import rsa; \
                from cryptography.hazmat.primitives import serialization as s; \
                key = rsa.generate_private_key(65537, 2048).private_bytes(\
                s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode(); \
                print(json.dumps({'type': 'service_account', 'project_id': 'a-project', 'private_key_id': 'kid-1', \
                'private_key': key, 'client_email': 'robot@a-project.iam.gserviceaccount.com', 'client_id': '1', \
                'token_uri': sys.argv[1]}))";
    let mut command = Command::new(python());
    command.args(["-c", make, &server.url("/token")]);
    let json = run_fed(command, b"").done().out;
    device.add("google_service_account", "robot", &json).done();
    let script = "import google.auth, google.auth.transport.requests as transport; \
                  credentials, project = google.auth.default(scopes=['https://www.googleapis.com/auth/spreadsheets']); \
                  credentials.refresh(transport.Request()); \
                  print(project, credentials.service_account_email, credentials.token)";
    let said = lent(&device, &["--with", "robot"], script);
    assert_eq!(said, "a-project robot@a-project.iam.gserviceaccount.com ya29.given");
    let asked = server.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].line, "POST /token HTTP/1.1");
    let assertion = asked[0].body.split("assertion=").nth(1).unwrap().split('&').next().unwrap();
    let claims = base64_json(assertion.split('.').nth(1).unwrap());
    assert_eq!(claims["iss"], "robot@a-project.iam.gserviceaccount.com");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/spreadsheets");
}

fn base64_json(text: &str) -> serde_json::Value {
    use base64::Engine as _;

    let bytes =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text.trim_end_matches("%3D")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
