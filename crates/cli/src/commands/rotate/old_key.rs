//! The last step: the old key is revoked where its provider offers that, and goes to the trash.

use keymoor_providers::{
    provider,
    rotate::{self, Outcome},
    verify::{Options, Report},
};
use keymoor_vault::{Revoking, Rotation};

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
    if let Some(used) = session.vault.old_key_is_used(rotation)? {
        output::say(words::rotate::used(&title, &used, &args.name));
        return Ok(old("used", 5));
    }
    if args.revoked {
        return Ok(match verified(session, rotation.old, options, false)? {
            Some(asked) if asked.report.verdict.is_good() => {
                output::say(words::rotate::still_accepted(&title, &args.name, console));
                old("accepted", 1)
            }
            _ => {
                session.vault.end_rotation(rotation, true)?;
                output::say(words::rotate::in_the_trash(&title));
                old("revoked", 0)
            }
        });
    }
    let outcome = match known.is_some_and(|provider| provider.rotation.revoke.is_some()) {
        true if !args.yes && !prompt::confirmed(&words::rotate::question(&title)) => {
            output::say(words::rotate::left(&title, &args.name));
            return Ok(old("not_asked", 0));
        }
        true => {
            if !args.unsynced && !session.vault.rotation_is_synced(rotation)? {
                // Why it failed is said here; that it has to go through is the vault's own rule.
                if let Err(failure) = session.sync() {
                    let _ = words::explain(&failure);
                }
                session.tell_notices();
            }
            match session.vault.revoke_rotated(rotation, options, args.unsynced)? {
                Revoking::Asked(outcome) => outcome,
                not_sent => {
                    let (done, code) = unsent(&not_sent, &title, &args.name);
                    return Ok(old(done, code));
                }
            }
        }
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
            let asked = verified(session, rotation.old, options, false)?.map(|asked| asked.report);
            if asked.as_ref().is_some_and(rotate::is_gone) {
                ("revoked", 0)
            } else {
                output::say(words::rotate::by_hand(&title, &args.name, console, asked.as_ref()));
                ("by_hand", 0)
            }
        }
    };
    if done == "revoked" {
        if let Err(error) = session.vault.end_rotation(rotation, true) {
            // That is so, whatever was changed here meanwhile.
            output::say(format!("{} is revoked at its provider.", plain(&title)));
            return Err(error.into());
        }
        output::say(words::rotate::revoked(&title));
    }
    Ok(old(done, code))
}

/// Says why nothing was asked of the provider.
fn unsent(why: &Revoking, title: &str, name: &str) -> (&'static str, u8) {
    match why {
        Revoking::Unverified(report) => {
            output::say(words::rotate::unverified(title, &reason(report), name));
            ("unverified", if report.verdict.is_bad() { 1 } else { 6 })
        }
        Revoking::Used(used) => {
            output::say(words::rotate::used(title, used, name));
            ("used", 5)
        }
        Revoking::Shared(others) => {
            output::say(words::rotate::shared(title, others, name));
            ("shared", 5)
        }
        Revoking::NotSynced => {
            output::say(words::rotate::not_safe(title, "the account's server", "keymoor sync", name));
            ("not_synced", 6)
        }
        Revoking::NotCopied(problem) => {
            output::say(words::mirror_stopped(*problem));
            output::say(words::rotate::not_safe(title, "the keychain", "keymoor status", name));
            ("not_copied", 8)
        }
        Revoking::Asked(_) => ("not_asked", 0),
    }
}

fn reason(report: &Report) -> String {
    words::verification::verdict(report.verdict, Some(&report.reason), report.say.as_deref())
}
