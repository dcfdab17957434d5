//! The place of one test.

use std::{
    fs,
    path::{Path, PathBuf},
};

use keymoor_keychain::test_daemon::TestKeyring;
use keymoor_protocol::AccountId;
use tempfile::TempDir;

use crate::{device::Device, ran::Ran, server::Server};

/// The password of every account in the stories.
pub const PASSWORD: &str = "correct horse battery staple";

/// A temporary folder in which devices and a server live; gone when dropped.
#[derive(Debug)]
pub struct World(TempDir);

impl World {
    /// A new one, empty but for the password file.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        Self::in_folder(&std::env::temp_dir())
    }

    /// The same where writing costs nothing, if there is such a place: for tests that write very much. What they show does
    /// not depend on the disk.
    pub fn without_a_disk() -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        Self::in_folder(&place)
    }

    fn in_folder(place: &Path) -> Self {
        let world = Self(tempfile::Builder::new().prefix("story-").tempdir_in(place).unwrap());
        fs::write(world.password(), format!("{PASSWORD}\n")).unwrap();
        world
    }

    /// Something in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The password file.
    pub fn password(&self) -> PathBuf {
        self.path("password")
    }

    /// The join kit.
    pub fn join_kit(&self) -> PathBuf {
        self.path("join-kit.txt")
    }

    /// The account's id, as the join kit has it.
    pub fn account(&self) -> AccountId {
        let kit = fs::read_to_string(self.join_kit()).unwrap();
        kit.lines().find_map(|line| line.strip_prefix("account: ")).unwrap().parse().unwrap()
    }

    /// The recovery kit.
    pub fn recovery_kit(&self) -> PathBuf {
        self.path("recovery-kit.txt")
    }

    /// A device with a gnome-keyring of its own.
    pub fn device(&self, name: &str) -> Device {
        Device::new(self.path(name), self.password(), Some(TestKeyring::start().unwrap()))
    }

    /// A device that does without a keychain: the password unlocks.
    pub fn device_without_keychain(&self, name: &str) -> Device {
        Device::new(self.path(name), self.password(), None)
    }

    /// A server.
    pub fn server(&self) -> Server {
        Server::start(self.path("server"), "warn")
    }

    /// A server whose data lie in this folder.
    pub fn server_in(&self, folder: &Path) -> Server {
        Server::start(folder.to_owned(), "warn")
    }

    /// A server that logs all it can.
    pub fn talkative_server(&self) -> Server {
        Server::start(self.path("server"), "trace")
    }

    /// `account create` on this device; the kits lie here.
    #[track_caller]
    pub fn create_account(&self, device: &Device, server: &Server) -> Ran {
        self.create_account_at(device, &server.url())
    }

    /// The same at a server that is found at `url`.
    #[track_caller]
    pub fn create_account_at(&self, device: &Device, url: &str) -> Ran {
        let (kit, recovery) = (self.join_kit(), self.recovery_kit());
        let create = ["account", "create", "--server", url];
        device.done(&[&create[..], &["--kit", text(&kit), "--recovery", text(&recovery)]].concat())
    }

    /// `account join` on this device.
    #[track_caller]
    pub fn join(&self, device: &Device) -> Ran {
        device.done(&["account", "join", "--kit", text(&self.join_kit())])
    }

    /// `unlock` with the join kit and the password.
    pub fn unlock(&self, device: &Device) -> Ran {
        device.run(&["unlock", "--kit", text(&self.join_kit())])
    }

    /// `unlock` with the recovery kit alone: no password is at hand.
    pub fn unlock_by_recovery(&self, device: &Device) -> Ran {
        let mut command = device.command(&["unlock", "--recovery", text(&self.recovery_kit())]);
        command.env_remove("KEYMOOR_PASSWORD_FILE");
        crate::run_fed(command, b"")
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
