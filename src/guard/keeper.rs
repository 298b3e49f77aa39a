//! The guard's loop: hear forge, hear of the dead, do what `tree` orders. One thread, no runtime, never a panic.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::groups;
use super::mark::{Mark, RUN_MARK, StackId};
use super::spawn::{Failure, Nursery, Starting, Stillborn};
use super::tree::{Ending, Order, Tree};
use super::wire::{Frames, News, Request};
use crate::exit::Step;
use crate::sys::cgroup::Group;
use crate::sys::descriptor_table::FileLimit;
use crate::sys::footprint;
use crate::sys::namespace::Outside;
use crate::sys::process::{self, Reaped};
use crate::sys::{clock, socket};

/// How often the kill loop looks for somebody new while not everybody is dead.
const KILL_ROUND: Duration = Duration::from_millis(20);
/// How long it goes on at most: longer lives only who cannot be killed (another user's process, a broken device).
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// What the guard is told once, when it is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// What its processes are known by.
    pub(super) stack: StackId,
    /// How long everybody has after SIGTERM when forge is gone.
    pub(super) grace: Duration,
    /// The limit on open files that children get back.
    pub(super) file_limit: Option<FileLimit>,
}

/// The guard itself.
pub(super) struct Keeper {
    settings: Settings,
    socket: OwnedFd,
    forge_listens: bool,
    frames: Frames,
    /// What each `Spawn` brought that is not complete yet; fewer than three where there was no room for them.
    descriptors: VecDeque<Vec<OwnedFd>>,
    deaths: UnixStream,
    nursery: Nursery,
    /// In the order of the requests, which is the order of the answers.
    starting: VecDeque<Starting>,
    stillborn: Vec<Stillborn>,
    /// News that forge has not been told yet.
    outgoing: Vec<u8>,
    tree: Tree,
    /// When what everybody was asked for becomes a kill, and later: when the guard gives up.
    due: Option<Instant>,
    killing: bool,
    /// Everybody was stopped together with forge (Ctrl-Z).
    suspended: bool,
}

impl Keeper {
    /// Prepares to keep; `socket` is the guard's end.
    pub(super) fn new(settings: Settings, socket: OwnedFd, outside: Option<Outside>) -> io::Result<Keeper> {
        let (deaths, bell) = UnixStream::pair()?;
        deaths.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(libc::SIGCHLD, bell)?;
        Ok(Keeper {
            settings,
            socket,
            forge_listens: true,
            frames: Frames::default(),
            descriptors: VecDeque::new(),
            deaths,
            nursery: Nursery {
                file_limit: settings.file_limit,
                group: Group::make(&groups::name(settings.stack)),
                outside,
            },
            starting: VecDeque::new(),
            stillborn: Vec::new(),
            outgoing: Vec::new(),
            tree: Tree::default(),
            due: None,
            killing: false,
            suspended: false,
        })
    }

    /// Serves until nobody is left; returns false if somebody is, who cannot be killed.
    pub(super) fn keep(mut self) -> bool {
        loop {
            let ready = self.wait();
            while self.starting.front().is_some_and(|first| ready.started.contains(&first.pid())) {
                self.conclude_first_start();
            }
            if ready.deaths {
                let mut sink = [0; 256];
                while matches!(self.deaths.read(&mut sink), Ok(1..)) {}
            }
            let heard = if ready.socket && self.forge_listens { self.hear() } else { Heard::Else };
            // While nothing but starts are asked for, nobody is looked for: of many, each would be looked at for each.
            if heard == Heard::Starts && !ready.deaths {
                continue;
            }
            let nobody = self.reap();
            self.adopt();
            if self.due.is_some() && nobody {
                self.tell(News::Empty);
                self.say();
                return true;
            }
            if self.due.is_some_and(|due| due <= clock::instant()) {
                if self.killing {
                    self.say();
                    return false;
                }
                self.kill_all();
            }
        }
    }

