//! A session without a socket: what faces ask, put to the loop that owns the mind.
//!
//! Nothing here decides and nothing is owned but questions. The loop answers one after the other, so whoever looks after having wanted
//! something sees what has come of it.

mod meter;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::Instant;

use meter::Meter;

use super::hub::{self, Follower, Hub, Since};
use super::keyboard::Wants;
use super::perform::Hands;
use super::reloading::Reader;
use crate::control::attach::Attached;
use crate::control::protocol::{
    About, Acted, Awaited, Became, Code, Ending, Instance, RECORD_VERSION, Record, Refusal, Reply, Request,
    Signalled, Stack, State, Targets, Until, Use, VERSION,
};
use crate::control::session::{Asker, AttachQuery, Follow, Later, LogQuery, Measure, Session};
use crate::logs::{Escapes, Sink, Wanted, Whom};
use crate::project::{InstanceId, Names, Nobody, Project, parse_signal};
use crate::supervisor::goal::{Aim, Fate, Goal, Verdict};
use crate::supervisor::{Event, InstanceState, Note, Phase, Reload, RunId, Snapshot, Want, Wish};
use crate::sys::clock;
use crate::sys::kin::Kin;
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
    /// Another project in the place of the one that it is made of; answered by whether that is still the one that runs.
    Renew { based_on: Arc<Project>, reload: Arc<Reload>, asker: oneshot::Sender<bool> },
    /// All is to end.
    End,
}

/// What is so, with what the hands know.
pub(super) struct View {
    pub(super) project: Arc<Project>,
    pub(super) stack: Snapshot,
    /// What each instance of the snapshot printed last.
    pub(super) last_lines: Vec<Vec<String>>,
    /// How the processes of its newest runs are recognised.
    pub(super) kin: Vec<(RunId, Kin)>,
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
        let last_lines = stack.instances.iter().map(|one| self.last_lines(&one.id)).collect();
        let newest = stack.instances.iter().filter_map(|one| one.runs.last()).map(|run| run.run);
        let kin = newest.filter_map(|run| Some((run, self.kin(run)?))).collect();
        let wants = self.keyboards.wants().borrow().clone();
        View { project: Arc::clone(&self.project), stack, last_lines, kin, wants }
    }
}

/// A running stack, as its faces know it.
#[derive(Clone)]
pub struct LocalSession {
    questions: mpsc::Sender<Question>,
    about: Rc<About>,
    hub: Hub,
    /// Reads the project again; `None` where it is not to become another one.
    pub(super) reader: Option<Reader>,
    teller: Teller,
    /// Many may ask at once, and all get the same answer.
    meter: Rc<Mutex<Meter>>,
}

/// Makes what tells somebody of lines.
pub type Teller = fn(&Project, Wanted, Escapes) -> Box<dyn Sink>;

/// Makes the two ends.
pub(super) fn open(
    project: &Project,
    hub: &Hub,
    (reader, teller): (Option<Reader>, Teller),
) -> (LocalSession, Desk) {
    let (sender, questions) = mpsc::channel(QUESTIONS);
    let about = About {
        version: VERSION,
        forge: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        project: project.name.clone(),
        root: project.root.display().to_string(),
        began_ms: now_ms(),
        log_dir: project.logs.as_ref().map(|logs| project.root.join(&logs.dir).display().to_string()),
    };
    let session = LocalSession {
        questions: sender,
        about: Rc::new(about),
        hub: hub.clone(),
        reader,
        teller,
        meter: Rc::default(),
    };
    (session, Desk { questions, stack: None })
}

impl Session for LocalSession {
    fn about(&self) -> &About {
        &self.about
    }

