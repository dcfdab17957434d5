//! Registering an account, and a new password for one.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use keymoor_fail_points::reached;
use keymoor_protocol::AccountId;
use keymoor_protocol::api::{Code, NewAccount, NewPassword, RegistrationAnswer, RegistrationStart};
use keymoor_protocol::opaque::{LoginKind, ServerSetup};

use crate::answer::{Body, Refusal};
use crate::app::{App, Shared};
use crate::auth::{Address, AnySession};
use crate::clock::now;
use crate::config::Registration;
use crate::routes::keys;
use crate::store::Store;

pub(crate) async fn registration<S: Store>(
    State(app): State<Shared<S>>,
    Address(address): Address,
    Body(start): Body<RegistrationStart>,
) -> Result<Json<RegistrationAnswer>, Refusal> {
    limited(&app, address, start.account)?;
    let answer = tokio::task::spawn_blocking(move || {
        app.setup.answer_registration(start.account, start.kind, &start.request)
    });
    let answer = answer.await.map_err(|_| Refusal::new(Code::Internal))?;
    Ok(Json(RegistrationAnswer { answer: answer.map_err(|_| Refusal::new(Code::BadRequest))? }))
}

pub(crate) async fn create<S: Store>(
    State(app): State<Shared<S>>,
    Address(address): Address,
    Body(mut new): Body<NewAccount>,
) -> Result<StatusCode, Refusal> {
    limited(&app, address, new.account)?;
    if app.registration == Registration::Closed {
        return Err(Refusal::new(Code::RegistrationClosed));
    }
    keys::check(&new.keys, new.account, new.vault)?;
    new.password = kept(&new.password)?;
    new.recovery = kept(&new.recovery)?;
    reached("account.before");
    app.store.create_account(new, now()).await?;
    reached("account.made");
    Ok(StatusCode::CREATED)
}

pub(crate) async fn set_password<S: Store>(
    State(app): State<Shared<S>>,
    session: AnySession,
    Body(mut new): Body<NewPassword>,
) -> Result<(), Refusal> {
    session.must_be_proved()?;
    // A recovery session replaces the password alone.
    if new.recovery.is_some() && session.info.kind == LoginKind::Recovery {
        return Err(Refusal::new(Code::Forbidden));
    }
    keys::check(&new.keys.keys, session.info.account, session.info.vault)?;
    new.password = kept(&new.password)?;
    new.recovery = new.recovery.as_deref().map(kept).transpose()?;
    Ok(app.store.set_password(session.info.account, new).await?)
}

fn kept(upload: &[u8]) -> Result<Vec<u8>, Refusal> {
    ServerSetup::keep_registration(upload).map_err(|_| Refusal::new(Code::BadRequest))
}

/// Logins and registrations are counted by account and by address.
pub(crate) fn limited<S>(app: &App<S>, address: IpAddr, account: AccountId) -> Result<(), Refusal> {
    app.logins_by_address.take(address).map_err(Refusal::later)?;
    app.logins_by_account.take(account).map_err(Refusal::later)
}
