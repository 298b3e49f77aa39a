//! Tasks: they run to their end, and others wait for their success.

use nix::sys::signal::Signal::SIGINT;

use crate::forge::Forge;

const MIGRATION: &str = "[task.migrate]\ncommand = 'puppet'\n[process.web]\nafter = ['migrate']\n";

#[test]
fn who_needs_a_task_starts_on_its_success() {
    let forge = Forge::new().procfile("web: puppet\n").file("forge.toml", MIGRATION).start("");
    let migrate = forge.puppet("migrate.1");
    migrate.says("working");
    forge.sees("migrate.1 | working");
    assert!(!forge.lines_so_far().iter().any(|line| line.starts_with("web.1 |")), "web must wait");
    migrate.exits(0);
    let web = forge.puppet("web.1");
    // The end of a task ends nobody else.
    web.says("here");
    forge.sees("web.1 | here").signal(SIGINT).exits_with(0);
}

#[test]
fn a_failed_task_keeps_down_who_needs_it_and_gives_its_code() {
    let forge = Forge::new().procfile("web: puppet\n").file("forge.toml", MIGRATION).start("");
    forge.puppet("migrate.1").exits(9);
    let ended = forge.ends();
    ended.exits_with(9).never_showed("web.1 | started with pid");
}

#[test]
fn a_task_that_takes_too_long_has_failed() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .file("forge.toml", format!("{MIGRATION}[task.slow]\ncommand = 'puppet'\ntimeout = '200ms'\n"))
        .start("");
    let slow = forge.puppet("slow.1");
    forge.puppet("migrate.1");
    slow.is_gone();
    let ended = forge.ends();
    ended.fails().showed("slow.1");
}
