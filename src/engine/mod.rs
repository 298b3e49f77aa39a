//! The hand: one loop that owns the supervisor, tells it what happens and does what it says.
//!
//! Everything here runs on one thread; each sink has a thread of its own that does nothing but write, so that a terminal
//! that takes nothing cannot hold up a signal.

mod bearing;
pub mod calendar;
mod errands;
mod here;
mod holds;
mod hub;
mod keyboard;
mod lending;
mod measuring;
mod notifying;
mod outlet;
mod perform;
mod probing;
mod readers;
pub mod record;
mod reloading;
pub mod session;
mod starting;
mod waits;
mod watching;

use std::collections::BTreeMap;
use std::io;
use std::iter;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;

use crate::control::address::Seat;
use crate::control::face::Face;
use crate::control::server::Server;
use crate::exit::Spent;
use crate::guard::wire::News;
use crate::guard::{GuardNews, Link, Unlinked};
use crate::logs::{Rewrite, Sink, Writer};
use crate::project::lifecycle::Nature;
use crate::project::{InstanceId, InstanceSpec, Project};
use crate::supervisor::{ChildEvent, Effect, Event, Given, Outcome, RunId, Supervisor};
use crate::sys::clock::{self, Clock};
use crate::sys::clock_jumps::ClockJumps;
use crate::sys::probe::listening::Listened;
use crate::sys::signals::{Received, Signals};
use crate::time::{Moment, Time};
use bearing::Bearing;
use calendar::Calendar;
pub use holds::{Channels, Hold};
pub use hub::{End, Follower, Hub, Patience, Since, Tap, Until, Way};
pub use keyboard::{Keyboards, Wanting, Wants};
pub use outlet::{Outlet, OutputGone};
use perform::{Hands, Manner, Terminal};
pub use readers::read;
use record::{Record, Worth};
pub use reloading::{Reader, Renewal, Reread};
use session::{Desk, Question};
pub use waits::WhenReady;
use waits::{clock_set, reader_gone, wait, watch_reader};

/// A standard output that takes nothing is waited for this long at the end even where nobody has any grace.
const SHORTEST_FLUSH: Duration = Duration::from_secs(1);

/// How long nobody may have been started for before what only a start needs is let go of.
const REST: Duration = Duration::from_millis(500);

/// How many events of readers may wait. They are rare (one an output), and a reader that waits holds up nobody.
const INBOX: usize = 1024;

/// Everything that a stack needs to run.
pub struct Setup {
    /// What runs.
    pub project: Arc<Project>,
    /// The guard, started already.
    pub guard: Unlinked,
    /// How the processes are held.
    pub hold: Hold,
    /// How those are held who wish what suits the place.
    pub auto: Hold,
    /// Whether their outputs are told from each other.
    pub channels: Channels,
    /// Whether forge's own output has colour.
    pub colour: bool,
    /// How the stream is formatted.
    pub sink: Box<dyn Sink>,
    /// Where it goes.
    pub stdout: OwnedFd,
    /// Where lines and remarks go besides, on threads that run already.
    pub others: Vec<Way>,
    /// What changes the lines before anybody sees them.
    pub rewrite: Option<Box<dyn Rewrite>>,
    /// How long an unfinished line is kept back.
    pub patience: Patience,
    /// How long a standard output that takes nothing is waited for at the end, once forge was asked to stop.
    pub grace: Duration,
    /// After which time all of it is over, whatever still runs.
    pub limit: Option<Duration>,
    /// Reads the project again; `None` where it is not to become another one.
    pub reader: Option<Reader>,
    /// Is told what is so when everything is ready, where somebody waits for that.
    pub when_ready: Option<WhenReady>,
    /// Writes the standard output in place of a plain writer, together with the face that shares the terminal with the stream.
    pub face: Option<(Rc<dyn Face>, Box<dyn Writer>)>,
    /// Where others ask about it and change it; `None` where the system has no place for that.
    pub seat: Option<Seat>,
    /// What makes text of lines for those who ask there.
    pub teller: session::Teller,
}

