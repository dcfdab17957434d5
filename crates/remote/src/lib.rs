//! Home 3 seen from a device: the client of the sync API.
//!
//! Sealed side: it moves records and cannot open them. Every call blocks until the server has answered or the time for
//! it is over; nothing is retried here, since only the caller knows what a lost answer means.
//!
//! The HTTP client is `ureq`, not `reqwest`: it starts no thread and no hidden runtime, and it counts its time limits by
//! read and write, so that a large body may take long and a silent server may not. It also starts a little quicker:
//! client and one request over loopback took 0.31 ms against 0.43 ms (the latter with a TLS configuration, which plain
//! HTTP does not need here), the whole process 1.9 ms against 2.1 ms, of which an empty process took 1.5 ms; over pinned
//! TLS it is 1.0 ms. A pinned certificate gets in by ureq's pluggable transport, which may change with any minor
//! version: hence the tilde in the workspace's `Cargo.toml`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod address;
mod authorised;
mod certificate;
mod error;
mod events;
mod exchange;
mod remote;
mod transport;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod testing;

pub use authorised::Authorised;
pub use error::Error;
pub use events::{HangUp, Heard, Listener};
pub use remote::Remote;
