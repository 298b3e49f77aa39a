//! `forge reload` and `forge scale`: a stack that runs becomes another one.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;

use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGKILL};

use crate::clean::{another, runs};
use crate::ended::Ended;
use crate::forge::Forge;
use crate::running::Running;

fn asks(forge: &Running, command: &str, words: &[&str]) -> Ended {
    runs(another(forge), forge, command, words)
}

fn writes(forge: &Running, file: &str, text: &str) {
    fs::write(forge.directory().join(file), text).expect("the directory is there");
}

#[test]
fn only_who_has_changed_is_touched() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\nold: puppet\n").start("");
    let (web, worker, old) = (forge.puppet("web.1"), forge.puppet("worker.1"), forge.puppet("old.1"));
    writes(&forge, "Procfile", "new: puppet\nweb: puppet\nworker: puppet a b\n");
    let would = "new.1     would start\nold.1     would stop\nworker.1  would restart: command\n";
    assert_eq!(asks(&forge, "reload", &["--dry-run"]).exits_with(0).out(), would);
    assert!(old.is_alive() && worker.is_alive());
    let does = "new.1     starts\nold.1     stops\nworker.1  restarts: command\n";
    assert_eq!(asks(&forge, "reload", &[]).exits_with(0).out(), does);
    worker.is_gone();
    old.is_gone();
    assert_eq!(forge.puppet("worker.1").arguments()[1..], ["a", "b"]);
    assert!(forge.puppet("new.1").is_alive() && web.is_alive());
    // Where it stands in its file is no reason for another port.
    assert_eq!(web.environment()["PORT"], "5000");
    assert_eq!(asks(&forge, "reload", &[]).exits_with(0).out(), "nothing has changed\n");
    forge.sees("system | reloaded: new.1 starts; old.1 stops; worker.1 restarts");
    forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
}

#[test]
fn a_mistake_changes_nothing_and_is_shown_as_by_check() {
    let forge = Forge::new().procfile("web: puppet\n").start("");
    let web = forge.puppet("web.1");
    writes(&forge, "Procfile", "web: puppet changed\n");
    writes(&forge, "forge.toml", "[process.web]\nrestrat = 'always'\n");
    for command in ["reload", "check"] {
        let ended = asks(&forge, command, &[]);
        let told = [
            "error: there is no key `restrat` in `process.web`",
            "forge.toml:2:1",
            "did you mean `restart`?",
        ];
        ended.exits_with(1).complained(&told);
    }
    assert!(web.is_alive());
    writes(&forge, "forge.toml", "");
    asks(&forge, "reload", &["wep"]).exits_with(1).complained(&["did you mean `web`?"]);
    assert!(web.is_alive());
    forge.signal(SIGINT).exits_with(0);
}

#[test]
fn an_env_file_concerns_everybody_but_those_who_are_named_alone() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").file(".env", "MODE=one\n").start("");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    writes(&forge, ".env", "MODE=two\nAPI_TOKEN=rosebud-rosebud\n");
    let said = asks(&forge, "reload", &["web"]).exits_with(0).out();
    assert_eq!(said, "web.1  restarts: environment (API_TOKEN, MODE)\n");
    web.is_gone();
    let web = forge.puppet("web.1");
    assert_eq!((web.environment()["MODE"].as_str(), worker.environment()["MODE"].as_str()), ("two", "one"));
    // Who is named and has no signal is started again, changed or not.
    assert_eq!(asks(&forge, "reload", &["web"]).exits_with(0).out(), "web.1  restarts\n");
    web.is_gone();
    let web = forge.puppet("web.1");
    // What is new and secret is masked at once.
    web.says("my token is rosebud-rosebud");
    forge.sees("web.1 | my token is •••");
    assert_eq!(
        asks(&forge, "reload", &[]).exits_with(0).out(),
        "worker.1  restarts: environment (API_TOKEN, MODE)\n"
    );
    worker.is_gone();
    assert!(web.is_alive());
    forge.puppet("worker.1");
    forge.signal(SIGINT).exits_with(0);
}

