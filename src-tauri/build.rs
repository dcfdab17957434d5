//! Declares the commands to Tauri, and the capability of each window.

#[path = "src/commands/names.rs"]
mod names;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=src-tauri/src/commands/names.rs");
    let commands = tauri_build::AppManifest::new().commands(names::NAMES);
    // The capabilities lie in capabilities/: where `tauri build` removes the commands that none of them names, it looks
    // nowhere else.
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))?;
    Ok(())
}
