//! `keymoor verify`: asks the providers whether they accept the keys.

mod on_save;

use std::process::ExitCode;

use keymoor_providers::{
    Verdict,
    verify::{Bases, Options, Reason, Report},
};
use keymoor_vault::{Asked, Habits, Place, VerifyOptions};
use serde::Serialize;

pub(crate) use self::on_save::OnSave;

use crate::{
    output::{self, counted, plain, rfc3339, table},
    passwords::Passwords,
    progress::ProgressLine,
    session::Session,
    words::{self, Failure},
};

/// Ask the providers whether they accept the keys. Nothing is changed there; the answers are kept with the credentials.
///
/// Exit code 0: all are accepted. 1: at least one is refused. 6: none is, and at least one could not be asked.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor verify work
  keymoor verify --all                  everything that can be verified
  keymoor verify --all --json           for programs
  keymoor verify --on-save off --in-background off
                                        no provider is asked from this device unless you say so")]
pub(crate) struct Args {
    /// Names, or provider/name.
    #[arg(required_unless_present_any = ["all", "on_save", "in_background"], conflicts_with = "all")]
    names: Vec<String>,
    /// Every credential that is switched on and can be verified at no cost.
    #[arg(long)]
    all: bool,
    /// Whether this device asks by itself after a secret was saved, where somebody watches.
    #[arg(long, value_name = "on|off", value_parser = switch, conflicts_with_all = ["names", "all"])]
    on_save: Option<bool>,
    /// Whether the window asks by itself, each key about once a day.
    #[arg(long, value_name = "on|off", value_parser = switch, conflicts_with_all = ["names", "all"])]
    in_background: Option<bool>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    testing: Testing,
}

/// How providers are reached.
#[derive(clap::Args)]
pub(crate) struct Testing {
    /// Ask servers on this machine in place of the providers that KEYMOOR_PROVIDER_BASE_<ID> names.
    #[arg(long, hide = true)]
    allow_test_providers: bool,
}

impl Testing {
    /// # Errors
    /// Wrong usage if a variable names anything but a loopback address.
    pub(super) fn options(&self) -> Result<Options, Failure> {
        let mut options = Options::default();
        if self.allow_test_providers {
            let variables = std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
            options.bases = Bases::from_variables(variables).map_err(|_| Failure::TestProvider)?;
        }
        Ok(options)
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.on_save.is_some() || args.in_background.is_some() {
        return set_habits(args);
    }
    let mut options =
        VerifyOptions { ask: args.testing.options()?, by_name: !args.all, ..VerifyOptions::default() };
    // Named one by one: the cost is wanted.
    options.ask.with_side_effects = !args.all;
    options.ask.of_another = !args.all;
    let mut session = Session::open(Passwords::new(None))?;
    let ids = match args.all {
        true => session.vault.verifiable()?,
        false => args.names.iter().map(|name| session.find(name, Place::Active)).collect::<Result<_, _>>()?,
    };
    let mut shown = ProgressLine::new();
    let mut asked = session.vault.verify(&ids, &options, |_, done, of| {
        shown.show_verifying(done as u64, of as u64);
    })?;
    shown.clear();
    asked.sort_by(|a, b| a.title.cmp(&b.title));
    if args.json {
        output::json(&asked.iter().map(Entry::new).collect::<Vec<_>>())?;
    } else if asked.is_empty() {
        output::say("There is nothing that could be verified.");
    } else {
        output::data(&table(["CREDENTIAL", "RESULT", "WHOSE"], &asked.iter().map(row).collect::<Vec<_>>()))?;
        sum_up(&asked);
    }
    Ok(code(asked.iter().map(|asked| &asked.report)))
}

fn set_habits(args: &Args) -> Result<ExitCode, Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let before = session.vault.habits()?;
    let habits = Habits {
        on_save: args.on_save.unwrap_or(before.on_save),
        in_background: args.in_background.unwrap_or(before.in_background),
    };
    session.vault.set_habits(habits)?;
    output::say(words::verification::habits(habits));
    Ok(ExitCode::SUCCESS)
}

fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off"),
    }
}

fn row(asked: &Asked) -> [String; 3] {
    let report = &asked.report;
    [
        plain(&asked.title).into_owned(),
        outcome(report),
        report.identity.as_deref().map(plain).unwrap_or_default().into_owned(),
    ]
}

fn sum_up(asked: &[Asked]) {
    if asked.len() < 2 {
        return;
    }
    let good = asked.iter().filter(|asked| asked.report.verdict.is_good()).count() as u64;
    let wrong: Vec<&Asked> = asked.iter().filter(|asked| asked.report.verdict.is_bad()).collect();
    let bad = wrong.iter().filter(|asked| asked.report.reason == Reason::Answered).count() as u64;
    let unsent = wrong.len() as u64 - bad;
    let open = asked.len() as u64 - good - bad - unsent;
    let mut parts = vec![format!("{} accepted", counted(good, "key", "keys"))];
    if bad > 0 {
        parts.push(format!("{bad} refused"));
    }
    if unsent > 0 {
        parts.push(format!("{unsent} not sent: something in them is missing or wrong"));
    }
    if open > 0 {
        parts.push(format!("{open} not known: what was known of them stays"));
    }
    output::say(format!("{}.", parts.join(", ")));
}

/// What was found out, in words.
pub(super) fn outcome(report: &Report) -> String {
    words::verification::verdict(report.verdict, Some(&report.reason), report.say.as_deref())
}

/// 0: all are good. 1: one is bad. 6: of one it is not known.
pub(super) fn code<'r>(mut reports: impl Iterator<Item = &'r Report> + Clone) -> ExitCode {
    if reports.clone().any(|report| report.verdict.is_bad()) {
        ExitCode::from(1)
    } else if reports.any(|report| !report.verdict.is_good()) {
        ExitCode::from(6)
    } else {
        ExitCode::SUCCESS
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    id: String,
    credential: &'a str,
    result: Verdict,
    /// What stands in the way of an answer, in a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    message: String,
    http_status: Option<u16>,
    identity: Option<&'a str>,
    expires_at: Option<String>,
    checked_at: String,
}

impl<'a> Entry<'a> {
    fn new(asked: &'a Asked) -> Self {
        let report = &asked.report;
        let expires = report.expires.and_then(|seconds| u64::try_from(seconds).ok()?.checked_mul(1000));
        Self {
            id: asked.id.to_string(),
            credential: &asked.title,
            result: report.verdict,
            reason: (report.reason != Reason::Answered).then(|| report.reason.to_string()),
            message: outcome(report),
            http_status: report.status,
            identity: report.identity.as_deref(),
            expires_at: expires.map(rfc3339),
            checked_at: rfc3339(asked.at),
        }
    }
}
