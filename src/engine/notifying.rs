//! Hearing what a run says of itself by the protocol of `sd_notify(3)`.

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_local};

use super::hub::Hub;
use crate::project::Lifecycle;
use crate::project::lifecycle::Probe;
use crate::supervisor::{ChildEvent, Event, Notice, RunId};
use crate::sys::kin::Kin;
use crate::sys::notify::{Ear, Word};

/// Returns whether a process is to say how it is.
pub(super) fn is_wanted(life: &Lifecycle) -> bool {
    let of_ready = life.ready.as_ref().is_some_and(|ready| ready.probe == Probe::Notify);
    of_ready || life.live.as_ref().is_some_and(|live| live.probe == Probe::Notify)
}

/// Hears a run until the task is aborted. What it says is kept and shown, so it is without secrets from here on.
pub(super) fn hear(
    (ear, kin): (Ear, Kin),
    run: RunId,
    hub: Hub,
    news: mpsc::Sender<Event>,
) -> JoinHandle<()> {
    spawn_local(async move {
        // An error of the poller ends it: then nothing more is heard, which the time limits of the mind notice.
        while let Ok(words) = ear.hear(&kin).await {
            let mut notice = notice_of(words);
            notice.status = notice.status.map(|status| hub.as_shown(status));
            if notice == Notice::default() {
                continue;
            }
            if news.send(Event::Child { run, what: ChildEvent::Notified(notice) }).await.is_err() {
                return;
            }
        }
    })
}

fn notice_of(words: Vec<Word>) -> Notice {
    let mut notice = Notice::default();
    for word in words {
        match word {
            Word::Ready => notice.ready = true,
            Word::Stopping => notice.stopping = true,
            Word::Alive => notice.watchdog = true,
            Word::Status(status) => notice.status = Some(status),
        }
    }
    notice
}
