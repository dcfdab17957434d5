//! `keymoor run`: a program with credentials in its environment, for that process alone.

mod asked;
mod child;
mod environment;
mod files;
mod found;
mod project;

use std::{env, ffi::OsString, process::ExitCode};

use keymoor_vault::{Lent, Wish, lend::Told};

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
    /// Where the environment has a variable of that name already, keep it.
    #[arg(long)]
    keep_env: bool,
    /// The program and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let program = Program::find(args.command)?;
    let asked = asked(args.with, args.service)?;
    let lent = lend(&asked, &program.file_name())?;
    let changes = Changes::new(env::vars_os(), lent, args.keep_env);
    for line in words::run::changes(&changes) {
        output::say(line);
    }
    child::run(program, changes)
}

/// What the arguments name, or else the nearest project file.
fn asked(with: Vec<String>, services: Vec<String>) -> Result<Asked, Failure> {
    if !with.is_empty() || !services.is_empty() {
        return Ok(Asked { with, services });
    }
    let here = env::current_dir().map_err(|_| Failure::NothingToLend)?;
    let Some(Project { path, asked }) = project::nearest(&here)? else { return Err(Failure::NothingToLend) };
    output::say(words::run::project(&path, asked.with.iter().chain(&asked.services)));
    Ok(asked)
}

/// The vault is closed when this returns.
fn lend(asked: &Asked, program: &str) -> Result<Lent, Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let credentials = asked.with.iter().map(|text| asked::wish(&mut session, text));
    let mut wishes = credentials.collect::<Result<Vec<_>, _>>()?;
    wishes.extend(asked.services.iter().cloned().map(Wish::Service));
    let lent = session.vault.lend(&wishes, program)?;
    session.tell_notices();
    for told in &lent.told {
        output::say(match told {
            Told::Fallback { service, uses } => {
                format!("{}: {}.", plain(service), words::service::uses(uses))
            }
            Told::InConflict { id, field } => words::in_conflict(*id, field),
            Told::SettingInConflict { service, setting } => words::run::setting_in_conflict(service, setting),
        });
    }
    Ok(lent)
}
