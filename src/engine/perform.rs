//! The hands: each effect becomes one thing done in the world. They decide nothing and never wait.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, IsTerminal};
use std::mem;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::sleep;

use super::holds::{self, Channels, Ends, Hold, Kept};
use super::hub::Hub;
use super::readers;
use crate::exit::Step;
use crate::guard::wire::Spawn;
use crate::guard::{Link, RUN_MARK};
use crate::logs::{Channel, Origin};
use crate::project::command::shell_line;
use crate::project::{InstanceId, InstanceSpec, ProcessSpec, Project, Variable};
use crate::supervisor::{
    ChildEvent, Detail, Effect, Event, Note, Outcome, Part, ProbeFailure, Reach, RunId, Usage,
};
use crate::sys::path::{self, Lookup};
use crate::sys::pty::WindowSize;
use crate::sys::{clock::Clock, ports, process, pty, signals};

/// The shell that every command goes through, as under foreman.
const SHELL: &[u8] = b"/bin/sh";
/// How long the output of a run of which nobody is left may stay open before its reader gets its last call: only a
/// stranger can hold it then. Shorter than the mind's own patience, so that it hears the end of the output.
const LAST_CALL: Duration = Duration::from_millis(150);
/// Narrower than this, a process is told a lie about its window rather than left without room.
const NARROWEST: u16 = 20;

/// Everything the engine acts on.
pub(super) struct Hands {
    pub(super) link: Link,
    pub(super) hub: Hub,
    pub(super) clock: Rc<Clock>,
    /// What happened while doing, to be heard before anything else.
    pub(super) happened: VecDeque<Event>,
    /// Somebody has outlived SIGKILL, as another user's process does.
    pub(super) somebody_resists: bool,
    project: Arc<Project>,
    manner: Manner,
    terminal: Terminal,
    news: mpsc::Sender<Event>,
    runs: BTreeMap<RunId, Held>,
    /// It was said that the machine has no pseudo-terminals.
    terminals_missed: bool,
    readers: Vec<JoinHandle<()>>,
}

/// How processes are started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) hold: Hold,
    pub(super) channels: Channels,
    /// Whether they are told that colour is welcome.
    pub(super) colour: bool,
}

/// The window that the processes of `Hold::Full` are told.
pub(super) struct Terminal {
    /// forge's own standard output.
    pub(super) stdout: OwnedFd,
    /// How many columns the prefix takes away.
    pub(super) prefix_columns: u16,
}

/// What forge holds of one run.
struct Held {
    /// Its place among the instances of the project.
    place: usize,
    kept: Kept,
    /// Its outputs until somebody reads them.
    outputs: Vec<(Channel, OwnedFd)>,
    /// Dropped, they make the readers come to an end.
    last_calls: Vec<oneshot::Sender<()>>,
}

impl Hands {
    pub(super) fn new(
        (link, hub, clock): (Link, Hub, Rc<Clock>),
        project: Arc<Project>,
        (manner, terminal): (Manner, Terminal),
        news: mpsc::Sender<Event>,
    ) -> Hands {
        Hands {
            link,
            hub,
            clock,
            happened: VecDeque::new(),
            somebody_resists: false,
            project,
            manner,
            terminal,
            news,
            runs: BTreeMap::new(),
            terminals_missed: false,
            readers: Vec::new(),
        }
    }

    /// Does one thing; returns the outcome when all is over.
    pub(super) fn perform(&mut self, effect: Effect) -> Option<Outcome> {
        match effect {
            Effect::Spawn { run, instance, part } => self.spawn(run, &instance, part),
            Effect::Signal { run, signal, reach: Reach::Leader } => self.link.signal(run.0, signal),
            Effect::Signal { run, signal: _, reach: Reach::Tree } => self.link.kill(run.0),
            Effect::Probe { run, check, probe: _, timeout: _ } => {
                let result = Err(ProbeFailure::CannotLook { errno: libc::ENOSYS });
                self.happened.push_back(Event::Child { run, what: ChildEvent::Probed { check, result } });
            }
            Effect::Measure { run } => {
                let what = ChildEvent::Measured(Usage::default());
                self.happened.push_back(Event::Child { run, what });
            }
            Effect::Suspend => self.suspend(),
            Effect::Resume => self.link.signal_all(libc::SIGCONT),
            Effect::Note(note) => self.say(note),
            Effect::Finish(outcome) => return Some(outcome),
        }
        None
    }

