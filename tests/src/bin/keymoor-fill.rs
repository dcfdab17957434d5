//! Fills the vault of this environment with made-up keys, for measurements: `keymoor-fill COUNT`.
//!
//! Each key is saved as a user would save it, but in one process. Record `i` is named `bench-i`, from 1.
#![allow(clippy::print_stderr)] // A program for a terminal.

use std::{env, fs, process::ExitCode};

use keymoor_vault::{Config, Field, NewCredential, Patience, Value, Vault};
use secrecy::SecretString;

fn main() -> ExitCode {
    let Some(count) = env::args().nth(1).and_then(|count| count.parse().ok()) else {
        eprintln!("usage: keymoor-fill COUNT");
        return ExitCode::from(2);
    };
    match fill(count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keymoor-fill: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fill(count: u32) -> Result<(), Box<dyn std::error::Error>> {
    let mut vault = Vault::open(Config::from_environment()?, Patience::default(), &mut |_| password())?;
    for i in 1..=count {
        let secret = SecretString::from(format!("sk-proj-{i:048}"));
        vault.add(NewCredential {
            provider: "openai".into(),
            name: format!("bench-{i}"),
            fields: vec![Field { name: "key".into(), value: Value::Secret(secret) }],
            ..NewCredential::default()
        })?;
    }
    Ok(())
}

/// The first line of the file that `KEYMOOR_PASSWORD_FILE` names.
fn password() -> Option<SecretString> {
    let text = fs::read_to_string(env::var_os("KEYMOOR_PASSWORD_FILE")?).ok()?;
    Some(text.lines().next()?.into())
}
