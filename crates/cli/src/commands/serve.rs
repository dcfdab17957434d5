//! `keymoor serve`: answers programs on this machine.

use std::net::{Ipv4Addr, SocketAddr};

use keymoor_loopback::{Config, Opener, Opening, Serving, Stop};
use keymoor_vault::{Backend, PasswordFor, Vault};

use super::verify::Testing;
use crate::{
    output,
    passwords::Passwords,
    session::{Session, configuration},
    words::{self, Failure},
};

/// Answer programs on this machine: a REST API on 127.0.0.1, with a token for each program (keymoor grant add). Secrets are
/// masked in every answer.
///
/// Prints its address; what it answers is described at /openapi.json. Ends with Ctrl-C or SIGTERM, when what is under way has
/// been answered; a second one ends it at once.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor serve
  keymoor serve --listen 127.0.0.1:9000
  curl -H \"Authorization: Bearer $(cat n8n.token)\" http://127.0.0.1:8790/api/credentials/list")]
pub(crate) struct Args {
    /// Where to listen: a loopback address, or localhost. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = Config::default().listen, value_parser = address)]
    listen: SocketAddr,
    #[command(flatten)]
    testing: Testing,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let verify = args.testing.options()?;
    // The address first: nobody enters a password for a port that is taken.
    let serving = keymoor_loopback::serve(Config { listen: args.listen, verify }).map_err(Failure::Serve)?;
    let session = Session::open(Passwords::new(None))?;
    end_on_signals(serving.stop())?;
    answer(serving, session)
}

/// # Errors
/// In words, for what is none.
fn address(text: &str) -> Result<SocketAddr, String> {
    let number = match text.strip_prefix("localhost:") {
        Some(port) => format!("{}:{port}", Ipv4Addr::LOCALHOST),
        None => text.to_owned(),
    };
    number
        .parse()
        .map_err(|_| "not an address with a port, such as 127.0.0.1:8790 or localhost:8790".to_owned())
}

fn answer(serving: Serving, session: Session) -> Result<(), Failure> {
    let Session { vault, passwords } = session;
    let config = configuration()?;
    let two = config.keychain == Backend::System;
    // Asked for once. Only without a keychain there is one, and it opens the vault again, never a new one.
    let password = passwords.given();
    let open = move |why, patience| {
        let mut answer = |what| password.clone().filter(|_| what == PasswordFor::Unlock);
        match why {
            Opening::Anew => Vault::open(config.clone(), patience, &mut answer),
            Opening::Mending => Vault::mend(config.clone(), patience, &mut answer),
        }
    };
    let told = |notice: &_| output::say(words::notice(notice));
    output::data(&format!("listening on http://{}\n", serving.address()))?;
    output::say(words::serve::serving(serving.address()));
    serving.run(vault, Opener { open: Box::new(open), told: Box::new(told), two });
    Ok(())
}

/// The first signal lets what is under way be answered, the second ends the program: its homes survive that, as they survive
/// a power cut.
#[cfg(unix)]
fn end_on_signals(stop: Stop) -> Result<(), Failure> {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::Signals,
    };

    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(Failure::Output)?;
    std::thread::spawn(move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            stop.stop();
        }
        if signals.next().is_some() {
            std::process::exit(0);
        }
    });
    Ok(())
}

/// Windows ends the program by itself.
#[cfg(not(unix))]
fn end_on_signals(_: Stop) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_numbers_or_is_this_machines_name() {
        assert_eq!(address("localhost:8000"), Ok(([127, 0, 0, 1], 8000).into()));
        assert_eq!(address("[::1]:0").map(|at| at.ip().is_loopback()), Ok(true));
        for wrong in [
            "localhost",
            ":8000",
            ":80x",
            "8000",
            "localhost:80x",
            "localhost:",
            "127.0.0.1:99999",
            "my.example:80",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
