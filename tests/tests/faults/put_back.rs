//! The server is put back from an older copy of its database while two devices hold what is newer, one of them offline.

use keymoor_journeys::{Answer, Call, Device, Liar, Server, World};
use keymoor_protocol::api::Page;

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

/// A page leaves out what later commits replaced. Where a pull ends between two pages, and the server then loses the later
/// ones, what is here adds up to nothing, however many pages of the new log come: the live set puts that right, unseen.
#[test]
fn a_pull_that_was_cut_off_goes_on_over_a_new_log_of_several_pages() {
    let world = World::without_a_disk();
    let [a, b, c] = ["a", "b", "c"].map(|name| world.device_without_keychain(name));
    let mut server = world.server();
    let network = Liar::before(&server);
    a.add("openai", "one", "sk-one").done();
    a.add("openai", "two", "sk-two").done();
    world.create_account_at(&a, &network.url());
    world.join(&b);
    world.join(&c);
    a.edit("one", "sk-one-2").done();
    a.sync();
    c.sync();
    let copy = server.copy("copy");
    a.edit("one", "sk-one-3").done();
    a.sync();

    let pages = std::sync::atomic::AtomicUsize::new(0);
    network.tells(move |asked, pass| match asked.call {
        Call::Pull if pages.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0 => {
            Answer::error(503, "BUSY")
        }
        Call::Pull => pass(asked).change(one_commit),
        _ => pass(asked),
    });
    b.run(&["sync"]).ends(6, &[]);
    server.put_back(&copy);
    network.is_honest();
    for secret in ["sk-two-2", "sk-two-3"] {
        c.edit("two", secret).done();
        c.sync();
    }
    network.changes(Call::Pull, one_commit);
    b.sync();
    assert_eq!(b.status()["alarms"], serde_json::json!([]));
    assert_eq!((b.get("one"), b.get("two")), (b"sk-one-2".to_vec(), b"sk-two-3".to_vec()));
    let told = b.done(&["activity", "--json"]).text();
    assert!(!told.contains("state_wrong"), "{told}");
    network.is_honest();
    for device in [&a, &b, &c, &a] {
        device.sync();
    }
    for device in [&a, &b, &c] {
        assert_eq!((device.get("one"), device.get("two")), (b"sk-one-3".to_vec(), b"sk-two-3".to_vec()));
        device.assert_well();
    }
}

/// The first commit of a page, and word that more follow.
fn one_commit(page: &mut Page) {
    page.commits.truncate(1);
    page.more = page.commits.last().is_some_and(|push| push.signed.head() != page.head.head);
}
