use std::sync::Arc;

use super::variable_part;
use crate::diagnostic::Source;
use crate::project::load::{Inputs, load};
use crate::project::{Origin, Place, ProcessName, Project, Settings, Variable};

fn project(procfile: &str, dotenv: &str, settings: Settings) -> Project {
    let inputs = Inputs {
        root: "/app".into(),
        procfile: Some(Source::new("Procfile", procfile)),
        env_files: vec![Source::new(".env", dotenv)],
        inherited: vec![(b"HOME".to_vec(), b"/home/u".to_vec()), (b"PS".to_vec(), b"old".to_vec())],
        settings,
        ..Inputs::default()
    };
    load(&inputs).value
}

fn formation(text: &str) -> Settings {
    let source = Source::new("--formation", text);
    Settings { formation: Some(crate::diagnostic::Span::new(&source, 0..text.len())), ..Settings::default() }
}

fn lines(variables: &[Variable]) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    variables.iter().map(|variable| format!("{}={}", text(&variable.name), text(&variable.value))).collect()
}

#[test]
fn an_instance_gets_everything_sorted_by_name() {
    let project = project("web: a\nmy-job: b\n", "PS=file\nPORT=8000\nA=1\n", formation("web=2,my-job=1"));
    assert_eq!(
        lines(&project.environment_of(&project.instances[1])),
        [
            "A=1",
            "FORGE_INSTANCE=2",
            "FORGE_PORT_MY_JOB=8100",
            "FORGE_PORT_WEB=8000",
            "FORGE_PORT_WEB_2=8001",
            "FORGE_PROCESS=web",
            "FORGE_URL_MY_JOB=http://localhost:8100",
            "FORGE_URL_WEB=http://localhost:8000",
            "FORGE_URL_WEB_2=http://localhost:8001",
            "HOME=/home/u",
            "PORT=8001",
            "PS=web.2",
        ]
    );
}

#[test]
fn entries_that_are_not_started_have_an_address_too() {
    let project = project("web: a\nworker: b\n", "", formation("worker=1"));
    assert!(lines(&project.addresses()).contains(&"FORGE_URL_WEB=http://localhost:5000".to_owned()));
}

#[test]
fn without_ports_there_is_only_the_port_that_was_there() {
    let settings = Settings { no_port: Some(true), ..Settings::default() };
    let project = project("web: a\n", "PORT=8000\n", settings);
    let environment = lines(&project.environment_of(&project.instances[0]));
    assert_eq!(
        environment,
        ["FORGE_INSTANCE=1", "FORGE_PROCESS=web", "HOME=/home/u", "PORT=8000", "PS=web.1"]
    );
}

#[test]
fn every_variable_knows_where_it_comes_from() {
    let project = project("web: a\n", "\nA=1\n", Settings::default());
    let environment = project.environment_of(&project.instances[0]);
    let origin = |name: &str| {
        environment.iter().find(|variable| variable.name == name.as_bytes()).map(|v| v.origin.clone())
    };
    assert_eq!(origin("A"), Some(Origin::File(Place { file: Arc::from(".env"), line: 2 })));
    assert_eq!(origin("HOME"), Some(Origin::Inherited));
    assert_eq!(origin("PS"), Some(Origin::Forge));
}

#[test]
fn names_become_variable_names() {
    assert_eq!(variable_part(&ProcessName::new("web"), 1), "WEB");
    assert_eq!(variable_part(&ProcessName::new("my-job"), 3), "MY_JOB_3");
}

#[test]
fn no_address_takes_the_place_of_a_setting() {
    let project = project("step: a\nweb: b\n", "", formation("step=2,web=1"));
    let told = lines(&project.addresses());
    assert!(!told.iter().any(|line| line.starts_with("FORGE_PORT_STEP=")), "{told:?}");
    for still in ["FORGE_PORT_STEP_2=5001", "FORGE_URL_STEP=http://localhost:5000", "FORGE_PORT_WEB=5100"] {
        assert!(told.iter().any(|line| line == still), "{still} in {told:?}");
    }
}
