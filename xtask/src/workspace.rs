//! Where this repository is, where its builds go, and which programs they make.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{Outcome, step::Step};

/// The folder of the root `Cargo.toml`. Asked at run time: a shared target directory may serve several clones.
pub(crate) fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("xtask"), PathBuf::from);
    here.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(given) => root().join(given),
        None => root().join("target"),
    }
}

/// The folder of the web view, once it is there.
pub(crate) fn ui() -> Option<PathBuf> {
    let ui = root().join("ui");
    ui.join("package.json").is_file().then_some(ui)
}

/// Debug or release.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

impl Profile {
    /// The program of this name, as this profile builds it.
    pub(crate) fn program(self, name: &str) -> PathBuf {
        let folder = match self {
            Self::Debug => "debug",
            Self::Release => "release",
        };
        target_dir().join(folder).join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// Builds with these arguments to `cargo build`.
    pub(crate) fn build(self, name: &str, arguments: &[&str]) -> Outcome {
        let mut step = Step::cargo(name, &["build", "--quiet"]).args(arguments);
        if self == Self::Release {
            step = step.args(&["--release"]);
        }
        step.run()
    }
}
