//! `forge start --wait` and `forge start -D`: when a start is over, and what runs on without a terminal.

use std::fs;
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::census::Person;
use crate::ended::Ended;
use crate::forge::Forge;
use crate::running::Running;

/// A stack whose `web` is ready when the file `up` is there.
fn stack() -> Forge {
    Forge::new()
        .procfile("web: puppet\nworker: puppet\n")
        .file("forge.toml", "[process.web]\nready = { file = 'up' }\n")
        // Somebody else may sit on the usual ones.
        .variable("FORGE_NO_PORT", "1")
}

fn comes_up(forge: &Running) {
    fs::write(forge.directory().join("up"), "").expect("it is new");
}

/// Reads who runs in the background now.
fn background(ended: &Ended) -> Person {
    let out = ended.out();
    let pid = out.split_once("(pid ").and_then(|(_, rest)| rest.split_once(')')).map(|(pid, _)| pid);
    let pid = pid.and_then(|pid| pid.parse().ok()).unwrap_or_else(|| panic!("no pid in {out:?}"));
    Person::of(pid).expect("it runs")
}

fn sends(person: Person, signal: Signal) {
    kill(Pid::from_raw(person.pid), signal).expect("it runs");
}

fn err_so_far(forge: &Running, text: &str) {
    forge.finds(&format!("{text:?} on stderr"), || {
        forge.lines_so_far().iter().any(|line| line.contains(text)).then_some(())
    });
}

#[test]
fn it_comes_back_when_all_is_ready_and_runs_on_until_it_is_asked_to_end() {
    let forge = stack().with_a_leaked_descriptor().start("-D");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    assert!(forge.lines_so_far().is_empty(), "{:?}", forge.lines_so_far());
    comes_up(&forge);
    // Its output comes to its end, too: nobody in the background holds it.
    let ended = forge.ends();
    ended.exits_with(0).showed("web.1     ready after ").showed("worker.1  runs").showed(".forge/logs");
    assert_eq!(ended.err(), "");
    let background = background(&ended);

    web.says("still here");
    let log = forge.directory().join(".forge/logs/web.1.log");
    forge.finds("the line in its file", || {
        fs::read_to_string(&log).ok()?.contains("still here").then_some(())
    });
    for fact in ["tty0", "tty1", "tty2"] {
        assert_eq!(worker.fact(fact), "true", "a terminal of its own, for whoever attaches");
    }
    assert_eq!(worker.fact("size"), "80x24");

    let descriptor = |number: i32| fs::read_link(format!("/proc/{}/fd/{number}", background.pid));
    for number in 0..3 {
        assert_eq!(descriptor(number).expect("it is open").to_str(), Some("/dev/null"));
    }
    descriptor(77).expect_err("what it has inherited is closed");
    assert_ne!(nix::unistd::getsid(Some(Pid::from_raw(background.pid))), Ok(Pid::from_raw(forge.pid)));
    assert_eq!(nix::unistd::getsid(Some(Pid::from_raw(background.pid))), Ok(Pid::from_raw(background.pid)));

    // Somebody means its terminal, which it has not.
    sends(background, Signal::SIGHUP);
    web.says("here again");
    assert!(background.is_alive());
    sends(background, Signal::SIGTERM);
    forge.leaves_nobody_behind();
    let system = fs::read_to_string(forge.directory().join(".forge/logs/system.log")).expect("it is kept");
    assert!(system.contains("everything is ready after"), "{system}");
    assert!(system.contains("SIGTERM received, starting shutdown"), "{system}");
    // Nobody has seen the end, so it can be asked for.
    let record = fs::read_to_string(forge.directory().join(".forge/last-run.json")).expect("it is kept");
    assert!(record.contains("\"is_over\":true") && record.contains("{\"signal\":15}"), "{record}");
}

