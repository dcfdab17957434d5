//! Following the cache: what another program saves is on the screen a moment later, and nobody looks while nothing happens.

use std::thread;
use std::time::Duration;

use keymoor_vault::{Follow, Sight};

use crate::desk::Desk;

/// How often the window is told at most: it reads everything again each time.
const BETWEEN: Duration = Duration::from_millis(300);
/// When to begin again with a cache that cannot be followed.
const AGAIN: Duration = Duration::from_secs(5);

/// Goes on until the program ends.
pub(super) fn start(desk: Desk) {
    thread::spawn(move || {
        let (mut seen, mut longest) = (0, None);
        loop {
            seen = desk.rest(seen, longest);
            longest = match desk.follow() {
                Some(follow) => {
                    if let Ok(follow) = follow {
                        follow_until_replaced(&desk, follow);
                    }
                    seen = desk.stirred();
                    Some(AGAIN)
                }
                None => None, // opening a vault ends the rest
            };
        }
    });
}

fn follow_until_replaced(desk: &Desk, mut follow: Follow) {
    loop {
        match follow.wait() {
            Some(Sight::Changed) => {
                desk.cache_changed();
                thread::sleep(BETWEEN);
            }
            Some(Sight::Replaced) => {
                // Whoever takes the whole folder away is still at it.
                thread::sleep(BETWEEN);
                // Reading again opens the new one, or rebuilds it.
                return desk.cache_changed();
            }
            Some(Sight::Slept) | None => {}
        }
    }
}
