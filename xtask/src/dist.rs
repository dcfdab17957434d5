//! `cargo xtask dist`: packages for this platform.
//!
//! Debian and its kin get one package with all three programs and what belongs to them; elsewhere the window alone is
//! bundled, as `tauri.conf.json` says, which nobody has tried yet.

mod debian;
mod display;
mod notices;
mod tree;
mod trial;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{
    Outcome,
    setup::{self, Purpose},
    step::{Step, is_installed},
    workspace::{self, Profile},
};

/// What Tauri can make, and where.
const KINDS: &[(&str, &str)] = &[
    ("deb", "Debian and its kin"),
    ("rpm", "other Linux"),
    ("appimage", "other Linux"),
    ("app", "macOS"),
    ("dmg", "macOS"),
    ("nsis", "Windows"),
    ("msi", "Windows"),
];

/// What the user asked for.
#[derive(Default)]
pub(crate) struct Options {
    /// Install what was made, look at all of it, and take it off again.
    try_it: bool,
}

impl Options {
    /// Reads the flags; an unknown one is returned.
    pub(crate) fn from_flags(flags: &[&str]) -> Result<Self, String> {
        match flags {
            [] => Ok(Self::default()),
            ["--try"] => Ok(Self { try_it: true }),
            _ => Err(format!("dist {}", flags.join(" "))),
        }
    }
}

/// Prepares this machine, builds everything in release, and packs it.
pub(crate) fn dist(options: &Options) -> Outcome {
    let debian = cfg!(target_os = "linux") && is_installed("dpkg-shlibdeps");
    if options.try_it {
        trial::check_that_it_can(debian)?;
    }
    setup::prepare(Purpose::Window)?;
    prepare_packer()?;
    let made = if debian { vec![debian::package()?] } else { bundles()? };
    println!();
    for path in &made {
        println!("{}", described(path)?);
    }
    let here = if debian { "Debian and its kin" } else { place() };
    let others: Vec<_> = KINDS.iter().filter(|(_, place)| *place != here).map(|(kind, _)| *kind).collect();
    println!("Not made here, and tried by nobody yet: {}.", others.join(", "));
    match (&made[..], options.try_it) {
        ([deb], true) => trial::try_out(deb),
        _ => Ok(()),
    }
}

/// A folder of its own below the target directory, empty.
fn fresh_folder(name: &str) -> Outcome<PathBuf> {
    let folder = workspace::target_dir().join("dist").join(name);
    let made = || {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)
    };
    made().map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// Tauri's command line tool, as npm has it; of the line that the window's crates are of.
const PACKER: &str = "@tauri-apps/cli@2.12.5";

/// Brings that tool, unless it is there. It lies in the target directory: the lock file of the web view would have to name
/// builds of it for every platform, and the tests need none.
fn prepare_packer() -> Outcome {
    let folder = packer();
    let stamp = folder.join(".keymoor-packer");
    if fs::read_to_string(&stamp).is_ok_and(|there| there == PACKER) {
        return Ok(());
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let place = folder.to_string_lossy();
    let install = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", &*place, PACKER];
    Step::npm("packer", &workspace::root(), &install).run()?;
    fs::write(&stamp, PACKER).map_err(|error| format!("{}: {error}", stamp.display()))
}

fn packer() -> PathBuf {
    workspace::target_dir().join("dist/packer")
}

/// Runs it at the root of the repository.
fn tauri(name: &str, arguments: &[&str]) -> Step {
    let program = packer().join("node_modules/@tauri-apps/cli/tauri.js");
    Step::new(name, "node", &[&*program.to_string_lossy()]).args(arguments)
}

/// The window as Tauri bundles it for this platform.
fn bundles() -> Outcome<Vec<PathBuf>> {
    let kinds: Vec<_> = KINDS.iter().filter(|(_, of)| *of == place()).map(|(kind, _)| *kind).collect();
    println!("\nOn {} the window alone is bundled, which nobody has tried yet.", place());
    tauri("window and its bundles", &["build", "--bundles", &kinds.join(",")]).run()?;
    let built = Profile::Release.program("keymoor-desktop").with_file_name("bundle");
    let mut made = Vec::new();
    for kind in kinds {
        let endings = [".rpm", ".AppImage", ".dmg", ".exe", ".msi"];
        let Ok(entries) = fs::read_dir(built.join(kind)) else { continue };
        let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
        made.extend(
            files.filter(|path| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending))),
        );
    }
    Ok(made)
}

fn place() -> &'static str {
    if cfg!(target_os = "macos") {
        "macOS"
    } else if cfg!(windows) {
        "Windows"
    } else {
        "other Linux"
    }
}

/// Path, size and hash of a file.
fn described(path: &Path) -> Outcome<String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut hash = String::new();
    for byte in Sha256::digest(&bytes) {
        let _ = write!(hash, "{byte:02x}"); // writing into a string cannot fail
    }
    Ok(format!("{}\n  {:.1} MB\n  sha256 {hash}", path.display(), bytes.len() as f64 / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_and_unknown_ones_named() {
        assert!(!Options::from_flags(&[]).ok().unwrap().try_it);
        assert!(Options::from_flags(&["--try"]).ok().unwrap().try_it);
        assert_eq!(Options::from_flags(&["--try", "--fast"]).err().unwrap(), "dist --try --fast");
    }

    #[test]
    fn what_was_made_is_told_with_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.deb");
        fs::write(&file, "abc").unwrap();
        let told = described(&file).unwrap();
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(told.ends_with(&format!("sha256 {hash}")), "{told}");
    }
}
