//! Keys: list, show, add, edit, reveal, copy, trash, history.

use std::sync::Arc;

use keymoor_vault::{Error, Filter, RecordId, Vault};
use secrecy::{ExposeSecret as _, SecretString};
use tauri::{AppHandle, State, command};

use crate::answers::{Copied, Detail, Listing, Past, Saved};
use crate::clipboard;
use crate::desk::{Answer, Desk};
use crate::failure::Failure;
use crate::requests::{AddRequest, EditRequest};

#[command]
pub(crate) async fn show(desk: State<'_, Desk>, id: &str) -> Answer<Detail> {
    let id = record(id)?;
    desk.ask(move |vault| Ok(vault.show(id)?.into())).await
}

#[command]
pub(crate) async fn add(desk: State<'_, Desk>, request: AddRequest) -> Answer<Saved> {
    let saved = desk.ask(|vault| vault.add(request.into())).await?;
    desk.verify_saved(saved.id);
    Ok(saved.into())
}

#[command]
pub(crate) async fn edit(desk: State<'_, Desk>, id: &str, change: EditRequest) -> Answer<Saved> {
    let id = record(id)?;
    let secret = change.has_secret();
    let saved = desk
        .ask(move |vault| {
            let provider = vault.show(id)?.listing.provider;
            vault.edit(id, change.of(&provider))
        })
        .await?;
    if secret && saved.changed {
        desk.verify_saved(id);
    }
    Ok(saved.into())
}

/// The only answer about a key that holds a secret, and only because the person asked to see it.
#[command]
pub(crate) async fn reveal(desk: State<'_, Desk>, id: &str, field: String) -> Answer<String> {
    let id = record(id)?;
    desk.ask(move |vault| Ok(vault.reveal(id, Some(&field))?.expose_secret().to_owned())).await
}

#[command]
pub(crate) async fn copy(app: AppHandle, desk: State<'_, Desk>, id: &str, field: String) -> Answer<Copied> {
    let id = record(id)?;
    let text = desk.ask(move |vault| text_of(vault, id, &field)).await?;
    clipboard::copy(&app, text)
}

#[command]
pub(crate) async fn trash(desk: State<'_, Desk>, id: &str, still: Option<String>) -> Answer<Saved> {
    let id = record(id)?;
    desk.ask(move |vault| Ok(vault.trash_if(id, still.as_deref())?.into())).await
}

#[command]
pub(crate) async fn restore(desk: State<'_, Desk>, id: &str, still: Option<String>) -> Answer<Saved> {
    let id = record(id)?;
    desk.ask(move |vault| Ok(vault.restore_if(id, still.as_deref())?.into())).await
}

#[command]
pub(crate) async fn erase(desk: State<'_, Desk>, id: &str) -> Answer<()> {
    let id = record(id)?;
    desk.ask(move |vault| vault.erase(id).map(drop)).await
}

#[command]
pub(crate) async fn history(desk: State<'_, Desk>, id: &str) -> Answer<Vec<Past>> {
    let id = record(id)?;
    desk.ask(move |vault| Ok(vault.history(id)?.into_iter().map(Past::from).collect())).await
}

#[command]
pub(crate) async fn revert(
    desk: State<'_, Desk>,
    id: &str,
    version: String,
    still: Option<String>,
) -> Answer<Saved> {
    let id = record(id)?;
    desk.ask(move |vault| Ok(vault.revert_if(id, &version, still.as_deref())?.into())).await
}

#[command]
pub(crate) async fn settle(desk: State<'_, Desk>, id: &str, field: String, choice: String) -> Answer<Saved> {
    let id = record(id)?;
    desk.ask(move |vault| Ok(vault.settle(id, &field, &choice)?.into())).await
}

/// Asks the provider; what it says is read with everything else.
#[command]
pub(crate) async fn verify(desk: State<'_, Desk>, id: &str) -> Answer<()> {
    desk.verify(record(id)?).await
}

fn record(id: &str) -> Answer<RecordId> {
    id.parse().map_err(|_| Failure::new(Failure::NOT_FOUND))
}

/// The keys in use and those in the trash.
pub(super) fn all(vault: &mut Vault) -> Result<Vec<Listing>, Error> {
    let active = vault.list(&Filter::default())?;
    let trashed = vault.list(&Filter { trashed: true, ..Filter::default() })?;
    Ok(active.into_iter().chain(trashed).map(Listing::from).collect())
}

/// A field's value, secret or not; without a name the first secret one.
fn text_of(vault: &mut Vault, id: RecordId, name: &str) -> Result<Arc<SecretString>, Error> {
    let fields = vault.show(id)?.fields;
    let field =
        fields.into_iter().find(|field| if name.is_empty() { field.secret } else { field.name == name });
    match field {
        Some(field) => Ok(vault.reveal_to_copy(id, Some(&field.name))?.value),
        None => Err(Error::NoSuchField(Vec::new())),
    }
}
