//! `keymoor rotate`: a new key takes the place of an old one.

mod new_key;
mod old_key;

use std::process::ExitCode;

use keymoor_providers::verify::Options;
use keymoor_vault::{Asked, Error, Place, RecordId, Rotation, VerifyOptions};
use serde::Serialize;

use self::old_key::Old;
use super::verify::Testing;
use crate::{
    input::{self, Source},
    output::{self, date, now, plain},
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Put a new key in the place of an old one. The new one is stored beside the old, and takes its name and its services once
/// its provider accepts it; then the old one is revoked. Run again, it goes on where it was.
///
/// Before the old key is revoked you are asked, where standard input is a terminal; otherwise it is left until the command is
/// run again, on a terminal or with --yes.
///
/// Exit code 0: done, or the old key is left by your choice. 1: the new key is refused. 5: something is in the way, which is
/// said: an earlier rotation that is not over, an old key that is used again, a key that may have been made and nobody has.
/// 6: the provider or the account's server could not be asked; what was done is said. 8: the keychain has no copy.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor rotate work                          says where to make a new key
  keymoor rotate work --stdin < new-key        stores it, verifies it, and puts it in the old one's place
  keymoor rotate work                          goes on: asks, and revokes the old one
  keymoor rotate work --stdin --yes < new-key  all in one, without a question
  keymoor rotate aws/prod --set access_key_id=AKIA… --stdin < new-secret
  keymoor rotate aws/prod --make --yes         for scripts, where the provider makes keys on request
  keymoor rotate work --revoked                you have deleted the old one yourself: it goes to the trash")]
pub(crate) struct Args {
    /// Name, or provider/name.
    name: String,
    /// Read the new secret from standard input; one final newline is dropped.
    #[arg(long, group = "source")]
    stdin: bool,
    /// Read a JSON object from standard input; each of its strings is a secret field of the new key.
    #[arg(long, group = "source")]
    fields_stdin: bool,
    /// A field of the new key that is not secret; may be given several times.
    #[arg(long, value_name = "FIELD=VALUE", requires = "source")]
    set: Vec<String>,
    /// Have the provider make the new key (AWS).
    #[arg(long, conflicts_with = "source")]
    make: bool,
    /// Let the new key take over although its provider could not be asked about it.
    #[arg(long)]
    unverified: bool,
    /// Say that the provider's console shows no key that nobody has, after one was asked for and no answer came.
    #[arg(long)]
    looked: bool,
    /// Leave the old key as it is at the provider.
    #[arg(long, conflicts_with = "yes")]
    keep_old: bool,
    /// Say that the old key is deleted at its provider: nothing is revoked, and it goes to the trash. Not while its provider
    /// says that it accepts it.
    #[arg(long, conflicts_with_all = ["keep_old", "yes", "unsynced"])]
    revoked: bool,
    /// Revoke the old key without asking.
    #[arg(long)]
    yes: bool,
    /// Revoke the old key although the keychain or the account's server has not got the new one yet.
    #[arg(long, conflicts_with = "keep_old")]
    unsynced: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    testing: Testing,
}

/// How it ends before it is over: said already.
pub(super) struct Stop(u8);

/// What is told at the end.
#[derive(Serialize)]
struct Told {
    id: String,
    credential: String,
    /// Whether the new key is in use.
    switched: bool,
    /// What its provider says of it; nothing if it was not asked now.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<keymoor_providers::Verdict>,
    /// The old key and what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<OldTold>,
}

#[derive(Serialize)]
struct OldTold {
    id: String,
    credential: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<&'static str>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let name = args.name.clone();
    match rotate(args) {
        Err(Failure::Vault(Error::ChangedMeanwhile)) => {
            output::say(words::rotate::changed(&name));
            Ok(ExitCode::from(5))
        }
        Err(Failure::Vault(Error::Unreadable { id, homes })) => {
            output::say(words::rotate::one_cannot_be_read(id));
            Err(Error::Unreadable { id, homes }.into())
        }
        done => done,
    }
}

fn rotate(mut args: Args) -> Result<ExitCode, Failure> {
    let options = args.testing.options()?;
    let open = input::assignments(&args.set)?;
    let source = match (args.stdin, args.fields_stdin) {
        (true, _) => Some(Source::Stdin),
        (_, true) => Some(Source::Fields),
        _ => None,
    };
    let entered = source.map(|source| input::read(source, "New secret")).transpose()?;
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Active)?;
    let mut rotation = match new_key::stored(&mut session, &args, id, open, entered, &options)? {
        Ok(rotation) => rotation,
        Err(Stop(code)) => return Ok(ExitCode::from(code)),
    };
    let mut told = Told {
        id: rotation.new.to_string(),
        credential: session.vault.show(rotation.new)?.listing.title(),
        switched: rotation.switched,
        result: None,
        old: None,
    };
    if !rotation.switched {
        let asked = verified(&mut session, rotation.new, &options, true)?;
        told.result = asked.as_ref().map(|asked| asked.report.verdict);
        if let Some(code) = stops(&args, &mut session, &rotation, asked.as_ref())? {
            told.tell(&args)?;
            return Ok(ExitCode::from(code));
        }
        let (saved, (after, aside)) = session.vault.switch_rotation(&rotation, &date(now()))?;
        rotation = after;
        (told.switched, told.credential) = (true, format!("{}/{}", saved.provider, saved.name));
        output::say(words::rotate::switched(&told.credential, &aside));
        // What it was called while it waited is nobody's name now, and is in no hint.
        if !session.find(&args.name, Place::Active).is_ok_and(|id| id == rotation.new) {
            args.name.clone_from(&told.credential);
        }
    }
    let Old { title, outcome, console, code } = old_key::revoked(&mut session, &args, &rotation, &options)?;
    told.old = Some(OldTold { id: rotation.old.to_string(), credential: title, outcome, console });
    told.tell(&args)?;
    Ok(ExitCode::from(code))
}

impl Told {
    fn tell(&self, args: &Args) -> Result<(), Failure> {
        if args.json { output::json(self) } else { Ok(()) }
    }
}

/// Asks the provider about one credential. `costs`: also where that costs something.
fn verified(
    session: &mut Session,
    id: RecordId,
    options: &Options,
    costs: bool,
) -> Result<Option<Asked>, Failure> {
    let mut ask = options.clone();
    ask.with_side_effects = costs;
    let options = VerifyOptions { ask, by_name: true, ..VerifyOptions::default() };
    Ok(session.vault.verify(&[id], &options, |_, _, _| {})?.pop())
}

/// Whether the new key does not take over, and the exit code then.
fn stops(
    args: &Args,
    session: &mut Session,
    rotation: &Rotation,
    asked: Option<&Asked>,
) -> Result<Option<u8>, Failure> {
    let Some(Asked { report, .. }) = asked else { return Ok(Some(6)) };
    if report.verdict.is_good() {
        return Ok(None);
    }
    let new = session.vault.show(rotation.new)?.listing.title();
    let said = words::verification::verdict(report.verdict, Some(&report.reason), report.say.as_deref());
    if report.verdict.is_bad() {
        output::say(words::rotate::refused(&new, &said, &args.name));
        return Ok(Some(1));
    }
    if args.unverified {
        output::say(format!("{} was not verified: {said}.", plain(&new)));
        return Ok(None);
    }
    output::say(words::rotate::not_known(&new, &said, &args.name));
    Ok(Some(6))
}
