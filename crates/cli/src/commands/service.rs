//! `keymoor service`: what the credentials are used for, and with which settings.

mod test;

use std::{fmt::Write as _, process::ExitCode};

use keymoor_providers::{service, services, templates};
use keymoor_vault::{Because, Error, Input, Place, Resolved, ServiceState, WhyNone};
use serde::Serialize;

use crate::{
    input,
    output::{self, plain, table},
    passwords::Passwords,
    session::Session,
    words::{self, Failure, WrongSetting},
};

/// Say which credential a service uses, and with which settings. The same on every device.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor service enable google_sheets --credential google_service_account/work
  keymoor service set google_sheets spreadsheet_id=https://docs.google.com/spreadsheets/d/…
  keymoor service list")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    List(List),
    Enable(Enable),
    Disable(Disable),
    Set(Set),
    Test(test::Args),
    Template(Template),
}

/// The services that were set up: what each uses, and what is missing.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor service list
  keymoor service list --all            what there is to set up, with its settings, and the templates")]
struct List {
    /// Everything that the catalogue has, set up or not.
    #[arg(long)]
    all: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Take a service into use.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor service enable openai --credential work
  keymoor service enable openai         with the credential chosen before, or the only one")]
struct Enable {
    /// The service: openai, google_sheets, twilio …
    service: String,
    /// The credential that it uses from now on: name, or provider/name.
    #[arg(long, value_name = "NAME")]
    credential: Option<String>,
}

/// Take a service out of use. Its credential and settings stay.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor service disable openai")]
struct Disable {
    /// The service.
    service: String,
}

/// Set settings of a service; an empty value removes one.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor service set google_sheets spreadsheet_id=1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms sheet_name=June")]
struct Set {
    /// The service.
    service: String,
    /// What to set.
    #[arg(value_name = "KEY=VALUE", required = true)]
    settings: Vec<String>,
}

/// Set up several services at once, with the credentials that are here.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor service template voice_agent  Vapi, Twilio and OpenAI")]
struct Template {
    /// The template.
    template: String,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.what {
        What::List(List { all: true, json }) => catalogue(json),
        What::List(List { all: false, json }) => list(json),
        What::Enable(args) => enable(&args),
        What::Disable(args) => disable(&args),
        What::Set(args) => set(&args),
        What::Test(args) => return test::run(&args),
        What::Template(args) => template(&args),
    }
    .map(|()| ExitCode::SUCCESS)
}

fn session() -> Result<Session, Failure> {
    Session::open(Passwords::new(None))
}

/// What the vault says of a service, told with its name.
fn of(id: &str) -> impl Fn(Error) -> Failure {
    move |error| Failure::Service { id: id.trim().to_lowercase(), error }
}

fn enable(args: &Enable) -> Result<(), Failure> {
    let mut session = session()?;
    let credential = match &args.credential {
        Some(name) => Some(session.find(name, Place::Active)?),
        None => None,
    };
    said(&session.vault.enable_service(&args.service, credential).map_err(of(&args.service))?);
    Ok(())
}

fn disable(args: &Disable) -> Result<(), Failure> {
    let state = session()?.vault.disable_service(&args.service).map_err(of(&args.service))?;
    output::say(format!("{} is off. Its credential and settings stay.", state.name));
    Ok(())
}

fn set(args: &Set) -> Result<(), Failure> {
    let id = args.service.trim().to_lowercase();
    let service = service(&id).ok_or_else(|| of(&id)(Error::NoSuchService))?;
    let settings = input::assignments(&args.settings)
        .map_err(|_| Failure::Setting { service, wrong: WrongSetting::Form })?;
    let state = session()?.vault.set_service(&id, &settings).map_err(|error| match error {
        Error::NoSuchField(_) => Failure::Setting { service, wrong: WrongSetting::Name },
        Error::Invalid(Input::Setting) => Failure::Setting { service, wrong: WrongSetting::Value },
        error => of(&id)(error),
    })?;
    said(&state);
    Ok(())
}

fn template(args: &Template) -> Result<(), Failure> {
    let mut session = session()?;
    let (done, lacking) = session.vault.apply_template(&args.template).map_err(|error| match error {
        Error::NoSuchTemplate => Failure::NoTemplate,
        error => error.into(),
    })?;
    done.iter().for_each(said);
    for service in lacking {
        let why = session.vault.service_question(&service.id).err();
        output::say(words::service::lacking(service, why.as_ref()));
    }
    Ok(())
}

fn said(state: &ServiceState) {
    output::say(words::service::state(state));
}

fn list(json: bool) -> Result<(), Failure> {
    let states = session()?.vault.services()?;
    if json {
        return output::json(&states.iter().map(Entry::new).collect::<Vec<_>>());
    }
    if states.is_empty() {
        output::say("No service is set up yet. What there is: keymoor service list --all");
        return Ok(());
    }
    let rows: Vec<_> = states.iter().map(row).collect();
    output::data(&table(["SERVICE", "", "USES", "SETTINGS", ""], &rows))
}

fn row(state: &ServiceState) -> [String; 5] {
    let settings = state.settings.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    let settings: Vec<_> = settings.map(|(key, value)| format!("{key}={}", plain(value))).collect();
    [
        state.id.clone(),
        if state.on { "on" } else { "off" }.to_owned(),
        state.uses.as_ref().map(words::service::uses).unwrap_or_default(),
        settings.join(" "),
        words::service::care(state),
    ]
}

fn catalogue(json: bool) -> Result<(), Failure> {
    if json {
        let entries = services().map(|service| Known {
            service: &service.id,
            name: &service.name,
            accepts: &service.accepts,
            settings: service.settings.iter().map(|setting| setting.key.as_str()).collect(),
        });
        return output::json(&entries.collect::<Vec<_>>());
    }
    let mut text = String::new();
    for service in services() {
        let _ = writeln!(text, "{}  {}  takes {}", service.id, service.name, service.accepts.join(", "));
        for setting in &service.settings {
            let help = setting.help.as_deref().map(|help| format!(": {help}")).unwrap_or_default();
            let required = if setting.required { ", required" } else { "" };
            let _ = writeln!(text, "    {}  {}{required}{help}", setting.key, setting.label);
        }
    }
    text.push_str("\ntemplates\n");
    for template in templates() {
        let _ = writeln!(text, "    {}  {}", template.id, template.about);
    }
    output::data(&text)
}

#[derive(Serialize)]
struct Entry<'s> {
    service: &'s str,
    name: &'s str,
    enabled: bool,
    credential: Option<Uses<'s>>,
    /// Why it uses none, although it is enabled.
    why_none: Option<Why<'s>>,
    settings: &'s std::collections::BTreeMap<String, Option<String>>,
    missing: &'s [String],
    conflicts: &'s std::collections::BTreeMap<String, Vec<String>>,
}

