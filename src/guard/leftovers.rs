//! What a guard has left behind that was killed in the same instant as its forge: finding it and ending it.
//!
//! Nobody here is a child of this process, so a process id may be given to a stranger between a look and a signal.
//! Therefore signals go through a hold on the process (`sys::pidfd`), and it is looked at once more after the hold was taken.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use super::groups;
use super::mark::{Guard, Mark, ProjectId, RUN_MARK, StackId};
use super::record::lives;
use super::whose::{Asker, Crowd, Seen};
use crate::sys::pidfd::{self, Handle};
use crate::sys::ports::Holder;
use crate::sys::{census, clock, process};

/// How often the kill loop looks for somebody new.
const KILL_ROUND: Duration = Duration::from_millis(20);
/// How long it goes on at most: longer lives only who cannot be killed.
const KILL_LIMIT: Duration = Duration::from_secs(3);
/// What is shown of a name that a process has in its environment, in characters.
const NAME_SHOWN: usize = 60;

/// A process that was left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The instance it came from, as its environment says: `web.1`.
    pub instance: String,
    /// Its id, command and directory.
    pub who: Holder,
    started: u64,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It ended when it was asked to.
    Ended,
    /// It did not, and was killed.
    Killed,
    /// It lives; with the reason, if the kernel gave one.
    Resists(Option<String>),
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// What stacks of this project have left behind.
    pub left_behind: Vec<Leftover>,
    /// The stacks, of whatever project, of which somebody lives, as far as it was looked for them.
    pub inhabited: BTreeSet<StackId>,
}

/// Finds everything that stacks of this project have left behind whose guards have started at `since` or later, in the kernel's
/// ticks; at 0, all of it. `known` are guards that have a note.
///
/// # Errors
/// The system does not tell who is there.
pub fn find(project: ProjectId, known: &[Guard], since: u64) -> io::Result<Found> {
    look(project, known, since).map(|(found, _)| found)
}

/// Finds them, and who is none of them: a kill that is meant for a whole group must not hit these.
///
/// There are hundreds of processes on a machine, and nearly all have nothing to do with any forge; so as little as possible is
/// asked of each.
fn look(project: ProjectId, known: &[Guard], since: u64) -> io::Result<(Found, BTreeSet<i32>)> {
    let members = groups::members();
    let pids = census::pids()?;
    let mut seen: BTreeMap<i32, Seen> = BTreeMap::new();
    let mut started: BTreeMap<i32, u64> = BTreeMap::new();
    let mut see = |process: census::Process, mark| {
        let census::Process { pid, parent, session, .. } = process;
        started.insert(pid, process.started);
        seen.insert(pid, Seen { pid, parent, session, mark });
        parent
    };
    let mut is_young = younger_sessions(since);
    let mut to_climb = vec![process::own_pid()];
    to_climb.extend(known.iter().map(|guard| guard.pid));
    for pid in pids.iter().copied().filter(|pid| is_young(*pid)) {
        if let Some(mark) = mark_of(pid, &members)
            && let Some(process) = census::look(pid)
        {
            to_climb.extend([see(process, Some(mark)), mark.stack.guard.pid]);
        }
    }
    // Who they are depends on who is above them, above the asker, and above the guards that live.
    let mut climbed = BTreeSet::new();
    while let Some(pid) = to_climb.pop() {
        if climbed.insert(pid)
            && let Some(process) = census::look(pid)
        {
            to_climb.push(see(process, mark_of(pid, &members)));
        }
    }
    let inhabited = seen.values().filter_map(|seen| seen.mark).map(|mark| mark.stack).collect();
    let asker = Asker { pid: process::own_pid(), world: census::world(), project };
    let crowd = Crowd::new(seen.into_values().collect(), asker, known, lives);
    let left_behind: BTreeSet<i32> = crowd.left_behind().map(|seen| seen.pid).collect();
    let others = pids.into_iter().filter(|pid| !left_behind.contains(pid)).collect();
    let left_behind = left_behind.into_iter().map(|pid| describe(pid, started[&pid])).collect();
    Ok((Found { left_behind, inhabited }, others))
}

/// Returns whether somebody may descend from a guard that has started then or later.
///
/// Such a one is in a session of the guard's making or of its own, so one that somebody older leads has none of them in it. A
/// session is asked for with one system call, so this spares to look at most processes of most machines.
fn younger_sessions(since: u64) -> impl FnMut(i32) -> bool {
    let mut known = BTreeMap::new();
    move |pid| {
        let is_young = |session| census::look(session).is_none_or(|leader| leader.started >= since);
        since == 0
            || match process::session_of(pid) {
                // The kernel's own, or one from outside this pid namespace.
                Some(0) => false,
                Some(session) => *known.entry(session).or_insert_with(|| is_young(session)),
                // It has ended, or nobody may know.
                None => true,
            }
    }
}

