//! Saving and changing.

use std::collections::BTreeMap;

use keymoor_providers::ONE_SECRET;
use keymoor_vault::{Detail, Edit, Error, Field, NewCredential, Saved, Value, unnamed};
use schemars::JsonSchema;
use serde::Deserialize;

use super::known;
use crate::answers::credential::SavedCredential;
use crate::parameters::{Id, Nothing};
use crate::refusal::{Code, Refusal};
use crate::secret::Sent;
use crate::table::{Call, Done, created, ok};
use crate::texts::{Moment, Name, Named, Provider, Text, given};

/// A credential to save. A new one needs a secret at least; of one that is there, what is left out stays as it is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveRequest {
    /// Whose API it is for: an id of the catalogue such as openai, or any other word.
    provider: Provider,
    /// Unique within the provider.
    name: Name,
    /// The secret, where there is one.
    secret: Option<Sent>,
    /// The secrets by their fields' names, where there are several.
    #[serde(default)]
    secrets: Named<Sent>,
    /// Fields that are not secret.
    #[serde(default)]
    fields: Named<Text>,
    /// The labels, all of them.
    labels: Option<Vec<Name>>,
    /// Free text; empty removes it.
    #[schemars(length(max = 16384))]
    note: Option<Text>,
    /// Used only where no other credential of its provider is, and shown as such.
    #[serde(default)]
    fallback: bool,
    /// When it expires; null for never. A new secret has none, unless it is given here.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<Moment>")]
    expires_at: Option<Option<Moment>>,
}

/// What to change. What is left out stays as it is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRequest {
    /// A new name.
    name: Option<Name>,
    /// The new secret, where there is one.
    secret: Option<Sent>,
    /// New secrets by their fields' names; null removes a field.
    #[serde(default)]
    secrets: Named<Option<Sent>>,
    /// Fields that are not secret; null removes one.
    #[serde(default)]
    fields: Named<Option<Text>>,
    /// The labels, all of them.
    labels: Option<Vec<Name>>,
    /// Free text; empty removes it.
    #[schemars(length(max = 16384))]
    note: Option<Text>,
    /// Whether services and programs may use it.
    enabled: Option<bool>,
    /// Whether it is used only where no other credential of its provider is.
    fallback: Option<bool>,
    /// When it expires; null for never. A new secret has none, unless it is given here.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<Moment>")]
    expires_at: Option<Option<Moment>>,
}

pub(super) fn save(
    call: &mut Call<'_>,
    _: Nothing,
    _: Nothing,
    request: SaveRequest,
) -> Result<Done<SavedCredential>, Refusal> {
    let SaveRequest { provider: Provider(provider), name: Name(name), secret, secrets, fields, .. } = request;
    let (labels, note, fallback) =
        (texts(request.labels), request.note.map(|Text(text)| text), request.fallback);
    let expires = request.expires_at.map(|at| at.map(|Moment(at)| at));
    // Before any is opened: what is the matter with another's is not told either.
    let holders = call.vault.holders(&provider, &name)?;
    // A program that is limited to some credentials makes no others, and hears of none.
    if call.is_limited() && (holders.is_empty() || !holders.iter().all(|id| call.may_see(*id))) {
        return Err(Code::OutOfScope.into());
    }
    let there = match call.vault.holder(&provider, &name)? {
        Some(id) if call.may_see(id) => Some(call.vault.show(id)?),
        None if !call.is_limited() => None,
        _ => return Err(Code::OutOfScope.into()),
    };
    let secrets = secrets.0.into_iter().map(|(name, sent)| (name, Some(sent))).collect();
    let fields = fields.0.into_iter().map(|(name, Text(value))| (name, Some(value))).collect();
    let fields = fields_of(there.as_ref(), secret, secrets, fields)?;
    let (saved, done): (_, fn(_) -> _) = match there {
        Some(detail) if !fallback || detail.listing.fallback => {
            let called = Some((provider, name));
            return edited(call, detail, Edit { called, fields, labels, note, expires, ..Edit::default() });
        }
        // To make a fallback of it, the vault wants a secret, too.
        Some(_) if call.is_limited() => return Err(Code::OutOfScope.into()),
        there => {
            let labels = labels.unwrap_or_default();
            let new = NewCredential {
                provider,
                name,
                fields,
                labels,
                note,
                // What another process made meanwhile is not taken for what was seen.
                replace: there.is_some(),
                fallback,
                expires: expires.flatten(),
            };
            match call.vault.add(new) {
                Ok(saved) => {
                    let was_there = there.is_some_and(|detail| detail.listing.id == saved.id);
                    (saved, if was_there { ok } else { created })
                }
                Err(Error::NameTaken) => return Err(Code::Busy.into()),
                Err(error) => return Err(error.into()),
            }
        }
    };
    let detail = call.vault.show(saved.id)?;
    Ok(done(SavedCredential::new(detail, call.is_verifying(saved.id), Some(&saved))))
}

