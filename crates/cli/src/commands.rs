//! The commands: one file each.

mod account;
mod activity;
mod add;
mod completions;
mod copy;
mod doctor;
mod edit;
mod erase;
mod fields;
mod get;
mod grant;
mod history;
mod list;
mod man_pages;
mod policy;
mod restore;
mod revert;
mod rm;
mod rotate;
pub(crate) mod run;
mod serve;
mod service;
mod settle;
mod show;
mod status;
mod sync;
mod trash;
mod unlock;
mod verify;
mod whose;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{clipboard, words::Failure};

/// API keys, kept on your devices: sealed here, in the system's keychain, and on a sync server that cannot read them.
#[derive(Parser)]
#[command(
    name = "keymoor",
    version,
    propagate_version = false,
    arg_required_else_help = true,
    max_term_width = 100
)]
#[command(after_help = "\
Example:
  keymoor add openai --name work        asks for the key; it is never an argument
  keymoor get work                      prints it

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 locked, 5 conflict, 6 network or server,
7 a record or a home is damaged, 8 the system's keychain is out of order.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Add(add::Args),
    List(list::Args),
    Show(show::Args),
    Get(get::Args),
    Copy(copy::Args),
    Edit(edit::Args),
    Rm(rm::Args),
    Trash(trash::Args),
    Restore(restore::Args),
    Erase(erase::Args),
    History(history::Args),
    Revert(revert::Args),
    Settle(settle::Args),
    Verify(verify::Args),
    Rotate(rotate::Args),
    Whose(whose::Args),
    Service(service::Args),
    Serve(serve::Args),
    Grant(grant::Args),
    Run(run::Args),
    Policy(policy::Args),
    Account(account::Args),
    Sync(sync::Args),
    Status(status::Args),
    Activity(activity::Args),
    Doctor(doctor::Args),
    Unlock(unlock::Args),
    Completions(completions::Args),
    #[command(hide = true)]
    ManPages(man_pages::Args),
    /// Holds a copied secret; started by `copy` only.
    #[command(name = clipboard::HOLD, hide = true)]
    HoldClipboard,
}

impl Cli {
    /// Whether running it again asks nobody to enter anything again, and finds no file that the first run left.
    pub(crate) fn is_repeatable(&self) -> bool {
        !matches!(
            self.command,
            Command::Add(_)
                | Command::Edit(_)
                | Command::Rotate(_)
                | Command::Account(_)
                | Command::Unlock(_)
                | Command::Serve(_)
                | Command::HoldClipboard
        )
    }
}

/// Does what was asked.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let done = match cli.command {
        Command::Add(args) => add::run(&args),
        Command::List(args) => list::run(args),
        Command::Show(args) => show::run(&args),
        Command::Get(args) => get::run(&args),
        Command::Copy(args) => copy::run(&args),
        Command::Edit(args) => edit::run(args),
        Command::Rm(args) => rm::run(&args),
        Command::Trash(args) => trash::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Erase(args) => erase::run(&args),
        Command::History(args) => history::run(&args),
        Command::Revert(args) => revert::run(&args),
        Command::Settle(args) => settle::run(&args),
        Command::Verify(args) => return verify::run(&args),
        Command::Rotate(args) => return rotate::run(args),
        Command::Whose(args) => whose::run(&args),
        Command::Service(args) => return service::run(args),
        Command::Serve(args) => serve::run(&args),
        Command::Grant(args) => grant::run(args),
        Command::Run(args) => return run::run(args),
        Command::Policy(args) => policy::run(args),
        Command::Account(args) => account::run(args),
        Command::Sync(args) => sync::run(&args),
        Command::Status(args) => return status::run(&args),
        Command::Activity(args) => activity::run(&args),
        Command::Doctor(args) => return doctor::run(&args),
        Command::Unlock(args) => unlock::run(args),
        Command::Completions(args) => completions::run(&args),
        Command::ManPages(args) => man_pages::run(&args),
        Command::HoldClipboard => return Ok(clipboard::hold()),
    };
    done.map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &mut clap::Command) {
            let name = command.get_name().to_owned();
            let help = command.render_help().to_string();
            assert!(help.contains("Example:\n  keymoor "), "{name}: {help}");
            for inner in command.get_subcommands_mut().filter(|inner| !inner.is_hide_set()) {
                check(inner);
            }
        }
        check(&mut Cli::command().disable_help_subcommand(true));
    }
}
