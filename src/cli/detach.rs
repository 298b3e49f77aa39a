//! `forge start -D`: the half of forge that was called waits until the other half lets it go, and ends as that says.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::exit;
use crate::engine::record::Record;
use crate::engine::{Report, WhenReady};
use crate::exit::{Exit, signal_name};
use crate::logs::Mask;
use crate::project::{Form, Project};
use crate::supervisor::Snapshot;
use crate::sys::background::{self, Half, LetGo, Other, Word};
use crate::sys::process;
use crate::sys::signals::{self, Signals};
use crate::time::Time;
use crate::ui::background::{NotReady, Ready, Troubles, Unseen};
use crate::ui::terminal;

/// Somebody who sits there and sees nothing for so long wonders.
const SILENCE: Duration = Duration::from_secs(2);

/// And is told this.
const WAITING: &str =
    "waiting until everything is ready (Ctrl-C ends it, `forge logs -f` elsewhere shows it)\n";

/// Does the work in the background; comes back when it lets go, or has ended.
///
/// # Errors
/// The kernel has no process or no descriptor left. Nothing runs then.
pub(crate) fn detach(work: impl FnOnce(LetGo) -> anyhow::Result<u8>) -> anyhow::Result<u8> {
    match background::split().context("could not go to the background")? {
        Half::Background(let_go) => work(let_go),
        Half::Caller(other) => wait(other),
    }
}

/// The half in the background, before everything is ready.
pub(crate) struct Background {
    let_go: LetGo,
    troubles: Troubles,
}

/// The same while the stack runs.
pub(crate) struct Waits {
    /// Whether whoever called has been let go.
    is_over: Rc<Cell<bool>>,
    troubles: Troubles,
}

impl Background {
    /// Makes it, and the sink that hears what goes wrong.
    pub(crate) fn new(project: &Project, let_go: LetGo) -> (Background, Unseen) {
        let troubles = Troubles::default();
        let sink = Unseen::new(project, troubles.clone());
        (Background { let_go, troubles }, sink)
    }

    /// Says what runs and lets the caller go, as soon as everything is ready.
    pub(crate) fn wait_for(self, project: &Arc<Project>) -> (Waits, WhenReady) {
        let is_over = Rc::new(Cell::new(false));
        let waits = Waits { is_over: Rc::clone(&is_over), troubles: self.troubles };
        let (project, let_go) = (Arc::clone(project), self.let_go);
        let when_ready = Box::new(move |stack: &Snapshot| {
            let logs = project.logs.as_ref().map(|logs| logs.dir.clone()).unwrap_or_default();
            let ready = Ready { project: &project, stack, pid: process::own_pid(), logs: &logs };
            let text = if project.output.form == Form::Json { ready.json() } else { ready.words() };
            // Whoever does not want to read it has a stack all the same.
            let _ = terminal::out(&text);
            is_over.set(let_go.now().is_ok());
        });
        (waits, when_ready)
    }
}

impl Waits {
    /// Says why the stack has ended before everything was ready; returns the exit code. `None` if it was ready.
    pub(crate) fn in_vain(self, report: &Report, mask: &Mask) -> Option<u8> {
        if self.is_over.get() {
            return None;
        }
        let Record { stack, last_lines, .. } = &report.record;
        let after = stack.at.since(Time::ZERO);
        terminal::err(&NotReady { stack, last_lines, troubles: &self.troubles, mask, after }.words());
        Some(exit::code_of_failure(report))
    }
}

/// Waits, and passes on the wish to end. The end of the terminal is no such wish: whoever closes it has got what was asked for.
fn wait(other: Other) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    runtime.block_on(async {
        let mut heard = Signals::listen().context("could not listen to signals")?;
        let other = other.listen().context("could not listen to the background")?;
        let mut is_told = false;
        let is_watched = terminal::is_stderr();
        let mut silence = std::pin::pin!(tokio::time::sleep(SILENCE));
        let mut is_silent = is_watched;
        loop {
            tokio::select! {
                biased;
                word = other.word() => return Ok(code(word)),
                received = heard.next() => match received.signal {
                    libc::SIGINT | libc::SIGTERM | libc::SIGQUIT => {
                        other.signal(received.signal);
                        if is_watched && !is_told {
                            terminal::err("stopping (Ctrl-C again to kill)\n");
                        }
                        (is_told, is_silent) = (true, false);
                    }
                    libc::SIGTSTP => signals::stop_self(),
                    _ => {}
                },
                () = &mut silence, if is_silent => {
                    is_silent = false;
                    terminal::err(WAITING);
                }
            }
        }
    })
}

/// What the other half has to say it has said itself.
fn code(word: Word) -> u8 {
    match word {
        Word::GoesOn => exit::DONE,
        Word::Ended(Some(Exit::Code(code))) => u8::try_from(code).unwrap_or(exit::BROKEN),
        Word::Ended(Some(Exit::Signal { number, .. })) => {
            let how = signal_name(number);
            terminal::err(&format!("error: forge was ended by {how}; its guard ends what it had started\n"));
            exit::BROKEN
        }
        Word::Ended(Some(Exit::NeverStarted { .. }) | None) => exit::BROKEN,
    }
}
