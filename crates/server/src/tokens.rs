//! Tokens: base64url of the family's name, 16 bytes, and 256 secret bits. The database keeps SHA-256 only.
//!
//! A refresh token's successors are `HMAC-SHA256(salt of the family, label ‖ refresh id ‖ presented token)`: the server can
//! give the same answer again to whoever holds the token, without keeping one; a thief of the database cannot.

use hmac::{Hmac, KeyInit as _, Mac as _};
use keymoor_protocol::api::Session;
use keymoor_protocol::base64url;
use sha2::{Digest as _, Sha256};

use crate::store::{Presented, TokenHashes};

/// How long an access token lives.
pub(crate) const ACCESS_MS: i64 = 60 * 60 * 1000;
/// How long an unused refresh token lives.
pub(crate) const REFRESH_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// A session's tokens.
pub(crate) struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    /// Of a new session.
    pub(crate) fn generate(family: &[u8; 16]) -> Result<Self, getrandom::Error> {
        let token = || {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret)?;
            Ok(text(family, &secret))
        };
        Ok(Self { access: token()?, refresh: token()? })
    }

    /// The successors of a refresh token.
    pub(crate) fn after(family: &[u8; 16], salt: &[u8; 32], presented: &str, refresh_id: &[u8; 16]) -> Self {
        let token = |label: &[u8]| {
            // HMAC takes keys of any length.
            #[expect(clippy::expect_used)]
            let mac = Hmac::<Sha256>::new_from_slice(salt).expect("any key");
            let mac = mac.chain_update(label).chain_update(refresh_id).chain_update(presented);
            text(family, &mac.finalize().into_bytes().into())
        };
        Self { access: token(b"access"), refresh: token(b"refresh") }
    }

    /// What the database keeps.
    pub(crate) fn hashes(&self) -> TokenHashes {
        TokenHashes { access: hash(&self.access), refresh: hash(&self.refresh) }
    }

    /// What the device gets.
    pub(crate) fn into_session(self) -> Session {
        Session {
            access_token: self.access,
            expires_in: (ACCESS_MS / 1000) as u64,
            refresh_token: self.refresh,
        }
    }
}

/// Reads a token; `None` if it is none of ours.
pub(crate) fn present(token: &str) -> Option<Presented> {
    let bytes: [u8; 48] = base64url::decode(token).ok()?.try_into().ok()?;
    let family = bytes.first_chunk().copied()?;
    Some(Presented { family, hash: hash(token) })
}

fn text(family: &[u8; 16], secret: &[u8; 32]) -> String {
    base64url::encode(&[family.as_slice(), secret].concat())
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_family_and_any_other_text_is_none() {
        let tokens = Tokens::generate(&[7; 16]).unwrap();
        let read = present(&tokens.access).unwrap();
        assert_eq!((read.family, read.hash), ([7; 16], tokens.hashes().access));
        for text in ["", "token", &tokens.access[1..], &format!("{}A", tokens.access)] {
            assert!(present(text).is_none(), "{text}");
        }
    }

    #[test]
    fn successors_follow_from_token_refresh_id_and_salt() {
        let hashes = |salt, presented, id| {
            let TokenHashes { access, refresh } = Tokens::after(&[1; 16], &salt, presented, &id).hashes();
            (access, refresh)
        };
        let one = hashes([2; 32], "presented", [3; 16]);
        assert_eq!(one, hashes([2; 32], "presented", [3; 16]));
        assert_ne!(one.0, one.1);
        for other in [
            hashes([9; 32], "presented", [3; 16]),
            hashes([2; 32], "another", [3; 16]),
            hashes([2; 32], "presented", [9; 16]),
        ] {
            assert!(one.0 != other.0 && one.1 != other.1);
        }
    }
}
