//! The clipboard: read for `--clipboard`, and lent for 30 seconds by `copy`.
//!
//! On X11 and Wayland what is copied dies with the process that owns it, so a child holds it: this same program, started
//! again under a hidden command. It gets the secret through a pipe, never as an argument or a variable, leaves the
//! terminal's session, and clears the clipboard in the end, if what lies there is still what it put there. Clipboard
//! histories are told not to keep it. The same child does the same on the other systems.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    process::{Command, ExitCode, Stdio},
    thread,
    time::Duration,
};

use arboard::Clipboard;
#[cfg(target_os = "macos")]
use arboard::SetExtApple as _;
#[cfg(all(unix, not(target_os = "macos")))]
use arboard::SetExtLinux as _;
#[cfg(windows)]
use arboard::SetExtWindows as _;
use keymoor_protocol::limits::BYTES_A_CREDENTIAL;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// The hidden command under which the child starts.
pub(crate) const HOLD: &str = "hold-clipboard";

/// How long a copied secret stays.
pub(crate) const HELD_FOR: Duration = Duration::from_secs(30);

/// Why the clipboard could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClipboardError {
    /// There is no display, or it cannot be reached, or it has no clipboard.
    NoDisplay,
    /// It holds no text.
    NoText,
    /// Another program has it open.
    Busy,
    /// It failed in another way.
    Failed,
}

/// The text of the clipboard, to be taken as a secret.
pub(crate) fn read() -> Result<Zeroizing<String>, ClipboardError> {
    open()?.get_text().map(Zeroizing::new).map_err(|error| reason(&error))
}

/// Hands the secret to a child that holds it; returns when it lies on the clipboard.
pub(crate) fn lend(secret: &SecretString) -> Result<(), ClipboardError> {
    if !has_display() {
        return Err(ClipboardError::NoDisplay);
    }
    let failed = |_: io::Error| ClipboardError::Failed;
    let mut child = Command::new(env::current_exe().map_err(failed)?)
        .arg(HOLD)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(ClipboardError::Failed);
    };
    // Exposed to go through the pipe. A child that gave up before reading says why.
    let _ = to.write_all(secret.expose_secret().as_bytes());
    drop(to);
    let mut said = String::new();
    BufReader::new(from).read_line(&mut said).map_err(failed)?;
    match said.trim_end() {
        "held" => Ok(()),
        "no display" => Err(ClipboardError::NoDisplay),
        "busy" => Err(ClipboardError::Busy),
        _ => Err(ClipboardError::Failed),
    }
}

/// The child's whole life.
pub(crate) fn hold() -> ExitCode {
    crate::process::outlive_terminal();
    match hold_for(HELD_FOR) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(match error {
                ClipboardError::NoDisplay => "no display",
                ClipboardError::Busy => "busy",
                ClipboardError::NoText | ClipboardError::Failed => "failed",
            });
            ExitCode::FAILURE
        }
    }
}

fn hold_for(time: Duration) -> Result<(), ClipboardError> {
    let mut secret = Zeroizing::new(String::with_capacity(BYTES_A_CREDENTIAL));
    io::stdin().lock().read_to_string(&mut secret).map_err(|_| ClipboardError::Failed)?;
    let mut clipboard = open()?;
    clipboard.set().exclude_from_history().text(secret.as_str()).map_err(|error| reason(&error))?;
    tell("held");
    thread::sleep(time);
    let now = clipboard.get_text().map(Zeroizing::new);
    if now.is_ok_and(|now| *now == *secret) {
        clipboard.clear().map_err(|error| reason(&error))?;
    }
    Ok(())
}

fn tell(word: &str) {
    // The parent may be gone; the clipboard is cleared all the same.
    let _ = writeln!(io::stdout(), "{word}");
}

fn open() -> Result<Clipboard, ClipboardError> {
    if !has_display() {
        return Err(ClipboardError::NoDisplay);
    }
    // Without a display that answers there is nothing that could be opened.
    Clipboard::new().map_err(|_| ClipboardError::NoDisplay)
}

fn has_display() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || set("WAYLAND_DISPLAY") || set("DISPLAY")
}

/// Translated by variant: the text of a foreign error could quote what lies on the clipboard.
fn reason(error: &arboard::Error) -> ClipboardError {
    match error {
        arboard::Error::ContentNotAvailable | arboard::Error::ConversionFailure => ClipboardError::NoText,
        arboard::Error::ClipboardNotSupported => ClipboardError::NoDisplay,
        arboard::Error::ClipboardOccupied => ClipboardError::Busy,
        _ => ClipboardError::Failed,
    }
}
