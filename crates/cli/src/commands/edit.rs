//! `keymoor edit`: changes what is given and leaves the rest.

mod asked;

use keymoor_providers::provider;
use keymoor_vault::{Edit, Error, Place};

use super::{
    fields::{Given, fields, not_kept},
    verify::OnSave,
};
use crate::{
    input::{self, Expiry, Source, expiry},
    output::{self, plain},
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Change a credential. Only what is given changes; the values before stay in its history on
/// this device.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor edit work                                 asks for a new secret, or field by field
  keymoor edit work --stdin < new-key
  keymoor edit work --expires 2027-03-01
  keymoor edit work --name office --label team --set region=eu
  keymoor edit aws/prod --fields-stdin < fields.json
                                          with {\"session_token\": null} in the file, which removes that field")]
pub(crate) struct Args {
    /// Name, or provider/name.
    name: String,
    /// A new name.
    #[arg(long = "name", value_name = "NEW")]
    new_name: Option<String>,
    /// Read a new secret from standard input; one final newline is dropped.
    #[arg(long, group = "source")]
    stdin: bool,
    /// Read a JSON object from standard input; each of its strings is a secret field, null removes a field.
    #[arg(long, group = "source")]
    fields_stdin: bool,
    /// Set a field that is not secret; an empty value removes it.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// The labels from now on, all of them; --label "" removes them.
    #[arg(long, value_name = "LABEL")]
    label: Option<Vec<String>>,
    /// The note from now on; an empty one removes it.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Let services and programs use it again.
    #[arg(long, conflicts_with = "off")]
    on: bool,
    /// Keep it, and let nothing use it. Where there is a fallback, that is used, and said.
    #[arg(long)]
    off: bool,
    /// Make it a fallback: used only while no own credential of that provider can be used, and said.
    #[arg(long, conflicts_with = "own")]
    fallback: bool,
    /// Make it a credential of your own again, and no fallback.
    #[arg(long)]
    own: bool,
    /// When it expires: 2027-03-01, 2027-03-01T14:05:00Z, 90d, 6mo, or never. A new secret has none, unless it is given with it.
    #[arg(long, value_name = "DATE|never", value_parser = expiry)]
    expires: Option<Expiry>,
    #[command(flatten)]
    on_save: OnSave,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let asked = args.on_save.options()?;
    let mut open = input::assignments(&args.set)?;
    let source = source(&args)?;
    let piped = source.filter(|source| *source != Source::Prompt);
    let question = format!("New secret of {}", plain(&args.name));
    let piped = piped.map(|source| input::read(source, &question)).transpose()?;
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Active)?;
    let detail = session.vault.show(id)?;
    let entered = match source {
        Some(Source::Prompt) => asked::values(&detail, provider(&detail.listing.provider), &mut open)?,
        _ => piped,
    };
    if source == Some(Source::Prompt) && entered.is_none() && open.is_empty() {
        output::say(words::NOTHING_CHANGED);
        return Ok(());
    }
    let (secret, expired) = (entered.is_some(), detail.listing.expires_as_set.is_some());
    let known = provider(&detail.listing.provider);
    let Given { fields, anothers } = fields(known, Some(&detail), open, entered)?;
    let edit = Edit {
        called: None,
        name: args.new_name.clone(),
        fields,
        labels: args.label.map(|labels| labels.into_iter().filter(|label| !label.is_empty()).collect()),
        note: args.note,
        on: (args.on || args.off).then_some(args.on),
        fallback: (args.fallback || args.own).then_some(args.fallback),
        expires: args.expires.map(|Expiry(at)| at),
    };
    let provider = detail.listing.provider;
    let name = args.new_name.unwrap_or(detail.listing.name);
    let renamed = edit.name.is_some();
    let follow = edit.on.is_some() || edit.fallback.is_some() || renamed;
    let services = if follow { session.services_on() } else { Vec::new() };
    match session.vault.edit(id, edit) {
        Ok(saved) => {
            output::say(words::saved(&saved));
            if let Some(other) = anothers {
                output::say(words::recognised::anothers(other, &saved));
            }
            match renamed && !args.on {
                true => session.tell_named(&services, id),
                false => session.tell_services(&services),
            }
            if secret && saved.changed {
                if expired && session.vault.show(id)?.listing.expires_as_set.is_none() {
                    output::say(words::care::EXPIRY_GONE);
                }
                args.on_save.ask(&mut session, id, asked);
            }
        }
        Err(Error::NameTaken) => return Err(Failure::NameTaken { provider: Some(provider), name }),
        Err(error) => return Err(not_kept("edit")(error)),
    }
    Ok(())
}

/// Where new values come from, if any are to come. With nothing else to change on a terminal, they are asked for.
fn source(args: &Args) -> Result<Option<Source>, Failure> {
    let rest = args.new_name.is_some()
        || !args.set.is_empty()
        || args.label.is_some()
        || args.note.is_some()
        || args.on
        || args.off
        || args.fallback
        || args.own
        || args.expires.is_some();
    match (args.stdin, args.fields_stdin) {
        (true, _) => Ok(Some(Source::Stdin)),
        (_, true) => Ok(Some(Source::Fields)),
        _ if rest => Ok(None),
        _ if !input::stdin_is_terminal() => Err(Error::NothingToChange.into()),
        _ => Ok(Some(Source::Prompt)),
    }
}
