//! The routes and what they share.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post, put};
use keymoor_protocol::AccountId;
use keymoor_protocol::api::Code;
use keymoor_protocol::limits::{BYTES_A_REQUEST, Limits};
use keymoor_protocol::opaque::ServerSetup;

use crate::answer::Refusal;
use crate::config::{Config, Registration};
use crate::families::Families;
use crate::listeners::Listeners;
use crate::logins::Logins;
use crate::rates::Rates;
use crate::routes::{accounts, devices, events, health, keys, sessions, vaults};
use crate::store::Store;

/// Bytes of a request that brings a keys document, registrations or a device's record: each is at most 64 KiB, here in
/// base64.
const BYTES_A_DOCUMENT: usize = 128 * 1024;
/// Bytes of any other request but a commit, such as a step of a login.
const BYTES_A_MESSAGE: usize = 16 * 1024;

/// What every request sees.
pub(crate) struct App<S> {
    pub(crate) store: S,
    pub(crate) setup: ServerSetup,
    pub(crate) logins: Logins,
    pub(crate) registration: Registration,
    pub(crate) limits: Limits,
    pub(crate) by_account: Rates<AccountId>,
    pub(crate) logins_by_account: Rates<AccountId>,
    pub(crate) logins_by_address: Rates<IpAddr>,
    pub(crate) families: Families,
    pub(crate) listeners: Listeners,
    pub(crate) trusted_proxies: Vec<IpAddr>,
}

pub(crate) type Shared<S> = Arc<App<S>>;

impl<S: Store> App<S> {
    pub(crate) fn new(config: &Config, store: S, setup: ServerSetup) -> Shared<S> {
        let logins = config.logins / 60.0;
        // Each stream holds a connection: some are left for calls, by which devices get on without streams.
        let listeners = Listeners::new((config.connections * 3 / 4).max(1));
        let told = listeners.clone();
        store.tell(Box::new(move |news| told.tell(&news)));
        Arc::new(Self {
            store,
            setup,
            logins: Logins::default(),
            registration: config.registration,
            limits: config.limits,
            by_account: Rates::new(config.rate, config.burst),
            logins_by_account: Rates::new(logins, config.logins),
            logins_by_address: Rates::new(10.0 * logins, 10.0 * config.logins),
            families: Families::new(10.0 * logins, 10.0 * config.logins),
            listeners,
            trusted_proxies: config.trusted_proxies.clone(),
        })
    }

    pub(crate) fn router(self: Arc<Self>) -> Router {
        // Whoever has no session makes the server hold no more than it must.
        let document = || DefaultBodyLimit::max(BYTES_A_DOCUMENT);
        let commits = post(vaults::push::<S>).layer(DefaultBodyLimit::max(BYTES_A_REQUEST));
        let v1 = Router::new()
            .route("/accounts/registration", post(accounts::registration::<S>))
            .route("/accounts", post(accounts::create::<S>).layer(document()))
            .route("/password", put(accounts::set_password::<S>).layer(document()))
            .route("/sessions/start", post(sessions::start::<S>))
            .route("/sessions", post(sessions::finish::<S>))
            .route("/sessions/refresh", post(sessions::refresh::<S>))
            .route("/sessions/current", delete(sessions::end::<S>))
            .route("/devices", get(devices::list::<S>))
            .route("/devices/{device}", put(devices::put::<S>).delete(devices::remove::<S>).layer(document()))
            .route("/keys", get(keys::get::<S>).put(keys::put::<S>).layer(document()))
            .route("/events", get(events::events::<S>))
            .route("/limits", get(health::limits::<S>))
            .route("/vaults/{vault}/commits", commits.get(vaults::pull::<S>))
            .route("/vaults/{vault}/chain", get(vaults::chain::<S>))
            .route("/vaults/{vault}/snapshot", get(vaults::snapshot::<S>))
            .route("/vaults/{vault}/records/{record}/history", get(vaults::history::<S>));
        Router::new()
            .nest("/v1", v1)
            .route("/healthz", get(health::alive))
            .route("/readyz", get(health::ready::<S>))
            .fallback(|| async { Refusal::new(Code::NotFound) })
            .method_not_allowed_fallback(|| async { Refusal::new(Code::BadRequest) })
            .layer(DefaultBodyLimit::max(BYTES_A_MESSAGE))
            .with_state(self)
    }
}
