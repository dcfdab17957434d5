//! Where the programs under test are.

use std::{env, path::PathBuf};

/// Our program of this name: from `KEYMOOR_BIN_DIR`, else from the target directory in which this test lies.
///
/// # Panics
/// If it has not been built.
pub fn program(name: &str) -> PathBuf {
    let folder = env::var_os("KEYMOOR_BIN_DIR").map_or_else(beside_this_test, PathBuf::from);
    let path = folder.join(name);
    assert!(path.is_file(), "{} is missing; cargo xtask test builds it", path.display());
    path
}

fn beside_this_test() -> PathBuf {
    // The test lies in `deps`, below the programs.
    env::current_exe().unwrap().ancestors().nth(2).unwrap().to_path_buf()
}
