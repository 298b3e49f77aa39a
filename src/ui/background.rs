//! What `forge start -D` says before it goes away: what runs, or why nothing does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use crate::diagnostic::visible;
use crate::exit::signal_name;
use crate::logs::{Mask, Origin, Piece, Sink, StreamId};
use crate::project::lifecycle::Nature;
use crate::project::{InstanceId, InstanceSpec, Project};
use crate::supervisor::{Cause, Explanation, InstanceState, Note, Phase, Snapshot};
use crate::time::WallTime;
use crate::ui::messages::{self, duration};

/// The version of the object of `--json`.
pub const VERSION: u32 = 1;

/// How many of those who were not ready are shown with their last lines.
const SHOWN: usize = 3;

/// The stream of a stack that nobody reads: nothing is formatted, and only what explains a failure is kept.
#[derive(Debug)]
pub struct Unseen {
    instances: Vec<InstanceSpec>,
    /// Nothing any more, once everything is ready: the files have it, and nobody asks here.
    troubles: Option<Troubles>,
    nothing: Vec<u8>,
}

/// What has gone wrong, in forge's own words, a line each, and who was still waited for when the time was up.
#[derive(Debug, Clone, Default)]
pub struct Troubles(Arc<Mutex<(Vec<String>, Vec<InstanceId>)>>);

impl Unseen {
    /// Makes the sink; what it hears before everything is ready is found in `troubles`.
    pub fn new(project: &Project, troubles: Troubles) -> Unseen {
        Unseen { instances: project.instances.clone(), troubles: Some(troubles), nothing: Vec::new() }
    }
}

impl Troubles {
    /// Hands out what there is.
    fn take(&self) -> (Vec<String>, Vec<InstanceId>) {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, line: String, pending: impl Iterator<Item = InstanceId>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.0.push(line);
        known.1.extend(pending);
    }
}

impl Sink for Unseen {
    fn begins(&mut self, _: WallTime, _: StreamId, _: &Origin<'_>) {}

    fn lines(&mut self, _: WallTime, _: StreamId, _: crate::logs::Lines<'_>) {}

    fn piece(&mut self, _: WallTime, _: StreamId, _: Piece<'_>) {}

    fn note(&mut self, _: WallTime, note: &Note) {
        if matches!(note, Note::AllReady { .. }) {
            self.troubles = None;
        }
        let Some(troubles) = self.troubles.as_ref().filter(|_| is_trouble(note)) else { return };
        let (about, text) = messages::text(note, &self.instances);
        let line = about.map_or_else(|| text.clone(), |about| format!("{about} {text}"));
        let pending = if let Note::TimeUp { pending, .. } = note { pending.as_slice() } else { &[] };
        troubles.add(line, pending.iter().map(|one| one.instance.clone()));
    }

    fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.nothing
    }
}

/// Returns whether a remark helps to understand why a stack was not ready.
fn is_trouble(note: &Note) -> bool {
    match note {
        Note::CouldNotStart { .. }
        | Note::AddressInUse { .. }
        | Note::TimeUp { .. }
        | Note::StillAlive { .. }
        | Note::FirstCause { .. }
        | Note::NotReady { .. }
        | Note::NotLive { .. }
        | Note::LimitExceeded { .. }
        | Note::GaveUp { .. }
        | Note::KeptDown { .. }
        | Note::HookFailed { .. }
        | Note::OutOfMemory { .. }
        | Note::WatchingByLooking { .. }
        | Note::OutputUnread { .. }
        | Note::GuardLost
        | Note::NoTerminals { .. }
        | Note::LogsIncomplete { .. }
        | Note::LinesLost => true,
        Note::Started { .. }
        | Note::Ended { .. }
        | Note::Asked { .. }
        | Note::ShutdownBySignal { .. }
        | Note::SendingToAll { .. }
        | Note::Forwarding { .. }
        | Note::StillThere { .. }
        | Note::NothingRuns
        | Note::Ready { .. }
        | Note::AllReady { .. }
        | Note::Reloaded(_)
        | Note::Rereads { .. }
        | Note::Restarting { .. }
        | Note::FilesChanged { .. }
        | Note::StillBusy { .. }
        | Note::WasMissed { .. } => false,
    }
}

/// A stack that is ready, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Ready<'a> {
    /// What runs.
    pub project: &'a Project,
    /// What is so.
    pub stack: &'a Snapshot,
    /// forge's own process.
    pub pid: i32,
    /// Where its log files are.
    pub logs: &'a Path,
}

/// What became of one instance.
struct Row<'a> {
    id: &'a InstanceId,
    /// One word, for programs.
    state: &'static str,
    /// For people.
    words: String,
    pid: Option<i32>,
    port: Option<u16>,
}

