//! The next page of a pull, fetched and decoded while the one before it is applied: a first sync takes as long as the
//! slower of the two, not as both.

use std::thread::{self, JoinHandle};

use keymoor_protocol::api::Page;
use keymoor_protocol::{Cursor, VaultId};
use keymoor_remote::{Authorised, Error};

/// A page on its way. Dropped, it comes to nobody: a pull that stops does not wait for it.
pub(crate) struct Ahead(JoinHandle<Result<Page, Error>>);

impl Ahead {
    /// `None` where no thread can be had: the page is then fetched when it is wanted.
    pub(crate) fn begin(line: &Authorised, vault: VaultId, after: Cursor) -> Option<Self> {
        let line = line.clone();
        let thread = thread::Builder::new().name("next page".to_owned());
        thread.spawn(move || line.pull(vault, after)).ok().map(Self)
    }

    /// Waits for it.
    pub(crate) fn page(self) -> Result<Page, Error> {
        self.0.join().unwrap_or(Err(Error::NotOurs))
    }
}
