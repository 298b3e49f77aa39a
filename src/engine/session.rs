//! A session without a socket: what faces ask, put to the loop that owns the mind.
//!
//! Nothing here decides and nothing is owned but questions. The loop answers one after the other, so whoever looks after having wanted
//! something sees what has come of it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::Hub;
use super::keyboard::Wants;
use super::perform::Hands;
use crate::control::attach::Attached;
use crate::control::protocol::{
    About, Acted, Became, Code, Instance, Refusal, Reply, Request, Stack, State, Targets, VERSION,
};
use crate::control::session::{Asker, AttachQuery, Follow, Later, LogQuery, Measure, Session};
use crate::project::{InstanceId, Project};
use crate::supervisor::goal::{Aim, Goal, Verdict};
use crate::supervisor::{Event, InstanceState, Note, Snapshot, Want, Wish};
use crate::sys::clock;
use crate::time::Time;

/// How many questions may wait; whoever asks then waits for the loop, which never waits for them.
const QUESTIONS: usize = 64;

/// What is asked of the loop.
pub(super) enum Question {
    /// What is so, and what is so later.
    Stack(oneshot::Sender<watch::Receiver<Arc<Snapshot>>>),
    /// What is so, and what the hands know besides.
    View(oneshot::Sender<View>),
    /// The keyboard of an instance.
    Lend(AttachQuery, Asker, oneshot::Sender<Result<Attached, Refusal>>),
    /// Something for the mind.
    Event(Event),
}

/// What is so, with what the hands know.
pub(super) struct View {
    pub(super) project: Arc<Project>,
    pub(super) stack: Snapshot,
    /// What each instance of the snapshot printed last.
    pub(super) last_lines: Vec<Option<String>>,
    /// Who waits for keys.
    pub(super) wants: Wants,
}

/// The loop's end: where questions come in, and where snapshots go out.
pub(super) struct Desk {
    questions: mpsc::Receiver<Question>,
    stack: Option<watch::Sender<Arc<Snapshot>>>,
}

impl Desk {
    /// Waits for a question.
    pub(super) async fn next(&mut self) -> Question {
        match self.questions.recv().await {
            Some(question) => question,
            // Nobody can ask any more.
            None => std::future::pending().await,
        }
    }

    /// Tells whoever listens what is so now. Nobody listens to most stacks, and then nothing is made.
    pub(super) fn publish(&self, snapshot: impl FnOnce() -> Snapshot) {
        if let Some(stack) = self.stack.as_ref().filter(|stack| stack.receiver_count() > 0) {
            stack.send_replace(Arc::new(snapshot()));
        }
    }

    /// Nobody can ask any more, and whoever listens hears that.
    pub(super) fn close(&mut self) {
        self.questions.close();
        while self.questions.try_recv().is_ok() {}
        self.stack = None;
    }

    /// Tells one more what is so, and will be.
    pub(super) fn subscribe(&mut self, snapshot: Snapshot) -> watch::Receiver<Arc<Snapshot>> {
        let snapshot = Arc::new(snapshot);
        if let Some(stack) = &self.stack {
            stack.send_replace(snapshot);
            return stack.subscribe();
        }
        let (sender, receiver) = watch::channel(snapshot);
        self.stack = Some(sender);
        receiver
    }
}

impl Hands {
    /// Adds to what the mind knows what is known here.
    pub(super) fn view(&self, stack: Snapshot) -> View {
        let last_line = |one: &InstanceState| self.last_lines(&one.id).pop();
        let last_lines = stack.instances.iter().map(last_line).collect();
        let wants = self.keyboards.wants().borrow().clone();
        View { project: Arc::clone(&self.project), stack, last_lines, wants }
    }
}

/// A running stack, as its faces know it.
#[derive(Clone)]
pub struct LocalSession {
    questions: mpsc::Sender<Question>,
    about: Rc<About>,
    hub: Hub,
}

/// Makes the two ends.
pub(super) fn open(project: &Project, hub: &Hub) -> (LocalSession, Desk) {
    let (sender, questions) = mpsc::channel(QUESTIONS);
    let about = About {
        version: VERSION,
        forge: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        project: project.name.clone(),
        root: project.root.display().to_string(),
        began_ms: now_ms(),
    };
    let session = LocalSession { questions: sender, about: Rc::new(about), hub: hub.clone() };
    (session, Desk { questions, stack: None })
}

impl Session for LocalSession {
    fn about(&self) -> &About {
        &self.about
    }

    fn stack(&self) -> Later<'_, Result<watch::Receiver<Arc<Snapshot>>, Refusal>> {
        Box::pin(self.put(Question::Stack))
    }

    fn view(&self, _measure: Measure) -> Later<'_, Result<Stack, Refusal>> {
        Box::pin(async move {
            let view = self.put(Question::View).await?;
            Ok(shown(&self.about, &view))
        })
    }

    fn ask(&self, request: Request, asker: Asker) -> Later<'_, Result<Reply, Refusal>> {
        Box::pin(async move {
            match request {
                Request::Restart(targets) => {
                    self.act((Aim::Restarted, Wish::Restart, Want::Bounce), targets, asker).await
                }
            }
        })
    }

    fn follow(&self, _query: LogQuery) -> Later<'_, Result<Box<dyn Follow>, Refusal>> {
        Box::pin(async { Err(Refusal::new(Code::NotPossible, "this forge cannot follow lines yet")) })
    }

    fn attach(&self, query: AttachQuery, asker: Asker) -> Later<'_, Result<Attached, Refusal>> {
        Box::pin(async move { self.put(|answer| Question::Lend(query, asker, answer)).await? })
    }
}

