//! Watching the files of those who want to be started again when they change.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_local;

use super::hub::Hub;
use crate::project::lifecycle::Watch;
use crate::project::{ProcessName, Project};
use crate::supervisor::{Event, Note};
use crate::sys::watch::{Change, Shortage, Watcher, Wish};

/// Begins to watch, if anybody wants it: without a wish nothing is started and nothing is read. It ends with the runtime.
pub(super) fn begin(project: &Arc<Project>, hub: &Hub, news: &mpsc::Sender<Event>) {
    let (mut names, mut wishes) = (Vec::new(), Vec::new());
    for instance in project.instances.iter().filter(|instance| instance.id.index == 1) {
        let process = &instance.process;
        if let Some(Watch { paths, ignore, .. }) = &process.life.watch {
            let root = project.directory_of(process).to_owned();
            names.push((process.name.clone(), root.clone()));
            wishes.push(Wish { root, paths: paths.clone(), ignore: ignore.clone() });
        }
    }
    if names.is_empty() {
        return;
    }
    let (hub, news) = (hub.clone(), news.clone());
    spawn_local(async move {
        let (mut watcher, shortage) = Watcher::start(wishes).await;
        tell_shortage(&hub, shortage);
        loop {
            let (changes, shortage) = watcher.next().await;
            tell_shortage(&hub, shortage);
            for (wish, (process, root)) in names.iter().enumerate() {
                let Some(event) = last_of(&changes, wish, process, root) else { continue };
                if news.send(event).await.is_err() {
                    return;
                }
            }
        }
    });
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