    fn stack(&self) -> Later<'_, Result<watch::Receiver<Arc<Snapshot>>, Refusal>> {
        Box::pin(self.put(Question::Stack))
    }

    fn view(&self, measure: Measure) -> Later<'_, Result<Stack, Refusal>> {
        Box::pin(async move {
            let view = self.put(Question::View).await?;
            let used = match measure {
                Measure::Everything => self.meter.lock().await.read(view.kin.clone()).await,
                Measure::Nothing => BTreeMap::new(),
            };
            Ok(shown(&self.about, &view, used))
        })
    }

    fn why(&self) -> Later<'_, Result<Record, Refusal>> {
        Box::pin(async move {
            let View { stack, last_lines, .. } = self.put(Question::View).await?;
            let names = stack.instances.iter().map(|one| one.id.to_string());
            let last_lines = names.zip(last_lines).filter(|(_, lines)| !lines.is_empty()).collect();
            let (began, kept) = (self.about.began_ms / 1000, clock::wall().seconds);
            Ok(Record { version: RECORD_VERSION, began, kept, is_over: false, stack, last_lines })
        })
    }

    fn ask(&self, request: Request, asker: Asker) -> Later<'_, Result<Reply, Refusal>> {
        Box::pin(async move {
            match request {
                Request::Restart(targets) => {
                    self.act((Aim::Restarted, Wish::Restart, Want::Bounce), targets, asker).await
                }
                Request::Scale(counts) => self.scale(counts).await,
                Request::Reload(renewal) => self.reload(renewal).await,
                Request::Stop(targets) => {
                    self.act((Aim::Stopped, Wish::Stop, Want::Down), targets, asker).await
                }
                Request::Up(targets) => self.act((Aim::Up, Wish::Start, Want::Up), targets, asker).await,
                Request::Signal(signalled) => self.signal(&signalled, asker).await,
                Request::Wait(awaited) => self.wait(&awaited).await,
                Request::Down(ending) => self.end(&ending, asker).await,
            }
        })
    }

    fn follow(&self, query: LogQuery) -> Later<'_, Result<Box<dyn Follow>, Refusal>> {
        Box::pin(async move {
            let project = self.put(Question::View).await?.project;
            let LogQuery { names, lines, since, until, question, run, escapes, follow } = query;
            let newest = self.hub.newest_runs();
            let wanted = Wanted { whose: whom(&project, names)?, question, since, until, run, newest };
            let make = || (self.teller)(&project, wanted.clone(), escapes);
            let until = if follow { hub::Until::End } else { hub::Until::Now };
            let follower = self.hub.follow(&make, lines.map_or(Since::Oldest, Since::Last), until);
            Ok(Box::new(follower) as Box<dyn Follow>)
        })
    }

    fn attach(&self, query: AttachQuery, asker: Asker) -> Later<'_, Result<Attached, Refusal>> {
        Box::pin(async move { self.put(|answer| Question::Lend(query, asker, answer)).await? })
    }
}

