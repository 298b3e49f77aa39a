//! All sinks as one: what is said is said to each of them, and none can disturb another.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::listeners::Listeners;
use crate::logs::{Frame, LastWords, Origin, Rewrite, ScreenWish, Sink, StreamId};
use crate::project::Project;
use crate::supervisor::Note;
use crate::time::WallTime;

/// Every sink, in the order of its outlet.
pub(super) struct Sinks {
    all: Vec<Box<dyn Sink>>,
    /// What was shown last of each stream.
    last_words: Vec<LastWords>,
    /// Those who come and go.
    listeners: Listeners,
    loss: Loss,
}

/// Whether a panic has cost lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    None,
    Untold,
    Told,
}

impl Loss {
    fn happened(&mut self) {
        if *self == Loss::None {
            *self = Loss::Untold;
        }
    }
}

impl Sinks {
    pub(super) fn new(all: Vec<Box<dyn Sink>>) -> Sinks {
        Sinks { all, last_words: Vec::new(), listeners: Listeners::default(), loss: Loss::None }
    }

    /// Lets each of them work, and survives its panic: the lines in its hands are lost, forge and its processes are not.
    pub(super) fn each(&mut self, mut work: impl FnMut(&mut dyn Sink)) {
        each(&mut self.all, &mut self.loss, &mut work);
    }

    /// Returns those who come and go. They hear what the others hear, and nobody waits for them.
    pub(super) fn listeners(&mut self) -> &mut Listeners {
        &mut self.listeners
    }

    /// Begins a stream anew: what was said before on it is forgotten.
    pub(super) fn begins(&mut self, at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        if self.last_words.len() <= stream.0 {
            self.last_words.resize_with(stream.0 + 1, LastWords::default);
        }
        self.last_words[stream.0] = LastWords::default();
        self.each(|sink| sink.begins(at, stream, origin));
        self.listeners.begins(at, stream, origin);
    }

    /// Ends what was heard on a stream.
    pub(super) fn ends(&mut self, at: WallTime, stream: StreamId) {
        self.each(|sink| sink.ends(at, stream));
        self.listeners.ends(at, stream);
    }

    /// Tells the first of them, which somebody may look at, what is wanted.
    pub(super) fn screen(&mut self, wish: &ScreenWish) {
        each(&mut self.all[..1], &mut self.loss, &mut |sink| sink.screen(wish));
    }

    /// Says something to whoever looks at the first sink.
    pub(super) fn say(&mut self, at: WallTime, lines: &[String]) {
        each(&mut self.all[..1], &mut self.loss, &mut |sink| sink.say(at, lines));
    }

    /// Shows a remark of forge.
    pub(super) fn note(&mut self, at: WallTime, note: &Note) {
        self.each(|sink| sink.note(at, note));
        self.listeners.note(at, note);
    }

    /// Returns what was shown last of a stream.
    pub(super) fn last_words(&self, stream: StreamId) -> Option<&LastWords> {
        self.last_words.get(stream.0)
    }

    /// Shows what comes out of a framer, as `rewrite` leaves it.
    pub(super) fn show(
        &mut self,
        rewrite: Option<&mut (dyn Rewrite + 'static)>,
        (at, stream): (WallTime, StreamId),
        frame: Frame<'_>,
    ) {
        let Some(rewrite) = rewrite else { return self.tell((at, stream), frame) };
        self.survive(|sinks| {
            rewrite.rewrite(stream, frame, &mut |frame| sinks.tell((at, stream), frame));
        });
    }

    /// Shows what `rewrite` has kept back of a line that has fallen silent.
    pub(super) fn show_kept(&mut self, rewrite: &mut dyn Rewrite, (at, stream): (WallTime, StreamId)) {
        self.survive(|sinks| rewrite.take_unfinished(stream, &mut |frame| sinks.tell((at, stream), frame)));
    }

    fn tell(&mut self, (at, stream): (WallTime, StreamId), frame: Frame<'_>) {
        if let Some(last_words) = self.last_words.get_mut(stream.0) {
            last_words.hear_frame(frame);
        }
        self.each(|sink| match frame {
            Frame::Lines(lines) => sink.lines(at, stream, lines),
            Frame::Piece(piece) => sink.piece(at, stream, piece),
        });
        self.listeners.frame(at, stream, frame);
    }

    /// Lets a [`Rewrite`] work. Where it panics, its lines are lost rather than shown as they were.
    fn survive(&mut self, work: impl FnOnce(&mut Sinks)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            self.loss.happened();
        }
    }

    /// Returns, once, whether a panic has cost lines.
    pub(super) fn take_loss(&mut self) -> bool {
        let untold = self.loss == Loss::Untold;
        if untold {
            self.loss = Loss::Told;
        }
        untold
    }

    /// Tells all of them that the project is another one from now on.
    pub(super) fn take_over(&mut self, project: &Project) {
        self.each(|sink| sink.takes_over(project));
        self.listeners.take_over(project);
    }

    /// Returns how many columns of a window the prefix of the first one takes.
    pub(super) fn prefix_columns(&self) -> u16 {
        self.all.first().map_or(0, |sink| sink.prefix_columns())
    }

    /// Returns whose line stands unfinished on a screen.
    pub(super) fn open_line(&self) -> Option<StreamId> {
        self.all.iter().find_map(|sink| sink.open_line())
    }

    /// Returns whether one of them keeps back something of a stream until that falls silent.
    pub(super) fn hold_back(&self, stream: StreamId) -> bool {
        self.all.iter().any(|sink| sink.holds_back(stream))
    }

    /// Returns whether more than `bytes` wait in one of them.
    pub(super) fn hold(&mut self, bytes: usize) -> bool {
        self.all.iter_mut().any(|sink| sink.pending().len() >= bytes)
    }

    /// Returns what each of them has formatted.
    pub(super) fn pending(&mut self) -> impl Iterator<Item = &mut Vec<u8>> {
        self.all.iter_mut().map(|sink| sink.pending())
    }
}

fn each(all: &mut [Box<dyn Sink>], loss: &mut Loss, work: &mut dyn FnMut(&mut dyn Sink)) {
    for sink in all {
        let before = sink.pending().len();
        if catch_unwind(AssertUnwindSafe(|| work(sink.as_mut()))).is_err() {
            // Half of what it wanted to say would confuse its writer.
            sink.pending().truncate(before);
            loss.happened();
        }
    }
}
