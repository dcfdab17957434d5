//! What goes on while the window is open: changes by other programs are followed, and what waits is synced and mirrored.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::commands::account::sync;
use crate::commands::names::EVENT_CHANGED;
use crate::desk::{Answer, Desk};
use crate::requests::SyncRequest;

/// How often the change counter is read: a change by another program is on the screen within a third of a second.
const GLANCE: Duration = Duration::from_millis(300);
/// What was changed here is sent when nothing else was changed for so long.
const QUIET: Duration = Duration::from_secs(1);
/// Changes that never stop are sent all the same after so long.
const BUSY: Duration = Duration::from_secs(10);
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
    let mut next_round = Instant::now() + ROUND;
    while let Some(round) = wait(woken, next_round, QUIET, BUSY) {
        if round {
            next_round = Instant::now() + ROUND;
        } else if patient {
            continue;
        }
        patient = step(desk, round).is_err();
    }
}

/// Waits for a change and then until it was `quiet`, at most for `busy`; or for the next round. Answers whether that has
/// come, which changes without end do not put off; `None` if the program is ending.
fn wait(woken: &Receiver<()>, next_round: Instant, quiet: Duration, busy: Duration) -> Option<bool> {
    match woken.recv_timeout(next_round.saturating_duration_since(Instant::now())) {
        Ok(()) => {
            let late = Instant::now() + busy;
            while Instant::now() < late && woken.recv_timeout(quiet).is_ok() {}
        }
        Err(RecvTimeoutError::Timeout) => {}
        Err(RecvTimeoutError::Disconnected) => return None,
    }
    Some(Instant::now() >= next_round)
}

/// Sends what waits, fetches if it is time, and writes the keychain copies that are behind.
fn step(desk: &Desk, round: bool) -> Answer<()> {
    let looked = desk.unasked(|vault| {
        let status = vault.status()?;
        Ok((status.server.is_some() && (round || status.waiting > 0), status.homes.keychain.waiting > 0))
    })?;
    let Some((sync_now, mirror_now)) = looked else { return Ok(()) };
    if sync_now {
        let request = SyncRequest { password: None, accept_deletions: false };
        let answer = desk.unasked(|vault| sync(vault, request));
        if !matches!(answer, Ok(None)) {
            desk.synced(&answer);
        }
        answer?;
    }
    // The keychain is written without end otherwise: each round of copies is itself a change.
    if sync_now || mirror_now {
        while desk.unasked(|vault| Ok(vault.mirror(COPIES)?))?.is_some_and(|left| left > 0) {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Duration = Duration::from_millis(60);
    const BUSY: Duration = Duration::from_millis(300);

    #[test]
    fn changes_without_end_put_off_neither_the_sending_nor_the_round() {
        let (wake, woken) = channel();
        let round = Instant::now() + Duration::from_millis(500);
        let busy = thread::spawn(move || {
            let end = Instant::now() + Duration::from_secs(3);
            while Instant::now() < end && wake.send(()).is_ok() {
                thread::sleep(Duration::from_millis(10));
            }
        });
        let began = Instant::now();
        assert_eq!(wait(&woken, round, QUIET, BUSY), Some(false));
        assert_eq!(wait(&woken, round, QUIET, BUSY), Some(true));
        assert!(began.elapsed() < Duration::from_secs(2));
        drop(woken);
        busy.join().unwrap();
    }

    #[test]
    fn what_is_changed_in_one_go_is_sent_once() {
        let (wake, woken) = channel();
        for _ in 0..5 {
            wake.send(()).unwrap();
        }
        assert_eq!(wait(&woken, Instant::now() + BUSY * 4, QUIET, BUSY), Some(false));
        assert_eq!(wait(&woken, Instant::now() + QUIET, QUIET, BUSY), Some(true), "nothing is left to send");
        drop(wake);
        assert_eq!(wait(&woken, Instant::now() + QUIET, QUIET, BUSY), None);
    }
}
