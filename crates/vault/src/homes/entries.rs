//! What lies in the keychain beside the records: the device entry, the high-water mark, the session.
//!
//! `KMD1 | account 16 | vault 16 | device 16 | epoch u32 | root key 32 | Secret Key 16 | recovery auth (u8, 32) | u16 ×
//! previous root keys (epoch u32 | 32) | sized server address | pin (u8, 32) | former (u8, account 16 | vault 16 | epoch
//! u32 | root key 32 | Secret Key 16)`; `KMM1 | vault 16 | epoch u32 | document
//! version u64 | seq u64 | head 32`; `KMS1 | sized access token | expires at u64 | sized refresh token | refresh id 16`.

use keymoor_protocol::bytes::{Malformed, Reader, Writer};
use keymoor_protocol::{AccountId, Cursor, DeviceId, Head, VaultId};
use keymoor_sealing::{AuthPassword, RootKey, SecretKey};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// What this device is and holds. Losing it means recovery; it is never made anew while sealed records exist.
pub(crate) struct DeviceEntry {
    pub(crate) account: AccountId,
    pub(crate) vault: VaultId,
    pub(crate) device: DeviceId,
    pub(crate) root: RootKey,
    pub(crate) secret_key: SecretKey,
    pub(crate) recovery_auth: Option<AuthPassword>,
    pub(crate) previous: Vec<RootKey>,
    pub(crate) server: Option<Server>,
    /// What this device was before it joined an account, until everything is sealed anew.
    pub(crate) former: Option<Former>,
}

/// The keys that a device made for itself before it joined an account.
pub(crate) struct Former {
    pub(crate) account: AccountId,
    pub(crate) vault: VaultId,
    pub(crate) root: RootKey,
    pub(crate) secret_key: SecretKey,
}

/// The server of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) url: String,
    /// SHA-256 of its certificate, if it made that itself.
    pub(crate) pin: Option<[u8; 32]>,
}

impl DeviceEntry {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let url = self.server.as_ref().map_or("", |server| &server.url);
        let room = 300 + 36 * self.previous.len() + url.len(); // more than enough
        let mut writer = Writer::with_room(b"KMD1", room)
            .raw(&self.account.0)
            .raw(&self.vault.0)
            .raw(&self.device.0)
            .u32(self.root.epoch())
            .raw(self.root.expose())
            .raw(self.secret_key.expose());
        writer = optional(writer, self.recovery_auth.as_ref().map(AuthPassword::expose));
        writer = writer.u16(self.previous.len() as u16);
        for key in &self.previous {
            writer = writer.u32(key.epoch()).raw(key.expose());
        }
        let server = self.server.as_ref();
        writer = writer.sized(url.as_bytes());
        writer = optional(writer, server.and_then(|server| server.pin.as_ref()));
        writer = match &self.former {
            None => writer.u8(0),
            Some(former) => writer
                .u8(1)
                .raw(&former.account.0)
                .raw(&former.vault.0)
                .u32(former.root.epoch())
                .raw(former.root.expose())
                .raw(former.secret_key.expose()),
        };
        Zeroizing::new(writer.finish())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, b"KMD1")?;
        let (account, vault, device) =
            (AccountId(reader.array()?), VaultId(reader.array()?), DeviceId(reader.array()?));
        let root = RootKey::from_bytes(reader.u32()?, reader.array()?);
        let secret_key = SecretKey::from_bytes(reader.array()?);
        let recovery_auth = read_optional(&mut reader)?.map(AuthPassword::from_bytes);
        let mut previous = Vec::new();
        for _ in 0..reader.u16()? {
            previous.push(RootKey::from_bytes(reader.u32()?, reader.array()?));
        }
        let url = String::from_utf8(reader.sized()?.to_vec()).map_err(|_| Malformed)?;
        let pin = read_optional(&mut reader)?;
        let former = match reader.u8()? {
            0 => None,
            1 => Some(Former {
                account: AccountId(reader.array()?),
                vault: VaultId(reader.array()?),
                root: RootKey::from_bytes(reader.u32()?, reader.array()?),
                secret_key: SecretKey::from_bytes(reader.array()?),
            }),
            _ => return Err(Malformed),
        };
        reader.end()?;
        let server = (!url.is_empty()).then_some(Server { url, pin });
        Ok(Self { account, vault, device, root, secret_key, recovery_auth, previous, server, former })
    }
}

fn optional(writer: Writer, bytes: Option<&[u8; 32]>) -> Writer {
    match bytes {
        Some(bytes) => writer.u8(1).raw(bytes),
        None => writer.u8(0),
    }
}

fn read_optional(reader: &mut Reader<'_>) -> Result<Option<[u8; 32]>, Malformed> {
    match reader.u8()? {
        0 => Ok(None),
        1 => reader.array().map(Some),
        _ => Err(Malformed),
    }
}

/// The newest state of the vault that this device has seen; outside the clearable cache, so that a server cannot roll back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Whose log: a keychain may still hold the mark of a vault that was here before.
    pub(crate) vault: VaultId,
    pub(crate) epoch: u32,
    pub(crate) document_version: u64,
    pub(crate) cursor: Cursor,
}

