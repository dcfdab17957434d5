//! The server under load, from outside: commits a second, its memory after them, and what a poll costs it, and how soon it tells of a commit.

use std::{fs, process::Command};

use super::{Bench, figure::Figure, told::value};
use crate::{Outcome, local_server::LocalServer};

/// What is measured is the server, not its limits on how often one account may ask.
const UNLIMITED: [(&str, &str); 3] = [
    ("KEYMOOR_SERVER_RATE", "1000000"),
    ("KEYMOOR_SERVER_BURST", "1000000"),
    ("KEYMOOR_SERVER_LOGINS", "1000000"),
];

/// Sixteen clients with one record each, against a plain loop on the same disk.
pub(super) fn load(bench: &Bench<'_>) -> Outcome {
    let measured = || -> Outcome {
        let folder = bench.folder.join("load");
        let server = LocalServer::start_with(&bench.server, &folder, &UNLIMITED)?;
        let output = Command::new(&bench.load)
            .arg(server.url())
            .arg(&folder)
            .output()
            .map_err(|error| format!("{}: {error}", bench.load.display()))?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            return Err(format!("{told}{}", String::from_utf8_lossy(&output.stderr)));
        }
        let value = |name: &str| value(&told, name);
        let (commits, plain) = (value("commits_a_second")?, value("plain_a_second")?);
        let poll = (value("poll_us")? - value("healthz_us")?).max(0.0) / 1e3;

        Figure::of("plain loop, one transaction a commit", plain, "/s").print();
        let commits = || Figure::of("durable commits, 16 clients over HTTP", commits, "/s");
        commits().against_value("plain loop", plain).at_least(0.7).print();
        commits().against_value("3000 /s", 3000.0).at_least(1.0).print();
        Figure::of("server memory after them", memory(server.id())?, "MB")
            .against_value("40 MB", 40.0)
            .goal(1.0)
            .print();
        Figure::of("poll without news (its request - /healthz)", poll, "ms")
            .against_value("1 ms", 1.0)
            .goal(1.0)
            .print();
        let hint = |name, of, limit, words| -> Outcome {
            Figure::of(name, value(of)? / 1e3, "ms").against_value(words, limit).goal(1.0).print();
            Ok(())
        };
        hint("push to hint on another connection, median", "hint_median_us", 20.0, "20 ms")?;
        hint("the same, 99 of 100", "hint_worst_in_a_hundred_us", 100.0, "100 ms")?;
        Ok(())
    };
    measured().map_err(|why| format!("the server under load: {why}"))
}

/// Megabytes that a process has in memory.
fn memory(process: u32) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: Option<f64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024.0 / 1e6).ok_or_else(|| "no memory is told".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_has_some_memory() {
        assert!(memory(std::process::id()).unwrap() > 0.5);
    }
}
