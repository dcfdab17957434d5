//! A key file dropped on the window.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use keymoor_journeys::{Provider, Reply, World};
use serde_json::{Value, json};

use crate::display::Display;
use crate::driver::Driver;
use crate::recorder::Recorder;

#[test]
fn a_service_account_s_file_is_dropped_recognised_verified_and_saved_byte_for_byte() {
    let world = World::new();
    let mut device = world.device("a");
    let provider = Provider::new("google_service_account");
    provider.stands_in_for(&mut device);
    // It asks without a bearer token: what it signed is the proof.
    provider
        .say("", Reply::of(200, r#"{"access_token":"ya29.c.b0","expires_in":3599,"token_type":"Bearer"}"#));
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&device, &display);
    let (file, private) = service_account();

    window.reads("Your API keys, kept");
    let recorder = Recorder::begin(&window, &[&private]);
    drop_file(&window, &file);
    window.reads("A key of Google service account.");
    window.write(&window.field("Name"), "robot");
    window.save("robot");
    window.reads("Connected");
    assert_eq!(device.get("robot"), file.as_bytes(), "byte for byte");
    assert!(!window.page().contains(&private), "the page keeps the private key");
    recorder.finish(&window);
}

/// As Google gives it out, with a key made for this test, and a line of that key that stands for all of it.
fn service_account() -> (String, String) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let key = BASE64_STANDARD.encode(key.serialize_der());
    let lines: Vec<&str> = key.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    let file = json!({
        "type": "service_account",
        "project_id": "a-project",
        "private_key_id": "0f1e2d3c",
        "private_key": pem,
        "client_email": "robot@a-project.iam.gserviceaccount.com",
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
    });
    (serde_json::to_string_pretty(&file).unwrap(), lines[3].to_owned())
}

/// What the system tells a page when a file is let go over it.
fn drop_file(window: &Driver, text: &str) {
    let text = Value::from(text);
    window.script(&format!(
        "const carried = new DataTransfer();
         carried.items.add(new File([{text}], 'a-project-0f1e2d3c.json', {{ type: 'application/json' }}));
         const over = document.querySelector('main');
         for (const kind of ['dragenter', 'dragover', 'drop']) {{
             over.dispatchEvent(new DragEvent(kind, {{ dataTransfer: carried, bubbles: true, cancelable: true }}));
         }}"
    ));
}