#[test]
fn programs_are_told_as_data() {
    let base = crate::free::free_base();
    let forge = stack().file("up", "").start(&format!("-D --json -p {base}"));
    let ended = forge.ends();
    ended.exits_with(0);
    let told: serde_json::Value = serde_json::from_str(&ended.out()).expect("one object");
    assert_eq!((&told["version"], &told["event"]), (&1.into(), &"all-ready".into()));
    assert_eq!(told["processes"][0]["instance"], "web.1");
    assert_eq!(told["processes"][0]["state"], "ready");
    assert_eq!(told["processes"][0]["port"], base);
    assert_eq!(told["processes"][1]["state"], "running");
    assert!(told["processes"][1]["pid"].is_i64() && told["logs"] == ".forge/logs", "{told}");
    let pid = told["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a pid");
    sends(Person::of(pid).expect("it runs"), Signal::SIGINT);
    forge.leaves_nobody_behind();
}

#[test]
fn one_that_ends_before_all_is_ready_is_named_with_its_last_lines() {
    for (code, is) in [(3, 3), (0, 1)] {
        let forge = stack().start("-D");
        let (_web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
        worker.says("no database");
        worker.exits(code);
        let ended = forge.ends();
        ended.exits_with(is).complained(&[
            "the stack was not ready, and is ended again",
            "the last lines of worker.1",
            "  | no database",
            "`forge logs` shows all of it",
        ]);
        assert_eq!(ended.out(), "");
        forge.leaves_nobody_behind();
    }
}

#[test]
fn one_that_fails_before_all_is_ready_counts_also_where_nobodys_end_ends_the_others() {
    let forge = stack().start("-D --exit-on never");
    let (_web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    worker.exits(4);
    forge.ends().exits_with(4).complained(&["worker.1 ended first: exited with code 4"]);
    forge.leaves_nobody_behind();
}

#[test]
fn what_cannot_be_started_is_told_at_once() {
    let forge = Forge::new().procfile("web: nosuchprogram --fast\n").start("-D");
    forge.ends().exits_with(127).complained(&["web.1 unknown command: nosuchprogram --fast"]);
    let forge = Forge::new().procfile("web: puppet\n").file(".forge", "not a directory").start("-D");
    forge.ends().exits_with(1).complained(&["could not use `.forge/logs`"]);
    forge.leaves_nobody_behind();
}

#[test]
fn a_limit_of_time_says_who_was_waited_for() {
    for words in ["-D --wait=1s", "--wait=1s"] {
        let forge = stack().start(words);
        let ended = forge.ends();
        ended.exits_with(124);
        let said = ended.out() + &ended.err();
        assert!(said.contains("time is up after 1.0 s: web.1 is not ready, `"), "{words}: {said}");
        assert!(!said.contains("worker.1 is not"), "{words}: {said}");
        forge.leaves_nobody_behind();
    }
}

#[test]
fn a_variable_says_the_same() {
    let forge = stack().variable("FORGE_DETACH", "1").variable("FORGE_WAIT", "1s").start("");
    forge.ends().exits_with(124).complained(&["time is up after 1.0 s"]);
    for wrong in ["--wait=0", "--wait=soon"] {
        stack().start(wrong).ends().exits_with(2).complained(&["'--wait[=<TIME>]'"]);
    }
}

#[test]
fn once_all_is_ready_there_is_no_limit() {
    let forge = stack().file("up", "").start("--wait=1s");
    let web = forge.puppet("web.1");
    forge.sees("system | everything is ready after ");
    forge.finds("a time beyond the limit", || (forge.began.elapsed().as_millis() > 1_100).then_some(()));
    web.says("still here");
    forge.sees("web.1 | still here").signal(Signal::SIGTERM).exits_with(0);
}

#[test]
fn who_is_given_a_port_is_waited_for_until_it_listens() {
    let base = crate::free::free_base();
    let forge = Forge::new().procfile("web: puppet\n").start(&format!("-D -p {base}"));
    let web = forge.puppet("web.1");
    assert!(forge.lines_so_far().is_empty());
    web.binds(base);
    let ended = forge.ends();
    ended.exits_with(0).showed(&format!(", port {base}"));
    sends(background(&ended), Signal::SIGTERM);
    forge.leaves_nobody_behind();
}

#[test]
fn a_stack_of_tasks_is_over_when_it_is_ready() {
    let forge = Forge::new().procfile("migrate: puppet\n").file("forge.toml", "[task.migrate]\n").start("-D");
    forge.puppet("migrate.1").exits(0);
    forge.ends().exits_with(0).showed("migrate.1  done after ").showed("everything has come to its end");
    forge.leaves_nobody_behind();
}

#[test]
fn ctrl_c_while_it_is_waited_for_ends_what_was_begun() {
    let forge = stack().on_a_terminal().start("-D");
    let (web, _worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    web.catches(Signal::SIGTERM);
    err_so_far(&forge, "waiting until everything is ready");
    forge.types(b"\x03");
    err_so_far(&forge, "stopping (Ctrl-C again to kill)");
    // Asked politely; it takes its time, and the second Ctrl-C does not.
    web.has_caught(Signal::SIGTERM);
    forge.types(b"\x03").exits_with(130).leaves_nobody_behind();
    err_so_far(&forge, "cancelled by SIGINT");
}

#[test]
fn a_caller_that_is_killed_before_takes_it_along() {
    for group in [false, true] {
        let forge = stack().start("-D");
        let _processes = (forge.puppet("web.1"), forge.puppet("worker.1"));
        if group {
            forge.signal_to_its_group(Signal::SIGKILL)
        } else {
            forge.signal(Signal::SIGKILL)
        };
        forge.dies_by(Signal::SIGKILL).leaves_nobody_behind();
    }
}

#[test]
fn the_terminal_may_be_closed_at_any_time() {
    let mut forge = stack().on_a_terminal().unread().start("-D");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    let background = forge.finds("the half in the background", || {
        let parent: i32 = web.fact("ppid").parse().expect("the guard");
        Person::of(crate::census::stat(parent)?.parent)
    });
    forge.hangs_up();
    comes_up(&forge);
    forge.exits_with(0);
    worker.says("still here");
    assert!(background.is_alive());
    sends(background, Signal::SIGTERM);
    forge.leaves_nobody_behind();
}

#[test]
fn nobody_is_left_when_the_background_is_killed() {
    let forge = stack().start("-D");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    comes_up(&forge);
    let ended = forge.ends();
    sends(background(&ended), Signal::SIGKILL);
    web.is_gone();
    worker.is_gone();
    forge.leaves_nobody_behind();

    // And before all was ready, whoever waits is told.
    let forge = stack().start("-D");
    let web = forge.puppet("web.1");
    let guard: i32 = web.fact("ppid").parse().expect("the guard");
    let background = crate::census::stat(guard).expect("it lives").parent;
    sends(Person::of(background).expect("it lives"), Signal::SIGKILL);
    forge.ends().exits_with(125).complained(&["forge was ended by SIGKILL"]);
    forge.leaves_nobody_behind();
}

/// Runs another forge in the same place; its exit code and all that it says.
fn asks(forge: &Running, words: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_forge"))
        .args(words)
        .current_dir(forge.directory())
        .env_clear()
        .env("XDG_RUNTIME_DIR", forge.directory().with_file_name("run"))
        .env("FORGE_NO_PORT", "1")
        .output()
        .expect("forge can be started");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).expect("it is text"))
}

#[test]
fn it_is_found_by_the_other_commands_and_not_started_twice() {
    let forge = stack().start("-D");
    let _processes = (forge.puppet("web.1"), forge.puppet("worker.1"));
    comes_up(&forge);
    let background = background(forge.ends().exits_with(0));
    let (code, told) = asks(&forge, &["ps"]);
    assert!(code == 0 && told.contains("web.1") && told.contains("worker.1"), "{told}");
    let (code, told) = asks(&forge, &["start", "-D"]);
    assert!(
        code == 1 && told.contains(&format!("runs here already, in forge with pid {}", background.pid)),
        "{told}"
    );
    let (code, told) = asks(&forge, &["down"]);
    assert_eq!(code, 0, "{told}");
    assert!(!background.is_alive(), "{told}");
    forge.leaves_nobody_behind();
}
