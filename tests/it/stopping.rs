//! Who gets the signals that ask a process to end, and what the exit code says of those who never ran.

use nix::sys::signal::Signal;

use crate::forge::Forge;
use crate::puppet::Puppet;
use crate::running::Running;

/// A process with a child in its group and one in a session of its own, asked to end with a signal.
fn family(signal: &str, group: bool) -> (Running, [Puppet; 3]) {
    let manifest =
        format!("[process.web]\nstop = {{ signals = ['{signal}'], timeout = '60s', group = {group} }}\n");
    let forge = Forge::new().procfile("web: puppet\n").file("forge.toml", manifest).start("");
    let web = forge.puppet("web.1");
    let (near, far) = (web.starts("near", "child"), web.starts("far", "session"));
    let all = [web, near, far];
    for one in &all {
        // SIGHUP is what the kernel sends to some of them when the leader of their terminal ends.
        one.catches(Signal::SIGINT).catches(Signal::SIGTERM).ignores(Signal::SIGHUP);
    }
    forge.signal(Signal::SIGTERM);
    (forge, all)
}

#[test]
fn the_leader_alone_is_asked_and_then_what_it_leaves_behind() {
    let (forge, [web, near, far]) = family("INT", false);
    web.has_caught(Signal::SIGINT);
    assert_eq!((near.also_caught(), far.also_caught()), (vec![], vec![]));
    web.exits(0);
    near.has_caught(Signal::SIGTERM).exits(0);
    far.has_caught(Signal::SIGTERM).exits(0);
    forge.exits_with(0).leaves_nobody_behind();
}

#[test]
fn with_group_everyone_is_asked_at_once() {
    let (forge, [web, near, far]) = family("INT", true);
    for one in [&web, &near, &far] {
        one.has_caught(Signal::SIGINT);
    }
    web.exits(0);
    // Whoever has not heeded that one hears the usual one.
    near.has_caught(Signal::SIGTERM).exits(0);
    far.has_caught(Signal::SIGTERM).exits(0);
    forge.exits_with(0).leaves_nobody_behind();
}

#[test]
fn with_group_nobody_is_asked_twice_with_the_same_signal() {
    let (forge, [web, near, far]) = family("TERM", true);
    for one in [&web, &near, &far] {
        one.has_caught(Signal::SIGTERM);
    }
    web.exits(0);
    forge.sees("exited with code 0");
    assert_eq!((near.also_caught(), far.also_caught()), (vec![], vec![]));
    near.exits(0);
    far.exits(0);
    forge.exits_with(0).leaves_nobody_behind();
}

#[test]
fn a_failure_that_can_die_counts_if_somebody_never_runs_because_of_it() {
    let stack = |web: &str| {
        let manifest = format!(
            "[task.migrate]\ncommand = 'exit 3'\ncan_die = true\n[process.web]\nafter = ['migrate']\n{web}\n"
        );
        Forge::new().procfile("web: echo never\n").file("forge.toml", manifest).start("").ends()
    };
    let ended = stack("");
    ended.exits_with(3).never_showed("never");
    ended.showed("web.1 stays down: it needs migrate.1, which has failed");
    stack("can_die = true").exits_with(0).never_showed("never");
}

#[test]
fn who_ignores_one_signal_gets_the_next_of_its_ladder_and_then_the_last() {
    let manifest = "[process.web]\nstop = { signals = ['INT', 'QUIT'], timeout = '400ms' }\n";
    let forge = Forge::new().procfile("web: puppet\n").file("forge.toml", manifest).start("");
    let web = forge.puppet("web.1");
    web.catches(Signal::SIGINT).catches(Signal::SIGQUIT).catches(Signal::SIGTERM);
    forge.signal(Signal::SIGTERM);
    web.has_caught(Signal::SIGINT).has_caught(Signal::SIGQUIT);
    web.is_gone();
    let ended = forge.ends();
    ended.showed("web.1 | terminated by SIGKILL");
    forge.leaves_nobody_behind();
}

#[test]
fn each_has_a_grace_of_its_own() {
    let manifest =
        "[process.short]\nstop = { timeout = '100ms' }\n[process.long]\nstop = { timeout = '10m' }\n";
    let forge = Forge::new().procfile("short: puppet\nlong: puppet\n").file("forge.toml", manifest).start("");
    let (short, long) = (forge.puppet("short.1"), forge.puppet("long.1"));
    short.ignores(Signal::SIGTERM);
    long.catches(Signal::SIGTERM);
    forge.signal(Signal::SIGTERM);
    short.is_gone();
    long.has_caught(Signal::SIGTERM).says("in my own time").exits(0);
    forge.ends().showed("short.1 | terminated by SIGKILL").showed("long.1 | in my own time");
    forge.leaves_nobody_behind();
}
