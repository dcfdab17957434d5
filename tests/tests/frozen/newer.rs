//! A later version of Keymoor and this one share a vault for a while: what only that one knows comes back from here whole.
//!
//! The later one is this program with an invented schema (see `vault/src/newer_schema.rs`).

use keymoor_journeys::{
    Device, Member, PASSWORD, World,
    frozen::{ADDRESS, Address},
};
use keymoor_protocol::{AccountId, Envelope, RecordId, VaultId};
use keymoor_sealing::{Context, Profile, RootKey, open};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{device, state, v1};

/// Whoever can open what lies in the caches.
struct Opener {
    account: AccountId,
    vault: VaultId,
    root: RootKey,
}

impl Opener {
    fn new(url: &str, kit: &std::path::Path, password: &str, profile: Profile) -> Self {
        let Member { account, document, root, .. } = Member::log_in(url, kit, password, profile);
        Self { account, vault: document.vault, root }
    }

    /// The schema of a record in a device's cache, and every byte of its meta payload.
    fn payload(&self, device: &Device, name: &str) -> (u16, Vec<u8>) {
        let id = device.done(&["show", name, "--json"]).json()["id"].as_str().unwrap().to_owned();
        let id: RecordId = id.parse().unwrap();
        let cache = Connection::open(device.cache()).unwrap();
        let current = "SELECT coalesce(draft.meta, base.meta) FROM (SELECT ?1 AS id) \
                       LEFT JOIN base USING (id) LEFT JOIN draft USING (id)";
        let bytes: Vec<u8> = cache.query_row(current, [id.0], |row| row.get(0)).unwrap();
        let envelope = Envelope::try_from(bytes).unwrap();
        let header = *envelope.header();
        let (account, vault) = (self.account, self.vault);
        let context = Context {
            account,
            vault,
            class: header.class,
            id: header.id,
            version: header.version,
            epoch: header.epoch,
        };
        let text = open(&self.root.vault_key(vault), &context, &envelope).unwrap();
        (header.schema, text.to_vec())
    }

    fn json(&self, device: &Device, name: &str) -> Value {
        serde_json::from_slice(&self.payload(device, name).1).unwrap()
    }
}

/// Makes a device one of a later version: of this schema, and adding this to all it writes.
fn later(device: &mut Device, schema: u16, invented: &Value) {
    device.set("KEYMOOR_PAYLOAD_SCHEMA", schema.to_string());
    device.set("KEYMOOR_INVENTED", invented.to_string());
}

fn sync_all(devices: &[&Device]) {
    devices.iter().chain(devices).for_each(|device| drop(device.sync()));
}

/// The entry of a field with this beside its value.
fn with<'j>(payload: &'j Value, field: &str, beside: &Value) -> Option<&'j Value> {
    payload["fields"][field].as_array()?.iter().find(|entry| entry.get(3) == Some(beside))
}

