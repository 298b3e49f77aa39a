//! A terminal for a forge under test: keys can be typed, its window has a size, it can be closed.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{Termios, tcgetattr};

nix::ioctl_write_ptr_bad!(write_window_size, libc::TIOCSWINSZ, libc::winsize);

/// The side of a pty on which a person sits.
pub(crate) struct Terminal {
    master: PtyMaster,
    device: OsString,
}

impl Terminal {
    /// Opens one with a window of this size. Nothing of it leaks into other programs that start meanwhile.
    pub(crate) fn new(columns: u16, rows: u16) -> Terminal {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a pty is free");
        grantpt(&master).expect("a new pty can be granted");
        unlockpt(&master).expect("a new pty can be unlocked");
        let device = ptsname_r(&master).expect("a pty has a name").into();
        let terminal = Terminal { master, device };
        terminal.resize(columns, rows);
        terminal
    }

    /// Opens the side for programs.
    pub(crate) fn device(&self) -> File {
        let flags = libc::O_NOCTTY | libc::O_CLOEXEC;
        OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(&self.device)
            .expect("the pty is open")
    }

    /// Returns a second handle on the person's side, to read from.
    pub(crate) fn screen(&self) -> File {
        File::from(self.master.as_fd().try_clone_to_owned().expect("a descriptor is free"))
    }

    /// Presses keys.
    pub(crate) fn types(&self, keys: &[u8]) {
        let mut rest = keys;
        while !rest.is_empty() {
            let count = nix::unistd::write(&self.master, rest).expect("the terminal takes keys");
            rest = &rest[count..];
        }
    }

    /// Gives the window another size; the kernel tells those in the foreground with SIGWINCH.
    #[expect(unsafe_code, reason = "nix has no safe call for the window size")]
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the kernel only reads the `winsize` that it is given.
        unsafe { write_window_size(self.master.as_raw_fd(), &raw const size) }.expect("a pty has a size");
    }

    /// Returns how the line discipline is set.
    pub(crate) fn settings(&self) -> Termios {
        tcgetattr(&self.master).expect("a pty has settings")
    }
}

/// Makes the calling process the leader of a session of its own whose terminal is its stdin. Runs between fork
/// and exec.
#[expect(unsafe_code, reason = "TIOCSCTTY")]
pub(crate) fn take_as_controlling() -> io::Result<()> {
    nix::unistd::setsid()?;
    // SAFETY: the request takes a plain number and touches no memory.
    match unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
