//! The keys document: fetched and replaced only with the account proof or after a recent login.

use axum::Json;
use axum::extract::State;
use keymoor_protocol::api::{Code, Keys, NewKeys};
use keymoor_protocol::{AccountId, KeysDocument, VaultId};

use crate::answer::{Body, Refusal};
use crate::app::Shared;
use crate::auth::AnySession;
use crate::store::Store;

/// Bytes of a keys document; one with a hundred earlier epochs stays far below.
const DOCUMENT_BYTES: usize = 64 * 1024;

pub(crate) async fn get<S: Store>(
    State(app): State<Shared<S>>,
    session: AnySession,
) -> Result<Json<Keys>, Refusal> {
    session.must_be_proved()?;
    Ok(Json(app.store.keys(session.info.account).await?))
}

pub(crate) async fn put<S: Store>(
    State(app): State<Shared<S>>,
    session: AnySession,
    Body(new): Body<NewKeys>,
) -> Result<(), Refusal> {
    session.must_be_password()?;
    session.must_be_proved()?;
    check(&new.keys, session.info.account, session.info.vault)?;
    Ok(app.store.put_keys(session.info.account, new).await?)
}

/// Refuses a document that is none, another account's, or another than the message says. A device would refuse it too, and
/// could then read nothing at all.
pub(crate) fn check(keys: &Keys, account: AccountId, vault: VaultId) -> Result<(), Refusal> {
    if keys.document.len() > DOCUMENT_BYTES {
        return Err(Refusal::new(Code::TooLarge));
    }
    let document = KeysDocument::decode(&keys.document).map_err(|_| Refusal::new(Code::InvalidKeys))?;
    let said = (account, vault, keys.version, keys.epoch);
    let is_said = (document.account, document.vault, document.version, document.epoch) == said;
    if is_said { Ok(()) } else { Err(Refusal::new(Code::InvalidKeys)) }
}
