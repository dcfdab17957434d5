//! What a vault that syncs again and again keeps between two syncs: its connection, its access token, and that it has met
//! the keychain's mark. A command that syncs once has no use for it.

use keymoor_protocol::VaultId;
use keymoor_remote::Remote;
use secrecy::{ExposeSecret as _, SecretString};

use crate::clock::now;

/// Kept in memory alone, and only as long as the cache file is the same: a vault on another file is opened anew.
#[derive(Default)]
pub(crate) struct Remembered {
    remote: Option<(String, Option<[u8; 32]>, Remote)>,
    session: Option<(SecretString, u64)>,
    /// Of which vault the mark was met. It cannot know more than this cache any more: whoever else writes it does so after
    /// writing this cache.
    pub(crate) mark_met: Option<VaultId>,
}

impl Remembered {
    /// The connection to this server, if that is the one.
    pub(crate) fn remote(&self, url: &str, pin: Option<[u8; 32]>) -> Option<Remote> {
        let (known_url, known_pin, remote) = self.remote.as_ref()?;
        (known_url == url && *known_pin == pin).then(|| remote.clone())
    }

    pub(crate) fn keep_remote(&mut self, url: &str, pin: Option<[u8; 32]>, remote: &Remote) {
        self.remote = Some((url.to_owned(), pin, remote.clone()));
    }

    /// The access token, if it is good for so many milliseconds more.
    pub(crate) fn access(&self, margin_ms: u64) -> Option<&SecretString> {
        self.session.as_ref().filter(|(_, ends)| *ends > now() + margin_ms).map(|(access, _)| access)
    }

    pub(crate) fn keep_access(&mut self, access: &SecretString, ends: u64) {
        self.session = Some((access.clone(), ends));
    }

    /// Forgets the access token; whether it was another than this one, which somebody else has got since.
    pub(crate) fn drop_access(&mut self, stored: &SecretString) -> bool {
        // Exposed to be compared with itself.
        self.session.take().is_some_and(|(access, _)| access.expose_secret() != stored.expose_secret())
    }
}
