//! Measures how long the vault of this environment takes to verify all its credentials, each of which its provider, a
//! server on this machine, takes its time to accept: `keymoor-verify MILLISECONDS`.
//!
//! Prints how many were accepted, how long it took, and how many were under way at the same time.
#![allow(clippy::print_stdout, clippy::print_stderr)] // A program for a terminal.

use std::{
    env, fs,
    process::ExitCode,
    time::{Duration, Instant},
};

use keymoor_journeys::{Provider, Reply};
use keymoor_vault::{Config, Patience, Vault, VerifyOptions};
use secrecy::SecretString;

fn main() -> ExitCode {
    let Some(after) = env::args().nth(1).and_then(|after| after.parse().ok()) else {
        eprintln!("usage: keymoor-verify MILLISECONDS");
        return ExitCode::from(2);
    };
    match measure(Duration::from_millis(after)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keymoor-verify: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(after: Duration) -> Result<(), Box<dyn std::error::Error>> {
    let mut vault = Vault::open(Config::from_environment()?, Patience::default(), &mut |_| password())?;
    let provider = Provider::new("openai");
    let mut options = VerifyOptions::default();
    options.ask.bases.set("openai", &provider.base())?;
    let ids = vault.verifiable()?;
    for n in 1..=ids.len() {
        let accepted = Reply::of(200, r#"{"object":"list","data":[]}"#);
        provider.say(&format!("sk-proj-{n:048}"), Reply { after, ..accepted });
    }
    let started = Instant::now();
    let asked = vault.verify(&ids, &options, |_, _, _| {})?;
    let took = started.elapsed();
    let accepted = asked.iter().filter(|asked| asked.report.verdict.is_good()).count();
    println!("accepted {accepted}\nverify_ms {:.1}", took.as_secs_f64() * 1e3);
    println!("at_once {}", provider.most_at_once());
    Ok(())
}

/// The first line of the file that `KEYMOOR_PASSWORD_FILE` names.
fn password() -> Option<SecretString> {
    let text = fs::read_to_string(env::var_os("KEYMOOR_PASSWORD_FILE")?).ok()?;
    Some(text.lines().next()?.into())
}
