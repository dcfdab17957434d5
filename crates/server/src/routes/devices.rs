//! The account's devices.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use keymoor_protocol::api::{Code, Device, DeviceUpdate};
use keymoor_protocol::{Class, DeviceId, Envelope, base64url};

use crate::answer::{Body, Refusal, Segments};
use crate::app::Shared;
use crate::auth::{AnySession, Session};
use crate::store::Store;

/// Bytes of a device's sealed record.
const SEALED_BYTES: usize = 64 * 1024;

pub(crate) async fn list<S: Store>(
    State(app): State<Shared<S>>,
    Session(session): Session,
) -> Result<Json<Vec<Device>>, Refusal> {
    let mut devices = app.store.devices(session.account).await?;
    for device in &mut devices {
        device.current = device.id == session.device;
    }
    Ok(Json(devices))
}

/// A device writes its own record, nobody else's.
pub(crate) async fn put<S: Store>(
    State(app): State<Shared<S>>,
    Session(session): Session,
    Segments(device): Segments<String>,
    Body(update): Body<DeviceUpdate>,
) -> Result<(), Refusal> {
    if id(&device)? != session.device {
        return Err(Refusal::new(Code::Forbidden));
    }
    let sealed = base64url::decode(&update.sealed).map_err(|_| Refusal::new(Code::BadRequest))?;
    if sealed.len() > SEALED_BYTES {
        return Err(Refusal::new(Code::TooLarge));
    }
    let envelope = Envelope::try_from(sealed).map_err(|_| Refusal::new(Code::BadRequest))?;
    if envelope.header().class != Class::Device {
        return Err(Refusal::new(Code::BadRequest));
    }
    Ok(app.store.put_device(session.account, session.device, envelope.as_bytes().to_vec()).await?)
}

pub(crate) async fn remove<S: Store>(
    State(app): State<Shared<S>>,
    session: AnySession,
    Segments(device): Segments<String>,
) -> Result<StatusCode, Refusal> {
    session.must_be_password()?;
    session.must_be_proved()?;
    app.store.remove_device(session.info.account, id(&device)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn id(text: &str) -> Result<DeviceId, Refusal> {
    text.parse().map_err(|_| Refusal::new(Code::NotFound))
}
