//! The router, made from the table, and what every request goes through.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{Extension, RawPathParams, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodFilter, get, on};
use keymoor_providers::verify::Options;
use keymoor_vault::{Grant, GrantScope, Vault, Who};

use crate::admission::{Wrong, token};
use crate::answer;
use crate::answers::service::Tested;
use crate::answers::verification::VerifyStatus;
use crate::asking::{Asking, VerifyQuery};
use crate::body;
use crate::desk::{Desk, Doing};
use crate::document;
use crate::guard::Guard;
use crate::parameters::{Id, InPath as _, Nothing, ServiceId};
use crate::places::Line;
use crate::refusal::{Code, Refusal};
use crate::routes::{self, credentials::known};
use crate::table::{Call, Encoded, Method, Request, Route, Work, ok};
use crate::words;
use crate::wrong::{body as read_body, query};

/// Where the document is: the one address that needs no token.
pub(crate) const DOCUMENT: &str = "/openapi.json";

/// What every request sees.
pub(crate) struct App {
    desk: Desk,
    guard: Guard,
    wrong: Wrong,
    asking: Asking,
}

impl App {
    /// The router of a server that listens here.
    pub(crate) fn router(desk: Desk, address: SocketAddr, verify: Options) -> Router {
        let app = Arc::new(Self {
            desk,
            guard: Guard::new(address),
            wrong: Wrong::new(),
            asking: Asking::new(verify),
        });
        let table = routes::all();
        let document = document::of(&table, address);
        let mut router = Router::new().route(DOCUMENT, get(|| async move { answer::document(document) }));
        for route in table {
            let filter = match route.about.method {
                Method::Get => MethodFilter::GET,
                Method::Post => MethodFilter::POST,
                Method::Put => MethodFilter::PUT,
                Method::Delete => MethodFilter::DELETE,
            };
            let path = route.about.path.clone();
            let route = Arc::new(route);
            let handler = move |State(app): State<Arc<Self>>,
                                Extension(grant): Extension<Arc<Grant>>,
                                params: Result<RawPathParams, RawPathParamsRejection>,
                                request: axum::extract::Request| {
                async move {
                    // Bytes that are no text name nothing.
                    let Ok(params) = params else { return refused(Code::NotFound, request).await };
                    let part = params.iter().next().map(|(_, part)| part.to_owned()).unwrap_or_default();
                    answer::of(app.attend(route, grant, part, request).await)
                }
            };
            router = router.route(&path, on(filter, handler));
        }
        router
            .fallback(|request| refused(Code::NotFound, request))
            .method_not_allowed_fallback(|request| refused(Code::MethodNotAllowed, request))
            .layer(from_fn_with_state(Arc::clone(&app), admit))
            .with_state(app)
    }

    /// Who asks, if anybody may.
    async fn knock(&self, head: &Parts) -> Result<Option<Arc<Grant>>, Refusal> {
        self.guard.admit(&head.uri, &head.headers)?;
        if head.uri.path() == DOCUMENT {
            return Ok(None);
        }
        let Some(token) = token(&head.headers) else {
            return Err(self.wrong.answered().await.into());
        };
        match self.desk.ask(Doing::Looks, move |vault| Ok(vault.grant_of(&token)?)).await? {
            Some(grant) => Ok(Some(Arc::new(grant))),
            None => Err(Refusal { says: Some(words::WRONG_TOKEN), ..self.wrong.answered().await.into() }),
        }
    }

    async fn attend(
        self: Arc<Self>,
        route: Arc<Route>,
        grant: Arc<Grant>,
        part: String,
        request: axum::extract::Request,
    ) -> Result<Encoded, Refusal> {
        let (head, body) = request.into_parts();
        if let Err(code) = route.about.permits(&grant) {
            body::drain(body).await;
            return Err(code.into());
        }
        let body = if route.about.method == Method::Get {
            body::drain(body).await; // it means nothing there
            Default::default()
        } else {
            body::read(&head.headers, body).await?
        };
        let request = Request { part, uri: head.uri, body };
        self.note_use(&grant);
        match route.work {
            Work::Verify => self.verify(grant, request).await,
            Work::Test => self.test(route, grant, request).await,
            Work::Vault(_) => {
                let doing = if route.about.needs == GrantScope::Read { Doing::Looks } else { Doing::Saves };
                let asking = self.asking.clone();
                let act = move |vault: &mut Vault| {
                    let Work::Vault(work) = &route.work else { return Err(Code::Internal.into()) };
                    let grant = again(vault, &grant)?;
                    route.about.permits(&grant)?;
                    work(&mut Call { vault, grant: &grant, asking: &asking }, &request)
                };
                self.desk.ask(doing, act).await
            }
        }
    }

