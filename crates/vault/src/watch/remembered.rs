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
    /// Of which vault the mark was met, and how far the log was then.
    mark: Option<(VaultId, u64)>,
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

    /// Whether the mark was met. It cannot know more than this cache any more, since whoever else writes it does so after
    /// writing this cache; but for a cache whose log has become shorter, which is an older copy of itself.
    pub(crate) fn has_met_mark(&mut self, vault: VaultId, seq: u64) -> bool {
        let met = self.mark.is_some_and(|(of, at)| of == vault && at <= seq);
        if met {
            self.mark = Some((vault, seq));
        }
        met
    }

    pub(crate) fn meet_mark(&mut self, vault: VaultId, seq: u64) {
        self.mark = Some((vault, seq));
    }

    /// Forgets the access token; whether it was another than this one, which somebody else has got since.
    pub(crate) fn drop_access(&mut self, stored: &SecretString) -> bool {
        // Exposed to be compared with itself.
        self.session.take().is_some_and(|(access, _)| access.expose_secret() != stored.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_met_again_by_a_shorter_log_and_by_another_vault() {
        let (vault, other) = (VaultId([1; 16]), VaultId([2; 16]));
        let mut remembered = Remembered::default();
        assert!(!remembered.has_met_mark(vault, 5));
        remembered.meet_mark(vault, 5);
        assert!(remembered.has_met_mark(vault, 5) && remembered.has_met_mark(vault, 9));
        assert!(!remembered.has_met_mark(vault, 8));
        assert!(!remembered.has_met_mark(other, 9));
    }

    #[test]
    fn a_token_is_given_while_it_lasts_and_dropped_for_a_newer_one() {
        let mut remembered = Remembered::default();
        let token = |text: &str| SecretString::from(text);
        remembered.keep_access(&token("a"), now() + 60_000);
        assert!(remembered.access(30_000).is_some() && remembered.access(90_000).is_none());
        assert!(remembered.drop_access(&token("b")), "somebody else refreshed it");
        assert!(remembered.access(0).is_none());
        remembered.keep_access(&token("a"), now() + 60_000);
        assert!(!remembered.drop_access(&token("a")));
    }
}
