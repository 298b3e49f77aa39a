//! `forge start`: who is started, how it ends, and with which code.

use nix::sys::signal::Signal;

use crate::forge::Forge;
use crate::free::free_base;

#[test]
fn a_line_has_time_name_and_text() {
    let forge = Forge::new().procfile("web: puppet\n").start("");
    forge.puppet("web.1").says("hello").exits(0);
    let ended = forge.ends();
    ended.exits_with(0);
    let out = ended.out();
    let line = out.lines().find(|line| line.ends_with("hello")).expect("the line is there");
    let (time, rest) = line.split_at(9);
    assert_eq!(rest, "web.1  | hello", "six columns for the name, as foreman does");
    let digits = |range: std::ops::Range<usize>| time[range].bytes().all(|byte| byte.is_ascii_digit());
    assert!(digits(0..2) && digits(3..5) && digits(6..8), "{time:?}");
    assert_eq!((&time[2..3], &time[5..6], &time[8..]), (":", ":", " "));
    forge.leaves_nobody_behind();
}

#[test]
fn names_are_padded_to_the_longest_that_is_started() {
    let procfile = "web: puppet\nbackground-jobs: puppet\nnot-started-and-very-long: puppet\n";
    let forge = Forge::new().procfile(procfile).start("--no-timestamp web background-jobs");
    forge.puppet("web.1").says("short");
    forge.puppet("background-jobs.1").says("long");
    forge.sees("web.1 | short").sees("background-jobs.1 | long").signal(Signal::SIGTERM);
    let out = forge.ends().out();
    assert!(out.lines().any(|line| line == "web.1             | short"), "{out}");
    assert!(out.lines().any(|line| line == "background-jobs.1 | long"), "{out}");
}

#[test]
fn the_time_and_the_prefix_can_be_left_out() {
    let forge = Forge::new().procfile("web: puppet\n").start("--no-timestamp");
    forge.puppet("web.1").says("hello").exits(0);
    assert!(forge.ends().out().lines().any(|line| line == "web.1  | hello"));

    let forge = Forge::new().procfile("web: puppet\n").start("--no-prefix");
    forge.puppet("web.1").says("hello").exits(0);
    assert!(forge.ends().out().lines().any(|line| line == "hello"));
}

#[test]
fn started_with_its_pid_comes_before_anything_it_says() {
    let forge = Forge::new().procfile("web: echo first\n").start("");
    let said = forge.ends().lines_of("web.1");
    assert!(said[0].starts_with("started with pid "), "{said:?}");
    assert_eq!(&said[1..], ["first", "exited with code 0"]);
}

#[test]
fn the_pid_is_the_one_of_the_program() {
    let forge = Forge::new().procfile("web: puppet\n").start("");
    let web = forge.puppet("web.1");
    forge.sees(&format!("web.1 | started with pid {}", web.person.pid));
}

#[test]
fn the_end_of_one_stops_the_others_and_gives_the_code() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    worker.catches(Signal::SIGTERM);
    web.exits(7);
    worker.has_caught(Signal::SIGTERM).says("last words").exits(0);
    let ended = forge.ends();
    ended.exits_with(7).showed("web.1 | exited with code 7").showed("sending SIGTERM to all processes");
    ended.showed("worker.1 | last words").showed("worker.1 | exited with code 0");
    forge.leaves_nobody_behind();
}

#[test]
fn the_first_cause_is_named_at_the_end() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    worker.catches(Signal::SIGTERM);
    web.exits(3);
    worker.has_caught(Signal::SIGTERM).exits(9);
    let ended = forge.ends();
    ended.exits_with(3);
    let all = format!("{}{}", ended.out(), ended.err());
    let last = all.lines().rfind(|line| line.contains("web.1")).expect("somebody is named");
    ended.shows("the last line about web.1 names it and its code", last.contains('3'));
}

#[test]
fn a_death_by_signal_is_128_and_more() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("");
    forge.puppet("worker.1");
    forge.puppet("web.1").dies_by(Signal::SIGABRT);
    forge.exits_with(134).sees("web.1 | terminated by SIGABRT").leaves_nobody_behind();
}

#[test]
fn a_real_time_signal_is_a_signal_too() {
    let forge = Forge::new().procfile("web: bash -c 'kill -40 $$'\nworker: sleep 30\n").start("");
    forge.exits_with(128 + 40).leaves_nobody_behind();
}

