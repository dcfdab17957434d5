//! One line of the table of routes: where it is, what it takes and gives, and who does it. Router and document are made from
//! it, and the types that are described are those that are read and written.

use axum::http::{StatusCode, Uri};
use keymoor_protocol::RecordId;
use keymoor_vault::{Grant, GrantScope, Vault};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::asking::Asking;
use crate::parameters::{InPath, Nothing, of_query};
use crate::refusal::{Code, Refusal};
use crate::wrong::{body, query};

/// A method that some route has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Delete,
}

/// What the document says of a route.
pub(crate) struct About {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) tag: &'static str,
    pub(crate) summary: &'static str,
    /// What a grant has to allow.
    pub(crate) needs: GrantScope,
    /// Not for a grant that is limited to some credentials.
    pub(crate) whole: bool,
    pub(crate) optional_body: bool,
    pub(crate) answers: Vec<(u16, &'static str)>,
    pub(crate) refuses: Vec<Code>,
}

/// A route.
pub(crate) struct Route {
    pub(crate) about: About,
    pub(crate) shape: fn(&mut Generators) -> Shape,
    pub(crate) work: Work,
}

/// What makes schemas of types: what is read may leave out what has a default, what is written has everything.
pub(crate) struct Generators {
    pub(crate) reads: SchemaGenerator,
    pub(crate) writes: SchemaGenerator,
}

/// What a route takes and gives.
pub(crate) struct Shape {
    pub(crate) path: Option<(&'static str, Schema)>,
    pub(crate) query: Vec<(String, Schema, bool)>,
    pub(crate) body: Option<Schema>,
    pub(crate) answer: Schema,
}

/// A handler with its types taken away.
type AtTheVault = dyn Fn(&mut Call<'_>, &Request) -> Result<Encoded, Refusal> + Send + Sync;
/// What a handler reads and gives: the path's part, the query, the body; an answer.
type Handler<P, Q, B, A> = fn(&mut Call<'_>, P, Q, B) -> Result<Done<A>, Refusal>;

/// Who does it.
pub(crate) enum Work {
    /// The vault.
    Vault(Box<AtTheVault>),
    /// The provider is asked, which takes as long as the network does.
    Verify,
    /// It is asked whether a service's credential and settings go together.
    Test,
}

/// A request that has arrived whole.
pub(crate) struct Request {
    /// What the path has in braces.
    pub(crate) part: String,
    pub(crate) uri: Uri,
    pub(crate) body: zeroize::Zeroizing<Vec<u8>>,
}

/// An answer as JSON.
pub(crate) struct Encoded {
    pub(crate) status: StatusCode,
    pub(crate) bytes: Vec<u8>,
}

/// One call of a program that may do what it asks.
pub(crate) struct Call<'a> {
    pub(crate) vault: &'a mut Vault,
    pub(crate) grant: &'a Grant,
    pub(crate) asking: &'a Asking,
}

impl Call<'_> {
    /// Whether the credential is within the grant.
    pub(crate) fn may_see(&self, id: RecordId) -> bool {
        self.grant.only.as_ref().is_none_or(|only| only.contains(&id))
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.grant.only.is_some()
    }

    /// Whether its provider is being asked now.
    pub(crate) fn is_verifying(&self, id: RecordId) -> bool {
        self.asking.is_asking(id)
    }
}

/// What a handler gives back.
pub(crate) struct Done<A> {
    status: StatusCode,
    answer: A,
}

/// Done.
pub(crate) fn ok<A>(answer: A) -> Done<A> {
    Done { status: StatusCode::OK, answer }
}

/// Something new was made.
pub(crate) fn created<A>(answer: A) -> Done<A> {
    Done { status: StatusCode::CREATED, answer }
}

impl<A: Serialize> Done<A> {
    pub(crate) fn encoded(self) -> Result<Encoded, Refusal> {
        let bytes = serde_json::to_vec(&self.answer).map_err(|_| Code::Internal)?;
        Ok(Encoded { status: self.status, bytes })
    }
}

impl About {
    pub(crate) fn new(method: Method, path: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            id: id.into(),
            tag: "",
            summary: "",
            needs: GrantScope::Read,
            whole: false,
            optional_body: false,
            answers: vec![(200, "Done.")],
            refuses: Vec::new(),
        }
    }

    pub(crate) fn says(self, tag: &'static str, summary: &'static str) -> Self {
        Self { tag, summary, ..self }
    }

    pub(crate) fn needs(self, needs: GrantScope) -> Self {
        Self { needs, ..self }
    }

    pub(crate) fn whole(self) -> Self {
        Self { whole: true, ..self }
    }

    pub(crate) fn optional_body(self) -> Self {
        Self { optional_body: true, ..self }
    }

    pub(crate) fn answers(self, answers: &[(u16, &'static str)]) -> Self {
        Self { answers: answers.to_vec(), ..self }
    }

    pub(crate) fn refuses(self, refuses: &[Code]) -> Self {
        Self { refuses: refuses.to_vec(), ..self }
    }

    /// A route whose handler reads and writes exactly these types.
    pub(crate) fn route<P, Q, B, A>(self, handler: Handler<P, Q, B, A>) -> Route
    where
        P: InPath + 'static,
        Q: DeserializeOwned + JsonSchema + 'static,
        B: DeserializeOwned + JsonSchema + 'static,
        A: Serialize + JsonSchema + 'static,
    {
        let may_be_empty = self.optional_body || is_nothing::<B>();
        let work = move |call: &mut Call<'_>, request: &Request| {
            let path = P::read(&request.part)?;
            let query = query::<Q>(&request.uri)?;
            let body = body::<B>(&request.body, may_be_empty)?;
            handler(call, path, query, body)?.encoded()
        };
        Route { about: self, shape: shape::<P, Q, B, A>, work: Work::Vault(Box::new(work)) }
    }

    /// The route that has the provider asked.
    pub(crate) fn verifying(self) -> Route {
        use crate::answers::verification::VerifyStatus;
        use crate::asking::VerifyQuery;
        use crate::parameters::Id;

        Route { about: self, shape: shape::<Id, VerifyQuery, Nothing, VerifyStatus>, work: Work::Verify }
    }

    /// The route that has a service's provider asked.
    pub(crate) fn testing(self) -> Route {
        use crate::answers::service::Tested;
        use crate::asking::VerifyQuery;
        use crate::parameters::ServiceId;

        Route { about: self, shape: shape::<ServiceId, VerifyQuery, Nothing, Tested>, work: Work::Test }
    }

    /// # Errors
    /// [`Code::OutOfScope`].
    pub(crate) fn permits(&self, grant: &Grant) -> Result<(), Code> {
        let enough = grant.scope >= self.needs && !(self.whole && grant.only.is_some());
        if enough { Ok(()) } else { Err(Code::OutOfScope) }
    }
}

fn is_nothing<B: JsonSchema>() -> bool {
    B::schema_name() == Nothing::schema_name()
}

fn shape<P: InPath, Q: JsonSchema, B: JsonSchema, A: JsonSchema>(generators: &mut Generators) -> Shape {
    Shape {
        path: P::described(),
        query: of_query::<Q>(&mut generators.reads),
        body: (!is_nothing::<B>()).then(|| generators.reads.subschema_for::<B>()),
        answer: generators.writes.subschema_for::<A>(),
    }
}