    /// Shows a remark in its place among the lines. The mind tells of an end a moment after it; where nobody takes the
    /// output, the last lines of the process are still on their way then.
    fn say(&mut self, mut note: Note) {
        if let Note::Ended { instance, output_held, .. } = &mut note {
            let held_back = if *output_held { self.hub.held_back(instance) } else { Vec::new() };
            if !held_back.is_empty() {
                *output_held = false;
                return self.hub.note_behind(held_back, note);
            }
        }
        self.somebody_resists |= matches!(note, Note::StillAlive { .. });
        if matches!(note, Note::FirstCause { .. }) {
            return self.hub.note_last(note);
        }
        self.hub.note(&self.completed(note));
    }

    fn place_of(&self, instance: &InstanceId) -> usize {
        let place = self.project.instances.iter().position(|spec| spec.id == *instance);
        place.expect("the mind knows the instances of the project alone")
    }

    /// Begins to read what a run prints. Not before its start has been told, or its first lines would come first.
    pub(super) fn listen(&mut self, run: RunId, pid: i32) {
        let Some(held) = self.runs.get_mut(&run) else { return };
        let instance = &self.project.instances[held.place];
        let (mut readers, mut last_calls) = (Vec::new(), Vec::new());
        for (channel, output) in held.outputs.drain(..) {
            let stream = self.hub.begin(&Origin { instance, channel, run, pid });
            let (last_call, hears_last_call) = oneshot::channel();
            readers.push(spawn_local(readers::read(self.hub.clone(), stream, output, hears_last_call)));
            last_calls.push(last_call);
        }
        held.last_calls = last_calls;
        let news = self.news.clone();
        let task = spawn_local(async move {
            let mut complaint = None;
            for reader in readers {
                // A reader that has panicked has ended, too.
                complaint = complaint.or(reader.await.unwrap_or_default());
            }
            // The engine is gone only when everything is over.
            let _ = news.send(Event::Child { run, what: ChildEvent::OutputClosed { complaint } }).await;
        });
        self.readers.retain(|reader| !reader.is_finished());
        self.readers.push(task);
    }

    /// Lets go of a run of which nobody is left. Its output is at its end, unless a stranger holds it open.
    pub(super) fn release(&mut self, run: RunId) {
        let Some(Held { mut last_calls, .. }) = self.runs.remove(&run) else { return };
        last_calls.retain(|last_call| !last_call.is_closed());
        if !last_calls.is_empty() {
            spawn_local(async move {
                sleep(LAST_CALL).await;
                drop(last_calls);
            });
        }
    }

    /// Gives everybody the last call and returns the readers that have not come to their end.
    pub(super) fn last_readers(&mut self) -> Vec<JoinHandle<()>> {
        self.runs.clear();
        mem::take(&mut self.readers)
    }

    /// Tells every process that has a terminal of its own how large the window is now.
    pub(super) fn resize(&self) {
        let size = self.window();
        for held in self.runs.values() {
            held.kept.resize(size);
        }
    }

    fn window(&self) -> WindowSize {
        let size =
            pty::window_size(self.terminal.stdout.as_fd()).unwrap_or(WindowSize { rows: 24, columns: 80 });
        let columns =
            size.columns.saturating_sub(self.terminal.prefix_columns).max(NARROWEST.min(size.columns));
        WindowSize { columns, ..size }
    }

    fn spawn(&mut self, run: RunId, instance: &InstanceId, part: Part) {
        if let Err((step, errno)) = self.try_spawn(run, instance, part) {
            self.happened.push_back(Event::Child { run, what: ChildEvent::SpawnFailed { step, errno } });
        }
    }

    fn try_spawn(&mut self, run: RunId, instance: &InstanceId, part: Part) -> Result<(), (Step, i32)> {
        let project = Arc::clone(&self.project);
        let place = self.place_of(instance);
        let spec = &project.instances[place];
        let directory = project.directory_of(&spec.process);
        let wished = self.hold_of(&spec.process);
        let mut environment = self.environment(run, spec, wished);
        let command = shell_line(part.command(&spec.process).expect("the mind starts what there is"));
        if let Some(program) = &command.program {
            let path = environment.iter().find_map(|entry| entry.strip_prefix(b"PATH="));
            match path::find(program, path, directory) {
                Lookup::Found(_) => {}
                Lookup::NotExecutable(_) => return Err((Step::Look, libc::EACCES)),
                Lookup::NotFound => return Err((Step::Look, libc::ENOENT)),
            }
        }
        let (how, Ends { standard, outputs, kept }) = self
            .ends(wished)
            .map_err(|error| (Step::Connect, error.raw_os_error().unwrap_or(libc::EMFILE)))?;
        if how != wished {
            environment = self.environment(run, spec, how);
        }
        let spawn = Spawn {
            run: run.0,
            terminal: how == Hold::Full,
            directory: directory.as_os_str().as_bytes().to_vec(),
            arguments: vec![SHELL.to_vec(), b"-c".to_vec(), command.line],
            environment,
        };
        self.link.spawn(spawn, standard);
        let held = Held { place, kept, outputs, last_calls: Vec::new() };
        self.runs.insert(run, held);
        Ok(())
    }

