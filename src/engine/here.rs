//! What a face on forge's own terminal has in hand that no other face has.

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use tokio::sync::watch;
use tokio::task::spawn_local;

use super::hub::{Hub, Way};
use super::keyboard::{Keyboards, Wants};
use super::perform::Hands;
use crate::control::face::{Askers, Face, Here, Means};
use crate::control::session::{Later, Session};
use crate::logs::{ScreenWish, Sink, Writer};
use crate::project::InstanceId;
use crate::sys::process;

/// How many of its last lines are shown of a process.
const LAST_LINES: usize = 10;

/// Has the face on forge's own terminal live, if there is one.
pub(super) fn begin(hands: &Hands, session: Rc<dyn Session>) {
    let Some(face) = &hands.terminal.face else { return };
    let here = InThisProcess { hub: hands.hub.clone(), keyboards: hands.keyboards.clone() };
    // It ends with the runtime.
    spawn_local(Rc::clone(face).live(Means { session, here: Rc::new(here) }));
}

/// Starts the thread that writes the standard output, for the stream alone or for a face, too.
pub(super) fn way(
    face: Option<(Rc<dyn Face>, Box<dyn Writer>)>,
    sink: Box<dyn Sink>,
    stdout: OwnedFd,
) -> io::Result<(Option<Rc<dyn Face>>, Way)> {
    Ok(match face {
        Some((face, writer)) => (Some(face), Way::start("output", sink, writer)?),
        None => (None, Way::to("output", sink, stdout)?),
    })
}

impl Hands {
    /// The window may have another size, or it may be forge's turn again.
    pub(super) fn look_at_terminal(&self) {
        if let Some(face) = &self.terminal.face {
            face.looks_again();
        }
    }

    /// Gives forge's own terminal back.
    pub(super) fn leave_terminal(&self) {
        if let Some(face) = &self.terminal.face {
            face.leaves();
        }
    }
}

/// Everything of the engine that a face may touch.
struct InThisProcess {
    hub: Hub,
    keyboards: Keyboards,
}

impl Here for InThisProcess {
    fn screen(&self, wish: &ScreenWish) {
        self.hub.screen(wish);
    }

    fn say(&self, lines: &[String]) {
        self.hub.say(lines);
    }

    fn askers(&self) -> Box<dyn Askers> {
        let mut wants = self.keyboards.wants();
        wants.mark_changed();
        Box::new(Waiting(wants))
    }

    fn last_lines(&self, instance: &InstanceId) -> Vec<String> {
        self.hub.last_lines(&self.hub.streams_of(instance), LAST_LINES)
    }

    fn quit(&self) {
        // forge itself cannot be missing.
        let _ = process::signal(process::own_pid(), libc::SIGINT);
    }
}

struct Waiting(watch::Receiver<Wants>);

impl Askers for Waiting {
    fn next(&mut self) -> Later<'_, Vec<InstanceId>> {
        Box::pin(async {
            if self.0.changed().await.is_err() {
                // Nobody will wait for anything any more.
                std::future::pending::<()>().await;
            }
            self.0.borrow_and_update().all().map(|(id, _)| id.clone()).collect()
        })
    }
}
