//! Data goes to standard output, everything else to standard error.

mod argument;
mod escape;
mod number;
mod table;
mod time;

use std::io::{self, Write as _};

use serde::Serialize;
use zeroize::Zeroizing;

pub(crate) use argument::{argument, quoted};
pub(crate) use escape::{lines, plain};
pub(crate) use keymoor_vault::rfc3339;
pub(crate) use number::{counted, grouped};
pub(crate) use table::table;
pub(crate) use time::{date, expiry, minute, now};

use crate::words::Failure;

/// Prints data.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Output)
}

/// Prints data as JSON, with a newline.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Output(error.into()))?;
    data(&(text + "\n"))
}

/// Prints data as JSON on one line.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::Output(error.into()))?;
    data(&(text + "\n"))
}

/// Prints one secret and a newline, or no newline if `raw`. One write, without a buffer that would keep a copy.
pub(crate) fn secret(secret: &str, raw: bool) -> Result<(), Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(secret.len() + 1));
    bytes.extend_from_slice(secret.as_bytes());
    if !raw {
        bytes.push(b'\n');
    }
    unbuffered(&bytes).map_err(Failure::Output)
}

/// Says something to the person, on standard error.
pub(crate) fn say(text: impl std::fmt::Display) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(unix)]
fn unbuffered(bytes: &[u8]) -> io::Result<()> {
    use std::{fs::File, os::fd::AsFd as _};

    File::from(io::stdout().as_fd().try_clone_to_owned()?).write_all(bytes)
}

#[cfg(not(unix))]
fn unbuffered(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush())
}
