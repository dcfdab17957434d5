//! The kernel's word that the cache's log was written.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::Errno;

pub(super) struct Inotify {
    told: OwnedFd,
    wake: Arc<OwnedFd>,
}

impl Inotify {
    /// `None` where the kernel gives no more of these; the directory is then looked at now and then.
    pub(super) fn begin(dir: &Path) -> Option<Self> {
        let inotify = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
        let files = WatchFlags::MODIFY | WatchFlags::MOVED_FROM | WatchFlags::MOVED_TO | WatchFlags::DELETE;
        add_watch(&inotify, dir, files | WatchFlags::MOVE_SELF | WatchFlags::DELETE_SELF).ok()?;
        let wake = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC).ok()?;
        Some(Self { told: inotify, wake: Arc::new(wake) })
    }

    /// What ends a wait from another thread.
    pub(super) fn wake(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.wake)
    }

    /// Waits at most so long; whether the database or its log was written. `None`: it does not work any more.
    pub(super) fn wait(&self, longest: Duration) -> Option<bool> {
        let mut fds = [PollFd::new(&self.told, PollFlags::IN), PollFd::new(&self.wake, PollFlags::IN)];
        let longest = Timespec::try_from(longest).ok()?;
        match poll(&mut fds, Some(&longest)) {
            Ok(0) | Err(Errno::INTR) => return Some(false),
            Ok(_) => {}
            Err(_) => return None,
        }
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(self.told.as_fd(), &mut buffer);
        let mut written = false;
        loop {
            match reader.next() {
                // Locks lie there, too, and the index of the log, which readers write.
                Ok(event) => {
                    let name = event.file_name().map(CStr::to_bytes);
                    written |= matches!(name, None | Some(b"keymoor.db" | b"keymoor.db-wal"));
                }
                Err(Errno::WOULDBLOCK) => return Some(written),
                Err(Errno::INTR) => {}
                Err(_) => return None,
            }
        }
    }
}