/// What there is to tell of a stack that has come to its end.
#[derive(Debug)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// What became of each instance, and what it printed last.
    pub record: Record,
    /// What each instance had used.
    pub spent: BTreeMap<InstanceId, Spent>,
}

/// Runs a stack to its end.
///
/// # Errors
/// forge itself cannot work: no descriptors, no runtime. Nothing is left running then either: the guard sees to it.
pub fn run(setup: Setup) -> anyhow::Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async { Engine::new(setup)?.run().await })
}

/// Whether anybody is started by the clock.
fn depends_on_the_clock(project: &Project) -> bool {
    let is_scheduled = |one: &InstanceSpec| matches!(one.process.life.nature, Nature::Scheduled(_));
    project.instances.iter().any(is_scheduled)
}

struct Engine {
    supervisor: Supervisor,
    hands: Hands,
    signals: Signals,
    inbox: mpsc::Receiver<Event>,
    clock: Rc<Clock>,
    grace: Duration,
    asked_to_stop: bool,
    record: record::Keeper,
    limit: Option<Duration>,
    when_ready: Option<WhenReady>,
    /// Why nobody takes the output any more.
    output_gone: Option<i32>,
    /// Where faces ask.
    desk: Desk,
    /// Serves those in other processes.
    server: Option<Server>,
    /// Tells when the wall clock jumps, where something depends on it.
    jumps: Option<ClockJumps>,
    /// The standard output, watched where that shows that its reader is gone.
    reader: Option<AsyncFd<OwnedFd>>,
}

impl Engine {
    fn new(setup: Setup) -> anyhow::Result<Engine> {
        let signals = Signals::listen().context("could not listen to signals")?;
        let link = Link::new(setup.guard).context("could not talk to the guard")?;
        let clock = Rc::new(Clock::start());
        let (news, inbox) = mpsc::channel(INBOX);
        let window = setup.stdout.try_clone().context("could not duplicate the standard output")?;
        let reader = watch_reader(&setup.stdout);
        let (face, stdout) = here::way(setup.face, setup.sink, setup.stdout)
            .context("could not start the thread that writes")?;
        let ways = iter::once(stdout).chain(setup.others).collect();
        let hub = Hub::start(ways, setup.rewrite, setup.patience);
        let manner =
            Manner { hold: setup.hold, auto: setup.auto, channels: setup.channels, colour: setup.colour };
        if let Some(face) = &face {
            face.connect(Box::new(hub.nudge()));
        }
        let terminal = Terminal { stdout: window, face };
        let given = Given {
            calendar: Arc::new(Calendar),
            // Two forges that start together are to differ.
            seed: (u64::from(clock::wall().nanos) << 32) ^ u64::from(std::process::id()),
        };
        let depends_on_the_clock = depends_on_the_clock(&setup.project);
        let record = record::Keeper::new(&setup.project.root, Worth::of(setup.when_ready.as_ref()));
        let (session, desk) = session::open(&setup.project, &hub, (setup.reader, setup.teller));
        // A stack does not fail because nobody can ask it.
        let server = setup.seat.and_then(|seat| Server::start(seat, Rc::new(session.clone())).ok());
        let hands = Hands::new((link, hub, Rc::clone(&clock)), setup.project, (manner, terminal), news);
        here::begin(&hands, Rc::new(session));
        Ok(Engine {
            supervisor: Supervisor::new(&hands.project, given),
            hands,
            signals,
            inbox,
            clock,
            grace: setup.grace.max(SHORTEST_FLUSH),
            asked_to_stop: false,
            record,
            limit: setup.limit,
            when_ready: setup.when_ready,
            // Where the system does not tell, the mind looks at the clock once a minute.
            jumps: depends_on_the_clock.then(|| ClockJumps::listen().ok()).flatten(),
            output_gone: None,
            desk,
            server,
            reader,
        })
    }

