//! `keymoor status`: the three homes, without asking the server.

use std::process::ExitCode;

use keymoor_vault::{Alarm, Error, Home, HomeState, Homes, Status, outline};
use serde::Serialize;

use crate::{
    output::{self, counted, grouped, minute, plain, rfc3339, table},
    session::{self, Session},
    words::{self, Failure},
};

/// Show how the three homes stand, what waits for the server, and what needs care. The server is not asked.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor status
  keymoor status --json")]
pub(crate) struct Args {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let (status, trouble) = match Session::ask(|session| Ok(session.vault.status()?)) {
        Ok(status) => (status, None),
        // What can be seen of a vault that does not open is shown all the same; why it does not is said after it.
        Err(Failure::Vault(error)) => {
            let status = outline(&session::configuration()?, session::patience(), &error);
            (status, Some(Failure::Vault(error)))
        }
        Err(Failure::NoPassword) => {
            let status = outline(&session::configuration()?, session::patience(), &Error::PasswordNeeded);
            (status, Some(Failure::NoPassword))
        }
        Err(failure) => return Err(failure),
    };
    if args.json {
        output::json(&Shown::new(&status))?;
    } else {
        output::data(&page(&status))?;
    }
    Ok(trouble.map_or(ExitCode::SUCCESS, |failure| words::explain(&failure)))
}

fn page(status: &Status) -> String {
    let Homes { keychain, cache, server } = &status.homes;
    let address = status.server.as_deref().map(plain).unwrap_or_default();
    let mut rows =
        [home("keychain", keychain, ""), home("cache", cache, ""), home("server", server, &address)];
    if status.last_failed.is_some() && server.state == HomeState::Ok {
        "the last try failed".clone_into(&mut rows[2][1]);
    }
    let mut text = table(["HOME", "STATE", ""], &rows);
    text.push('\n');
    let mut facts = vec![
        match status.trashed {
            0 => counted(status.records, "credential", "credentials"),
            trashed => format!(
                "{}, {} in the trash",
                counted(status.records, "credential", "credentials"),
                grouped(trashed)
            ),
        },
        match status.last_sync {
            Some(at) => format!("last sync {}", minute(at)),
            None => "never synced".to_owned(),
        },
    ];
    if let Some(at) = status.last_failed {
        facts.push(format!("last try failed {}", minute(at)));
    }
    if status.waiting > 0 {
        facts.push(format!("{} for the next sync", counted(status.waiting, "change waits", "changes wait")));
    }
    if status.erasing > 0 {
        facts.push(format!(
            "{} here and still on the server, until the next sync",
            counted(status.erasing, "credential is erased", "credentials are erased")
        ));
    }
    if let Some(conflicts) = status.conflicts.as_deref().filter(|conflicts| !conflicts.is_empty()) {
        facts.push(conflicting(conflicts));
    }
    facts.extend(status.differences.iter().flat_map(words::differences));
    if let Some(care) = status.care.filter(|care| *care > 0) {
        facts.push(words::care::count(care));
    }
    if status.activity_broken == Some(true) {
        facts.push(
            "entries of what happened here are missing or were changed, and not by Keymoor: keymoor doctor"
                .to_owned(),
        );
    }
    for alarm in &status.alarms {
        facts.push(format!("{}: {}", minute(alarm.at), alarm_sentence(&alarm.code)));
    }
    text.push_str(&facts.join("\n"));
    text.push('\n');
    text
}

/// Up to three by name: more fill a screen, and `keymoor list` has them all.
fn conflicting(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(3).map(|name| plain(name)).collect();
    let more = names.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("changed on two devices at once, to be settled: {}{more}", shown.join(", "))
}

fn home(name: &str, home: &Home, more: &str) -> [String; 3] {
    [name.to_owned(), state(home), more.to_owned()]
}

fn state(home: &Home) -> String {
    let waiting = grouped(home.waiting);
    match home.state {
        HomeState::Ok => "in order".into(),
        HomeState::Behind => format!("{waiting} behind"),
        HomeState::Off => "not in use".into(),
        HomeState::NotSetUp => "not set up".into(),
        HomeState::SignIn => "sign in: keymoor sync".into(),
        HomeState::Unreachable => "does not answer".into(),
        HomeState::Locked => "locked".into(),
        HomeState::Damaged if home.waiting == 0 => "damaged: keymoor doctor".into(),
        HomeState::Damaged => format!("{waiting} damaged: keymoor doctor"),
    }
}

fn alarm_sentence(code: &str) -> String {
    match Alarm::from_code(code) {
        Some(alarm) => words::alarm(alarm).to_owned(),
        // Raised by a newer version.
        None => plain(code).into_owned(),
    }
}

#[derive(Serialize)]
struct Shown<'s> {
    homes: Homes,
    records: u64,
    trashed: u64,
    waiting: u64,
    erasing: u64,
    conflicts: Option<u64>,
    care: Option<u64>,
    services_in_conflict: Option<Vec<&'s str>>,
    policies_in_conflict: Option<u64>,
    shared_names: Option<Vec<String>>,
    last_sync: Option<String>,
    last_failed: Option<String>,
    alarms: Vec<Raised<'s>>,
    activity_broken: Option<bool>,
    account: Option<&'s str>,
    server: Option<&'s str>,
    device: Option<&'s str>,
}

#[derive(Serialize)]
struct Raised<'s> {
    code: &'s str,
    at: String,
}

impl<'s> Shown<'s> {
    fn new(status: &'s Status) -> Self {
        let raised = status.alarms.iter().map(|alarm| Raised { code: &alarm.code, at: rfc3339(alarm.at) });
        let differences = status.differences.as_ref();
        Self {
            homes: status.homes,
            records: status.records,
            trashed: status.trashed,
            waiting: status.waiting,
            erasing: status.erasing,
            conflicts: status.conflicts.as_ref().map(|conflicts| conflicts.len() as u64),
            care: status.care,
            services_in_conflict: differences
                .map(|all| all.services.iter().map(|service| service.id.as_str()).collect()),
            policies_in_conflict: differences.map(|all| all.policies.len() as u64),
            shared_names: differences.map(|all| {
                all.names.iter().map(|shared| format!("{}/{}", shared.provider, shared.name)).collect()
            }),
            last_sync: status.last_sync.map(rfc3339),
            last_failed: status.last_failed.map(rfc3339),
            alarms: raised.collect(),
            activity_broken: status.activity_broken,
            account: status.account.as_deref(),
            server: status.server.as_deref(),
            device: status.device.as_deref(),
        }
    }
}