    async fn verify(&self, grant: Arc<Grant>, request: Request) -> Result<Encoded, Refusal> {
        let (Id(id), query) = (Id::read(&request.part)?, query::<VerifyQuery>(&request.uri)?);
        read_body::<Nothing>(&request.body, true)?;
        let listing = self.listing(&grant, id).await?;
        self.asking.ask(&self.desk, &grant, id, listing.version_id, query).await?;
        ok(VerifyStatus::new(&self.listing(&grant, id).await?, false)).encoded()
    }

    async fn test(&self, route: Arc<Route>, grant: Arc<Grant>, request: Request) -> Result<Encoded, Refusal> {
        let (ServiceId(id), query) = (ServiceId::read(&request.part)?, query::<VerifyQuery>(&request.uri)?);
        read_body::<Nothing>(&request.body, true)?;
        let look = move |vault: &mut Vault| {
            let grant = again(vault, &grant)?;
            route.about.permits(&grant)?;
            Ok(vault.service_question(&id)?)
        };
        ok(Tested::new(self.asking.test(&self.desk, look, query).await?)).encoded()
    }

    async fn listing(
        &self,
        grant: &Arc<Grant>,
        id: keymoor_protocol::RecordId,
    ) -> Result<keymoor_vault::Listing, Refusal> {
        let (grant, asking) = (Arc::clone(grant), self.asking.clone());
        let look = move |vault: &mut Vault| {
            let grant = again(vault, &grant)?;
            let mut call = Call { vault, grant: &grant, asking: &asking };
            Ok(known(&mut call, Id(id))?.listing)
        };
        self.desk.ask(Doing::Looks, look).await
    }

    /// Beside the call, which does not wait for it.
    fn note_use(&self, grant: &Arc<Grant>) {
        if grant.use_is_due() {
            let (desk, grant) = (self.desk.clone(), Arc::clone(grant));
            tokio::spawn(async move {
                // What is lost is when it was used.
                let _ = desk.ask(Doing::Saves, move |vault| Ok(vault.note_grant_use(&grant)?)).await;
            });
        }
    }
}

/// From here on the vault acts for the program, if it still may ask: a body takes its time to arrive, and so does the vault.
fn again(vault: &mut Vault, grant: &Grant) -> Result<Grant, Refusal> {
    let grant = vault
        .still_granted(grant)?
        .ok_or_else(|| Refusal { says: Some(words::WRONG_TOKEN), ..Code::Unauthenticated.into() })?;
    vault.act_for(Who::Program(grant.program.clone()));
    Ok(grant)
}

/// Every request comes by here, also those for what is not there.
async fn admit(State(app): State<Arc<App>>, request: axum::extract::Request, next: Next) -> Response {
    let told = answer::Told::of(&request);
    let (mut head, body) = request.into_parts();
    let (response, program) = match app.knock(&head).await {
        Ok(grant) => {
            let program = grant.as_ref().map(|grant| grant.program.clone());
            if let Some(grant) = grant {
                if let Some(line) = head.extensions.get::<Arc<Line>>() {
                    line.is_known();
                }
                head.extensions.insert(grant);
            }
            (next.run(axum::extract::Request::from_parts(head, body)).await, program)
        }
        Err(refusal) => {
            body::drain(body).await;
            let mut response = answer::of(Err(refusal));
            // Who may not ask keeps no place.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            (response, None)
        }
    };
    told.answered(response, program.as_deref())
}

async fn refused(code: Code, request: axum::extract::Request) -> Response {
    body::drain(request.into_body()).await;
    answer::of(Err(code.into()))
}