    async fn run(mut self) -> anyhow::Result<Report> {
        let mut event = Event::Begin;
        let mut effects: Vec<Effect> = Vec::new();
        let outcome = loop {
            let Bearing { started, gone, looked, is_over } = Bearing::of(&event);
            let now = Moment { time: self.clock.now(), wall: clock::wall() };
            self.supervisor.handle(now, event, &mut effects);
            let mut outcome = None;
            let is_ready = waits::is_all_ready(&effects);
            for effect in effects.drain(..) {
                outcome = outcome.or(self.hands.perform(effect));
            }
            self.hands.listened = Listened::default();
            if let Some((run, pid)) = started {
                self.hands.listen(run, pid);
            }
            if let Some(run) = gone {
                self.hands.release(run);
            }
            if let Some((run, check)) = looked {
                self.hands.looked(run, check);
            }
            if is_ready && let Some(waits) = self.when_ready.take() {
                waits(&self.supervisor.snapshot(now.time));
            }
            if is_over {
                self.keep_record_of_failures();
            }
            self.desk.publish(|| self.supervisor.snapshot(now.time));
            if let Some(outcome) = outcome {
                break outcome;
            }
            if started.is_some() && !self.hands.is_starting() {
                self.hands.rests_at = Some(self.clock.now() + REST);
            }
            event = self.next_event().await;
        };
        self.desk.close();
        let stack = self.supervisor.snapshot(self.clock.now());
        let record = self.record.keep(stack, true, |instance| self.hands.last_lines(instance));
        self.hands.keyboards.end();
        self.dismiss_guard().await;
        self.flush_output().await;
        self.hands.hub.dismiss_followers().await;
        self.hands.leave_terminal();
        if let Some(server) = self.server.take() {
            server.finish().await;
        }
        match (&outcome, self.output_gone) {
            // Nobody could read it in the stream.
            (Outcome::Broken, Some(errno)) => {
                Err(io::Error::from_raw_os_error(errno)).context("could not write to the standard output")
            }
            _ => Ok(Report { outcome, record, spent: self.hands.spent }),
        }
    }

    /// Keeps what is known so far, if the end of somebody is worth it: forge itself may not come to its end.
    fn keep_record_of_failures(&self) {
        // Where many end well, each would be asked at the end of each.
        if !self.supervisor.may_have_a_story() {
            return;
        }
        let stack = self.supervisor.snapshot(self.clock.now());
        if stack.instances.iter().any(record::has_a_story) {
            self.record.keep(stack, false, |instance| self.hands.last_lines(instance));
        }
    }

    /// Waits for whatever comes first; signals before all, output last.
    async fn next_event(&mut self) -> Event {
        loop {
            if let Some(event) = self.hands.happened.pop_front() {
                return event;
            }
            let deadline = self.supervisor.deadline().map(|time| time - self.clock.now());
            let limit = self.limit.map(|limit| (Time::ZERO + limit) - self.clock.now());
            let rest = self.hands.rests_at.map(|time| time - self.clock.now());
            let event = tokio::select! {
                biased;
                received = self.signals.next() => self.heard(received),
                news = self.hands.link.next() => self.told(news),
                Some(event) = self.inbox.recv() => Some(event),
                question = self.desk.next() => self.answer(question),
                OutputGone { errno } = self.hands.hub.output_gone(), if self.output_gone.is_none() => {
                    self.output_gone = Some(errno);
                    Some(Event::OutputGone { errno })
                }
                () = reader_gone(self.reader.as_ref()), if self.output_gone.is_none() => {
                    self.output_gone = Some(libc::EPIPE);
                    Some(Event::OutputGone { errno: libc::EPIPE })
                }
                () = clock_set(self.jumps.as_ref()) => Some(Event::ClockSet),
                () = wait(deadline) => Some(Event::DeadlineReached),
                () = wait(rest), if rest.is_some() => {
                    self.hands.rest();
                    None
                }
                () = wait(limit), if limit.is_some() => self.limit.take().map(|limit| Event::TimeUp { limit }),
            };
            if let Some(event) = event {
                return event;
            }
        }
    }

