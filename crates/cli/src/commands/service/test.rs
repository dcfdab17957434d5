//! `keymoor service test`: asks whether credential and settings of a service go together.

use std::{collections::BTreeMap, process::ExitCode};

use keymoor_providers::Verdict;
use keymoor_vault::{ServiceAsked, ServiceQuestion, VerifyOptions, test_services};
use serde::Serialize;

use crate::{
    commands::verify::{Testing, code, outcome},
    output::{self, plain, table},
    progress::ProgressLine,
    words::{self, Failure},
};

/// Ask whether a service's credential and settings go together: is that spreadsheet shared, is that shop the token's?
///
/// Exit code 0: they do. 1: at least one does not. 6: none is refused, and at least one could not be asked.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor service test google_sheets
  keymoor service test                  every service that is on")]
pub(super) struct Args {
    /// The services; all that are on, if none is named.
    services: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    testing: Testing,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut options = VerifyOptions { ask: args.testing.options()?, ..VerifyOptions::default() };
    options.ask.with_side_effects = !args.services.is_empty(); // named: the cost is wanted
    options.ask.of_another = !args.services.is_empty();
    let vault = &mut super::session()?.vault;
    let (questions, lacking) = if args.services.is_empty() {
        let on = vault.services()?.into_iter().filter(|state| state.on);
        let (usable, lacking): (Vec<_>, Vec<_>) = on.partition(|state| state.uses.is_some());
        let questions = usable.iter().map(|state| vault.service_question(&state.id));
        (questions.collect::<Result<Vec<ServiceQuestion>, _>>()?, lacking)
    } else {
        let question = |id: &String| vault.service_question(id).map_err(super::of(id));
        (args.services.iter().map(question).collect::<Result<_, _>>()?, Vec::new())
    };
    let (mut shown, mut asked, of) = (ProgressLine::new(), Vec::new(), questions.len() as u64);
    test_services(questions, &options, |heard| {
        asked.push(heard);
        shown.show_verifying(asked.len() as u64, of);
    });
    shown.clear();
    asked.sort_by(|a, b| a.id.cmp(&b.id));
    if args.json {
        output::json(&asked.iter().map(Entry::new).collect::<Vec<_>>())?;
    } else if asked.is_empty() && lacking.is_empty() {
        output::say("No service is on. What there is: keymoor service list --all");
    } else if !asked.is_empty() {
        let rows: Vec<_> = asked.iter().map(row).collect();
        output::data(&table(["SERVICE", "RESULT", "CREDENTIAL", "WHOSE"], &rows))?;
    }
    for asked in &asked {
        for conflict in words::service::conflicts(&asked.id, &asked.conflicts) {
            output::say(format!("{}: {conflict}", asked.id));
        }
    }
    lacking.iter().for_each(super::said);
    Ok(if lacking.is_empty() { code(asked.iter().map(|asked| &asked.report)) } else { ExitCode::from(1) })
}

fn row(asked: &ServiceAsked) -> [String; 4] {
    [
        asked.id.clone(),
        outcome(&asked.report),
        words::service::uses(&asked.uses),
        asked.report.identity.as_deref().map(plain).unwrap_or_default().into_owned(),
    ]
}

#[derive(Serialize)]
struct Entry<'a> {
    service: &'a str,
    credential: super::Uses<'a>,
    result: Verdict,
    message: String,
    http_status: Option<u16>,
    identity: Option<&'a str>,
    conflicts: &'a BTreeMap<String, Vec<String>>,
}

impl<'a> Entry<'a> {
    fn new(asked: &'a ServiceAsked) -> Self {
        Self {
            service: &asked.id,
            credential: super::Uses::new(&asked.uses),
            result: asked.report.verdict,
            message: outcome(&asked.report),
            http_status: asked.report.status,
            identity: asked.report.identity.as_deref(),
            conflicts: &asked.conflicts,
        }
    }
}
