//! The keyboard and the screen of each process that has a terminal of its own, and whoever is attached to it.
//!
//! Nothing here waits for a process: what it does not read is kept, up to a limit, and then whoever types waits, alone. Nothing waits
//! for whoever is attached either: what he does not take is left out, and his screen is drawn anew.
//!
//! # The size of the window
//! A process sees the smallest of the windows of those who are attached and may type, so that nobody sees half a line. Where nobody is
//! attached it is as large as the stream is wide.

mod answering;
mod line;
mod showing;
mod typing;
mod wanting;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::spawn_local;

use self::line::Line;
pub use self::wanting::{Wanting, Wants};
use super::hub::Hub;
use crate::control::attach::{Attached, NotAttached, Wish};
use crate::control::frames::{Entered, VERSION};
use crate::exit::Exit;
use crate::logs::StreamId;
use crate::project::{InstanceId, KeyboardOffer};
use crate::supervisor::RunId;
use crate::sys::pty::WindowSize;

/// How many may be attached to one stack.
const MOST_ATTACHED: usize = 64;

/// How many pieces of output may wait for one who is attached. Each is what has come since the last one, so this bounds no bytes:
/// the hub does that, per tap.
const SHOWN: usize = 4;

/// How many bursts of keys may wait. Whoever types more waits.
const TYPED: usize = 16;

/// Of all instances. All of them are the same.
#[derive(Clone)]
pub struct Keyboards(Rc<Shared>);

struct Shared {
    hub: Hub,
    state: RefCell<State>,
    /// Who waits for keys.
    wants: watch::Sender<Wants>,
}

struct State {
    seats: BTreeMap<InstanceId, Seat>,
    /// How large the window of a process is to which nobody is attached.
    own: WindowSize,
    clients: u64,
    /// The stack is at its end.
    is_over: bool,
}

/// What stands before one instance.
#[derive(Default)]
struct Seat {
    /// That of the present run, or of the last one.
    line: Option<Rc<Line>>,
    attached: BTreeMap<u64, Client>,
    /// Wakes whoever waits for another run.
    changed: Rc<Notify>,
    /// There will be no other run: the stack goes on without it.
    is_removed: bool,
}

/// One who is attached.
struct Client {
    window: Option<WindowSize>,
    read_only: bool,
    /// Wakes whoever draws its screen.
    redraw: Rc<Notify>,
}

/// A run whose terminal is here.
pub(super) struct Begun {
    pub(super) instance: InstanceId,
    pub(super) run: RunId,
    pub(super) pid: i32,
    /// forge's sides of its terminals, that of its input first.
    pub(super) terminals: Vec<OwnedFd>,
    /// Where it is heard, in the same order.
    pub(super) streams: Vec<StreamId>,
    pub(super) offer: KeyboardOffer,
}

impl Keyboards {
    pub(super) fn new(hub: Hub, own: WindowSize) -> Keyboards {
        let state = State { seats: BTreeMap::new(), own, clients: 0, is_over: false };
        let (wants, _) = watch::channel(Wants::default());
        Keyboards(Rc::new(Shared { hub, state: RefCell::new(state), wants }))
    }

    /// Tells who waits for keys, now and at each change.
    pub fn wants(&self) -> watch::Receiver<Wants> {
        self.0.wants.subscribe()
    }

    /// A run has begun that has a terminal of its own.
    pub(super) fn begin(&self, begun: Begun) {
        let Begun { instance, run, pid, terminals, streams, offer } = begun;
        let size = self.window_for(&instance);
        let line = Rc::new(Line::new((run, pid), terminals, streams, size));
        let changed = {
            let mut state = self.0.state.borrow_mut();
            let seat = state.seats.entry(instance.clone()).or_default();
            seat.line = Some(Rc::clone(&line));
            Rc::clone(&seat.changed)
        };
        self.watch(&instance, &line, offer);
        changed.notify_waiters();
    }

    /// The leader of a run has ended.
    pub(super) fn exited(&self, run: RunId, exit: Exit) {
        if let Some(line) = self.line_of_run(run) {
            line.exits(exit);
        }
    }

    /// Nobody is left of a run.
    pub(super) fn gone(&self, run: RunId) {
        if let Some(line) = self.line_of_run(run) {
            line.hang_up();
        }
    }

    /// Returns how large the window of a process is to be.
    pub(super) fn window_for(&self, instance: &InstanceId) -> WindowSize {
        let state = self.0.state.borrow();
        state.seats.get(instance).and_then(Seat::window).unwrap_or(state.own)
    }

    /// The window of the stream has this size now; those to whom somebody is attached do not notice.
    pub(super) fn resize(&self, own: WindowSize) {
        let instances: Vec<InstanceId> = {
            let mut state = self.0.state.borrow_mut();
            state.own = own;
            state.seats.keys().cloned().collect()
        };
        for instance in instances {
            self.settle(&instance);
        }
    }

