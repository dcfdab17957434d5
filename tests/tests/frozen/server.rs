//! A server's database goes on under this version, with old devices and with new ones.

use keymoor_journeys::{
    Server, World,
    frozen::{ADDRESS, Address},
};

use crate::{device, state, v1};

#[test]
fn a_server_goes_on_with_its_devices_and_takes_new_ones() {
    let (world, v1) = (World::new(), v1());
    let address = Address::take();
    let _server = v1.thaw_server("server", &world, &address);
    let desktop = device(&world, &v1, "desktop", true, true);
    let laptop = device(&world, &v1, "laptop", true, false);
    let after = state(&v1, "desktop");

    // The sessions have ended long since: the password signs in.
    desktop.sync();
    after.assert_on(&desktop);
    laptop.sync();
    let mut seen = after.clone();
    seen.credentials[0].earlier.truncate(0); // the laptop's own history begins later
    seen.assert_on(&laptop);

    let kit = v1.path("join-kit.txt");
    let new = device(&world, &v1, "new", false, false);
    new.done(&["account", "join", "--kit", kit.to_str().unwrap()]);
    seen.assert_on(&new);
    new.edit("slack/bot", "settled").done();
    new.sync();
    desktop.sync();
    assert_eq!(desktop.get("slack/bot"), b"settled");
}

#[test]
fn a_lost_server_is_filled_again_by_an_old_device() {
    let (world, v1) = (World::new(), v1());
    let _address = Address::take();
    let _server = Server::start_at(world.path("empty"), ADDRESS, "warn");
    let desktop = device(&world, &v1, "desktop", true, true);
    let kit = world.join_kit();
    let create =
        ["account", "create", "--server", &format!("http://{ADDRESS}"), "--kit", kit.to_str().unwrap()];
    let said = desktop.done(&[&create[..], &["--recovery", "none.txt"]].concat());
    assert!(said.err.contains("The recovery kit made before stays good."), "{said}");
    // An erasure that waited for the server that is lost: other devices may have the record, and would bring it back if it
    // were gone without a trace. So it lies in the trash, for all of them, and is erased from there.
    desktop.done(&["erase", "heroku/erased"]);
    desktop.sync();
    let mut after = state(&v1, "desktop");
    after.assert_on(&desktop);

    after.credentials[0].earlier.clear();
    let by_recovery = device(&world, &v1, "new", false, false);
    let recovery = v1.path("recovery-kit.txt");
    by_recovery.done(&["unlock", "--recovery", recovery.to_str().unwrap()]);
    by_recovery.sync();
    after.assert_on(&by_recovery);
}
