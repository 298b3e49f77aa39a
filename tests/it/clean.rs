//! What forge and its guard leave behind when both are killed at once: `forge clean` finds it, and a start says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::ended::Ended;
use crate::forge::{Forge, is_root};
use crate::puppet::Puppet;
use crate::running::Running;

/// Kills both in one instant, as far as they can tell: forge is stopped before the guard dies, and never wakes again.
pub(crate) fn kill_both(forge: &Running) {
    let guard = forge.guard();
    forge.signal(Signal::SIGSTOP).is_stopped();
    kill(Pid::from_raw(guard.pid), Signal::SIGKILL).expect("the guard is there");
    forge.signal(Signal::SIGKILL).dies_by(Signal::SIGKILL);
    forge.finds("the end of the guard", || (!guard.is_alive()).then_some(()));
}

/// Starts a stack whose `web` has put itself out of reach, and kills forge and guard.
fn left_behind(forge: Forge) -> (Running, Puppet) {
    let forge = forge.procfile("web: puppet\n").start("");
    let web = forge.puppet("web.1");
    let hidden = web.starts("hidden", "session");
    hidden.ignores(Signal::SIGHUP);
    kill_both(&forge);
    web.is_gone();
    assert!(hidden.is_alive());
    (forge, hidden)
}

/// Another forge with the same user's runtime directory, somewhere else.
pub(crate) fn another(first: &Running) -> Forge {
    Forge::new().variable("XDG_RUNTIME_DIR", &first.place.path().join("run").display().to_string())
}

/// Runs forge for the directory of the first one.
pub(crate) fn runs(forge: Forge, first: &Running, command: &str, words: &[&str]) -> Ended {
    let directory = first.directory().display().to_string();
    forge.runs(&[&[command, "-d", &directory], words].concat())
}

pub(crate) fn clean(first: &Running, words: &[&str]) -> Ended {
    runs(another(first), first, "clean", words)
}

/// The notes of stacks: there are sockets of theirs in the same place.
fn notes(forge: &Running) -> Vec<PathBuf> {
    let entries = fs::read_dir(forge.place.path().join("run/forge"));
    let paths = entries.into_iter().flatten().map(|entry| entry.expect("it can be read").path());
    let is_note = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.split('.').count() == 4 && name.starts_with(|first: char| first.is_ascii_digit())
    };
    paths.filter(is_note).collect()
}

#[test]
fn what_was_left_behind_is_found_named_and_ended() {
    let (forge, hidden) = left_behind(Forge::new());
    let pid = hidden.person.pid;
    let named = format!("web.1, pid {pid} (puppet, in {})\n", forge.directory().display());
    let dry = clean(&forge, &["--dry-run"]);
    dry.exits_with(0);
    assert_eq!(dry.out(), named);
    assert!(hidden.is_alive());
    let ended = clean(&forge, &[]);
    ended.exits_with(0);
    assert_eq!(ended.out(), format!("ended {named}"));
    assert_eq!(ended.err(), "");
    assert!(!hidden.is_alive(), "it is gone when forge says so");
    assert_eq!(clean(&forge, &[]).exits_with(0).out(), "nothing was left behind\n");
    forge.leaves_nobody_behind();
}

#[test]
fn an_ordinary_user_can_do_it_too() {
    let (forge, hidden) = left_behind(Forge::new().by_nobody());
    runs(another(&forge).by_nobody(), &forge, "clean", &[]).exits_with(0).showed("ended web.1, pid");
    assert!(!hidden.is_alive());
    forge.leaves_nobody_behind();
}

#[test]
fn what_root_left_behind_is_none_of_an_ordinary_user_s_business() {
    if !is_root() {
        return;
    }
    let (forge, hidden) = left_behind(Forge::new());
    let ended = runs(another(&forge).by_nobody(), &forge, "clean", &[]);
    assert_eq!(ended.exits_with(0).out(), "nothing was left behind\n");
    assert!(hidden.is_alive());
}

#[test]
fn the_deaf_are_killed_and_the_stopped_are_woken() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("");
    let deaf = forge.puppet("web.1").starts("deaf", "session");
    let stopped = forge.puppet("worker.1").starts("stopped", "session");
    for puppet in [&deaf, &stopped] {
        puppet.ignores(Signal::SIGHUP);
    }
    deaf.ignores(Signal::SIGTERM);
    stopped.stops();
    kill_both(&forge);
    let ended = clean(&forge, &["-t", "3"]);
    ended.exits_with(0).showed("killed web.1, pid").showed("ended worker.1, pid");
    forge.leaves_nobody_behind();
}

