//! Who sits at forge's own terminal: brings keys to the model, the model's line to the screen, and does what a key has decided.
//!
//! It wakes up for a key, for a change of the stack, and for nothing else; it draws at most ten times a second.

mod deeds;
mod lent;

use std::future::{Future, pending};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until};

use self::lent::{Lending, Lent};
use super::front::{Front, Hold};
use super::keys::Keys;
use super::model::{Mode, Model};
use super::screen::Window;
use super::view;
use crate::control::face::{Askers, Face, Means};
use crate::control::frames::Shown;
use crate::control::session::Later;
use crate::project::InstanceId;
use crate::supervisor::{Phase, RunId, Snapshot};
use crate::sys::descriptor;
use crate::sys::pty::WindowSize;

/// How long the line stays as it is at least.
const PAUSE: Duration = Duration::from_millis(100);

/// How many keys are taken at once.
const KEYS_BYTES: usize = 1024;

/// How many answers may wait: one for each key that asks for something. More are not missed.
const ANSWERS: usize = 16;

/// What the face is told about the stack and the terminal.
pub struct Circumstances {
    /// Whether there may be colour.
    pub colour: bool,
    /// How large the window is now.
    pub window: Box<dyn Fn() -> Option<Window>>,
    /// Who has a way to show that it is ready.
    pub has_sign: Box<dyn Fn(&InstanceId) -> bool>,
    /// Who gets the keyboard whenever it has started.
    pub focus: Option<InstanceId>,
}

/// The face.
pub struct BarFace {
    front: Front,
    circumstances: Circumstances,
    /// The window, or whose turn it is, may have changed.
    changed: Notify,
}

impl BarFace {
    /// Makes it, with a terminal of which nothing is taken yet.
    pub fn new(front: Front, circumstances: Circumstances) -> BarFace {
        BarFace { front, circumstances, changed: Notify::new() }
    }

    fn window(&self) -> Option<Window> {
        (self.circumstances.window)()
    }

    /// Returns the window that is left for a process.
    fn inner_window(&self) -> WindowSize {
        let Window { rows, columns } = self.window().unwrap_or(Window { rows: 24, columns: 80 });
        WindowSize { rows: rows.saturating_sub(self.rows()).max(1), columns }
    }
}

impl Face for BarFace {
    fn connect(&self, nudge: Box<dyn Fn() + Send + Sync>) {
        self.front.stage().connect(nudge);
        self.front.take();
    }

    fn live(self: Rc<Self>, means: Means) -> Later<'static, ()> {
        Box::pin(async move { Life::new(self, means).go_on().await })
    }

    fn rows(&self) -> u16 {
        self.front.rows(self.window())
    }

    fn looks_again(&self) {
        if self.front.is_ours() {
            self.front.take();
        } else {
            self.front.leave();
        }
        self.changed.notify_one();
    }

    fn leaves(&self) {
        self.front.leave();
        self.changed.notify_one();
    }
}

/// What the face knows while the stack runs.
struct Life {
    face: Rc<BarFace>,
    means: Means,
    model: Model,
    keys: Keys,
    /// Where keys come from, while they are forge's.
    typed: Option<AsyncFd<std::os::fd::OwnedFd>>,
    /// The terminal has hung up.
    is_deaf: bool,
    stack: Option<watch::Receiver<Arc<Snapshot>>>,
    askers: Box<dyn Askers>,
    said: mpsc::Sender<String>,
    answers: mpsc::Receiver<String>,
    lent: Option<Lent>,
    lends: (mpsc::Sender<Lending>, mpsc::Receiver<Lending>),
    /// Somebody is asked for his keyboard.
    is_lending: bool,
    /// Which run has had the keyboard last because of `--focus`.
    focused: Option<RunId>,
    /// When the line was drawn, and whether it is another one now.
    drawn: Option<Instant>,
    is_stale: bool,
}

/// Why the face wakes up.
enum Wake {
    Keys(Vec<u8>),
    Deaf,
    Stack,
    End,
    Changed,
    Askers(Vec<InstanceId>),
    Answer(String),
    Shown(Option<Shown>),
    Lent(Box<Lending>),
    Room,
    Time,
}

impl Life {
    fn new(face: Rc<BarFace>, means: Means) -> Life {
        let (said, answers) = mpsc::channel(ANSWERS);
        let askers = means.here.askers();
        Life {
            face,
            means,
            model: Model::default(),
            keys: Keys::default(),
            typed: None,
            is_deaf: false,
            stack: None,
            askers,
            said,
            answers,
            lent: None,
            lends: mpsc::channel(1),
            is_lending: false,
            focused: None,
            drawn: None,
            is_stale: true,
        }
    }

    async fn go_on(&mut self) {
        let Ok(stack) = self.means.session.stack().await else { return };
        self.stack = Some(stack);
        self.look_at_stack();
        self.look_at_terminal();
        loop {
            self.draw();
            match self.wake().await {
                Wake::Keys(bytes) => self.type_keys(&bytes),
                Wake::Deaf => {
                    self.is_deaf = true;
                    self.take_back();
                    self.look_at_terminal();
                }
                Wake::Stack => self.look_at_stack(),
                Wake::End => {
                    self.stack = None;
                    self.take_back();
                }
                Wake::Changed => self.look_at_terminal(),
                Wake::Askers(waiting) => {
                    self.is_stale |= self.model.waiting != waiting;
                    self.model.waiting = waiting;
                }
                Wake::Answer(answer) => {
                    // Of what went well, the stream tells.
                    self.model.answer = Some(answer).filter(|answer| !answer.is_empty());
                    self.is_stale = true;
                }
                Wake::Shown(shown) => self.show(shown),
                Wake::Lent(lending) => self.is_lent(*lending),
                // What comes next is looked at anew.
                Wake::Room | Wake::Time => {}
            }
            self.focus();
        }
    }

