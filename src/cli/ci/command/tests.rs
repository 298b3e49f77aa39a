use std::ffi::OsString;
use std::sync::Arc;

use super::{Keep, add, line, name};
use crate::project::lifecycle::{Milestone, Nature};
use crate::project::{InstanceId, InstanceSpec, Place, PortSource, ProcessName, ProcessSpec, Project};

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn spec(name: &str, command: &str, change: impl FnOnce(&mut ProcessSpec)) -> InstanceSpec {
    let place = Place { file: Arc::from("Procfile"), line: 1 };
    let mut spec = ProcessSpec::plain(ProcessName::new(name), command.into(), place, 0);
    change(&mut spec);
    let id = InstanceId { process: spec.name.clone(), index: 1 };
    InstanceSpec { id, process: Arc::new(spec), port: Some(5000) }
}

fn project(instances: Vec<InstanceSpec>) -> Project {
    let processes = instances.iter().map(|instance| Arc::clone(&instance.process)).collect();
    Project { processes, instances, ..Project::default() }
}

#[test]
fn words_arrive_as_they_are() {
    assert_eq!(line(&words(&["a b", "it's", "$x", ""])), b"exec 'a b' 'it'\\''s' '$x' ''");
}

#[test]
fn a_command_is_called_as_its_program() {
    let taken = project(vec![spec("pytest", "true", |_| {})]);
    let called = |word: &str| name(&taken, word.as_ref()).as_str().to_owned();
    assert_eq!(called("./bin/test"), "test");
    assert_eq!(called("node_modules/.bin/play wright"), "play-wright");
    assert_eq!(called("pytest"), "pytest-command");
    assert_eq!(called("/"), "-");
}

#[test]
fn most_lines_of_a_procfile_never_listen() {
    let is_expected = InstanceSpec::is_expected_to_listen;
    assert!(is_expected(&spec("web", "bin/server", |_| {})));
    assert!(is_expected(&spec("api", "serve -p $PORT", |_| {})));
    assert!(is_expected(&spec("api", "serve", |spec| spec.port = PortSource::Fixed(3000))));
    assert!(!is_expected(&spec("worker", "sidekiq", |_| {})));
    let without = InstanceSpec { port: None, ..spec("web", "bin/server", |_| {}) };
    assert!(!is_expected(&without));
}

#[test]
fn it_needs_everybody_who_is_there_for_good() {
    let mut project = project(vec![
        spec("web", "serve", |_| {}),
        spec("worker", "work", |_| {}),
        spec("css", "watch", |spec| spec.can_die = true),
        spec("migrate", "migrate", |spec| spec.life.nature = Nature::Task { timeout: None }),
    ]);
    let id = add(&mut project, &words(&["pytest"]), Keep::Nothing);
    let command = project.instances.iter().find(|instance| instance.id == id).expect("it was added");
    let needs: Vec<_> =
        command.process.life.after.iter().map(|need| (need.on.as_str(), need.reached)).collect();
    assert_eq!(
        needs,
        [("web", Milestone::Ready), ("worker", Milestone::Started), ("migrate", Milestone::Done)]
    );
    assert_eq!(project.exit_code_from.as_ref(), Some(&id.process));
}
