//! The OpenAPI document, made from the table of routes.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use hyper::body::Bytes;
use keymoor_vault::GrantScope;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::refusal::{Code, ErrorBody};
use crate::table::{Generators, Method, Route, Shape};

/// What any call may be refused with.
const ALWAYS: &[Code] = &[
    Code::Unauthenticated,
    Code::HostRefused,
    Code::OriginRefused,
    Code::OutOfScope,
    Code::RateLimited,
    Code::Internal,
    Code::Busy,
    Code::Mended,
    Code::Locked,
    Code::Keychain,
];
/// What a call with a body may be refused with.
const WITH_BODY: &[Code] = &[Code::BadRequest, Code::TimedOut, Code::TooLarge, Code::UnsupportedMediaType];

const ABOUT: &str = "Keymoor's local interface, for programs on this machine. Each has its own token (keymoor grant add \
     PROGRAM). No answer ever holds a secret: of one that is long enough, its last four characters. A program that needs \
     the secret itself is started with keymoor run. After a key was rotated the credential of that provider and name has \
     another id: an id that is not found, or that is switched off, is to be looked up anew by provider and name.";

/// The document of a server that listens here.
pub(crate) fn of(table: &[Route], address: SocketAddr) -> Bytes {
    let settings = || {
        SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
    };
    let mut generators = Generators {
        reads: settings().for_deserialize().into_generator(),
        writes: settings().for_serialize().into_generator(),
    };
    let error = generators.writes.subschema_for::<ErrorBody>();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in table {
        let shape = (route.shape)(&mut generators);
        let operation = operation(route, shape, error.as_value());
        paths.entry(&route.about.path).or_default().insert(verb(route.about.method).to_owned(), operation);
    }
    let mut schemas = generators.reads.take_definitions(true);
    schemas.extend(generators.writes.take_definitions(true));
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Keymoor, local interface",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": format!("http://{address}") }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token that keymoor grant add PROGRAM prints once: kml_ and 43 characters."
                }
            }
        },
    });
    document.to_string().into()
}

fn operation(route: &Route, shape: Shape, error: &Value) -> Value {
    let about = &route.about;
    let mut parameters = Vec::new();
    if let Some((name, schema)) = shape.path {
        parameters.push(parameter(name, "path", true, schema.to_value()));
    }
    for (name, schema, required) in shape.query {
        parameters.push(parameter(&name, "query", required, schema.to_value()));
    }
    let mut responses: BTreeMap<String, Value> = BTreeMap::new();
    for (status, says) in &about.answers {
        let content = json!({ "application/json": { "schema": shape.answer } });
        responses.insert(status.to_string(), json!({ "description": says, "content": content }));
    }
    let mut codes: Vec<Code> = [ALWAYS, &about.refuses].concat();
    if about.method != Method::Get {
        codes.extend(WITH_BODY);
    } else {
        codes.push(Code::BadRequest); // for a parameter that is not known
    }
    let mut by_status: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for code in codes {
        let word = serde_json::to_value(code).ok();
        let word = word.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        let words = by_status.entry(code.status().as_u16()).or_default();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    for (status, words) in by_status {
        let content = json!({ "application/json": { "schema": error } });
        let description = format!("Refused: {}.", words.join(", "));
        responses.insert(status.to_string(), json!({ "description": description, "content": content }));
    }
    let mut operation = json!({
        "operationId": about.id,
        "tags": [about.tag],
        "summary": about.summary,
        "description": scope(route),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = shape.body {
        let content = json!({ "application/json": { "schema": body } });
        operation["requestBody"] = json!({ "required": !about.optional_body, "content": content });
    }
    operation
}

fn scope(route: &Route) -> String {
    let scope = match route.about.needs {
        GrantScope::Read => "read or write",
        GrantScope::Write => "write",
    };
    let whole = if route.about.whole { ", not limited to some credentials" } else { "" };
    format!("Needs a grant of scope {scope}{whole}.")
}

fn parameter(name: &str, place: &str, required: bool, schema: Value) -> Value {
    let mut schema = schema;
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    json!({ "name": name, "in": place, "required": required, "description": description, "schema": schema })
}

fn verb(method: Method) -> &'static str {
    match method {
        Method::Get => "get",
        Method::Post => "post",
        Method::Put => "put",
        Method::Delete => "delete",
    }
}
