//! The .deb: Tauri packs it, from its configuration and from what is laid beside.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Map, Value, json};

use super::{fresh_folder, tauri, tree};
use crate::{
    Outcome,
    workspace::{Profile, target_dir},
};

/// Debian wants an address, and there is none yet that is read: whoever built the package is whom to ask.
const MAINTAINER: &str = "The Keymoor authors <keymoor@localhost>";

/// Builds all that belongs in it, and packs it. Returns where it lies.
pub(super) fn package() -> Outcome<PathBuf> {
    tree::build()?;
    tauri("window", &["build", "--no-bundle", "--ci"]).run()?;
    let folder = fresh_folder("tree")?;
    let places = tree::lay(&folder)?;
    let files: Map<String, Value> =
        places.iter().map(|place| (format!("/{place}"), json!(folder.join(place)))).collect();
    let needs = libraries()?;
    // Merged into tauri.conf.json, which cannot know where the target directory is and what this system's libraries are.
    let deb = json!({ "files": files, "depends": needs });
    let given = json!({ "bundle": { "publisher": MAINTAINER, "linux": { "deb": deb } } });
    let config = target_dir().join("dist/tauri.json");
    fs::write(&config, given.to_string()).map_err(|error| format!("{}: {error}", config.display()))?;
    let path = config.to_string_lossy();
    tauri("package", &["bundle", "--bundles", "deb", "--ci", "--config", &path]).run()?;
    named_as_debian_does(&Profile::Release.program("keymoor-desktop").with_file_name("bundle/deb"))
}

/// What the three programs load, with the versions that they need at least.
fn libraries() -> Outcome<Vec<String>> {
    let folder = fresh_folder("libraries")?;
    let control = folder.join("debian/control");
    // The tool will not start without a source package around it.
    fs::create_dir_all(folder.join("debian"))
        .and_then(|()| fs::write(&control, "Source: keymoor\n\nPackage: keymoor\nArchitecture: any\n"))
        .map_err(|error| format!("{}: {error}", control.display()))?;
    let output = Command::new("dpkg-shlibdeps")
        .arg("-O")
        .args(["keymoor", "keymoor-server", "keymoor-desktop"].map(|name| Profile::Release.program(name)))
        .current_dir(&folder)
        .output()
        .map_err(|error| format!("dpkg-shlibdeps cannot be started: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    match needed(&printed) {
        Some(needs) if output.status.success() => Ok(needs),
        _ => Err(format!("dpkg-shlibdeps failed: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// Reads `shlibs:Depends=a (>= 1), b`.
fn needed(printed: &str) -> Option<Vec<String>> {
    let line = printed.lines().find_map(|line| line.strip_prefix("shlibs:Depends="))?;
    Some(line.split(", ").map(str::to_owned).collect())
}

/// Tauri calls the file after the product; Debian's tools look for the package's name in lower case.
fn named_as_debian_does(made: &Path) -> Outcome<PathBuf> {
    let ours = concat!("Keymoor_", env!("CARGO_PKG_VERSION"), "_");
    let entries = fs::read_dir(made).map_err(|error| format!("{}: {error}", made.display()))?;
    let packed = entries.flatten().map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(ours) && name.ends_with(".deb")
    });
    let packed = packed.ok_or_else(|| format!("{}: no {ours}….deb was made", made.display()))?;
    let name = packed.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let place = target_dir().join("dist").join(name);
    fs::copy(&packed, &place).map_err(|error| format!("{}: {error}", packed.display()))?;
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needed_libraries_are_read() {
        let printed = "shlibs:Depends=libc6 (>= 2.34), libgtk-3-0 (>= 3.21.4)\nshlibs:Recommends=\n";
        assert_eq!(needed(printed).unwrap(), ["libc6 (>= 2.34)", "libgtk-3-0 (>= 3.21.4)"]);
        assert_eq!(needed("nothing"), None);
    }
}
