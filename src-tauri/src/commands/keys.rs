//! Keys: list, show, add, edit, reveal, copy, trash, history.

use std::sync::Arc;

use keymoor_vault::{CopyForm, Error, Filter, RecordId, ServiceState, ShownField, Vault};
use secrecy::{ExposeSecret as _, SecretString};
use tauri::{AppHandle, State, command};

use crate::answers::{Copied, Detail, Listing, Past, Saved};
use crate::clipboard;
use crate::desk::{Answer, Desk};
use crate::failure::Failure;
use crate::requests::{AddRequest, EditRequest};
use crate::verifying::Outcome;

#[command]
pub(crate) async fn show(desk: State<'_, Desk>, id: &str) -> Answer<Detail> {
    let id = record(id)?;
    // What cannot be told of services is no reason not to show the key.
    desk.look(move |vault| Ok(Detail::of(vault.show(id)?, vault.services().unwrap_or_default()))).await
}

#[command]
pub(crate) async fn add(desk: State<'_, Desk>, request: AddRequest) -> Answer<Saved> {
    let (id, saved) = desk
        .ask(|vault| {
            let mut id = None;
            let saved = saved_and_using(vault, |vault| {
                let saved = vault.add(request.into())?;
                id = Some(saved.id);
                Ok(saved)
            })?;
            Ok((id, saved))
        })
        .await?;
    id.into_iter().for_each(|id| desk.verify_saved(id));
    Ok(saved)
}

