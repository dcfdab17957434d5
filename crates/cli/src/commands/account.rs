//! `keymoor account`: the account at a sync server.

mod create;
mod join;
mod kit;

use clap::Subcommand;

use crate::words::Failure;

/// Set up sync: an account at a server, or this device as one more of an account; and kits.
#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
#[command(after_help = "\
Example:
  keymoor account create --server https://keys.example.org        on the first device
  keymoor account join --kit keymoor-join-kit.txt                 on every other one")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Create(create::Args),
    Join(join::Args),
    Kit(kit::Args),
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Create(args) => create::run(args),
        Command::Join(args) => join::run(args),
        Command::Kit(args) => kit::run(&args),
    }
}
