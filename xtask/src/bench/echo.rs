//! How soon a second device sees a change made on the first, while both sync by themselves.

use std::{process::Stdio, time::Duration};

use super::{
    Bench,
    account::{Account, NO_KEYCHAIN},
    figure::Figure,
};
use crate::{
    Outcome,
    device::{Device, fed},
    process::Process,
};

const RECORDS: usize = 100;
const CHANGES: usize = 500;

/// From a save asked for on one device to the cache of the other, over loopback: with keychains, whose writing the sync does
/// not wait for, and without, where the cache's commit is all of a save.
pub(super) fn echo(bench: &Bench<'_>) -> Outcome {
    let with = || -> Outcome {
        let account = Account::create(bench, "echo", RECORDS, &[])?;
        let second = account.joined_device(bench)?;
        measure(bench, "with keychains", &account.device, &second, &[])
    };
    let without = || -> Outcome {
        let account = Account::create(bench, "echo-plain", RECORDS, &[NO_KEYCHAIN])?;
        let second = account.joined_without_keychain(bench)?;
        let environment = [NO_KEYCHAIN, account.password()];
        measure(bench, "no keychain", &account.device, &second, &environment)
    };
    with().and_then(|()| without()).map_err(|why| format!("a change on another device: {why}"))
}

fn measure(
    bench: &Bench<'_>,
    kind: &str,
    first: &Device,
    second: &Device,
    environment: &[(&str, &str)],
) -> Outcome {
    let _watching = (watching(first, environment)?, watching(second, environment)?);
    let mut command = first.command(&bench.echo);
    command.arg(second.home()).arg(CHANGES.to_string()).envs(environment.iter().copied());
    let output = fed(command, "").map_err(|error| format!("{}: {error}", bench.echo.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut times = times(&String::from_utf8_lossy(&output.stdout))?;
    for (percent, goal, limit) in [(50, "20 ms", 20), (99, "100 ms", 100)] {
        Figure::new(format!("seen elsewhere, {kind}, p{percent}"), percentile(&mut times, percent))
            .against(goal, Duration::from_millis(limit))
            .goal(1.0)
            .print();
    }
    Ok(())
}

/// `keymoor sync --watch` on this device; ended when dropped.
fn watching(device: &Device, environment: &[(&str, &str)]) -> Outcome<Process> {
    let mut command = device.keymoor_command(&["sync", "--watch"]);
    command.envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(Process::new).map_err(|error| format!("keymoor: {error}"))
}

/// A line for each change, in microseconds.
fn times(told: &str) -> Outcome<Vec<Duration>> {
    let times = told.lines().map(|line| line.parse().map(Duration::from_micros));
    let times: Vec<_> = times.collect::<Result<_, _>>().map_err(|_| format!("no times: {told}"))?;
    if times.is_empty() { Err("no times".into()) } else { Ok(times) }
}

/// So many percent took no longer.
fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let at = (times.len() * percent).div_ceil(100).max(1) - 1;
    times.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let mut times: Vec<_> = (1..=500).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut times, 50), Duration::from_millis(250));
        assert_eq!(percentile(&mut times, 99), Duration::from_millis(495));
        assert_eq!(percentile(&mut times[..1], 50), Duration::from_millis(1));
    }

    #[test]
    fn what_is_no_time_is_no_figure() {
        assert_eq!(times("250\n1300\n").unwrap().len(), 2);
        assert!(times("").is_err() && times("soon\n").is_err());
    }
}
