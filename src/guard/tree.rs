//! Who is below the guard, and who of them is to be signalled next. Pure: it is told what is seen and answers with orders.
//!
//! A *leader* is a process that the guard started for a run. An *orphan* is any other direct child: somebody below a leader
//! whose parent died. Only direct children are ever signalled one by one: nobody but the guard can reap them, so their ids
//! cannot belong to a stranger. What an orphan leaves behind becomes an orphan in its turn.

use std::collections::BTreeMap;

use super::wire::News;
use crate::exit::{Exit, Spent};

/// Everything below the guard.
#[derive(Debug, Default)]
pub(super) struct Tree {
    runs: BTreeMap<u64, Run>,
    leaders: BTreeMap<i32, u64>,
    orphans: BTreeMap<i32, Orphan>,
    ending: Ending,
}

#[derive(Debug)]
struct Run {
    leader: i32,
    leader_lives: bool,
    /// Not the leader alone has got its SIGTERM: what it leaves behind knows already.
    all_asked: bool,
    /// Whatever of it still appears is killed.
    condemned: bool,
}

#[derive(Debug)]
struct Orphan {
    /// `None` for one that hides where it comes from.
    run: Option<u64>,
    /// It has got its SIGTERM.
    asked: bool,
}

/// Whether everything is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Ending {
    #[default]
    No,
    /// Everybody is asked with SIGTERM, once.
    Asking,
    /// Everybody is killed.
    Killing,
}

/// What to do to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// SIGTERM, then SIGCONT, so that a stopped process can clean up.
    Ask(i32),
    /// SIGKILL, with the group it is in. It is not reaped yet, so nobody else can have its number or its group's.
    Kill(i32),
}

impl Tree {
    /// Notes a new leader.
    pub(super) fn started(&mut self, run: u64, leader: i32) {
        self.leaders.insert(leader, run);
        self.runs.insert(run, Run { leader, leader_lives: true, all_asked: false, condemned: false });
    }

    /// Forgets a leader that never became the program it was to be.
    pub(super) fn never_started(&mut self, leader: i32) {
        if let Some(run) = self.leaders.remove(&leader) {
            self.runs.remove(&run);
        }
    }

    /// Returns the leader of a run while it can be signalled.
    pub(super) fn leader_of(&self, run: u64) -> Option<i32> {
        self.runs.get(&run).filter(|run| run.leader_lives).map(|run| run.leader)
    }

    /// Returns the run whose leader made this session, also after the leader has ended.
    pub(super) fn run_of_session(&self, session: i32) -> Option<u64> {
        self.runs.iter().find(|(_, run)| run.leader == session).map(|(id, _)| *id)
    }

    /// Returns what of a run has fallen to the guard.
    pub(super) fn orphans_of(&self, run: u64) -> Vec<i32> {
        self.orphans.iter().filter(|(_, orphan)| orphan.run == Some(run)).map(|(pid, _)| *pid).collect()
    }

    /// Notes that all of a run has got SIGTERM, so that nobody of it gets it a second time when the leader ends.
    pub(super) fn note_asked(&mut self, run: u64) {
        if let Some(run) = self.runs.get_mut(&run) {
            run.all_asked = true;
        }
    }

    /// Kills a run: its leader's group now, everything else of it as it appears.
    pub(super) fn condemn(&mut self, run: u64) -> Vec<Order> {
        let Some(state) = self.runs.get_mut(&run) else { return Vec::new() };
        state.condemned = true;
        let leader = state.leader_lives.then_some(Order::Kill(state.leader));
        let of_run = self.orphans.iter().filter(|(_, orphan)| orphan.run == Some(run));
        leader.into_iter().chain(of_run.map(|(pid, _)| Order::Kill(*pid))).collect()
    }

    /// Lets everything end.
    pub(super) fn end(&mut self, how: Ending) -> Vec<Order> {
        let sooner = self.ending;
        self.ending = how.max(sooner);
        match self.ending {
            Ending::No => Vec::new(),
            Ending::Asking if sooner == Ending::Asking => Vec::new(),
            Ending::Asking => {
                let leaders = self.leaders.keys().map(|pid| Order::Ask(*pid)).collect::<Vec<_>>();
                leaders.into_iter().chain(self.due()).collect()
            }
            Ending::Killing => {
                let leaders = self.leaders.keys().map(|pid| Order::Kill(*pid));
                leaders.chain(self.orphans.keys().map(|pid| Order::Kill(*pid))).collect()
            }
        }
    }

    /// Returns whether all leaders have ended, so that who is left has fallen to the guard.
    pub(super) fn has_no_leader(&self) -> bool {
        self.leaders.is_empty()
    }

    /// Returns the children that are neither leaders nor known orphans.
    pub(super) fn strangers(&self, children: &[i32]) -> Vec<i32> {
        let known = |pid: &i32| self.leaders.contains_key(pid) || self.orphans.contains_key(pid);
        children.iter().copied().filter(|pid| !known(pid)).collect()
    }

    /// Notes an orphan that has fallen to the guard, and whose it was.
    pub(super) fn adopted(&mut self, pid: i32, run: Option<u64>) {
        let run = run.filter(|run| self.runs.contains_key(run));
        self.orphans.insert(pid, Orphan { run, asked: false });
    }

    /// Returns what is due to the orphans: those whose leader has ended are asked, those of a condemned run are killed.
    pub(super) fn due(&mut self) -> Vec<Order> {
        let mut orders = Vec::new();
        for (pid, orphan) in &mut self.orphans {
            let run = orphan.run.and_then(|run| self.runs.get(&run));
            if self.ending == Ending::Killing || run.is_some_and(|run| run.condemned) {
                orders.push(Order::Kill(*pid));
            } else if !orphan.asked
                && (self.ending == Ending::Asking
                    || run.is_some_and(|run| !run.leader_lives && !run.all_asked))
            {
                orphan.asked = true;
                orders.push(Order::Ask(*pid));
            }
        }
        orders
    }

    /// Notes that a child has been reaped; returns what forge is to hear of it.
    pub(super) fn reaped(&mut self, pid: i32, exit: Exit, spent: Spent) -> Option<News> {
        self.orphans.remove(&pid);
        let run = self.leaders.remove(&pid)?;
        if let Some(state) = self.runs.get_mut(&run) {
            state.leader_lives = false;
        }
        Some(News::Exited { run, exit, spent })
    }

    /// Takes out the runs of which nobody is left.
    pub(super) fn take_gone(&mut self) -> Vec<u64> {
        let over = |id: &u64, run: &Run| {
            !run.leader_lives && !self.orphans.values().any(|orphan| orphan.run == Some(*id))
        };
        let gone: Vec<u64> = self.runs.iter().filter(|(id, run)| over(id, run)).map(|(id, _)| *id).collect();
        for run in &gone {
            self.runs.remove(run);
        }
        gone
    }
}

#[cfg(test)]
mod tests;
