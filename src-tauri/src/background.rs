//! What goes on while the window is open: changes by other programs are followed, and what waits is synced and mirrored.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::commands::account::sync;
use crate::commands::names::EVENT_CHANGED;
use crate::desk::{Answer, Desk};
use crate::requests::SyncRequest;

/// How often the change counter is read: a change by another program is on the screen within a third of a second.
const GLANCE: Duration = Duration::from_millis(300);
/// What was changed here is sent when nothing else was changed for so long.
const QUIET: Duration = Duration::from_secs(1);
/// What others changed is fetched so often.
const ROUND: Duration = Duration::from_secs(60);
/// So many keychain copies are written before others get their turn.
const COPIES: u32 = 20;

/// Starts both watches; they end with the program.
pub(crate) fn start(desk: Desk) {
    let (wake, woken) = channel();
    let followed = desk.clone();
    thread::spawn(move || {
        let mut seen = None;
        loop {
            thread::sleep(GLANCE);
            let Some(now) = followed.changes() else { continue };
            if seen.replace(now).is_some_and(|before| before != now) {
                followed.tell(EVENT_CHANGED);
                // Nobody left to wake: the program is ending.
                let _ = wake.send(());
            }
        }
    });
    thread::spawn(move || keep_in_step(&desk, &woken));
}

/// Syncs after a change and once a round. What fails is tried again a round later; its reason is in the status.
fn keep_in_step(desk: &Desk, woken: &Receiver<()>) {
    let mut patient = false;
    loop {
        let round = match woken.recv_timeout(ROUND) {
            Ok(()) => {
                while woken.recv_timeout(QUIET).is_ok() {}
                false
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if !round && patient {
            continue;
        }
        patient = step(desk, round).is_err();
    }
}

/// Sends what waits, fetches if it is time, and writes the keychain copies that are behind.
fn step(desk: &Desk, round: bool) -> Answer<()> {
    let (sync_now, mirror_now) = desk.patiently(|vault| {
        let status = vault.status()?;
        Ok((status.server.is_some() && (round || status.waiting > 0), status.homes.keychain.waiting > 0))
    })?;
    if sync_now {
        let request = SyncRequest { password: None, accept_deletions: false };
        let answer = desk.patiently(|vault| sync(vault, request));
        desk.synced(&answer);
        answer?;
    }
    // The keychain is written without end otherwise: each round of copies is itself a change.
    if sync_now || mirror_now {
        while desk.patiently(|vault| Ok(vault.mirror(COPIES)?))? > 0 {}
    }
    Ok(())
}
