//! Reading one key, against the start of a program that does nothing and against the keychain's own tool; and lending it
//! to that program, against reading it.

use std::process::Command;

use super::{
    Bench,
    figure::Figure,
    record,
    sample::{alternating, time},
};
use crate::{Outcome, device::Device};

const ROUNDS: usize = 31;
const SMALL: usize = 100;

/// `keymoor get` with a hundred records, and as many entries in the keychain.
pub(super) fn small(bench: &Bench<'_>) -> Outcome {
    let measured = || -> Outcome {
        let device = Device::with_entries("read", bench.folder, &bench.keymoor, SMALL)?;
        bench.fill(&device, SMALL, &[])?;
        read(&device, SMALL)?;
        lend(&device, SMALL)
    };
    measured().map_err(|why| format!("get, {SMALL} records: {why}"))
}

/// `keymoor get` on this device, which has so many records, and at least so many entries in its keychain.
pub(super) fn read(device: &Device, records: usize) -> Outcome {
    let mut spawn = |_| time(Command::new("/bin/true"), "");
    let mut lookup = |round| {
        let mut command = device.command("secret-tool");
        command.args(["lookup", "entry", record(round, records).trim_start_matches("bench-")]);
        time(command, "")
    };
    let mut get = |round| time(device.keymoor_command(&["get", &record(round, records)]), "");
    let [spawn, lookup, get] = alternating(ROUNDS, [&mut spawn, &mut lookup, &mut get])?;
    Figure::new("spawn of /bin/true", spawn).print();
    Figure::new(format!("secret-tool lookup, {records} entries"), lookup).against("spawn", spawn).print();
    let figure = || Figure::new(format!("get, {records} records"), get);
    figure().against("spawn", spawn).print();
    figure().against("secret-tool lookup", lookup).goal(1.0).print();
    Ok(())
}

/// `keymoor run` on this device, with a program that does nothing.
fn lend(device: &Device, records: usize) -> Outcome {
    let mut get = |round| time(device.keymoor_command(&["get", &record(round, records)]), "");
    let mut run = |round| {
        let name = record(round, records);
        time(device.keymoor_command(&["run", "--with", &name, "--", "/bin/true"]), "")
    };
    let [get, run] = alternating(ROUNDS, [&mut get, &mut run])?;
    Figure::new(format!("run of /bin/true, {records} records"), run).against("get", get).goal(1.5).print();
    Ok(())
}
