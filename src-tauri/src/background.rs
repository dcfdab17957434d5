//! What goes on while the window is open: changes by other programs are followed, the vault syncs by itself, and keys are
//! verified at a calm rate.

mod following;
mod verifying;

use std::thread;
use std::time::Duration;

use keymoor_vault::{Watch, Watching};

use crate::desk::{Desk, Shown};
use crate::failure::Failure;

/// When to try again what did not go, if nothing happens meanwhile.
const AGAIN: Duration = Duration::from_secs(5);
/// So many keychain copies are written before others get their turn, where there is no account.
const COPIES: u32 = 20;

/// Starts what goes on beside the window; it ends with the program. While nothing happens each of its threads rests.
pub(crate) fn start(desk: Desk) {
    following::start(desk.clone());
    verifying::start(desk.clone());
    thread::spawn(move || {
        let (mut seen, mut longest) = (0, None);
        loop {
            seen = desk.rest(seen, longest);
            let again = match desk.unasked(|vault| Ok(Watch::begin(vault)?)) {
                Ok(Some(watch)) => {
                    keep_in_step(&desk, watch);
                    Some(AGAIN)
                }
                // There is no vault open.
                Ok(None) => None,
                Err(failure) if failure.code() == Failure::NO_ACCOUNT => {
                    copy(&desk);
                    None
                }
                // Whatever it is, the next command finds it, too, and says it.
                Err(_) => Some(AGAIN),
            };
            if again.is_some() {
                seen = desk.stirred();
            }
            longest = again;
        }
    });
}

/// Writes the keychain copies that are behind, others having their turn in between. What fails the next save tries again.
fn copy(desk: &Desk) {
    while matches!(desk.unasked(|vault| Ok(vault.mirror(COPIES)?)), Ok(Some(left)) if left > 0) {}
}

/// Until the vault is closed, or has to be opened anew.
fn keep_in_step(desk: &Desk, mut watch: Watch) {
    while watch.wait() {
        let stepped = desk.unasked(|vault| Ok(watch.step(vault, &mut |event| show(desk, event))?));
        if !matches!(stepped, Ok(Some(()))) {
            break;
        }
    }
    desk.shows(None);
}

/// What of it the window shows. What changed in the vault it reads by itself.
fn show(desk: &Desk, event: Watching) {
    match event {
        // Notices lie in the vault, where the desk finds them.
        Watching::Connected | Watching::Polling { .. } | Watching::Notice(_) => {}
        Watching::Syncing(progress) => desk.shows(Shown::of(progress)),
        Watching::Copying { done, total } => desk.shows(Some(Shown::copying(done, total))),
        Watching::Copied { .. } | Watching::CopyingStopped(_) => desk.shows(None),
        Watching::Synced(_) => went(desk, None),
        Watching::Offline { problem, .. } | Watching::SignIn(problem) => {
            went(desk, Some(Failure::of_server(problem)));
        }
        Watching::Held(error) => went(desk, Some(Failure::from(error).code())),
    }
}

fn went(desk: &Desk, failure: Option<&'static str>) {
    desk.shows(None);
    desk.sync_went(failure);
}
