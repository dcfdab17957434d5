//! `kill -9` at each named point of client and server: one round trip later all is well.
//!
//! What is said to be saved is there, no page is there in part, the doctor finds nothing, both devices show the same.

mod client;
mod rotations;
mod server;
mod table;

pub(crate) use client::Work;
pub(crate) use table::in_this_process;

use std::collections::BTreeMap;

use keymoor_journeys::{Device, Ran, Server, World, run_fed};

use crate::whole::assert_whole_pages;

/// Two devices of one account that have synced, with the keys k1 to k4.
pub(crate) struct Two {
    pub(crate) world: World,
    pub(crate) server: Server,
    pub(crate) a: Device,
    pub(crate) b: Device,
    /// Name and secret of what was acknowledged, and is to be there in the end.
    pub(crate) sure: BTreeMap<String, String>,
    /// What was tried and not acknowledged: it may be there.
    pub(crate) tried: BTreeMap<String, String>,
}

impl Two {
    pub(crate) fn new(keychain: bool) -> Self {
        let world = if keychain { World::new() } else { World::without_a_disk() };
        let a = if keychain { world.device("a") } else { world.device_without_keychain("a") };
        let (server, b) = (world.server(), world.device_without_keychain("b"));
        let mut two = Self { world, server, a, b, sure: BTreeMap::new(), tried: BTreeMap::new() };
        for name in ["k1", "k2", "k3", "k4"] {
            two.a_saves(&["add", "openai", "--stdin", "--name", name], name, "1");
        }
        two.world.create_account(&two.a, &two.server);
        two.world.join(&two.b);
        two
    }

    /// Device a saves the secret `NAME-which`.
    pub(crate) fn a_saves(&mut self, arguments: &[&str], name: &str, which: &str) {
        let secret = format!("sk-{name}-{which}-of-a-key");
        self.a.feed(arguments, secret.as_bytes()).done();
        self.sure.insert(name.to_owned(), secret);
    }

    /// Both have changes that the other has not seen, one of them of the same key.
    pub(crate) fn change_on_both_sides(&mut self) {
        let add = |device: &Device, name: &str| {
            let secret = format!("sk-{name}-1-of-a-key");
            device.add("openai", name, &secret).done();
            (name.to_owned(), secret)
        };
        self.sure.extend([add(&self.b, "of b")]);
        self.b.edit("k1", "sk-k1-2-by-b").done();
        self.b.done(&["rm", "k2"]);
        self.b.sync();
        self.sure.extend([add(&self.a, "of a")]);
        self.a.edit("k1", "sk-k1-2-by-a").done();
        self.a.done(&["rm", "k3"]);
        for gone in ["k1", "k2", "k3"] {
            self.sure.remove(gone); // k1 has two values now
        }
    }

    /// One round trip, and then all is well.
    #[track_caller]
    pub(crate) fn assert_well(&self, point: &str) {
        for device in [&self.a, &self.b] {
            assert_whole_pages(device);
        }
        for device in [&self.a, &self.b, &self.a] {
            device.sync();
        }
        let lists = [&self.a, &self.b].map(|device| {
            let list = device.list().into_iter();
            let known =
                list.map(|one| [&one["id"], &one["name"], &one["version_id"]].map(ToString::to_string));
            known.collect::<Vec<_>>()
        });
        assert_eq!(lists[0], lists[1], "{point}");
        for device in [&self.a, &self.b] {
            for (name, secret) in &self.sure {
                assert_eq!(device.get(name), secret.as_bytes(), "{name} after {point}");
            }
            for (name, secret) in &self.tried {
                let got = device.run(&["get", name, "--raw"]);
                assert!(got.code == Some(3) || got.out == secret.as_bytes(), "after {point}: {got}");
            }
            let status = device.status();
            assert_eq!((&status["waiting"], &status["erasing"]), (&0.into(), &0.into()), "{point}: {status}");
            device.assert_well();
        }
    }
}

/// Runs a command on a device that is killed at a point.
#[track_caller]
pub(crate) fn struck(device: &Device, point: &str, arguments: &[&str], input: &[u8]) -> Ran {
    let mut command = device.command(arguments);
    command.env("KEYMOOR_FAIL_POINT", point);
    let ran = run_fed(command, input);
    assert_eq!(ran.code, None, "it never came to {point}: {ran}");
    ran
}
