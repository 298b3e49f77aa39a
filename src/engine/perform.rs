//! The hands: each effect becomes one thing done in the world. They decide nothing and never wait.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep};

use super::errands::Errands;
use super::holds::{Channels, Hold, Kept};
use super::hub::Hub;
use super::keyboard::{Begun, Keyboards};
use super::probing::Looking;
use super::watching::Watching;
use super::{notifying, readers};
use crate::control::face::Face;
use crate::exit::{Exit, Spent};
use crate::guard::Link;
use crate::guard::wire::News;
use crate::logs::{Channel, Origin, ReadyLine, StreamId};
use crate::project::lifecycle::{Probe, Readiness};
use crate::project::{InstanceId, InstanceSpec, Project, Variable};
use crate::supervisor::{Certainty, ChildEvent, Effect, Event, Note, Outcome, Part, Reach, RunId};
use crate::sys::notify::Ear;
use crate::sys::probe::listening::{Before, Listened};
use crate::sys::pty::WindowSize;
use crate::sys::{clock::Clock, footprint, oom, ports, process, pty, signals};
use crate::time::Time;

/// How long the output of a run of which nobody is left may stay open before its reader gets its last call: only a
/// stranger can hold it then. Shorter than the mind's own patience, so that it hears the end of the output.
const LAST_CALL: Duration = Duration::from_millis(150);
/// How many of its last lines are kept of a process.
const LAST_LINES: usize = 10;
/// How many of them are shown of one that did not get ready.
const SHOWN_LINES: usize = 3;
/// Narrower than this, a process is told a lie about its window rather than left without room.
const NARROWEST: u16 = 20;

/// Everything the engine acts on.
pub(super) struct Hands {
    pub(super) link: Link,
    pub(super) hub: Hub,
    pub(super) keyboards: Keyboards,
    pub(super) clock: Rc<Clock>,
    /// What happened while doing, to be heard before anything else.
    pub(super) happened: VecDeque<Event>,
    /// Somebody has outlived SIGKILL, as another user's process does.
    pub(super) somebody_resists: bool,
    pub(super) project: Arc<Project>,
    /// Where the processes are, which all of them are told.
    pub(super) addresses: Vec<Variable>,
    pub(super) manner: Manner,
    pub(super) terminal: Terminal,
    /// Who looks for changes of files.
    pub(super) watching: Watching,
    pub(super) news: mpsc::Sender<Event>,
    pub(super) runs: BTreeMap<RunId, Held>,
    /// What the runs of each instance had used, as far as they are over.
    pub(super) spent: BTreeMap<InstanceId, Spent>,
    /// It was said that the machine has no pseudo-terminals.
    pub(super) terminals_missed: bool,
    pub(super) looks: Vec<Looking>,
    pub(super) errands: Errands,
    /// How many processes the kernel has killed for want of memory.
    oom_kills: oom::Kills,
    /// How many runs were heard of each instance.
    heard: BTreeMap<InstanceId, u32>,
    /// On which ports somebody listened before the runs that are being started.
    pub(super) listened: Listened,
    /// When forge and the guard let go of what only a start needs; at once it would be needed again.
    pub(super) rests_at: Option<Time>,
    /// Where the newest run of each instance was heard.
    voices: BTreeMap<InstanceId, Vec<StreamId>>,
    readers: Vec<JoinHandle<()>>,
}

/// How processes are started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) hold: Hold,
    /// What suits the place.
    pub(super) auto: Hold,
    pub(super) channels: Channels,
    /// Whether they are told that colour is welcome.
    pub(super) colour: bool,
}

/// The window that the processes of `Hold::Full` are told.
pub(super) struct Terminal {
    /// forge's own standard output.
    pub(super) stdout: OwnedFd,
    /// Who sits there.
    pub(super) face: Option<Rc<dyn Face>>,
}

