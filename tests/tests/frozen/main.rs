//! What earlier versions left behind is opened by this one: every test run, for ever.
//!
//! The folders lie in `tests/frozen/`, one a version; the README there says what is in them. They were written by released
//! programs, with the real stretching of passwords.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test throughout.

mod homes;
mod newer;
mod server;
mod traffic;

use std::collections::BTreeMap;

use keymoor_journeys::{
    Device, World,
    frozen::{Frozen, State},
};

fn v1() -> Frozen {
    Frozen::version("v1")
}

/// What a vault of that version holds.
fn state(frozen: &Frozen, name: &str) -> State {
    frozen.read::<BTreeMap<String, State>>("states.json").remove(name).unwrap()
}

/// A device of that version, with what is left of it.
fn device(world: &World, frozen: &Frozen, name: &str, home: bool, keychain: bool) -> Device {
    let mut device = match name {
        "laptop" => world.device_without_keychain(name),
        _ => world.device(name),
    };
    device.set("KEYMOOR_PASSWORD_FILE", frozen.path("password"));
    if home {
        frozen.thaw_home(name, &device);
    }
    if keychain {
        frozen.thaw_keychain(name, &mut device);
    }
    device
}
