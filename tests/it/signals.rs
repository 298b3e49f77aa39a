//! Signals: what stops forge, what it passes on, and what happens when it cannot react any more.

use std::net::TcpListener;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::termios::LocalFlags;

use crate::forge::Forge;
use crate::free::free_base;
use crate::puppet::Puppet;
use crate::running::Running;
use crate::tracer;

/// What a person reads before the second Ctrl-C. A second signal that comes within a moment of the first one is the
/// same wish, passed on by a shell or a script runner, so a test must not be faster than a hand.
const PATIENCE_IS_TRIED: &str = "still waiting for";

/// Starts a stack of one puppet.
fn one(words: &str) -> (Running, Puppet) {
    let forge = Forge::new().procfile("web: puppet\n").start(words);
    let web = forge.puppet("web.1");
    (forge, web)
}

fn one_on_a_terminal(words: &str) -> (Running, Puppet) {
    let forge = Forge::new().procfile("web: puppet\n").on_a_terminal().start(words);
    let web = forge.puppet("web.1");
    (forge, web)
}

/// Each of these asks forge to stop; the children get SIGTERM, once, and time for their last words.
fn stops_by(signal: Signal) {
    let (forge, web) = one("");
    for other in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT] {
        web.catches(other);
    }
    forge.signal(signal);
    web.has_caught(Signal::SIGTERM);
    assert_eq!(web.also_caught(), [""; 0], "one signal, once");
    web.says("last words").exits(0);
    forge.exits_with(0).sees("web.1 | last words").sees(&format!("{signal} received, starting shutdown"));
    forge.leaves_nobody_behind();
}

#[test]
fn term_stops() {
    stops_by(Signal::SIGTERM);
}

#[test]
fn int_stops() {
    stops_by(Signal::SIGINT);
}

#[test]
fn hup_stops() {
    stops_by(Signal::SIGHUP);
}

#[test]
fn quit_stops() {
    stops_by(Signal::SIGQUIT);
}

#[test]
fn a_second_int_needs_no_patience() {
    let (forge, web) = one("-t 600");
    web.catches(Signal::SIGTERM);
    forge.signal(Signal::SIGINT);
    web.has_caught(Signal::SIGTERM);
    forge
        .sees(PATIENCE_IS_TRIED)
        .signal(Signal::SIGINT)
        .exits_with(0)
        .sees("web.1 | terminated by SIGKILL")
        .leaves_nobody_behind();
}

#[test]
fn a_second_signal_of_another_kind_needs_no_patience_either() {
    let (forge, web) = one("-t 600");
    web.catches(Signal::SIGTERM);
    forge.signal(Signal::SIGTERM);
    web.has_caught(Signal::SIGTERM);
    forge.sees(PATIENCE_IS_TRIED).signal(Signal::SIGINT).exits_with(0).leaves_nobody_behind();
}

#[test]
fn nobody_waits_for_a_grace_period_that_is_not_needed() {
    let (forge, _web) = one("-t 600");
    forge.signal(Signal::SIGTERM).exits_with(0).sees("web.1 | terminated by SIGTERM");
}

#[test]
fn who_ignores_the_signal_is_named_while_forge_waits() {
    let (forge, web) = one("-t 600");
    web.ignores(Signal::SIGTERM);
    forge.signal(Signal::SIGTERM);
    forge.finds("a remark that names web.1 and what it ignores", || {
        let seen = forge.lines_so_far();
        seen.iter().any(|line| line.contains("web.1") && line.contains("ignores")).then_some(())
    });
    web.exits(0);
    forge.exits_with(0);
}

#[test]
fn usr1_and_usr2_are_passed_on() {
    let (forge, web) = one("");
    web.catches(Signal::SIGUSR1).catches(Signal::SIGUSR2);
    // A process of which forge does not know yet that it runs gets none: it could not have asked for it.
    forge.sees("web.1 | started with pid");
    forge.signal(Signal::SIGUSR1);
    web.has_caught(Signal::SIGUSR1);
    forge.signal(Signal::SIGUSR2);
    web.has_caught(Signal::SIGUSR2);
    forge.sees("USR1 received, forwarding it to children").sees("USR2 received, forwarding it to children");
    web.exits(0);
    forge.exits_with(0);
}

