//! Small files with secrets in them: a password, a kit.

use std::{fs::File, io::Read as _, path::Path};

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::words::Failure;

/// A kit is one printed page; a password file has one line that counts.
const LIMIT: u64 = 64 * 1024;

/// Why a file could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileError {
    /// It is not there.
    Missing,
    /// This user may not read it.
    Forbidden,
    /// It could not be read.
    Unreadable,
    /// It is too large to be what was asked for.
    TooLarge,
    /// It is not text.
    NotText,
    /// Its first line is empty.
    Empty,
}

/// The whole text of the file.
pub(crate) fn text(path: &Path) -> Result<Zeroizing<String>, Failure> {
    read(path).map_err(|error| Failure::File { path: path.to_owned(), error })
}

/// The first line of the file, without its newline.
pub(crate) fn first_line(path: &Path) -> Result<SecretString, Failure> {
    let text = text(path)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(SecretString::from(line)),
        _ => Err(Failure::File { path: path.to_owned(), error: FileError::Empty }),
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, FileError> {
    text_of(File::open(path).map_err(|error| FileError::from(error.kind()))?)
}

impl From<std::io::ErrorKind> for FileError {
    fn from(kind: std::io::ErrorKind) -> Self {
        match kind {
            std::io::ErrorKind::NotFound => Self::Missing,
            std::io::ErrorKind::PermissionDenied => Self::Forbidden,
            _ => Self::Unreadable,
        }
    }
}

/// The whole text of an open file.
pub(crate) fn text_of(file: File) -> Result<Zeroizing<String>, FileError> {
    // The capacity from the start: a buffer that grows leaves copies behind. It may be a pipe, so its size is no guide.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT as usize + 64));
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|_| FileError::Unreadable)?;
    if bytes.len() as u64 > LIMIT {
        return Err(FileError::TooLarge);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| FileError::NotText)?;
    Ok(Zeroizing::new(text.to_owned()))
}
