//! Whose cache this is: the device's row, the keys document, and small opaque settings.

use keymoor_protocol::{AccountId, ActorId, Cursor, DeviceId, Head, VaultId};
use rusqlite::ffi;

use crate::error::Error;
use crate::rows::{int, number, number_if_any};
use crate::transaction::{Change, View};

/// What a device knows of itself. None of it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Whose.
    pub account: AccountId,
    /// The account's vault.
    pub vault: VaultId,
    /// This installation.
    pub device: DeviceId,
    /// This cache in this life.
    pub actor: ActorId,
    /// The keychain in use: `system` or `none`.
    pub keychain: String,
    /// The highest epoch seen.
    pub epoch: u32,
    /// The highest version of the keys document seen.
    pub document_version: u64,
    /// How far the vault's log is applied here.
    pub cursor: Cursor,
    /// Rebuilt from the keychain: the next sync takes a snapshot.
    pub rebuilt: bool,
    /// The sync server's address.
    pub server: Option<String>,
    /// SHA-256 of the server's certificate, where it is pinned.
    pub pin: Option<[u8; 32]>,
    /// When a sync last ended well, milliseconds since 1970.
    pub last_sync: Option<u64>,
}

impl View<'_> {
    /// The device's row; `None` in a cache that nobody has set up.
    pub fn device(&self) -> Result<Option<Device>, Error> {
        self.one("SELECT * FROM device", (), |row| {
            Ok(Device {
                account: AccountId(row.get("account")?),
                vault: VaultId(row.get("vault")?),
                device: DeviceId(row.get("device")?),
                actor: ActorId(row.get("actor")?),
                keychain: row.get("keychain")?,
                epoch: row.get("epoch")?,
                document_version: number(row, "document_version")?,
                cursor: Cursor { seq: number(row, "cursor_seq")?, head: Head(row.get("cursor_head")?) },
                rebuilt: row.get("rebuilt")?,
                server: row.get("server")?,
                pin: row.get("pin")?,
                last_sync: number_if_any(row, "last_sync")?,
            })
        })
    }

    /// The keys document's bytes.
    pub fn keys_document(&self) -> Result<Option<Vec<u8>>, Error> {
        self.one("SELECT bytes FROM keys_document", (), |row| Ok(row.get(0)?))
    }

    /// A small opaque value.
    pub fn setting(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.one("SELECT value FROM setting WHERE key = ?1", [key], |row| Ok(row.get(0)?))
    }
}

impl Change<'_> {
    /// Writes the device's row whole.
    pub fn set_device(&mut self, device: &Device) -> Result<(), Error> {
        self.execute(
            "REPLACE INTO device (one, account, vault, device, actor, keychain, epoch, document_version, cursor_seq, \
             cursor_head, rebuilt, server, pin, last_sync) \
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            (
                &device.account.0,
                &device.vault.0,
                &device.device.0,
                &device.actor.0,
                &device.keychain,
                device.epoch,
                int(device.document_version),
                int(device.cursor.seq),
                &device.cursor.head.0,
                device.rebuilt,
                &device.server,
                &device.pin,
                device.last_sync.map(int),
            ),
        )?;
        Ok(())
    }

    /// Moves the cursor of the device's row, which must be there.
    pub fn set_cursor(&mut self, cursor: Cursor) -> Result<(), Error> {
        let sql = "UPDATE device SET cursor_seq = ?1, cursor_head = ?2";
        match self.execute(sql, (int(cursor.seq), &cursor.head.0))? {
            1 => Ok(()),
            _ => Err(Error::Other(ffi::SQLITE_MISUSE)),
        }
    }

    /// Keeps the keys document's bytes.
    pub fn set_keys_document(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.execute("REPLACE INTO keys_document (one, bytes) VALUES (1, ?1)", [bytes]).map(drop)
    }

    /// Keeps a small opaque value.
    pub fn set_setting(&mut self, key: &str, value: &[u8]) -> Result<(), Error> {
        self.execute("REPLACE INTO setting (key, value) VALUES (?1, ?2)", (key, value)).map(drop)
    }

    /// Drops it.
    pub fn remove_setting(&mut self, key: &str) -> Result<(), Error> {
        self.execute("DELETE FROM setting WHERE key = ?1", [key]).map(drop)
    }
}