#[test]
fn a_signal_is_sent_instead_of_a_restart() {
    let toml = "[process.web]\nreload_signal = 'HUP'\n";
    let forge = Forge::new().procfile("web: puppet\n").file("forge.toml", toml).start("");
    let web = forge.puppet("web.1");
    web.catches(SIGHUP);
    assert_eq!(asks(&forge, "reload", &["web"]).exits_with(0).out(), "web.1  gets SIGHUP\n");
    web.has_caught(SIGHUP);
    forge.sees("web.1 | sending SIGHUP so that it reloads");
    assert!(web.is_alive());
    forge.signal(SIGINT).exits_with(0);
}

#[test]
fn rules_are_taken_over_by_what_runs() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    writes(
        &forge,
        "forge.toml",
        "[process.web]\nrestart = 'always'\nbackoff = { first = '100ms', jitter = 0.0 }\n",
    );
    let said = asks(&forge, "reload", &[]).exits_with(0).out();
    assert_eq!(said, "web.1  takes it over as it runs: restart policy\n");
    web.exits(3);
    assert!(forge.puppet("web.1").is_alive() && worker.is_alive());
    forge.signal(SIGINT).exits_with(0);
}

#[test]
fn more_and_fewer_of_them() {
    let forge = Forge::new().procfile("web: puppet\nlonger-name: puppet\n").start("web");
    let web = forge.puppet("web.1");
    assert_eq!(
        asks(&forge, "scale", &["web=3", "longer*=1"]).exits_with(0).out(),
        "web.2          starts\nweb.3          starts\nlonger-name.1  starts\n"
    );
    let ports: BTreeSet<String> = ["web.1", "web.2", "web.3"]
        .map(|name| {
            if name == "web.1" { "5000".to_owned() } else { forge.puppet(name).environment()["PORT"].clone() }
        })
        .into();
    assert_eq!(ports, ["5000", "5001", "5002"].map(str::to_owned).into());
    web.says("hello");
    forge.sees("web.1 | hello");
    assert_eq!(
        asks(&forge, "scale", &["web=1", "longer-name=0"]).exits_with(0).out(),
        "web.2          stops\nweb.3          stops\nlonger-name.1  stops\n"
    );
    assert_eq!(forge.alive().len(), 3, "forge, the guard and web.1");
    asks(&forge, "scale", &["web"]).exits_with(1).complained(&["`web` has no count"]);
    asks(&forge, "scale", &["wep=1"]).exits_with(1).complained(&["did you mean `web`?"]);
    // A reload goes on with the numbers that somebody has asked for.
    asks(&forge, "scale", &["web=2"]).exits_with(0);
    forge.puppet("web.2");
    assert_eq!(asks(&forge, "reload", &[]).exits_with(0).out(), "nothing has changed\n");
    asks(&forge, "scale", &["web=0"]).exits_with(0);
    asks(&forge, "scale", &["web=1"]).exits_with(0);
    assert!(forge.puppet("web.1").is_alive());
    forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
}

#[test]
fn a_port_that_somebody_else_has_stops_nothing() {
    let forge = Forge::new().procfile("web: puppet $PORT\n").start("-p 23450");
    let web = forge.puppet("web.1");
    let _taken = TcpListener::bind("127.0.0.1:23451").expect("a port for this test alone");
    asks(&forge, "scale", &["web=2"]).exits_with(1).complained(&["port 23451, which `web.2`"]);
    assert!(web.is_alive());
    forge.signal(SIGINT).exits_with(0);
}

#[test]
fn killed_in_the_middle_it_leaves_nobody_behind() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("-t 2");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    web.ignores_everything();
    writes(&forge, "Procfile", "web: puppet other\nworker: puppet\nnew: puppet\n");
    asks(&forge, "reload", &["-t", "300ms"]).exits_with(124).showed("not within");
    assert!(web.is_alive() && worker.is_alive() && forge.puppet("new.1").is_alive());
    forge.signal(SIGKILL).dies_by(SIGKILL).leaves_nobody_behind();
}