    /// Returns how a process is held: as it wishes itself, else as all are.
    fn hold_of(&self, process: &ProcessSpec) -> Hold {
        process.tty.map_or(self.manner.hold, |tty| Hold::of(tty, self.terminal.stdout.is_terminal()))
    }

    /// Makes what lies between forge and one run, with pipes where the machine has no pseudo-terminals.
    fn ends(&mut self, hold: Hold) -> io::Result<(Hold, Ends)> {
        let channels = self.manner.channels;
        let error = match holds::make(hold, channels, self.window()) {
            Ok(ends) => return Ok((hold, ends)),
            Err(error) => error,
        };
        if holds::lacks_terminals(hold, &error) {
            let ends = holds::make(Hold::Pipe, channels, self.window())?;
            if !self.terminals_missed {
                self.terminals_missed = true;
                let errno = error.raw_os_error().unwrap_or(libc::ENODEV);
                self.hub.note(&Note::NoTerminals { errno });
            }
            return Ok((Hold::Pipe, ends));
        }
        // What the guard has not taken yet is open here, too; the guard is quick.
        self.link.flush();
        Ok((hold, holds::make(hold, channels, self.window())?))
    }

    /// Returns the environment of a run, each variable as `NAME=value`.
    fn environment(&self, run: RunId, instance: &InstanceSpec, hold: Hold) -> Vec<Vec<u8>> {
        let variables = self.project.environment_of(instance);
        let is_set = |name: &[u8]| variables.iter().any(|variable| variable.name == name);
        let mut environment: Vec<Vec<u8>> = variables
            .iter()
            .filter(|variable| !(hold == Hold::Line && variable.name == b"TERM"))
            // That of a forge around this one, or of a file: with two of them, everybody would believe another one.
            .filter(|variable| variable.name != RUN_MARK.as_bytes())
            .map(|variable| [&variable.name[..], b"=", &variable.value].concat())
            .collect();
        environment.push(format!("{RUN_MARK}={}", self.link.mark_of(run.0)).into_bytes());
        if hold == Hold::Line {
            // It is a terminal that understands nothing: no cursor movement, no questions to it.
            environment.push(b"TERM=dumb".to_vec());
        }
        if self.manner.colour && hold != Hold::Full && !is_set(b"NO_COLOR") && !is_set(b"FORCE_COLOR") {
            // Without a real terminal this is how programs are told that colour is welcome.
            environment.push(b"FORCE_COLOR=1".to_vec());
            environment.push(b"CLICOLOR_FORCE=1".to_vec());
        }
        environment
    }

    /// Returns what helps to understand a start that failed.
    fn detail(&self, instance: &InstanceId, step: Step, errno: i32) -> Option<Detail> {
        let spec = self.project.instances.iter().find(|spec| spec.id == *instance)?;
        if step == Step::Directory {
            let directory = self.project.directory_of(&spec.process);
            return Some(Detail::Directory(directory.display().to_string()));
        }
        if (step, errno) != (Step::Exec, libc::E2BIG) {
            return None;
        }
        let variables = self.project.environment_of(spec);
        // As they stand in memory: NAME=value and a NUL.
        let size = |variable: &Variable| variable.name.len() + variable.value.len() + 2;
        let largest = variables.iter().max_by_key(|variable| size(variable))?;
        Some(Detail::Environment {
            bytes: variables.iter().map(size).sum(),
            largest: String::from_utf8_lossy(&largest.name).into_owned(),
            largest_bytes: size(largest),
        })
    }

    /// Stops everything, then forge itself; goes on when somebody lets forge go on.
    fn suspend(&mut self) {
        self.link.signal_all(libc::SIGSTOP);
        self.link.flush();
        let before = self.clock.now();
        signals::stop_self();
        self.clock.suspended(self.clock.now() - before);
        self.happened.push_back(Event::Continued);
        self.resize();
    }

    /// Adds to a remark what only the world knows.
    fn completed(&self, mut note: Note) -> Note {
        if let Note::AddressInUse { instance, holder } = &mut note {
            let spec = self.project.instances.iter().find(|spec| spec.id == *instance);
            *holder =
                spec.and_then(|spec| spec.port).and_then(ports::holder).map(|holder| holder.to_string());
        }
        if let Note::CouldNotStart { instance, step, errno, detail } = &mut note {
            *detail = self.detail(instance, *step, *errno);
        }
        if let Note::StillThere { waiting } = &mut note {
            for one in waiting {
                one.ignores = !one.leader_gone && process::ignores(one.pid, one.signal);
            }
        }
        note
    }
}
