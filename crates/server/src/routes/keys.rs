//! The keys document: fetched and replaced only with the account proof or after a recent login.

use axum::Json;
use axum::extract::State;
use keymoor_protocol::api::{Code, Keys, NewKeys};

use crate::answer::{Body, Refusal};
use crate::app::Shared;
use crate::auth::AnySession;
use crate::store::Store;

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
    if new.keys.document.len() > 64 * 1024 {
        return Err(Refusal::new(Code::TooLarge));
    }
    Ok(app.store.put_keys(session.info.account, new).await?)
}