impl Ready<'_> {
    /// Returns what people are told: a line for each instance, and what can be done now.
    pub fn words(&self) -> String {
        let rows = self.rows();
        let width = rows.iter().map(|row| row.id.to_string().len()).max().unwrap_or(0);
        let mut text = String::new();
        for Row { id, words, port, .. } in &rows {
            let port = port.map(|port| format!(", port {port}")).unwrap_or_default();
            text.extend([format!("{:<width$}  {words}{port}\n", id.to_string())]);
        }
        let logs = visible(&self.logs.to_string_lossy()).into_owned();
        if rows.iter().all(|row| row.pid.is_none()) && self.stack.instances.iter().all(is_over) {
            text.extend([format!("everything has come to its end; the logs are in {logs}\n")]);
            return text;
        }
        text.extend([format!("forge runs in the background (pid {}); its logs are in {logs}\n", self.pid)]);
        text += "  forge ps           shows it\n  forge logs -f      follows what it prints\n  forge attach NAME  \
                 types to one of it\n  forge down         ends it\n";
        text
    }

    /// Returns the same for programs: an object in one line.
    pub fn json(&self) -> String {
        let processes: Vec<_> = self
            .rows()
            .iter()
            .map(|row| {
                json!({
                    "process": row.id.process.as_str(),
                    "instance": row.id.to_string(),
                    "state": row.state,
                    "pid": row.pid,
                    "port": row.port,
                })
            })
            .collect();
        let after = u32::try_from(self.stack.at.0.as_millis()).unwrap_or(u32::MAX);
        let object = json!({
            "version": VERSION,
            "event": "all-ready",
            "pid": self.pid,
            "seconds": f64::from(after) / 1000.0,
            "logs": self.logs.to_string_lossy(),
            "processes": processes,
        });
        format!("{object}\n")
    }

    fn rows(&self) -> Vec<Row<'_>> {
        self.stack.instances.iter().map(|one| self.row(one)).collect()
    }

    fn row<'b>(&'b self, one: &'b InstanceState) -> Row<'b> {
        let spec = self.project.instances.iter().find(|spec| spec.id == one.id);
        let run = one.runs.last();
        let after = |end: Option<crate::time::Time>| {
            run.and_then(|run| Some(duration(end?.since(run.since)))).unwrap_or_default()
        };
        let pid = match one.phase {
            Phase::Running { pid, .. } => Some(pid),
            Phase::Pending
            | Phase::Waiting
            | Phase::Starting { .. }
            | Phase::Stopping { .. }
            | Phase::Backoff { .. }
            | Phase::Exited { .. } => None,
        };
        let is_looked_for = spec.is_some_and(InstanceSpec::is_expected_to_listen);
        let (state, words) = match (&one.because, spec.map(|spec| &spec.process.life.nature)) {
            (Explanation::Scheduled { .. }, _) => ("scheduled", "is started by the clock".to_owned()),
            (Explanation::Ended { .. }, Some(Nature::Task { .. })) => {
                ("done", format!("done after {}", after(run.and_then(|run| run.ended))))
            }
            (Explanation::Ended { exit }, _) => ("ended", messages::ended(*exit)),
            (Explanation::Runs { .. }, _) if is_looked_for => {
                ("ready", format!("ready after {}", after(run.and_then(|run| run.ready))))
            }
            (Explanation::Runs { .. }, _) => ("running", "runs".to_owned()),
            (Explanation::NotWanted, _) => ("stopped", "stopped".to_owned()),
            _ => ("not-ready", "is not ready, and nobody waits for it".to_owned()),
        };
        // Every line of a Procfile has a port; those are told who are expected to use it.
        let port = spec.filter(|spec| spec.is_expected_to_listen()).and_then(|spec| spec.port);
        Row { id: &one.id, state, words, pid, port: port.filter(|_| pid.is_some()) }
    }
}

fn is_over(one: &InstanceState) -> bool {
    matches!(one.because, Explanation::Ended { .. } | Explanation::NotWanted)
}

/// A stack that was not ready and has been ended.
#[derive(Debug, Clone, Copy)]
pub struct NotReady<'a> {
    /// What became of it.
    pub stack: &'a Snapshot,
    /// What each instance printed last.
    pub last_lines: &'a BTreeMap<String, Vec<String>>,
    /// What went wrong on the way.
    pub troubles: &'a Troubles,
    /// What must not be seen.
    pub mask: &'a Mask,
    /// How long all of it has taken.
    pub after: Duration,
}

impl NotReady<'_> {
    /// Returns why, and what those who are to blame said last.
    pub fn words(&self) -> String {
        let (troubles, pending) = self.troubles.take();
        let after = duration(self.after);
        let mut text = match &self.stack.stopping {
            Some(Cause::Signal(signal)) => {
                format!(
                    "error: cancelled by {} after {after}; nothing is left running\n",
                    signal_name(*signal)
                )
            }
            Some(Cause::Ended(_) | Cause::OutputGone | Cause::TimeUp) | None => {
                format!("error: the stack was not ready, and is ended again after {after}\n")
            }
        };
        for trouble in &troubles {
            text.extend([format!("  {}\n", visible(&self.mask.text(trouble)))]);
        }
        let culprits = match &self.stack.stopping {
            Some(Cause::Ended(instance)) => vec![instance.clone()],
            Some(Cause::Signal(_) | Cause::OutputGone | Cause::TimeUp) | None => pending,
        };
        let mut shown = 0;
        for culprit in culprits.iter().take(SHOWN) {
            let lines = self.last_lines.get(&culprit.to_string()).map_or(&[][..], Vec::as_slice);
            if lines.is_empty() {
                continue;
            }
            shown += lines.len();
            text.extend([format!("the last lines of {culprit}:\n")]);
            text.extend(lines.iter().map(|line| format!("  | {}\n", visible(line))));
        }
        if shown > 0 {
            text += "hint: `forge logs` shows all of it\n";
        }
        text
    }
}
