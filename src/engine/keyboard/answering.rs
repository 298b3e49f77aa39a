//! Answers in place of a terminal that is not there. A debugger asks where the cursor is before it shows its prompt, and waits;
//! where nobody is attached, nobody would answer.

use std::rc::Rc;

use tokio::task::spawn_local;

use super::Keyboards;
use super::line::Line;
use crate::logs::screen::{Answer, Screen};
use crate::project::InstanceId;
use crate::sys::wants_input;

impl Keyboards {
    /// Answers when all that is ready now has been done: the screen is known then.
    pub(super) fn answer_soon(&self, instance: InstanceId, line: Rc<Line>, questions: Vec<Answer>) {
        // One at a time. Whoever asks without waiting for the answer gets some answers less.
        if line.is_answering.replace(true) {
            return;
        }
        let keyboards = self.clone();
        spawn_local(async move {
            line.is_answering.set(false);
            keyboards.answer(&instance, &line, &questions);
        });
    }

    fn answer(&self, instance: &InstanceId, line: &Rc<Line>, questions: &[Answer]) {
        // Where it would wait for the end of a line, it would also be echoed, as if somebody had typed rubbish.
        let can_be_read = line.controller().is_some_and(wants_input::takes_single_keys);
        if self.has_terminal(instance) || !can_be_read {
            return;
        }
        let Some(tap) = line.streams.first().and_then(|stream| self.0.hub.tap(*stream)) else { return };
        let cursor = Screen::replay(&tap.before, line.screen_size(), &tap.recent).cursor();
        for question in questions {
            line.types_at_once(&question.text(cursor));
        }
    }
}
