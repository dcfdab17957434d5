//! `keymoor status`: the three homes, without asking the server.

use keymoor_vault::{Alarm, Home, HomeState, Homes, Status};
use serde::Serialize;

use crate::{
    output::{self, counted, grouped, minute, plain, rfc3339, table},
    passwords::Passwords,
    session::Session,
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

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let status = Session::open(Passwords::new(None))?.vault.status()?;
    if args.json {
        return output::json(&Shown::new(&status));
    }
    output::data(&page(&status))
}

fn page(status: &Status) -> String {
    let Homes { keychain, cache, server } = &status.homes;
    let address = status.server.as_deref().map(plain).unwrap_or_default();
    let rows = [home("keychain", keychain, ""), home("cache", cache, ""), home("server", server, &address)];
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
    if status.waiting > 0 {
        facts.push(format!("{} for the next sync", counted(status.waiting, "change waits", "changes wait")));
    }
    for alarm in &status.alarms {
        facts.push(format!("{}: {}", minute(alarm.at), alarm_sentence(&alarm.code)));
    }
    text.push_str(&facts.join("\n"));
    text.push('\n');
    text
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
        HomeState::Damaged => format!("{waiting} damaged: keymoor doctor"),
    }
}

fn alarm_sentence(code: &str) -> String {
    let known = [
        Alarm::ChainBroken,
        Alarm::StateWrong,
        Alarm::KeysDocument,
        Alarm::RolledBack,
        Alarm::PutBack,
        Alarm::SessionStolen,
    ];
    match known.into_iter().find(|alarm| alarm.code() == code) {
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
    last_sync: Option<String>,
    alarms: Vec<Raised<'s>>,
    account: &'s str,
    server: Option<&'s str>,
    device: &'s str,
}

#[derive(Serialize)]
struct Raised<'s> {
    code: &'s str,
    at: String,
}

impl<'s> Shown<'s> {
    fn new(status: &'s Status) -> Self {
        let raised = status.alarms.iter().map(|alarm| Raised { code: &alarm.code, at: rfc3339(alarm.at) });
        Self {
            homes: status.homes,
            records: status.records,
            trashed: status.trashed,
            waiting: status.waiting,
            last_sync: status.last_sync.map(rfc3339),
            alarms: raised.collect(),
            account: &status.account,
            server: status.server.as_deref(),
            device: &status.device,
        }
    }
}
