//! Whether a process waits for somebody to type.
//!
//! Nobody looks while nothing happens: only when a process has fallen silent in the middle of a line, once more a moment later, and
//! not again until it prints something. Whoever waits is looked at again when something has come.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_local;
use tokio::time::sleep;

use super::Keyboards;
use super::line::Line;
use crate::engine::hub::{End, Watcher};
use crate::logs::asking;
use crate::logs::screen::{Answer, Screen};
use crate::project::{InstanceId, KeyboardOffer};
use crate::sys::wants_input;

/// How long after a silence, or after something has come, it is looked once more.
const MOMENT: Duration = Duration::from_millis(200);

/// What a process asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanting {
    /// Which program asks, as people call it: `pdb`, `irb`.
    pub program: Option<String>,
    /// What stands in the row of the cursor.
    pub prompt: String,
}

/// Everybody who waits for keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wants(pub(super) Arc<BTreeMap<InstanceId, Wanting>>);

impl Wants {
    /// Returns what an instance asks, if it waits.
    pub fn of(&self, instance: &InstanceId) -> Option<&Wanting> {
        self.0.get(instance)
    }

    /// Returns all of them, by name.
    pub fn all(&self) -> impl Iterator<Item = (&InstanceId, &Wanting)> {
        self.0.iter()
    }
}

/// The hub's way to here.
struct Ear {
    keyboards: Keyboards,
    instance: InstanceId,
    line: Rc<Line>,
    offer: KeyboardOffer,
}

impl Watcher for Ear {
    fn asked(&self, questions: Vec<Answer>) {
        self.keyboards.answer_soon(self.instance.clone(), Rc::clone(&self.line), questions);
    }

    fn fell_silent(&self) {
        if self.offer == KeyboardOffer::Auto && !self.line.is_looked_at.replace(true) {
            let (keyboards, instance, line) =
                (self.keyboards.clone(), self.instance.clone(), Rc::clone(&self.line));
            spawn_local(async move {
                keyboards.look(&instance, &line).await;
                line.is_looked_at.set(false);
            });
        }
    }
}

impl Keyboards {
    /// Begins to listen to a run.
    pub(super) fn watch(&self, instance: &InstanceId, line: &Rc<Line>, offer: KeyboardOffer) {
        let always = Wanting { program: None, prompt: String::new() };
        self.note_want(instance, (offer == KeyboardOffer::Always).then_some(always));
        if let Some(stream) = line.streams.first() {
            let ear =
                Ear { keyboards: self.clone(), instance: instance.clone(), line: Rc::clone(line), offer };
            self.0.hub.watch(*stream, Rc::new(ear));
        }
    }

    /// The task that looks, and stays as long as the process waits.
    async fn look(&self, instance: &InstanceId, line: &Rc<Line>) {
        let mut wanting = self.question(line);
        if wanting.is_none() {
            sleep(MOMENT).await;
            wanting = self.question(line);
        }
        while wanting.is_some() {
            self.note_want(instance, wanting);
            if !self.something_comes(line).await {
                wanting = None;
                break;
            }
            sleep(MOMENT).await;
            wanting = self.question(line);
        }
        let is_present = self.line_of(instance).is_some_and(|present| present.run == line.run);
        if is_present {
            self.note_want(instance, wanting);
        }
    }

    /// Waits until the process prints something; returns whether it can go on.
    async fn something_comes(&self, line: &Line) -> bool {
        let Some(mut tap) = line.streams.first().and_then(|stream| self.0.hub.tap(*stream)) else {
            return false;
        };
        tap.next().await.is_some() || tap.end() == Some(End::Cut)
    }

    /// Returns what the process asks, if it waits for an answer.
    fn question(&self, line: &Line) -> Option<Wanting> {
        let asker = wants_input::look(line.controller()?, line.pid)?;
        let tap = line.streams.first().and_then(|stream| self.0.hub.tap(*stream))?;
        let screen = Screen::replay(&tap.before, line.screen_size(), &tap.recent);
        let prompt = screen.row();
        // Whoever has ended his line has asked nothing, whatever keys he would take.
        if prompt.is_empty() && !screen.modes().is_full_screen() {
            return None;
        }
        let program = asking::program(&prompt, asker.program.as_deref());
        Some(Wanting { program, prompt })
    }
}
