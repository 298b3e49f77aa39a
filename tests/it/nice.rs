//! Who lets others go first.

use std::fs;

use nix::sys::signal::Signal::SIGINT;

use crate::forge::Forge;

/// The niceness of a process: field 19 of `/proc/PID/stat`, proc(5).
fn niceness(pid: &str) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    // The first one here is the third.
    fields.split_ascii_whitespace().nth(16).and_then(|nice| nice.parse().ok()).expect("a number")
}

#[test]
fn a_process_and_what_it_starts_let_others_go_first() {
    let forge = Forge::new()
        .procfile("web: puppet\nworker: puppet\n")
        .file("forge.toml", "[process.worker]\nnice = 5\n")
        .start("");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    let below = worker.starts("below", "child");
    // These tests may be run with a niceness of their own.
    let own = niceness("self");
    let nicer = (own + 5).min(19);
    let pids = [&web, &worker, &below].map(|puppet| niceness(&puppet.person.pid.to_string()));
    assert_eq!(pids, [own, nicer, nicer]);
    assert_eq!(niceness(&forge.pid.to_string()), own);
    forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
}

#[test]
fn only_root_takes_precedence() {
    let ended = Forge::new()
        .by_nobody()
        .procfile("web: puppet\n")
        .file("forge.toml", "[process.web]\nnice = -5\n")
        .start("")
        .ends();
    ended.fails().showed("web.1 | could not be started: only root may give it a negative `nice`");
}
