//! What a process shows, on its way to one who is attached.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::Keyboards;
use super::line::Line;
use crate::control::frames::{Ended, Reason, Restarted, Shown, Why};
use crate::engine::hub::{End, Tap};
use crate::logs::screen::{Queries, Screen, Size};
use crate::project::InstanceId;
use crate::sys::pty::WindowSize;

/// How long a process is left to believe in a smaller window. Shorter, and many would see only the last one, which is
/// the one that they know.
const NUDGE: Duration = Duration::from_millis(40);

/// Whoever was attached is gone.
struct Gone;

/// What happened while a run was shown.
enum Shows {
    /// Something was printed.
    Bytes(Vec<u8>),
    /// The screen is to be drawn again.
    Redraw,
    /// The output has ended, or the stack has.
    Over,
}

impl Keyboards {
    /// The task that shows one what the process prints, run after run.
    pub(super) async fn show(self, instance: InstanceId, id: u64, shown: mpsc::Sender<Shown>) {
        let Ok(why) = self.show_runs(&instance, id, &shown).await else { return };
        let _ = shown.send(Shown::Exit(Why { why })).await;
    }

    async fn show_runs(
        &self,
        instance: &InstanceId,
        id: u64,
        shown: &mpsc::Sender<Shown>,
    ) -> Result<Reason, Gone> {
        let mut seen = None;
        loop {
            let Some(line) = self.next_run(instance, seen).await else {
                return Ok(if self.is_over() { Reason::StackEnded } else { Reason::Removed });
            };
            if seen.is_some() {
                tell(shown, Shown::Restarted(Restarted { pid: line.pid })).await?;
            }
            let is_first = seen.is_none();
            seen = Some(line.run);
            self.show_run(instance, id, (&line, is_first), shown).await?;
            self.end_of(instance, &line).await;
            let exit = line.exit.get();
            // At the end of all it may be unknown for ever.
            if exit.is_some() || !self.is_over() {
                tell(shown, Shown::Ended(Ended { exit })).await?;
            }
        }
    }

    /// Waits until it is known how a run has ended, whose output has.
    async fn end_of(&self, instance: &InstanceId, line: &Line) {
        loop {
            let changed = self.changed(instance);
            let (ended, news) = (line.ended.notified(), changed.notified());
            if line.exit.get().is_some() || !line.is_live() || self.is_over() {
                return;
            }
            tokio::select! {
                () = ended => {}
                () = news => {}
            }
        }
    }

    /// Waits for a run of which the other one has not been shown; nothing when the stack ends.
    async fn next_run(
        &self,
        instance: &InstanceId,
        seen: Option<crate::supervisor::RunId>,
    ) -> Option<Rc<Line>> {
        loop {
            let changed = self.changed(instance);
            let news = changed.notified();
            if self.is_over() || self.is_removed(instance) {
                return None;
            }
            if let Some(line) = self.line_of(instance).filter(|line| Some(line.run) != seen) {
                return Some(line);
            }
            news.await;
        }
    }

    /// Shows one run to its end.
    async fn show_run(
        &self,
        instance: &InstanceId,
        id: u64,
        (line, is_first): (&Rc<Line>, bool),
        shown: &mpsc::Sender<Shown>,
    ) -> Result<(), Gone> {
        let mut queries = Queries::default();
        let mut taps = self.taps(line);
        if let Some(tap) = taps.first() {
            if is_first {
                self.enter(instance, id, (line, tap), shown).await?;
            } else if !tap.recent.is_empty() {
                tell(shown, Shown::Output(tap.recent.clone())).await?;
            }
        }
        loop {
            let redraw = self.redraw(instance, id);
            match self.next(&mut taps, (instance, &redraw)).await {
                Shows::Bytes(bytes) => {
                    let mut out = Vec::new();
                    if self.answers(instance, id) {
                        out = bytes;
                    } else {
                        queries.strip(&bytes, &mut out);
                    }
                    if !out.is_empty() {
                        tell(shown, Shown::Output(out)).await?;
                    }
                }
                Shows::Redraw => {
                    taps = self.taps(line);
                    if let Some(tap) = taps.first() {
                        self.enter(instance, id, (line, tap), shown).await?;
                    }
                }
                Shows::Over => {
                    // Too much was not taken: what has been left out would spoil the screen.
                    if taps.iter().any(|tap| tap.end() == Some(End::Cut)) {
                        taps = self.taps(line);
                        if let Some(tap) = taps.first() {
                            self.draw(instance, id, (line, tap), shown).await?;
                        }
                        continue;
                    }
                    return Ok(());
                }
            }
        }
    }

