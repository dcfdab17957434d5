//! The last step: the old key is revoked where its provider offers that, and goes to the trash.

use keymoor_providers::{provider, rotate::Outcome, verify::Options, verify::Reason};
use keymoor_vault::Rotation;

use super::{Args, verified};
use crate::{
    output::{self, plain},
    prompt,
    session::Session,
    words::{self, Failure},
};

/// What became of the old key.
pub(super) struct Old {
    pub(super) title: String,
    pub(super) outcome: &'static str,
    pub(super) console: Option<&'static str>,
    pub(super) code: u8,
}

pub(super) fn revoked(
    session: &mut Session,
    args: &Args,
    rotation: &Rotation,
    options: &Options,
) -> Result<Old, Failure> {
    let listing = session.vault.show(rotation.old)?.listing;
    let title = listing.title();
    let known = provider(&listing.provider);
    let console = known.and_then(|provider| provider.console.as_deref());
    let old = |outcome, code| Old { title: title.clone(), outcome, console, code };
    if args.keep_old {
        session.vault.end_rotation(rotation, false)?;
        output::say(words::rotate::kept(&title));
        return Ok(old("kept", 0));
    }
    let outcome = match known.is_some_and(|provider| provider.rotation.revoke.is_some()) {
        true if !args.yes && !prompt::confirmed(&words::rotate::question(&title)) => {
            output::say(words::rotate::left(&title, &args.name));
            return Ok(old("not_asked", 0));
        }
        true => session.vault.revoke_rotated(rotation, options)?,
        false => Outcome::ByHand,
    };
    let (done, code) = match outcome {
        Outcome::Revoked(_) => ("revoked", 0),
        Outcome::Disabled(report) => {
            output::say(words::rotate::disabled(&title, &reason(&report), &args.name));
            ("disabled", 6)
        }
        Outcome::Kept(report) => {
            output::say(words::rotate::not_revoked(&title, &reason(&report), &args.name, console));
            ("not_revoked", 6)
        }
        Outcome::InUse => {
            output::say(format!("{} has the same key: it was not revoked.", plain(&title)));
            ("in_use", 1)
        }
        // By the time of a second run somebody may have done it.
        Outcome::ByHand => {
            let asked = verified(session, rotation.old, options)?;
            let gone = |report: &keymoor_providers::verify::Report| {
                report.verdict.is_bad() && report.reason == Reason::Answered
            };
            if asked.is_some_and(|asked| gone(&asked.report)) {
                ("revoked", 0)
            } else {
                output::say(words::rotate::by_hand(&title, &args.name, console));
                ("by_hand", 0)
            }
        }
    };
    if done == "revoked" {
        session.vault.end_rotation(rotation, true)?;
        output::say(words::rotate::revoked(&title));
    }
    Ok(old(done, code))
}

fn reason(report: &keymoor_providers::verify::Report) -> String {
    words::verification::verdict(report.verdict, Some(&report.reason), report.say.as_deref())
}
