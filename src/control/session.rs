//! What a face may do with a running stack: the status bar in the same process, and the server for everybody else.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::watch;

use super::attach::{Attached, Wish};
pub use super::log_query::LogQuery;
use super::protocol::{About, Record, Refusal, Reply, Request, Stack};
use crate::supervisor::Snapshot;

/// Something that comes later; everything happens in one thread.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A running stack.
pub trait Session {
    /// Returns who it is.
    fn about(&self) -> &About;

    /// Returns what is so; the first look is what is so now, and each change is told as long as somebody listens. At the end of the
    /// stack the sender is gone.
    fn stack(&self) -> Later<'_, Result<watch::Receiver<Arc<Snapshot>>, Refusal>>;

    /// Returns what is so with everything that a table shows.
    fn view(&self, measure: Measure) -> Later<'_, Result<Stack, Refusal>>;

    /// Returns why everything is as it is: all that is remembered of its runs, and what each printed last.
    fn why(&self) -> Later<'_, Result<Record, Refusal>>;

    /// Does what is asked and returns what has come of it. Whoever does not wait for that takes back nothing.
    fn ask(&self, request: Request, asker: Asker) -> Later<'_, Result<Reply, Refusal>>;

    /// Returns lines as they come.
    fn follow(&self, query: LogQuery) -> Later<'_, Result<Box<dyn Follow>, Refusal>>;

    /// Lends the keyboard and the screen of an instance.
    fn attach(&self, query: AttachQuery, asker: Asker) -> Later<'_, Result<Attached, Refusal>>;
}

/// Whether somebody wants to know what the processes use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// It costs some milliseconds.
    Everything,
    /// It costs nothing.
    Nothing,
}

/// Who asks, as far as that is known; it is said in the stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asker {
    /// The process.
    pub pid: Option<i32>,
    /// What it calls itself: `forge restart`, `curl`.
    pub name: Option<String>,
}

/// Lines that come; see `Session::follow`.
pub trait Follow {
    /// Waits for the next lines, each with its end; `None` when none will come.
    fn next(&mut self) -> Later<'_, Option<Vec<u8>>>;
}

/// Whose keyboard is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachQuery {
    /// Exactly one instance; `None`: the only one that has a keyboard, or the only one that waits for keys.
    pub name: Option<String>,
    /// How.
    pub wish: Wish,
}