    /// Waits for whatever comes first.
    async fn wake(&mut self) -> Wake {
        let Life { face, typed, stack, askers, answers, lent, lends, drawn, is_stale, .. } = self;
        let stage = face.front.stage();
        let is_behind = stage.is_behind();
        let next_line = drawn.filter(|_| *is_stale).map(|drawn| drawn + PAUSE);
        let (shown, waiting) = match lent {
            Some(Lent { shown, typed, backlog, .. }) => {
                (Some(shown).filter(|_| !is_behind), Some(typed).filter(|_| !backlog.is_empty()))
            }
            None => (None, None),
        };
        tokio::select! {
            biased;
            keys = read(typed.as_ref()) => keys.map_or(Wake::Deaf, Wake::Keys),
            changed = of(stack.as_mut(), watch::Receiver::changed) => {
                if changed.is_ok() { Wake::Stack } else { Wake::End }
            }
            () = face.changed.notified() => Wake::Changed,
            Some(answer) = answers.recv() => Wake::Answer(answer),
            Some(lending) = lends.1.recv() => Wake::Lent(Box::new(lending)),
            waiting = askers.next() => Wake::Askers(waiting),
            one = of(shown, mpsc::Receiver::recv) => Wake::Shown(one),
            () = stage.room(), if is_behind => Wake::Room,
            _ = of(waiting, |typed| typed.reserve()) => Wake::Room,
            () = async { sleep_until(next_line.unwrap_or_else(Instant::now)).await }, if next_line.is_some() => Wake::Time,
        }
    }

    fn look_at_stack(&mut self) {
        let Some(stack) = &mut self.stack else { return };
        let snapshot = Arc::clone(&stack.borrow_and_update());
        let before = self.model.clone();
        self.model.learn(&snapshot, &self.face.circumstances.has_sign);
        self.is_stale |= before != self.model;
    }

    /// Looks whether the terminal is forge's, and how large it is.
    fn look_at_terminal(&mut self) {
        let hold = self.face.front.hold();
        if hold == Hold::None || self.is_deaf {
            self.typed = None;
        } else if self.typed.is_none() {
            let keys = self.face.front.keys();
            self.typed = keys.and_then(|keys| descriptor::watch_readable(keys).ok());
        }
        self.model.has_keys = self.typed.is_some();
        match &mut self.lent {
            // It was taken back meanwhile, for a stop.
            Some(_) if hold != Hold::Keyboard => self.give_up(),
            Some(lent) => lent.resize(self.face.inner_window()),
            None => {}
        }
        self.is_stale = true;
    }

    fn type_keys(&mut self, bytes: &[u8]) {
        if let Some(lent) = &mut self.lent {
            if !lent.types(bytes) {
                self.take_back();
            }
            return;
        }
        // Keys that nobody can see the meaning of have none.
        if self.face.rows() == 0 {
            return;
        }
        for key in self.keys.read(bytes) {
            self.is_stale = true;
            if let Some(deed) = self.model.press(key) {
                self.perform(deed);
            }
        }
    }

    fn draw(&mut self) {
        let is_early = self.drawn.is_some_and(|drawn| drawn.elapsed() < PAUSE);
        if !self.is_stale || is_early || self.face.front.hold() == Hold::None {
            return;
        }
        let Some(window) = self.face.window() else { return };
        self.is_stale = false;
        self.drawn = Some(Instant::now());
        let line = view::line(&self.model, window.columns, self.face.circumstances.colour);
        self.face.front.stage().draw(line);
    }

    /// Gives the keyboard to the one that `--focus` names, once for each of its runs.
    fn focus(&mut self) {
        let Some(focus) = &self.face.circumstances.focus else { return };
        if !self.may_lend() || self.model.mode != Mode::Commands {
            return;
        }
        let Some(stack) = &self.stack else { return };
        let run =
            stack.borrow().instances.iter().find(|one| one.id == *focus).and_then(|one| match one.phase {
                Phase::Running { run, .. } => Some(run),
                Phase::Pending
                | Phase::Waiting
                | Phase::Starting { .. }
                | Phase::Stopping { .. }
                | Phase::Backoff { .. }
                | Phase::Exited { .. } => None,
            });
        if run.is_some() && run != self.focused {
            self.focused = run;
            let focus = focus.clone();
            self.lend(&focus);
        }
    }
}

/// Reads keys; nothing when there will be none, and for ever where there are none.
async fn read(typed: Option<&AsyncFd<std::os::fd::OwnedFd>>) -> Option<Vec<u8>> {
    let Some(typed) = typed else { return pending().await };
    loop {
        let mut ready = typed.readable().await.ok()?;
        let mut keys = vec![0; KEYS_BYTES];
        match ready.try_io(|typed| descriptor::read(typed, &mut keys)) {
            Ok(Ok(length)) if length > 0 => {
                keys.truncate(length);
                return Some(keys);
            }
            Ok(Ok(_) | Err(_)) => return None,
            Err(_not_ready_after_all) => {}
        }
    }
}

/// Waits for something of somebody; for ever if there is nobody.
async fn of<'a, T, F: Future>(somebody: Option<&'a mut T>, wait: impl FnOnce(&'a mut T) -> F) -> F::Output {
    match somebody {
        Some(somebody) => wait(somebody).await,
        None => pending().await,
    }
}
