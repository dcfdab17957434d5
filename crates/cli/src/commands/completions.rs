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
    clap_complete::generate(args.shell, &mut offered(super::Cli::command()), "keymoor", &mut script);
    output::data(&String::from_utf8_lossy(&script))
}

/// The command line without what no person types: hidden commands are left out of the help, but not of a script.
fn offered(whole: clap::Command) -> clap::Command {
    let commands: Vec<_> =
        whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    let arguments: Vec<_> = whole.get_arguments().cloned().collect();
    clap::Command::new("keymoor").version(env!("CARGO_PKG_VERSION")).args(arguments).subcommands(commands)
}