/// Returns whose a process is, by what it carries; else by the control group it is in.
fn mark_of(pid: i32, members: &BTreeMap<i32, StackId>) -> Option<Mark> {
    // The variable first: it is unreadable or missing nearly everywhere, and then nothing else is to be asked.
    let variable = process::variable_of(pid, RUN_MARK);
    let carried = variable.and_then(|mark| Mark::parse(&mark));
    let mark = carried.or_else(|| Some(Mark { stack: *members.get(&pid)?, run: 0 }))?;
    census::is_within_reach(pid).then_some(mark)
}

fn describe(pid: i32, started: u64) -> Leftover {
    let variable = |name| process::variable_of(pid, name).filter(|value| !value.is_empty());
    let instance = variable("PS").or_else(|| variable("FORGE_PROCESS")).unwrap_or_default();
    let instance = String::from_utf8_lossy(&instance).replace(char::is_control, "?");
    Leftover { instance: instance.chars().take(NAME_SHOWN).collect(), who: Holder::of(pid), started }
}

/// One that is being ended.
struct Held {
    leftover: Leftover,
    handle: Handle,
    killed: bool,
    refusal: Option<String>,
}

/// Ends everything that stacks of this project have left behind: SIGTERM, `grace`, SIGKILL, until nobody is found any more.
/// Returns what became of each. Waits for it.
///
/// # Errors
/// The system does not tell who is there, or gives no hold on a process.
pub fn end(project: ProjectId, known: &[Guard], grace: Duration) -> io::Result<Vec<(Leftover, Fate)>> {
    let kill_at = clock::instant() + grace;
    let give_up_at = kill_at + KILL_LIMIT;
    let mut all: BTreeMap<(i32, u64), Held> = BTreeMap::new();
    loop {
        let (found, others) = look(project, known, 0)?;
        for leftover in found.left_behind {
            let key = (leftover.who.pid, leftover.started);
            if !all.contains_key(&key)
                && let Some(handle) = hold(&leftover)?
            {
                let mut held = Held { leftover, handle, killed: false, refusal: None };
                held.send(libc::SIGTERM);
                // A stopped process is woken to hear it.
                held.send(libc::SIGCONT);
                all.insert(key, held);
            }
        }
        let now = clock::instant();
        let living: Vec<&mut Held> = all.values_mut().filter(|held| !held.handle.has_ended()).collect();
        if living.is_empty() || now >= give_up_at {
            break;
        }
        let wait = if now < kill_at {
            // Rounded up, or the last fraction of a millisecond would be spent in a busy loop.
            kill_at - now + Duration::from_millis(1)
        } else {
            KILL_ROUND
        };
        let mut handles = Vec::with_capacity(living.len());
        for held in living {
            if now >= kill_at {
                held.killed = true;
                held.send(libc::SIGKILL);
            }
            handles.push(&held.handle);
        }
        if now >= kill_at {
            groups::kill_abandoned(project, &others);
        }
        pidfd::wait_for_one(handles, wait);
    }
    groups::remove_abandoned();
    Ok(all.into_values().map(Held::judged).collect())
}

impl Held {
    fn send(&mut self, signal: i32) {
        self.refusal = match self.handle.signal(signal) {
            Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Some(error.to_string()),
            Ok(()) | Err(_) => None,
        };
    }

    fn judged(self) -> (Leftover, Fate) {
        let fate = match (self.handle.has_ended(), self.killed) {
            (true, false) => Fate::Ended,
            (true, true) => Fate::Killed,
            (false, _) => Fate::Resists(self.refusal),
        };
        (self.leftover, fate)
    }
}

/// Takes hold of a leftover; `None` if it has ended meanwhile.
fn hold(leftover: &Leftover) -> io::Result<Option<Handle>> {
    let pid = leftover.who.pid;
    let handle = match Handle::open(pid) {
        Ok(handle) => handle,
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_it = census::look(pid).is_some_and(|process| process.started == leftover.started);
    let is_marked = mark_of(pid, &groups::members()).is_some();
    // Asked last: as long as the held process lives, its id means nobody else, and all answers were about it.
    Ok((is_it && is_marked && !handle.has_ended()).then_some(handle))
}
