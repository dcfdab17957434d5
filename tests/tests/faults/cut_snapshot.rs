//! A snapshot that is cut between its pages goes on where it was, whatever became of the server meanwhile.

use std::sync::{Arc, Mutex};

use keymoor_journeys::{Answer, Call, Device, Liar, Server, World};
use keymoor_protocol::api::Snapshot;

const RECORDS: usize = 9;
/// Records in a page.
const PAGE: usize = 2;

struct Story {
    world: World,
    server: Server,
    network: Liar,
    a: Device,
    c: Device,
    /// After which record pages were asked for, in order.
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

impl Story {
    /// Device c has joined; the log below is gone, so that it needs the live set.
    fn begin() -> Self {
        let world = World::without_a_disk();
        let [a, c] = ["a", "c"].map(|name| world.device_without_keychain(name));
        let server = world.server();
        let network = Liar::before(&server);
        for i in 0..RECORDS {
            a.add("openai", &format!("key {i}"), format!("sk-{i}")).done();
        }
        world.create_account_at(&a, &network.url());
        let mut story = Self { world, server, network, a, c, asked: Arc::default() };
        story.cut_after(0);
        let kit = story.world.join_kit();
        story.c.run(&["account", "join", "--kit", kit.to_str().unwrap()]).ends(6, &[]);
        story
    }

    /// Pages are small, and from now on only this many come.
    fn cut_after(&mut self, pages: usize) {
        self.asked = Arc::default();
        let asked = Arc::clone(&self.asked);
        self.network.tells(move |request, pass| {
            let after = request.path.split("after=").nth(1).map(str::to_owned);
            match request.call {
                Call::Pull if request.path.contains("after=0") => Answer::error(410, "SNAPSHOT_REQUIRED"),
                Call::Snapshot => {
                    asked.lock().unwrap().push(after);
                    if asked.lock().unwrap().len() > pages {
                        return Answer::error(503, "UNAVAILABLE");
                    }
                    pass(request).change(|page: &mut Snapshot| {
                        if page.records.len() > PAGE {
                            page.records.truncate(PAGE);
                            page.next = page.records.last().map(|placed| placed.record.id);
                        }
                    })
                }
                _ => pass(request),
            }
        });
    }

    fn asked(&self) -> Vec<Option<String>> {
        self.asked.lock().unwrap().clone()
    }

    /// Two pages come, and then no more.
    fn cut(&mut self) {
        self.cut_after(2);
        self.c.run(&["sync"]).ends(6, &[]);
    }

    #[track_caller]
    fn assert_same(&self) {
        let values = |device: &Device| {
            let list = device.list().into_iter();
            list.map(|one| (one["name"].to_string(), device.get(one["id"].as_str().unwrap())))
                .collect::<Vec<_>>()
        };
        assert_eq!(values(&self.a), values(&self.c));
        assert_eq!(self.c.status()["alarms"], serde_json::json!([]));
        self.c.assert_well();
    }
}

#[test]
fn it_goes_on_where_it_was_and_takes_what_was_written_meanwhile() {
    let mut story = Story::begin();
    story.cut();
    let first = story.asked();
    assert_eq!((first.len(), &first[0]), (3, &None), "{first:?}");
    // Records of pages that came and of pages to come.
    for name in ["key 0", "key 4", "key 8"] {
        story.a.edit(name, format!("sk-{name}-2")).done();
    }
    story.a.done(&["rm", "key 1"]);
    story.a.done(&["rm", "key 7"]);
    story.a.done(&["erase", "key 7"]);
    story.a.sync();
    story.cut_after(usize::MAX);
    story.c.sync();
    let asked = story.asked();
    assert_eq!(asked[0], first[2], "from the page on that did not come");
    assert!(asked.len() <= RECORDS.div_ceil(PAGE) - 2, "{asked:?}");
    story.assert_same();
    let cache = rusqlite::Connection::open(story.c.cache()).unwrap();
    let left = cache.query_row("SELECT count(*) FROM staged", (), |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(left, 0);
}

/// What was staged is of a log that is no more: it begins again by itself, and nobody is alarmed.
#[test]
fn it_begins_again_where_the_server_was_put_back() {
    let mut story = Story::begin();
    let copy = story.server.copy("copy");
    for name in ["key 0", "key 4"] {
        story.a.edit(name, format!("sk-{name}-lost")).done();
    }
    story.a.sync();
    story.cut();
    story.server.put_back(&copy);
    story.cut_after(usize::MAX);
    let told = story.c.sync();
    assert!(story.asked().contains(&None), "{:?}", story.asked());
    assert!(!told.err.contains("does not add up"), "{told}");
    story.network.is_honest();
    story.a.sync();
    story.c.sync();
    story.assert_same();
}
