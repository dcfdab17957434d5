//! Credentials: save, list, show, change, move to the trash, verify. And the same under the name of integrations.

mod saving;

use keymoor_vault::{Detail, Filter, GrantScope, Listing};
use schemars::JsonSchema;
use serde::Deserialize;

use self::saving::{change, save};
use crate::answers::credential::{Credential, Credentials, Listed, Trashed};
use crate::answers::verification::{Status, VerifyStatus};
use crate::parameters::{Id, LIMIT, Nothing, page};
use crate::refusal::{Code, Refusal};
use crate::table::{About, Call, Done, Method, Route, ok};

/// Refusals of whatever changes a credential.
const CHANGES: &[Code] = &[
    Code::NotFound,
    Code::InvalidValue,
    Code::NoSecret,
    Code::MaskedSecret,
    Code::ExampleSecret,
    Code::LastSecret,
    Code::AddressAlone,
    Code::WhichField,
    Code::FieldTwice,
    Code::SecretField,
    Code::NameTaken,
    Code::Ambiguous,
    Code::ReadOnly,
    Code::Unreadable,
    Code::TooLarge,
    Code::DiskFull,
];
const FINDS: &[Code] = &[Code::NotFound, Code::Unreadable];

pub(super) fn routes() -> Vec<Route> {
    let mut routes = named("/api/credentials", "/save", "/list", "/verify", "credentials", "Credential");
    routes.extend(named("/api/integrations", "", "", "/test", "integrations", "Integration"));
    let status = About::new(Method::Get, "/api/credentials/{id}/verify-status", "getVerifyStatus")
        .says("credentials", "What is known of whether the provider accepts it. Nobody is asked.")
        .refuses(FINDS);
    routes.push(status.route(verify_status));
    routes
}

/// The routes that there are under two names.
fn named(
    base: &str,
    save_at: &str,
    list_at: &str,
    verify_at: &str,
    tag: &'static str,
    noun: &str,
) -> Vec<Route> {
    let about = |method, path: &str, verb: &str, plural: &str| {
        About::new(method, format!("{base}{path}"), format!("{verb}{noun}{plural}"))
    };
    vec![
        about(Method::Post, save_at, "save", "")
            .says(tag, "Save a credential: a new one, or new values for the one of that provider and name. What is not given stays, and what was there stays in the history.")
            .needs(GrantScope::Write)
            .answers(&[(200, "Saved; the credential was there."), (201, "Saved; the credential is new.")])
            .refuses(CHANGES)
            .route(save),
        about(Method::Get, list_at, "list", "s")
            .says(tag, "List credentials, by provider and name.")
            .route(list),
        about(Method::Get, "/{id}", "get", "")
            .says(tag, "Show everything about a credential but its secrets.")
            .refuses(FINDS)
            .route(show),
        about(Method::Put, "/{id}", "change", "")
            .says(tag, "Change what is given, and leave the rest. What was there stays in the history.")
            .needs(GrantScope::Write)
            .refuses(CHANGES)
            .route(change),
        about(Method::Delete, "/{id}", "trash", "")
            .says(tag, "Move a credential to the trash. Nothing is erased through this interface.")
            .needs(GrantScope::Write)
            .refuses(&[Code::NotFound, Code::ReadOnly, Code::Unreadable, Code::DiskFull])
            .route(trash),
        about(Method::Post, &format!("/{{id}}{verify_at}"), "verify", "")
            .says(tag, "Ask the provider whether it accepts the credential, and wait for the answer. Several who ask at once are one question.")
            .needs(GrantScope::Write)
            .refuses(&[Code::NotFound, Code::ReadOnly, Code::Unreadable, Code::DiskFull])
            .verifying(),
    ]
}

/// Which credentials.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// Only of this provider.
    provider: Option<String>,
    /// Only with this status; care is whatever needs care, and expiring, expired and old are some of that.
    status: Option<Wanted>,
    /// Only with this label.
    label: Option<String>,
    /// Words that must all occur in name, provider, labels, note or open fields.
    q: Option<String>,
    /// How many at most.
    #[schemars(range(min = 1, max = 500), extend("default" = LIMIT))]
    limit: Option<usize>,
    /// How many to pass over.
    #[schemars(range(max = 1_000_000_000), extend("default" = 0))]
    offset: Option<usize>,
}

/// A status, or what needs care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WantedStatus")]
enum Wanted {
    Connected,
    Verifying,
    Error,
    Disabled,
    Unchecked,
    Unreadable,
    Care,
    Expiring,
    Expired,
    Old,
}

impl Wanted {
    fn fits(self, listing: &Listing, verifying: bool) -> bool {
        let is =
            |status| if verifying { Status::Verifying == status } else { status == listing.status.into() };
        let needs = |word| listing.care.iter().any(|care| care.word() == word);
        match self {
            Self::Connected => is(Status::Connected),
            Self::Verifying => verifying,
            Self::Error => is(Status::Error),
            Self::Disabled => is(Status::Disabled),
            Self::Unchecked => is(Status::Unchecked),
            Self::Unreadable => is(Status::Unreadable),
            Self::Care => !listing.care.is_empty(),
            Self::Expiring => needs("expiring"),
            Self::Expired => needs("expired"),
            Self::Old => needs("old"),
        }
    }
}

fn list(call: &mut Call<'_>, _: Nothing, query: ListQuery, _: Nothing) -> Result<Done<Credentials>, Refusal> {
    let ListQuery { provider, status, label, q, limit, offset } = query;
    let (limit, offset) = (limit.unwrap_or(LIMIT), offset.unwrap_or(0));
    let listings = call.vault.list(&Filter { query: q, provider, label, trashed: false })?;
    let fitting: Vec<Listed> = listings
        .into_iter()
        .filter(|listing| call.may_see(listing.id))
        .map(|listing| (call.is_verifying(listing.id), listing))
        .filter(|(verifying, listing)| status.is_none_or(|status| status.fits(listing, *verifying)))
        .map(|(verifying, listing)| Listed::new(listing, verifying))
        .collect();
    let total = fitting.len();
    Ok(ok(Credentials { credentials: page(fitting, limit, offset)?, total, limit, offset }))
}

fn show(call: &mut Call<'_>, Id(id): Id, _: Nothing, _: Nothing) -> Result<Done<Credential>, Refusal> {
    let detail = known(call, Id(id))?;
    Ok(ok(Credential::new(detail, call.is_verifying(id))))
}

fn trash(call: &mut Call<'_>, id: Id, _: Nothing, _: Nothing) -> Result<Done<Trashed>, Refusal> {
    let id = known(call, id)?.listing.id;
    let saved = call.vault.trash(id)?;
    Ok(ok(Trashed { id: id.to_string(), trashed: true, keychain: saved.keychain.into() }))
}

fn verify_status(call: &mut Call<'_>, id: Id, _: Nothing, _: Nothing) -> Result<Done<VerifyStatus>, Refusal> {
    let listing = known(call, id)?.listing;
    Ok(ok(VerifyStatus::new(&listing, call.is_verifying(listing.id))))
}

/// A credential that is there, not in the trash, and within what the program may see.
pub(crate) fn known(call: &mut Call<'_>, Id(id): Id) -> Result<Detail, Refusal> {
    if !call.may_see(id) {
        return Err(Code::NotFound.into());
    }
    let detail = call.vault.glance(id)?;
    // The record of services has no provider, and is no credential. What waits to be erased is in the trash, too.
    let gone = detail.listing.trashed || detail.listing.provider.is_empty();
    if gone { Err(Code::NotFound.into()) } else { Ok(detail) }
}
