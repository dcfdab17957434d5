//! What Tauri's macros need.

fn main() {
    tauri_build::build();
}
