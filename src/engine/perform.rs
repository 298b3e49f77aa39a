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

use super::holds::{self, Ends, Hold, Kept};
use super::hub::Hub;
use super::readers;
use crate::exit::Step;
use crate::guard::wire::Spawn;
use crate::guard::{Link, RUN_MARK};
use crate::logs::StreamId;
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
    hold: Hold,
    terminal: Terminal,
    colour: bool,
    news: mpsc::Sender<Event>,
    runs: BTreeMap<RunId, Held>,
    /// It was said that the machine has no pseudo-terminals.
    terminals_missed: bool,
    readers: Vec<JoinHandle<()>>,
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
    stream: StreamId,
    kept: Kept,
    /// Its output until somebody reads it.
    output: Option<OwnedFd>,
    /// Dropped, it makes the reader come to an end.
    last_call: Option<oneshot::Sender<()>>,
}

impl Hands {
    pub(super) fn new(
        (link, hub, clock): (Link, Hub, Rc<Clock>),
        project: Arc<Project>,
        (hold, terminal, colour): (Hold, Terminal, bool),
        news: mpsc::Sender<Event>,
    ) -> Hands {
        Hands {
            link,
            hub,
            clock,
            happened: VecDeque::new(),
            somebody_resists: false,
            project,
            hold,
            terminal,
            colour,
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
            let stream = self.stream_of(instance);
            if *output_held && self.hub.waits_for_room(stream) {
                *output_held = false;
                return self.hub.note_behind(stream, note);
            }
        }
        self.somebody_resists |= matches!(note, Note::StillAlive { .. });
        if matches!(note, Note::FirstCause { .. }) {
            return self.hub.note_last(note);
        }
        self.hub.note(&self.completed(note));
    }

    fn stream_of(&self, instance: &InstanceId) -> StreamId {
        let place = self.project.instances.iter().position(|spec| spec.id == *instance);
        StreamId(place.expect("the mind knows the instances of the project alone"))
    }

    /// Begins to read what a run prints. Not before its start has been told, or its first lines would come first.
    pub(super) fn listen(&mut self, run: RunId) {
        let Some(held) = self.runs.get_mut(&run) else { return };
        let Some(output) = held.output.take() else { return };
        let (hub, stream, news) = (self.hub.clone(), held.stream, self.news.clone());
        let (last_call, hears_last_call) = oneshot::channel();
        let task = spawn_local(async move {
            let complaint = readers::read(hub, stream, output, hears_last_call).await;
            let what = ChildEvent::OutputClosed { complaint };
            // The engine is gone only when everything is over.
            let _ = news.send(Event::Child { run, what }).await;
        });
        self.readers.retain(|reader| !reader.is_finished());
        self.readers.push(task);
        held.last_call = Some(last_call);
    }

    /// Lets go of a run of which nobody is left. Its output is at its end, unless a stranger holds it open.
    pub(super) fn release(&mut self, run: RunId) {
        let Some(Held { last_call: Some(last_call), .. }) = self.runs.remove(&run) else { return };
        if !last_call.is_closed() {
            spawn_local(async move {
                sleep(LAST_CALL).await;
                drop(last_call);
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
        let stream = self.stream_of(instance);
        let spec = &project.instances[stream.0];
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
        let (how, Ends { standard, output, kept }) = self
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
        let held = Held { stream, kept, output: Some(output), last_call: None };
        self.runs.insert(run, held);
        Ok(())
    }

    /// Returns how a process is held: as it wishes itself, else as all are.
    fn hold_of(&self, process: &ProcessSpec) -> Hold {
        process.tty.map_or(self.hold, |tty| Hold::of(tty, self.terminal.stdout.is_terminal()))
    }

    /// Makes what lies between forge and one run, with pipes where the machine has no pseudo-terminals.
    fn ends(&mut self, hold: Hold) -> io::Result<(Hold, Ends)> {
        let error = match holds::make(hold, self.window()) {
            Ok(ends) => return Ok((hold, ends)),
            Err(error) => error,
        };
        if holds::lacks_terminals(hold, &error) {
            let ends = holds::make(Hold::Pipe, self.window())?;
            if !self.terminals_missed {
                self.terminals_missed = true;
                let errno = error.raw_os_error().unwrap_or(libc::ENODEV);
                self.hub.note(&Note::NoTerminals { errno });
            }
            return Ok((Hold::Pipe, ends));
        }
        // What the guard has not taken yet is open here, too; the guard is quick.
        self.link.flush();
        Ok((hold, holds::make(hold, self.window())?))
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
        if self.colour && hold != Hold::Full && !is_set(b"NO_COLOR") && !is_set(b"FORCE_COLOR") {
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
