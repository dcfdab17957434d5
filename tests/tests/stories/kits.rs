//! The kits that `account create` writes: good whenever they are there, and whatever is typed from them.

use std::{fs, path::Path, process::Command};

use keymoor_journeys::{Device, Ran, Server, World, run_fed};

/// Kills `account create` at each system call by which a file comes to the disk, one after the other.
#[test]
fn a_kill_at_any_moment_leaves_good_kits_or_none() {
    let mut kills = 0;
    for call in ["fsync", "fdatasync", "link,linkat", "unlink,unlinkat", "rename,renameat,renameat2"] {
        for when in 1.. {
            let world = World::new();
            let (server, a) = (world.server(), world.device_without_keychain("a"));
            a.add("openai", "work", "sk-work").done();
            if killed_create(&world, &a, &server, call, when).code == Some(0) {
                break; // there was no such moment any more
            }
            kills += 1;
            let recovery = world.recovery_kit();
            if recovery.exists() {
                // Good at once, without the server.
                world.unlock_by_recovery(&a).ends(0, &["unlocked, with 1 credential"]);
            }
            let before = fs::read(&recovery).ok();
            create(&world, &a, &server).done();
            if let Some(before) = before {
                assert_eq!(
                    fs::read(&recovery).unwrap(),
                    before,
                    "{call} {when}: the kit that was there stays"
                );
            }
            let left: Vec<_> =
                fs::read_dir(world.path(".")).unwrap().map(|file| file.unwrap().path()).collect();
            assert!(!left.iter().any(|file| file.to_string_lossy().ends_with(".pending")), "{left:?}");
            // Both kits are good on a device that has nothing.
            let b = world.device_without_keychain("b");
            world.join(&b);
            assert_eq!(b.get("work"), b"sk-work", "{call} {when}");
            b.delete_home();
            let unlock = ["unlock", "--recovery", recovery.to_str().unwrap()];
            b.run(&unlock).ends(0, &["unlocked, with 1 credential"]);
            assert_eq!(b.get("work"), b"sk-work", "{call} {when}");
        }
    }
    eprintln!("account create was killed at {kills} moments");
    assert!(kills > 10);
}

fn arguments(world: &World, server: &Server) -> Vec<String> {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (kit, recovery) = (text(&world.join_kit()), text(&world.recovery_kit()));
    let words = ["account", "create", "--server", &server.url(), "--kit", &kit, "--recovery", &recovery];
    words.map(str::to_owned).to_vec()
}

fn create(world: &World, a: &Device, server: &Server) -> Ran {
    let arguments = arguments(world, server);
    a.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn killed_create(world: &World, a: &Device, server: &Server, call: &str, when: u32) -> Ran {
    let inner = a.command(&[]);
    let mut command = Command::new("strace");
    command.args(["-f", "-o", "/dev/null", "-e", &format!("trace={call}")]);
    command.args(["-e", &format!("inject={call}:signal=KILL:when={when}")]);
    command.arg(inner.get_program()).args(arguments(world, server));
    a.dress(&mut command);
    run_fed(command, b"")
}

#[test]
fn the_words_alone_open_what_is_here() {
    let world = World::new();
    let (server, mut a) = (world.server(), world.device("a"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    let kit = fs::read_to_string(world.recovery_kit()).unwrap();
    let words = kit.lines().find_map(|line| line.strip_prefix("words: ")).unwrap();
    let typed = a.path("typed.txt");
    fs::write(&typed, words.to_uppercase().replace(' ', "\r\n")).unwrap();
    let unlock = ["unlock", "--recovery", typed.to_str().unwrap()];
    a.wipe_keychain();
    a.run(&unlock).ends(0, &["unlocked, with 1 credential"]);
    assert_eq!(a.get("work"), b"sk-work");

    a.wipe_keychain();
    a.delete_home();
    a.run(&unlock).ends(2, &["do not say whose they are", "\"account\""]);
    assert!(!a.cache().exists());
    // Without its headline and with capital letters the page is still the page.
    let page = kit.lines().skip(1).collect::<Vec<_>>().join("\r\n");
    fs::write(&typed, page.replace(words, &words.to_uppercase())).unwrap();
    a.run(&unlock).ends(0, &["unlocked, with 1 credential"]);
    assert_eq!(a.get("work"), b"sk-work");
}
