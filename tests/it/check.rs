//! `forge check`: is everything right?

use serde_json::Value;

use crate::forge::Forge;

#[test]
fn a_good_procfile() {
    let ended = Forge::new().procfile("web: puppet\nworker: puppet\n").runs(&["check"]);
    ended.exits_with(0);
    assert_eq!(ended.out(), "valid procfile detected (web, worker)\n");
    assert_eq!(ended.err(), "");
}

#[test]
fn warnings_are_told_and_strict_makes_them_count() {
    let procfile = "web: puppet\nno entry\n";
    Forge::new().procfile(procfile).runs(&["check"]).exits_with(0).complained(&["warning", "Procfile:2"]);
    Forge::new().procfile(procfile).runs(&["check", "--strict"]).exits_with(1).complained(&["Procfile:2"]);
    Forge::new().procfile("web: puppet\n").runs(&["check", "--strict"]).exits_with(0);
}

#[test]
fn the_env_file_is_checked_too() {
    let ended = Forge::new().procfile("web: puppet\n").file(".env", "A=b\nwhat is this\n").runs(&["check"]);
    ended.exits_with(0).complained(&["warning", ".env:2"]);
}

#[test]
fn errors_are_1() {
    let ended = Forge::new().procfile("web: puppet\nweb: puppet\n").runs(&["check"]);
    ended.exits_with(1).complained(&["Procfile:2", "web"]);
}

#[test]
fn json_says_the_same() {
    let ended = Forge::new().procfile("web: puppet -v\n\nno entry\n").runs(&["check", "--json"]);
    ended.exits_with(0);
    let report: Value = serde_json::from_str(&ended.out()).expect("one JSON object");
    assert_eq!(report["version"], 1);
    let process = &report["processes"][0];
    assert_eq!((&process["name"], &process["command"]), (&"web".into(), &"puppet -v".into()));
    assert_eq!((&process["file"], &process["line"]), (&"Procfile".into(), &1.into()));
    let diagnostic = &report["diagnostics"][0];
    assert_eq!((&diagnostic["severity"], &diagnostic["line"]), (&"warning".into(), &3.into()));
    assert_eq!(diagnostic["file"], "Procfile");
    assert!(diagnostic["code"].as_str().is_some_and(|code| !code.is_empty()));
    assert!(diagnostic["message"].as_str().is_some_and(|message| !message.is_empty()));
}

#[test]
fn json_of_an_error_is_still_json() {
    let ended = Forge::new().runs(&["check", "--json"]);
    ended.exits_with(1);
    let report: Value = serde_json::from_str(&ended.out()).expect("one JSON object");
    assert_eq!(report["diagnostics"][0]["severity"], "error");
    let ended = Forge::new().procfile(b"web: echo \xff\n").runs(&["check", "--json"]);
    let report: Value = serde_json::from_str(&ended.out()).expect("bytes that are not UTF-8 are replaced");
    assert_eq!(report["processes"][0]["command"], "echo \u{fffd}");
}

#[test]
fn nothing_is_started() {
    let forge = Forge::new().procfile("web: touch made\n");
    let made = forge.directory().join("made");
    forge.runs(&["check"]).exits_with(0);
    assert!(!made.exists());
}
