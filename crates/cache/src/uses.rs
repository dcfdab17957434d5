//! Uses: what reads leave behind for the activity, in a file beside the database.
//!
//! Whoever reads a secret waits for no disk, and for nobody who writes. So a read adds a line to a file, and a later
//! transaction takes the lines over. A line that was torn is no line: what is lost is that something was read. Each line
//! ends in a link that names it and the one before it, as far as whoever has the keys gives one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::time::SystemTime;

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

/// How the file of uses is. While nobody changed the cache, the same mark means the same entries: they are only added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsesMark(Option<(u64, SystemTime)>);

impl Cache {
    /// How the file of uses is now.
    pub fn uses_mark(&self) -> UsesMark {
        UsesMark(files::uses_mark(self.dir()))
    }

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
        options.read(true).write(true).create(true).truncate(false);
        let mut file = files::open_uses(self.dir(), &mut options).map_err(Error::from)?;
        file.lock().map_err(Error::from)?; // held by others for as long as a write takes
        let end = End::of(&mut file)?;
        let link = self.read(|view| link(view, end.link))?;
        if end.at < end.length {
            file.set_len(end.at).map_err(Error::from)?; // what a full disk or a crash cut off
        }
        file.seek(SeekFrom::Start(end.at)).map_err(Error::from)?;
        let before = if end.newline { "" } else { "\n" };
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
        let Some(file) = absent(files::open_uses(self.dir(), options.read(true).write(true)))? else {
            return Ok(());
        };
        if file.metadata().map_err(Error::from)?.len() == 0 {
            return Ok(());
        }
        self.take(file, false, f)
    }

    /// The same also where none waits. While `f` runs none is added, and the next one will be the first in the file.
    ///
    /// # Errors
    /// As [`Cache::take_uses`], and when the file cannot be made.
    pub fn take_all_uses<E: From<Error>>(
        &mut self,
        f: impl FnOnce(&mut Change<'_>, &[Entry]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = files::open_uses(self.dir(), &mut options).map_err(Error::from)?;
        self.take(file, true, f)
    }

    fn take<E: From<Error>>(
        &mut self,
        mut file: File,
        also_none: bool,
        f: impl FnOnce(&mut Change<'_>, &[Entry]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.write(|change| {
            // Locked in here: whoever reads a secret waits while it is taken over, and not for others that write.
            file.lock().map_err(Error::from)?;
            let text = read(&mut file)?;
            let waiting = entries(&text, change.setting(TAKEN)?.as_deref());
            match lines(&text).last() {
                Some(last) => {
                    // After a power cut the last of them has to be there, too: they are known by it.
                    file.sync_data().map_err(Error::from)?;
                    change.set_setting(TAKEN, last.as_bytes())?;
                }
                None if also_none => {}
                None => return Ok(()),
            }
            f(change, &waiting)
        })?;
        // After a crash before this they are known by the last of them.
        file.set_len(0).map_err(Error::from)?;
        Ok(())
    }
}

/// The whole lines. What was cut off is none, unless it lacks no more than its newline: its link is all there then.
fn lines(text: &str) -> Vec<&str> {
    let (whole, rest) = text.split_at(text.rfind('\n').map_or(0, |end| end + 1));
    let rest = Some(rest).filter(|rest| entry(rest).is_some_and(|entry| entry.link.is_some()));
    whole.lines().chain(rest).collect()
}

fn entries(text: &str, taken: Option<&[u8]>) -> Vec<Entry> {
    let lines = lines(text);
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

/// Where the next line goes.
struct End {
    length: u64,
    /// Behind the last whole line.
    at: u64,
    /// Whether that has its newline.
    newline: bool,
    /// The link of the last whole line that has one.
    link: Option<[u8; 32]>,
}

impl End {
    fn of(file: &mut File) -> Result<Self, Error> {
        let length = file.metadata()?.len();
        for from in [length.saturating_sub(TAIL), 0] {
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let newline = bytes.iter().rposition(|byte| *byte == b'\n').map(|last| last + 1);
            if newline.is_none() && from > 0 {
                continue;
            }
            // In bytes, since what is torn may be no text.
            let (whole, rest) = bytes.split_at(newline.unwrap_or(0));
            if let Some(link) = entry(&String::from_utf8_lossy(rest)).and_then(|entry| entry.link) {
                return Ok(Self { length, at: length, newline: false, link: Some(link) });
            }
            let whole_text = String::from_utf8_lossy(whole);
            // The first of them may have been cut here.
            let mut lines =
                whole_text.lines().skip(usize::from(from > 0)).collect::<Vec<_>>().into_iter().rev();
            let link = lines.find_map(|line| entry(line)?.link);
            if link.is_some() || from == 0 {
                return Ok(Self { length, at: from + whole.len() as u64, newline: true, link });
            }
        }
        Ok(Self { length, at: 0, newline: true, link: None })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_cut_off_leaves_the_whole_lines_and_their_link() {
        let (sealed, link) = (base64url::encode(&[9; 200]), |n| base64url::encode(&[n; 32]));
        let text: String = [1, 2, 3].map(|n| format!("{n} {sealed} {}\n", link(n))).concat();
        let first = text.find('\n').unwrap() + 1;
        let dir = tempfile::tempdir().unwrap();
        for length in 0..=text.len() {
            let whole = (length + 1) / first; // lacking no more than the newline
            let there = entries(&text[..length], None);
            assert_eq!(
                there.iter().map(|entry| entry.at).collect::<Vec<_>>(),
                [1, 2, 3][..whole],
                "{length}"
            );
            assert!(there.iter().all(|entry| entry.link.is_some()), "{length}");
            std::fs::write(dir.path().join("uses"), &text[..length]).unwrap();
            let end = End::of(&mut File::open(dir.path().join("uses")).unwrap()).unwrap();
            assert_eq!(end.link, there.last().and_then(|entry| entry.link), "{length}");
            let at = if length + 1 == whole * first { length } else { whole * first };
            assert_eq!((end.at, end.newline), (at as u64, at != length || length % first == 0), "{length}");
        }
    }
}