#[derive(Serialize)]
struct Uses<'s> {
    id: String,
    provider: &'s str,
    name: &'s str,
    fallback: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    instead_of: Option<&'s str>,
}

/// `nothing`: there is none that it takes. `which`: none was chosen, and these could be meant. `unreadable`: the one of this
/// id cannot be read, and may be the one that is meant.
#[derive(Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
enum Why<'s> {
    Nothing,
    Which { choices: &'s [String] },
    Unreadable { id: String },
}

#[derive(Serialize)]
struct Known<'s> {
    service: &'s str,
    name: &'s str,
    accepts: &'s [String],
    settings: Vec<&'s str>,
}

impl<'s> Entry<'s> {
    fn new(state: &'s ServiceState) -> Self {
        Self {
            service: &state.id,
            name: &state.name,
            enabled: state.on,
            credential: state.uses.as_ref().map(Uses::new),
            why_none: state.why_none.as_ref().map(|why| match why {
                WhyNone::Nothing => Why::Nothing,
                WhyNone::Which(choices) => Why::Which { choices },
                WhyNone::Unreadable(id) => Why::Unreadable { id: id.to_string() },
            }),
            settings: &state.settings,
            missing: &state.missing,
            conflicts: &state.conflicts,
        }
    }
}

impl<'s> Uses<'s> {
    fn new(resolved: &'s Resolved) -> Self {
        let (fallback, instead_of) = match &resolved.because {
            Because::Fallback { instead_of } => (true, instead_of.as_deref()),
            Because::Chosen | Because::OnlyOne => (false, None),
        };
        Self {
            id: resolved.id.to_string(),
            provider: &resolved.provider,
            name: &resolved.name,
            fallback,
            instead_of,
        }
    }
}
