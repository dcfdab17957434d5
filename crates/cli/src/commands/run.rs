//! `keymoor run`: a program with credentials in its environment, for that process alone.

mod asked;
mod child;
mod environment;
mod files;
mod found;
mod local;
mod project;
mod secret;
mod variable;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

use keymoor_providers::service;
use keymoor_vault::{Lent, lend::Told};

use self::environment::Keep;
use self::{asked::Asked, found::Program, project::Project};
pub(crate) use self::{environment::Changes, found::NotRun, project::ProjectError};
use crate::{
    output::{self, plain},
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Run a program with credentials in its environment. Each is under the names in which programs look for it; a service
/// account is a private file, which goes when the program has ended.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor run --with openai/work -- python app.py         OPENAI_API_KEY, for this program alone
  keymoor run --with work=MY_KEY -- make deploy           under a name of your choice
  keymoor run --service google_sheets -- ./report         what the service uses, and its settings
  keymoor run --with work --keep OPENAI_BASE_URL -- app   the key, for the address of your environment
  keymoor run -- npm start                                what the nearest keymoor.toml lists:

      with = [\"openai/work\", \"github=GH_TOKEN\"]
      services = [\"google_sheets\"]

The exit code is the program's own; 127: there is no such program, 126: it cannot be run.")]
pub(crate) struct Args {
    /// A credential: name, or provider/name. With =VARIABLE its secret goes into that variable and nowhere else, with
    /// =FIELD:VARIABLE one of several fields. May be given several times.
    #[arg(long, value_name = "NAME[=VARIABLE]")]
    with: Vec<String>,
    /// A service: the credential that it uses, and its settings. May be given several times.
    #[arg(long, value_name = "SERVICE")]
    service: Vec<String>,
    /// Keep this variable of your environment, and what belongs together with it: one that would be replaced, or left out
    /// because it belongs to another credential or leads the key to another address. May be given several times.
    #[arg(long, value_name = "VARIABLE")]
    keep: Vec<String>,
    /// Keep all such variables.
    #[arg(long)]
    keep_env: bool,
    /// The program and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let program = Program::find(args.command)?;
    let again = again(&args.with, &args.service, &args.keep);
    let (asked, project) = asked(args.with, args.service)?;
    let lent = lend(&asked, project.as_deref(), &program.file_name())?;
    let keep = if args.keep_env { Keep::All } else { Keep::These(args.keep) };
    let changes = Changes::new(env::vars_os(), lent, &keep);
    for line in words::run::changes(&changes, &again, &program.name.to_string_lossy()) {
        output::say(line);
    }
    child::run(program, changes)
}

/// This command as far as it is `keymoor`'s.
fn again(with: &[String], services: &[String], keep: &[String]) -> String {
    let options = [("--with", with), ("--service", services), ("--keep", keep)].into_iter();
    let each = options.flat_map(|(option, names)| names.iter().map(move |name| (option, name)));
    each.fold("keymoor run".to_owned(), |command, (option, name)| {
        format!("{command} {option} {}", output::quoted(name))
    })
}

/// What the arguments name, or else the nearest project file, and where that lies.
fn asked(with: Vec<String>, services: Vec<String>) -> Result<(Asked, Option<PathBuf>), Failure> {
    if !with.is_empty() || !services.is_empty() {
        return Ok((Asked { with, services }, None));
    }
    let here = env::current_dir().map_err(|_| Failure::NothingToLend)?;
    let Some(Project { path, asked }) = project::nearest(&here)? else { return Err(Failure::NothingToLend) };
    Ok((asked, Some(path)))
}

/// The vault is closed when this returns.
fn lend(asked: &Asked, project: Option<&Path>, program: &str) -> Result<Lent, Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let (mut wishes, mut names) = (Vec::new(), Vec::new());
    for text in &asked.with {
        let (wish, name) = asked::wish(&mut session, text)?;
        wishes.push(wish);
        names.push(name);
    }
    for name in &asked.services {
        wishes.push(asked::service(name)?);
        // Another is no name, and refused.
        names.extend(service(name).map(|_| name.clone()));
    }
    if let Some(path) = project {
        output::say(words::run::project(path, names.iter()));
    }
    let lent = session.vault.lend(&wishes, program)?;
    session.tell_notices();
    for told in &lent.told {
        output::say(match told {
            Told::Fallback { service, uses } => {
                format!("{}: {}.", plain(service), words::service::uses(uses))
            }
            Told::InConflict { id, field } => words::in_conflict(*id, field),
            Told::ChoiceInConflict { service, choices } => {
                format!("{}: {}", plain(service), words::service::choice(service, choices))
            }
            Told::SettingInConflict { service, setting } => words::run::setting_in_conflict(service, setting),
        });
    }
    Ok(lent)
}
