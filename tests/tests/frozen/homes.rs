//! Data directories and keychains, each with the other and without it. No server is near.

use keymoor_journeys::World;

use crate::{device, state, v1};

#[test]
fn a_data_directory_with_its_keychain_goes_on() {
    let (world, v1) = (World::new(), v1());
    let desktop = device(&world, &v1, "desktop", true, true);
    let state = state(&v1, "desktop");
    state.assert_on(&desktop);

    // Not only read: changed, brought back, settled.
    desktop.edit("vendor/large", "small now").done();
    assert_eq!(desktop.get("vendor/large"), b"small now");
    desktop.done(&["restore", "stripe/old"]);
    assert_eq!(desktop.get("stripe/old"), b"sk_made_up_0123456789");
    let history = desktop.done(&["history", "openai/work", "--json"]).json();
    let oldest = history.as_array().unwrap().last().unwrap()["version"].to_string();
    desktop.done(&["revert", "openai/work", "--to", &oldest]);
    let first = &state.credentials[0].earlier[0];
    assert_eq!(desktop.get("openai/work"), first.as_bytes());
    desktop.assert_well();
    // What it did before there were links is taken as it is, and said.
    let happened = desktop.done(&["activity", "--json"]).json();
    let happened = happened.as_array().unwrap();
    let linked: Vec<_> = happened.iter().filter(|entry| entry["event"] == "linked").collect();
    assert!(linked.len() == 1 && linked[0]["taken"] == 0, "version 1 kept none: {happened:?}");
    assert!(happened.iter().all(|entry| entry["event"] != "activity_broken"));
}

#[test]
fn a_keychain_alone_gives_everything_back() {
    let (world, v1) = (World::new(), v1());
    let desktop = device(&world, &v1, "desktop", false, true);
    let mut state = state(&v1, "desktop");
    state.credentials.iter_mut().for_each(|one| one.earlier.clear()); // the history is in the cache and on the server
    desktop.run(&["list"]).ends(0, &["back from the keychain"]);
    state.assert_on(&desktop);
}

#[test]
fn a_data_directory_alone_opens_with_kit_and_password_and_with_the_recovery_kit() {
    for arguments in [["unlock", "--kit", "join-kit.txt"], ["unlock", "--recovery", "recovery-kit.txt"]] {
        let (world, v1) = (World::new(), v1());
        let desktop = device(&world, &v1, "desktop", true, false);
        let kit = v1.path(arguments[2]);
        let mut command = desktop.command(&[arguments[0], arguments[1], kit.to_str().unwrap()]);
        if arguments[1] == "--recovery" {
            command.env_remove("KEYMOOR_PASSWORD_FILE"); // it is enough alone
        }
        keymoor_journeys::run_fed(command, b"").done();
        state(&v1, "desktop").assert_on(&desktop);
    }
}

#[test]
fn a_vault_without_a_keychain_opens_with_its_password() {
    let (world, v1) = (World::new(), v1());
    let laptop = device(&world, &v1, "laptop", true, false);
    state(&v1, "server").assert_on(&laptop);
}