#[test]
fn a_signal_during_the_shutdown_of_a_failure_is_heard() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("-t 600");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    worker.catches(Signal::SIGTERM);
    web.exits(3);
    worker.has_caught(Signal::SIGTERM);
    forge.signal(Signal::SIGINT).sees("SIGINT received").sees(PATIENCE_IS_TRIED).signal(Signal::SIGINT);
    forge.exits_with(3).leaves_nobody_behind();
}

#[test]
fn ctrl_c_reaches_each_process_once() {
    let (forge, web) = one_on_a_terminal("");
    web.catches(Signal::SIGTERM).catches(Signal::SIGINT);
    forge.types(b"\x03");
    web.has_caught(Signal::SIGTERM);
    assert_eq!(web.also_caught(), [""; 0], "the terminal's own SIGINT stays away from it");
    web.exits(0);
    forge.exits_with(0).sees("SIGINT received, starting shutdown").leaves_nobody_behind();
}

#[test]
fn ctrl_c_twice_kills() {
    let (forge, web) = one_on_a_terminal("-t 600");
    web.catches(Signal::SIGTERM);
    forge.types(b"\x03");
    web.has_caught(Signal::SIGTERM);
    forge.sees(PATIENCE_IS_TRIED).types(b"\x03").exits_with(0).leaves_nobody_behind();
}

#[test]
fn ctrl_backslash_stops() {
    let (forge, _web) = one_on_a_terminal("");
    forge.types(b"\x1c").exits_with(0).sees("SIGQUIT received").leaves_nobody_behind();
}

#[test]
fn the_terminal_is_left_as_it_was_found() {
    let forge = Forge::new().procfile("web: puppet\n").on_a_terminal().start("");
    let web = forge.puppet("web.1");
    forge.types(b"\x03");
    forge.exits_with(0);
    assert!(!web.is_alive());
    let settings = forge.terminal().settings().local_flags;
    assert!(settings.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG), "{settings:?}");
}

#[test]
fn a_closed_window_leaves_nobody() {
    let mut forge = Forge::new().procfile("web: puppet\n").on_a_terminal().unread().start("-t 1");
    let web = forge.puppet("web.1");
    web.ignores(Signal::SIGHUP);
    forge.hangs_up();
    web.is_gone();
    forge.leaves_nobody_behind();
}

#[test]
fn nohup_is_respected() {
    let forge = Forge::new().procfile("web: puppet\n").ignoring(Signal::SIGHUP).start("");
    let web = forge.puppet("web.1");
    web.catches(Signal::SIGUSR1);
    forge.sees("web.1 | started with pid").signal(Signal::SIGHUP);
    // Had the first one stopped it, it would have no ear for the second.
    forge.signal(Signal::SIGUSR1).sees("USR1 received");
    web.has_caught(Signal::SIGUSR1);
    forge.signal(Signal::SIGTERM);
    forge.ends().exits_with(0).never_showed("SIGHUP");
}

#[test]
fn inherited_ignored_and_blocked_signals_do_not_make_it_deaf() {
    let forge = Forge::new()
        .procfile("web: puppet\n")
        .ignoring(Signal::SIGINT)
        .ignoring(Signal::SIGCHLD)
        .blocking(Signal::SIGTERM)
        .blocking(Signal::SIGCHLD)
        .start("");
    forge.puppet("web.1");
    forge.signal(Signal::SIGTERM).exits_with(0).sees("web.1 | terminated by SIGTERM").leaves_nobody_behind();
}

/// Sends a signal to forge in the moment in which it has a handler for it, and has only just got it.
fn is_heard_at_once(signal: Signal, at_birth: fn(i32)) {
    let forge = Forge::new().procfile("web: true\n").after(tracer::be_traced).at_birth(at_birth).start("");
    let ended = forge.ends();
    ended.exits_with(0).showed(&format!("{signal} received, starting shutdown"));
    forge.leaves_nobody_behind();
}