/// What forge holds of one run.
pub(super) struct Held {
    /// Whose it is, as that was when it was started.
    pub(super) spec: InstanceSpec,
    /// What of the instance it is.
    pub(super) part: Part,
    /// The process that was started for it, as soon as that is known.
    pub(super) leader: Option<i32>,
    /// When that was.
    pub(super) began: Option<Instant>,
    /// How many the kernel had killed for want of memory then.
    pub(super) oom_kills: Option<u64>,
    /// Whether forge has sent it SIGKILL.
    pub(super) is_killed: bool,
    /// Whose its port was when it was started.
    pub(super) before: Before,
    pub(super) kept: Kept,
    /// Its outputs until somebody reads them.
    pub(super) outputs: Vec<(Channel, OwnedFd)>,
    /// Where they are heard.
    pub(super) streams: Vec<StreamId>,
    /// Dropped, they make the readers come to an end.
    pub(super) last_calls: Vec<oneshot::Sender<()>>,
    /// Where it says how it is, until somebody hears it.
    pub(super) ear: Option<Ear>,
    /// Who hears what it says of itself.
    pub(super) hears: Option<JoinHandle<()>>,
}

impl Hands {
    pub(super) fn new(
        (link, hub, clock): (Link, Hub, Rc<Clock>),
        project: Arc<Project>,
        (manner, terminal): (Manner, Terminal),
        news: mpsc::Sender<Event>,
    ) -> Hands {
        let keyboards = Keyboards::new(hub.clone(), window_of(&terminal, hub.prefix_columns()));
        Hands {
            watching: Watching::begin(&project, &hub, &news),
            link,
            hub,
            keyboards,
            clock,
            happened: VecDeque::new(),
            somebody_resists: false,
            addresses: project.addresses(),
            project,
            manner,
            terminal,
            news,
            runs: BTreeMap::new(),
            spent: BTreeMap::new(),
            terminals_missed: false,
            looks: Vec::new(),
            errands: Errands::new(),
            oom_kills: oom::Kills::default(),
            listened: Listened::default(),
            rests_at: None,
            heard: BTreeMap::new(),
            voices: BTreeMap::new(),
            readers: Vec::new(),
        }
    }

    /// Returns whether a process is on its way of which nobody has heard yet.
    pub(super) fn is_starting(&self) -> bool {
        self.runs.values().any(|held| held.leader.is_none())
    }

    /// The start of forge and of all processes is behind it.
    pub(super) fn rest(&mut self) {
        self.rests_at = None;
        self.link.rest();
        footprint::forget_what_has_run();
    }

