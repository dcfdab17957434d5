//! Tokens: 256 random bits, kept as SHA-256 only.
//!
//! A refresh token's successors are `HMAC-SHA256(salt of the family, label ‖ presented token ‖ refresh id)`: the server can
//! give the same answer again to whoever holds the token, without keeping one; a thief of the database cannot.

use hmac::{Hmac, KeyInit as _, Mac as _};
use keymoor_protocol::api::Session;
use keymoor_protocol::base64url;
use sha2::{Digest as _, Sha256};

use crate::store::TokenHashes;

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
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let token = || {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes)?;
            Ok(base64url::encode(&bytes))
        };
        Ok(Self { access: token()?, refresh: token()? })
    }

    /// The successors of a refresh token.
    pub(crate) fn after(salt: &[u8; 32], presented: &str, refresh_id: &[u8; 16]) -> Self {
        let token = |label: &[u8]| {
            // HMAC takes keys of any length.
            #[expect(clippy::expect_used)]
            let mac = Hmac::<Sha256>::new_from_slice(salt).expect("any key");
            let mac = mac.chain_update(label).chain_update(refresh_id).chain_update(presented);
            base64url::encode(&mac.finalize().into_bytes())
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

/// SHA-256 of a token.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