#[test]
fn a_report_for_programs() {
    let (forge, hidden) = left_behind(Forge::new());
    let report = |words: &[&str]| -> Value {
        serde_json::from_str(&clean(&forge, words).exits_with(0).out()).expect("it is JSON")
    };
    let found = report(&["--json", "--dry-run"]);
    assert_eq!(found["version"], 1);
    let one = &found["left_behind"][0];
    assert_eq!(one["pid"], hidden.person.pid);
    assert_eq!((&one["instance"], &one["command"]), (&"web.1".into(), &"puppet".into()));
    assert_eq!(one["state"], "alive");
    assert_eq!(report(&["--json"])["left_behind"][0]["state"], "ended");
    assert_eq!(report(&["--json"])["left_behind"], Value::Array(Vec::new()));
}

#[test]
fn stacks_that_run_are_left_alone() {
    let (forge, hidden) = left_behind(Forge::new());
    let next_door = another(&forge).procfile("web: puppet\n").start("");
    // In the same directory, too.
    let directory = forge.directory().display().to_string();
    let beside = another(&forge).launch(&["start", "-d", &directory]);
    let running = [next_door.puppet("web.1"), beside.puppet("web.1")];
    let deeper = running.each_ref().map(|web| web.starts("deeper", "session"));
    let ended = clean(&forge, &[]);
    ended.exits_with(0);
    assert_eq!(ended.lines().len(), 1, "{}", ended.out());
    assert!(!hidden.is_alive());
    assert!(running.iter().chain(&deeper).all(Puppet::is_alive));
    for forge in [&next_door, &beside] {
        forge.signal(Signal::SIGTERM).exits_with(0).leaves_nobody_behind();
    }
}

#[test]
fn what_is_left_of_another_project_stays() {
    let (forge, hidden) = left_behind(Forge::new());
    let elsewhere = another(&forge).procfile("web: puppet\n").runs(&["clean"]);
    assert_eq!(elsewhere.exits_with(0).out(), "nothing was left behind\n");
    assert!(hidden.is_alive());
}

#[test]
fn a_copy_of_the_mark_is_not_enough() {
    let (forge, hidden) = left_behind(Forge::new());
    let mark = &hidden.environment()["FORGE_RUN_ID"];
    let mut copy = Command::new("sleep")
        .arg("600")
        .env("FORGE_RUN_ID", mark)
        .stdin(Stdio::null())
        .spawn()
        .expect("there is sleep");
    let ended = clean(&forge, &[]);
    let copy_lives = matches!(copy.try_wait(), Ok(None));
    copy.kill().expect("it is ours");
    copy.wait().expect("it is ours");
    assert!(copy_lives, "{}", ended.out());
    assert!(!hidden.is_alive());
}

#[test]
fn the_shell_in_which_it_is_typed_stays() {
    let script = format!(
        "web: setsid sh -c 'until [ -e go ]; do sleep 0.01; done; {} clean > out; echo $? > code; mv code done' & exec puppet\n",
        env!("CARGO_BIN_EXE_forge")
    );
    let forge = Forge::new().procfile(script).start("");
    let hidden = forge.puppet("web.1").starts("hidden", "session");
    hidden.ignores(Signal::SIGHUP);
    kill_both(&forge);
    let file = |name: &str| forge.directory().join(name);
    fs::write(file("go"), "").expect("files can be written");
    forge.finds("the shell goes on after forge", || file("done").exists().then_some(()));
    let text = |path: &Path| fs::read_to_string(path).expect("the shell has written it");
    assert_eq!(text(&file("done")), "0\n");
    assert_eq!(text(&file("out")).lines().count(), 1, "{}", text(&file("out")));
    assert!(!hidden.is_alive());
}

#[test]
fn a_forge_that_runs_inside_the_dead_one_stays() {
    let procfile =
        format!("inner: setsid {} start -f Inner & exec puppet --as outer\n", env!("CARGO_BIN_EXE_forge"));
    let forge = Forge::new().procfile(procfile).file("Inner", "web: puppet\n").start("");
    let (outer, web) = (forge.puppet("outer"), forge.puppet("web.1"));
    // Whoever has something to say when nobody reads it any more ends.
    forge.sees("web.1 ");
    let hidden = outer.starts("hidden", "session");
    hidden.ignores(Signal::SIGHUP);
    kill_both(&forge);
    let ended = clean(&forge, &[]);
    ended.exits_with(0);
    assert_eq!(ended.lines().len(), 1, "{}", ended.out());
    assert!(!hidden.is_alive());
    // Whoever still answers is held by a forge that lives.
    assert_eq!(web.fact("pid"), web.person.pid.to_string());
}

#[test]
fn a_start_without_a_terminal_warns_and_goes_on() {
    let (forge, hidden) = left_behind(Forge::new());
    fs::write(forge.directory().join("Procfile"), "web: echo started\n").expect("files can be written");
    let start = || runs(another(&forge), &forge, "start", &["--no-port"]);
    let pid = hidden.person.pid.to_string();
    let warned = start();
    warned.exits_with(0).showed("web.1 | started");
    warned.complained(&["warning", "left 1 process behind: web.1, pid", &pid, "`forge clean`"]);
    assert!(hidden.is_alive());
    clean(&forge, &[]).exits_with(0);
    assert_eq!(start().exits_with(0).err(), "", "it is forgotten");
}

