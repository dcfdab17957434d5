//! `cargo xtask test`: every check and every test, the quick ones first, the test runner's summary last.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use crate::{
    Outcome,
    setup::{self, Purpose},
    step::Step,
    tool::NEXTEST,
    workspace::{self, Profile},
};

/// One set of features for clippy, build and tests, so that each crate is compiled once. The password stretching is
/// cheap in test programs, they can be killed at named points, and can play a later version; a release build refuses all
/// three features.
const TESTED: &[&str] = &[
    "--workspace",
    "--features",
    "keymoor-cli/cheap-kdf,keymoor-cli/fail-points,keymoor-cli/newer-schema,keymoor-server/fail-points,\
     keymoor-desktop/custom-protocol",
];

/// What users get.
const RELEASED: &[&str] = &["--workspace", "--features", "keymoor-desktop/custom-protocol"];

/// Prepares this machine, then runs every check and every test.
pub(crate) fn test() -> Outcome {
    let started = Instant::now();
    setup::prepare(Purpose::Test)?;
    claim_target_dir()?;

    Step::cargo("formatting", &["fmt", "--all", "--check"]).run()?;
    dependencies()?;
    if let Some(ui) = workspace::ui() {
        // The build comes first: the window embeds what it makes.
        for script in ["build", "check", "lint", "test"] {
            Step::npm(&format!("ui {script}"), &ui, &["run", "--silent", script]).run()?;
        }
        screens(&ui)?;
    }
    for (name, features) in [("clippy", TESTED), ("clippy without test features", RELEASED)] {
        let clippy = Step::cargo(name, &["clippy", "--quiet", "--all-targets"]).args(features);
        clippy.args(&["--", "--deny", "warnings"]).run()?;
    }
    tests()?;

    println!("\ncargo xtask test: all passed in {:.1} min", started.elapsed().as_secs_f64() / 60.0);
    Ok(())
}

/// Whether everybody can use each screen, in the web view's own engine: there is one for Linux alone.
fn screens(ui: &Path) -> Outcome {
    if !cfg!(target_os = "linux") {
        println!("    screens: NOT looked at, which needs WebKitGTK");
        return Ok(());
    }
    Step::npm("ui screens", ui, &["run", "--silent", "test:screens"]).run()
}

/// Licences, bans and sources are checked from what lies here; known holes need a database from outside.
fn dependencies() -> Outcome {
    Step::cargo("dependencies", &["deny", "--log-level", "error", "check", "bans", "licenses", "sources"])
        .run()?;
    let database = Step::cargo("advisory database", &["deny", "--log-level", "off", "fetch", "db"]).run();
    match database {
        Ok(()) => Step::cargo("advisories", &["deny", "--log-level", "error", "check", "advisories"]).run(),
        Err(_) => {
            println!("    advisories: NOT checked, their database cannot be fetched from here");
            Ok(())
        }
    }
}

/// Builds everything once, hands the programs to the tests, and runs those.
fn tests() -> Outcome {
    Step::cargo("build", &["build", "--quiet", "--bins", "--tests"]).args(TESTED).run()?;
    let programs = programs_for_tests()?;
    let programs = programs.to_string_lossy();

    let doc = Step::cargo("examples in the documentation", &["test", "--quiet", "--doc"]).args(TESTED);
    doc.env("KEYMOOR_BIN_DIR", &programs).run()?;

    let runner = match NEXTEST.install() {
        Ok(()) => Step::cargo("tests", &["nextest", "run", "--no-fail-fast"]),
        Err(words) => {
            println!("{words}\nThe tests run without it.");
            Step::cargo("tests", &["test", "--no-fail-fast", "--lib", "--bins", "--tests"])
        }
    };
    runner.args(TESTED).env("KEYMOOR_BIN_DIR", &programs).run()
}

/// Lays our programs in a folder of their own: a build beside the running tests must not exchange them.
fn programs_for_tests() -> Outcome<PathBuf> {
    let folder = workspace::target_dir().join("programs-under-test");
    let lay = || -> std::io::Result<()> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let built = Profile::Debug.program("keymoor");
        for entry in fs::read_dir(built.parent().unwrap_or(Path::new(".")))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_program =
                name.starts_with("keymoor") && name.strip_suffix(std::env::consts::EXE_SUFFIX).is_some();
            if is_program && path.is_file() && !name.ends_with(".d") {
                let place = folder.join(&name);
                // A second name costs nothing; cargo never writes into a program, it makes a new one.
                fs::hard_link(&path, &place).or_else(|_| fs::copy(&path, &place).map(drop))?;
            }
        }
        Ok(())
    };
    lay().map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// A target directory outside the repository is shared by clones: the dependencies stay, but the crates of the last
/// clone are of no use to this one and would pile up.
fn claim_target_dir() -> Outcome {
    let (root, target) = (workspace::root(), workspace::target_dir());
    if target.starts_with(&root) {
        return Ok(());
    }
    let stamp = target.join("keymoor-clone");
    let clone = root.to_string_lossy();
    if fs::read_to_string(&stamp).is_ok_and(|last| last == clone) {
        return Ok(());
    }
    if stamp.exists() {
        Step::cargo("crates of another clone", &["clean", "--quiet", "--workspace"]).run()?;
    }
    fs::create_dir_all(&target)
        .and_then(|()| fs::write(&stamp, clone.as_bytes()))
        .map_err(|error| format!("{}: {error}", stamp.display()))
}
