//! Verifying two hundred credentials at once, against the time that each answer takes.

use super::{Bench, account::NO_KEYCHAIN, figure::Figure, told::value};
use crate::{
    Outcome,
    device::{Device, fed},
};

const RECORDS: usize = 200;
const SLOWEST_MS: usize = 2000;

/// All of them, and what is heard put down.
pub(super) fn verify(bench: &Bench<'_>) -> Outcome {
    let measured = || -> Outcome {
        let device = Device::start("verify", bench.folder, &bench.keymoor)?;
        let password = bench.password()?;
        let environment = [NO_KEYCHAIN, ("KEYMOOR_PASSWORD_FILE", password.as_str())];
        bench.fill(&device, RECORDS, &environment)?;
        let mut command = device.command(&bench.verify);
        command.arg(SLOWEST_MS.to_string()).envs(environment);
        let output = fed(command, "").map_err(|error| format!("keymoor-verify: {error}"))?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        if value(&told, "accepted")? != RECORDS as f64 {
            return Err(format!("not all {RECORDS} were accepted:\n{told}"));
        }
        let name = format!("verify {RECORDS}, {} at once", value(&told, "at_once")?);
        let figure = Figure::of(name, value(&told, "verify_ms")?, "ms");
        figure.against_value("the slowest answer", SLOWEST_MS as f64).goal(3.0).print();
        Ok(())
    };
    measured().map_err(|why| format!("verify {RECORDS}: {why}"))
}