#[test]
fn a_start_at_a_terminal_asks_first() {
    for (answer, ends) in [("y\n", true), ("\n", false), ("no\n", false), ("\x04", false)] {
        let (forge, hidden) = left_behind(Forge::new());
        let directory = forge.directory().display().to_string();
        let again = another(&forge).on_a_terminal().launch(&["start", "-d", &directory]);
        again.sees("end it first? [y/N]").types(answer);
        let web = again.puppet("web.1");
        assert_eq!(hidden.is_alive(), !ends, "{answer:?}");
        web.exits(0);
        again.exits_with(0);
    }
}

#[test]
fn nobody_is_asked_where_nobody_watches() {
    let (forge, hidden) = left_behind(Forge::new());
    let directory = forge.directory().display().to_string();
    let again = another(&forge).on_a_terminal().variable("CI", "true").launch(&["start", "-d", &directory]);
    again.puppet("web.1").exits(0);
    again.ends().exits_with(0).showed("left 1 process behind").never_showed("[y/N]");
    assert!(hidden.is_alive());
}

#[test]
fn a_note_stays_only_where_it_is_needed() {
    for end in [Signal::SIGTERM, Signal::SIGKILL] {
        let forge = Forge::new().procfile("web: puppet\n").start("");
        forge.puppet("web.1");
        assert_eq!(notes(&forge).len(), 1, "while it runs");
        forge.signal(end).ends();
        forge.leaves_nobody_behind();
        assert_eq!(notes(&forge).len(), 0, "after {end}");
    }
    let (forge, _hidden) = left_behind(Forge::new());
    assert_eq!(notes(&forge).len(), 1, "there is something to look for");
    clean(&forge, &["--dry-run"]);
    assert_eq!(notes(&forge).len(), 1, "nothing has changed");
    clean(&forge, &[]);
    assert_eq!(notes(&forge).len(), 0);
}

#[test]
fn a_start_elsewhere_removes_old_notes_of_which_nobody_is_left() {
    let (forge, hidden) = left_behind(Forge::new());
    let elsewhere = || another(&forge).procfile("web: echo started\n").runs(&["start", "--no-port"]);
    let age = || {
        for note in notes(&forge) {
            let note = fs::File::open(note).expect("it is ours");
            note.set_modified(SystemTime::now() - Duration::from_secs(7200)).expect("it is ours");
        }
    };
    hidden.exits(0);
    hidden.is_gone();
    assert_eq!(elsewhere().exits_with(0).err(), "", "nobody is told of another project's");
    assert_eq!(notes(&forge).len(), 1, "whoever works there may come back");
    age();
    assert_eq!(elsewhere().exits_with(0).err(), "");
    assert_eq!(notes(&forge).len(), 0);
}

#[test]
fn a_start_elsewhere_keeps_the_note_of_somebody_who_is_left() {
    let (forge, hidden) = left_behind(Forge::new());
    let path = notes(&forge).pop().expect("there is one");
    let long_ago = SystemTime::now() - Duration::from_secs(7200);
    fs::File::open(&path).and_then(|note| note.set_modified(long_ago)).expect("it is ours");
    let ended = another(&forge).procfile("web: echo started\n").runs(&["start", "--no-port"]);
    assert_eq!(ended.exits_with(0).err(), "");
    let renewed = fs::metadata(&path).and_then(|note| note.modified()).expect("it is still there");
    assert!(renewed > long_ago + Duration::from_secs(3600), "it rests");
    assert!(hidden.is_alive());
    clean(&forge, &[]).exits_with(0);
}

#[test]
fn a_hostile_place_for_notes_is_not_used() {
    let forge = Forge::new();
    let run = forge.directory().join("../run");
    let victim = forge.directory().join("victim");
    fs::create_dir(&victim).expect("it is new");
    std::os::unix::fs::symlink(&victim, run.join("forge")).expect("it is new");
    let forge = forge.procfile("web: puppet\n").start("");
    forge.puppet("web.1");
    assert_eq!(fs::read_dir(&victim).expect("it is there").count(), 0);
    forge.signal(Signal::SIGTERM).exits_with(0).leaves_nobody_behind();
}

#[test]
fn a_forge_within_a_forge_has_marks_of_its_own() {
    let inner = format!("inner: {} start -f Inner\n", env!("CARGO_BIN_EXE_forge"));
    let forge = Forge::new().procfile(inner).file("Inner", "web: puppet; true\n").start("");
    // The shell has what forge gave it; what it hands on, it has put in order itself.
    let shell = forge.puppet("web.1").fact("ppid");
    let environ = fs::read(format!("/proc/{shell}/environ")).expect("it lives");
    let marks = environ.split(|byte| *byte == 0).filter(|entry| entry.starts_with(b"FORGE_RUN_ID="));
    assert_eq!(marks.count(), 1);
    forge.signal(Signal::SIGTERM).exits_with(0).leaves_nobody_behind();
}
