//! A durable save in two homes, against one entry stored by the keychain's own tool.

use super::{
    Bench,
    figure::Figure,
    sample::{alternating, time},
};
use crate::{Outcome, device::Device};

const RECORDS: usize = 100;
const ROUNDS: usize = 21;
const SECRET: &str = "sk-proj-000000000000000000000000000000000000000000000000";

/// `keymoor add` into a vault of a hundred records.
pub(super) fn save(bench: &Bench<'_>) -> Outcome {
    let measured = || -> Outcome {
        // Without foreign entries, so that the keyring has its normal, encrypted form.
        let device = Device::start("save", bench.folder, &bench.keymoor)?;
        bench.fill(&device, RECORDS, &[])?;
        let mut store = |round: usize| {
            let mut command = device.command("secret-tool");
            command.args(["store", "--label=bench", "round", &round.to_string()]);
            time(command, SECRET)
        };
        let mut add = |round: usize| {
            let name = format!("saved-{round}");
            time(device.keymoor_command(&["add", "openai", "--name", &name, "--stdin"]), SECRET)
        };
        let [store, add] = alternating(ROUNDS, [&mut store, &mut add])?;
        Figure::new("secret-tool store", store).print();
        let name = format!("durable save, {RECORDS} records");
        Figure::new(name, add).against("secret-tool store", store).goal(1.5).print();
        Ok(())
    };
    measured().map_err(|why| format!("durable save: {why}"))
}
