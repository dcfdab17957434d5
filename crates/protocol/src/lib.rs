//! Ids, record envelope, commit, API messages: what devices and server say to each other.
//!
//! Sealed side: nothing here can open an envelope. Formats are written by hand, big-endian and length-prefixed
//! ([`bytes`]), so that a hash or a tag is always taken over the same bytes.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
pub mod base64url;
pub mod bytes;
pub mod commit;
pub mod envelope;
pub mod ids;
pub mod keys;
pub mod limits;
pub mod opaque;
pub mod record;
pub mod state;

pub use commit::{Change, Commit, Cursor, Head, Kind, SignedCommit, Tag};
pub use envelope::{Class, Envelope, Header};
pub use ids::{AccountId, ActorId, DeviceId, RecordId, VaultId};
pub use keys::KeysDocument;
pub use record::{Digest, Record};
