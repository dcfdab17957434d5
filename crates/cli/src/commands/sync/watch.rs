//! `keymoor sync --watch`: syncs until it is stopped, and says what happens, a line each.

mod stop;

use std::time::{Duration, Instant};

use keymoor_vault::{Backend, CacheError, Error, Progress, Watching};
use serde::Serialize;

use self::stop::Stop;
use crate::{
    output::{self, minute, now, rfc3339},
    passwords::Passwords,
    progress::ProgressLine,
    session::{Session, configuration},
    words::{self, Failure},
};

/// A vault that has to be opened anew so often, each time this soon after the last, is not opened again and again.
const SOON: Duration = Duration::from_secs(10);
const OFTEN: u32 = 3;

pub(super) fn run(json: bool) -> Result<(), Failure> {
    let mut session = Session::open(Passwords::new(None))?;
    let stop = Stop::on_signals()?;
    let mut lines = Lines { json, progress: ProgressLine::new(), stop: stop.clone(), failed: None };
    let mut soon = 0;
    loop {
        let opened = Instant::now();
        let watched = session.vault.watch(|watch| stop.ends(watch), &mut |event| lines.tell(&event));
        lines.progress.clear();
        if let Some(failure) = lines.failed.take() {
            return Err(failure);
        }
        let Err(error) = watched else { return Ok(()) };
        let failure = Failure::from(error);
        soon = if opened.elapsed() < SOON { soon + 1 } else { 0 };
        // Without a keychain somebody would have to be asked for the password.
        if soon > OFTEN || configuration()?.keychain == Backend::None {
            return Err(failure);
        }
        session = match &failure {
            Failure::Vault(Error::Cache(CacheError::Replaced)) => {
                drop(session);
                Session::open(Passwords::new(None))?
            }
            failure if failure.is_damage() => {
                drop(session);
                Session::mend(Passwords::new(None))?
            }
            _ => return Err(failure),
        };
    }
}

/// Where the lines go.
struct Lines {
    json: bool,
    progress: ProgressLine,
    stop: Stop,
    /// Standard output took no more.
    failed: Option<Failure>,
}

impl Lines {
    fn tell(&mut self, event: &Watching) {
        if !self.json {
            match event {
                Watching::Syncing(progress) => self.progress.show(*progress),
                Watching::Copying { done, total } => self.progress.show_mirroring(*done, *total),
                event => {
                    self.progress.clear();
                    output::say(format!("{}  {}", minute(now()), words::watching(event)));
                }
            }
        } else if let Err(failure) = output::json_line(&Line::new(event)) {
            self.failed.get_or_insert(failure);
            self.stop.stop();
        }
    }
}

/// One line for programs. `says` is what a person reads.
#[derive(Serialize)]
struct Line {
    at: String,
    #[serde(flatten)]
    event: Event,
    says: String,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
enum Event {
    Connected,
    Polling {
        every_s: u64,
    },
    Syncing {
        step: &'static str,
        done: u64,
        total: u64,
    },
    Synced {
        received: u64,
        sent: u64,
        conflicts: u64,
        deleted: u64,
        trashed: u64,
        erased: u64,
    },
    Offline {
        retry_ms: u64,
    },
    SignIn,
    /// The exit code is that of a command which fails like this.
    Held {
        exit_code: u8,
    },
    Copying {
        done: u64,
        total: u64,
    },
    Copied {
        total: u64,
    },
    CopyingStopped,
    Notice,
}

impl Line {
    fn new(event: &Watching) -> Self {
        let milliseconds = |time: &Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let says = words::watching(event);
        let event = match event {
            Watching::Connected => Event::Connected,
            Watching::Polling { every } => Event::Polling { every_s: every.as_secs() },
            Watching::Syncing(progress) => match *progress {
                Progress::SigningIn => Event::Syncing { step: "signing_in", done: 0, total: 0 },
                Progress::Waiting => Event::Syncing { step: "waiting", done: 0, total: 0 },
                Progress::Pulling { done, total } => Event::Syncing { step: "receiving", done, total },
                Progress::Pushing { done, total } => Event::Syncing { step: "sending", done, total },
            },
            Watching::Synced(report) => Event::Synced {
                received: report.pulled,
                sent: report.pushed,
                conflicts: report.conflicts,
                deleted: report.deleted,
                trashed: report.trashed,
                erased: report.erased,
            },
            Watching::Offline { retry, .. } => Event::Offline { retry_ms: milliseconds(retry) },
            Watching::SignIn(_) => Event::SignIn,
            Watching::Held(error) => Event::Held { exit_code: words::of_kind(error.kind()) },
            Watching::Copying { done, total } => Event::Copying { done: *done, total: *total },
            Watching::Copied { total } => Event::Copied { total: *total },
            Watching::CopyingStopped(_) => Event::CopyingStopped,
            Watching::Notice(_) => Event::Notice,
        };
        Self { at: rfc3339(now()), event, says }
    }
}
