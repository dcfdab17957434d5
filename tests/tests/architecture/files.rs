//! The source tree: every file is compiled, every crate says what it is.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::graph::{Graph, Package};

/// Folders at the root that hold no Rust of ours.
const NOT_OURS: &[&str] = &["gen", "target", "ui"];

#[test]
fn every_crate_opens_with_its_sentence() {
    let graph = Graph::read();
    let mut broken = Vec::new();
    for package in graph.ours() {
        let root = root_file(package);
        let sentence = first_paragraph(&fs::read_to_string(&root).unwrap());
        let description = package.description.clone().unwrap_or_default();
        if description.is_empty() || !description.ends_with('.') {
            broken.push(format!("{}: its manifest has no sentence as description", package.name));
        } else if sentence != description {
            broken.push(format!(
                "{} opens with {sentence:?}, its manifest says {description:?}",
                root.display()
            ));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A test in a file that no `mod` names would never run, and nobody would notice.
#[test]
fn no_file_is_forgotten() {
    let graph = Graph::read();
    let mut compiled = BTreeSet::new();
    for target in graph.ours().flat_map(|package| &package.targets) {
        follow(&target.src_path, true, &mut compiled);
    }
    let mut there = BTreeSet::new();
    for folder in folders(&graph.workspace_root) {
        if !NOT_OURS.iter().any(|name| folder.ends_with(name)) {
            collect(&folder, &mut there);
        }
    }
    assert!(there.contains(&graph.workspace_root.join(file!())), "this file itself was not found");
    let forgotten: Vec<_> = there.difference(&compiled).collect();
    assert!(forgotten.is_empty(), "no `mod` leads to {forgotten:#?}");
}

/// The library of a package, or else its program.
fn root_file(package: &Package) -> PathBuf {
    let of = |kind: &str| package.targets.iter().find(|target| target.kind.iter().any(|k| k == kind));
    of("lib").or_else(|| of("bin")).map(|target| target.src_path.clone()).unwrap()
}

/// The text of the first `//!` lines, up to an empty one.
fn first_paragraph(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//! "));
    lines.collect::<Vec<_>>().join(" ")
}

/// Adds a file and all that its `mod` lines lead to.
fn follow(file: &Path, is_root: bool, compiled: &mut BTreeSet<PathBuf>) {
    let Ok(source) = fs::read_to_string(file) else { return };
    if !compiled.insert(file.to_path_buf()) {
        return;
    }
    let folder = file.parent().unwrap();
    // A crate's root and `mod.rs` have their modules beside them, every other file in a folder of its name.
    let below = if is_root { folder.to_path_buf() } else { folder.join(file.file_stem().unwrap()) };
    let mut path_given = None;
    for line in source.lines().map(str::trim) {
        if let Some(path) = line.strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]")) {
            path_given = Some(folder.join(path));
        } else if let Some(name) = module(line) {
            match path_given.take() {
                Some(path) => follow(&path, false, compiled),
                None => follow(&below.join(format!("{name}.rs")), false, compiled),
            }
        } else if !line.starts_with("#[") {
            path_given = None;
        }
    }
}

/// The name in `mod name;`, with or without a visibility.
fn module(line: &str) -> Option<&str> {
    let line = line.strip_suffix(';')?;
    let (visibility, name) = line.split_once("mod ")?;
    let is_visibility = visibility.is_empty() || visibility.starts_with("pub");
    let is_name = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    (is_visibility && is_name).then_some(name)
}

/// The folders in a folder, but the hidden ones.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.is_dir() && !path.file_name().unwrap().to_string_lossy().starts_with('.'))
        .collect()
}

/// Every Rust file in a folder and below.
fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.extend(paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")));
    folders(folder).iter().for_each(|folder| collect(folder, files));
}

#[test]
fn modules_are_read_from_their_lines() {
    assert_eq!(module("mod files;"), Some("files"));
    assert_eq!(module("pub(crate) mod graph;"), Some("graph"));
    assert_eq!(module("// mod files;"), None);
    assert_eq!(module("mod tests {"), None);
    assert_eq!(first_paragraph("//! One\n//! sentence.\n//!\n//! More.\n"), "One sentence.");
}
