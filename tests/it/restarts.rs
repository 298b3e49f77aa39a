//! What follows when a process ends by itself.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal::{SIGINT, SIGKILL};

use crate::forge::Forge;

const AGAIN: &str = "restart = 'on-failure'\nbackoff = { first = '10ms', max = '20ms' }\n";

#[test]
fn who_has_failed_comes_again_until_it_was_often_enough() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file("forge.toml", format!("[process.web]\n{AGAIN}max_restarts = 2\n"))
        .start("");
    forge.puppet("web.1").exits(3);
    forge.puppet("web.1").dies_by(SIGKILL);
    forge.puppet("web.1").exits(4);
    let ended = forge.ends();
    ended.exits_with(4);
    assert_eq!(ended.lines_of("web.1").iter().filter(|line| line.contains("started with")).count(), 3);
}

#[test]
fn who_has_succeeded_does_not() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file("forge.toml", format!("[process.web]\n{AGAIN}success_codes = [0, 7]\n"))
        .start("");
    forge.puppet("web.1").exits(7);
    forge.ends().exits_with(0);
}

#[test]
fn a_crash_loop_comes_to_its_end() {
    let forge = Forge::new()
        .procfile("web: sh -c 'exit 1'\nother: puppet\n")
        .file(
            "forge.toml",
            "[process.web]\nrestart = 'always'\nmax_restarts = 3\nbackoff = { first = '20ms' }\n",
        )
        .start("--can-die web");
    let other = forge.puppet("other.1");
    forge.sees("web.1 | was restarted 3 times");
    assert!(other.is_alive());
    forge.signal(SIGINT).exits_with(0);
}

#[test]
fn who_shows_no_life_is_started_again() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file(
            "forge.toml",
            "[process.web]\nready = { file = 'alive' }\nlive = { file = 'alive', every = '20ms', failures = 2 }\n",
        )
        .start("");
    let first = forge.puppet("web.1");
    let alive = forge.directory().join("alive");
    std::fs::write(&alive, "").expect("it is new");
    forge.sees("web.1 | ready after");
    assert!(first.is_alive());
    std::fs::remove_file(&alive).expect("it is there");
    forge.sees("web.1 | no sign of life");
    let second = forge.puppet("web.1");
    assert_ne!(first.person.pid, second.person.pid);
    forge.signal(SIGINT).exits_with(0);
}

#[test]
fn nobody_is_started_again_at_once() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file(
            "forge.toml",
            "[process.web]\nrestart = 'always'\nbackoff = { first = '400ms', jitter = 0.0 }\n",
        )
        .start("");
    let first = forge.puppet("web.1");
    let ended = Instant::now();
    first.exits(0);
    forge.puppet("web.1");
    assert!(ended.elapsed() >= Duration::from_millis(400), "{:?}", ended.elapsed());
    forge.signal(SIGINT).exits_with(0);
}
