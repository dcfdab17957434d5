//! Listening to the server's hints, on a thread of its own.

use std::thread;
use std::time::Duration;

use keymoor_protocol::VaultId;
use keymoor_remote::{Error as Remote, HangUp, Listener};

use super::inbox::Inbox;

/// The least time between two hints that are taken: a server that floods them costs no core.
const BETWEEN_HINTS: Duration = Duration::from_millis(10);

/// A stream that is listened to until this is dropped.
pub(super) struct Ear(HangUp);

impl Ear {
    /// Listens to what is said of this vault, and leaves word of it.
    pub(super) fn open(listener: Listener, vault: VaultId, inbox: &Inbox) -> Self {
        let hang_up = listener.hang_up();
        let (inbox, stream) = (inbox.clone(), inbox.next_stream());
        let told = inbox.clone();
        let thread = thread::Builder::new().name("hints".to_owned()).spawn(move || {
            let end = listen(&listener, vault, &inbox, stream);
            inbox.leave_of(stream, |mail| mail.deaf = Some(end.err()));
        });
        if thread.is_err() {
            told.leave_of(stream, |mail| mail.deaf = Some(None)); // no thread to be had: it is tried again later
        }
        Self(hang_up)
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.0.hang_up();
    }
}

fn listen(listener: &Listener, vault: VaultId, inbox: &Inbox, stream: u64) -> Result<(), Remote> {
    let mut heard = listener.listen()?;
    let mut wanted = inbox.leave_of(stream, |mail| mail.heard = true);
    while wanted {
        let Some(hint) = heard.next_hint()? else { break };
        if hint.vault == vault {
            wanted = inbox.leave_of(stream, |mail| mail.hinted = mail.hinted.max(Some(hint.seq)));
            thread::sleep(BETWEEN_HINTS);
        }
    }
    Ok(())
}
