//! An account at a server of its own, for measurements.

use std::{fs, time::Duration};

use super::{Bench, sample::time};
use crate::{
    Outcome,
    device::Device,
    local_server::LocalServer,
    process::{Process, until},
};

/// The keychain left out: what is measured is the way between server and cache.
pub(super) const NO_KEYCHAIN: (&str, &str) = ("KEYMOOR_KEYCHAIN", "none");

/// A device with a filled vault that is on its server.
pub(super) struct Account {
    pub(super) device: Device,
    name: String,
    records: usize,
    kit: String,
    password: String,
    _server: LocalServer,
}

impl Account {
    /// Fills a vault, makes an account for it, and syncs.
    pub(super) fn create(
        bench: &Bench<'_>,
        name: &str,
        records: usize,
        environment: &[(&str, &str)],
    ) -> Outcome<Self> {
        let folder = bench.folder.join(name);
        let file = |name: &str| folder.join(name).display().to_string();
        let (password, kit, recovery) = (file("password"), file("kit"), file("recovery"));
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&password, "password of a measured account"))
            .map_err(|error| format!("{password}: {error}"))?;
        let environment = &[environment, &[("KEYMOOR_PASSWORD_FILE", password.as_str())]].concat();

        let server = LocalServer::start(&bench.server, &folder)?;
        let device = Device::start(&format!("{name}-first"), bench.folder, &bench.keymoor)?;
        bench.fill(&device, records, environment)?;
        let url = server.url();
        let create = ["account", "create", "--server", &url, "--kit", &kit, "--recovery", &recovery];
        device.keymoor_with(&create, environment, "")?;
        device.keymoor_with(&["sync"], environment, "")?;
        Ok(Self { device, name: name.into(), records, kit, password, _server: server })
    }

    /// How long a new device without a keychain takes to join and to have everything.
    pub(super) fn join_time(&self, bench: &Bench<'_>, round: usize) -> Outcome<Duration> {
        let device = Device::start(&format!("{}-joins-{round}", self.name), bench.folder, &bench.keymoor)?;
        let timed = |arguments: &[&str]| {
            let mut command = device.keymoor_command(arguments);
            command.env(NO_KEYCHAIN.0, NO_KEYCHAIN.1).env("KEYMOOR_PASSWORD_FILE", &self.password);
            time(command, "")
        };
        Ok(timed(&["account", "join", "--kit", &self.kit])? + timed(&["sync"])?)
    }

    /// A new device without a keychain that has everything.
    pub(super) fn joined_without_keychain(&self, bench: &Bench<'_>) -> Outcome<Device> {
        let device = Device::start(&format!("{}-second", self.name), bench.folder, &bench.keymoor)?;
        let environment = &[NO_KEYCHAIN, self.password()];
        device.keymoor_with(&["account", "join", "--kit", &self.kit], environment, "")?;
        device.keymoor_with(&["sync"], environment, "")?;
        Ok(device)
    }

    /// The variable that names the password's file.
    pub(super) fn password(&self) -> (&str, &str) {
        ("KEYMOOR_PASSWORD_FILE", &self.password)
    }

    /// A new device that has everything in its cache, with as many entries in its keychain as there are records. Its
    /// own copies there are not waited for: the command that writes them is stopped.
    pub(super) fn joined_device(&self, bench: &Bench<'_>) -> Outcome<Device> {
        let name = format!("{}-second", self.name);
        let device = Device::with_entries(&name, bench.folder, &bench.keymoor, self.records)?;
        let mut join = device.keymoor_command(&["account", "join", "--kit", &self.kit]);
        join.env("KEYMOOR_PASSWORD_FILE", &self.password);
        join.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
        let mut join = Process::new(join.spawn().map_err(|error| format!("keymoor: {error}"))?);
        let wanted = format!("\"records\":{}", self.records);
        let full = until(Duration::from_secs(120), || {
            let status = device.keymoor(&["status", "--json"], "").unwrap_or_default();
            let status: String = status.split_whitespace().collect();
            status.contains(&format!("{wanted},"))
                || status.contains(&format!("{wanted}}}"))
                || join.has_ended()
        });
        drop(join);
        if full {
            Ok(device)
        } else {
            Err("a joining device did not have everything within two minutes".into())
        }
    }
}