pub(super) fn change(
    call: &mut Call<'_>,
    id: Id,
    _: Nothing,
    request: ChangeRequest,
) -> Result<Done<SavedCredential>, Refusal> {
    let ChangeRequest { name, secret, secrets, fields, labels, note, enabled, fallback, expires_at } =
        request;
    let expires = expires_at.map(|at| at.map(|Moment(at)| at));
    let detail = known(call, id)?;
    let fields = fields.0.into_iter().map(|(name, value)| (name, value.map(|Text(text)| text))).collect();
    let fields = fields_of(Some(&detail), secret, secrets.0, fields)?;
    let (mut name, note) = (name.map(|Name(text)| text), note.map(|Text(text)| text));
    if call.is_limited() {
        // Whether another has the name is not its business, nor is one that becomes free.
        match name.take() {
            Some(new) if new.trim() != detail.listing.name => return Err(Code::OutOfScope.into()),
            _ => {}
        }
    }
    edited(
        call,
        detail,
        Edit { name, fields, labels: texts(labels), note, on: enabled, fallback, expires, ..Edit::default() },
    )
}

fn edited(call: &mut Call<'_>, detail: Detail, edit: Edit) -> Result<Done<SavedCredential>, Refusal> {
    let id = detail.listing.id;
    let saved: Option<Saved> = match call.vault.edit(id, edit) {
        Ok(saved) => Some(saved),
        // Nothing was given, or all of it masked.
        Err(Error::NothingToChange) => None,
        // Another process did, between the look and the change.
        Err(Error::ChangedMeanwhile) => return Err(Code::Busy.into()),
        Err(error) => return Err(error.into()),
    };
    let detail = call.vault.show(id)?;
    Ok(ok(SavedCredential::new(detail, call.is_verifying(id), saved.as_ref())))
}

fn texts(labels: Option<Vec<Name>>) -> Option<Vec<String>> {
    labels.map(|labels| labels.into_iter().map(|Name(text)| text).collect())
}

/// What was sent, as fields. Masked values are what we showed, and change nothing.
fn fields_of(
    there: Option<&Detail>,
    secret: Option<Sent>,
    secrets: BTreeMap<String, Option<Sent>>,
    open: BTreeMap<String, Option<String>>,
) -> Result<Vec<Field>, Refusal> {
    let known: Vec<&str> = (there.iter().flat_map(|detail| &detail.fields))
        .filter(|field| field.secret)
        .map(|field| field.name.as_str())
        .collect();
    let mut fields = Vec::new();
    let is_there = |name: &str, secret: bool| {
        there.is_some_and(|detail| {
            detail.fields.iter().any(|field| field.secret == secret && field.name == name)
        })
    };
    // What was secret must not become part of every list by a slip.
    if open.iter().any(|(name, value)| value.is_some() && is_there(name, true)) {
        return Err(Code::SecretField.into());
    }
    let one = match secret {
        Some(sent) => {
            let id = there.map_or("", |detail| &detail.listing.provider);
            Some((unnamed(id, &known)?.unwrap_or(ONE_SECRET).to_owned(), Some(sent)))
        }
        None => None,
    };
    let has = |name: &String| secrets.contains_key(name) || one.as_ref().is_some_and(|(one, _)| one == name);
    if one.as_ref().is_some_and(|(one, _)| secrets.contains_key(one)) || open.keys().any(has) {
        return Err(Code::FieldTwice.into());
    }
    let named = secrets.into_iter().map(|(name, sent)| (name, sent, Value::Secret as fn(_) -> _));
    for (name, sent, value_of) in named.chain(one.map(|(name, sent)| (name, sent, Value::One as fn(_) -> _)))
    {
        let value = match sent {
            // What is not there needs no removing, so that a request may come twice.
            None if !is_there(&name, true) => continue,
            None => Value::Removed,
            Some(sent) => match sent.unmasked() {
                Some(secret) => value_of(secret),
                None if known.contains(&name.as_str()) => continue,
                None => return Err(Code::MaskedSecret.into()),
            },
        };
        fields.push(Field { name, value });
    }
    let open = open
        .into_iter()
        .filter(|(name, value)| value.is_some() || is_there(name, false))
        .map(|(name, value)| Field { name, value: value.map_or(Value::Removed, Value::Open) });
    fields.extend(open);
    Ok(fields)
}
