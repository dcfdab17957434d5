//! Very many deletes at once (rule 11): a device asks before it follows them, and none empties a server by itself.

use keymoor_journeys::{Device, Server, World};
use secrecy::SecretString;

/// So many credentials of one provider, saved in one go, and moved to the trash if they are to be.
pub(crate) fn fill(device: &Device, password: &str, many: usize, trashed: bool) {
    use keymoor_vault::{Backend, Config, Field, NewCredential, Patience, Value, Vault};
    let (home, service) = (device.home().to_owned(), "unused".to_owned());
    let config = Config { home, keychain: Backend::None, keychain_service: service };
    let mut vault = Vault::open(config, Patience::default(), &mut |_| Some(password.into())).unwrap();
    for n in 0..many {
        let value = Value::Secret(SecretString::from(format!("sk-{n}")));
        let fields = vec![Field { name: "secret".to_owned(), value }];
        let (provider, name) = ("many".to_owned(), format!("key {n}"));
        let new = NewCredential { provider, name, fields, ..NewCredential::default() };
        let saved = vault.add(new).unwrap();
        if trashed {
            vault.trash(saved.id).unwrap();
        }
    }
}

/// Two devices with so many credentials.
fn world(many: usize) -> (World, Server, Device, Device) {
    let world = World::new();
    let (server, a) = (world.server(), world.device_without_keychain("a"));
    a.add("openai", "first", "sk-first").done();
    world.create_account(&a, &server);
    fill(&a, keymoor_journeys::PASSWORD, many - 1, false);
    a.sync();
    let b = world.device("b");
    world.join(&b);
    assert_eq!(b.list().len(), many);
    (world, server, a, b)
}

fn delete(device: &Device, which: std::ops::Range<usize>) {
    for n in which {
        device.done(&["rm", &format!("many/key {n}")]);
    }
    device.sync();
}

fn agree(device: &Device) {
    let command = device.command(&["sync"]);
    let line = format!("{} sync", command.get_program().to_string_lossy());
    let mut terminal = std::process::Command::new("script");
    terminal.args(["-qec", &line, "/dev/null"]);
    device.dress(&mut terminal);
    keymoor_journeys::run_fed(terminal, b"yes\n").done();
}

fn records(server: &Server) -> i64 {
    let sql = "SELECT count(*) FROM record WHERE deleted = 0";
    server.database().query_row(sql, (), |row| row.get(0)).unwrap()
}

#[test]
fn ten_deletes_pass_and_eleven_are_asked_about_however_they_come() {
    let (_world, server, a, b) = world(24);
    delete(&a, 0..10);
    b.sync();
    assert_eq!(b.list().len(), 14);
    delete(&a, 10..21);
    // In pages.
    for _ in 0..2 {
        b.run(&["sync"]).ends(5, &["deleted 11 of 14"]);
        assert_eq!(b.list().len(), 14, "none of them went");
    }
    // And in the live set, which a cache that was made anew takes.
    b.delete_cache();
    for _ in 0..2 {
        b.run(&["sync"]).ends(5, &["deleted 11 of 14"]);
        assert_eq!((b.list().len(), records(&server)), (14, 3));
    }
    let told = b.done(&["activity"]).text();
    assert!(!told.contains("elsewhere"), "nothing of it has happened: {told}");
    agree(&b);
    assert_eq!((b.list().len(), b.status()["waiting"].as_u64()), (3, Some(0)));
    a.sync();
    assert_eq!((a.list().len(), records(&server)), (3, 3), "and none of them came back");
}

/// What pages that were cut off had deleted before is put down in the cache.
#[test]
fn what_a_pull_that_was_cut_off_deleted_counts_until_a_pull_ends_and_no_longer() {
    let (_world, _server, a, b) = world(24);
    let cache = || rusqlite::Connection::open(b.cache()).unwrap();
    let cut_off = || {
        let guard = [9_u64.to_be_bytes(), 24_u64.to_be_bytes()].concat();
        let sql = "REPLACE INTO setting (key, value) VALUES ('pull_guard', ?1)";
        cache().execute(sql, [guard]).unwrap();
    };
    let kept = || -> i64 {
        let sql = "SELECT count(*) FROM setting WHERE key = 'pull_guard'";
        cache().query_row(sql, (), |row| row.get(0)).unwrap()
    };
    // The rest of that pull is empty.
    cut_off();
    b.sync();
    assert_eq!(kept(), 0, "two deletes in some weeks must not count as eleven");
    // The rest of it comes as the live set.
    cut_off();
    delete(&a, 0..9);
    cache().execute("UPDATE device SET rebuilt = 1", ()).unwrap();
    b.run(&["sync"]).ends(5, &["deleted 18 of 24"]);
    assert_eq!((b.list().len(), kept()), (24, 1));
    agree(&b);
    assert_eq!((b.list().len(), kept()), (15, 0));
}

#[test]
fn of_many_records_a_quarter_passes_and_one_more_does_not() {
    let (_world, _server, a, b) = world(60);
    delete(&a, 0..15);
    b.sync();
    assert_eq!(b.list().len(), 45);
    delete(&a, 15..27); // 12 of 45 are more than a quarter
    b.run(&["sync"]).ends(5, &["deleted 12 of 45"]);
    assert_eq!(b.list().len(), 45);
}

#[test]
fn a_device_that_lost_everything_empties_no_server() {
    let (world, server, a, mut b) = world(24);
    b.delete_home();
    b.wipe_keychain();
    world.unlock(&b).done();
    b.sync();
    assert_eq!((b.list().len(), records(&server)), (24, 24));
    // A cache that was made anew, and the keychain's copies are the ones of a moment ago.
    b.delete_home();
    b.sync();
    a.sync();
    assert_eq!((b.list().len(), a.list().len(), records(&server)), (24, 24, 24));
}
