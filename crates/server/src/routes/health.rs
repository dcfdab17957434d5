//! Operation: alive, ready, limits.

use axum::Json;
use axum::extract::State;
use keymoor_protocol::limits::Limits;
use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::app::Shared;
use crate::store::Store;

/// The process answers. Devices know by this that they reached a Keymoor server.
pub(crate) async fn alive() -> Json<Value> {
    Json(json!({ "service": "keymoor-server", "api": ["v1"] }))
}

/// The database answers.
pub(crate) async fn ready<S: Store>(State(app): State<Shared<S>>) -> Result<Json<Value>, Refusal> {
    app.store.check().await?;
    Ok(Json(json!({ "ready": true })))
}

/// What an account may hold.
pub(crate) async fn limits<S: Store>(State(app): State<Shared<S>>) -> Json<Limits> {
    Json(app.limits)
}
