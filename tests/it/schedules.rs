//! What the clock starts.

use nix::sys::signal::Signal::{SIGINT, SIGTERM};

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

const SEVERAL: &str = "\
[schedule.yearly]
command = 'echo yearly'
cron = '0 0 1 1 *'
timezone = 'UTC'
[schedule.minutely]
command = 'echo minutely; exit 3'
cron = '* * * * *'
timezone = 'UTC'
[schedule.often]
command = 'echo often'
every = '30s'
";

fn several() -> Forge {
    Forge::new().procfile("web: puppet\n").file("forge.toml", SEVERAL)
}

#[test]
fn all_that_the_clock_starts_is_shown_with_its_next_moment_first_come_first() {
    let ended = several().runs(&["schedule", "list"]);
    ended.exits_with(0);
    let out = ended.out();
    let lines: Vec<&str> = out.lines().collect();
    let [minutely, yearly, often] = lines.as_slice() else { panic!("three lines: {lines:?}") };
    assert!(
        minutely.starts_with("minutely  ") && minutely.ends_with(":00 UTC (cron * * * * *)"),
        "{minutely}"
    );
    assert!(yearly.starts_with("yearly ") && yearly.contains("-01-01 00:00:00 UTC"), "{yearly}");
    assert!(often.starts_with("often ") && often.contains("every 30 s"), "{often}");
}

#[test]
fn what_is_shown_of_the_clock_comes_alone() {
    let forge = Forge::new().procfile("release: true\nweb: puppet\n").file("forge.toml", SEVERAL);
    let ended = forge.runs(&["schedule", "list"]);
    assert_eq!((ended.exits_with(0).lines().len(), ended.err()), (3, String::new()));
}

#[test]
fn the_next_is_the_first_of_them() {
    let ended = several().runs(&["schedule", "next"]);
    ended.exits_with(0);
    assert!(ended.out().starts_with("minutely  ") && ended.out().lines().count() == 1, "{}", ended.out());
}

#[test]
fn one_of_them_runs_now_and_its_exit_code_is_the_answer() {
    let ended = several().runs(&["schedule", "run", "minutely"]);
    ended.exits_with(3);
    assert_eq!(ended.out(), "minutely\n");
}

#[test]
fn where_the_clock_starts_nothing_that_is_said() {
    let ended = Forge::new().procfile("web: puppet\n").runs(&["schedule", "list"]);
    ended.exits_with(0).complained(&["nothing is started by the clock", "[schedule.NAME]"]);
    assert_eq!(ended.out(), "");
}

#[test]
fn a_name_that_the_clock_does_not_know_is_told() {
    let ended = several().runs(&["schedule", "run", "minutly"]);
    ended.exits_with(1).complained(&["the clock does not start `minutly`", "hint: did you mean `minutely`?"]);
    let ended = several().runs(&["schedule", "run", "web"]);
    ended.exits_with(1).complained(&["the clock does not start `web`", "hint: `forge run web` runs it"]);
    several().runs(&["schedule", "run", "minutely.1"]).exits_with(3);
}

#[test]
fn who_still_runs_can_be_ended_for_the_next() {
    let forge = stack("overlap = 'kill'").start("");
    let first = forge.puppet("tick.1");
    first.catches(SIGTERM);
    forge.sees("tick.1 | is due, but its last run still runs; the last run is ended for it");
    first.has_caught(SIGTERM).exits(0);
    let second = forge.puppet("tick.1");
    assert_ne!(first.person.pid, second.person.pid);
    assert!(forge.puppet("web.1").is_alive());
    second.exits(0);
    forge.signal(SIGINT).exits_with(0);
}