    fn wait(&mut self) -> Ready {
        self.say();
        let now = clock::instant();
        let timeout = self.due.map(|due| {
            let wait = due.saturating_duration_since(now);
            // Rounded up, or the last fraction of a millisecond would be spent in a busy loop.
            if self.killing { wait.min(KILL_ROUND) } else { wait + Duration::from_millis(1) }
        });
        let timeout =
            timeout.map_or(PollTimeout::NONE, |wait| PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX));
        let mut polled = vec![PollFd::new(self.deaths.as_fd(), PollFlags::POLLIN)];
        // A socket at its end would be ready for ever.
        let listened = if self.forge_listens { PollFlags::POLLIN } else { PollFlags::empty() };
        let socket = PollFd::new(self.socket.as_fd(), listened);
        if self.forge_listens {
            polled.push(socket);
        }
        let first_start = polled.len();
        // Its end is waited for, not what it says on the way, and that is reported unasked.
        polled
            .extend(self.starting.iter().map(|start| PollFd::new(start.verdict.as_fd(), PollFlags::empty())));
        // Interrupted: everything is looked at anyway.
        let _ = poll(&mut polled, timeout);
        let is_ready = |polled: &PollFd<'_>| polled.revents().is_some_and(|events| !events.is_empty());
        Ready {
            deaths: is_ready(&polled[0]),
            socket: self.forge_listens && is_ready(&polled[1]),
            started: self
                .starting
                .iter()
                .zip(&polled[first_start..])
                .filter(|(_, polled)| is_ready(polled))
                .map(|(start, _)| start.pid())
                .collect(),
        }
    }

    fn hear(&mut self) -> Heard {
        let mut buffer = [0; 16_384];
        match socket::receive(self.socket.as_fd(), &mut buffer, &mut self.descriptors) {
            Ok(0) => self.lose_forge(),
            Ok(length) => {
                let mut heard = Heard::Starts;
                self.frames.push(&buffer[..length]);
                while let Some(frame) = self.frames.next_frame() {
                    let Ok(request) = Request::decode(frame) else {
                        self.lose_forge();
                        return Heard::Else;
                    };
                    if !matches!(request, Request::Spawn(_)) {
                        heard = Heard::Else;
                    }
                    self.serve(request);
                }
                return heard;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.lose_forge(),
        }
        Heard::Else
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Spawn(spawn) => {
                let run = spawn.run;
                let standard = self.descriptors.pop_front().unwrap_or_default();
                let starting = match <[OwnedFd; 3]>::try_from(standard) {
                    Ok(standard) => self.nursery.spawn(spawn, &standard),
                    // The kernel drops descriptors that the guard's own table has no room for.
                    Err(_) => Err(Failure { step: Step::Connect, errno: libc::EMFILE }),
                };
                match starting {
                    Ok(starting) => {
                        self.tree.started(run, starting.pid());
                        self.starting.push_back(starting);
                    }
                    Err(Failure { step, errno }) => self.tell(News::SpawnFailed { run, step, errno }),
                }
            }
            Request::Signal { run, signal } => {
                if let Some(leader) = self.tree.leader_of(run) {
                    send(leader, signal);
                }
            }
            Request::SignalTree { run, signal } => self.signal_tree(run, signal),
            Request::Kill { run } => carry_out(self.tree.condemn(run)),
            Request::SignalAll { signal } => self.signal_everybody(signal),
            Request::Finish => self.end_all(),
            Request::Rest => footprint::forget_what_has_run(),
        }
    }

    /// forge is gone, however that came about.
    fn lose_forge(&mut self) {
        self.forge_listens = false;
        self.end_all();
    }

    /// Asks everybody to end; the kill comes after the grace period.
    fn end_all(&mut self) {
        if self.due.is_none() {
            self.due = Some(clock::instant() + self.settings.grace);
        }
        self.adopt();
        carry_out(self.tree.end(Ending::Asking));
        if self.suspended {
            // After SIGTERM, so that nobody runs on unasked; whoever waits for a helper finds it awake.
            self.signal_everybody(libc::SIGCONT);
        }
    }

    fn signal_everybody(&mut self, signal: i32) {
        process::signal_descendants(signal);
        self.suspended = signal == libc::SIGSTOP;
    }

    /// Sends a signal to a run, all of it, whoever of it is in whatever group.
    fn signal_tree(&mut self, run: u64, number: i32) {
        // Whoever has fallen to the guard meanwhile is of it, too.
        self.adopt();
        let Some(leader) = self.tree.leader_of(run) else { return };
        let orphans = self.tree.orphans_of(run);
        let numbers = [Some(number), asks_to_end(number).then_some(libc::SIGCONT)];
        for number in numbers.into_iter().flatten() {
            // Its own group gets it in one step, which no fork can miss. It has none before it has become a session.
            let has_group = process::group_of(leader) == Some(leader);
            let in_group = |pid: i32| has_group && process::group_of(pid) == Some(leader);
            if has_group {
                let _ = process::signal_group(leader, number);
            } else {
                let _ = process::signal(leader, number);
            }
            for orphan in orphans.iter().filter(|pid| !in_group(**pid)) {
                let _ = process::signal(*orphan, number);
            }
            for root in orphans.iter().chain([&leader]) {
                process::signal_below(*root, number, |pid| !in_group(pid));
            }
        }
        // Another signal may be ignored by some of it, as shells have their background jobs ignore SIGINT.
        if number == libc::SIGTERM {
            self.tree.note_asked(run);
        }
    }

    fn kill_all(&mut self) {
        self.killing = true;
        self.due = Some(clock::instant() + KILL_LIMIT);
        carry_out(self.tree.end(Ending::Killing));
        if let Some(group) = &self.nursery.group {
            group.kill();
        }
    }

    /// Takes all the dead away; returns whether there are no children at all.
    fn reap(&mut self) -> bool {
        loop {
            match process::reap() {
                Reaped::Ended { pid, exit, spent } => {
                    // What became of its start is told before its end.
                    while self.starting.iter().any(|start| start.pid() == pid) {
                        self.conclude_first_start();
                    }
                    self.stillborn.extract_if(.., |one| one.pid() == pid).for_each(Stillborn::bury);
                    if let Some(news) = self.tree.reaped(pid, exit, spent) {
                        self.tell(news);
                    }
                }
                Reaped::NobodyYet => return false,
                Reaped::NoChildren => return true,
            }
        }
    }

    /// Tells what became of the oldest start; waits for it if need be, which is the time of an exec.
    fn conclude_first_start(&mut self) {
        let Some(starting) = self.starting.pop_front() else { return };
        let (run, pid) = (starting.run, starting.pid());
        match starting.verdict() {
            Ok(shown_pid) => self.tell(News::Spawned { run, pid: shown_pid }),
            Err((Failure { step, errno }, stillborn)) => {
                self.tree.never_started(pid);
                self.stillborn.push(stillborn);
                self.tell(News::SpawnFailed { run, step, errno });
            }
        }
    }

    /// Looks for orphans that have fallen to the guard, and does what is due to them.
    fn adopt(&mut self) {
        let children = match process::children() {
            Some(children) => children,
            // Slow, so only where it decides whether somebody is left.
            None if self.due.is_some() && self.tree.has_no_leader() => process::children_by_asking(),
            None => Vec::new(),
        };
        for pid in self.tree.strangers(&children) {
            let run = self.run_of(pid);
            self.tree.adopted(pid, run);
        }
        carry_out(self.tree.due());
        for run in self.tree.take_gone() {
            self.tell(News::Gone { run });
        }
    }

    /// Finds out whose an orphan was: by its session, else by the mark in its environment.
    fn run_of(&self, pid: i32) -> Option<u64> {
        let by_session = process::session_of(pid).and_then(|session| self.tree.run_of_session(session));
        by_session.or_else(|| {
            let mark = Mark::parse(&process::variable_of(pid, RUN_MARK)?)?;
            // A forge inside this one has marks of its own.
            (mark.stack == self.settings.stack).then_some(mark.run)
        })
    }

    /// Says it with all else that there is to be told before the next wait: of many starts, not each wakes forge.
    fn tell(&mut self, news: News) {
        self.outgoing.extend(news.encode());
    }

    /// Hands over to forge what there is to be told.
    fn say(&mut self) {
        let mut rest = &self.outgoing[..];
        while self.forge_listens && !rest.is_empty() {
            match socket::send(self.socket.as_fd(), rest, &[]) {
                Ok(sent) => rest = &rest[sent..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Nobody listens any more; the end of the socket will say so.
                Err(_) => break,
            }
        }
        self.outgoing.clear();
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(group) = &self.nursery.group {
            group.remove();
        }
    }
}

