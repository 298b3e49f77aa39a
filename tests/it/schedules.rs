//! What the clock starts.

use nix::sys::signal::Signal::SIGINT;

use crate::forge::Forge;

fn stack(about: &str) -> Forge {
    let manifest = format!("[schedule.tick]\ncommand = 'puppet'\nevery = '1s'\n{about}\n");
    Forge::new().procfile("web: puppet\n").file("forge.toml", manifest)
}

#[test]
fn it_runs_again_and_again_and_ends_nobody() {
    let forge = stack("").start("");
    let web = forge.puppet("web.1");
    forge.puppet("tick.1").exits(0);
    forge.puppet("tick.1").exits(5);
    let third = forge.puppet("tick.1");
    assert!(web.is_alive());
    forge.signal(SIGINT).exits_with(0).leaves_nobody_behind();
    third.is_gone();
}

#[test]
fn who_still_runs_is_not_joined_by_another() {
    let forge = stack("overlap = 'skip'").start("");
    let tick = forge.puppet("tick.1");
    forge.sees("tick.1 | is due, but its last run still runs");
    assert!(tick.is_alive());
    let starts = forge.lines_so_far().iter().filter(|line| line.contains("tick.1 | started")).count();
    assert_eq!(starts, 1);
    forge.signal(SIGINT).exits_with(0);
}

#[test]
fn one_run_may_take_so_long_and_no_longer() {
    let forge = stack("timeout = '200ms'").start("");
    let tick = forge.puppet("tick.1");
    tick.is_gone();
    assert!(forge.puppet("web.1").is_alive());
    forge.signal(SIGINT).exits_with(0);
}
