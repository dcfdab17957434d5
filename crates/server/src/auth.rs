//! Who asks, and what the session may do.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use keymoor_protocol::api::{Code, PROOF_HEADER};
use keymoor_protocol::base64url;
use keymoor_protocol::opaque::LoginKind;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::addresses;
use crate::answer::Refusal;
use crate::app::Shared;
use crate::clock::now;
use crate::connections::Peer;
use crate::store::{SessionInfo, Store};
use crate::tokens;

/// A login at most this old is as good as the account proof.
const RECENT_MS: i64 = 5 * 60 * 1000;

/// A session of the password kind: what almost every call needs.
pub(crate) struct Session(pub(crate) SessionInfo);

/// A session of either kind, with the account proof if one came along.
pub(crate) struct AnySession {
    pub(crate) info: SessionInfo,
    pub(crate) family: [u8; 16],
    proved: bool,
}

impl AnySession {
    /// Refuses without the account proof or a recent login.
    pub(crate) fn must_be_proved(&self) -> Result<(), Refusal> {
        let recent = now() - self.info.logged_in_at <= RECENT_MS;
        if self.proved || recent { Ok(()) } else { Err(Refusal::new(Code::ProofRequired)) }
    }

    /// Refuses a recovery session.
    pub(crate) fn must_be_password(&self) -> Result<(), Refusal> {
        match self.info.kind {
            LoginKind::Password => Ok(()),
            LoginKind::Recovery => Err(Refusal::new(Code::Forbidden)),
        }
    }
}

impl<S: Store> FromRequestParts<Shared<S>> for AnySession {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Shared<S>) -> Result<Self, Refusal> {
        let bearer = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.strip_prefix("Bearer "));
        let access = token.and_then(tokens::present).ok_or(Refusal::new(Code::Unauthenticated))?;
        let Address(address) = Address::from_request_parts(parts, app).await?;
        let info = app.families.look_up(access.family, address, app.store.session(access, now())).await?;
        app.by_account.take(info.account).map_err(Refusal::later)?;
        Ok(Self { proved: proof(&parts.headers, &info), family: access.family, info })
    }
}

impl<S: Store> FromRequestParts<Shared<S>> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Shared<S>) -> Result<Self, Refusal> {
        let session = AnySession::from_request_parts(parts, app).await?;
        session.must_be_password()?;
        Ok(Self(session.info))
    }
}

/// Whether the request carries the account proof, compared as hashes in constant time.
fn proof(headers: &HeaderMap, info: &SessionInfo) -> bool {
    let sent = headers.get(PROOF_HEADER).and_then(|value| value.to_str().ok());
    let proof = sent.and_then(|text| base64url::decode(text).ok());
    proof.is_some_and(|proof| Sha256::digest(&proof).as_slice().ct_eq(&info.proof_hash).into())
}

/// What stands for the client's address where requests are counted.
pub(crate) struct Address(pub(crate) IpAddr);

impl<S: Store> FromRequestParts<Shared<S>> for Address {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Shared<S>) -> Result<Self, Refusal> {
        let peer = parts.extensions.get::<Peer>();
        let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |Peer(address)| address.ip());
        Ok(Self(addresses::client(addresses::origin(peer, &parts.headers, &app.trusted_proxies))))
    }
}
