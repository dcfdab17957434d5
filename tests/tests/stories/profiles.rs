//! An account whose password was stretched by another profile than the one that this build takes for new accounts.

use keymoor_journeys::{Member, PASSWORD, World};
use keymoor_sealing::Profile;

#[test]
fn a_password_of_any_known_profile_joins_signs_in_and_unlocks() {
    let world = World::new();
    let (server, a) = (world.server(), world.device("a"));
    a.add("openai", "work", "sk-work").done();
    world.create_account(&a, &server);
    let other = Profile::ALL.iter().copied().find(|profile| *profile != Profile::NEWEST);
    let other = other.expect("built with keymoor-cli/cheap-kdf, as cargo xtask test does");
    let mut member = Member::log_in(&server.url(), &world.join_kit(), PASSWORD, Profile::NEWEST);
    member.set_password(PASSWORD, other);

    let mut b = world.device("b");
    world.join(&b);
    assert_eq!(b.get("work"), b"sk-work");
    // A device whose keys document still names the profile of before.
    server.end_sessions();
    a.sync();
    // One that starts anew.
    b.wipe_keychain();
    b.delete_home();
    world.unlock(&b).ends(0, &["unlocked, with 1 credential"]);
    assert_eq!(b.get("work"), b"sk-work");
}
