//! Leaving word of what happens to the cache, whichever process does it.

use std::path::Path;
use std::thread;

use super::inbox::Inbox;
use crate::error::Error;
use crate::follow::{Follow, Sight};

/// Follows the cache in `home`, from this state of its change counter on, until the watch is stopped.
pub(super) fn follow(home: &Path, seen: i64, inbox: &Inbox) -> Result<(), Error> {
    let mut follow = Follow::begin(home, seen)?;
    inbox.followed_by(follow.end());
    let inbox = inbox.clone();
    let thread = thread::Builder::new().name("cache".to_owned());
    let follows = thread.spawn(move || {
        while !inbox.is_stopped() {
            match follow.wait() {
                Some(Sight::Changed) => inbox.leave(|mail| mail.touched = true),
                Some(Sight::Slept) => inbox.leave(|mail| mail.hurry = true),
                Some(Sight::Replaced) => return inbox.leave(|mail| mail.replaced = true),
                None => {}
            }
        }
    });
    follows.map(drop).map_err(|_| Error::Cache(keymoor_cache::Error::Busy)) // no thread to be had
}