impl LocalSession {
    /// Puts a question and waits for the answer.
    pub(super) async fn put<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Question,
    ) -> Result<T, Refusal> {
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
        self.say(wish, instances.clone(), asker);
        for instance in instances {
            self.tell(Question::Event(Event::Wanted { instance, want })).await?;
        }
        self.reach(&goal, aim, (began, targets.timeout_ms.map(Duration::from_millis))).await
    }

    /// Says in the stream who has asked for what.
    fn say(&self, wish: Wish, instances: Vec<InstanceId>, asker: Asker) {
        self.hub.note(&Note::Asked { wish, instances, pid: asker.pid, by: asker.name });
    }

    /// Sends a signal to the leaders of some instances.
    async fn signal(&self, signalled: &Signalled, asker: Asker) -> Result<Reply, Refusal> {
        let began = Instant::now();
        let signal = parse_signal(&signalled.signal)
            .map_err(|why| Refusal::new(Code::BadRequest, format!("`{}`: {why}", signalled.signal)))?;
        let View { project, stack, .. } = self.put(Question::View).await?;
        let instances = named(&project, &signalled.names)?;
        self.say(Wish::Signal(signal), instances.clone(), asker);
        let mut became = Vec::new();
        for instance in instances {
            let state = stack.instances.iter().find(|one| one.id == instance);
            let runs = state.is_some_and(|one| matches!(one.phase, Phase::Running { .. }));
            let fate = if runs { Fate::Signalled } else { Fate::NotRunning };
            became.push(told(Verdict::new(&instance, state, fate), began));
            self.tell(Question::Event(Event::SignalWanted { instance, signal })).await?;
        }
        let ok = became.iter().all(|one| one.fate == Fate::Signalled);
        Ok(Reply::Acted(Acted { version: VERSION, ok, instances: became }))
    }

    /// Waits, and wants nothing.
    async fn wait(&self, awaited: &Awaited) -> Result<Reply, Refusal> {
        let began = Instant::now();
        let View { project, stack, .. } = self.put(Question::View).await?;
        let aim = match awaited.until {
            Until::Ready => Aim::Ready,
            Until::Exit => Aim::Exited,
        };
        let goal = Goal::new(aim, &named(&project, &awaited.names)?, &stack);
        self.reach(&goal, aim, (began, awaited.timeout_ms.map(Duration::from_millis))).await
    }

    /// Ends everything.
    async fn end(&self, ending: &Ending, asker: Asker) -> Result<Reply, Refusal> {
        let began = Instant::now();
        let View { stack, .. } = self.put(Question::View).await?;
        let everybody: Vec<InstanceId> = stack.instances.iter().map(|one| one.id.clone()).collect();
        let goal = Goal::new(Aim::Stopped, &everybody, &stack);
        self.say(Wish::End, Vec::new(), asker);
        // Asked before, because the end comes soon where nobody runs.
        let changes = self.put(Question::Stack).await?;
        self.tell(Question::End).await?;
        self.reach_in(changes, &goal, Aim::Stopped, (began, ending.timeout_ms.map(Duration::from_millis)))
            .await
    }

    /// Waits until each instance has come where the goal wants it, or will not come there, or the time is over.
    pub(super) async fn reach(
        &self,
        goal: &Goal,
        aim: Aim,
        (began, limit): (Instant, Option<Duration>),
    ) -> Result<Reply, Refusal> {
        let stack = self.put(Question::Stack).await?;
        self.reach_in(stack, goal, aim, (began, limit)).await
    }

    async fn reach_in(
        &self,
        mut stack: watch::Receiver<Arc<Snapshot>>,
        goal: &Goal,
        aim: Aim,
        (began, limit): (Instant, Option<Duration>),
    ) -> Result<Reply, Refusal> {
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

impl Follow for Follower {
    fn next(&mut self) -> Later<'_, Option<Vec<u8>>> {
        Box::pin(Follower::next(self))
    }
}

/// Finds out whose lines are meant; `system` means forge's remarks about nobody.
fn whom(project: &Project, names: Vec<String>) -> Result<Whom, Refusal> {
    let (system, names): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| name == "system");
    if system.is_empty() && names.is_empty() {
        return Ok(Whom::Everybody);
    }
    let names =
        if names.is_empty() { Names::default() } else { project.names_meant(&names).map_err(refused)? };
    Ok(Whom::Some { names, system: !system.is_empty() })
}

fn refused(nobody: Nobody) -> Refusal {
    Refusal { code: Code::UnknownProcess, message: nobody.message, hint: nobody.hint }
}

fn named(project: &Project, names: &[String]) -> Result<Vec<InstanceId>, Refusal> {
    project.instances_named(names).map_err(refused)
}

fn told(verdict: Verdict, began: Instant) -> Became {
    let Verdict { instance, run, pid, fate } = verdict;
    Became { name: instance, fate, run, pid, after_ms: milliseconds(began.elapsed()) }
}

/// Puts together what the mind and the hands know.
fn shown(about: &About, view: &View, mut used: BTreeMap<RunId, Use>) -> Stack {
    let at_ms = now_ms();
    let View { project, stack, last_lines, kin: _, wants } = view;
    let instances = stack.instances.iter().zip(last_lines);
    let one = |(state, last_lines): (&InstanceState, &Vec<String>)| {
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
            last_line: last_lines.last().cloned(),
            wants_input: wants.of(&state.id).is_some(),
            asker: wants.of(&state.id).and_then(|wanting| wanting.program.clone()),
            used: newest.and_then(|run| used.remove(&run.run)),
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
