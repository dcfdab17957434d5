//! `keymoor sync`: with the server, once.

use crate::{
    output,
    passwords::Passwords,
    session::Session,
    words::{self, Failure},
};

/// Send what changed here and fetch what changed elsewhere.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor sync")]
pub(crate) struct Args {}

pub(super) fn run(_: &Args) -> Result<(), Failure> {
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
