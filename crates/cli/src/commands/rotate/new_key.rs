//! The first step: a new key is there, stored beside the old one.

use keymoor_providers::{provider, rotate::NotMade, verify::Options};
use keymoor_vault::{Before, Error, NoKey, RecordId, Rotation};

use super::{Args, Stop};
use crate::{
    commands::fields::{fields, not_kept},
    input::Entered,
    output::{self, plain},
    session::Session,
    words::{self, Failure},
};

/// The rotation that is under way, begun now if there was none.
pub(super) fn stored(
    session: &mut Session,
    args: &Args,
    id: RecordId,
    open: Vec<(String, String)>,
    entered: Option<Entered>,
    options: &Options,
) -> Result<Result<Rotation, Stop>, Failure> {
    let mut before = session.vault.before_rotation(id)?;
    if args.looked && before.asked_at.is_some() {
        session.vault.forget_key_asked(&before)?;
        before = session.vault.before_rotation(id)?;
    }
    let detail = session.vault.show(id)?;
    let title = detail.listing.title();
    let known = provider(&detail.listing.provider);
    if let Some(at) = before.asked_at {
        output::say(words::rotate::asked_before(&title, at, known));
    }
    let Some(entered) = entered else {
        return match &before.under_way {
            Some(rotation) => Ok(Ok(rotation.clone())),
            None if args.make => made(session, &title, &before, options),
            None => {
                output::say(words::rotate::where_to_make(&detail, known));
                Ok(Err(Stop(2)))
            }
        };
    };
    let fields = fields(known, Some(&detail), open, Some(entered))?.fields;
    if let Some(rotation) = before.under_way.as_ref().filter(|rotation| rotation.switched) {
        // The same command once more: the key that it brings is in its place already.
        if session.vault.has_values(rotation.new, &fields).map_err(not_kept("rotate"))? {
            return Ok(Ok(rotation.clone()));
        }
        let [old, new] = [rotation.old, rotation.new].map(|id| session.vault.show(id));
        output::say(words::rotate::not_over(&new?.listing.title(), &old?.listing.title()));
        return Ok(Err(Stop(5)));
    }
    match session.vault.store_rotation(&before, fields) {
        Ok(saved) => {
            let new = format!("{}/{}", saved.provider, saved.name);
            output::say(words::rotate::stored(&new));
        }
        Err(Error::NothingToChange) => {
            output::say(format!("{} has this key already: there is nothing to rotate.", plain(&title)));
            return Ok(Err(Stop(0)));
        }
        Err(error) => return Err(not_kept("rotate")(error)),
    }
    begun(session, before.old)
}

/// Has the provider make it.
fn made(
    session: &mut Session,
    title: &str,
    before: &Before,
    options: &Options,
) -> Result<Result<Rotation, Stop>, Failure> {
    match session.vault.make_rotation(before, options)? {
        Ok(saved) => {
            output::say(words::rotate::stored(&format!("{}/{}", saved.provider, saved.name)));
            let rotation = begun(session, before.old)?;
            // Another one was begun while the provider was asked: this key is kept, and takes nobody's place by itself.
            match rotation.as_ref().is_ok_and(|rotation| rotation.new != saved.id) {
                true => Err(Error::ChangedMeanwhile.into()),
                false => Ok(rotation),
            }
        }
        Err(NoKey::NotMade(why)) => {
            let listing = session.vault.show(before.old)?.listing;
            output::say(words::rotate::not_made(title, why, provider(&listing.provider)));
            let code = if matches!(why, NotMade::Unknown | NotMade::NotAsked) { 6 } else { 1 };
            Ok(Err(Stop(code)))
        }
        Err(NoKey::Asked(_)) => Ok(Err(Stop(5))), // said already
        Err(NoKey::TakenBack(error)) => {
            output::say(words::rotate::taken_back());
            Err(error.into())
        }
        Err(NoKey::LeftThere { called, error }) => {
            let provider = provider(title.split('/').next().unwrap_or_default());
            output::say(words::rotate::left_there(&called, provider));
            Err(error.into())
        }
    }
}

fn begun(session: &mut Session, old: RecordId) -> Result<Result<Rotation, Stop>, Failure> {
    Ok(Ok(session.vault.rotation(old)?.ok_or(Error::ChangedMeanwhile)?))
}
