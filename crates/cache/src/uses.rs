//! Uses: what reads leave behind for the activity, in a file beside the database.
//!
//! Whoever reads a secret waits for no disk, and for nobody who writes. So a read adds a line to a file, and a later
//! transaction takes the lines over. A line that a crash tore is skipped: what is lost is that something was read. Each line
//! ends in a link that names it and the one before it, as far as whoever has the keys gives one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use keymoor_protocol::{Envelope, base64url};

use crate::activity::Entry;
use crate::cache::Cache;
use crate::error::Error;
use crate::files;
use crate::transaction::{Change, View};

/// Bytes from which on the lines should be taken over.
const LONG: u64 = 128 * 1024;
/// Bytes at the end of the file in which the last line should be.
const TAIL: u64 = 4 * 1024;
/// The setting that holds the last line that was taken over, should it be there still.
const TAKEN: &str = "uses.taken";

impl Cache {
    /// Adds an entry, with one write at the end of a file. `link` is given the link of the last line that waits there, and
    /// the cache as it is meanwhile. Returns whether there are so many that they should be taken over.
    ///
    /// # Errors
    /// What `link` returns, and when the disk refuses it. Nothing but the entry is lost then.
    pub fn add_use<E: From<Error>>(
        &mut self,
        at: u64,
        entry: &Envelope,
        link: impl FnOnce(&View<'_>, Option<[u8; 32]>) -> Result<[u8; 32], E>,
    ) -> Result<bool, E> {
        let mut options = OpenOptions::new();
        let file = files::open_uses(self.dir(), options.read(true).append(true).create(true));
        let mut file = file.map_err(Error::from)?;
        file.lock().map_err(Error::from)?; // held by others for as long as a write takes
        let (last, torn) = last(&mut file)?;
        let link = self.read(|view| link(view, last))?;
        // What a full disk cut off must not run into this.
        let before = if torn { "\n" } else { "" };
        let (entry, link) = (base64url::encode(entry.as_bytes()), base64url::encode(&link));
        let line = format!("{before}{at} {entry} {link}\n");
        file.write_all(line.as_bytes()).map_err(Error::from)?;
        Ok(file.metadata().map_err(Error::from)?.len() > LONG)
    }

    /// The entries that wait to be taken over, oldest first.
    ///
    /// # Errors
    /// When they are there and cannot be read.
    pub fn uses(&mut self) -> Result<Vec<Entry>, Error> {
        let Some(mut file) = absent(files::open_uses(self.dir(), OpenOptions::new().read(true)))? else {
            return Ok(Vec::new());
        };
        file.lock_shared()?; // until it is known which of them were taken over
        let text = read(&mut file)?;
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
    // One of before has no link.
    let (sealed, link) = sealed.split_once(' ').map_or((sealed, None), |(sealed, link)| (sealed, Some(link)));
    let link = link.map(|link| base64url::decode(link).ok()?.try_into().ok());
    let link = if let Some(link) = link { Some(link?) } else { None };
    Some(Entry { id: 0, at: at.parse().ok()?, bytes: base64url::decode(sealed).ok()?, link })
}

/// The link of the last line that has one, and whether something follows that is not a whole line.
fn last(file: &mut File) -> Result<(Option<[u8; 32]>, bool), Error> {
    let length = file.metadata()?.len();
    for from in [length.saturating_sub(TAIL), 0] {
        file.seek(SeekFrom::Start(from))?;
        let text = read(file)?;
        let torn = !text.is_empty() && !text.ends_with('\n');
        // The first of them may have been cut here.
        let lines: Vec<&str> = text.lines().skip(usize::from(from > 0)).collect();
        match lines.iter().rev().find_map(|line| entry(line)?.link) {
            None if from > 0 => {}
            found => return Ok((found, torn)),
        }
    }
    Ok((None, false))
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
