//! What goes on while the window is open: changes by other programs are followed, the vault syncs by itself, and keys are
//! verified at a calm rate.

mod verifying;

use std::thread;
use std::time::Duration;

use keymoor_vault::{Watch, Watching};

use crate::commands::names::EVENT_CHANGED;
use crate::desk::{Desk, Shown};
use crate::failure::Failure;

/// How often the change counter is read: a change by another program is on the screen within a third of a second.
const GLANCE: Duration = Duration::from_millis(300);
/// How often to look whether there is something to watch over: a vault that is open, and an account.
const LOOK: Duration = Duration::from_secs(1);
/// So many keychain copies are written before others get their turn, where there is no account.
const COPIES: u32 = 20;

/// Starts what goes on beside the window; it ends with the program.
pub(crate) fn start(desk: Desk) {
    verifying::start(desk.clone());
    let followed = desk.clone();
    thread::spawn(move || {
        let mut seen = None;
        loop {
            thread::sleep(GLANCE);
            let Some(now) = followed.changes() else { continue };
            if seen.replace(now).is_some_and(|before| before != now) {
                followed.tell(EVENT_CHANGED);
            }
        }
    });
    thread::spawn(move || {
        let mut without_account = None;
        loop {
            thread::sleep(LOOK);
            let now = desk.changes();
            // A vault without an account has none before it changes.
            if now.is_none() || now == without_account {
                continue;
            }
            match desk.unasked(|vault| Ok(Watch::begin(vault)?)) {
                Ok(Some(watch)) => keep_in_step(&desk, watch),
                Ok(None) => {}
                Err(failure) if failure.code() == Failure::NO_ACCOUNT => {
                    without_account = now;
                    copy(&desk);
                }
                // Whatever it is, the next command finds it, too, and says it.
                Err(_) => {}
            }
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
