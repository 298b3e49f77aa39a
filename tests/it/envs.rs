//! `forge env`: the resolved environment, with the source of each value.

use serde_json::Value;

use crate::forge::Forge;

fn project() -> Forge {
    Forge::new()
        .procfile("web: puppet\nworker: puppet\n")
        .file(".env", "COLOUR=blue\nDATABASE_PASSWORD=hunter2hunter2\nSHADOWED=file\n")
        .variable("SHADOWED", "inherited")
        .variable("KEPT", "yes")
}

#[test]
fn each_value_has_its_source() {
    let ended = project().runs(&["env"]);
    ended.exits_with(0);
    let out = ended.out();
    let line = |name: &str| {
        out.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name} in {out}"))
    };
    assert!(line("COLOUR").contains("blue") && line("COLOUR").contains(".env:1"), "{out}");
    assert!(line("SHADOWED").contains("file"), "{out}");
}

#[test]
fn what_looks_secret_is_masked_unless_it_is_asked_for() {
    let ended = project().runs(&["env"]);
    ended.showed("DATABASE_PASSWORD").never_showed("hunter2");
    project().runs(&["env", "--reveal"]).exits_with(0).showed("hunter2hunter2");
    let ended = project().runs(&["env", "--json"]);
    assert!(!ended.out().contains("hunter2"));
}

#[test]
fn a_process_has_its_port_and_name() {
    let ended = project().runs(&["env", "worker"]);
    ended.exits_with(0);
    let out = ended.out();
    assert!(out.lines().any(|line| line.contains("PORT") && line.contains("5100")), "{out}");
    assert!(out.lines().any(|line| line.contains("PS") && line.contains("worker.1")), "{out}");
}

#[test]
fn an_unknown_process_is_an_error() {
    project().runs(&["env", "nosuch"]).exits_with(1).complained(&["nosuch", "worker"]);
}

#[test]
fn json_has_a_version() {
    let ended = project().runs(&["env", "--json"]);
    ended.exits_with(0);
    let report: Value = serde_json::from_str(&ended.out()).expect("one JSON object");
    assert_eq!(report["version"], 1);
    assert!(ended.out().contains("COLOUR") && ended.out().contains(".env"));
}

#[test]
fn a_problem_in_the_file_is_told_with_its_place() {
    let ended = Forge::new().procfile("web: puppet\n").file(".env", "GOOD=1\nwhat is this\n").runs(&["env"]);
    ended.exits_with(0).complained(&["warning", ".env:2"]);
}