fn when_it_begins_to_listen(pid: i32, signal: Signal) {
    let number = |signal: libc::c_long| u64::try_from(signal).expect("calls have small numbers");
    let installs = move |(call, arguments): &tracer::Call| {
        *call == number(libc::SYS_rt_sigaction)
            && arguments[0] == signal as u64
            // Not only asked for, and not back to the default or ignored.
            && arguments[1] != 0
            && tracer::word_at(pid, arguments[1]) > 1
    };
    tracer::signals_after(pid, installs, signal);
}

#[test]
fn no_signal_is_lost_while_forge_begins_to_listen() {
    is_heard_at_once(Signal::SIGINT, |pid| when_it_begins_to_listen(pid, Signal::SIGINT));
    is_heard_at_once(Signal::SIGTERM, |pid| when_it_begins_to_listen(pid, Signal::SIGTERM));
    is_heard_at_once(Signal::SIGHUP, |pid| when_it_begins_to_listen(pid, Signal::SIGHUP));
    is_heard_at_once(Signal::SIGQUIT, |pid| when_it_begins_to_listen(pid, Signal::SIGQUIT));
}

#[test]
fn a_signal_from_before_the_beginning_ends_forge_before_anything_is_started() {
    let forge = Forge::new().procfile("web: echo started\n").blocking(Signal::SIGINT);
    let forge = forge.after(|| Ok(nix::sys::signal::raise(Signal::SIGINT)?)).start("");
    forge.dies_by(Signal::SIGINT).leaves_nobody_behind();
    forge.ends().never_showed("started");
}

#[test]
fn a_stopped_process_gets_the_chance_to_clean_up() {
    let (forge, web) = one("-t 600");
    web.catches(Signal::SIGTERM).stops();
    forge.signal(Signal::SIGTERM);
    web.has_caught(Signal::SIGTERM).says("cleaned up").exits(0);
    forge.exits_with(0).sees("web.1 | cleaned up");
}

#[test]
fn the_death_of_the_guard_ends_the_stack_as_a_failure() {
    let (forge, web) = one("");
    web.ignores(Signal::SIGTERM).starts("hidden", "daemon").ignores(Signal::SIGTERM);
    let guard = forge.guard();
    assert_eq!(web.fact("ppid"), guard.pid.to_string(), "the guard is the parent of all");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(guard.pid), Signal::SIGKILL).expect("it is there");
    let ended = forge.ends();
    ended.fails();
    ended.shows("it says what happened", format!("{}{}", ended.out(), ended.err()).contains("guard"));
    forge.leaves_nobody_behind();
}

#[test]
fn a_child_that_dies_at_once_is_no_surprise() {
    let ended = Forge::new().procfile("web: true\nworker: true\n").runs(&["start"]);
    ended.exits_with(0);
    assert!(ended.took < Duration::from_secs(15));
}

/// A shell with job control puts forge into a group that is not the terminal's.
fn in_the_background(stty: &str) {
    // Somebody has its port: there is something to say before anything starts.
    let base = free_base();
    let taken = TcpListener::bind(("127.0.0.1", base)).expect("it was free a moment ago");
    let script = format!(
        "set -m; stty {stty}; $FORGE start -p {base} & forge=$!; read word; kill -TERM $forge; wait $forge; echo code $?"
    );
    let shell = Forge::new().procfile("web: puppet\n").on_a_terminal().script(&script);
    let web = shell.puppet("web.1");
    web.says("from the background");
    shell.sees("is taken by").sees("web.1 | from the background").types(b"go\n").sees("code 0").exits_with(0);
    shell.leaves_nobody_behind();
    drop(taken);
}

#[test]
fn it_runs_in_the_background_of_a_terminal() {
    in_the_background("-tostop");
}

#[test]
fn a_terminal_that_refuses_output_from_the_background_does_not_stop_it() {
    in_the_background("tostop");
}