#[test]
fn what_a_later_version_adds_survives_every_action_of_this_one() {
    let (world, v1) = (World::new(), v1());
    let address = Address::take();
    let _server = v1.thaw_server("server", &world, &address);
    let old = device(&world, &v1, "desktop", true, true);
    old.sync();
    let mut new = device(&world, &v1, "new", false, false);
    let (first, second) = (json!({"every": "90d", "ñ": [1, 2.5, null]}), json!({"every": "30d"}));
    later(&mut new, 1, &first);
    let kit = v1.path("join-kit.txt");
    new.done(&["account", "join", "--kit", kit.to_str().unwrap()]);
    let password = std::fs::read_to_string(v1.path("password")).unwrap();
    let opener = Opener::new(&format!("http://{ADDRESS}"), &kit, password.trim(), Profile::One);

    // It writes records that the older version knows, and new ones.
    let secrets = br#"{"access_key_id": "AKIALATER0123456789", "secret_access_key": "of the later version"}"#;
    new.feed(&["edit", "aws/main", "--fields-stdin", "--note", "later"], secrets).done();
    new.add("openai", "later", "sk-of-the-later-version").done();
    sync_all(&[&new, &old]);
    let whole = |device: &Device| {
        let json = opener.json(device, "aws/main");
        assert_eq!(json["invented"], first, "{json}");
        assert_eq!(json["fields"]["invented"][0][2], first, "{json}");
        json
    };
    let json = whole(&old);
    let key = with(&json, "key", &first).unwrap();
    assert!(with(&json, "note", &first).is_some() && key[2]["access_key_id"][2] == first, "{json}");
    assert_eq!(old.get("openai/later"), b"sk-of-the-later-version");
    let get = |device: &Device, part: &str| device.done(&["get", "aws/main", part, "--raw"]).text();
    assert_eq!(get(&old, "secret_access_key"), "of the later version");

    // The older one edits beside it: what it does not replace stays, byte for byte.
    old.done(&["edit", "aws/main", "--set", "region=us-east-1", "--label", "mine"]);
    sync_all(&[&old, &new]);
    let after = whole(&new);
    assert_eq!(
        (&after["fields"]["key"], &after["fields"]["note"]),
        (&json["fields"]["key"], &json["fields"]["note"])
    );
    // One secret of two: the other one keeps what stands beside it.
    old.feed(&["edit", "aws/main", "--fields-stdin"], br#"{"access_key_id": "AKIAOLDER0123456789"}"#).done();
    sync_all(&[&old, &new]);
    let json = whole(&new);
    let key = &json["fields"]["key"][0][2];
    assert_eq!((key["access_key_id"].get(2), &key["secret_access_key"][2]), (None, &first), "{json}");
    assert_eq!(get(&new, "access_key_id"), "AKIAOLDER0123456789");

    // Trash and back.
    old.done(&["rm", "aws/main"]);
    sync_all(&[&old, &new]);
    old.done(&["restore", "aws/main"]);
    sync_all(&[&old, &new]);
    assert!(with(&whole(&new), "note", &first).is_some());

    // Both at once: two values of the secret, and the older one settles it for that of the later.
    later(&mut new, 1, &second);
    let secrets = br#"{"secret_access_key": "once more by the later"}"#;
    new.feed(&["edit", "aws/main", "--fields-stdin"], secrets).done();
    old.feed(&["edit", "aws/main", "--fields-stdin"], br#"{"secret_access_key": "by the older"}"#).done();
    old.done(&["edit", "aws/main", "--note", "older"]);
    sync_all(&[&old, &new]);
    for device in [&old, &new] {
        let json = opener.json(device, "aws/main");
        let key = with(&json, "key", &second).unwrap();
        assert_eq!(json["fields"]["key"].as_array().unwrap().len(), 2, "{json}");
        assert_eq!(key[2]["secret_access_key"][2], second, "{json}");
        assert_eq!(json["fields"]["invented"], json!([[key[0], key[1], second]]), "{json}");
    }
    let ours = opener.json(&old, "aws/main");
    let key = with(&ours, "key", &second).unwrap().clone();
    let shown = old.done(&["show", "aws/main", "--json"]).json();
    let choices = shown["conflicts"][0]["choices"].as_array().unwrap();
    let in_use = get(&old, "secret_access_key") == "once more by the later";
    let choice = &choices.iter().find(|choice| choice["shown"] == in_use).unwrap()["choice"];
    old.done(&["settle", "aws/main", "secret", choice.as_str().unwrap()]);
    sync_all(&[&old, &new]);
    let json = opener.json(&new, "aws/main");
    assert_eq!(with(&json, "key", &second).unwrap()[2], key[2], "{json}");
    for device in [&old, &new] {
        assert_eq!(get(device, "secret_access_key"), "once more by the later");
        device.assert_well();
    }
    // Nothing else of the frozen vault was touched by all this.
    let untouched = state(&v1, "desktop").credentials.into_iter().filter(|one| one.name != "aws/main");
    for credential in untouched {
        for (field, secret) in &credential.secrets {
            assert!(
                new.done(&["get", &credential.name, field, "--raw"]).out == secret.as_bytes(),
                "{}",
                credential.name
            );
        }
    }
}

#[test]
fn a_record_of_a_later_schema_is_read_and_carried_and_an_edit_here_waits_for_the_update() {
    let (world, invented) = (World::new(), json!({"every": "90d"}));
    let (server, mut old, mut new) = (world.server(), world.device("old"), world.device("new"));
    old.add("openai", "work", "sk-of-the-older-version").done();
    old.add("openai", "beside", "sk-beside").done();
    world.create_account(&old, &server);
    later(&mut new, 2, &invented);
    world.join(&new);
    let opener = Opener::new(&server.url(), &world.join_kit(), PASSWORD, Profile::NEWEST);

    // Edited on both at once.
    old.done(&["edit", "openai/work", "--note", "by the older"]);
    new.edit("openai/work", "sk-of-the-later-version").done();
    new.sync();
    old.sync();
    let (schema, text) = opener.payload(&new, "openai/work");
    assert_eq!(schema, 2, "built without keymoor-cli/newer-schema, which cargo xtask test has");
    let refused = |device: &Device| {
        for arguments in [
            &["edit", "openai/work", "--note", "again"][..],
            &["rm", "openai/work"],
            &["edit", "openai/work", "--name", "other"],
        ] {
            device.run(arguments).ends(5, &["written by a newer version", "Nothing was changed."]);
        }
        let shown = device.done(&["show", "openai/work", "--json"]).json();
        assert_eq!((&shown["read_only"], &device.status()["waiting"]), (&true.into(), &1.into()), "{shown}");
    };
    refused(&old);
    old.done(&["edit", "openai/beside", "--note", "goes on"]);
    sync_all(&[&old, &new]);
    assert_eq!(new.done(&["show", "openai/beside", "--json"]).json()["note"], "goes on");
    assert_eq!(opener.payload(&new, "openai/work"), (2, text.clone()));

    // The later version goes on, and the older one loses its cache.
    new.edit("openai/work", "sk-of-the-later-version-2").done();
    new.sync();
    old.sync();
    old.done(&["doctor", "--repair"]);
    old.delete_cache();
    old.run(&["list"]).ends(0, &[]);
    old.sync();
    refused(&old);

    // The update: both edits are there.
    later(&mut old, 2, &invented);
    sync_all(&[&old, &new]);
    for device in [&old, &new] {
        let shown = device.done(&["show", "openai/work", "--json"]).json();
        assert_eq!((&shown["read_only"], &shown["note"]), (&false.into(), &"by the older".into()), "{shown}");
        assert_eq!(device.get("openai/work"), b"sk-of-the-later-version-2");
        assert_eq!(device.status()["waiting"], 0);
        let (schema, text) = opener.payload(device, "openai/work");
        let json: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!((schema, &json["invented"], &json["fields"]["invented"][0][2]), (2, &invented, &invented));
        device.assert_well();
    }
}

#[test]
fn what_a_later_schema_wrote_goes_back_to_a_server_that_lost_it_and_an_edit_beside_it_too() {
    let (world, invented) = (World::new(), json!({"every": "90d"}));
    let (mut server, old, mut new) = (world.server(), world.device("old"), world.device("new"));
    for name in ["carried", "edited", "deleted"] {
        old.add("openai", name, format!("sk-of-the-older-version-{name}")).done();
    }
    world.create_account(&old, &server);
    let empty = server.copy("copy");
    later(&mut new, 2, &invented);
    world.join(&new);
    let opener = Opener::new(&server.url(), &world.join_kit(), PASSWORD, Profile::NEWEST);
    let later_secret = |name: &str| format!("sk-of-the-later-version-{name}");
    for name in ["carried", "edited", "deleted"] {
        new.edit(name, later_secret(name)).done();
    }
    old.done(&["edit", "edited", "--name", "by the older"]);
    old.done(&["rm", "deleted"]);
    new.sync();
    old.sync();
    let before = ["carried", "edited", "deleted"].map(|name| opener.payload(&new, name));
    assert!(before.iter().all(|(schema, _)| *schema == 2));
    // Nobody else has what the later version wrote.
    new.delete_home();
    new.wipe_keychain();

    for lost in ["newest", "everything"] {
        if lost == "newest" {
            server.put_back(&empty);
            old.sync();
        } else {
            server.lose_everything();
            server.start_again();
            let kit = world.path("again.txt");
            let create = ["account", "create", "--server", &server.url(), "--kit", kit.to_str().unwrap()];
            old.done(&[&create[..], &["--recovery", "none.txt"]].concat());
        }
        let mut third = world.device(lost);
        later(&mut third, 2, &invented);
        world.join(&third);
        for (name, before) in ["carried", "edited", "deleted"].iter().zip(&before) {
            assert_eq!(third.get(name), later_secret(name).as_bytes(), "{lost}");
            assert_eq!(opener.payload(&third, name), *before, "{lost}: byte for byte");
        }
        assert_eq!(third.get("by the older"), b"sk-of-the-older-version-edited", "{lost}");
        assert_eq!(old.status()["waiting"], 0, "{lost}");
        third.assert_well();
        old.assert_well();
    }
}
