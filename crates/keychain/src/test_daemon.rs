//! A real gnome-keyring on a session bus of its own, for tests: nothing of the user's is touched, and both daemons end
//! with the test, even if that is killed.
//!
//! A test that starts programs gives them [`TestKeyring::env`]. A test that calls the keychain in its own process runs
//! inside [`with_keyring`], which starts the test again with that environment.
//!
//! Needs `dbus-daemon` and `gnome-keyring-daemon` (Debian: dbus, gnome-keyring).

mod dump;

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use zbus::{
    blocking::{Connection, connection::Builder},
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue},
};

pub use dump::Item;

const PASSWORD: &[u8] = b"test-pass";
const DIRECTORY: &str = "KEYMOOR_TEST_KEYRING";
const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const INTERFACE: &str = "org.freedesktop.Secret.Service";
const START: Duration = Duration::from_secs(20);

/// Ends its child when its own standard input ends, that is, when whoever started it is gone in whatever way.
const GUARD: &str = r#""$@" </dev/null & child=$!; read -r _; kill -9 $child; wait $child"#;

/// The same, for a child that wants a password first.
const GUARD_UNLOCKING: &str =
    r#"read -r password; printf %s "$password" | "$@" & child=$!; read -r _; kill -9 $child; wait $child"#;

/// An unlocked keyring with the password `test-pass`.
#[derive(Debug)]
pub struct TestKeyring {
    directory: PathBuf,
    bus: Option<Child>,
    daemon: Option<Child>,
    /// Last, so that the directory goes after the daemons.
    _temporary: Option<TempDir>,
}

impl TestKeyring {
    /// Starts bus and keyring in a directory of their own, and waits until the keyring is unlocked.
    pub fn start() -> io::Result<Self> {
        let temporary = tempfile::Builder::new().prefix("keyring-").tempdir()?;
        let mut keyring = Self::start_in(temporary.path())?;
        keyring._temporary = Some(temporary);
        Ok(keyring)
    }

    /// The same in a given directory, which may hold the keyring of an earlier start.
    pub fn start_in(directory: &Path) -> io::Result<Self> {
        let mut keyring = Self::bus_in(directory)?;
        keyring.start_daemon()?;
        Ok(keyring)
    }

    /// A session bus without any keyring on it.
    pub fn bus_in(directory: &Path) -> io::Result<Self> {
        for part in ["data/keyrings", "run"] {
            fs::create_dir_all(directory.join(part))?;
        }
        fs::set_permissions(directory.join("run"), fs::Permissions::from_mode(0o700))?;
        let mut keyring = Self { directory: directory.to_owned(), bus: None, daemon: None, _temporary: None };
        keyring.start_bus()?;
        Ok(keyring)
    }

