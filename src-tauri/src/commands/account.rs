//! Account and sync: set up, join, unlock, sync now.

use std::sync::Arc;

use keymoor_vault::{
    CreateAccount, Progress, SyncOptions, Vault, unlock_with_kit as with_kit,
    unlock_with_recovery as with_recovery,
};
use secrecy::SecretString;
use tauri::{AppHandle, State, command};

use crate::answers::{Copied, Kits, SyncReport};
use crate::clipboard;
use crate::desk::{Answer, Desk, asking};
use crate::failure::Failure;
use crate::requests::{CreateRequest, Handed, KitRequest, RecoveryRequest, SyncRequest, read};

#[command]
pub(crate) async fn sync_now(desk: State<'_, Desk>, request: SyncRequest) -> Answer<SyncReport> {
    let mut progress = desk.showing();
    let answer = desk.ask_patiently(move |vault| sync(vault, request, &mut progress)).await;
    desk.synced(&answer);
    answer
}

#[command]
pub(crate) async fn account_create(desk: State<'_, Desk>, request: CreateRequest) -> Answer<Kits> {
    let mut progress = desk.showing();
    let kits = desk
        .ask_patiently(move |vault| Ok(vault.create_account(new_account(request), &mut progress)?))
        .await?;
    desk.recovery_page().clone_from(&kits.recovery_kit);
    desk.account_changed();
    Ok(kits.into())
}

/// The page that `account_create` wrote in this run: shown because the person asked for it.
#[command]
pub(crate) async fn reveal_recovery(desk: State<'_, Desk>) -> Answer<String> {
    let page = desk.recovery_page().clone().ok_or_else(|| Failure::new(Failure::NOT_FOUND))?;
    Ok(read(page)?.to_string())
}

/// The same page into the clipboard, as a copied secret.
#[command]
pub(crate) async fn copy_recovery(app: AppHandle, desk: State<'_, Desk>) -> Answer<Copied> {
    let page = desk.recovery_page().clone().ok_or_else(|| Failure::new(Failure::NOT_FOUND))?;
    clipboard::copy(&app, Arc::new(SecretString::from(read(page)?.as_str())))
}

#[command]
pub(crate) async fn account_join(desk: State<'_, Desk>, request: KitRequest) -> Answer<SyncReport> {
    let kit = request.kit()?;
    let mut progress = desk.showing();
    let report = desk
        .ask_patiently(move |vault| Ok(vault.join(&kit, &request.password.0, &mut progress)?.into()))
        .await?;
    desk.account_changed();
    Ok(report)
}

#[command]
pub(crate) async fn unlock_with_kit(desk: State<'_, Desk>, request: KitRequest) -> Answer<()> {
    let kit = request.kit()?;
    desk.begin_with(move |config, _| Ok(with_kit(config, &kit, &request.password.0)?)).await
}

#[command]
pub(crate) async fn unlock_with_recovery(desk: State<'_, Desk>, request: RecoveryRequest) -> Answer<()> {
    let kit = request.kit()?;
    let password = request.new_password.map(|password| password.0);
    desk.begin_with(move |config, _| Ok(with_recovery(config, &kit, password.as_ref())?)).await
}

#[command]
pub(crate) async fn unlock_with_password(desk: State<'_, Desk>, password: Handed) -> Answer<()> {
    desk.begin_with(move |config, patience| {
        asking(Some(password.0), |ask| Ok(Vault::open(config, patience, ask)?))
    })
    .await
}

fn new_account(request: CreateRequest) -> CreateAccount {
    CreateAccount {
        server: request.server,
        password: request.password.0,
        join_kit: request.kit_path.into(),
        recovery_kit: request.recovery_path.into(),
    }
}

fn sync(vault: &mut Vault, request: SyncRequest, progress: &mut dyn FnMut(Progress)) -> Answer<SyncReport> {
    let mut options = SyncOptions::default();
    options.asked_for = true;
    options.accept_deletes = request.accept_deletions;
    let password = request.password.map(|password| password.0);
    asking(password, |ask| Ok(vault.sync(&options, ask, progress)?.into()))
}
