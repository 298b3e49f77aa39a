//! What the processes use, measured when somebody asks, in a thread beside the loop: to know it takes some files of `/proc` for each.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::control::protocol::{Member, Use};
use crate::supervisor::RunId;
use crate::sys::kin::Kin;
use crate::sys::{measure, ports, titles};

/// What was measured is good enough for so long: many may ask.
const FRESH: Duration = Duration::from_millis(500);
/// The shortest time over which processor time is told; the kernel counts in hundredths of a second.
const SHORTEST: Duration = Duration::from_millis(100);

/// Remembers the last measurement.
#[derive(Debug, Default)]
pub(super) struct Meter {
    at: Option<Instant>,
    cpu: BTreeMap<RunId, Duration>,
    uses: BTreeMap<RunId, Use>,
}

/// What one look shows of a run.
#[derive(Debug)]
struct Looked {
    run: RunId,
    cpu: Duration,
    used: Use,
}

impl Meter {
    /// Returns what these runs use.
    pub(super) async fn read(&mut self, runs: Vec<(RunId, Kin)>) -> BTreeMap<RunId, Use> {
        let is_fresh = self.at.is_some_and(|at| at.elapsed() < FRESH);
        if !is_fresh || runs.iter().any(|(run, _)| !self.uses.contains_key(run)) {
            if runs.iter().any(|(run, _)| !self.cpu.contains_key(run)) {
                // The first time: a moment between two looks.
                self.take(runs.clone()).await;
                tokio::time::sleep(SHORTEST).await;
            }
            self.take(runs).await;
        }
        self.uses.clone()
    }

    async fn take(&mut self, runs: Vec<(RunId, Kin)>) {
        let looks = tokio::task::spawn_blocking(move || look(&runs)).await.unwrap_or_default();
        let now = Instant::now();
        let passed = self.at.replace(now).map(|at| now - at).filter(|passed| *passed >= SHORTEST / 2);
        let mut cpu = BTreeMap::new();
        self.uses.clear();
        for Looked { run, cpu: spent, mut used } in looks {
            let before = self.cpu.get(&run);
            used.cpu_percent = passed.zip(before).map(|(passed, before)| {
                let percent = spent.saturating_sub(*before).as_secs_f64() / passed.as_secs_f64() * 100.0;
                (percent * 10.0).round() / 10.0
            });
            cpu.insert(run, spent);
            self.uses.insert(run, used);
        }
        self.cpu = cpu;
    }
}

fn look(runs: &[(RunId, Kin)]) -> Vec<Looked> {
    let listening = ports::listening().ok();
    let one = |(run, kin): &(RunId, Kin)| {
        let everybody = kin.everybody();
        // Zero: what is shared counts once, always.
        let usage = measure::usage(&everybody, 0);
        let listens = listening.as_ref().map(|sockets| {
            let mut found: Vec<u16> = everybody
                .iter()
                .flat_map(|pid| ports::sockets_of(*pid))
                .filter_map(|socket| sockets.get(&socket).copied())
                .collect();
            found.sort_unstable();
            found.dedup();
            found
        });
        let members = everybody.iter().filter_map(|pid| {
            let (parent, title) = titles::of(*pid)?;
            Some(Member { pid: *pid, parent, title })
        });
        let memory_bytes = Some(usage.memory_bytes).filter(|_| usage.processes > 0);
        let used =
            Use { cpu_percent: None, memory_bytes, listens, tree: in_order(&members.collect::<Vec<_>>()) };
        Looked { run: *run, cpu: usage.cpu, used }
    };
    runs.iter().map(one).collect()
}

/// Puts each process behind its parent.
fn in_order(members: &[Member]) -> Vec<Member> {
    fn add(parent: i32, all: &[Member], found: &mut Vec<Member>) {
        for child in all.iter().filter(|member| member.parent == parent) {
            if !found.contains(child) {
                found.push(child.clone());
                add(child.pid, all, found);
            }
        }
    }
    let is_top = |member: &&Member| !members.iter().any(|other| other.pid == member.parent);
    let mut found = Vec::new();
    for top in members.iter().filter(is_top) {
        found.push(top.clone());
        add(top.pid, members, &mut found);
    }
    found
}
