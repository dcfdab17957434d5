//! Timing commands: alternating rounds, medians.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::{Outcome, device::fed};

/// Runs one command to its end and returns its time; a failure is an error, never a fast round.
pub(super) fn time(command: Command, input: &str) -> Outcome<Duration> {
    let shown = format!("{command:?}");
    let started = Instant::now();
    let output = fed(command, input).map_err(|error| format!("{shown}: {error}"))?;
    let elapsed = started.elapsed();
    if output.status.success() {
        return Ok(elapsed);
    }
    let program = shown.rsplit('/').next().unwrap_or_default().to_owned();
    Err(format!("{program} ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
}

/// Medians of several measurements whose rounds alternate. Two rounds before them warm everything up. Each is told the
/// number of its round.
pub(super) fn alternating<const N: usize>(
    rounds: usize,
    mut measure: [&mut dyn FnMut(usize) -> Outcome<Duration>; N],
) -> Outcome<[Duration; N]> {
    const WARM_UP: usize = 2;
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    for round in 0..rounds + WARM_UP {
        for (measure, times) in measure.iter_mut().zip(&mut times) {
            let time = measure(round)?;
            if round >= WARM_UP {
                times.push(time);
            }
        }
    }
    Ok(times.map(median))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_leave_out_the_warm_up() {
        let ms = |n: usize| Duration::from_millis(n as u64);
        let mut falling = |round| Ok(ms(100 - round));
        let mut steady = |_| Ok(ms(7));
        let medians = alternating(3, [&mut falling, &mut steady]).unwrap();
        assert_eq!(medians, [ms(97), ms(7)]);
    }

    #[test]
    fn a_failing_command_is_no_figure() {
        assert!(time(Command::new("false"), "").is_err());
    }
}
