//! Who sits at forge's own terminal, as the engine sees it: it lends what a face needs, and says when the terminal is
//! somebody else's for a while.

use std::rc::Rc;

use super::session::{Later, Session};
use crate::logs::ScreenWish;
use crate::project::InstanceId;

/// A face on forge's own terminal.
pub trait Face {
    /// Says how the writer of the standard output is told that the face has left it something to do. Now the face may take the terminal.
    fn connect(&self, nudge: Box<dyn Fn() + Send + Sync>);

    /// Returns what the face does as long as the stack runs.
    fn live(self: Rc<Self>, means: Means) -> Later<'static, ()>;

    /// Returns how many rows of the window it has for itself.
    fn rows(&self) -> u16;

    /// The window may have another size, or it may be forge's turn again, as after a stop.
    fn looks_again(&self);

    /// Gives the terminal back: forge is about to be stopped, or to end. Waits a moment at most.
    fn leaves(&self);
}

/// What a face has in hand.
#[derive(Clone)]
pub struct Means {
    /// The stack.
    pub session: Rc<dyn Session>,
    /// What is in the same process.
    pub here: Rc<dyn Here>,
}

/// What only somebody in the same process can have.
pub trait Here {
    /// Shows other lines of the stream from now on.
    fn screen(&self, wish: &ScreenWish);

    /// Says something in the stream, and nowhere else.
    fn say(&self, lines: &[String]);

    /// Returns what tells who waits for keys.
    fn askers(&self) -> Box<dyn Askers>;

    /// Returns what an instance has printed last.
    fn last_lines(&self, instance: &InstanceId) -> Vec<String>;

    /// Stops everything, as Ctrl-C does.
    fn quit(&self);
}

/// Who waits for keys.
pub trait Askers {
    /// Waits until that changes, and returns all of them. The first call returns at once. Safe to drop half way.
    fn next(&mut self) -> Later<'_, Vec<InstanceId>>;
}
