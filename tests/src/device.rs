//! A pretended computer: a data directory and a keyring of its own.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use keymoor_keychain::test_daemon::TestKeyring;

use crate::{
    programs::program,
    ran::{Ran, run_fed},
};

/// The files of a cache, of which the last two come and go.
const CACHE: [&str; 3] = ["keymoor.db", "keymoor.db-wal", "keymoor.db-shm"];

/// A pretended computer.
#[derive(Debug)]
pub struct Device {
    folder: PathBuf,
    home: PathBuf,
    password: PathBuf,
    keymoor: PathBuf,
    keyring: Option<TestKeyring>,
    environment: Vec<(String, String)>,
}

impl Device {
    /// A device in `folder` whose commands find the password in this file.
    pub(crate) fn new(folder: PathBuf, password: PathBuf, keyring: Option<TestKeyring>) -> Self {
        fs::create_dir_all(&folder).unwrap();
        let home = folder.join("home");
        Self { folder, home, password, keymoor: program("keymoor"), keyring, environment: Vec::new() }
    }

    /// The data directory.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Moves the data directory elsewhere, as onto another disk. What is in the old one stays there.
    pub fn set_home(&mut self, home: &Path) {
        self.home = home.to_owned();
    }

    /// A file or folder of this device, outside the data directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The keyring.
    pub fn keyring(&mut self) -> &mut TestKeyring {
        self.keyring.as_mut().unwrap()
    }

    /// Sets a variable for every later command.
    pub fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.environment.push((name.to_owned(), value.as_ref().to_string_lossy().into_owned()));
    }

    /// `keymoor` with these arguments, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.keymoor);
        command.args(arguments);
        self.dress(&mut command);
        command
    }

    /// Gives any command the surroundings of this device, and none of whoever runs the tests.
    pub fn dress(&self, command: &mut Command) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).current_dir(&self.folder).env("HOME", &self.folder);
        command.env("KEYMOOR_HOME", &self.home).env("KEYMOOR_PASSWORD_FILE", &self.password);
        match &self.keyring {
            Some(keyring) => drop(keyring.apply(command)),
            None => drop(command.env("KEYMOOR_KEYCHAIN", "none")),
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }

    /// Runs `keymoor`.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.feed(arguments, b"")
    }

    /// Runs `keymoor` with this standard input.
    pub fn feed(&self, arguments: &[&str], input: &[u8]) -> Ran {
        run_fed(self.command(arguments), input)
    }

    /// Runs `keymoor`, which must succeed.
    #[track_caller]
    pub fn done(&self, arguments: &[&str]) -> Ran {
        self.run(arguments).done()
    }

    /// Adds a secret.
    pub fn add(&self, provider: &str, name: &str, secret: impl AsRef<[u8]>) -> Ran {
        self.feed(&["add", provider, "--name", name, "--stdin"], secret.as_ref())
    }

    /// Gives a credential another secret.
    pub fn edit(&self, name: &str, secret: impl AsRef<[u8]>) -> Ran {
        self.feed(&["edit", name, "--stdin"], secret.as_ref())
    }

    /// The secret of this name, byte for byte.
    #[track_caller]
    pub fn get(&self, name: &str) -> Vec<u8> {
        self.done(&["get", name, "--raw"]).out
    }

    /// Syncs.
    #[track_caller]
    pub fn sync(&self) -> Ran {
        self.done(&["sync"])
    }

    /// `status --json`.
    #[track_caller]
    pub fn status(&self) -> serde_json::Value {
        self.done(&["status", "--json"]).json()
    }

    /// `list --json`, without what devices know of each other's uses: that comes in its own time.
    #[track_caller]
    pub fn list(&self) -> Vec<serde_json::Value> {
        let mut list = self.done(&["list", "--json"]).json().as_array().unwrap().clone();
        for entry in &mut list {
            entry.as_object_mut().unwrap().remove("last_used");
        }
        list
    }

    /// Asserts that the doctor finds nothing at all.
    #[track_caller]
    pub fn assert_well(&self) {
        let report = self.run(&["doctor", "--json"]);
        assert_eq!(report.code, Some(0), "{report}");
        assert_eq!(report.json()["findings"], serde_json::json!([]), "{report}");
    }

    /// The cache file.
    pub fn cache(&self) -> PathBuf {
        self.home.join(CACHE[0])
    }

    /// The cache's write-ahead log.
    pub fn wal(&self) -> PathBuf {
        self.home.join(CACHE[1])
    }

    /// Deletes the cache file and what SQLite keeps beside it.
    #[track_caller]
    pub fn delete_cache(&self) {
        fs::remove_file(self.cache()).unwrap();
        CACHE[1..].iter().for_each(|name| gone(fs::remove_file(self.home.join(name))));
    }

    /// Deletes the whole data directory, under a window that is open, too, and may make a file in it meanwhile.
    #[track_caller]
    pub fn delete_home(&self) {
        let mut tries = 0;
        while let Err(error) = fs::remove_dir_all(&self.home) {
            tries += 1;
            assert!(error.kind() == std::io::ErrorKind::DirectoryNotEmpty && tries < 5, "{error}");
        }
    }

    /// The keyring is as on the first day: every entry is gone.
    #[track_caller]
    pub fn wipe_keychain(&mut self) {
        drop(self.keyring.take()); // its files go with it
        self.keyring = Some(TestKeyring::start().unwrap());
    }
}

#[track_caller]
fn gone(result: io::Result<()>) {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
}
