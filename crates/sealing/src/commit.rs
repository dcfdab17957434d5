//! Commits: authenticating the links of a vault's log.

use hmac::{Hmac, KeyInit as _, Mac as _};
use keymoor_protocol::{Commit, SignedCommit, Tag, VaultId};
use sha2::Sha256;

use crate::keys::RootKey;

/// A tag that does not fit its commit: another account's, forged, or damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the commit is not authentic")]
pub struct NotAuthentic;

/// Freezes a commit's bytes and tags them.
pub fn sign(root: &RootKey, commit: &Commit) -> SignedCommit {
    let bytes = commit.encode();
    let tag = Tag(mac(root, commit.vault, &bytes).finalize().into_bytes().into());
    SignedCommit { bytes, tag }
}

/// The content of a commit whose tag is right and whose epoch is the key's: who holds only an earlier root key, as a
/// revoked device does, cannot speak for a later epoch. That vault, parent and seq fit is for the caller to compare.
pub fn verify(root: &RootKey, signed: &SignedCommit) -> Result<Commit, NotAuthentic> {
    let commit = signed.commit().map_err(|_| NotAuthentic)?;
    mac(root, commit.vault, &signed.bytes).verify_slice(&signed.tag.0).map_err(|_| NotAuthentic)?;
    if commit.epoch == root.epoch() { Ok(commit) } else { Err(NotAuthentic) }
}

fn mac(root: &RootKey, vault: VaultId, bytes: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    #[expect(clippy::expect_used)]
    let mac = Hmac::<Sha256>::new_from_slice(root.vault_key(vault).commit_key().as_slice()).expect("any key");
    mac.chain_update(b"keymoor/v1/commit").chain_update(bytes)
}

#[cfg(test)]
mod tests {
    use keymoor_protocol::state::StateHash;
    use keymoor_protocol::{DeviceId, Head};

    use super::*;

    fn commit(epoch: u32) -> Commit {
        Commit {
            vault: VaultId([1; 16]),
            seq: 1,
            parent: Head::EMPTY,
            device: DeviceId([2; 16]),
            epoch,
            document_version: 1,
            written_at: 0,
            changes: vec![],
            state: StateHash([3; 32]),
        }
    }

    #[test]
    fn an_earlier_root_key_cannot_speak_for_a_later_epoch() {
        let revoked = RootKey::from_bytes(1, [7; 32]);
        assert_eq!(verify(&revoked, &sign(&revoked, &commit(2))), Err(NotAuthentic));
        assert_eq!(verify(&revoked, &sign(&revoked, &commit(1))), Ok(commit(1)));
    }

    #[test]
    fn a_commit_is_known_by_its_tag() {
        let (root, commit) = (RootKey::from_bytes(1, [7; 32]), commit(1));
        let signed = sign(&root, &commit);
        assert_eq!(verify(&root, &signed), Ok(commit));
        assert_eq!(verify(&RootKey::from_bytes(1, [8; 32]), &signed), Err(NotAuthentic));
        for bit in 0..signed.bytes.len() * 8 {
            let mut bytes = signed.bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(verify(&root, &SignedCommit { bytes, ..signed.clone() }).is_err());
        }
    }
}
