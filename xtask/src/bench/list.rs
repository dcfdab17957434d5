//! Listing ten thousand credentials with their statuses, in a program that has the vault open, as the window has.

use super::{Bench, account::NO_KEYCHAIN, figure::Figure, told::value};
use crate::{
    Outcome,
    device::{Device, fed},
};

const RECORDS: usize = 10_000;

/// A list of all of them.
pub(super) fn list(bench: &Bench<'_>) -> Outcome {
    let measured = || -> Outcome {
        let device = Device::start("list", bench.folder, &bench.keymoor)?;
        let password = bench.password()?;
        let environment = [NO_KEYCHAIN, ("KEYMOOR_PASSWORD_FILE", password.as_str())];
        bench.fill(&device, RECORDS, &environment)?;
        let mut command = device.command(&bench.list);
        command.envs(environment);
        let output = fed(command, "").map_err(|error| format!("keymoor-list: {error}"))?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let records = value(&told, "records")?;
        if records != RECORDS as f64 {
            return Err(format!("{records} of {RECORDS} have a status"));
        }
        let figure = |name: &str, of| -> Outcome<Figure> {
            Ok(Figure::of(format!("list with statuses, {name}"), value(&told, of)? / 1e3, "ms"))
        };
        figure("10000 records, the first", "first_us")?.print();
        figure("10000 records", "median_us")?.against_value("30 ms", 30.0).goal(1.0).print();
        Ok(())
    };
    measured().map_err(|why| format!("list, {RECORDS} records: {why}"))
}
