//! The server is put back from an older copy of its database while two devices hold what is newer, one of them offline.

use keymoor_journeys::{Device, Server, World};

/// What `status` calls it.
const TOLD: &str = "put_back";
/// What a sync says.
const WORDS: &str = "The server had lost its newest state";

/// Two devices, and a server that has been put back to a copy from before most of what they know.
struct Story {
    _world: World,
    server: Server,
    a: Device,
    b: Device,
}

impl Story {
    /// Both have synced all of it, and each has more that the server never saw.
    fn begin(keychain: bool) -> Self {
        let world = World::new();
        let device = |name| if keychain { world.device(name) } else { world.device_without_keychain(name) };
        let (mut server, a, b) = (world.server(), device("a"), world.device_without_keychain("b"));
        for name in ["one", "two", "three", "four", "five", "six"] {
            a.add("openai", name, format!("sk-{name}")).done();
        }
        world.create_account(&a, &server);
        world.join(&b);
        let copy = server.copy("copy");

        a.edit("one", "sk-one-2").done();
        a.done(&["rm", "two"]);
        a.add("openai", "seven", "sk-seven").done();
        a.sync();
        b.sync();
        b.edit("three", "sk-three-2").done();
        b.done(&["rm", "four"]);
        b.add("openai", "eight", "sk-eight").done();
        b.sync();
        a.sync();
        // Nobody has seen these yet.
        a.edit("five", "sk-five-a").done();
        a.add("openai", "nine", "sk-nine").done();
        b.done(&["rm", "six"]);
        b.edit("seven", "sk-seven-b").done();
        b.add("openai", "ten", "sk-ten").done();
        server.put_back(&copy);
        Self { _world: world, server, a, b }
    }

    fn settle(&self) {
        for device in [&self.a, &self.b, &self.a] {
            device.sync();
        }
    }

    #[track_caller]
    fn assert_all_there(&self) {
        let there = [
            ("one", "sk-one-2"),
            ("three", "sk-three-2"),
            ("five", "sk-five-a"),
            ("seven", "sk-seven-b"),
            ("eight", "sk-eight"),
            ("nine", "sk-nine"),
            ("ten", "sk-ten"),
        ];
        for device in [&self.a, &self.b] {
            for (name, secret) in there {
                assert_eq!(device.get(name), secret.as_bytes(), "{name}");
            }
            let mut trashed: Vec<String> = names(&device.done(&["trash", "--json"]).json());
            trashed.sort_unstable();
            assert_eq!(
                (device.list().len(), &trashed[..]),
                (there.len(), &["four", "six", "two"].map(String::from)[..])
            );
            let status = device.status();
            assert_eq!((&status["waiting"], &status["conflicts"]), (&0.into(), &0.into()));
            device.assert_well();
        }
        assert_eq!(self.on_the_server(), 10, "live and deleted");
    }

    fn on_the_server(&self) -> i64 {
        self.server.database().query_row("SELECT count(*) FROM record", [], |row| row.get(0)).unwrap()
    }
}

fn names(list: &serde_json::Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn is_told(device: &Device) {
    device.run(&["sync"]).ends(0, &[WORDS]);
    let alarms = device.status()["alarms"].to_string();
    assert!(alarms.contains(TOLD), "{alarms}");
    let again = device.sync();
    assert!(!again.err.contains(WORDS), "once: {again}");
    assert!(device.status()["alarms"].to_string().contains(TOLD), "for a day");
}

#[test]
fn everything_is_there_again_and_both_are_told() {
    for keychain in [true, false] {
        let story = Story::begin(keychain);
        is_told(&story.a);
        is_told(&story.b); // it was offline until now
        story.settle();
        story.assert_all_there();
    }
}

#[test]
fn the_log_goes_on_while_the_other_one_is_away() {
    let story = Story::begin(false);
    is_told(&story.a);
    // The new branch of the log grows past where the old one had ended.
    for i in 0..12 {
        story.a.edit("nine", format!("sk-nine-{i}")).done();
        story.a.sync();
    }
    story.a.edit("nine", "sk-nine").done();
    story.a.sync();
    is_told(&story.b);
    story.settle();
    story.assert_all_there();
}

#[test]
fn a_second_time_before_the_other_one_came() {
    let mut story = Story::begin(false);
    let copy = story.server.copy("again");
    is_told(&story.a);
    story.server.put_back(&copy);
    is_told(&story.b);
    story.settle();
    story.assert_all_there();
}

#[test]
fn the_cache_of_one_is_gone_too() {
    let story = Story::begin(true);
    story.a.delete_cache();
    story.a.sync();
    is_told(&story.b);
    story.settle();
    story.assert_all_there();
}
