//! `keymoor edit`: changes what is given and leaves the rest.

use keymoor_providers::provider;
use keymoor_vault::{Edit, Error, Place};

use super::{
    fields::{Given, fields, not_kept},
    verify::OnSave,
};
use crate::{
    input::{self, Entered, Expiry, Source, expiry},
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
  keymoor edit work                                 asks for a new secret
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
    /// When it expires: 2027-03-01, 2027-03-01T14:05:00Z, 90d, 6mo, or never. A new secret has none, unless it is given with it.
    #[arg(long, value_name = "DATE|never", value_parser = expiry)]
    expires: Option<Expiry>,
    #[command(flatten)]
    on_save: OnSave,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let asked = args.on_save.options()?;
    let open = input::assignments(&args.set)?;
    let entered = entered(&args)?;
    let mut session = Session::open(Passwords::new(None))?;
    let id = session.find(&args.name, Place::Active)?;
    let detail = session.vault.show(id)?;
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
        fallback: None,
        expires: args.expires.map(|Expiry(at)| at),
        ..Edit::default()
    };
    let provider = detail.listing.provider;
    let name = args.new_name.unwrap_or(detail.listing.name);
    let renamed = edit.name.is_some();
    let services = if edit.on.is_some() || renamed { session.services_on() } else { Vec::new() };
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

/// The new secret, if one is to come. With nothing else to change on a terminal, it is asked for.
fn entered(args: &Args) -> Result<Option<Entered>, Failure> {
    let rest = args.new_name.is_some()
        || !args.set.is_empty()
        || args.label.is_some()
        || args.note.is_some()
        || args.on
        || args.off
        || args.expires.is_some();
    let source = match (args.stdin, args.fields_stdin) {
        (true, _) => Source::Stdin,
        (_, true) => Source::Fields,
        _ if rest => return Ok(None),
        _ if !input::stdin_is_terminal() => return Err(Error::NothingToChange.into()),
        _ => Source::Prompt,
    };
    input::read(source, &format!("New secret of {}", plain(&args.name))).map(Some)
}
