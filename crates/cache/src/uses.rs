//! Uses: what reads leave behind for the activity, in a file beside the database.
//!
//! Whoever reads a secret waits for no disk, and for nobody who writes. So a read adds a line to a file, and a later
//! transaction takes the lines over. A line that a crash tore is skipped: what is lost is that something was read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};

use keymoor_protocol::{Envelope, base64url};

use crate::activity::Entry;
use crate::cache::Cache;
use crate::error::Error;
use crate::files;
use crate::transaction::Change;

/// Bytes from which on the lines should be taken over.
const LONG: u64 = 128 * 1024;
/// The setting that holds the last line that was taken over, should it be there still.
const TAKEN: &str = "uses.taken";

impl Cache {
    /// Adds an entry, with one write at the end of a file. Returns whether there are so many that they should be taken over.
    ///
    /// # Errors
    /// When the disk refuses it. Nothing but the entry is lost then.
    pub fn add_use(&self, at: u64, entry: &Envelope) -> Result<bool, Error> {
        let mut file = files::open_uses(self.dir(), OpenOptions::new().append(true).create(true))?;
        file.lock()?; // held by others for as long as a write takes
        file.write_all(format!("{at} {}\n", base64url::encode(entry.as_bytes())).as_bytes())?;
        Ok(file.metadata()?.len() > LONG)
    }

    /// The entries that wait to be taken over, oldest first.
    ///
    /// # Errors
    /// When they are there and cannot be read.
    pub fn uses(&mut self) -> Result<Vec<Entry>, Error> {
        let Some(mut file) = absent(files::open_uses(self.dir(), OpenOptions::new().read(true)))? else {
            return Ok(Vec::new());
        };
        file.lock_shared()?;
        let text = read(&mut file)?;
        drop(file);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let taken = self.read(|view| view.setting(TAKEN))?;
        Ok(entries(&text, taken.as_deref()))
    }

    /// Has `f` take the entries over in one write transaction. Afterwards they are gone from the file. If there are none,
    /// nothing happens.
    ///
    /// # Errors
    /// What `f` returns, and as [`Cache::write`]; the entries stay.
    pub fn take_uses<E: From<Error>>(
        &mut self,
        f: impl FnOnce(&mut Change<'_>, &[Entry]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut options = OpenOptions::new();
        let Some(mut file) = absent(files::open_uses(self.dir(), options.read(true).write(true)))? else {
            return Ok(());
        };
        if file.metadata().map_err(Error::from)?.len() == 0 {
            return Ok(());
        }
        self.write(|change| {
            // Locked in here: whoever reads a secret waits while it is taken over, and not for others that write.
            file.lock().map_err(Error::from)?;
            let text = read(&mut file)?;
            let Some(last) = text.lines().last() else { return Ok(()) };
            let waiting = entries(&text, change.setting(TAKEN)?.as_deref());
            change.set_setting(TAKEN, last.as_bytes())?;
            f(change, &waiting)
        })?;
        // After a crash before this they are known by the last of them.
        file.set_len(0).map_err(Error::from)?;
        Ok(())
    }
}

fn entries(text: &str, taken: Option<&[u8]>) -> Vec<Entry> {
    let lines: Vec<&str> = text.lines().collect();
    let taken = taken.and_then(|taken| lines.iter().position(|line| line.as_bytes() == taken));
    lines[taken.map_or(0, |last| last + 1)..].iter().filter_map(|line| entry(line)).collect()
}

fn entry(line: &str) -> Option<Entry> {
    let (at, sealed) = line.split_once(' ')?;
    Some(Entry { id: 0, at: at.parse().ok()?, bytes: base64url::decode(sealed).ok()? })
}

fn read(file: &mut File) -> Result<String, Error> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    // What is no text is a line that nothing can be read from.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn absent(opened: Result<File, io::Error>) -> Result<Option<File>, Error> {
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
