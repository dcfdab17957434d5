//! A client that is killed at each of its points.

use std::fs;

use keymoor_journeys::{Device, Ran, run_fed};

use super::{Two, struck, table::CLIENT};

/// What is done while a point is come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// A key is added, on a device with a keychain.
    Add,
    /// A key is edited there.
    Edit,
    /// A key is erased there.
    Erase,
    /// Both sides have changes; device a syncs.
    Sync,
    /// The same with a keychain.
    SyncWithKeychain,
    /// The other side erased a key; device a, with a keychain, syncs.
    SyncOfAnErasure,
    /// The access token has expired, and both sides have changes.
    Refresh,
    /// The first sync of a server that was put back from a copy, with changes on both sides.
    Snapshot,
    /// A key is rotated: stored, verified, switched, and the old one revoked.
    Rotate,
    /// The same with a key that its provider makes.
    Make,
    /// An account is made, on a device with keys.
    Create,
    /// A device that has keys joins.
    Join,
    /// The same without a keychain.
    JoinWithoutKeychain,
}

impl Work {
    pub(super) fn needs_a_keychain(self) -> bool {
        matches!(self, Self::Add | Self::Edit | Self::Erase | Self::SyncWithKeychain | Self::SyncOfAnErasure)
    }

    /// Sets the stage for device a.
    pub(super) fn prepare(self, two: &mut Two) {
        match self {
            Self::Sync | Self::SyncWithKeychain => two.change_on_both_sides(),
            Self::Refresh => {
                two.change_on_both_sides();
                two.server.expire_access_tokens();
            }
            Self::Snapshot => {
                let copy = two.server.copy("copy");
                two.a_saves(&["add", "openai", "--stdin", "--name", "lost"], "lost", "1");
                two.a.sync();
                two.b.sync();
                two.server.put_back(&copy);
                two.change_on_both_sides();
            }
            Self::Erase => drop(two.a.done(&["rm", "k3"])),
            Self::SyncOfAnErasure => {
                two.b.done(&["rm", "k3"]);
                two.b.done(&["erase", "k3"]);
                two.b.sync();
                two.sure.remove("k3");
            }
            Self::Add
            | Self::Edit
            | Self::Rotate
            | Self::Make
            | Self::Create
            | Self::Join
            | Self::JoinWithoutKeychain => {}
        }
    }

    /// The arguments and the input that come to the point.
    fn arguments(self) -> (&'static [&'static str], &'static [u8]) {
        match self {
            Self::Add => (&["add", "openai", "--stdin", "--name", "new"], b"sk-new-of-a-key"),
            Self::Edit => (&["edit", "k1", "--stdin"], b"sk-k1-2-of-a-key"),
            Self::Erase => (&["erase", "k3"], b""),
            _ => (&["sync"], b""),
        }
    }
}

#[test]
fn saves() {
    walk(&[Work::Add, Work::Edit, Work::Erase]);
}

#[test]
fn syncs() {
    walk(&[Work::Sync, Work::Refresh, Work::Snapshot]);
}

#[test]
fn syncs_with_a_keychain() {
    walk(&[Work::SyncWithKeychain, Work::SyncOfAnErasure]);
}

fn walk(works: &[Work]) {
    let mut count = 0;
    for (point, work) in CLIENT.iter().filter(|(_, work)| works.contains(work)) {
        let mut two = Two::new(work.needs_a_keychain());
        work.prepare(&mut two);
        let (arguments, input) = work.arguments();
        let said = struck(&two.a, point, arguments, input);
        two.tried_for(*work, &said);
        two.assert_well(&format!("{point} at {work:?}"));
        count += 1;
    }
    eprintln!("killed at {count} points");
}

impl Two {
    /// What was not said to be done may be done all the same.
    fn tried_for(&mut self, work: Work, said: &Ran) {
        let acknowledged = said.err.contains("Saved on this device");
        match work {
            Work::Add => {
                let list = if acknowledged { &mut self.sure } else { &mut self.tried };
                list.insert("new".into(), "sk-new-of-a-key".into());
            }
            Work::Edit => {
                let (was, now) = (self.sure.remove("k1").unwrap(), "sk-k1-2-of-a-key".to_owned());
                let got = String::from_utf8(self.a.get("k1")).unwrap();
                assert!(got == now || (got == was && !acknowledged), "{got}");
                self.sure.insert("k1".into(), got);
            }
            Work::Erase => drop(self.sure.remove("k3")), // in the trash, or erased
            _ => {}
        }
    }
}

#[test]
fn making_an_account() {
    for (point, work) in CLIENT.iter().filter(|(_, work)| *work == Work::Create) {
        let world = keymoor_journeys::World::new();
        let (server, a) = (world.server(), world.device("a"));
        a.add("openai", "k1", "sk-k1-of-a-key").done();
        let [kit, recovery] =
            [world.join_kit(), world.recovery_kit()].map(|kit| kit.to_str().unwrap().to_owned());
        let create = ["account", "create", "--server", &server.url(), "--kit", &kit, "--recovery", &recovery];
        struck(&a, point, &create, b"");
        create_again(&a, &create);
        let b = world.device_without_keychain("b");
        world.join(&b);
        a.sync();
        for device in [&a, &b] {
            assert_eq!(
                (device.get("k1"), device.list().len()),
                (b"sk-k1-of-a-key".to_vec(), 1),
                "{point} {work:?}"
            );
            device.assert_well();
        }
    }
}

/// Kits are never written over: those of an account that was never made are put aside first, as its error says.
pub(super) fn create_again(device: &Device, create: &[&str]) {
    let again = device.run(create);
    if again.code == Some(0) {
        return;
    }
    assert_eq!(again.code, Some(5), "{again}");
    for left in [create[5], create[7]].into_iter().filter(|left| fs::exists(left).unwrap()) {
        fs::rename(left, format!("{left}.before")).unwrap();
    }
    device.done(create);
}

#[test]
fn joining_an_account() {
    for (point, work) in
        CLIENT.iter().filter(|(_, work)| matches!(work, Work::Join | Work::JoinWithoutKeychain))
    {
        let two = Two::new(false);
        let keychain = *work == Work::Join;
        let c = if keychain { two.world.device("c") } else { two.world.device_without_keychain("c") };
        c.add("openai", "of c", "sk-of-c-of-a-key").done();
        let join = ["account", "join", "--kit", two.world.join_kit().to_str().unwrap()].map(str::to_owned);
        let join = join.each_ref().map(String::as_str);
        struck(&c, point, &join, b"");
        assert_eq!(c.get("of c"), b"sk-of-c-of-a-key", "offline, {point}");
        let again = run_fed(c.command(&join), b"");
        assert!(matches!(again.code, Some(0 | 5)), "{again}"); // 5: it has joined
        c.sync();
        two.assert_well(point);
        for device in [&two.a, &two.b, &c] {
            assert_eq!(
                (device.get("of c"), device.list().len()),
                (b"sk-of-c-of-a-key".to_vec(), 5),
                "{point}"
            );
        }
        c.done(&["doctor", "--repair"]);
        c.assert_well();
    }
}
