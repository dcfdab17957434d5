//! What lies in the package beside the window and what Tauri makes for it, file by file.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Outcome,
    workspace::{self, Profile},
};

/// Where a file of the package comes from.
enum Source {
    /// A program of ours, built for release.
    Program(&'static str),
    /// A file of the repository, as it is.
    File(&'static str),
    /// A file of the repository, packed with gzip, as Debian wants it for manuals and changelogs.
    Packed(&'static str),
    /// What `keymoor completions` prints for this shell.
    Completions(&'static str),
    /// The licences of what is built in, packed.
    Notices,
}

use Source::{Completions, File, Notices, Packed, Program};

/// Place in the package, and source.
const TREE: &[(&str, Source)] = &[
    ("usr/bin/keymoor", Program("keymoor")),
    ("usr/bin/keymoor-server", Program("keymoor-server")),
    ("usr/lib/systemd/user/keymoor-server.service", File("packaging/keymoor-server.service")),
    ("usr/share/bash-completion/completions/keymoor", Completions("bash")),
    ("usr/share/zsh/vendor-completions/_keymoor", Completions("zsh")),
    ("usr/share/fish/vendor_completions.d/keymoor.fish", Completions("fish")),
    ("usr/share/man/man1/keymoor-desktop.1.gz", Packed("packaging/keymoor-desktop.1")),
    ("usr/share/man/man1/keymoor-server.1.gz", Packed("packaging/keymoor-server.1")),
    (
        "usr/share/metainfo/app.keymoor.desktop.metainfo.xml",
        File("packaging/app.keymoor.desktop.metainfo.xml"),
    ),
    ("usr/share/icons/hicolor/scalable/apps/keymoor-desktop.svg", File("src-tauri/icons/icon.svg")),
    ("usr/share/doc/keymoor/copyright", File("packaging/copyright")),
    ("usr/share/doc/keymoor/changelog.gz", Packed("packaging/changelog")),
    ("usr/share/doc/keymoor/third-party.gz", Notices),
];

/// Where the manual goes.
const MANUAL: &str = "usr/share/man/man1";

/// How the pages of the commands begin, which come on top of the table.
pub(super) const MANUAL_OF_COMMANDS: &str = "usr/share/man/man1/keymoor";

/// What Tauri adds by itself: the window, its entry in the menu, and its icons.
pub(super) const BY_TAURI: &[&str] = &[
    "usr/bin/keymoor-desktop",
    "usr/share/applications/Keymoor.desktop",
    "usr/share/icons/hicolor/32x32/apps/keymoor-desktop.png",
    "usr/share/icons/hicolor/48x48/apps/keymoor-desktop.png",
    "usr/share/icons/hicolor/64x64/apps/keymoor-desktop.png",
    "usr/share/icons/hicolor/128x128/apps/keymoor-desktop.png",
    "usr/share/icons/hicolor/256x256/apps/keymoor-desktop.png",
    "usr/share/icons/hicolor/512x512/apps/keymoor-desktop.png",
];

/// Every place of the table.
pub(super) fn places() -> impl Iterator<Item = &'static str> {
    TREE.iter().map(|(place, _)| *place)
}

/// Lays everything into `folder`, with the modes that it is to have. Returns each place in the package.
pub(super) fn lay(folder: &Path) -> Outcome<Vec<String>> {
    let mut places = Vec::new();
    for (place, source) in TREE {
        let path = room(folder, place)?;
        match source {
            Program(name) => copy(&Profile::Release.program(name), &path)?,
            File(name) => copy(&workspace::root().join(name), &path)?,
            Packed(name) => {
                let plain = path.with_extension("");
                copy(&workspace::root().join(name), &plain)?;
                pack(&plain)?;
            }
            Completions(shell) => write(&path, &printed(&["completions", shell])?)?,
            Notices => {
                let plain = path.with_extension("");
                write(&plain, super::notices::notices()?.as_bytes())?;
                pack(&plain)?;
            }
        }
        set_mode(&path, if matches!(source, Program(_)) { 0o755 } else { 0o644 })?;
        places.push((*place).to_owned());
    }
    places.extend(manual(folder)?);
    Ok(places)
}

/// A page for every command of `keymoor`.
fn manual(folder: &Path) -> Outcome<Vec<String>> {
    let pages = super::fresh_folder("manual")?;
    printed(&["man-pages", &pages.to_string_lossy()])?;
    let entries = fs::read_dir(&pages).map_err(|error| format!("{}: {error}", pages.display()))?;
    let mut places = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let place = format!("{MANUAL}/{name}.gz");
        let packed = room(folder, &place)?;
        let plain = packed.with_extension("");
        copy(&entry.path(), &plain)?;
        pack(&plain)?;
        set_mode(&packed, 0o644)?;
        places.push(place);
    }
    if places.is_empty() { Err("keymoor man-pages wrote nothing".into()) } else { Ok(places) }
}

/// The path of a place, with the folders above it.
fn room(folder: &Path, place: &str) -> Outcome<PathBuf> {
    let path = folder.join(place);
    let above = path.parent().unwrap_or(folder);
    fs::create_dir_all(above).map_err(|error| format!("{}: {error}", above.display()))?;
    Ok(path)
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Outcome {
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// Without name and time inside, so that the same page gives the same bytes.
fn pack(path: &Path) -> Outcome {
    let packed = Command::new("gzip").args(["--best", "--no-name", "--force"]).arg(path).status();
    match packed {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("gzip cannot pack {}", path.display())),
    }
}

/// What the built `keymoor` prints.
fn printed(arguments: &[&str]) -> Outcome<Vec<u8>> {
    let program = Profile::Release.program("keymoor");
    let output = Command::new(&program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!(
            "keymoor {} failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        ))
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// A .deb is made on Linux alone.
#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> Outcome {
    Ok(())
}

/// Builds the programs that [`lay`] takes.
pub(super) fn build() -> Outcome {
    Profile::Release.build("programs", &["--package", "keymoor-cli", "--package", "keymoor-server"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_the_package_takes_from_here_is_here() {
        for (place, source) in TREE {
            if let File(name) | Packed(name) = source {
                assert!(workspace::root().join(name).is_file(), "{name} for {place}");
            }
        }
    }
}