    fn heard(&mut self, received: Received) -> Option<Event> {
        match received.signal {
            libc::SIGWINCH => {
                self.hands.resize();
                None
            }
            // Whoever stopped forge alone has stopped nobody else; after a Ctrl-Z the hands know by themselves.
            libc::SIGCONT => {
                self.hands.look_at_terminal();
                None
            }
            signal => {
                self.asked_to_stop |=
                    matches!(signal, libc::SIGINT | libc::SIGTERM | libc::SIGHUP | libc::SIGQUIT);
                Some(Event::Signal { signal, from_terminal: received.from_terminal })
            }
        }
    }

    fn told(&mut self, news: GuardNews) -> Option<Event> {
        let child = |run, what| Event::Child { run: RunId(run), what };
        let news = match news {
            GuardNews::News(news) => GuardNews::News(self.hands.sift(news)?),
            GuardNews::Lost => GuardNews::Lost,
        };
        let event = match news {
            GuardNews::News(News::Spawned { run, pid }) => child(run, ChildEvent::Spawned { pid }),
            GuardNews::News(News::SpawnFailed { run, step, errno }) => {
                child(run, ChildEvent::SpawnFailed { step, errno })
            }
            GuardNews::News(News::Exited { run, exit, spent: _ }) => child(run, ChildEvent::Exited(exit)),
            GuardNews::News(News::Gone { run }) => child(run, ChildEvent::Gone),
            // A guard that says goodbye without being asked to is no guard any more.
            GuardNews::News(News::Empty) | GuardNews::Lost => {
                self.hands.link.sweep();
                Event::GuardLost
            }
        };
        // What was found out on the way comes first.
        self.hands.happened.push_back(event);
        self.hands.happened.pop_front()
    }

    /// Answers a face; returns what of its question is for the mind.
    fn answer(&mut self, question: Question) -> Option<Event> {
        let stack = || self.supervisor.snapshot(self.clock.now());
        match question {
            // Whoever has gone away meanwhile is not missed.
            Question::Stack(asker) => drop(asker.send(self.desk.subscribe(stack()))),
            Question::View(asker) => drop(asker.send(self.hands.view(stack()))),
            Question::Lend(query, asker, answer) => drop(answer.send(self.hands.lend(&query, &asker))),
            Question::Event(event) => return Some(event),
            Question::Renew { based_on, reload, asker } => return self.renew(&based_on, reload, asker),
            Question::End => {
                self.asked_to_stop = true;
                return Some(Event::Signal { signal: libc::SIGTERM, from_terminal: false });
            }
        }
        None
    }

    /// Waits until the guard says that nobody is left. A signal meanwhile ends what resists.
    ///
    /// It is not waited for where somebody has outlived SIGKILL: the guard itself goes on trying for a while.
    async fn dismiss_guard(&mut self) {
        self.hands.end_errands();
        self.hands.link.finish();
        if self.hands.somebody_resists {
            return self.hands.link.flush();
        }
        loop {
            tokio::select! {
                biased;
                news = self.hands.link.next() => match news {
                    GuardNews::News(News::Empty) => return self.hands.link.part(),
                    GuardNews::News(_) => {}
                    GuardNews::Lost => {
                        self.hands.link.sweep();
                        return;
                    }
                },
                received = self.signals.next() => {
                    if self.heard(received).is_some() && self.asked_to_stop {
                        self.hands.link.signal_all(libc::SIGKILL);
                    }
                }
            }
        }
    }

    /// Waits until everything is read and the standard output has taken it. Once forge was asked to stop, an output that takes nothing
    /// for a while is not waited for any longer, and a further signal ends the waiting at once.
    async fn flush_output(&mut self) {
        let hub = self.hands.hub.clone();
        let readers = self.hands.last_readers();
        let mut finished = std::pin::pin!(async {
            for reader in readers {
                // A reader that has panicked has ended, too.
                let _ = reader.await;
            }
            hub.finish().await;
        });
        loop {
            let written = hub.written_bytes();
            let patience = self.asked_to_stop.then_some(self.grace);
            tokio::select! {
                () = &mut finished => return,
                received = self.signals.next() => {
                    if self.heard(received).is_some() && self.asked_to_stop {
                        return;
                    }
                }
                () = wait(patience) => {
                    if hub.written_bytes() == written {
                        return;
                    }
                }
            }
        }
    }
}
