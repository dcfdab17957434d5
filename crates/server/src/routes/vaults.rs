//! A vault's log. A session reaches its own vault; any other answers as if it were not there.

use axum::Json;
use axum::extract::State;
use keymoor_protocol::api::{Chain, Code, History, Page, Push, Snapshot};
use keymoor_protocol::{Cursor, Head, RecordId, base64url};
use serde::Deserialize;

use crate::answer::{Body, Parameters, Refusal, Segments};
use crate::app::Shared;
use crate::auth::Session;
use crate::clock::now;
use crate::store::{SessionInfo, Store};

pub(crate) async fn push<S: Store>(
    State(app): State<Shared<S>>,
    Session(session): Session,
    Segments(vault): Segments<String>,
    Body(push): Body<Push>,
) -> Result<Json<Cursor>, Refusal> {
    own(&session, &vault)?;
    Ok(Json(app.store.push(session.account, push, now()).await?))
}

#[derive(Deserialize)]
pub(crate) struct After {
    after: u64,
    head: String,
}

pub(crate) async fn pull<S: Store>(
    State(app): State<Shared<S>>,
    Session(session): Session,
    Segments(vault): Segments<String>,
    Parameters(After { after: seq, head }): Parameters<After>,
) -> Result<Json<Page>, Refusal> {
    own(&session, &vault)?;
    let head = base64url::decode(&head).ok().and_then(|bytes| bytes.try_into().ok()).map(Head);
    let after = Cursor { seq: small(seq)?, head: head.ok_or(Refusal::new(Code::BadRequest))? };
    Ok(Json(app.store.pull(session.account, after).await?))
}

#[derive(Deserialize)]
pub(crate) struct From {
    from: u64,
}

pub(crate) async fn chain<S: Store>(
    State(app): State<Shared<S>>,
    Session(session): Session,
    Segments(vault): Segments<String>,
    Parameters(From { from }): Parameters<From>,
) -> Result<Json<Chain>, Refusal> {
    own(&session, &vault)?;
    Ok(Json(app.store.chain(session.account, small(from)?).await?))
}

#[derive(Deserialize)]
pub(crate) struct AfterRecord {
    after: Option<RecordId>,
}

pub(crate) async fn snapshot<S: Store>(
    State(app): State<Shared<S>>,
    Session(session): Session,
    Segments(vault): Segments<String>,
    Parameters(AfterRecord { after }): Parameters<AfterRecord>,
) -> Result<Json<Snapshot>, Refusal> {
    own(&session, &vault)?;
    Ok(Json(app.store.snapshot(session.account, after).await?))
}

pub(crate) async fn history<S: Store>(
    State(app): State<Shared<S>>,
    Session(session): Session,
    Segments((vault, record)): Segments<(String, String)>,
) -> Result<Json<History>, Refusal> {
    own(&session, &vault)?;
    let record = record.parse().map_err(|_| Refusal::new(Code::NotFound))?;
    Ok(Json(app.store.history(session.account, record).await?))
}

fn own(session: &SessionInfo, vault: &str) -> Result<(), Refusal> {
    let own = vault.parse().is_ok_and(|vault: keymoor_protocol::VaultId| vault == session.vault);
    if own { Ok(()) } else { Err(Refusal::new(Code::NotFound)) }
}

/// SQLite counts to 2^63; no log gets there.
fn small(seq: u64) -> Result<u64, Refusal> {
    if seq <= i64::MAX as u64 { Ok(seq) } else { Err(Refusal::new(Code::BadRequest)) }
}
