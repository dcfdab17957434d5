//! A screen that nobody sees, whose picture is looked at from outside: an X server that keeps it in a file.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Outcome, x_server::XServer};

/// Every so many lines one is looked at: text is higher than that.
const EVERY: usize = 6;
/// As far to the right, in bytes of four a point: a window of 1200 points in the middle of 1280 has its list until there. What
/// is right of it are the details of one key, which come when the list is there.
const LIST_ENDS: usize = 880 * 4;
/// Lengths in the head of the picture, each a 32-bit number, the higher byte first (X11/XWDFile.h).
const HEAD_LENGTH: usize = 0;
const HEIGHT: usize = 5;
const LINE_LENGTH: usize = 12;
const COLOURS: usize = 19;
/// The length of the description of one colour.
const COLOUR: usize = 12;

/// The screen. It ends with this.
pub(super) struct Screen {
    folder: PathBuf,
    picture: PathBuf,
    server: XServer,
}

impl Screen {
    /// Starts it, with what it needs in this folder.
    pub(super) fn start(folder: &Path) -> Outcome<Self> {
        // A blinking caret is a picture that never stays.
        fs::create_dir_all(folder.join("gtk-3.0"))
            .and_then(|()| {
                fs::write(folder.join("gtk-3.0/settings.ini"), "[Settings]\ngtk-cursor-blink=false\n")
            })
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let server = XServer::start(&["-fbdir".as_ref(), folder.as_os_str()])?;
        Ok(Self { folder: folder.into(), picture: folder.join("Xvfb_screen0"), server })
    }

    /// Makes a program show itself here.
    pub(super) fn dress(&self, command: &mut Command) {
        command.env("DISPLAY", self.server.name()).env("GDK_BACKEND", "x11").env("LANG", "en_US.UTF-8");
        command.env("XDG_CONFIG_HOME", &self.folder).env("XDG_CACHE_HOME", self.folder.join("cache"));
    }

    /// Some lines of the picture that is there now.
    pub(super) fn look(&self) -> Outcome<Vec<u8>> {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&self.picture)?;
            let mut head = [0; 100];
            file.read_exact(&mut head)?;
            let member = |index: usize| {
                let bytes = head[index * 4..].first_chunk().copied().unwrap_or_default();
                u32::from_be_bytes(bytes) as usize
            };
            let (begin, line) = (member(HEAD_LENGTH) + member(COLOURS) * COLOUR, member(LINE_LENGTH));
            let mut lines = vec![0; member(HEIGHT).div_ceil(EVERY) * LIST_ENDS];
            for (index, place) in lines.chunks_exact_mut(LIST_ENDS).enumerate() {
                file.seek(SeekFrom::Start((begin + index * EVERY * line) as u64))?;
                file.read_exact(place)?;
            }
            Ok(lines)
        };
        read().map_err(|error| format!("{}: {error}", self.picture.display()))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_dark_screen_is_read_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let lines = Screen::start(folder.path()).unwrap().look().unwrap();
        assert_eq!(lines.len(), 800_usize.div_ceil(EVERY) * LIST_ENDS);
        assert!(lines.iter().all(|byte| *byte == 0), "a wrong offset reads what is no picture");
    }
}