    /// Draws the screen for one who has just come, and lets a program that fills it do so itself.
    async fn enter(
        &self,
        instance: &InstanceId,
        id: u64,
        (line, tap): (&Rc<Line>, &Tap),
        shown: &mpsc::Sender<Shown>,
    ) -> Result<(), Gone> {
        let is_full = self.draw(instance, id, (line, tap), shown).await?;
        let is_new = self.settle(instance);
        if is_full && !is_new && self.may_type(instance, id) {
            let line = Rc::clone(line);
            line.nudge();
            spawn_local(async move {
                sleep(NUDGE).await;
                line.settle();
            });
        }
        Ok(())
    }

    /// Draws the screen as it is; returns whether a program has it for itself. For one without a window nothing is drawn.
    async fn draw(
        &self,
        instance: &InstanceId,
        id: u64,
        (line, tap): (&Rc<Line>, &Tap),
        shown: &mpsc::Sender<Shown>,
    ) -> Result<bool, Gone> {
        let Some(WindowSize { rows, columns }) = self.window_of(instance, id) else { return Ok(false) };
        let screen = Screen::replay(&tap.before, line.screen_size(), &tap.recent);
        let is_full = screen.modes().is_full_screen();
        tell(shown, Shown::Output(screen.redraw(Size { columns, rows }))).await?;
        Ok(is_full)
    }

    fn taps(&self, line: &Line) -> Vec<Tap> {
        line.streams.iter().filter_map(|stream| self.0.hub.tap(*stream)).collect()
    }

    /// Waits for whatever comes next.
    async fn next(&self, taps: &mut [Tap], (instance, redraw): (&InstanceId, &Notify)) -> Shows {
        let changed = self.changed(instance);
        let news = changed.notified();
        let is_over = self.is_over();
        let printed = async {
            match taps {
                [] => None,
                [one] => one.next().await,
                // Of two terminals, one for errors: over when that of the input is.
                [one, other, ..] => tokio::select! {
                    bytes = one.next() => bytes,
                    Some(bytes) = other.next() => Some(bytes),
                },
            }
        };
        tokio::select! {
            biased;
            // Its last words before the end of all.
            bytes = printed => bytes.map_or(Shows::Over, Shows::Bytes),
            () = redraw.notified() => Shows::Redraw,
            () = std::future::ready(()), if is_over => Shows::Over,
            // Another run, which is shown when this one is at its end; or the end of all, see above.
            () = news => Shows::Bytes(Vec::new()),
        }
    }

    fn changed(&self, instance: &InstanceId) -> Rc<Notify> {
        let mut state = self.0.state.borrow_mut();
        Rc::clone(&state.seats.entry(instance.clone()).or_default().changed)
    }

    fn redraw(&self, instance: &InstanceId, id: u64) -> Rc<Notify> {
        let state = self.0.state.borrow();
        let client = state.seats.get(instance).and_then(|seat| seat.attached.get(&id));
        client.map(|client| Rc::clone(&client.redraw)).unwrap_or_default()
    }

    fn window_of(&self, instance: &InstanceId, id: u64) -> Option<WindowSize> {
        self.0.state.borrow().seats.get(instance)?.attached.get(&id)?.window
    }

    fn is_removed(&self, instance: &InstanceId) -> bool {
        self.0.state.borrow().seats.get(instance).is_some_and(|seat| seat.is_removed)
    }

    fn is_over(&self) -> bool {
        self.0.state.borrow().is_over
    }
}

async fn tell(to: &mpsc::Sender<Shown>, shown: Shown) -> Result<(), Gone> {
    to.send(shown).await.map_err(|_| Gone)
}
