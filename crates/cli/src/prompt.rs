//! A hidden prompt on the terminal: what is typed or pasted is not shown.

#[cfg(unix)]
mod terminal;

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use zeroize::Zeroizing;

/// Why nothing was entered.
#[derive(Debug)]
pub(crate) enum PromptError {
    /// There is no terminal to ask on.
    NoTerminal,
    /// Ctrl-C or Ctrl-D.
    Cancelled,
    /// More than the limit was entered.
    TooLong,
    /// Several lines came at once from a terminal that does not mark what is pasted; where they end cannot be told.
    SeveralLines,
    /// The terminal failed.
    Io,
}

/// What may be entered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// One line: a password.
    Line,
    /// A line, or a paste of many lines: a key. One final newline of the paste is dropped.
    Paste,
}

/// Asks a question that only a typed "yes" answers. Without a terminal on standard input, the answer is no.
pub(crate) fn confirmed(question: &str) -> bool {
    if !io::stdin().is_terminal() || write!(io::stderr(), "{question} (yes or no) ").is_err() {
        return false;
    }
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim().eq_ignore_ascii_case("yes")
}

/// Asks for a line that is no secret, and is shown as it is typed. `None`: nothing came.
pub(crate) fn line(question: &str) -> Option<String> {
    write!(io::stderr(), "{question}").ok()?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim().to_owned())
}

/// The same where nobody needs to be asked: without a terminal on standard input, the answer is yes.
pub(crate) fn agreed(question: &str) -> bool {
    !io::stdin().is_terminal() || confirmed(question)
}

/// From now on somebody else listens to signals: no question follows.
#[cfg(unix)]
pub(crate) fn done_with_signals() {
    terminal::done_with_signals();
}

/// Asks, and returns the bytes as they came: at most `limit`, in a buffer that never moved.
#[cfg(unix)]
pub(crate) fn hidden(question: &str, entry: Entry, limit: usize) -> Result<Zeroizing<Vec<u8>>, PromptError> {
    terminal::ask(&terminal::find().ok_or(PromptError::NoTerminal)?, question, entry, limit)
}

/// Asks, and returns the bytes as they came: at most `limit`, on one line.
#[cfg(windows)]
pub(crate) fn hidden(question: &str, _entry: Entry, limit: usize) -> Result<Zeroizing<Vec<u8>>, PromptError> {
    let text = rpassword::prompt_password(question).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => PromptError::NoTerminal,
        std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::Interrupted => PromptError::Cancelled,
        _ => PromptError::Io,
    })?;
    let bytes = Zeroizing::new(text.into_bytes());
    if bytes.len() > limit { Err(PromptError::TooLong) } else { Ok(bytes) }
}
