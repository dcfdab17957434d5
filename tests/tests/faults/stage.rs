//! The beginning that all histories of a test share: one account, three devices, a server; made once, copied for each.

use std::path::{Path, PathBuf};

use keymoor_journeys::{Member, Network, PASSWORD, Server, World, copy_folder};
use keymoor_protocol::Class;
use keymoor_sealing::{Context, Profile};
use keymoor_vault::{Backend, Config, CreateAccount, JoinKit, Patience, Vault};

use crate::contents::Lens;

/// Devices in each history.
pub(crate) const DEVICES: usize = 3;

pub(crate) struct Stage {
    world: World,
    pub(crate) network: Network,
    pub(crate) lens: Lens,
    pub(crate) kit: JoinKit,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let world = World::without_a_disk();
        let network = Network::new();
        let first = Server::start_at(world.path("first"), "127.0.0.1:0", "warn");
        network.lead_to(first);
        let mut vaults: Vec<Vault> = (0..DEVICES).map(|i| vault(&world.path(&name(i)))).collect();
        let request = CreateAccount {
            server: network.url(),
            password: PASSWORD.into(),
            join_kit: world.join_kit(),
            recovery_kit: world.recovery_kit(),
        };
        vaults[0].create_account(request, &mut |_| {}).unwrap();
        let kit = JoinKit::from_text(&std::fs::read_to_string(world.join_kit()).unwrap()).unwrap();
        for joining in &mut vaults[1..] {
            joining.join(&kit, &PASSWORD.into(), &mut |_| {}).unwrap();
        }
        let member = Member::log_in(&network.url(), &world.join_kit(), PASSWORD, Profile::NEWEST);
        let context = Context {
            account: member.account,
            vault: member.document.vault,
            class: Class::Meta,
            id: [0; 16],
            version: 0,
            epoch: member.root.epoch(),
        };
        let lens = Lens { key: member.root.vault_key(member.document.vault), context };
        network.with_server(Server::shut_down);
        Self { world, network, lens, kit }
    }

    /// Sets the stage for a history: its folder, with the devices' homes in it, and the server of its own behind the network.
    pub(crate) fn set(&self, seed: u64) -> PathBuf {
        let folder = self.world.path(&format!("history-{seed}"));
        copy_folder(&self.world.path("first"), &folder.join("server"));
        for i in 0..DEVICES {
            copy_folder(&self.world.path(&name(i)), &folder.join(name(i)));
        }
        self.network.lead_to(Server::start_at(folder.join("server"), "127.0.0.1:0", "warn"));
        folder
    }
}

/// The name of a device's home.
pub(crate) fn name(device: usize) -> String {
    format!("device-{device}")
}

pub(crate) fn config(home: &Path) -> Config {
    Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() }
}

/// Opens the vault in a folder, as a process that starts does.
pub(crate) fn vault(home: &Path) -> Vault {
    Vault::open(config(home), Patience::default(), &mut |_| Some(PASSWORD.into())).unwrap()
}
