//! `keymoor completions`: for the shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{output, words::Failure};

/// Print a completion script for a shell.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor completions bash > ~/.local/share/bash-completion/completions/keymoor")]
pub(crate) struct Args {
    /// Which shell.
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "keymoor", &mut script);
    output::data(&String::from_utf8_lossy(&script))
}
