//! `keymoor doctor`: every home and every record.

use std::process::ExitCode;

use keymoor_vault::{Diagnosis, Error, Finding, Kind, examine};
use serde::Serialize;

use crate::{
    output::{self, counted},
    passwords::Passwords,
    session::{self, Session},
    words::{self, Failure},
};

/// Look at every home and every record, and say what is wrong and what would mend it. Nothing is ever deleted.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor doctor
  keymoor doctor --repair        mends what can be mended")]
pub(crate) struct Args {
    /// Mend what can be mended from another home.
    #[arg(long)]
    repair: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let (diagnosis, trouble) = match diagnose(args.repair) {
        Ok(diagnosis) => (diagnosis, None),
        // A vault that does not open is looked at from outside; why it does not is said after it.
        Err(Failure::Vault(error)) => {
            (examine(&session::configuration()?, &error), Some(Failure::Vault(error)))
        }
        Err(Failure::NoPassword) => {
            (examine(&session::configuration()?, &Error::PasswordNeeded), Some(Failure::NoPassword))
        }
        Err(failure) => return Err(failure),
    };
    if args.json {
        output::json(&Shown { well: diagnosis.is_well(), diagnosis: &diagnosis })?;
    } else {
        output::data(&page(&diagnosis, args.repair))?;
    }
    Ok(trouble.map_or_else(|| ExitCode::from(exit_code(&diagnosis)), |failure| words::explain(&failure)))
}

fn diagnose(repair: bool) -> Result<Diagnosis, Failure> {
    let diagnosis = Session::ask(|session| Ok(session.vault.doctor(repair)?))?;
    match repair && diagnosis.findings.contains(&Finding::CacheDamaged) {
        true => Ok(Session::mend(Passwords::new(None))?.vault.doctor(repair)?),
        false => Ok(diagnosis),
    }
}

fn page(diagnosis: &Diagnosis, repair: bool) -> String {
    let mut text = format!(
        "Looked at {} in the cache and {} in the keychain.\n",
        counted(diagnosis.records, "record", "records"),
        counted(diagnosis.copies, "copy", "copies")
    );
    for finding in &diagnosis.findings {
        text.push_str(&words::finding(finding));
        text.push('\n');
    }
    text.push_str(match (diagnosis.findings.is_empty(), diagnosis.is_well(), repair) {
        (true, ..) => "Everything is in order.\n",
        _ if diagnosis.findings.iter().all(|finding| matches!(finding, Finding::NoRoom { .. })) => {
            "Everything else is in order.\n"
        }
        (_, true, true) => "Everything that was wrong is mended.\n",
        (_, true, false) => "Nothing has to be done.\n",
        (_, _, true) => "Some of it could not be mended from this device.\n",
        (_, _, false) => "To mend what can be mended: keymoor doctor --repair\n",
    });
    text
}

fn exit_code(diagnosis: &Diagnosis) -> u8 {
    let all = |of: fn(&Finding) -> bool| diagnosis.findings.iter().all(of);
    let kind = match diagnosis.is_well() {
        true => return 0,
        false if all(|finding| matches!(finding, Finding::KeychainOutOfReach)) => Kind::Keychain,
        false if all(|finding| matches!(finding, Finding::NoRoom { .. })) => Kind::Failed,
        false => Kind::Damaged,
    };
    words::of_kind(kind)
}

#[derive(Serialize)]
struct Shown<'d> {
    well: bool,
    #[serde(flatten)]
    diagnosis: &'d Diagnosis,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(findings: Vec<Finding>) -> Diagnosis {
        Diagnosis { records: 2, copies: 2, findings }
    }

    #[test]
    fn the_exit_code_says_whether_anything_is_left_to_mend() {
        assert_eq!(exit_code(&of(Vec::new())), 0);
        assert_eq!(exit_code(&of(vec![Finding::StateWrong { healed: true }])), 0);
        assert_eq!(exit_code(&of(vec![Finding::StateWrong { healed: false }])), 7);
        assert_eq!(exit_code(&of(vec![Finding::KeychainOutOfReach])), 8);
        assert_eq!(exit_code(&of(vec![Finding::KeychainOutOfReach, Finding::CacheDamaged])), 7);
        assert_eq!(exit_code(&of(vec![Finding::NoRoom { free: Some(0) }])), 1);
        assert_eq!(exit_code(&of(vec![Finding::NoRoom { free: None }, Finding::CacheDamaged])), 7);
    }
}
