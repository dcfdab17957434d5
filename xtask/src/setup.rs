//! What a fresh machine needs before anything of ours can be built or tested.
//!
//! On Debian and its kin the packages are installed (as root, or through sudo); elsewhere they are named. When nothing
//! is missing, all of this takes a fraction of a second.

use std::{collections::HashSet, env, fs, path::Path, process::Command};

use crate::{
    Outcome,
    step::{Step, is_installed},
    tool, workspace,
};

/// What the machine is prepared for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Play the main job in the terminal.
    Terminal,
    /// Build and open the window.
    Window,
    /// Measure.
    Figures,
    /// Run every test.
    Test,
}

/// Every Debian package we need: name, the least purpose that needs it, why.
const PACKAGES: &[(&str, Purpose, &str)] = &[
    ("build-essential", Purpose::Terminal, "a C compiler and linker, for SQLite and AWS-LC"),
    ("pkg-config", Purpose::Terminal, "finds the libraries below"),
    ("dbus", Purpose::Terminal, "the bus between a program and its keychain"),
    ("gnome-keyring", Purpose::Terminal, "the keychain, a private one for demo, tests and figures"),
    (
        "libsecret-tools",
        Purpose::Terminal,
        "secret-tool: looks into the keychain from outside; reference of the figures",
    ),
    ("libwebkit2gtk-4.1-dev", Purpose::Window, "the web view"),
    ("libayatana-appindicator3-dev", Purpose::Window, "the tray icon"),
    ("librsvg2-dev", Purpose::Window, "icons"),
    ("postgresql", Purpose::Test, "a server to whose addresses a test connects"),
    ("python3-venv", Purpose::Test, "brings moto, which plays AWS and checks its signatures"),
    ("strace", Purpose::Test, "shows that data is on disk before it is acknowledged"),
    ("webkit2gtk-driver", Purpose::Test, "WebDriver of the web view"),
    ("xvfb", Purpose::Figures, "a display without a screen"),
    ("xauth", Purpose::Test, "lets xvfb-run hand out that display"),
    ("xclip", Purpose::Test, "reads and fills the clipboard from outside"),
    ("xdotool", Purpose::Test, "presses the keys that open the picker from anywhere"),
];

/// What to install where there is no dpkg.
const ELSEWHERE: &str = "\
  Fedora:  dnf install @development-tools pkgconf dbus-daemon gnome-keyring libsecret webkit2gtk4.1-devel \
libayatana-appindicator-gtk3-devel librsvg2-devel postgresql-server python3 strace webkit2gtk-driver xorg-x11-server-Xvfb xauth xclip xdotool
  Arch:    pacman -S base-devel dbus gnome-keyring libsecret webkit2gtk-4.1 libayatana-appindicator librsvg postgresql python strace \
xorg-server-xvfb xorg-xauth xclip xdotool
  macOS:   xcode-select --install
  Windows: the C++ build tools of Visual Studio; WebView2 is part of Windows";

/// Oldest Node.js that the build of the web view takes.
const NODE: (u32, u32) = (20, 19);

/// Brings the machine to where `purpose` works.
pub(crate) fn prepare(purpose: Purpose) -> Outcome {
    let wanted: Vec<_> = PACKAGES
        .iter()
        .filter(|(_, least, _)| *least <= purpose)
        .map(|(name, _, why)| (*name, *why))
        .collect();
    packages(&wanted)?;
    if purpose >= Purpose::Window {
        node()?;
    }
    if purpose == Purpose::Test {
        tool::DENY.install()?;
        if cfg!(not(target_os = "macos")) {
            tool::TAURI_DRIVER.install()?;
        }
    }
    println!("set-up: this machine has all it needs");
    Ok(())
}

/// Installs those of the packages that are missing; each comes with its reason.
pub(crate) fn packages(wanted: &[(&str, &str)]) -> Outcome {
    if !is_installed("dpkg-query") || !is_installed("apt-get") {
        println!(
            "set-up: no Debian packages here. If something is missing below, install it by hand:\n{ELSEWHERE}"
        );
        return Ok(());
    }
    let there = installed(&wanted.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
    let missing: Vec<_> = wanted.iter().filter(|(name, _)| !there.contains(*name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("set-up: {} Debian packages are missing:", missing.len());
    for (name, why) in &missing {
        println!("  {name:<30} {why}");
    }
    let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
    let install = [&["install", "--yes", "--no-install-recommends"][..], &names].concat();
    if is_root() {
        apt("apt-get", &[], &install)
    } else if is_installed("sudo") {
        println!("They are installed through sudo, which may ask for your password.");
        apt("sudo", &["apt-get"], &install)
    } else {
        Err(format!("install them as root, then start again:\n    apt-get install {}", names.join(" ")))
    }
}

fn apt(program: &str, before: &[&str], install: &[&str]) -> Outcome {
    Step::new("package lists", program, &[before, &["update", "--quiet"]].concat()).run()?;
    Step::new("packages", program, &[before, install].concat()).env("DEBIAN_FRONTEND", "noninteractive").run()
}

/// Those of the packages that are installed.
pub(crate) fn installed(names: &[&str]) -> Outcome<HashSet<String>> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Abbrev} ${Package}\n"])
        .args(names)
        .output()
        .map_err(|error| format!("dpkg-query cannot be started: {error}"))?;
    let lines = String::from_utf8_lossy(&output.stdout);
    Ok(lines.lines().filter_map(|line| line.strip_prefix("ii ")).map(|name| name.trim().to_owned()).collect())
}

pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Node.js, and the web view's packages as its lock file names them.
fn node() -> Outcome {
    let Some(ui) = workspace::ui() else { return Ok(()) };
    let wanted = format!("Node.js {}.{} or later, with npm, is needed", NODE.0, NODE.1);
    let output =
        Command::new("node").arg("--version").output().map_err(|_| format!("{wanted}; there is none"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if parsed(&version).is_none_or(|version| version < NODE) {
        return Err(format!("{wanted}; this is {version}"));
    }
    npm_packages(&ui)
}

/// The stamp is a copy of the lock file inside `node_modules`, so that it goes when they go.
fn npm_packages(ui: &Path) -> Outcome {
    let stamp = ui.join("node_modules/.keymoor-lock.json");
    let lock =
        fs::read(ui.join("package-lock.json")).map_err(|error| format!("ui/package-lock.json: {error}"))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    Step::npm("npm packages", ui, &["ci", "--no-audit", "--no-fund"]).run()?;
    fs::write(&stamp, lock).map_err(|error| format!("{}: {error}", stamp.display()))
}

fn parsed(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('v').split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// Whether there is a screen to open a window on.
pub(crate) fn has_display() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        assert_eq!(parsed("v20.20.2"), Some((20, 20)));
        assert!(parsed("v8.19.0").unwrap() < NODE);
        assert_eq!(parsed("not found"), None);
    }

    #[test]
    fn no_package_is_listed_twice_and_each_has_its_reason() {
        let names: HashSet<_> = PACKAGES.iter().map(|(name, ..)| name).collect();
        assert_eq!(names.len(), PACKAGES.len());
        assert!(PACKAGES.iter().all(|(_, _, why)| !why.is_empty()));
    }
}
