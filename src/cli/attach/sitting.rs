//! Somebody sits at forge's terminal and is attached to a process: keys go there, and what it shows comes here.
//!
//! Nothing waits for the terminal: one that takes nothing holds up neither keys nor signals.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::detach_keys::{DetachKeys, Leaving};
use crate::control::attach::Attached;
use crate::control::frames::{Entered, Reason, Shown, Typed, Why};
use crate::engine::Outlet;
use crate::logs::screen::Modes;
use crate::sys::pty::{self, WindowSize};
use crate::sys::raw_terminal::{Keys, RawTerminal};
use crate::sys::signals::{self, Received, Signals};
use crate::ui::messages::attach as words;
use crate::ui::terminal;

/// How many keys are read at once.
const BURST: usize = 4096;

/// How much of what was typed waits for a process that does not read. A pipe is not read any further then; who sits at a terminal must
/// be able to leave, so of more than that nothing is kept.
const UNSENT_BYTES: usize = 1 << 20;

/// How much waits for a terminal that does not take it, before no more is taken from the process.
const UNSHOWN_BYTES: usize = 256 << 10;

/// What a pipe had to say has been typed; so long a process may be silent before that is all of its answer, and so long it may take.
const ANSWER: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// How long a terminal that takes nothing, or a process that reads nothing, is waited for at the end.
const PATIENCE: Duration = Duration::from_millis(500);

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Somebody has left, or there was nothing more to type.
    Left,
    /// The stack has come to its end.
    StackEnded,
    /// The stack goes on without it.
    Removed,
    /// forge is gone.
    Lost,
    /// Nobody takes the output.
    OutputGone,
    /// This signal.
    Signal(i32),
}

/// What is in front of the process.
pub(super) struct Sitting {
    name: String,
    outlet: Outlet,
    /// Not with the outlet yet.
    unshown: Vec<u8>,
    modes: Modes,
    raw: Option<RawTerminal>,
    keys: Option<Keys>,
    keys_are_pressed: bool,
    unsent: VecDeque<Typed>,
    unsent_bytes: usize,
    signals: Signals,
    leave: DetachKeys,
    /// Whether the screen is as it was.
    is_tidy: bool,
}

/// Returns how large the window is: that of the output, else that of the input.
pub(super) fn window() -> Option<WindowSize> {
    pty::window_size(io::stdout().as_fd()).or_else(|| pty::window_size(io::stdin().as_fd()))
}

impl Sitting {
    /// Takes the terminal, if there is one.
    ///
    /// # Errors
    /// It cannot be had: it belongs to another job at the moment, no descriptor is left.
    pub(super) fn begin(entered: &Entered, leave: &DetachKeys) -> io::Result<Sitting> {
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        let keys_are_pressed = terminal::is_stdin();
        // Before anything is changed: a signal between the two would leave the terminal as it is then.
        let signals = Signals::listen()?;
        let raw = keys_are_pressed.then(|| RawTerminal::take(io::stdin().as_fd())).transpose()?;
        let mut sitting = Sitting {
            name: entered.name.clone(),
            outlet: Outlet::to("output", output)?,
            unshown: Vec::new(),
            modes: Modes::default(),
            raw,
            keys: Some(Keys::of(io::stdin().as_fd())?),
            keys_are_pressed,
            unsent: VecDeque::new(),
            unsent_bytes: 0,
            signals,
            leave: leave.clone(),
            is_tidy: false,
        };
        let way_out = keys_are_pressed.then(|| leave.to_string());
        sitting.say(&words::entered(entered, way_out.as_deref()));
        Ok(sitting)
    }

    /// Stays until somebody leaves, or all is over.
    pub(super) async fn stay(mut self, attached: Attached) -> End {
        let end = self.attend(attached).await;
        let farewell = match end {
            End::Left => Some(words::left(&self.name)),
            End::StackEnded => Some(words::stack_ended(&self.name)),
            End::Removed => Some(words::removed(&self.name)),
            End::Lost => Some(words::lost(&self.name)),
            End::OutputGone | End::Signal(_) => None,
        };
        self.tidy();
        if let Some(farewell) = farewell {
            self.say(&farewell);
        }
        self.flush().await;
        // The shell's settings before its prompt.
        self.raw = None;
        end
    }

    async fn attend(&mut self, attached: Attached) -> End {
        let Attached { mut shown, typed, .. } = attached;
        let mut leaving = Leaving::new(&self.leave);
        let mut burst = [0; BURST];
        let (mut answer, mut answered) = (None, None);
        loop {
            let reads = self.keys_are_pressed || self.unsent_bytes < UNSENT_BYTES;
            tokio::select! {
                biased;
                received = self.signals.next() => {
                    if let Some(end) = self.hear(received).await {
                        return end;
                    }
                }
                _ = self.outlet.gone() => return End::OutputGone,
                () = self.outlet.room(), if !self.unshown.is_empty() => drop(self.outlet.offer(&mut self.unshown)),
                length = next(self.keys.as_mut(), &mut burst), if self.keys.is_some() && reads => {
                    match length {
                        Ok(length) if length > 0 => {
                            let mut keys = Vec::new();
                            let leaves = if self.keys_are_pressed {
                                leaving.take(&burst[..length], &mut keys)
                            } else {
                                keys.extend_from_slice(&burst[..length]);
                                false
                            };
                            self.type_in(keys);
                            if leaves {
                                return self.deliver(&mut shown, &typed).await;
                            }
                        }
                        // The window was closed.
                        _ if self.keys_are_pressed => return End::Signal(libc::SIGHUP),
                        _ => {
                            self.keys = None;
                            answered = Some(Instant::now() + ANSWER.1);
                            answer = Some(Instant::now() + ANSWER.0);
                        }
                    }
                }
                room = typed.reserve(), if !self.unsent.is_empty() => match (room, self.unsent.pop_front()) {
                    (Ok(room), Some(next)) => {
                        self.unsent_bytes -= bytes_of(&next);
                        room.send(next);
                    }
                    // Why, its last words tell.
                    _ => self.unsent.clear(),
                },
                () = sleep_until(answer.unwrap_or_else(Instant::now)), if answer.is_some() && self.unsent.is_empty() => {
                    (answer, answered) = (None, None);
                    self.unsent.push_back(Typed::Last);
                }
                next = shown.recv(), if self.unshown.len() < UNSHOWN_BYTES => {
                    // It goes on answering.
                    answer = answered.map(|longest| (Instant::now() + ANSWER.0).min(longest));
                    if let Some(end) = self.show(next) {
                        return end;
                    }
                }
            }
        }
    }

