//! Puts the catalogue into the program: each file of `catalogue/`, as JSON, under its name. What is wrong in a file beyond
//! its syntax is found by the tests.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=catalogue");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?);
    let mut code = String::new();
    for (folder, name) in [("providers", "PROVIDERS"), ("services", "SERVICES"), ("templates", "TEMPLATES")] {
        code.push_str(&format!("pub(super) const {name}: &[(&str, &str)] = &[\n"));
        for (id, json) in files(&Path::new("catalogue").join(folder))? {
            code.push_str(&format!("    ({id:?}, {json:?}),\n"));
        }
        code.push_str("];\n");
    }
    fs::write(out.join("embedded.rs"), code)
}

/// The files of a folder, in the order of their names.
fn files(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let (Some(id), Some("toml")) =
            (path.file_stem().and_then(|stem| stem.to_str()), path.extension().and_then(|end| end.to_str()))
        else {
            continue;
        };
        let value: toml::Value = fs::read_to_string(&path)?
            .parse::<toml::Table>()
            .map(toml::Value::Table)
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
        files.push((id.to_owned(), serde_json::to_string(&value)?));
    }
    files.sort();
    Ok(files)
}
