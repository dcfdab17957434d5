//! `cargo xtask run`: from a fresh clone to the open window.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::SystemTime,
};

use crate::{
    Outcome, demo,
    process::Process,
    setup::{self, Purpose, has_display},
    step::Step,
    workspace::{self, Profile},
};

/// What the user asked for.
#[derive(Default)]
pub(crate) struct Options {
    server: bool,
    demo: bool,
    release: bool,
}

impl Options {
    /// Reads the flags; an unknown one is returned.
    pub(crate) fn from_flags(flags: &[&str]) -> Result<Self, String> {
        let mut options = Self::default();
        for flag in flags {
            match *flag {
                "--server" => options.server = true,
                "--demo" => options.demo = true,
                "--release" => options.release = true,
                unknown => return Err(format!("run {unknown}")),
            }
        }
        Ok(options)
    }

    fn profile(&self) -> Profile {
        if self.release { Profile::Release } else { Profile::Debug }
    }
}

/// Prepares this machine, builds, and opens the window or plays the main job in the terminal.
pub(crate) fn run(options: &Options) -> Outcome {
    if options.demo {
        return demo::demo(options.profile());
    }
    if !has_display() {
        println!(
            "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open."
        );
        println!("This plays the main job in the terminal instead, as `cargo xtask run --demo` does.\n");
        return demo::demo(options.profile());
    }
    setup::prepare(Purpose::Window)?;
    build_ui()?;
    let profile = options.profile();
    profile.build("window", &["--package", "keymoor-desktop", "--features", "custom-protocol"])?;
    let _server = if options.server { Some(start_server(profile)?) } else { None };
    println!("\nThe window opens. This command ends when you quit Keymoor.");
    let status = Command::new(profile.program("keymoor-desktop")).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the window ended with {status}")),
        Err(error) => Err(format!("the window cannot be started: {error}")),
    }
}

/// A sync server with its own defaults: its data stays from one run to the next.
fn start_server(profile: Profile) -> Outcome<Process> {
    profile.build("server", &["--package", "keymoor-server"])?;
    let child = Command::new(profile.program("keymoor-server"))
        .arg("serve")
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| format!("the server cannot be started: {error}"))?;
    println!("\nA sync server for this machine is at http://127.0.0.1:8787 until this command ends.");
    Ok(Process::new(child))
}

/// Builds the web view, unless what was built last is newer than every source.
fn build_ui() -> Outcome {
    let Some(ui) = workspace::ui() else {
        return Err("ui/package.json is not there: this clone is incomplete".into());
    };
    let built = newest(&ui.join("dist/index.html"));
    let sources = fs::read_dir(&ui).map_err(|error| format!("ui: {error}"))?;
    let changed = sources
        .flatten()
        .filter(|entry| !["dist", "node_modules"].iter().any(|name| entry.file_name() == *name))
        .filter_map(|entry| newest(&entry.path()))
        .max();
    if built.is_some() && built > changed {
        return Ok(());
    }
    Step::npm("web view", &ui, &["run", "--silent", "build"]).run()
}

/// When the newest file at or below this path was changed.
fn newest(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        fs::read_dir(path).ok()?.flatten().filter_map(|entry| newest(&entry.path())).max()
    } else {
        path.metadata().ok()?.modified().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_and_unknown_ones_named() {
        let options = Options::from_flags(&["--server", "--release"]).ok().unwrap();
        assert!(options.server && options.release && !options.demo);
        assert_eq!(Options::from_flags(&["--fast"]).err().unwrap(), "run --fast");
    }
}
