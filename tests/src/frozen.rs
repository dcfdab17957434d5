//! What a version left behind: data directories, keychains, a server, kits and traffic, with a list of what they hold.
//!
//! `keymoor-freeze` writes such a folder, and the tests of every later version open it.

mod state;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

use keymoor_keychain::test_daemon::Item;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use state::{Credential, State};

use crate::{device::Device, server::Server, world::World};

/// Where the frozen server listens, since devices know it by its address. Nobody else is there: it is far from `.0.0.1`.
pub const ADDRESS: &str = "127.77.43.1:48787";

/// A frozen version.
#[derive(Debug)]
pub struct Frozen(PathBuf);

/// A call to the server and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Whose call.
    pub device: String,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The body, as sent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// The answer's status.
    pub status: u16,
    /// The answer's body, as sent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
}

/// A keychain's item as it stands in a file.
#[derive(Serialize, Deserialize)]
struct Frost {
    label: String,
    attributes: BTreeMap<String, String>,
    value: String,
}

impl Frozen {
    /// The folder of a version, there or to be made.
    pub fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The folder of this version in the repository.
    pub fn version(name: &str) -> Self {
        Self(Path::new(env!("CARGO_MANIFEST_DIR")).join("frozen").join(name))
    }

    /// Something in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Reads one of its JSON files.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> T {
        let text = fs::read_to_string(self.path(name)).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes one of its JSON files.
    pub fn write<T: Serialize>(&self, name: &str, what: &T) {
        let text = serde_json::to_string_pretty(what).unwrap();
        fs::write(self.path(name), text + "\n").unwrap();
    }

    /// A device with the frozen data directory of this name.
    pub fn thaw_home(&self, name: &str, device: &Device) {
        copy_all(&self.path(name).join("home"), device.home());
    }

    /// Puts the frozen keychain of this name into a device's keyring.
    pub fn thaw_keychain(&self, name: &str, device: &mut Device) {
        let frosts: Vec<Frost> = self.read(&format!("{name}/keychain.json"));
        let items = frosts.into_iter().map(|frost| Item {
            label: frost.label,
            attributes: frost.attributes.into_iter().collect(),
            value: frost.value.into_bytes(),
        });
        device.keyring().add_items(&items.collect::<Vec<_>>()).unwrap();
    }

    /// The frozen server of this name, running at `address`.
    pub fn thaw_server(&self, name: &str, world: &World, _address: &Address) -> Server {
        let folder = world.path(name);
        copy_all(&self.path(name), &folder);
        Server::start_at(folder, ADDRESS, "warn")
    }

    /// Freezes a device's data directory and, if it has one, its keychain.
    pub fn freeze(&self, name: &str, device: &mut Device, keychain: bool) {
        fs::create_dir_all(self.path(name)).unwrap();
        copy_all(device.home(), &self.path(name).join("home"));
        if keychain {
            let items = device.keyring().items().unwrap();
            let frosts = items.into_iter().map(|item| Frost {
                label: item.label,
                attributes: item.attributes.into_iter().collect(),
                value: String::from_utf8(item.value).unwrap(),
            });
            self.write(&format!("{name}/keychain.json"), &frosts.collect::<Vec<_>>());
        }
    }

    /// Freezes what a server keeps; it must not be running.
    pub fn freeze_server(&self, name: &str, folder: &Path) {
        copy_all(folder, &self.path(name));
    }
}

/// Holds the address of the frozen server, among all tests of this machine; taken before whoever listens there.
#[derive(Debug)]
pub struct Address(#[expect(dead_code, reason = "dropping it lets go of the lock")] File);

impl Address {
    /// Waits until nobody else uses it.
    pub fn take() -> Self {
        let file = File::create(std::env::temp_dir().join("keymoor-frozen-address")).unwrap();
        file.lock().unwrap();
        Self(file)
    }
}

/// Copies the files that matter; locks and logs are none.
fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if !name.ends_with(".lock") && name != "log" && file.file_type().unwrap().is_file() {
            fs::copy(file.path(), to.join(name)).unwrap();
        }
    }
}
