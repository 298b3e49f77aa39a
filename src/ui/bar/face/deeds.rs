//! What keys have decided, done.

use std::rc::Rc;

use tokio::task::spawn_local;

use super::super::model::{Deed, Sight, State, Verb};
use super::super::words;
use super::Life;
use crate::control::protocol::{Request, Targets};
use crate::control::session::{Asker, Measure};
use crate::logs::{Pattern, ScreenWish, Whose};
use crate::project::InstanceId;
use crate::ui::table::{self, Depth};

impl Life {
    pub(super) fn perform(&mut self, deed: Deed) {
        match deed {
            Deed::Restart(id) => self.ask(Verb::Restart, &id, Request::Restart),
            Deed::Stop(id) => self.ask(Verb::Stop, &id, Request::Stop),
            Deed::Attach(id) => self.lend(&id),
            Deed::See => self.see(),
            Deed::Help => self.means.here.say(&words::HELP.map(str::to_owned)),
            Deed::Ps => self.tell_table(),
            Deed::LastError => self.tell_last_error(),
            Deed::Quit if self.model.is_stopping => self.answer(words::STOPS_ALREADY.to_owned()),
            Deed::Quit => self.means.here.quit(),
        }
    }

    pub(super) fn answer(&mut self, answer: String) {
        self.model.answer = Some(answer);
        self.is_stale = true;
    }

    /// Asks the stack for something that takes a while; the stream tells what comes of it.
    fn ask(&mut self, verb: Verb, id: &InstanceId, request: impl FnOnce(Targets) -> Request) {
        let targets = Targets { names: vec![id.to_string()], ..Targets::default() };
        let request = request(targets);
        self.answer(words::asked(verb, id));
        let (session, said) = (Rc::clone(&self.means.session), self.said.clone());
        spawn_local(async move {
            let answer = match session.ask(request, asker()).await {
                Ok(_) => String::new(),
                Err(refusal) => refusal.message,
            };
            // Where so many answers wait, this one is not missed.
            let _ = said.try_send(answer);
        });
    }

    /// Shows of the stream what the model says.
    pub(super) fn see(&mut self) {
        let lent = self.lent.as_ref().map(|lent| &lent.id);
        self.means.here.screen(&wish(&self.model.sight, lent));
    }

    fn tell_table(&self) {
        let (session, here) = (Rc::clone(&self.means.session), Rc::clone(&self.means.here));
        spawn_local(async move {
            let lines = match session.view(Measure::Everything).await {
                Ok(stack) => {
                    table::stack(&stack, Depth::Instances, None).lines().map(str::to_owned).collect()
                }
                Err(refusal) => vec![refusal.message],
            };
            here.say(&lines);
        });
    }

    /// Shows what those who have failed have said last.
    fn tell_last_error(&mut self) {
        let failed = |state| matches!(state, State::Failed | State::Backoff);
        let failed: Vec<InstanceId> =
            self.model.processes.iter().filter(|row| failed(row.state)).map(|row| row.id.clone()).collect();
        if failed.is_empty() {
            return self.answer(words::NOTHING_FAILED.to_owned());
        }
        for id in failed {
            let lines = self.means.here.last_lines(&id);
            self.means.here.say(&words::said_last(&id, &lines));
        }
    }
}

/// Who asks, as the stream calls it.
pub(super) fn asker() -> Asker {
    Asker { pid: None, name: Some(words::KEY.to_owned()) }
}

/// Makes of what a person wants to see what the stream is told. A process that has the keyboard is seen already.
fn wish(sight: &Sight, lent: Option<&InstanceId>) -> ScreenWish {
    let whose = match &sight.only {
        Some(only) if Some(only) == lent => Whose::Nobody,
        Some(only) => Whose::One(only.clone()),
        None => Whose::Everybody,
    };
    let mut muted = sight.muted.clone();
    muted.extend(lent.cloned());
    ScreenWish { whose, muted, with: sight.filter.as_deref().map(pattern), ..ScreenWish::default() }
}

/// Makes a pattern of what is being typed, which is no regular expression at every moment. Small letters mean large ones, too.
fn pattern(text: &str) -> Pattern {
    let is_loose = !text.chars().any(char::is_uppercase);
    let with_case = |text: &str| if is_loose { format!("(?i){text}") } else { text.to_owned() };
    Pattern::new(&with_case(text)).unwrap_or_else(|_| {
        let literal: String = text.chars().flat_map(|letter| escaped(letter).into_iter().flatten()).collect();
        Pattern::new(&with_case(&literal)).expect("a text without meaning is a pattern")
    })
}

fn escaped(letter: char) -> [Option<char>; 2] {
    let is_special = r"\.+*?()|[]{}^$#&-~".contains(letter);
    [is_special.then_some('\\'), Some(letter)]
}

#[cfg(test)]
mod tests;
