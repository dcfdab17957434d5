//! Standard input, read once, bounded, into a buffer that never moves.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read},
};

use zeroize::Zeroizing;

use super::{Bytes, InputError};

/// Whether a person types into standard input.
pub(crate) fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// All of standard input but one final newline: at most `limit` bytes.
pub(crate) fn from_standard_input(limit: usize) -> Result<Bytes, InputError> {
    bounded(&mut standard_input().map_err(|_| InputError::Unreadable)?, limit)
}

/// Everything that comes but one final newline (`\n` or `\r\n`): at most `limit` bytes.
pub(super) fn bounded(from: &mut impl Read, limit: usize) -> Result<Bytes, InputError> {
    // Room for the newline and for one byte that shows that there are too many.
    let mut bytes: Bytes = Zeroizing::new(vec![0; limit + 3]);
    let mut length = 0;
    while length < bytes.len() {
        match from.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(InputError::Unreadable),
        }
    }
    bytes.truncate(length);
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    if bytes.len() > limit { Err(InputError::TooLarge) } else { Ok(bytes) }
}

/// Not through `io::stdin()`: its buffer would keep a copy.
#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn standard_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    io::stdin().as_handle().try_clone_to_owned().map(File::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[u8]) -> Result<Vec<u8>, InputError> {
        bounded(&mut &given[..], 4).map(|bytes| bytes.to_vec())
    }

    #[test]
    fn one_final_newline_is_dropped() {
        for (given, expected) in [
            ("ab", "ab"),
            ("ab\n", "ab"),
            ("ab\r\n", "ab"),
            ("ab\n\n", "ab\n"),
            ("ab\r", "ab\r"),
            ("\n", ""),
            ("", ""),
        ] {
            assert_eq!(read(given.as_bytes()).unwrap(), expected.as_bytes(), "{given:?}");
        }
    }

    #[test]
    fn the_limit_counts_without_the_newline() {
        assert_eq!(read(b"abcd\r\n").unwrap(), b"abcd");
        assert_eq!(read(b"abcde"), Err(InputError::TooLarge));
        assert_eq!(read(b"abcdefghijklm"), Err(InputError::TooLarge));
        assert_eq!(read(b"abcd\n\n\n\n"), Err(InputError::TooLarge));
    }
}
