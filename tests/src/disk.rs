//! Small disks, to be filled.
//!
//! Where mounting is not allowed, a test runs again in a namespace of its own; where that is not allowed either, it cannot.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

/// Set in the second start of a test, inside a namespace.
const INSIDE: &str = "KEYMOOR_TEST_NAMESPACE";

/// Runs `test`, whose full name is given, where it may mount disks.
///
/// # Errors
/// There is no such place; the reason.
pub fn with_small_disks(name: &str, test: impl FnOnce()) -> Result<(), String> {
    let place = tempfile::tempdir().unwrap();
    match Disk::mount(place.path()) {
        Ok(disk) => drop(disk),
        Err(refused) => {
            assert!(std::env::var_os(INSIDE).is_none(), "the namespace does not let mount: {refused}");
            return if in_a_namespace(name) { Ok(()) } else { Err(refused) };
        }
    }
    test();
    Ok(())
}

/// A disk of two megabytes, unmounted when dropped.
#[derive(Debug)]
pub struct Disk(PathBuf);

impl Disk {
    /// The reason, where mounting is not allowed.
    pub fn mount(place: &Path) -> Result<Self, String> {
        fs::create_dir_all(place).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(place).output();
        match mount {
            Ok(output) if output.status.success() => Ok(Self(place.to_owned())),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Until not a byte fits.
    pub fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        for size in [64 * 1024, 512] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }

    /// What filled it is gone.
    pub fn make_room(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }

    /// With another mode, such as `ro`.
    pub fn remount(&self, mode: &str) {
        let options = format!("remount,{mode}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Runs the test again where it may mount. `false` if there is no such place.
fn in_a_namespace(test: &str) -> bool {
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]);
        command
    };
    let mount = unshare().args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        return false;
    }
    let mut again = unshare();
    again.arg(std::env::current_exe().unwrap()).args([test, "--exact", "--nocapture"]).env(INSIDE, "1");
    let output = again.output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let passed = output.status.success() && out.contains("1 passed");
    assert!(passed, "inside:\n{out}\n{}", String::from_utf8_lossy(&output.stderr));
    true
}