/// What the loop woke up for.
struct Ready {
    deaths: bool,
    socket: bool,
    started: Vec<i32>,
}

/// What forge has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// Starts, and nothing else; perhaps a part of one.
    Starts,
    /// Something else, or nothing.
    Else,
}

fn carry_out(orders: Vec<Order>) {
    for order in orders {
        match order {
            Order::Ask(pid) => send(pid, libc::SIGTERM),
            Order::Kill(pid) => {
                // A group dies in one step, which outruns a process that forks and exits all the time. It consists of
                // processes below the guard only, for none of them is in the guard's own session.
                let own = process::group_of(process::own_pid());
                if let Some(group) = process::group_of(pid).filter(|group| Some(*group) != own) {
                    let _ = process::signal_group(group, libc::SIGKILL);
                }
                // Not in vain: a leader that has not reached setsid yet has no group of its own.
                let _ = process::signal(pid, libc::SIGKILL);
            }
        }
    }
}

/// Sends a signal; a stopped process is woken to hear one that asks it to end.
fn send(pid: i32, signal: i32) {
    let _ = process::signal(pid, signal);
    if asks_to_end(signal) {
        let _ = process::signal(pid, libc::SIGCONT);
    }
}

fn asks_to_end(signal: i32) -> bool {
    matches!(signal, libc::SIGTERM | libc::SIGINT | libc::SIGHUP | libc::SIGQUIT)
}