    /// What a program needs in its environment to find this keyring and no other. `DISPLAY` and `WAYLAND_DISPLAY`
    /// should be removed from it as well, so that no prompt appears on the developer's screen; [`apply`](Self::apply)
    /// does both.
    pub fn env(&self) -> [(&'static str, OsString); 3] {
        environment(&self.directory)
    }

    /// Gives a command that environment.
    pub fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.env()).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY")
    }

    /// Locks the keyring. Without a display nothing can unlock it but [`unlock`](Self::unlock) and
    /// [`restart`](Self::restart).
    pub fn lock(&self) -> io::Result<()> {
        let bus = self.connect().map_err(io::Error::other)?;
        let lock = || -> zbus::Result<()> {
            let collection = default_collection(&bus)?;
            bus.call_method(Some(NAME), PATH, Some(INTERFACE), "Lock", &(vec![collection],))?;
            Ok(())
        };
        lock().map_err(io::Error::other)?;
        if self.unlocked() { Err(io::Error::other("the keyring did not lock")) } else { Ok(()) }
    }

    /// Unlocks it as logging in to a desktop does: with the password, and without asking anybody.
    pub fn unlock(&self) -> io::Result<()> {
        let unlock = || -> zbus::Result<()> {
            let bus = self.connect()?;
            let (session, collection) = (dump::plain_session(&bus)?, default_collection(&bus)?);
            let password = (session, Vec::<u8>::new(), PASSWORD, "text/plain");
            bus.call_method(
                Some(NAME),
                PATH,
                Some("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"),
                "UnlockWithMasterPassword",
                &(collection, password),
            )?;
            Ok(())
        };
        unlock().map_err(io::Error::other)?;
        if self.unlocked() { Ok(()) } else { Err(io::Error::other("the keyring did not unlock")) }
    }

    /// Kills the keyring daemon and starts it again, unlocked, on the same bus and files.
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop_daemon();
        self.start_daemon()
    }

    /// Kills the keyring daemon and leaves the bus.
    pub fn stop_daemon(&mut self) {
        stop(self.daemon.take());
    }

    /// Stops the keyring daemon from answering, as a prompt that nobody answers does.
    pub fn pause(&self) -> io::Result<()> {
        self.signal("-STOP")
    }

    /// Ends [`pause`](Self::pause).
    pub fn resume(&self) -> io::Result<()> {
        self.signal("-CONT")
    }

    /// Kills both daemons. Dropping does the same.
    pub fn stop(&mut self) {
        self.stop_daemon();
        stop(self.bus.take());
    }

    fn start_bus(&mut self) -> io::Result<()> {
        // No service directories: the bus must not start a keyring of its own.
        let configuration = self.directory.join("bus.conf");
        let socket = self.directory.join("run/bus");
        fs::write(
            &configuration,
            format!(
                "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
                 \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
                 <busconfig><type>session</type><listen>unix:path={}</listen>\
                 <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
                 <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n",
                socket.display()
            ),
        )?;
        let _ = fs::remove_file(&socket);
        let mut argument = OsString::from("--config-file=");
        argument.push(&configuration);
        self.bus = Some(self.spawn(GUARD, "dbus-daemon", &[&argument, OsStr::new("--nofork")])?);
        self.wait("the bus", || self.connect().is_ok())
    }

    fn start_daemon(&mut self) -> io::Result<()> {
        let arguments = ["--foreground", "--unlock", "--components=secrets"].map(OsStr::new);
        let mut daemon = self.spawn(GUARD_UNLOCKING, "gnome-keyring-daemon", &arguments)?;
        if let Some(input) = &mut daemon.stdin {
            input.write_all(PASSWORD)?;
            input.write_all(b"\n")?;
        }
        self.daemon = Some(daemon);
        self.wait("the keyring", || self.unlocked())
    }

    fn spawn(&self, guard: &str, program: &str, arguments: &[&OsStr]) -> io::Result<Child> {
        let mut command = Command::new("sh");
        command.arg("-c").arg(guard).arg("guard").arg(program).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        self.apply(&mut command).spawn()
    }

    fn signal(&self, signal: &str) -> io::Result<()> {
        let process = || -> zbus::Result<u32> {
            let bus = zbus::blocking::fdo::DBusProxy::new(&self.connect()?)?;
            Ok(bus.get_connection_unix_process_id(zbus::names::BusName::try_from(NAME)?)?)
        };
        let process = process().map_err(io::Error::other)?;
        let status = Command::new("kill").arg(signal).arg(process.to_string()).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other("the signal was not sent")) }
    }

    fn wait(&self, what: &str, ready: impl Fn() -> bool) -> io::Result<()> {
        let start = Instant::now();
        while !ready() {
            if start.elapsed() > START {
                return Err(io::Error::other(format!(
                    "{what} did not start within {START:?}; is it installed?"
                )));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn connect(&self) -> zbus::Result<Connection> {
        Builder::address(address(&self.directory).as_str())?.build()
    }

    fn unlocked(&self) -> bool {
        let locked = || -> zbus::Result<bool> {
            let bus = self.connect()?;
            let collection = default_collection(&bus)?;
            let answer = bus.call_method(
                Some(NAME),
                &collection,
                Some("org.freedesktop.DBus.Properties"),
                "Get",
                &("org.freedesktop.Secret.Collection", "Locked"),
            )?;
            let locked: OwnedValue = answer.body().deserialize()?;
            Ok(bool::try_from(locked)?)
        };
        matches!(locked(), Ok(false))
    }
}

impl Drop for TestKeyring {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs `body` in a process of its own whose session bus has the given fresh keyring. `test` is the full name of the
/// test that calls this; the test is started again under that name, so nothing may come before the call.
pub fn with_keyring(test: &str, body: impl FnOnce(TestKeyring)) -> io::Result<()> {
    inside(test, |directory| TestKeyring::start_in(directory).map(body))
}

/// The same with a session bus that has no keyring.
pub fn with_bus(test: &str, body: impl FnOnce(TestKeyring)) -> io::Result<()> {
    inside(test, |directory| TestKeyring::bus_in(directory).map(body))
}

/// The same with neither.
pub fn with_nothing(test: &str, body: impl FnOnce()) -> io::Result<()> {
    inside(test, |_| {
        body();
        Ok(())
    })
}

fn inside(test: &str, body: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    if let Some(directory) = env::var_os(DIRECTORY) {
        return body(Path::new(&directory));
    }
    let temporary = tempfile::Builder::new().prefix("keyring-").tempdir()?;
    let output = Command::new(env::current_exe()?)
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .envs(environment(temporary.path()))
        .env(DIRECTORY, temporary.path())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()?;
    let out = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && out.contains("1 passed") {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{test} failed inside:\n{out}\n{}",
        String::from_utf8_lossy(&output.stderr)
    )))
}

fn environment(directory: &Path) -> [(&'static str, OsString); 3] {
    [
        ("DBUS_SESSION_BUS_ADDRESS", address(directory).into()),
        ("XDG_DATA_HOME", directory.join("data").into()),
        ("XDG_RUNTIME_DIR", directory.join("run").into()),
    ]
}

fn address(directory: &Path) -> String {
    format!("unix:path={}", directory.join("run/bus").display())
}

fn default_collection(bus: &Connection) -> zbus::Result<OwnedObjectPath> {
    let answer = bus.call_method(Some(NAME), PATH, Some(INTERFACE), "ReadAlias", &("default",))?;
    let collection: OwnedObjectPath = answer.body().deserialize()?;
    if *collection == ObjectPath::from_static_str_unchecked("/") {
        return Err(zbus::Error::InterfaceNotFound);
    }
    Ok(collection)
}

/// Closing its input makes the guard kill its child; then it ends itself.
fn stop(guard: Option<Child>) {
    if let Some(mut guard) = guard {
        drop(guard.stdin.take());
        let _ = guard.wait();
    }
}
