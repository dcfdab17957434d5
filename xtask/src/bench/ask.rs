//! How soon a program on this machine gets an answer of `keymoor serve`.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use super::{Bench, figure::Figure, told::value};
use crate::{
    Outcome,
    device::{Device, fed},
    process::Process,
};

const RECORDS: usize = 100;
const ROUNDS: usize = 2000;

/// One credential, asked for over a connection that is kept, against an answer of the same server that needs no vault.
pub(super) fn ask(bench: &Bench<'_>) -> Outcome {
    let measured = || -> Outcome {
        let device = Device::start("ask", bench.folder, &bench.keymoor)?;
        bench.fill(&device, RECORDS, &[])?;
        let token = device.keymoor(&["grant", "add", "bench"], "")?;
        let mut command = device.keymoor_command(&["serve", "--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut serving = Process::new(command.spawn().map_err(|error| format!("keymoor serve: {error}"))?);
        let mut line = String::new();
        let out = serving.child().stdout.take().ok_or("no output")?;
        BufReader::new(out).read_line(&mut line).map_err(|error| format!("keymoor serve: {error}"))?;
        let address =
            line.trim().strip_prefix("listening on http://").ok_or("keymoor serve did not start")?;
        let mut command = device.command(&bench.ask);
        command.args([address, &ROUNDS.to_string()]);
        let output = fed(command, &token).map_err(|error| format!("keymoor-ask: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let time = |name| -> Outcome<f64> { Ok(value(&told, name)? / 1e3) };
        let plain = time("plain_p50_us")?;
        Figure::of("local API, an answer without the vault, p50", plain, "ms").print();
        let figure =
            |name: &str, of| Ok::<_, String>(Figure::of(format!("local API read, {name}"), time(of)?, "ms"));
        figure("p50", "read_p50_us")?.against_value("an answer without the vault", plain).print();
        figure("p50", "read_p50_us")?.against_value("1 ms", 1.0).goal(1.0).print();
        figure("p99", "read_p99_us")?.against_value("1 ms", 1.0).print();
        Ok(())
    };
    measured().map_err(|why| format!("local API: {why}"))
}
