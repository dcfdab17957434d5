//! `keymoor sync`: with the server, once, or until it is stopped.

mod watch;

use crate::{
    output,
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Send what changed here and fetch what changed elsewhere: once, or with --watch from now on.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor sync
  keymoor sync --watch          until Ctrl-C; changes go out and come in by themselves")]
pub(crate) struct Args {
    /// Go on until this is stopped. The password is asked for at the beginning, if ever.
    #[arg(long)]
    watch: bool,
    /// Print one JSON object a line.
    #[arg(long, requires = "watch")]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.watch {
        return watch::run(args.json);
    }
    let mut session = Session::open(Passwords::new(None))?;
    let report = session.sync();
    if report.is_err() {
        session.tell_notices(); // what was pulled before it failed
    }
    if report.as_ref().is_err_and(Failure::is_full) {
        output::say(words::waiting_for_room(session.vault.status()?.waiting));
    }
    output::say(words::synced(&report?));
    session.tell_notices();
    session.mirror()
}
