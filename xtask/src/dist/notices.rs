//! The licences of what is built into the programs: their authors ask that the texts go along.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{Outcome, workspace};

/// The programs in the package.
const PROGRAMS: &[&str] = &["keymoor-cli", "keymoor-server", "keymoor-desktop"];

/// How the names of files begin that hold a licence or ask to be passed on with it.
const NAMES: &[&str] = &["licen", "copying", "notice", "unlicense", "copyright"];

/// One thing that is built in.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    version: String,
    /// As its manifest says it.
    licence: String,
    folder: PathBuf,
}

/// All texts, each once, under the names of those that it is for.
pub(super) fn notices() -> Outcome<String> {
    let mut parts = crates()?;
    parts.extend(packages()?);
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut list = String::new();
    for part in &parts {
        let name = format!("{} {}", part.name, part.version);
        list += &format!("{name}: {}\n", part.licence);
        for text in texts_in(&part.folder) {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    let mut whole = format!("Keymoor is built with the following, under these licences.\n\n{list}");
    for (text, names) in texts {
        let line = "-".repeat(78);
        whole += &format!("\n{line}\n{}\n{line}\n\n{}\n", names.join(", "), text.trim_end());
    }
    Ok(whole)
}

/// Every crate of others that one of our programs is linked with on this platform.
fn crates() -> Outcome<BTreeSet<Part>> {
    let platform = host()?;
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", &platform])
        .current_dir(workspace::root())
        .output()
        .map_err(|error| format!("cargo metadata cannot be started: {error}"))?;
    let graph: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let by_id = |list: &'static str, of: &'static str| -> HashMap<&str, &Value> {
        let entries = if list == "nodes" { &graph["resolve"][list] } else { &graph[list] };
        entries
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| Some((entry[of].as_str()?, entry)))
            .collect()
    };
    let (nodes, packages) = (by_id("nodes", "id"), by_id("packages", "id"));
    let mut ahead: Vec<&str> = packages
        .iter()
        .filter(|(_, package)| PROGRAMS.contains(&text(package, "name")))
        .map(|(id, _)| *id)
        .collect();
    let mut seen = BTreeSet::new();
    let mut found = BTreeSet::new();
    while let Some(id) = ahead.pop() {
        let (true, Some(package)) = (seen.insert(id), packages.get(id)) else { continue };
        if !package["source"].is_null() {
            let manifest = Path::new(text(package, "manifest_path"));
            found.insert(Part {
                name: text(package, "name").into(),
                version: text(package, "version").into(),
                licence: text(package, "license").into(),
                folder: manifest.parent().unwrap_or(manifest).into(),
            });
        }
        let needed = nodes.get(id).and_then(|node| node["deps"].as_array());
        ahead.extend(
            needed
                .into_iter()
                .flatten()
                .filter(|edge| is_linked(edge))
                .filter_map(|edge| edge["pkg"].as_str()),
        );
    }
    if found.is_empty() { Err("cargo metadata names no crate".into()) } else { Ok(found) }
}

/// Not only for tests or for the build.
fn is_linked(edge: &Value) -> bool {
    edge["dep_kinds"].as_array().into_iter().flatten().any(|kind| kind["kind"].is_null())
}

/// Every npm package that the web view may have taken something of.
fn packages() -> Outcome<BTreeSet<Part>> {
    let Some(ui) = workspace::ui() else { return Ok(BTreeSet::new()) };
    let lock =
        fs::read(ui.join("package-lock.json")).map_err(|error| format!("ui/package-lock.json: {error}"))?;
    let lock: Value =
        serde_json::from_slice(&lock).map_err(|error| format!("ui/package-lock.json: {error}"))?;
    let entries = lock["packages"].as_object().into_iter().flatten();
    Ok(entries
        .filter(|(place, package)| {
            !place.is_empty() && package["dev"].is_null() && package["optional"].is_null()
        })
        .filter_map(|(place, package)| {
            Some(Part {
                name: place.rsplit_once("node_modules/")?.1.into(),
                version: text(package, "version").into(),
                licence: text(package, "license").into(),
                folder: ui.join(place),
            })
        })
        .collect())
}

fn texts_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    let is_licence = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        NAMES.iter().any(|start| name.starts_with(start))
    };
    paths.into_iter().filter(is_licence).filter_map(|path| fs::read_to_string(path).ok()).collect()
}

fn host() -> Outcome<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .map_err(|error| format!("rustc cannot be started: {error}"))?;
    let told = String::from_utf8_lossy(&output.stdout);
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say what it builds for".into())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_there_with_its_text_and_what_only_tests_use_is_not() {
        let names: Vec<_> = crates().unwrap().into_iter().map(|part| part.name).collect();
        for linked in ["serde", "rusqlite", "tauri", "opaque-ke"] {
            assert!(names.iter().any(|name| name == linked), "{linked}");
        }
        for other in ["proptest", "tauri-build", "keymoor-vault"] {
            assert!(!names.iter().any(|name| name == other), "{other}");
        }
        let whole = notices().unwrap();
        assert!(whole.contains("Permission is hereby granted, free of charge"), "no text of a licence");
    }
}