    /// Of all others there will be no other run: those who are attached to them are told, once the last one is over.
    pub(super) fn keep_only(&self, stays: impl Fn(&InstanceId) -> bool) {
        for (instance, seat) in &mut self.0.state.borrow_mut().seats {
            seat.is_removed = !stays(instance);
            seat.changed.notify_waiters();
        }
    }

    /// The stack is at its end: everybody is told.
    pub(super) fn end(&self) {
        let mut state = self.0.state.borrow_mut();
        state.is_over = true;
        for seat in state.seats.values() {
            seat.changed.notify_waiters();
        }
    }

    /// Attaches somebody to an instance, whether it runs at the moment or not. Its keyboard must be one that forge holds.
    ///
    /// # Errors
    /// Too many are there already, or the stack is at its end.
    pub(super) fn attach(&self, instance: &InstanceId, wish: Wish) -> Result<Attached, NotAttached> {
        let (id, entered) = {
            let mut state = self.0.state.borrow_mut();
            if state.is_over {
                return Err(NotAttached::Gone);
            }
            if state.seats.values().map(|seat| seat.attached.len()).sum::<usize>() >= MOST_ATTACHED {
                return Err(NotAttached::TooMany { most: MOST_ATTACHED });
            }
            state.clients += 1;
            let id = state.clients;
            let seat = state.seats.entry(instance.clone()).or_default();
            let entered = Entered {
                version: VERSION,
                name: instance.to_string(),
                pid: seat.line.as_ref().filter(|line| line.is_live()).map(|line| line.pid),
                read_only: wish.read_only,
                others: seat.attached.len(),
            };
            let client = Client { window: wish.window, read_only: wish.read_only, redraw: Rc::default() };
            seat.attached.insert(id, client);
            (id, entered)
        };
        let (to_client, shown) = mpsc::channel(SHOWN);
        let (typed, from_client) = mpsc::channel(TYPED);
        let showing = spawn_local(self.clone().show(instance.clone(), id, to_client.clone()));
        spawn_local(self.clone().listen(instance.clone(), id, (from_client, to_client, showing)));
        Ok(Attached { entered, shown, typed })
    }

    /// Whoever was attached has left.
    fn part(&self, instance: &InstanceId, id: u64) {
        if let Some(seat) = self.0.state.borrow_mut().seats.get_mut(instance) {
            seat.attached.remove(&id);
        }
        self.settle(instance);
    }

    /// Gives a process the window that it is to have; returns whether that is another one.
    fn settle(&self, instance: &InstanceId) -> bool {
        let size = self.window_for(instance);
        self.line_of(instance).is_some_and(|line| line.resize(size))
    }

    fn line_of(&self, instance: &InstanceId) -> Option<Rc<Line>> {
        self.0.state.borrow().seats.get(instance)?.line.clone()
    }

    fn line_of_run(&self, run: RunId) -> Option<Rc<Line>> {
        let state = self.0.state.borrow();
        state.seats.values().filter_map(|seat| seat.line.as_ref()).find(|line| line.run == run).cloned()
    }

    /// Returns whether somebody is attached who has a terminal that answers.
    fn has_terminal(&self, instance: &InstanceId) -> bool {
        self.0.state.borrow().seats.get(instance).is_some_and(|seat| seat.first().is_some())
    }

    /// Returns whether it is this one whose terminal answers the questions of the process: of several, one.
    fn answers(&self, instance: &InstanceId, id: u64) -> bool {
        self.0.state.borrow().seats.get(instance).is_some_and(|seat| seat.first() == Some(id))
    }
}

impl Seat {
    /// The smallest of the windows.
    fn window(&self) -> Option<WindowSize> {
        let windows =
            self.attached.values().filter(|client| !client.read_only).filter_map(|client| client.window);
        windows.reduce(|one, other| WindowSize {
            rows: one.rows.min(other.rows),
            columns: one.columns.min(other.columns),
        })
    }

    /// Returns who came first of those who have a terminal and may type.
    fn first(&self) -> Option<u64> {
        let is_it = |client: &Client| !client.read_only && client.window.is_some();
        self.attached.iter().find(|(_, client)| is_it(client)).map(|(id, _)| *id)
    }
}

impl Keyboards {
    /// Somebody waits for keys, or no longer.
    fn note_want(&self, instance: &InstanceId, wanting: Option<Wanting>) {
        self.0.wants.send_if_modified(|wants| {
            if wants.of(instance) == wanting.as_ref() {
                return false;
            }
            let mut all = BTreeMap::clone(&wants.0);
            match wanting {
                Some(wanting) => drop(all.insert(instance.clone(), wanting)),
                None => drop(all.remove(instance)),
            }
            wants.0 = Arc::new(all);
            true
        });
    }
}

#[cfg(test)]
mod tests;
