//! `cargo xtask dist --try`: the package is installed into this system, used as a person would, and purged.

mod used;

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use super::tree;
use crate::{
    Outcome,
    device::Device,
    setup::{installed, is_root, packages},
    step::Step,
    workspace::Profile,
};

const PACKAGE: &str = "keymoor";

/// What only the trial needs.
const NEEDED: &[(&str, &str)] = &[
    ("bash-completion", "loads the completions"),
    ("dbus", "the bus between a program and its keychain"),
    ("gnome-keyring", "the keychain, a private one"),
    ("man-db", "finds the manual"),
    ("x11-utils", "says of which class a window is"),
    ("xclip", "reads the clipboard"),
    ("xdotool", "finds the window and presses keys"),
    ("xvfb", "a display without a screen"),
];

/// Says before anything is built why there can be no trial here.
pub(super) fn check_that_it_can(debian: bool) -> Outcome {
    if !debian {
        Err("dist --try installs a .deb, and this is not Debian".into())
    } else if !is_root() {
        Err("dist --try installs and purges a package: start it as root, on a machine that may be changed"
            .into())
    } else if installed(&[PACKAGE])?.contains(PACKAGE) {
        Err("Keymoor is installed here, and the trial would purge it: take it off yourself first".into())
    } else {
        Ok(())
    }
}

/// Installs `deb`, uses all that is in it, and takes it off again, whatever came of that.
pub(super) fn try_out(deb: &Path) -> Outcome {
    packages(NEEDED)?;
    let temporary = tempfile::Builder::new()
        .prefix("keymoor-trial-")
        .tempdir()
        .map_err(|error| format!("no temporary folder: {error}"))?;
    // Its own program is the built one, which is there when the package is gone.
    let device = Device::start("trial", temporary.path(), &Profile::Release.program("keymoor"))?;
    let path = deb.to_string_lossy();
    let installed = apt("install the package", &["install", "--no-install-recommends", &path]);
    let there = installed.and_then(|()| files());
    let used = there
        .as_ref()
        .map_err(Clone::clone)
        .and_then(complete)
        .and_then(|()| used::use_it(&device, temporary.path()));
    let purged = apt("purge the package", &["purge", PACKAGE]);
    used?;
    purged?;
    gone(&there?)?;
    if device.keymoor(&["get", used::NAME], "")?.trim() != used::SECRET {
        return Err("the key is gone with the package".into());
    }
    said("the data directory and the keychain still have the key");
    println!("\ncargo xtask dist --try: the package installs, works, and goes");
    Ok(())
}

/// One thing that is as it should be.
fn said(what: &str) {
    println!("    ok: {what}");
}

fn apt(name: &str, arguments: &[&str]) -> Outcome {
    Step::new(name, "apt-get", &["--yes", "--quiet"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .run()
}

/// Every file and folder that the installed package says it has.
fn files() -> Outcome<BTreeSet<String>> {
    let output = Command::new("dpkg")
        .args(["--listfiles", PACKAGE])
        .output()
        .map_err(|error| format!("dpkg cannot be started: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// Whether all is there that should be, and nothing else; whom it belongs to, and who may run it.
fn complete(there: &BTreeSet<String>) -> Outcome {
    let files = there.iter().filter(|path| Path::new(path).is_file());
    let files: BTreeSet<_> = files.map(|path| path.trim_start_matches('/')).collect();
    let wanted: BTreeSet<_> = tree::places().chain(tree::BY_TAURI.iter().copied()).collect();
    let missing: Vec<_> = wanted.difference(&files).collect();
    let extra: Vec<_> =
        files.difference(&wanted).filter(|path| !path.starts_with(tree::MANUAL_OF_COMMANDS)).collect();
    if !missing.is_empty() || !extra.is_empty() {
        return Err(format!("the package lacks {missing:?}, and has {extra:?} too much"));
    }
    for file in &files {
        let mode = if file.starts_with("usr/bin/") { "755" } else { "644" };
        let is = owner_and_mode(file)?;
        if is != format!("root root {mode}") {
            return Err(format!("/{file} is {is}, not root root {mode}"));
        }
    }
    said(&format!("{} files, each where it should be and as it should be", files.len()));
    Ok(())
}

fn owner_and_mode(file: &str) -> Outcome<String> {
    let output = Command::new("stat")
        .args(["--format=%U %G %a", &format!("/{file}")])
        .output()
        .map_err(|error| format!("stat cannot be started: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether every file is gone, and every folder that was the package's own.
fn gone(there: &BTreeSet<String>) -> Outcome {
    let is_ours = |path: &&String| path.to_lowercase().contains(PACKAGE);
    let left: Vec<_> =
        there.iter().filter(is_ours).filter(|path| fs::symlink_metadata(path).is_ok()).collect();
    if !left.is_empty() {
        return Err(format!("after the purge there is still {left:?}"));
    }
    said("nothing is left of the package");
    Ok(())
}
