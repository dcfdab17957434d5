//! What was deleted on one device and edited on another is there, whole, and it is said.

use keymoor_journeys::World;

#[test]
fn a_delete_that_meets_an_edit_is_told_of_by_name() {
    let world = World::new();
    let (server, a, b) = (world.server(), world.device("a"), world.device_without_keychain("b"));
    for name in ["trashed", "erased", "edited", "edited more"] {
        a.add("openai", name, format!("sk-{name}")).done();
    }
    world.create_account(&a, &server);
    world.join(&b);
    // Deleted here, edited there.
    a.done(&["rm", "trashed"]);
    a.done(&["rm", "erased"]);
    a.done(&["erase", "erased"]);
    b.edit("trashed", "sk-trashed-2").done();
    b.edit("erased", "sk-erased-2").done();
    b.sync();
    a.run(&["sync"]).ends(
        0,
        &[
            "openai/trashed was moved to the trash here, and edited elsewhere meanwhile: it is back.",
            "openai/erased was erased here, and edited elsewhere meanwhile: it is back.",
        ],
    );
    // The other way round.
    a.edit("edited", "sk-edited-2").done();
    a.edit("edited more", "sk-edited-more-2").done();
    b.sync();
    b.done(&["rm", "edited"]);
    b.done(&["rm", "edited more"]);
    b.done(&["erase", "edited more"]);
    b.sync();
    a.run(&["sync"]).ends(
        0,
        &[
            "openai/edited was moved to the trash elsewhere, and edited here meanwhile: it stays.",
            "openai/edited more was erased elsewhere, and edited here meanwhile: it stays.",
        ],
    );
    b.sync();
    for device in [&a, &b] {
        assert_eq!(device.list().len(), 4);
        assert_eq!(device.get("trashed"), b"sk-trashed-2");
        assert_eq!(device.get("erased"), b"sk-erased-2");
        assert_eq!(device.get("edited"), b"sk-edited-2");
        assert_eq!(device.get("edited more"), b"sk-edited-more-2");
        // It is said once, and not of a plain delete or restore.
        assert!(!device.sync().err.contains("meanwhile"));
    }
    a.done(&["rm", "trashed"]);
    a.sync();
    assert!(!b.sync().err.contains("meanwhile"));
    b.done(&["restore", "trashed"]);
    b.sync();
    assert!(!a.sync().err.contains("meanwhile"));
}
