//! Home 2: the SQLite copy on this disk, with its outbox.
//!
//! Sealed side: the rows hold sealed bytes, and nothing here can open them. The rules of sync are the vault's; this crate
//! offers the transactions that they need. [`Cache::read`] sees one moment, [`Cache::write`] happens whole or not at all
//! and returns when it is on the disk. Any number of processes may work on one cache at the same time.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod activity;
mod buckets;
mod cache;
mod care;
mod connection;
mod device;
mod device_records;
mod error;
mod files;
mod history;
mod log;
mod mirror;
mod names;
mod outgoing;
mod records;
mod rows;
mod salvage;
mod schema;
mod staging;
mod tombstones;
mod transaction;
mod uses;
mod visit;

pub use activity::{Entry as ActivityEntry, KEEP_ENTRIES, KEEP_ENTRIES_MS};
pub use cache::Cache;
pub use care::{Alarm, Quarantined};
pub use device::Device;
pub use error::Error;
pub use history::{KEEP_COUNT, KEEP_MS, Past};
pub use names::NameRow;
pub use outgoing::Outgoing;
pub use records::{Base, Current, Draft, Kept, KeptLayer, Tag, Tags};
pub use salvage::Salvage;
pub use tombstones::Tombstone;
pub use transaction::{Change, Moment, View};
pub use uses::UsesMark;
pub use visit::{CurrentRow, MetaRow};
