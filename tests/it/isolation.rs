//! A control group of its own for the stack, where the machine lets forge make one; no difference elsewhere.

use std::fs;
use std::path::PathBuf;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{AccessFlags, Pid, access};

use crate::clean::{clean, kill_both};
use crate::forge::Forge;
use crate::puppet::Puppet;
use crate::running::Running;

/// Returns the group of a process in the tree of version 2: `/user.slice/…`.
fn group_of(pid: i32) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or_default().to_owned()
}

/// Returns where a group of version 2 is in the file system, if that tree is mounted whole.
fn directory_of(group: &str) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/mounts").expect("these tests need /proc");
    let mount = mounts.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2"))?;
    Some(PathBuf::from(mount.split(' ').nth(1)?).join(group.trim_start_matches('/')))
}

/// Returns what the group of a running forge begins with; `None` where this test's own group takes none below it.
fn expected(forge: &Running) -> Option<String> {
    let own = group_of(nix::unistd::getpid().as_raw());
    let may = |path: PathBuf| access(&path, AccessFlags::W_OK).is_ok();
    let directory = directory_of(&own)?;
    if !may(directory.clone()) || !may(directory.join("cgroup.procs")) {
        return None;
    }
    Some(format!("{}/forge-{}.", own.trim_end_matches('/'), forge.guard().pid))
}

/// Starts one with a process far below; returns the pid of its leader.
fn start() -> (Running, i32) {
    let forge = Forge::new().procfile("web: puppet\n").start("-t 1");
    let web = forge.puppet("web.1");
    web.starts("hidden", "double").ignores(Signal::SIGTERM).ignores(Signal::SIGHUP);
    (forge, web.person.pid)
}

/// Checks that a process is in the group where there can be one, and where the test itself is otherwise.
fn is_where_it_should_be(forge: &Running, pid: i32) -> Option<PathBuf> {
    if let Some(beginning) = expected(forge) {
        let group = group_of(pid);
        assert!(group.starts_with(&beginning), "{group} is to begin with {beginning}");
        assert_eq!(group_of(forge.pid), group_of(nix::unistd::getpid().as_raw()), "forge stays where it was");
        return directory_of(&group);
    }
    assert_eq!(group_of(pid), group_of(nix::unistd::getpid().as_raw()), "nothing changes");
    None
}

#[test]
fn the_stack_has_a_group_while_it_runs() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let (forge, web) = start();
        let directory = is_where_it_should_be(&forge, web);
        forge.signal(signal).leaves_nobody_behind();
        if let Some(directory) = directory {
            forge.finds("its group is removed", || (!directory.exists()).then_some(()));
        }
    }
}

#[test]
fn the_group_is_removed_when_the_guard_is_killed() {
    let (forge, web) = start();
    let directory = is_where_it_should_be(&forge, web);
    kill(Pid::from_raw(forge.guard().pid), Signal::SIGKILL).expect("it lives");
    forge.exits_with(125).leaves_nobody_behind();
    assert!(directory.is_none_or(|directory| !directory.exists()), "nothing is left of its group");
}

#[test]
fn those_who_survive_forge_and_guard_are_found_by_their_group_and_the_next_forge_tidies_up() {
    let (forge, web) = start();
    let directory = is_where_it_should_be(&forge, web);
    let guard = forge.guard();
    // Stopped, forge cannot sweep in the place of the guard before it dies itself.
    forge.signal(Signal::SIGSTOP).is_stopped();
    kill(Pid::from_raw(guard.pid), Signal::SIGKILL).expect("it lives");
    forge.signal(Signal::SIGKILL).dies_by(Signal::SIGKILL);
    forge.finds("the end of the guard", || (!guard.is_alive()).then_some(()));
    let Some(directory) = directory else { return };
    let members = || fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    let survivors: Vec<i32> = members().lines().filter_map(|pid| pid.parse().ok()).collect();
    for person in forge.alive() {
        assert!(survivors.contains(&person.pid), "{} is in {survivors:?}", person.pid);
    }
    fs::write(directory.join("cgroup.kill"), "1").expect("the group can be killed by hand");
    forge.leaves_nobody_behind();
    let next = Forge::new().procfile("web: puppet\n").start("");
    next.puppet("web.1");
    assert!(!directory.exists(), "an empty group of a dead guard is removed");
    next.signal(Signal::SIGTERM).exits_with(0);
}

#[test]
fn forge_clean_finds_by_the_group_who_has_thrown_the_mark_away() {
    let forge = Forge::new().procfile("web: puppet\n").start("-t 600");
    let web = forge.puppet("web.1");
    let hidden = web.starts("hidden", "daemon");
    // What one ignores, its children inherit.
    let deeper = hidden.starts("deeper", "daemon");
    hidden.ignores_everything();
    let directory = is_where_it_should_be(&forge, web.person.pid);
    kill_both(&forge);
    web.is_gone();
    // Others run here, too, and are none of it.
    let others = Forge::new().procfile("web: puppet\n").start("");
    let other = others.puppet("web.1").starts("hidden", "daemon");
    let dry = clean(&forge, &["--dry-run"]);
    let ended = clean(&forge, &["-t", "0.2"]);
    if let Some(directory) = directory {
        let named = |puppet: &Puppet| format!("pid {} (puppet, in /)", puppet.person.pid);
        dry.exits_with(0).showed(&named(&hidden)).showed(&named(&deeper));
        ended.exits_with(0).showed(&format!("killed {}", named(&hidden)));
        ended.showed(&format!("ended {}", named(&deeper)));
        forge.leaves_nobody_behind();
        assert!(!directory.exists(), "the group is removed with them");
    } else {
        assert_eq!(ended.exits_with(0).out(), "nothing was left behind\n");
        assert!(hidden.is_alive() && deeper.is_alive(), "this is what --isolate is for");
    }
    assert!(other.is_alive());
    others.signal(Signal::SIGTERM).exits_with(0).leaves_nobody_behind();
}

#[test]
fn an_ordinary_user_has_no_group_or_one_of_his_own() {
    let forge = Forge::new().by_nobody().procfile("web: puppet\n").start("");
    let web = forge.puppet("web.1");
    if crate::forge::is_root() {
        let own = group_of(nix::unistd::getpid().as_raw());
        assert_eq!(group_of(web.person.pid), own, "root's group is not for others");
    }
    forge.signal(Signal::SIGTERM).exits_with(0).leaves_nobody_behind();
}