#[command]
pub(crate) async fn edit(desk: State<'_, Desk>, id: &str, change: EditRequest) -> Answer<Saved> {
    let id = record(id)?;
    let secret = change.has_secret();
    let saved = desk
        .ask(move |vault| {
            let (switches, provider) = (change.switches(), vault.show(id)?.listing.provider);
            let change = change.of(&provider);
            match switches {
                true => saved_and_using(vault, |vault| vault.edit(id, change)),
                false => Ok(vault.edit(id, change)?.into()),
            }
        })
        .await?;
    if secret && saved.changed {
        desk.verify_saved(id);
    }
    Ok(saved)
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

/// The key as a text to be pasted elsewhere, into the clipboard as [`copy`] does it.
#[command]
pub(crate) async fn copy_as(
    app: AppHandle,
    desk: State<'_, Desk>,
    id: &str,
    form: CopyForm,
) -> Answer<Copied> {
    let id = record(id)?;
    match desk.ask(move |vault| vault.copy_as(id, form)).await? {
        Some(text) => clipboard::copy(&app, text),
        None => Err(Failure::new(Failure::NO_SUCH_TEXT)),
    }
}

#[command]
pub(crate) async fn trash(desk: State<'_, Desk>, id: &str, still: Option<String>) -> Answer<Saved> {
    let id = record(id)?;
    desk.ask(move |vault| saved_and_using(vault, |vault| vault.trash_if(id, still.as_deref()))).await
}

#[command]
pub(crate) async fn restore(desk: State<'_, Desk>, id: &str, still: Option<String>) -> Answer<Saved> {
    let id = record(id)?;
    desk.ask(move |vault| saved_and_using(vault, |vault| vault.restore_if(id, still.as_deref()))).await
}

#[command]
pub(crate) async fn erase(desk: State<'_, Desk>, id: &str) -> Answer<()> {
    let id = record(id)?;
    desk.ask(move |vault| vault.erase(id).map(drop)).await
}

#[command]
pub(crate) async fn history(desk: State<'_, Desk>, id: &str) -> Answer<Vec<Past>> {
    let id = record(id)?;
    desk.look(move |vault| Ok(vault.history(id)?.into_iter().map(Past::from).collect())).await
}

#[command]
pub(crate) async fn revert(
    desk: State<'_, Desk>,
    id: &str,
    version: String,
    still: Option<String>,
) -> Answer<Saved> {
    let id = record(id)?;
    desk.ask(move |vault| saved_and_using(vault, |vault| vault.revert_if(id, &version, still.as_deref())))
        .await
}

#[command]
pub(crate) async fn settle(desk: State<'_, Desk>, id: &str, field: String, choice: String) -> Answer<Saved> {
    let id = record(id)?;
    desk.ask(move |vault| Ok(vault.settle(id, &field, &choice)?.into())).await
}

/// Takes a settling back: the values of that version stand beside each other again.
#[command]
pub(crate) async fn unsettle(
    desk: State<'_, Desk>,
    id: &str,
    version: String,
    still: String,
) -> Answer<Saved> {
    let id = record(id)?;
    desk.ask(move |vault| Ok(vault.unsettle(id, &version, &still)?.into())).await
}

/// Asks the provider; what it says is read with everything else.
#[command]
pub(crate) async fn verify(desk: State<'_, Desk>, id: &str) -> Answer<()> {
    desk.verify(record(id)?).await
}

/// Nobody waits for that answer any more. What the provider says all the same is put down.
#[command]
pub(crate) async fn stop_asking(desk: State<'_, Desk>, id: &str) -> Answer<()> {
    desk.stop_asking(record(id)?);
    Ok(())
}

/// Asks the providers of many, and tells how far it is.
#[command]
pub(crate) async fn verify_many(desk: State<'_, Desk>, ids: Vec<String>) -> Answer<Vec<Outcome>> {
    desk.verify_many(ids.iter().map(|id| record(id)).collect::<Answer<_>>()?).await
}

#[command]
pub(crate) async fn stop_verifying(desk: State<'_, Desk>) -> Answer<()> {
    desk.stop_verifying();
    Ok(())
}

/// Does what may have services use another credential, and tells of those that do: none steps in silently.
pub(super) fn saved_and_using(
    vault: &mut Vault,
    act: impl FnOnce(&mut Vault) -> Result<keymoor_vault::Saved, Error>,
) -> Result<Saved, Error> {
    // What cannot be told is no reason not to do it.
    let before = vault.services().unwrap_or_default();
    let saved = act(vault)?;
    let after = if saved.changed { vault.services().unwrap_or_default() } else { Vec::new() };
    // The same under another name is no other.
    let uses = |state: &ServiceState| {
        let uses = state.uses.as_ref().map(|uses| (uses.id, uses.because.clone()));
        (uses, state.why_none.clone())
    };
    let others = after
        .into_iter()
        .filter(|now| now.on && before.iter().any(|was| was.id == now.id && uses(was) != uses(now)));
    Ok(Saved::from(saved).using(others))
}

pub(crate) fn record(id: &str) -> Answer<RecordId> {
    id.parse().map_err(|_| Failure::new(Failure::NOT_FOUND))
}

/// The keys in use and those in the trash.
pub(super) fn all(vault: &mut Vault) -> Result<Vec<Listing>, Error> {
    let active = vault.list(&Filter::default())?;
    let trashed = vault.list(&Filter { trashed: true, ..Filter::default() })?;
    Ok(active.into_iter().chain(trashed).map(Listing::from).collect())
}

/// A field's value, secret or not; without a name that of the secret which the details show first.
pub(crate) fn text_of(vault: &mut Vault, id: RecordId, name: &str) -> Result<Arc<SecretString>, Error> {
    let detail = vault.show(id)?;
    let known = keymoor_providers::provider(&detail.listing.provider);
    // In the order of the provider's form, as the details have them.
    let place = |field: &&ShownField| {
        known
            .and_then(|known| known.fields.iter().position(|its| its.key == field.name))
            .unwrap_or(usize::MAX)
    };
    let fields = detail.fields.iter();
    let field = match name {
        "" => fields.filter(|field| field.secret).min_by_key(place),
        _ => detail.fields.iter().find(|field| field.name == name),
    };
    match field {
        Some(field) => Ok(vault.reveal_to_copy(id, Some(&field.name))?.value),
        None => Err(Error::NoSuchField(Vec::new())),
    }
}

#[cfg(test)]
mod tests {
    use keymoor_vault::{Backend, Config, Field, NewCredential, Patience, Value};
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn without_a_name_the_secret_is_meant_that_the_details_show_first() {
        let home = tempfile::tempdir().unwrap();
        let config = Config {
            home: home.path().to_owned(),
            keychain: Backend::None,
            keychain_service: "keymoor-test".to_owned(),
        };
        let mut ask = |_| Some("correct horse battery".into());
        let mut vault = Vault::open(config, Patience::default(), &mut ask).unwrap();
        let secret =
            |name: &str| Field { name: name.into(), value: Value::Secret(format!("of {name}").into()) };
        let fields = vec![secret("app_token"), secret("token")];
        let (provider, name) = ("slack".to_owned(), "bot".to_owned());
        let saved = vault.add(NewCredential { provider, name, fields, ..NewCredential::default() }).unwrap();
        let mut text =
            |name: &str| text_of(&mut vault, saved.id, name).map(|text| text.expose_secret().to_owned());
        assert_eq!(text("").unwrap(), "of token", "the form asks for it first");
        assert_eq!(text("app_token").unwrap(), "of app_token");
        assert!(text("other").is_err());
    }
}