impl LocalSession {
    /// Puts a question and waits for the answer.
    async fn put<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> Result<T, Refusal> {
        let (sender, answer) = oneshot::channel();
        self.tell(question(sender)).await?;
        answer.await.map_err(|_| Refusal::gone())
    }

    async fn tell(&self, question: Question) -> Result<(), Refusal> {
        self.questions.send(question).await.map_err(|_| Refusal::gone())
    }

    /// Wants something of some instances and waits until it is so.
    async fn act(
        &self,
        (aim, wish, want): (Aim, Wish, Want),
        targets: Targets,
        asker: Asker,
    ) -> Result<Reply, Refusal> {
        let began = Instant::now();
        let view = self.put(Question::View).await?;
        let instances = named(&view.project, &targets.names)?;
        let goal = Goal::new(aim, &instances, &view.stack);
        self.hub.note(&Note::Asked { wish, instances: instances.clone(), pid: asker.pid, by: asker.name });
        for instance in instances {
            self.tell(Question::Event(Event::Wanted { instance, want })).await?;
        }
        self.reach(&goal, aim, (began, targets.timeout_ms.map(Duration::from_millis))).await
    }

    /// Waits until each instance has come where the goal wants it, or will not come there, or the time is over.
    async fn reach(
        &self,
        goal: &Goal,
        aim: Aim,
        (began, limit): (Instant, Option<Duration>),
    ) -> Result<Reply, Refusal> {
        let mut stack = self.put(Question::Stack).await?;
        let mut became: Vec<(InstanceId, Option<Became>)> =
            goal.instances().map(|id| (id.clone(), None)).collect();
        loop {
            let snapshot = Arc::clone(&stack.borrow_and_update());
            for (id, became) in became.iter_mut().filter(|(_, became)| became.is_none()) {
                *became = goal.verdict(id, &snapshot).map(|verdict| told(verdict, began));
            }
            if became.iter().all(|(_, became)| became.is_some()) {
                break;
            }
            let changed = async { stack.changed().await.map_err(|_| Refusal::gone()) };
            let Some(limit) = limit else {
                changed.await?;
                continue;
            };
            if let Ok(changed) = tokio::time::timeout_at(began + limit, changed).await {
                changed?;
                continue;
            }
            for (id, became) in &mut became {
                became.get_or_insert_with(|| told(Verdict::timed_out(id, &snapshot), began));
            }
            break;
        }
        let instances: Vec<Became> = became.into_iter().filter_map(|(_, became)| became).collect();
        let ok = instances.iter().all(|one| one.fate.is_success(aim));
        Ok(Reply::Acted(Acted { version: VERSION, ok, instances }))
    }
}

fn named(project: &Project, names: &[String]) -> Result<Vec<InstanceId>, Refusal> {
    project.instances_named(names).map_err(|nobody| Refusal {
        code: Code::UnknownProcess,
        message: nobody.message,
        hint: nobody.hint,
    })
}

fn told(verdict: Verdict, began: Instant) -> Became {
    let Verdict { instance, run, pid, fate } = verdict;
    Became { name: instance, fate, run, pid, after_ms: milliseconds(began.elapsed()) }
}

/// Puts together what the mind and the hands know.
fn shown(about: &About, view: &View) -> Stack {
    let at_ms = now_ms();
    let View { project, stack, last_lines, wants } = view;
    let instances = stack.instances.iter().zip(last_lines);
    let one = |(state, last_line): (&InstanceState, &Option<String>)| {
        let spec = project.instances.iter().find(|spec| spec.id == state.id);
        let newest = state.runs.last();
        let passed = |since: Time| stack.at.since(since);
        Instance {
            name: state.id.clone(),
            process: state.id.process.to_string(),
            state: State::of(state),
            because: state.because.clone(),
            want: state.want,
            ready: state.ready,
            run: newest.map(|run| run.run),
            pid: state.phase.pid(),
            port: spec.and_then(|spec| spec.port),
            labels: spec.iter().flat_map(|spec| &spec.process.labels).map(ToString::to_string).collect(),
            since_ms: newest.map(|run| at_ms.saturating_sub_unsigned(milliseconds(passed(run.since)))),
            uptime_ms: newest.filter(|run| run.ended.is_none()).map(|run| milliseconds(passed(run.since))),
            exit: newest.and_then(|run| run.exit),
            restarts: state.restarts,
            last_line: last_line.clone(),
            wants_input: wants.of(&state.id).is_some(),
            asker: wants.of(&state.id).and_then(|wanting| wanting.program.clone()),
            used: None,
        }
    };
    Stack {
        about: about.clone(),
        at_ms,
        stopping: stack.stopping.clone(),
        first_end: stack.first_end.clone(),
        instances: instances.map(one).collect(),
    }
}

fn milliseconds(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

fn now_ms() -> i64 {
    let wall = clock::wall();
    wall.seconds.saturating_mul(1000).saturating_add(i64::from(wall.nanos / 1_000_000))
}
