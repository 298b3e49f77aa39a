//! A forge that was started: what a test does to it and waits for.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::socket::{Shutdown, shutdown};
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::census::{self, Person};
use crate::ended::{Ended, lines};
use crate::puppet::{self, Puppet};
use crate::terminal::Terminal;
use crate::watch::{DEADLINE, Known, Stream, Watch};

/// A forge that was started.
pub(crate) struct Running {
    /// Its process id.
    pub(crate) pid: i32,
    /// When it was started.
    pub(crate) began: Instant,
    /// Its terminal, where it has one.
    pub(crate) terminal: Option<Terminal>,
    /// The reading end of stdout, as long as nobody reads it.
    pub(crate) unread: Option<File>,
    /// Where puppets come in.
    pub(crate) door: UnixListener,
    /// All that is known about it.
    pub(crate) watch: Arc<Watch>,
    /// Its directory, removed at the end.
    pub(crate) place: TempDir,
}

impl Running {
    /// Waits until a line on stdout (or on the terminal) contains this. Lines are compared without their time,
    /// without colours, and without the blanks that pad the name: `web.1 | hello`.
    pub(crate) fn sees(&self, text: &str) -> &Running {
        let hope = |known: &Known| known.streams_open > 0;
        self.watch.wait_while(&format!("a line on stdout with {text:?}"), hope, |known| {
            let out = known.output.get(&Stream::Out)?;
            lines(out).iter().any(|line| line.contains(text)).then_some(())
        });
        self
    }

    /// Returns the lines of stdout and stderr that have come so far.
    pub(crate) fn lines_so_far(&self) -> Vec<String> {
        self.watch.learn(|known| known.output.values().flat_map(|bytes| lines(bytes)).collect())
    }

    /// Returns whether this stands near the end of what has come on stdout so far, which may be huge.
    pub(crate) fn said_last(&self, text: &str) -> bool {
        self.watch.learn(|known| {
            let out = known.output.get(&Stream::Out).map_or(&[][..], Vec::as_slice);
            let tail = &out[out.len().saturating_sub(1_000)..];
            tail.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }

    /// Returns whether these bytes have come on stdout, or on the terminal, so far.
    pub(crate) fn said_anywhere(&self, text: &str) -> bool {
        self.watch.learn(|known| {
            let out = known.output.get(&Stream::Out).map_or(&[][..], Vec::as_slice);
            out.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }

    /// Waits for a puppet of this name and returns it.
    pub(crate) fn puppet(&self, name: &str) -> Puppet {
        puppet::arrival(&self.watch, name)
    }

    /// Sends forge a signal.
    pub(crate) fn signal(&self, signal: Signal) -> &Running {
        if let Err(errno) = kill(Pid::from_raw(self.pid), signal) {
            self.watch.fail(&format!("{signal} to forge: {errno}"));
        }
        self
    }

    /// Sends a signal to forge's whole process group, as a terminal or a CI runner does.
    pub(crate) fn signal_to_its_group(&self, signal: Signal) -> &Running {
        if let Err(errno) = killpg(Pid::from_raw(self.pid), signal) {
            self.watch.fail(&format!("{signal} to forge's group: {errno}"));
        }
        self
    }

    /// Presses keys on forge's terminal.
    pub(crate) fn types(&self, keys: impl AsRef<[u8]>) -> &Running {
        self.terminal().types(keys.as_ref());
        self
    }

    /// Returns forge's terminal.
    pub(crate) fn terminal(&self) -> &Terminal {
        self.terminal.as_ref().expect("this forge was started on a terminal")
    }

    /// Closes the window of forge's terminal. Its screen must have been left unread.
    pub(crate) fn hangs_up(&mut self) -> &Running {
        self.unread = None;
        self.terminal = None;
        self
    }

    /// Closes the reading end of stdout, which was left unread.
    pub(crate) fn loses_its_stdout(&mut self) -> &Running {
        self.unread = None;
        self
    }

    /// Begins to read stdout, which was left unread.
    pub(crate) fn is_read_now(&mut self) -> &Running {
        if let Some(output) = self.unread.take() {
            self.watch.reads(Stream::Out, output);
        }
        self
    }

    /// Waits until forge is stopped, as by SIGSTOP.
    pub(crate) fn is_stopped(&self) -> &Running {
        self.watch.wait("forge is stopped", |known| known.stopped.then_some(()));
        self
    }

    /// Returns the guard: forge's only child.
    pub(crate) fn guard(&self) -> Person {
        let children = census::children(self.pid);
        match children.as_slice() {
            [guard] => Person::of(*guard).unwrap_or_else(|| self.watch.fail("the guard is gone")),
            _ => self.watch.fail(&format!("forge has one child, the guard; it has {children:?}")),
        }
    }

    /// Returns the status of forge that `/proc` knows: `SigIgn`, `Threads` and so on.
    pub(crate) fn status(&self) -> BTreeMap<String, String> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
            .collect()
    }

    /// Waits for the end of forge and of its output.
    pub(crate) fn ends(&self) -> Ended {
        let (end, out, err) = self.watch.wait("the end of forge and of its output", |known| {
            let end = known.end?;
            let output = |stream| known.output.get(&stream).cloned().unwrap_or_default();
            (known.streams_open == 0).then(|| (end, output(Stream::Out), output(Stream::Err)))
        });
        Ended { end, out, err, took: self.began.elapsed(), watch: Arc::clone(&self.watch) }
    }

    /// Waits for the end, which must be this exit code.
    pub(crate) fn exits_with(&self, code: i32) -> &Running {
        self.ends().exits_with(code);
        self
    }

    /// Waits for the end, which must be by this signal.
    pub(crate) fn dies_by(&self, signal: Signal) -> &Running {
        // Not `ends`: a forge that was killed may leave a terminal open for a moment.
        let end = self.watch.wait("the end of forge", |known| known.end);
        if !matches!(end, WaitStatus::Signaled(_, by, _) if by == signal) {
            self.watch.fail(&format!("forge is to end by {signal}, but it was {end:?}"));
        }
        self
    }

    /// Waits until nobody is alive who belongs to this forge: processes, guard, whoever hides.
    pub(crate) fn leaves_nobody_behind(&self) -> &Running {
        self.watch.look_for("nobody is left behind", || (!self.has_anybody()).then_some(()));
        self
    }

    /// Returns whether anybody belongs to this forge who is alive, or on the way out of a known group.
    pub(crate) fn has_anybody(&self) -> bool {
        !self.watch.groups().is_empty() || !self.watch.alive().is_empty()
    }

    /// Returns the project's directory.
    pub(crate) fn directory(&self) -> PathBuf {
        self.place.path().join("app")
    }

    /// Returns everybody who is alive and belongs to this forge.
    pub(crate) fn alive(&self) -> Vec<Person> {
        self.watch.alive()
    }

    /// Waits for a fact that nobody announces.
    pub(crate) fn finds<T>(&self, what: &str, find: impl FnMut() -> Option<T>) -> T {
        self.watch.look_for(what, find)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = shutdown(self.door.as_raw_fd(), Shutdown::Both);
        // Whatever a failed test leaves is ended here, again and again because it may be starting more.
        let end = Instant::now() + DEADLINE;
        while self.has_anybody() && Instant::now() < end {
            for group in self.watch.groups() {
                census::end_group(group);
            }
            census::end(&self.watch.alive());
        }
    }
}