    /// Sends what was typed before the keys that leave, but does not wait long for a process that does not read.
    async fn deliver(
        &mut self,
        shown: &mut tokio::sync::mpsc::Receiver<Shown>,
        typed: &tokio::sync::mpsc::Sender<Typed>,
    ) -> End {
        let delivered = async {
            self.unsent.push_back(Typed::Last);
            for next in self.unsent.drain(..) {
                if typed.send(next).await.is_err() {
                    return;
                }
            }
            while let Some(next) = shown.recv().await {
                if matches!(next, Shown::Exit(_)) {
                    return;
                }
            }
        };
        let _ = timeout(PATIENCE, delivered).await;
        End::Left
    }

    /// Takes notice of a signal; some end it.
    async fn hear(&mut self, received: Received) -> Option<End> {
        match received.signal {
            libc::SIGWINCH => self.tell_window(),
            libc::SIGTSTP => {
                self.tidy();
                self.flush().await;
                if let Some(raw) = &self.raw {
                    raw.lend();
                }
                signals::stop_self();
            }
            libc::SIGCONT => {
                if let Some(raw) = &self.raw {
                    // A terminal that is gone says so when keys are read.
                    let _ = raw.set_raw();
                }
                self.is_tidy = false;
                // One of the same size asks for the screen to be drawn anew.
                self.tell_window();
            }
            signal @ (libc::SIGINT | libc::SIGTERM | libc::SIGHUP | libc::SIGQUIT) => {
                return Some(End::Signal(signal));
            }
            _ => {}
        }
        None
    }

    fn tell_window(&mut self) {
        if let Some(WindowSize { rows, columns }) = window() {
            self.unsent.push_back(Typed::Window { columns, rows });
        }
    }

    fn type_in(&mut self, keys: Vec<u8>) {
        if keys.is_empty() || self.unsent_bytes + keys.len() > UNSENT_BYTES + BURST {
            return;
        }
        self.unsent_bytes += keys.len();
        self.unsent.push_back(Typed::Keys(keys));
    }

    /// Shows what came; the last of it ends it.
    fn show(&mut self, shown: Option<Shown>) -> Option<End> {
        match shown {
            Some(Shown::Output(bytes)) => {
                self.modes.learn(&bytes);
                self.unshown.extend(bytes);
                self.outlet.offer(&mut self.unshown);
            }
            Some(Shown::Ended(ended)) => {
                self.tidy();
                self.say(&words::ended(&self.name, ended.exit));
            }
            Some(Shown::Restarted(restarted)) => {
                self.is_tidy = false;
                self.say(&words::restarted(&self.name, restarted.pid));
            }
            Some(Shown::Entered(_)) => {}
            Some(Shown::Exit(Why { why: Reason::Left })) => return Some(End::Left),
            Some(Shown::Exit(Why { why: Reason::Removed })) => return Some(End::Removed),
            Some(Shown::Exit(_)) => return Some(End::StackEnded),
            None => return Some(End::Lost),
        }
        None
    }

    /// Brings the screen back to what is usual.
    fn tidy(&mut self) {
        if !self.is_tidy && terminal::is_stdout() {
            self.unshown.extend(self.modes.leave());
            if self.modes.is_in_line() && !self.modes.is_full_screen() {
                // What stands below belongs to what is left, as a menu does.
                self.unshown.extend_from_slice(b"\r\n\x1b[J");
            }
            self.modes = Modes::default();
            self.outlet.offer(&mut self.unshown);
        }
        self.is_tidy = true;
    }

    /// Says something between what the process shows; aside, where that is kept.
    fn say(&mut self, remark: &str) {
        if terminal::is_stdout() {
            self.unshown.extend_from_slice(remark.as_bytes());
            self.unshown.extend_from_slice(b"\r\n");
            self.outlet.offer(&mut self.unshown);
        } else if self.raw.is_some() {
            terminal::err(&format!("{remark}\r\n"));
        } else {
            terminal::err(&format!("{remark}\n"));
        }
    }

    /// Waits until all is written, but not for ever.
    async fn flush(&mut self) {
        let written = async {
            while !self.outlet.offer(&mut self.unshown) {
                self.outlet.room().await;
            }
            self.outlet.finished().await;
        };
        let _ = timeout(PATIENCE, written).await;
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        // In a panic. What is on its way to the terminal comes before or behind it; both are better than nothing.
        if !self.is_tidy && terminal::is_stdout() {
            let _ = terminal::out_to_reader(&self.modes.leave());
        }
    }
}

async fn next(keys: Option<&mut Keys>, burst: &mut [u8]) -> io::Result<usize> {
    match keys {
        Some(keys) => keys.next(burst).await,
        None => std::future::pending().await,
    }
}

fn bytes_of(typed: &Typed) -> usize {
    match typed {
        Typed::Keys(keys) => keys.len(),
        Typed::Window { .. } | Typed::Last => 0,
    }
}
