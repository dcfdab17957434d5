//! Sessions: OPAQUE in two calls, refresh, end.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use keymoor_fail_points::reached;
use keymoor_protocol::api::{Code, LoginAnswer, LoginFinish, LoginStart, Refresh, Session};
use keymoor_protocol::opaque::ServerSetup;

use crate::answer::{Body, Refusal};
use crate::app::Shared;
use crate::auth::{Address, AnySession};
use crate::clock::now;
use crate::routes::accounts::limited;
use crate::store::{NewSession, RefreshRequest, Store};
use crate::tokens::{self, Tokens};

pub(crate) async fn start<S: Store>(
    State(app): State<Shared<S>>,
    Address(address): Address,
    Body(start): Body<LoginStart>,
) -> Result<Json<LoginAnswer>, Refusal> {
    limited(&app, address, start.account)?;
    let (account, kind) = (start.account, start.kind);
    let kept = app.store.registration(account, kind).await?;
    let shared = app.clone();
    let answered = tokio::task::spawn_blocking(move || {
        shared.setup.answer_login(account, kind, kept.as_deref(), &start.request)
    });
    let answered = answered.await.map_err(|_| Refusal::new(Code::Internal))?;
    let (state, answer) = answered.map_err(|_| Refusal::new(Code::BadRequest))?;
    let login = app.logins.keep(account, kind, state).ok_or(Refusal::later(60))?;
    Ok(Json(LoginAnswer { login, answer }))
}

pub(crate) async fn finish<S: Store>(
    State(app): State<Shared<S>>,
    Body(finish): Body<LoginFinish>,
) -> Result<Json<Session>, Refusal> {
    let refused = Refusal::new(Code::LoginRefused);
    let login = app.logins.take(&finish.login).ok_or(refused)?;
    ServerSetup::check_login(login.account, login.kind, &login.state, &finish.proof).map_err(|_| refused)?;
    let (mut family, mut salt) = ([0; 16], [0; 32]);
    let filled = getrandom::fill(&mut family).and_then(|()| getrandom::fill(&mut salt));
    let tokens = filled.and_then(|()| Tokens::generate(&family)).map_err(|_| Refusal::new(Code::Internal))?;
    let session = NewSession {
        account: login.account,
        device: finish.device,
        kind: login.kind,
        family,
        salt,
        tokens: tokens.hashes(),
        now: now(),
    };
    app.store.begin_session(session).await?;
    reached("login.done");
    Ok(Json(tokens.into_session()))
}

pub(crate) async fn refresh<S: Store>(
    State(app): State<Shared<S>>,
    Address(address): Address,
    Body(refresh): Body<Refresh>,
) -> Result<Json<Session>, Refusal> {
    let presented = tokens::present(&refresh.refresh_token).ok_or(Refusal::new(Code::Unauthenticated))?;
    let salt = app.store.refresh_salt(presented.family);
    let salt = app.families.look_up(presented.family, address, salt).await?;
    app.families.count_refresh(presented.family)?;
    let successor = Tokens::after(&presented.family, &salt, &refresh.refresh_token, &refresh.refresh_id);
    let request = RefreshRequest { presented, refresh_id: refresh.refresh_id, now: now() };
    app.store.refresh(request, successor.hashes()).await?;
    reached("tokens.rotated");
    Ok(Json(successor.into_session()))
}

pub(crate) async fn end<S: Store>(
    State(app): State<Shared<S>>,
    session: AnySession,
) -> Result<StatusCode, Refusal> {
    app.store.end_session(session.family).await?;
    Ok(StatusCode::NO_CONTENT)
}
