//! `keymoor add`: a new credential, or a new value for one.

mod asked;
mod name;
mod several;
mod sorted;

use keymoor_providers::verify::Options;
use keymoor_vault::{Error, NewCredential};

use self::sorted::sorted;
use super::{
    fields::{Given, not_kept},
    verify::OnSave,
};
use crate::{
    input::{self, Entered, Expiry, InputError, Source, expiry},
    output::{self, plain},
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Save a credential. The secret comes from a hidden prompt, standard input or the clipboard, never as an argument.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor add openai --name work                                  asks for the key
  keymoor add openai                                              asks for the key, and what you call it
  keymoor add --name work --clipboard                             tells by the key whose it is
  keymoor add openai --name work --stdin --replace < new-key      the old value stays in the history
  keymoor add aws --name prod --fields-stdin --set region=eu-west-1 < fields.json
                                          with {\"access_key_id\": \"…\", \"secret_access_key\": \"…\"} in the file")]
pub(crate) struct Args {
    /// Whose API it is for: openai, aws, github … Left out, the secret tells. Up to 200 characters without a slash; kept in
    /// lower case.
    provider: Option<String>,
    /// What you call it: up to 200 characters on one line, of any script; slashes and spaces are fine. Upper and lower case
    /// differ. A provider has each name once. Left out, it is asked for at a terminal.
    #[arg(long)]
    name: Option<String>,
    /// Read one secret from standard input; one final newline is dropped.
    #[arg(long, group = "source")]
    stdin: bool,
    /// Take the secret from the clipboard.
    #[arg(long, group = "source")]
    clipboard: bool,
    /// Read a JSON object from standard input; each of its strings is a secret field.
    #[arg(long, group = "source")]
    fields_stdin: bool,
    /// A field that is not secret; may be given several times.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// A label to find it by; may be given several times.
    #[arg(long, value_name = "LABEL")]
    label: Vec<String>,
    /// A note.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// If the provider has a credential of that name, give it what is given here: fields and note are replaced, labels are
    /// added, the rest stays. The old values stay in its history.
    #[arg(long, requires = "name")]
    replace: bool,
    /// Use it only while no own credential of that provider can be used, and say so.
    #[arg(long)]
    fallback: bool,
    /// When it expires: 2027-03-01, 2027-03-01T14:05:00Z, 90d, 6mo. Two weeks before, list, status and the window say so.
    #[arg(long, value_name = "DATE", value_parser = expiry)]
    expires: Option<Expiry>,
    #[command(flatten)]
    on_save: OnSave,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let source = match (args.stdin, args.fields_stdin, args.clipboard) {
        (true, _, _) => Source::Stdin,
        (_, true, _) => Source::Fields,
        (_, _, true) => Source::Clipboard,
        _ => Source::Prompt,
    };
    name::must_be_said(args.provider.as_deref(), args.name.as_deref())?;
    let said: Vec<_> =
        [&args.provider, &args.name].into_iter().flatten().map(|text| plain(text.trim())).collect();
    let question =
        if said.is_empty() { "Secret".to_owned() } else { format!("Secret of {}", said.join("/")) };
    let asked = args.on_save.options()?;
    let mut open = input::assignments(&args.set)?;
    let entered = match asked::of_several(args.provider.as_deref(), source) {
        Some(known) => asked::fields(known, &mut open)?,
        None => input::read(source, &question)?,
    };
    if let Entered::Fields(fields) = &entered
        && let Some((name, _)) = fields.iter().find(|(_, value)| value.is_none())
    {
        return Err(InputError::RemovesInAdd(name.clone()).into());
    }
    let all = sorted(args.provider.as_deref(), args.name.is_some(), open, entered)?;
    let mut session = Session::open(Passwords::new(None))?;
    for (provider, given) in all {
        let name = match &args.name {
            Some(name) => name.clone(),
            None => name::asked(&mut session, &provider)?,
        };
        save(&mut session, args, &asked, provider, name, given)?;
    }
    Ok(())
}

fn save(
    session: &mut Session,
    args: &Args,
    ask: &Options,
    provider: String,
    name: String,
    given: Given,
) -> Result<(), Failure> {
    let Given { fields, anothers } = given;
    let credential = NewCredential {
        provider: provider.clone(),
        name: name.clone(),
        fields,
        labels: args.label.clone(),
        note: args.note.clone(),
        replace: args.replace,
        fallback: args.fallback,
        expires: args.expires.and_then(|Expiry(at)| at),
    };
    let expired = args.replace && expires(session, &provider, &name);
    let services = session.services_on();
    let saved = session.vault.add(credential).map_err(|error| match error {
        Error::NameTaken => Failure::NameTaken { provider: Some(provider), name },
        error => not_kept("edit")(error),
    })?;
    output::say(words::saved(&saved));
    if let Some(other) = anothers {
        output::say(words::recognised::anothers(other, &saved));
    }
    session.tell_named(&services, saved.id);
    if expired && session.vault.show(saved.id)?.listing.expires_as_set.is_none() {
        output::say(words::care::EXPIRY_GONE);
    }
    if session.vault.wants_recovery_kit()? {
        output::say(words::RECOVERY_KIT_OFFERED);
    }
    args.on_save.ask(session, saved.id, ask.clone());
    Ok(())
}

/// Whether it was said of the one that is to be replaced when it expires. What is the matter with it, saving it says.
fn expires(session: &mut Session, provider: &str, name: &str) -> bool {
    let holder = session.vault.holder(provider, name).ok().flatten();
    let detail = holder.and_then(|id| session.vault.glance(id).ok());
    detail.is_some_and(|detail| detail.listing.expires_as_set.is_some())
}
