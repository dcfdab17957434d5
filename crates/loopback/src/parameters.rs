//! What stands in an address: the part of a path in braces, and what follows the question mark.

use std::collections::BTreeSet;

use keymoor_protocol::RecordId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::refusal::{Code, Refusal};
use crate::wrong::wrong;

/// What a path has in braces.
pub(crate) trait InPath: Sized {
    /// Its name and schema; nothing for a path without braces.
    fn described() -> Option<(&'static str, Schema)>;

    /// # Errors
    /// What cannot be one is not there.
    fn read(text: &str) -> Result<Self, Code>;
}

/// A path without braces, a query without parameters, a body without members.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl InPath for Nothing {
    fn described() -> Option<(&'static str, Schema)> {
        None
    }

    fn read(_: &str) -> Result<Self, Code> {
        Ok(Self {})
    }
}

/// A credential's id.
pub(crate) struct Id(pub(crate) RecordId);

impl InPath for Id {
    fn described() -> Option<(&'static str, Schema)> {
        let schema =
            json_schema!({ "type": "string", "format": "uuid", "description": "The credential's id." });
        Some(("id", schema))
    }

    fn read(text: &str) -> Result<Self, Code> {
        text.parse().map(Self).map_err(|_| Code::NotFound)
    }
}

/// A service's id in the catalogue.
pub(crate) struct ServiceId(pub(crate) String);

impl InPath for ServiceId {
    fn described() -> Option<(&'static str, Schema)> {
        let schema = json_schema!({
            "type": "string",
            "minLength": 1,
            "description": "The service's id, such as google_sheets."
        });
        Some(("name", schema))
    }

    fn read(text: &str) -> Result<Self, Code> {
        Ok(Self(text.to_owned()))
    }
}

/// How many entries an answer has where nobody said.
pub(crate) const LIMIT: usize = 100;
const LARGEST_LIMIT: usize = 500;
const LARGEST_OFFSET: usize = 1_000_000_000;

/// The part of `all` that was asked for.
///
/// # Errors
/// [`Code::BadRequest`] for what is beyond the bounds.
pub(crate) fn page<T>(all: Vec<T>, limit: usize, offset: usize) -> Result<Vec<T>, Refusal> {
    if !(1..=LARGEST_LIMIT).contains(&limit) {
        return Err(wrong("limit", &format!("has to be a number from 1 to {LARGEST_LIMIT}")));
    }
    if offset > LARGEST_OFFSET {
        return Err(wrong("offset", &format!("has to be a number up to {LARGEST_OFFSET}")));
    }
    Ok(all.into_iter().skip(offset).take(limit).collect())
}

/// The parameters of a query as the document has them: name, schema, and whether it has to be there.
pub(crate) fn of_query<Q: JsonSchema>(generator: &mut SchemaGenerator) -> Vec<(String, Schema, bool)> {
    let schema = Q::json_schema(generator).to_value();
    let required: BTreeSet<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
    let properties = schema["properties"].as_object();
    let described = properties.into_iter().flatten().map(|(name, schema)| {
        let schema = Schema::try_from(schema.clone()).unwrap_or_default();
        (name.clone(), schema, required.contains(name.as_str()))
    });
    described.collect()
}
