//! The hidden prompt on Unix. The terminal's own line editing takes 4,095 bytes and one line; a service account's JSON
//! is longer and has many, so keys are read one by one, and a bracketed paste is taken whole.

mod mute;

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _},
    os::fd::AsFd as _,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    termios::{QueueSelector, tcflush},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Entry, PromptError};
use mute::Mute;
pub(super) use mute::done_with_signals;

const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const BACKSPACE: u8 = 8;
const CTRL_U: u8 = 21;
const ESCAPE: u8 = 27;
const DELETE: u8 = 127;

/// What a terminal sends around a paste, after the escape.
const PASTE_BEGINS: &[u8] = b"[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// Bytes of one key or one paste follow each other faster than this; people do not type that fast.
const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 30_000_000 };

/// A refused paste has ended when nothing came for so long.
const QUIET: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
/// The same before the mark of its end was seen: a connection may stall.
const STALLED: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };
/// Nobody waits longer for a terminal that never falls silent.
const LONGEST: Duration = Duration::from_secs(30);

/// Standard input if it is a terminal, or else the one that this process belongs to.
pub(super) fn find() -> Option<File> {
    let input = io::stdin();
    if input.is_terminal() {
        return input.as_fd().try_clone_to_owned().ok().map(File::from);
    }
    File::options().read(true).write(true).open("/dev/tty").ok()
}

pub(super) fn ask(
    terminal: &File,
    question: &str,
    entry: Entry,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, PromptError> {
    let mute = Mute::begin(terminal, question)?;
    let entered = Zeroizing::new(Vec::with_capacity(limit + PASTE_ENDS.len()));
    let mut reading = Reading { terminal, entered, limit, in_paste: false };
    let done = reading.read(entry);
    if done.is_err() {
        drop_the_rest(terminal, reading.in_paste.then_some(&reading.entered));
    }
    drop(mute);
    done.map(|()| reading.entered)
}

/// Reads and drops what the terminal still sends: until it is quiet, and until the end of a paste of which `begun` was
/// read. The rest of a refused paste would otherwise be run by the shell, line by line.
fn drop_the_rest(terminal: &File, begun: Option<&Zeroizing<Vec<u8>>>) {
    let late = Instant::now() + LONGEST;
    let mut in_paste = begun.is_some();
    let mut held = Zeroizing::new([0; 4096]);
    // Of the bytes before, as many as the mark of the end may have begun with.
    let tail = begun.map_or(&[][..], |begun| &begun[begun.len().saturating_sub(PASTE_ENDS.len() - 1)..]);
    let mut kept = tail.len();
    held[..kept].copy_from_slice(tail);
    while Instant::now() < late && ready(terminal, if in_paste { &STALLED } else { &QUIET }) {
        let mut terminal = terminal;
        let read = match terminal.read(&mut held[kept..]) {
            Ok(0) | Err(_) => break,
            Ok(read) => kept + read,
        };
        if held[..read].windows(PASTE_ENDS.len()).any(|window| window == PASTE_ENDS) {
            in_paste = false;
        }
        let from = read.saturating_sub(PASTE_ENDS.len() - 1);
        held.copy_within(from..read, 0);
        kept = read - from;
    }
    let _ = tcflush(terminal, QueueSelector::IFlush);
}

fn ready(terminal: &File, within: &Timespec) -> bool {
    poll(&mut [PollFd::new(terminal, PollFlags::IN)], Some(within)).is_ok_and(|count| count > 0)
}

struct Reading<'t> {
    terminal: &'t File,
    entered: Zeroizing<Vec<u8>>,
    limit: usize,
    /// Between the two marks of a paste.
    in_paste: bool,
}

