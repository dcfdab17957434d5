//! The first step: a new key is there, stored beside the old one.

use keymoor_providers::{provider, rotate::NotMade, verify::Options};
use keymoor_vault::{Error, NoKey, RecordId, Rotation};

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
    let detail = session.vault.show(id)?;
    let title = detail.listing.title();
    let known = provider(&detail.listing.provider);
    let under_way = session.vault.rotation(id)?;
    let Some(entered) = entered else {
        return match under_way {
            Some(rotation) => Ok(Ok(rotation)),
            None if args.make => made(session, &title, id, options),
            None => {
                output::say(words::rotate::where_to_make(&title, known));
                Ok(Err(Stop(2)))
            }
        };
    };
    let fields = fields(known, Some(&detail), open, Some(entered))?.fields;
    if let Some(rotation) = under_way.clone().filter(|rotation| rotation.switched) {
        // The same command once more: the key that it brings is in its place already.
        if session.vault.has_values(rotation.new, &fields).map_err(not_kept)? {
            return Ok(Ok(rotation));
        }
        let old = session.vault.show(rotation.old)?.listing.title();
        output::say(words::rotate::not_over(&title, &old));
        return Ok(Err(Stop(5)));
    }
    let old = under_way.map_or(id, |rotation| rotation.old);
    match session.vault.store_rotation(old, fields) {
        Ok(saved) => {
            let new = format!("{}/{}", saved.provider, saved.name);
            output::say(words::rotate::stored(&new));
        }
        Err(Error::NothingToChange) => {
            output::say(format!("{} has this key already: there is nothing to rotate.", plain(&title)));
            return Ok(Err(Stop(0)));
        }
        Err(error) => return Err(not_kept(error)),
    }
    begun(session, old)
}

/// Has the provider make it.
fn made(
    session: &mut Session,
    title: &str,
    id: RecordId,
    options: &Options,
) -> Result<Result<Rotation, Stop>, Failure> {
    match session.vault.make_rotation(id, options)? {
        Ok(saved) => {
            output::say(words::rotate::stored(&format!("{}/{}", saved.provider, saved.name)));
            begun(session, id)
        }
        Err(NoKey::NotMade(why)) => {
            let listing = session.vault.show(id)?.listing;
            output::say(words::rotate::not_made(title, why, provider(&listing.provider)));
            let code = if why == NotMade::Unknown { 6 } else { 1 };
            Ok(Err(Stop(code)))
        }
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
