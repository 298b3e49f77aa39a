//! The project becomes another one: who reads it again, and what the hand has to change for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Engine;
use super::perform::Hands;
use super::session::{LocalSession, Question};
use crate::control::protocol::{
    Acted, Became, Code, Counts, Refusal, Renewal as Asked, Renewed, Reply, Told, VERSION,
};
use crate::project::difference::{Difference, Follows};
use crate::project::lifecycle::Nature;
use crate::project::secrets::Secret;
use crate::project::{InstanceId, Project};
use crate::supervisor::goal::{Aim, Fate, Goal};
use crate::supervisor::{Event, Occasion, Reload};
use crate::sys::clock_jumps::ClockJumps;

/// Reads the project again, as it is to become. It reads files, and so it may take its time on another thread.
pub type Reader = Arc<dyn Fn(&Project, &Renewal) -> Reread + Send + Sync>;

/// What somebody wants of a project that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// Its files are to be read again.
    Reload {
        /// For whom; nobody means everybody. Who is named is also to read again what they read themselves.
        names: Vec<String>,
    },
    /// Other numbers of instances.
    Scale {
        /// Each `NAME=N`.
        counts: Vec<String>,
    },
}

/// What was read.
#[derive(Debug)]
pub struct Reread {
    /// The new project; `None` if there are mistakes in it, and nothing changes.
    pub project: Option<Project>,
    /// Who is to read again what they read themselves.
    pub asked: Vec<InstanceId>,
    /// What there is to be said about it.
    pub told: Vec<Told>,
}

/// Makes of what was read what the mind is told.
fn reload(running: &Project, reread: Project, asked: &[InstanceId], occasion: Occasion) -> Reload {
    let mut difference = Difference::between(running, &reread);
    for spec in reread.instances.iter().filter(|spec| asked.contains(&spec.id)) {
        difference.ask_to_reread(spec);
    }
    let mut project = reread;
    // What runs still has the old values.
    let secrets: BTreeSet<&Secret> = running.secrets.found.iter().chain(&project.secrets.found).collect();
    project.secrets.found = secrets.into_iter().cloned().collect();
    // What only a new start can change is as it is.
    project.output = running.output.clone();
    project.logs.clone_from(&running.logs);
    project.isolate = running.isolate;
    Reload { project: Arc::new(project), difference, occasion }
}

impl Hands {
    /// Acts by another project from now on. What runs goes on as it was started.
    pub(super) fn take_over(&mut self, reload: &Reload) {
        self.project = Arc::clone(&reload.project);
        self.addresses = self.project.addresses();
        let columns = self.hub.prefix_columns();
        self.hub.take_over(&self.project);
        if self.hub.prefix_columns() != columns {
            self.resize();
        }
        self.keyboards.keep_only(|id| self.project.instances.iter().any(|spec| spec.id == *id));
        self.watching.take_over(&self.project, &self.hub, &self.news);
    }
}

impl Engine {
    /// Has the mind go by another project, unless the one that was changed is not the one that runs any more.
    pub(super) fn renew(
        &mut self,
        based_on: &Arc<Project>,
        reload: Arc<Reload>,
        asker: oneshot::Sender<bool>,
    ) -> Option<Event> {
        let is_current = Arc::ptr_eq(based_on, &self.hands.project);
        if self.supervisor.is_stopping() {
            // Whoever asked hears that the stack is at its end.
            drop(asker);
            return None;
        }
        if is_current && self.jumps.is_none() && super::depends_on_the_clock(&reload.project) {
            self.jumps = ClockJumps::listen().ok();
        }
        // Whoever has gone away meanwhile wanted it all the same.
        let _ = asker.send(is_current);
        is_current.then_some(Event::Reloaded(reload))
    }
}

impl LocalSession {
    /// Other numbers of instances.
    pub(super) async fn scale(&self, Counts { counts, timeout_ms }: Counts) -> Result<Reply, Refusal> {
        self.renew(&Renewal::Scale { counts }, Doing::It, timeout_ms).await
    }