impl Mark {
    pub(crate) fn encode(&self) -> Vec<u8> {
        Writer::new(b"KMM1")
            .raw(&self.vault.0)
            .u32(self.epoch)
            .u64(self.document_version)
            .u64(self.cursor.seq)
            .raw(&self.cursor.head.0)
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, b"KMM1")?;
        let vault = VaultId(reader.array()?);
        let (epoch, document_version) = (reader.u32()?, reader.u64()?);
        let cursor = Cursor { seq: reader.u64()?, head: Head(reader.array()?) };
        reader.end()?;
        Ok(Self { vault, epoch, document_version, cursor })
    }

    /// What the keychain is to remember next, where it remembers `there` and this cache is at `self`. Epoch and version of
    /// the keys document only rise. So does the cursor, except where this cache itself was at `there`, which `known` says:
    /// then a sync has left that branch for the server's (docs/sync.md, rule 11), proved by its whole chain, and told. A
    /// cache that was put back from a backup has not been there, and lowers nothing.
    pub(crate) fn after(self, there: Option<Self>, known: Option<Self>) -> Self {
        let Some(there) = there.filter(|there| there.vault == self.vault) else { return self };
        let left = known.is_some_and(|known| known.cursor == there.cursor);
        let cursor = if left || self.cursor.seq > there.cursor.seq { self.cursor } else { there.cursor };
        Self {
            vault: self.vault,
            epoch: self.epoch.max(there.epoch),
            document_version: self.document_version.max(there.document_version),
            cursor,
        }
    }
}

/// The session at the server.
pub(crate) struct SessionEntry {
    pub(crate) access: SecretString,
    /// Milliseconds since 1970, by this device's clock.
    pub(crate) expires_at: u64,
    pub(crate) refresh: SecretString,
    /// Sent with the next refresh, and again until that has been answered.
    pub(crate) refresh_id: [u8; 16],
}

impl SessionEntry {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Exposed to be stored in the keychain or sealed.
        let room = 64 + self.access.expose_secret().len() + self.refresh.expose_secret().len();
        let bytes = Writer::with_room(b"KMS1", room)
            .sized(self.access.expose_secret().as_bytes())
            .u64(self.expires_at)
            .sized(self.refresh.expose_secret().as_bytes())
            .raw(&self.refresh_id);
        Zeroizing::new(bytes.finish())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, b"KMS1")?;
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(SecretString::from).map_err(|_| Malformed);
        let access = text(reader.sized()?)?;
        let expires_at = reader.u64()?;
        let refresh = text(reader.sized()?)?;
        let refresh_id = reader.array()?;
        reader.end()?;
        Ok(Self { access, expires_at, refresh, refresh_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_entry_comes_back_whole() {
        let entry = DeviceEntry {
            account: AccountId([1; 16]),
            vault: VaultId([2; 16]),
            device: DeviceId([3; 16]),
            root: RootKey::from_bytes(2, [4; 32]),
            secret_key: SecretKey::from_bytes([5; 16]),
            recovery_auth: Some(AuthPassword::from_bytes([6; 32])),
            previous: vec![RootKey::from_bytes(1, [7; 32])],
            server: Some(Server { url: "https://example.org".into(), pin: Some([8; 32]) }),
            former: Some(Former {
                account: AccountId([9; 16]),
                vault: VaultId([10; 16]),
                root: RootKey::from_bytes(1, [11; 32]),
                secret_key: SecretKey::from_bytes([12; 16]),
            }),
        };
        let bytes = entry.encode();
        assert!(bytes.capacity() >= 300, "it never grew");
        let read = DeviceEntry::decode(&bytes).unwrap();
        assert_eq!(*read.encode(), *bytes);
        assert_eq!((read.root.epoch(), read.previous[0].expose()), (2, &[7; 32]));
        assert_eq!(read.server, entry.server);
        for cut in 0..bytes.len() {
            assert!(DeviceEntry::decode(&bytes[..cut]).is_err());
        }
    }

    fn mark(epoch: u32, document_version: u64, seq: u64, head: u8) -> Mark {
        let cursor = Cursor { seq, head: Head([head; 32]) };
        Mark { vault: VaultId([7; 16]), epoch, document_version, cursor }
    }

    #[test]
    fn a_mark_rises_and_falls_only_with_the_branch_that_this_cache_left() {
        let there = mark(2, 9, 10, 10);
        assert_eq!(mark(1, 3, 12, 12).after(Some(there), None), mark(2, 9, 12, 12));
        // An older copy of a cache: what it last knew of the mark is older, too.
        assert_eq!(mark(1, 3, 6, 6).after(Some(there), Some(mark(1, 3, 6, 6))), there);
        assert_eq!(mark(1, 3, 6, 6).after(Some(there), None), there);
        assert_eq!(mark(2, 9, 10, 99).after(Some(there), None), there, "another head at that number");
        // This cache was there, and a sync took it to the server's shorter log.
        assert_eq!(mark(2, 9, 7, 77).after(Some(there), Some(there)), mark(2, 9, 7, 77));
        assert_eq!(mark(1, 3, 6, 6).after(None, None), mark(1, 3, 6, 6));
        let another = Mark { vault: VaultId([8; 16]), ..there };
        assert_eq!(mark(1, 3, 6, 6).after(Some(another), None), mark(1, 3, 6, 6), "of another vault");
    }

    #[test]
    fn mark_and_session_come_back() {
        let mark = mark(1, 2, 3, 4);
        assert_eq!(Mark::decode(&mark.encode()), Ok(mark));
        let session =
            SessionEntry { access: "a".into(), expires_at: 5, refresh: "r".into(), refresh_id: [6; 16] };
        let bytes = session.encode();
        assert_eq!(*SessionEntry::decode(&bytes).unwrap().encode(), *bytes);
    }
}
