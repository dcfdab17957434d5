//! `cargo xtask bench`: figures of the release build, each beside a reference measured in the same run.
//!
//! Programs are timed from outside, as a user waits for them: start, work, end; the server, by what its clients wait for.
//! Every figure is a median, and its rounds alternate with those of its reference, so that both see the same machine. Nothing of ours runs meanwhile.

mod account;
mod ask;
mod echo;
mod figure;
mod list;
mod load;
mod read;
mod recognise;
mod sample;
mod save;
mod sync;
mod told;
mod verify;
mod window;

use std::path::{Path, PathBuf};

use crate::{
    Outcome,
    device::Device,
    setup::{self, Purpose},
    workspace::Profile,
};

/// What every measurement needs.
struct Bench<'a> {
    folder: &'a Path,
    keymoor: PathBuf,
    server: PathBuf,
    fill: PathBuf,
    load: PathBuf,
    recognise: PathBuf,
    list: PathBuf,
    verify: PathBuf,
    echo: PathBuf,
    ask: PathBuf,
    desktop: PathBuf,
    empty: PathBuf,
}

/// One measurement, by its name.
type Measurement = (&'static str, fn(&Bench<'_>) -> Outcome);

const MEASUREMENTS: &[Measurement] = &[
    ("read", read::small),
    ("save", save::save),
    ("sync", |bench| sync::idle(bench).and(sync::large(bench))),
    ("echo", echo::echo),
    ("load", load::load),
    ("recognise", recognise::recognise),
    ("list", list::list),
    ("verify", verify::verify),
    ("ask", ask::ask),
    ("window", window::window),
];

/// Builds the release programs and prints the figures of these measurements; of none named, all.
pub(crate) fn bench(names: &[&str]) -> Outcome {
    if let Some(unknown) = names.iter().find(|name| MEASUREMENTS.iter().all(|(known, _)| known != *name)) {
        let known: Vec<&str> = MEASUREMENTS.iter().map(|(name, _)| *name).collect();
        return Err(format!("no measurement is called {unknown}; there are {}", known.join(", ")));
    }
    if cfg!(not(target_os = "linux")) {
        return Err("the figures need a private keychain for each run, which only Linux offers".into());
    }
    setup::prepare(Purpose::Figures)?;
    window::build_page()?;
    let packages = ["cli", "server", "journeys", "desktop", "empty-window"]
        .map(|name| format!("--package=keymoor-{name}"));
    let features = "keymoor-desktop/custom-protocol,keymoor-empty-window/custom-protocol";
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    Profile::Release.build("programs", &[&packages[..], &["--bins", "--features", features]].concat())?;
    let temporary = tempfile::Builder::new()
        .prefix("keymoor-bench-")
        .tempdir()
        .map_err(|error| format!("no temporary folder: {error}"))?;
    let program = |name| Profile::Release.program(name);
    let bench = Bench {
        folder: temporary.path(),
        keymoor: program("keymoor"),
        server: program("keymoor-server"),
        fill: program("keymoor-fill"),
        load: program("keymoor-load"),
        recognise: program("keymoor-recognise"),
        list: program("keymoor-list"),
        verify: program("keymoor-verify"),
        echo: program("keymoor-echo"),
        ask: program("keymoor-ask"),
        desktop: program("keymoor-desktop"),
        empty: program("keymoor-empty-window"),
    };

    println!("\n{}", figure::HEAD);
    let wanted = MEASUREMENTS.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    let failed: Vec<String> = wanted.filter_map(|(_, measure)| measure(&bench).err()).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("not measured:\n{}", failed.join("\n"))) }
}

impl Bench<'_> {
    /// The file of a password, for vaults without a keychain.
    fn password(&self) -> Outcome<String> {
        let path = self.folder.join("password");
        std::fs::write(&path, "password of a measured vault")
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path.display().to_string())
    }

    /// Saves this many made-up keys on the device. Record `i` gets the name that [`record`] tells.
    fn fill(&self, device: &Device, count: usize, environment: &[(&str, &str)]) -> Outcome {
        let mut command = device.command(&self.fill);
        command.arg(count.to_string()).envs(environment.iter().copied());
        sample::time(command, "").map(drop)
    }
}

/// The name of a record of a filled vault, another one each round.
fn record(round: usize, count: usize) -> String {
    format!("bench-{}", 1 + round * 7919 % count)
}