    /// The files of the project are read again.
    pub(super) async fn reload(&self, asked: Asked) -> Result<Reply, Refusal> {
        let Asked { names, dry_run, timeout_ms } = asked;
        let doing = if dry_run { Doing::Nothing } else { Doing::It };
        self.renew(&Renewal::Reload { names }, doing, timeout_ms).await
    }

    async fn renew(
        &self,
        renewal: &Renewal,
        doing: Doing,
        timeout_ms: Option<u64>,
    ) -> Result<Reply, Refusal> {
        let began = Instant::now();
        let limit = timeout_ms.map(Duration::from_millis);
        let Some(reader) = &self.reader else {
            let message = "this stack runs for one command, and cannot become another one";
            return Err(Refusal::new(Code::NotPossible, message));
        };
        loop {
            let view = self.put(Question::View).await?;
            let (running, reader, wish) = (Arc::clone(&view.project), Arc::clone(reader), renewal.clone());
            // Files may be slow, and an env file may be a pipe that somebody has to fill first.
            let read = tokio::task::spawn_blocking(move || reader(&running, &wish)).await;
            let Reread { project, asked, told } =
                read.map_err(|_| Refusal::new(Code::Broken, "the files could not be read"))?;
            let mut renewed = Renewed {
                version: VERSION,
                ok: project.is_some(),
                applied: false,
                diagnostics: told,
                difference: Difference::default(),
                instances: Vec::new(),
            };
            let Some(project) = project else { return Ok(Reply::Renewed(renewed)) };
            let occasion = match renewal {
                Renewal::Reload { .. } => Occasion::Reload,
                Renewal::Scale { .. } => Occasion::Scale,
            };
            let reload = Arc::new(reload(&view.project, project, &asked, occasion));
            renewed.difference = reload.difference.clone();
            if doing == Doing::Nothing {
                return Ok(Reply::Renewed(renewed));
            }
            let (comes, goes) = concerned(&reload);
            let goals = [(Aim::Stopped, goes), (Aim::Restarted, comes)];
            let goals = goals.map(|(aim, instances)| (aim, Goal::new(aim, &instances, &view.stack)));
            let based_on = view.project;
            if !self.put(|asker| Question::Renew { based_on, reload, asker }).await? {
                // Somebody else has changed it meanwhile.
                continue;
            }
            renewed.applied = true;
            for (aim, goal) in goals {
                let Reply::Acted(Acted { instances, .. }) = self.reach(&goal, aim, (began, limit)).await?
                else {
                    continue;
                };
                renewed.ok &= instances.iter().all(|one| is_there(aim, one));
                renewed.instances.extend(instances);
            }
            return Ok(Reply::Renewed(renewed));
        }
    }
}

/// Whether something is done, or only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    It,
    Nothing,
}

/// Returns who is to be ready afterwards, and who is to be gone. What the clock starts is waited for by nobody.
fn concerned(reload: &Reload) -> (Vec<InstanceId>, Vec<InstanceId>) {
    let Difference { added, removed, changed, .. } = &reload.difference;
    let restarts = changed.iter().filter(|change| change.follows == Follows::Restart);
    let comes = added.iter().chain(restarts.map(|change| &change.instance));
    let by_the_clock = |id: &&InstanceId| {
        let spec = reload.project.instances.iter().find(|spec| spec.id == **id);
        spec.is_some_and(|spec| matches!(spec.process.life.nature, Nature::Scheduled(_)))
    };
    (comes.filter(|id| !by_the_clock(id)).cloned().collect(), removed.clone())
}

/// Whoever was removed is forgotten when it is gone, and whoever was stopped before stays so.
fn is_there(aim: Aim, one: &Became) -> bool {
    match (&one.fate, aim) {
        (Fate::Gone, Aim::Stopped) | (Fate::NotWanted, Aim::Restarted) => true,
        (fate, aim) => fate.is_success(aim),
    }
}
