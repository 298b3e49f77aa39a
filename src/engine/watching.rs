//! Watching the files of those who want to be started again when they change.

use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, spawn_local};

use super::hub::Hub;
use crate::project::lifecycle::Watch;
use crate::project::{ProcessName, Project};
use crate::supervisor::{Event, Note};
use crate::sys::watch::{Change, Shortage, Watcher, Wish};

/// Who is told of which changes, and the task that looks for them.
#[derive(Debug)]
pub(super) struct Watching {
    wanted: Vec<(ProcessName, Wish)>,
    task: Option<AbortHandle>,
}

impl Watching {
    /// Begins to watch, if anybody wants it: without a wish nothing is started and nothing is read. It ends with the runtime.
    pub(super) fn begin(project: &Project, hub: &Hub, news: &mpsc::Sender<Event>) -> Watching {
        let wanted = wanted(project);
        let task = (!wanted.is_empty()).then(|| watch(wanted.clone(), hub.clone(), news.clone()));
        Watching { wanted, task }
    }

    /// Watches what a changed project wants, if that is something else.
    pub(super) fn take_over(&mut self, project: &Project, hub: &Hub, news: &mpsc::Sender<Event>) {
        if self.wanted == wanted(project) {
            return;
        }
        if let Some(task) = self.task.take() {
            task.abort();
        }
        *self = Watching::begin(project, hub, news);
    }
}

fn wanted(project: &Project) -> Vec<(ProcessName, Wish)> {
    let mut wanted: Vec<(ProcessName, Wish)> = Vec::new();
    for process in project.instances.iter().map(|instance| &instance.process) {
        let Some(Watch { paths, ignore, .. }) = &process.life.watch else { continue };
        if wanted.iter().all(|(known, _)| *known != process.name) {
            let root = project.directory_of(process).to_owned();
            wanted.push((process.name.clone(), Wish { root, paths: paths.clone(), ignore: ignore.clone() }));
        }
    }
    wanted
}

fn watch(wanted: Vec<(ProcessName, Wish)>, hub: Hub, news: mpsc::Sender<Event>) -> AbortHandle {
    let task = spawn_local(async move {
        let wishes = wanted.iter().map(|(_, wish)| wish.clone()).collect();
        let (mut watcher, shortage) = Watcher::start(wishes).await;
        tell_shortage(&hub, shortage);
        loop {
            let (changes, shortage) = watcher.next().await;
            tell_shortage(&hub, shortage);
            for (place, (process, wish)) in wanted.iter().enumerate() {
                let Some(event) = last_of(&changes, place, process, &wish.root) else { continue };
                if news.send(event).await.is_err() {
                    return;
                }
            }
        }
    });
    task.abort_handle()
}

/// Of a batch, the last change that concerns a wish: one is enough.
fn last_of(changes: &[Change], wish: usize, process: &ProcessName, root: &Path) -> Option<Event> {
    let Change { path, .. } = changes.iter().rev().find(|change| change.wish == wish)?;
    let path = path.strip_prefix(root).unwrap_or(path).display().to_string();
    Some(Event::FilesChanged { process: process.clone(), path })
}

fn tell_shortage(hub: &Hub, shortage: Option<Shortage>) {
    if let Some(Shortage { errno, directories }) = shortage {
        hub.note(&Note::WatchingByLooking { errno, directories });
    }
}
