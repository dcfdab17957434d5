//! The catalogue's files are right in themselves: what a contributor gets wrong is told here, by file.
#![allow(clippy::unwrap_used, clippy::panic)]

mod files;
mod names;
mod patterns;
mod texts;

use std::{fs, path::Path};

/// The files of a folder of the catalogue: their ids and what is in them.
fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let id = name.strip_suffix(".toml").unwrap_or_else(|| panic!("{name} is no .toml file"));
            (id.to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Fails with everything that is wrong, not with the first of it.
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
