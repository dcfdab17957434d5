//! What goes wrong around Keymoor: each with its words and its exit code, and nothing stored or lost.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    thread,
    time::Duration,
};

use keymoor_journeys::{Device, Server, World};

/// A device with one key and an account.
fn one_device() -> (World, Server, Device) {
    let world = World::new();
    let (server, a) = (world.server(), world.device("a"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    (world, server, a)
}

#[test]
fn a_wrong_password_is_told_apart_from_a_damaged_kit() {
    let (world, _server, _a) = one_device();
    let mut b = world.device("b");
    let kit = world.join_kit();
    let join = |kit: &Path| ["account", "join", "--kit", kit.to_str().unwrap()].map(str::to_owned);
    let run = |b: &Device, kit: &Path| b.run(&join(kit).each_ref().map(String::as_str));

    let good = fs::read_to_string(&kit).unwrap();
    let wrong = world.path("wrong-kit.txt");
    let key = good.find("secret key: ").unwrap() + 20;
    for at in [key, good.find("account: ").unwrap() + 12, good.find("check: ").unwrap() + 9] {
        let mut text = good.clone();
        let other = if &text[at..=at] == "7" { "8" } else { "7" };
        text.replace_range(at..=at, other);
        fs::write(&wrong, text).unwrap();
        run(&b, &wrong).ends(7, &["is damaged"]);
    }
    run(&b, &world.recovery_kit()).ends(2, &["is not the kit that is needed here"]);
    assert!(!b.home().exists(), "a kit is looked at before anything is made");

    let typo = world.path("typo");
    fs::write(&typo, "correct horse battery stable\n").unwrap();
    b.set("KEYMOOR_PASSWORD_FILE", &typo);
    run(&b, &kit).ends(4, &["The password is wrong."]);
    assert!(b.list().is_empty());
    b.set("KEYMOOR_PASSWORD_FILE", world.password());
    run(&b, &kit).done();
    assert_eq!(b.get("work"), b"sk-work");
}

#[test]
fn a_mistyped_password_at_a_join_without_a_keychain_can_be_typed_again() {
    let (world, _server, _a) = one_device();
    let mut b = world.device_without_keychain("b");
    let (kit, typo) = (world.join_kit(), world.path("typo"));
    let join = ["account", "join", "--kit", kit.to_str().unwrap()];
    fs::write(&typo, "correct horse battery stable\n").unwrap();
    b.set("KEYMOOR_PASSWORD_FILE", &typo);
    b.run(&join).ends(4, &["The password is wrong.", "Nothing was changed."]);
    b.set("KEYMOOR_PASSWORD_FILE", world.password());
    b.done(&join);
    assert_eq!(b.get("work"), b"sk-work");
}

#[test]
fn a_server_that_is_down_or_something_else_loses_nothing() {
    let (world, mut server, a) = one_device();
    server.stop();
    a.add("openai", "later", "sk-later").done();
    a.run(&["sync"]).ends(6, &["The server cannot be reached.", "changes wait for the next sync"]);

    let listener = TcpListener::bind(server.url().trim_start_matches("http://")).unwrap();
    let login_page = answering(listener, Duration::ZERO);
    a.run(&["sync"]).ends(6, &["is not a Keymoor server"]);
    let b = world.device("b");
    let create = ["account", "create", "--server", &server.url(), "--kit", "k.txt", "--recovery", "r.txt"];
    b.run(&create).ends(6, &["is not a Keymoor server"]);
    assert!(!b.path("k.txt").exists() && !b.path("r.txt").exists());

    assert_eq!(a.status()["waiting"], 1);
    login_page.stop();
    server.start_again();
    assert!(a.sync().err.contains("1 change sent"));
    assert_eq!(a.get("later"), b"sk-later");
}

#[test]
fn a_server_that_answers_after_half_a_minute_is_not_waited_for() {
    let (_world, mut server, a) = one_device();
    server.stop();
    a.add("openai", "later", "sk-later").done();
    let listener = TcpListener::bind(server.url().trim_start_matches("http://")).unwrap();
    let slow = answering(listener, Duration::from_secs(30));
    let said = a.run(&["sync"]).ends(6, &["The server did not answer in time."]);
    assert!((5..21).contains(&said.took.as_secs()), "{said}");
    slow.stop();
    server.start_again();
    assert!(a.sync().err.contains("1 change sent"));
}

#[test]
fn a_cache_that_is_garbage_is_set_aside_and_made_anew_from_the_keychain() {
    let (_world, mut server, a) = one_device();
    server.stop();
    a.add("openai", "not yet sent", "sk-2").done();
    let garbage = b"nobody knows who wrote this here ".repeat(1000);
    fs::write(a.cache(), &garbage).unwrap();
    let said = a.run(&["get", "work"]).ends(0, &["The cache file was damaged", "2 credentials"]);
    assert_eq!(said.text(), "sk-work\n");
    assert_eq!(a.get("not yet sent"), b"sk-2");
    let aside: Vec<_> = fs::read_dir(a.home()).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(aside.iter().any(|file| fs::read(file).unwrap() == garbage), "{aside:?}");
    server.start_again();
    a.sync();
    a.assert_well();
}

#[test]
fn a_cache_of_a_newer_version_is_not_touched() {
    let (_world, _server, a) = one_device();
    let database = rusqlite::Connection::open(a.cache()).unwrap();
    let history = "INSERT INTO refinery_schema_history VALUES (?1, 'later', '2030-01-01T00:00:00Z', '1')";
    database.execute(history, [99]).unwrap();
    database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(database);
    let before = fs::read(a.cache()).unwrap();
    for arguments in [&["get", "work"][..], &["list"], &["sync"], &["status"], &["rm", "work"]] {
        a.run(arguments).ends(7, &["A newer version of Keymoor", "format 99", "Nothing was touched."]);
    }
    a.add("openai", "other", "sk-2").ends(7, &["A newer version"]);
    assert!(fs::read(a.cache()).unwrap() == before, "the file was changed");
    let database = rusqlite::Connection::open(a.cache()).unwrap();
    database.execute("DELETE FROM refinery_schema_history WHERE version = 99", ()).unwrap();
    drop(database);
    assert_eq!(a.get("work"), b"sk-work");
}

#[test]
fn a_locked_keychain_is_said_and_nothing_is_lost() {
    let (_world, _server, mut a) = one_device();
    a.keyring().lock().unwrap();
    a.run(&["get", "work"]).ends(8, &["The system's keychain is locked."]);
    a.add("openai", "other", "sk-2").ends(8, &["The system's keychain is locked."]);
    a.delete_cache();
    a.run(&["list"]).ends(8, &["The system's keychain is locked."]);
    a.keyring().restart().unwrap();
    assert_eq!((a.list().len(), a.get("work")), (1, b"sk-work".to_vec()));
    a.assert_well();
}

#[test]
fn without_any_keychain_nothing_is_made_and_the_way_out_is_said() {
    let world = World::new();
    let mut a = world.device("a");
    a.keyring().stop_daemon();
    let said = a.add("openai", "work", "sk-work").ends(8, &["does not answer", "KEYMOOR_KEYCHAIN=none"]);
    assert!(said.took < Duration::from_secs(20), "{said}");
    a.keyring().stop();
    a.add("openai", "work", "sk-work").ends(8, &["does not answer"]);
    assert!(!a.cache().exists());
    // That way works.
    a.set("KEYMOOR_KEYCHAIN", "none");
    a.add("openai", "work", "sk-work").ends(0, &["No keychain is in use"]);
    assert_eq!(a.get("work"), b"sk-work");
}

/// Something that answers HTTP and is no server of ours, after a while.
struct Stranger {
    address: std::net::SocketAddr,
    thread: thread::JoinHandle<()>,
}

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 35\r\nConnection: close\r\n\r\n\
                    <html><h1>Welcome, guest</h1></html";

fn answering(listener: TcpListener, after: Duration) -> Stranger {
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = [0; 64 * 1024];
            if connection.read(&mut request).unwrap_or(0) < 5 || request.starts_with(b"STOP ") {
                return;
            }
            thread::spawn(move || {
                thread::sleep(after);
                let _ = connection.write_all(PAGE.as_bytes());
            });
        }
    });
    Stranger { address, thread }
}

impl Stranger {
    fn stop(self) {
        std::net::TcpStream::connect(self.address).unwrap().write_all(b"STOP now").unwrap();
        self.thread.join().unwrap();
    }
}

#[test]
fn the_longest_name_is_found_with_its_provider() {
    let world = World::new();
    let a = world.device_without_keychain("a");
    let long = "n".repeat(200);
    for provider in ["openai", "github"] {
        a.add(provider, &long, format!("sk-of-{provider}")).done();
    }
    assert_eq!(a.get(&format!("github/{long}")), b"sk-of-github");
    a.done(&["rm", &format!("openai/{long}")]);
    a.done(&["restore", &format!("openai/{long}")]);
    assert_eq!(a.get(&format!("openai/{long}")), b"sk-of-openai");
}
