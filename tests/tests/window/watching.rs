//! The open window syncs by itself, and says how that goes.

use keymoor_journeys::{World, eventually};

use crate::display::Display;
use crate::driver::Driver;

#[test]
fn what_changes_elsewhere_appears_and_what_changes_here_goes_out_without_a_step() {
    let world = World::new();
    let (mut server, a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    a.add("openai", "first", "sk-first").done();
    world.create_account(&a, &server);
    world.join(&b);
    b.sync();
    let display = Display::start(&world.path("display"));
    let window = Driver::open(&a, &display);
    window.until("it has synced", |window| window.text().contains("In keychain, cache and sync."));

    b.add("anthropic", "agents", "sk-agents").done();
    b.sync();
    window.until("the other device's key is listed", |window| window.text().contains("agents"));
    a.add("mistral", "from the command line", "sk-mine").done();
    eventually("it is at the server", || {
        b.sync();
        b.list().len() == 3
    });
    window.until("all is in step", |window| window.text().contains("In keychain, cache and sync."));

    server.shut_down();
    a.edit("first", "sk-first-2").done();
    window.until("it says so", |window| {
        let text = window.text();
        text.contains("The server does not answer. Everything is safe here.")
            && text.contains("1 change goes out when it is back")
    });
    server.start_again();
    window.until("all is in step again", |window| window.text().contains("In keychain, cache and sync."));
    b.sync();
    assert_eq!(b.get("first"), b"sk-first-2");

    server.end_sessions();
    a.edit("first", "sk-first-3").done();
    window.until("it asks for the password, calmly", |window| {
        window.text().contains("Sync needs your password again.")
    });
    a.sync(); // signs in, with the password from the file
    window.until("it goes on", |window| window.text().contains("In keychain, cache and sync."));
}