impl Reading<'_> {
    fn read(&mut self, entry: Entry) -> Result<(), PromptError> {
        loop {
            match self.key()? {
                b'\n' | b'\r' if entry == Entry::Paste && self.more() => {
                    return Err(PromptError::SeveralLines);
                }
                b'\n' | b'\r' => return Ok(()),
                CTRL_C => return Err(PromptError::Cancelled),
                CTRL_D if self.entered.is_empty() => return Err(PromptError::Cancelled),
                CTRL_D => return Ok(()),
                CTRL_U => self.entered.zeroize(),
                BACKSPACE | DELETE => self.erase_character(),
                ESCAPE => self.sequence()?,
                key if key < b' ' => {}
                key => self.push(key)?,
            }
        }
    }

    fn key(&mut self) -> Result<u8, PromptError> {
        let mut key = Zeroizing::new([0]);
        loop {
            match self.terminal.read(&mut key[..]) {
                Ok(0) => return Err(PromptError::Cancelled),
                Ok(_) => return Ok(key[0]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(PromptError::Io),
            }
        }
    }

    fn more(&self) -> bool {
        ready(self.terminal, &AT_ONCE)
    }

    fn push(&mut self, byte: u8) -> Result<(), PromptError> {
        if self.entered.len() >= self.limit {
            return Err(PromptError::TooLong);
        }
        self.entered.push(byte);
        Ok(())
    }

    fn erase_character(&mut self) {
        while self.entered.pop().is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {}
    }

    /// After an escape: the beginning of a paste, an arrow key and its like, or the key alone.
    fn sequence(&mut self) -> Result<(), PromptError> {
        let mut sequence = Vec::with_capacity(8);
        while self.more() {
            sequence.push(self.key()?);
            match sequence[..] {
                [b'['] | [b'O'] => {}
                [_, .., last] if last < b'@' => {}
                _ => break,
            }
        }
        if sequence == PASTE_BEGINS { self.paste() } else { Ok(()) }
    }

    fn paste(&mut self) -> Result<(), PromptError> {
        self.in_paste = true;
        let start = self.entered.len();
        while !self.entered[start..].ends_with(PASTE_ENDS) {
            if self.entered.len() >= self.limit + PASTE_ENDS.len() {
                return Err(PromptError::TooLong);
            }
            match self.key()? {
                b'\r' => self.entered.push(b'\n'),
                key => self.entered.push(key),
            }
        }
        self.in_paste = false;
        let end = self.entered.len() - PASTE_ENDS.len();
        self.entered.truncate(end);
        if self.entered[start..].ends_with(b"\n") {
            self.entered.pop();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, os::fd::OwnedFd, sync::Mutex, thread};

    use rustix::{
        pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
        termios::tcgetattr,
    };

    use super::*;

    /// One prompt at a time, as in the program.
    static TURN: Mutex<()> = Mutex::new(());

    /// Types into a real pseudo-terminal; returns what was entered and what the terminal showed.
    fn typed(
        chunks: &[&[u8]],
        entry: Entry,
        limit: usize,
    ) -> (Result<Zeroizing<Vec<u8>>, PromptError>, Vec<u8>) {
        let _turn = TURN.lock().unwrap();
        let master: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let mut person = File::from(master);
        let before = tcgetattr(&slave).unwrap().local_modes;
        let shown = thread::scope(|scope| {
            let mut reader = person.try_clone().unwrap();
            let asked = scope.spawn(|| ask(&slave, "Secret: ", entry, limit));
            let mut shown = vec![0; 16];
            let length = reader.read(&mut shown).unwrap();
            shown.truncate(length);
            for chunk in chunks {
                person.write_all(chunk).unwrap();
                thread::sleep(Duration::from_millis(60));
            }
            let entered = asked.join().unwrap();
            let mut rest = vec![0; 4096];
            let length = reader.read(&mut rest).unwrap();
            shown.extend_from_slice(&rest[..length]);
            (entered, shown)
        });
        assert_eq!(tcgetattr(&slave).unwrap().local_modes, before, "the terminal is as before");
        shown
    }

    fn text(entered: Result<Zeroizing<Vec<u8>>, PromptError>) -> String {
        String::from_utf8(entered.unwrap().to_vec()).unwrap()
    }

    #[test]
    fn what_is_typed_comes_back_and_is_not_shown() {
        let (entered, shown) = typed(&[b"hunter2\n"], Entry::Line, 100);
        assert_eq!(text(entered), "hunter2");
        let shown = String::from_utf8(shown).unwrap();
        assert!(shown.contains("Secret: ") && !shown.contains("hunter2"), "{shown:?}");
    }

    #[test]
    fn keys_edit_the_line() {
        let (entered, _) =
            typed(&["wrong\u{15}geh\u{e9}\u{7f}im".as_bytes(), b"\x1b[A", b"!\n"], Entry::Line, 100);
        assert_eq!(text(entered), "gehim!");
    }

    #[test]
    fn ctrl_c_gives_up() {
        assert!(matches!(typed(&[b"abc\x03"], Entry::Paste, 100).0, Err(PromptError::Cancelled)));
        assert!(matches!(typed(&[b"\x04"], Entry::Paste, 100).0, Err(PromptError::Cancelled)));
    }

    #[test]
    fn a_marked_paste_of_many_lines_is_one_secret() {
        let long = "x".repeat(9000);
        let paste = format!("\x1b[200~{{\r  \"key\": \"{long}\"\r}}\r\x1b[201~");
        let chunks: Vec<&[u8]> = paste.as_bytes().chunks(2000).chain([&b"\n"[..]]).collect();
        assert_eq!(text(typed(&chunks, Entry::Paste, 65_536).0), format!("{{\n  \"key\": \"{long}\"\n}}"));
    }

    #[test]
    fn an_unmarked_paste_of_many_lines_is_refused_and_a_password_is_its_first_line() {
        assert!(matches!(
            typed(&[b"{\n  \"a\": 1\n}\n"], Entry::Paste, 100).0,
            Err(PromptError::SeveralLines)
        ));
        assert_eq!(text(typed(&[b"first\nsecond\n"], Entry::Line, 100).0), "first");
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        assert_eq!(text(typed(&[b"12345\n"], Entry::Line, 5).0), "12345");
        assert!(matches!(typed(&[b"123456\n"], Entry::Line, 5).0, Err(PromptError::TooLong)));
        assert!(matches!(
            typed(&[b"\x1b[200~123456\x1b[201~\n"], Entry::Paste, 5).0,
            Err(PromptError::TooLong)
        ));
    }
}
