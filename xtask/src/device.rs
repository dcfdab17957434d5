//! A pretended computer: a data directory and, on Linux, a keychain of its own, gone when dropped.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use crate::{
    Outcome,
    process::{Process, until},
};

/// A pretended computer.
pub(crate) struct Device {
    name: String,
    folder: PathBuf,
    keymoor: PathBuf,
    // In the order in which they are to end: the keychain lives on the bus.
    _keychain: Option<Process>,
    _bus: Option<Process>,
}

impl Device {
    /// Starts it below `parent`, with the program `keymoor` on it.
    pub(crate) fn start(name: &str, parent: &Path, keymoor: &Path) -> Outcome<Self> {
        Self::with_entries(name, parent, keymoor, 0)
    }

    /// The same, with this many foreign entries in its keychain (Linux only; elsewhere they are left out).
    pub(crate) fn with_entries(name: &str, parent: &Path, keymoor: &Path, entries: usize) -> Outcome<Self> {
        let folder = parent.join(name);
        let mut device =
            Self { name: name.into(), folder, keymoor: keymoor.into(), _keychain: None, _bus: None };
        if cfg!(target_os = "linux") {
            device.start_keychain(entries).map_err(|words| format!("device {name}: {words}"))?;
        }
        Ok(device)
    }

    /// The data directory of Keymoor.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// A program on this device.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("KEYMOOR_HOME", self.home());
        command.env("KEYMOOR_KEYCHAIN_SERVICE", format!("keymoor-xtask-{}", self.name));
        for foreign in ["KEYMOOR_KEYCHAIN", "KEYMOOR_PASSWORD_FILE", "RUST_LOG"] {
            command.env_remove(foreign);
        }
        if cfg!(target_os = "linux") {
            command.env("XDG_DATA_HOME", self.folder.join("data"));
            command.env("XDG_RUNTIME_DIR", self.folder.join("run"));
            command.env("DBUS_SESSION_BUS_ADDRESS", self.bus_address());
            // With a display the keychain could ask there, and wait.
            command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        }
        command
    }

    /// Runs `keymoor` with these arguments and this standard input, and returns what it printed.
    pub(crate) fn keymoor(&self, arguments: &[&str], input: &str) -> Outcome<String> {
        self.keymoor_with(arguments, &[], input)
    }

    /// The same with more environment variables.
    pub(crate) fn keymoor_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
        input: &str,
    ) -> Outcome<String> {
        let mut command = self.keymoor_command(arguments);
        command.envs(environment.iter().copied());
        let output = fed(command, input)
            .map_err(|error| format!("{} cannot be started: {error}", self.keymoor.display()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        Err(format!("device {}: keymoor {} ({}):\n{words}", self.name, arguments.join(" "), output.status))
    }

    /// `keymoor` with these arguments, not yet started.
    pub(crate) fn keymoor_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&self.keymoor);
        command.args(arguments);
        command
    }

    fn bus_address(&self) -> String {
        format!("unix:path={}", self.folder.join("bus").display())
    }

    fn start_keychain(&mut self, entries: usize) -> Outcome {
        self.lay_folders(entries).map_err(|error| format!("{}: {error}", self.folder.display()))?;
        let address = format!("--address={}", self.bus_address());
        let bus = self
            .command("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1", &address])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("dbus-daemon cannot be started: {error}"))?;
        let mut bus = Process::new(bus);
        // It prints its address once it listens.
        if let Some(output) = bus.child().stdout.take() {
            let _ = BufReader::new(output).read_line(&mut String::new());
        }
        self._bus = Some(bus);

        let mut keychain = self.command("gnome-keyring-daemon");
        keychain.args(["--foreground", "--unlock", "--components=secrets"]);
        keychain.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keychain =
            keychain.spawn().map_err(|error| format!("gnome-keyring-daemon cannot be started: {error}"))?;
        let mut keychain = Process::new(keychain);
        if let Some(mut input) = keychain.child().stdin.take() {
            let _ = input.write_all(b"password of a pretended computer");
        }
        let ready = until(Duration::from_secs(30), || self.keychain_answers());
        self._keychain = Some(keychain);
        if ready { Ok(()) } else { Err("its keychain did not answer within 30 s".into()) }
    }

    /// Asks the bus who owns the name, since a call to the name itself would start a second, locked keychain.
    fn keychain_answers(&self) -> bool {
        let question = ["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"];
        self.command("dbus-send")
            .args([
                "--session",
                "--print-reply=literal",
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
            ])
            .args(question)
            .output()
            .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("true"))
    }

    fn lay_folders(&self, entries: usize) -> std::io::Result<()> {
        let keyrings = self.folder.join("data/keyrings");
        fs::create_dir_all(&keyrings)?;
        fs::create_dir_all(self.folder.join("run"))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(self.folder.join("run"), fs::Permissions::from_mode(0o700))?;
        }
        if entries > 0 {
            // gnome-keyring's unencrypted format: ten thousand entries through its front door take a quarter of an hour.
            let head =
                "[keyring]\ndisplay-name=login\nctime=0\nmtime=0\nlock-on-idle=false\nlock-after=false\n";
            let mut text = String::from(head);
            for i in 1..=entries {
                text += &format!(
                    "\n[{i}]\nitem-type=0\ndisplay-name=entry {i}\nsecret=secret of entry {i}\nmtime=0\nctime=0\n\n\
                     [{i}:attribute0]\nname=entry\ntype=string\nvalue={i}\n"
                );
            }
            fs::write(keyrings.join("login.keyring"), text)?;
            fs::write(keyrings.join("default"), "login")?;
        }
        Ok(())
    }
}

/// Runs a command with this standard input.
pub(crate) fn fed(mut command: Command, input: &str) -> std::io::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // Who ends without reading says why on its own.
        let _ = pipe.write_all(input.as_bytes());
    }
    child.wait_with_output()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn two_devices_have_keychains_of_their_own() {
        let parent = tempfile::tempdir().unwrap();
        let empty = Device::start("a", parent.path(), Path::new("keymoor")).unwrap();
        let full = Device::with_entries("b", parent.path(), Path::new("keymoor"), 50).unwrap();
        let look = |device: &Device| {
            let mut command = device.command("secret-tool");
            command.args(["lookup", "entry", "50"]);
            String::from_utf8(fed(command, "").unwrap().stdout).unwrap()
        };
        assert_eq!(look(&full), "secret of entry 50");
        assert_eq!(look(&empty), "");
        let mut store = empty.command("secret-tool");
        store.args(["store", "--label=x", "entry", "50"]);
        assert!(fed(store, "another").unwrap().status.success());
        assert_eq!(look(&empty), "another");
        assert_eq!(look(&full), "secret of entry 50");
    }
}