    /// Does one thing; returns the outcome when all is over.
    pub(super) fn perform(&mut self, effect: Effect) -> Option<Outcome> {
        match effect {
            Effect::Spawn { run, instance, part } => self.spawn(run, &instance, part),
            Effect::Signal { run, signal, reach: Reach::Leader } => self.link.signal(run.0, signal),
            Effect::Signal { run, signal, reach: Reach::Everyone } => self.link.signal_tree(run.0, signal),
            Effect::Signal { run, signal: _, reach: Reach::Tree } => {
                if let Some(held) = self.runs.get_mut(&run) {
                    held.is_killed = true;
                }
                self.link.kill(run.0);
            }
            Effect::Probe { run, check, probe, timeout } => self.look(run, check, &probe, timeout),
            Effect::Measure { run } => self.measure(run),
            Effect::Suspend => self.suspend(),
            Effect::Resume => self.link.signal_all(libc::SIGCONT),
            Effect::TakeOver(reload) => self.take_over(&reload),
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

    /// Returns what the newest run of an instance said last.
    pub(super) fn last_lines(&self, instance: &InstanceId) -> Vec<String> {
        let streams = self.voices.get(instance);
        streams.map(|streams| self.hub.last_lines(streams, LAST_LINES)).unwrap_or_default()
    }

    /// Begins to read what a run prints. Not before its start has been told, or its first lines would come first.
    pub(super) fn listen(&mut self, run: RunId, pid: i32) {
        let Some(held) = self.runs.get_mut(&run) else { return };
        let spec = held.spec.clone();
        let instance = &spec;
        let number = self.heard.entry(instance.id.clone()).or_default();
        *number += 1;
        let (mut readers, mut last_calls) = (Vec::new(), Vec::new());
        for (channel, output) in held.outputs.drain(..) {
            let stream = self.hub.begin(&Origin { instance, channel, run, number: *number, pid });
            if matches!(held.kept, Kept::Terminals(_)) {
                self.hub.keep_for_taps(stream);
            }
            held.streams.push(stream);
            let (last_call, hears_last_call) = oneshot::channel();
            readers.push(spawn_local(readers::read(self.hub.clone(), stream, output, hears_last_call)));
            last_calls.push(last_call);
        }
        held.last_calls = last_calls;
        held.leader = Some(pid);
        held.oom_kills = self.oom_kills.lately(pid);
        held.began = Some(Instant::now());
        let is_main = held.part == Part::Main;
        if is_main {
            if let Some(begun) = begun(held, (run, pid), instance) {
                self.keyboards.begin(begun);
            }
            self.voices.insert(instance.id.clone(), held.streams.clone());
            self.listen_for_signs(run);
        }
        let (news, hub, instance) = (self.news.clone(), self.hub.clone(), instance.id.clone());
        let task = spawn_local(async move {
            let mut complaint = None;
            for reader in readers {
                match reader.await {
                    Ok(Ok(heard)) => complaint = complaint.or(heard),
                    Ok(Err(error)) => {
                        let errno = error.raw_os_error().unwrap_or(libc::EIO);
                        hub.note(&Note::OutputUnread { instance: instance.clone(), errno });
                    }
                    // A reader that has panicked has ended, too.
                    Err(_) => {}
                }
            }
            // The engine is gone only when everything is over.
            let _ = news.send(Event::Child { run, what: ChildEvent::OutputClosed { complaint } }).await;
        });
        self.readers.retain(|reader| !reader.is_finished());
        self.readers.push(task);
    }

    /// Waits for what a run tells of itself: a line that it prints, a message.
    fn listen_for_signs(&mut self, run: RunId) {
        let kin = self.kin(run);
        let Some(held) = self.runs.get_mut(&run) else { return };
        let life = &held.spec.process.life;
        if let Some(Readiness { probe: Probe::Log(pattern), .. }) = &life.ready {
            for stream in &held.streams {
                let Some(sign) = ReadyLine::new(pattern) else { continue };
                let news = self.news.clone();
                self.hub.expect(*stream, sign, Box::new(move || tell(news, run, ChildEvent::ReadyLine)));
            }
        }
        if let (Some(ear), Some(kin)) = (held.ear.take(), kin) {
            held.hears = Some(notifying::hear((ear, kin), run, self.hub.clone(), self.news.clone()));
        }
    }

    /// Returns what of the guard's news is for the mind.
    pub(super) fn sift(&mut self, news: News) -> Option<News> {
        let news = self.errands.sift(news)?;
        if let News::Exited { run, spent, exit } = news {
            self.note_spent(RunId(run), spent);
            self.keyboards.exited(RunId(run), exit);
        }
        if let News::Exited {
            run, exit: Exit::Signal { number: libc::SIGKILL, .. } | Exit::Code(137), ..
        } = news
            && let Some(certainty) = self.was_out_of_memory(RunId(run))
        {
            let what = ChildEvent::OutOfMemory(certainty);
            self.happened.push_back(Event::Child { run: RunId(run), what });
        }
        Some(news)
    }

    /// Adds what a run had used to that of its instance.
    fn note_spent(&mut self, run: RunId, spent: Spent) {
        let Some(held) = self.runs.get(&run) else { return };
        let of_it = self.spent.entry(held.spec.id.clone()).or_default();
        of_it.cpu_micros += spent.cpu_micros;
        of_it.peak_bytes = of_it.peak_bytes.max(spent.peak_bytes);
    }

    /// Returns whether a run that a SIGKILL has ended was ended for want of memory.
    fn was_out_of_memory(&mut self, run: RunId) -> Option<Certainty> {
        let held = self.runs.get(&run).filter(|held| !held.is_killed)?;
        match self.oom_kills.verdict(held.oom_kills) {
            oom::Verdict::Nothing => None,
            oom::Verdict::Perhaps => Some(Certainty::Probable),
            oom::Verdict::Surely => Some(Certainty::Sure),
        }
    }

    /// Ends what nobody waits for any more.
    pub(super) fn end_errands(&mut self) {
        for errand in self.errands.give_up_all() {
            self.link.kill(errand);
        }
    }

    /// Lets go of a run of which nobody is left. Its output is at its end, unless a stranger holds it open.
    pub(super) fn release(&mut self, run: RunId) {
        self.look_away(run);
        self.keyboards.gone(run);
        let Some(Held { mut last_calls, hears, .. }) = self.runs.remove(&run) else { return };
        if let Some(hears) = hears {
            hears.abort();
        }
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
        self.look_at_terminal();
        let size = self.window();
        for held in self.runs.values().filter(|held| held.part != Part::Main) {
            held.kept.resize(size);
        }
        // Of these it matters who is attached.
        self.keyboards.resize(size);
    }

    pub(super) fn window(&self) -> WindowSize {
        window_of(&self.terminal, self.hub.prefix_columns())
    }

    /// Stops everything, then forge itself; goes on when somebody lets forge go on.
    fn suspend(&mut self) {
        self.link.signal_all(libc::SIGSTOP);
        self.link.flush();
        self.leave_terminal();
        let before = self.clock.now();
        signals::stop_self();
        self.look_at_terminal();
        self.clock.suspended(self.clock.now() - before);
        self.hub.forgive_silence();
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
        if let Note::NotReady { instance, last_lines, .. } = &mut note {
            *last_lines = self.last_lines(instance);
            last_lines.drain(..last_lines.len().saturating_sub(SHOWN_LINES));
        }
        if let Note::StillThere { waiting } = &mut note {
            for one in waiting {
                one.ignores = !one.leader_gone && process::ignores(one.pid, one.signal);
            }
        }
        note
    }
}

/// Returns how large the window is that a process of the stream sees.
fn window_of(terminal: &Terminal, prefix_columns: u16) -> WindowSize {
    let size = pty::window_size(terminal.stdout.as_fd()).unwrap_or(WindowSize { rows: 24, columns: 80 });
    let columns = size.columns.saturating_sub(prefix_columns).max(NARROWEST.min(size.columns));
    let rows = terminal.face.as_ref().map_or(0, |face| face.rows());
    WindowSize { columns, rows: size.rows.saturating_sub(rows).max(1) }
}

/// Returns what keyboards must know of a run, where it has one.
fn begun(held: &Held, (run, pid): (RunId, i32), instance: &InstanceSpec) -> Option<Begun> {
    let Kept::Terminals(terminals) = &held.kept else { return None };
    let terminals: Result<Vec<OwnedFd>, _> = terminals.iter().map(OwnedFd::try_clone).collect();
    // Without a descriptor nobody can type; the process runs all the same.
    let terminals = terminals.ok().filter(|terminals| !terminals.is_empty())?;
    let (streams, offer) = (held.streams.clone(), instance.process.keyboard);
    Some(Begun { instance: instance.id.clone(), run, pid, terminals, streams, offer })
}

/// Tells the engine without waiting, in the rare case that its inbox is full in a task.
fn tell(news: mpsc::Sender<Event>, run: RunId, what: ChildEvent) {
    if let Err(mpsc::error::TrySendError::Full(event)) = news.try_send(Event::Child { run, what }) {
        spawn_local(async move { news.send(event).await });
    }
}
