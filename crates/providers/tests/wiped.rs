//! What is read of a private key is wiped before its memory is given back.

#![expect(unsafe_code, reason = "an allocator that looks at what is given back")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use keymoor_providers::{
    Recognition, environment_text, json_object, provider, recognise,
    verify::{Fields, Options, curl, verify},
};

/// What must be in nothing that is given back. It stands at the end of the key, where no small buffer overwrites it.
const CANARY: &[u8] = b"PlantedInThePrivateKey00";

static LEFT: AtomicUsize = AtomicUsize::new(0);

struct Looking;

// Sound: it does what the system's allocator does, and reads only what its caller still owns.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        let bytes = unsafe { std::slice::from_raw_parts(at, layout.size()) };
        if bytes.windows(CANARY.len()).any(|window| window == CANARY) {
            LEFT.fetch_add(1, Ordering::SeqCst);
        }
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static LOOKING: Looking = Looking;

#[test]
fn a_private_key_is_in_nothing_that_is_given_back() {
    let canary = std::str::from_utf8(CANARY).unwrap();
    let account = zeroize::Zeroizing::new(format!(
        r#"{{"type": "service_account", "client_email": "a@b.example", "private_key_id": "1",
           "private_key": "-----BEGIN PRIVATE KEY-----\n{canary}\n-----END PRIVATE KEY-----\n"}}"#
    ));
    let before = LEFT.load(Ordering::SeqCst);
    let found = recognise(&account);
    assert!(matches!(&found, Recognition::Certain(found) if found.provider.id == "google_service_account"));
    drop(found);
    assert_eq!(LEFT.load(Ordering::SeqCst) - before, 0, "recognised");
    let fields = Fields::new().with("json", account.as_str());
    let report = verify(provider("google_service_account").unwrap(), &fields, &Options::default());
    assert_eq!(
        report.reason,
        keymoor_providers::verify::Reason::BadField("json".to_owned()),
        "no key, and nothing is sent"
    );
    drop((
        environment_text(provider("google_service_account").unwrap(), &fields),
        json_object(None, &fields),
    ));
    drop(fields);
    let openai = provider("openai").unwrap();
    let mut key = zeroize::Zeroizing::new(String::with_capacity(64));
    key.push_str("it's ");
    key.push_str(canary);
    let fields = Fields::new().with("api_key", key.as_str());
    let line = curl(openai, &fields).unwrap();
    assert!(line.contains(canary));
    drop((line, environment_text(openai, &fields), json_object(Some(openai), &fields)));
    drop(fields);
    assert_eq!(LEFT.load(Ordering::SeqCst) - before, 0, "asked about, and made into texts");
}
