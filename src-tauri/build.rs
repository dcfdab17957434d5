//! Declares the commands to Tauri, and the capability of each window.

#[path = "src/commands/names.rs"]
mod names;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=src-tauri/src/commands/names.rs");
    let commands = tauri_build::AppManifest::new().commands(names::NAMES);
    let attributes = tauri_build::Attributes::new()
        .app_manifest(commands)
        .capabilities_path_pattern("src-tauri/capabilities/*.json");
    tauri_build::try_build(attributes)?;
    Ok(())
}