#[test]
fn a_requested_stop_is_no_failure_whatever_the_processes_say() {
    let forge = Forge::new().procfile("web: puppet\n").start("");
    let web = forge.puppet("web.1");
    web.catches(Signal::SIGTERM);
    forge.signal(Signal::SIGTERM);
    web.has_caught(Signal::SIGTERM).exits(143);
    forge.exits_with(0).sees("web.1 | exited with code 143");
}

#[test]
fn a_program_that_cannot_be_executed_is_126() {
    let forge =
        Forge::new().procfile("web: ./plain.txt\nworker: sleep 30\n").file("plain.txt", "text\n").start("");
    forge.exits_with(126).leaves_nobody_behind();
}

#[test]
fn exit_on_failure_lets_the_successful_go() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("--exit-on failure");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    worker.catches(Signal::SIGTERM);
    web.exits(0);
    forge.sees("web.1 | exited with code 0");
    assert_eq!(worker.also_caught(), [""; 0]);
    worker.exits(4);
    forge.exits_with(4);
}

#[test]
fn exit_on_all_waits_for_everybody() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("--exit-on all");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    worker.catches(Signal::SIGTERM);
    web.exits(5);
    forge.sees("web.1 | exited with code 5");
    assert_eq!(worker.also_caught(), [""; 0]);
    worker.exits(0);
    forge.exits_with(5);
}

#[test]
fn exit_on_never_stays_until_it_is_asked() {
    let forge = Forge::new().procfile("web: puppet\n").start("--exit-on never");
    forge.puppet("web.1").exits(0);
    forge.sees("web.1 | exited with code 0");
    // It is still there to hear this, and says that it was asked.
    forge.signal(Signal::SIGINT).sees("SIGINT received").exits_with(0);
}

#[test]
fn who_can_die_ends_nothing() {
    let forge = Forge::new().procfile("web: puppet\ncss: puppet\n").start("--can-die css");
    let (web, css) = (forge.puppet("web.1"), forge.puppet("css.1"));
    web.catches(Signal::SIGTERM);
    css.exits(1);
    forge.sees("css.1 | exited with code 1");
    assert_eq!(web.also_caught(), [""; 0]);
    forge.signal(Signal::SIGTERM);
    web.has_caught(Signal::SIGTERM).exits(0);
    forge.exits_with(0);
}

#[test]
fn release_is_started_only_when_it_is_named() {
    let procfile = "release: puppet\nweb: puppet\n";
    let forge = Forge::new().procfile(procfile).start("");
    forge.puppet("web.1").exits(0);
    let ended = forge.ends();
    ended.exits_with(0).never_showed("release.1");
    ended.shows("one line says so", format!("{}{}", ended.out(), ended.err()).contains("release"));

    let forge = Forge::new().procfile(procfile).start("release");
    forge.puppet("release.1").exits(0);
    forge.exits_with(0).sees("release.1 | exited with code 0");
}

#[test]
fn every_flag_has_a_variable() {
    let base = free_base();
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .variable("FORGE_FORMATION", "web=2")
        .variable("FORGE_PORT", &base.to_string())
        .variable("FORGE_TIMESTAMP", "false")
        .start("");
    assert_eq!(forge.puppet("web.1").environment()["PORT"], base.to_string());
    assert_eq!(forge.puppet("web.2").environment()["PORT"], (base + 1).to_string());
    forge.signal(Signal::SIGTERM).exits_with(0);
    let out = forge.ends().out();
    assert!(out.lines().any(|line| line.starts_with("web.1  | ")), "no time: {out}");
}

#[test]
fn the_command_line_beats_a_variable() {
    let forge = Forge::new().procfile("web: puppet\n").variable("FORGE_FORMATION", "web=2").start("-m web=1");
    forge.puppet("web.1").exits(0);
    forge.ends().exits_with(0).never_showed("web.2");
}

#[test]
fn a_hundred_processes_start_and_stop() {
    let forge = Forge::new().procfile("web: puppet\n").start("-m web=100");
    for index in 1..=100 {
        forge.puppet(&format!("web.{index}"));
    }
    forge.signal(Signal::SIGTERM);
    let ended = forge.ends();
    ended.exits_with(0);
    let stopped = ended.lines().iter().filter(|line| line.contains("terminated by SIGTERM")).count();
    assert_eq!(stopped, 100);
    forge.leaves_nobody_behind();
}

#[test]
fn an_ordinary_user_can_use_it_all() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet; true\n").by_nobody().start("");
    let web = forge.puppet("web.1");
    forge.puppet("worker.1");
    web.says("hello");
    forge.sees("web.1 | hello").signal(Signal::SIGINT).exits_with(0).leaves_nobody_behind();
}
