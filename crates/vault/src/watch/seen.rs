//! The cache at a glance: what there is to send, to copy, or to sign in with.

use keymoor_cache::Outgoing;

use crate::account::session::SESSION;
use crate::error::Error;
use crate::vault::Vault;

/// The cache at a glance.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What waits for the server.
    pub(super) outgoing: Outgoing,
    /// How far the log is.
    pub(super) seq: u64,
    /// How many keychain copies are behind.
    pub(super) behind: u64,
    /// Which session is stored.
    pub(super) session: Option<Vec<u8>>,
}

impl Seen {
    /// # Errors
    /// [`Error::NoAccount`].
    pub(super) fn of(vault: &mut Vault) -> Result<Self, Error> {
        vault.cache.read(|view| {
            let device = view.device()?.ok_or(Error::Locked)?;
            device.server.ok_or(Error::NoAccount)?;
            let in_keychain = view.slot(SESSION)?.map(|(generation, _)| generation.to_be_bytes().to_vec());
            Ok(Self {
                outgoing: view.outgoing()?,
                seq: device.cursor.seq,
                behind: view.unmirrored_count()?,
                session: in_keychain.or(view.setting(SESSION)?),
            })
        })
    }
}
