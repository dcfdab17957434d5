//! A server that lies: whatever it tells, no key here is lost or changed, the alarm is raised, sync ends, and an honest
//! server heals everything.

use std::time::Duration;

use keymoor_journeys::{Answer, Call, Device, Liar, Ran, Server, World};
use keymoor_protocol::{
    Cursor, Envelope, Head, RecordId, SignedCommit,
    api::{Chain, Page, Snapshot},
};

mod copies;
mod keys_documents;
mod logs;
mod pages;
mod snapshots;
mod swallowed;

/// Longer than any sync may take, however the server strings it along.
const BOUNDED: Duration = Duration::from_secs(20);

/// Two devices that reach their server through a liar, and what they keep there.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) server: Server,
    pub(crate) liar: Liar,
    pub(crate) a: Device,
    pub(crate) b: Device,
    secrets: Vec<(String, String)>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let server = world.server();
        let liar = Liar::before(&server);
        let (a, b) = (world.device("a"), world.device_without_keychain("b"));
        let mut stage = Self { world, server, liar, a, b, secrets: Vec::new() };
        for number in 0..4 {
            let (name, secret) = stage.next(&format!("old {number}"));
            stage.a.add("openai", &name, secret).done();
        }
        stage.world.create_account_at(&stage.a, &stage.liar.url());
        stage.world.join(&stage.b);
        stage
    }

    fn next(&mut self, name: &str) -> (String, String) {
        let secret = format!("sk-{name}-{}", "0123456789".repeat(self.secrets.len() + 1));
        self.secrets.push((name.to_owned(), secret.clone()));
        (name.to_owned(), secret)
    }

    /// A new credential, saved on b and synced from there.
    pub(crate) fn b_saves(&mut self, name: &str) {
        let (name, secret) = self.next(name);
        self.b.add("openai", &name, secret).done();
        self.b.sync();
    }

    /// The same on a.
    pub(crate) fn a_saves(&mut self, name: &str) {
        let (name, secret) = self.next(name);
        self.a.add("openai", &name, secret).done();
        self.a.sync();
    }

    /// Gives the newest credential another secret, on b.
    pub(crate) fn b_edits(&mut self) {
        let (name, secret) = self.secrets.last_mut().unwrap();
        secret.push_str("-edited");
        self.b.edit(&format!("openai/{name}"), &secret).done();
        self.b.sync();
    }

    /// Every secret is there byte for byte; so many of the newest may not have come yet. Of a long row the ends are read.
    #[track_caller]
    pub(crate) fn has_all_but(&self, device: &Device, newest: usize) {
        let here = self.secrets.len() - newest;
        assert!(device.list().len() >= here);
        for (number, (name, secret)) in self.secrets[..here].iter().enumerate() {
            if number >= 4 && number + 4 < here {
                continue;
            }
            assert_eq!(device.get(&format!("openai/{name}")), secret.as_bytes(), "{name}");
        }
    }

    /// A sync of a ends with this alarm, soon, and loses nothing.
    #[track_caller]
    pub(crate) fn alarms(&self, case: &str, code: &str, missing: usize) {
        let said = self.a.run(&["sync"]);
        assert_eq!(said.code, Some(7), "{case}: {said}");
        assert!(said.err.contains("Everything on this device can be read as before"), "{case}: {said}");
        assert!(said.took < BOUNDED, "{case}: {said}");
        assert!(codes(&self.a).contains(&code.to_owned()), "{case}: {:?}, {said}", codes(&self.a));
        assert!(told_of(&self.a, "alarm").contains(&code.to_owned()), "{case}: not in the activity");
        self.has_all_but(&self.a, missing);
    }

    /// The server is honest again: everything arrives, and the alarm is off.
    #[track_caller]
    pub(crate) fn heals(&self, case: &str) {
        self.liar.is_honest();
        let (healed, b) = (self.a.run(&["sync"]), self.b.run(&["sync"]));
        assert_eq!((healed.code, b.code), (Some(0), Some(0)), "{case}: {healed}\n{b}");
        self.has_all_but(&self.a, 0);
        self.has_all_but(&self.b, 0);
        let left: Vec<_> = codes(&self.a).into_iter().filter(|code| code != "put_back").collect();
        assert!(left.is_empty(), "{case}: {left:?}");
        // What is off in the status stays in the activity, and that it is over.
        let over = told_of(&self.a, "alarm_over");
        let stopped = told_of(&self.a, "alarm").into_iter();
        let stopped = stopped.filter(|code| code != "put_back" && code != "session_stolen");
        let not_over: Vec<_> = stopped.filter(|code| !over.contains(code)).collect();
        assert!(not_over.is_empty(), "{case}: {not_over:?}");
        assert_eq!(self.a.status()["waiting"], 0, "{case}");
    }
}

/// The alarms that the status shows.
pub(crate) fn codes(device: &Device) -> Vec<String> {
    let status = device.status();
    let alarms = status["alarms"].as_array().unwrap().iter();
    alarms.map(|alarm| alarm["code"].as_str().unwrap().to_owned()).collect()
}

/// The alarms of which the activity tells this.
fn told_of(device: &Device, event: &str) -> Vec<String> {
    let told = crate::activity::activity(device).into_iter().filter(|entry| entry["event"] == event);
    told.map(|entry| entry["alarm"].as_str().unwrap().to_owned()).collect()
}

/// A bit of these bytes is another one.
pub(crate) fn flip(bytes: &mut [u8], at: usize) {
    let at = at % bytes.len();
    bytes[at] ^= 1;
}

/// The same envelope with one bit of its ciphertext flipped.
pub(crate) fn flipped(envelope: &Envelope) -> Envelope {
    let mut bytes = envelope.as_bytes().to_vec();
    let last = bytes.len() - 20;
    flip(&mut bytes, last);
    bytes.try_into().unwrap()
}
