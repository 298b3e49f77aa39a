//! What a face on forge's own terminal has in hand that no other face has.

use tokio::sync::watch;

use super::hub::Hub;
use super::keyboard::{Keyboards, Wants};
use crate::control::attach::{Attached, NotAttached, Wish};
use crate::control::face::{Askers, Here};
use crate::control::protocol::{Code, Refusal};
use crate::control::session::Later;
use crate::logs::ScreenWish;
use crate::project::InstanceId;
use crate::sys::process;
use crate::sys::pty::WindowSize;

/// How many of its last lines are shown of a process.
const LAST_LINES: usize = 10;

/// Everything of the engine that a face may touch.
pub(super) struct InThisProcess {
    pub(super) hub: Hub,
    pub(super) keyboards: Keyboards,
}

impl Here for InThisProcess {
    fn screen(&self, wish: &ScreenWish) {
        self.hub.screen(wish);
    }

    fn say(&self, lines: &[String]) {
        self.hub.say(lines);
    }

    fn lend(&self, instance: &InstanceId, window: WindowSize) -> Result<Attached, Refusal> {
        let wish = Wish { window: Some(window), read_only: false };
        self.keyboards.attach(instance, wish).map_err(|why| match why {
            NotAttached::TooMany { most } => {
                Refusal::new(Code::TooMany, format!("{most} keyboards are lent already"))
            }
            NotAttached::Gone => Refusal::gone(),
        })
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
