//! Hostile children, times the ways in which forge ends, times users, times `--tty`: nobody is left, and the kernel
//! says so.
//!
//! `leftovers` looks for who is left; here an overseer stands above forge, to which everybody falls who gets away,
//! and who therefore cannot be deceived. `cargo test` plays every child with every end, users and terminals in turn;
//! `FORGE_MATRIX=full cargo test --release --test it matrix:: -- --nocapture` plays all of the product, holds forge
//! to its two seconds, and prints what it measured.

use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::census::Person;
use crate::forge::Forge;
use crate::free;
use crate::isolate;
use crate::puppet::Puppet;
use crate::running::Running;

/// What forge promises, besides the grace period.
const PROMISE: Duration = Duration::from_secs(2);
/// `-t`: long enough for everybody who wants to end, short enough for a test.
const GRACE: Duration = Duration::from_millis(300);

/// A child, and what it does before the end.
struct Kind {
    name: &'static str,
    prepare: fn(&Puppet),
}

const WELL_BEHAVED: Kind = Kind { name: "well-behaved", prepare: |_| {} };

const DEAF: Kind = Kind {
    name: "deaf",
    prepare: |web| {
        web.starts("hidden", "daemon").ignores_everything();
        web.starts("child", "child").ignores_everything();
        web.ignores_everything();
    },
};

const DOUBLE_FORK: Kind = Kind {
    name: "double fork",
    prepare: |web| {
        web.starts("hidden", "double").ignores(Signal::SIGHUP).starts("deeper", "double");
    },
};

const DAEMON: Kind = Kind {
    name: "daemon",
    prepare: |web| {
        web.starts("hidden", "daemon").starts("deeper", "daemon");
    },
};

const OWN_SESSION: Kind = Kind {
    name: "own session",
    prepare: |web| {
        web.starts("hidden", "session").ignores(Signal::SIGTERM);
    },
};

const NESTED_SESSIONS: Kind = Kind {
    name: "nested sessions",
    prepare: |web| {
        web.starts("one", "session")
            .starts("two", "session")
            .starts("three", "session")
            .starts("four", "double");
    },
};

const CHAIN: Kind = Kind {
    name: "fork-and-exit chain",
    // Longer than a test waits: a chain must not end by itself.
    prepare: |web| {
        web.starts_a_fast_chain(40);
    },
};

const CHAIN_OF_A_DAEMON: Kind = Kind {
    name: "fork-and-exit chain of a daemon",
    prepare: |web| {
        web.starts("hidden", "daemon").starts_a_chain(40);
    },
};

const CHAIN_OF_SESSIONS: Kind = Kind {
    name: "fork-and-exit chain of sessions",
    prepare: |web| {
        web.starts_a_chain_of_sessions(40);
    },
};

const HOLDS_OUTPUT: Kind = Kind {
    name: "holds the output",
    prepare: |web| {
        web.starts("holder", "double").ignores(Signal::SIGTERM).prints("still here");
        web.starts("other", "session").prints("no line end");
    },
};

const STOPPED: Kind = Kind {
    name: "stopped",
    prepare: |web| {
        web.starts("hidden", "daemon").stops();
        web.stops();
    },
};

const BREEDS: Kind = Kind {
    name: "answers TERM with a process",
    prepare: |web| {
        web.starts("hidden", "session").breeds("lives");
        web.breeds("lives");
    },
};

const BREEDS_AND_DIES: Kind = Kind {
    name: "answers TERM with a process and ends",
    prepare: |web| {
        web.starts("hidden", "daemon").breeds("dies");
        web.breeds("dies");
    },
};

/// A way in which forge ends.
struct End {
    name: &'static str,
    on_a_terminal: bool,
    act: fn(&mut Running),
}

const fn end(name: &'static str, act: fn(&mut Running)) -> End {
    End { name, on_a_terminal: false, act }
}

const ENDS: [End; 14] = [
    end("TERM", |forge| signal(forge, Signal::SIGTERM)),
    end("INT", |forge| signal(forge, Signal::SIGINT)),
    end("HUP", |forge| signal(forge, Signal::SIGHUP)),
    end("QUIT", |forge| signal(forge, Signal::SIGQUIT)),
    end("ABRT", |forge| signal(forge, Signal::SIGABRT)),
    end("SEGV", segv),
    end("KILL", |forge| signal(forge, Signal::SIGKILL)),
    end("KILL to the group", |forge| {
        forge.signal_to_its_group(Signal::SIGKILL);
    }),
    end("STOP, then KILL", |forge| {
        forge.signal(Signal::SIGSTOP).signal(Signal::SIGKILL);
    }),
    end("STOP to the group, then KILL", |forge| {
        forge.signal_to_its_group(Signal::SIGSTOP).signal_to_its_group(Signal::SIGKILL);
    }),
    end("KILL of the guard", |forge| {
        kill(Pid::from_raw(forge.guard().pid), Signal::SIGKILL).expect("the guard is there");
    }),
    end("STOP of the guard, then KILL", |forge| {
        kill(Pid::from_raw(forge.guard().pid), Signal::SIGSTOP).expect("the guard is there");
        forge.signal(Signal::SIGKILL);
    }),
    on_a_terminal("hang-up", |forge| {
        forge.hangs_up();
    }),
    on_a_terminal("Ctrl-C", |forge| {
        forge.types([3]);
    }),
];

/// What only a pid namespace survives without leaving anybody.
const KILL_OF_BOTH: End = end("KILL of forge and guard at once", kill_of_both);

/// Stopped, forge can do nothing about the end of the guard.
pub(crate) fn kill_of_both(forge: &mut Running) {
    let guard = Pid::from_raw(forge.guard().pid);
    signal(forge, Signal::SIGSTOP);
    kill(guard, Signal::SIGKILL).expect("the guard is there");
    signal(forge, Signal::SIGKILL);
}

const fn on_a_terminal(name: &'static str, act: fn(&mut Running)) -> End {
    End { name, on_a_terminal: true, act }
}

fn signal(forge: &Running, signal: Signal) {
    forge.signal(signal);
}

/// Rust catches the first one, to tell an overflow of the stack from others, and lets the second one kill.
fn segv(forge: &mut Running) {
    let person = Person::of(forge.pid).expect("forge runs");
    forge.finds("forge dies of SIGSEGV", || {
        let _ = kill(Pid::from_raw(person.pid), Signal::SIGSEGV);
        (!person.is_alive()).then_some(())
    });
}

#[derive(Debug, Clone, Copy)]
enum User {
    Whoever,
    Nobody,
}

const USERS: [User; 2] = [User::Whoever, User::Nobody];
const TERMINALS: [&str; 3] = ["full", "line", "pipe"];

/// What is around the processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walls {
    None,
    PidNamespace,
}

/// Plays one cell; returns how long it took until nobody was left.
fn play(kind: &Kind, end: &End, user: User, tty: &str, walls: Walls) -> Duration {
    let mut forge = Forge::new().procfile("web: puppet\nworker: puppet\n");
    if matches!(user, User::Nobody) {
        forge = forge.by_nobody();
    }
    if end.on_a_terminal {
        forge = forge.on_a_terminal().unread();
    }
    let isolate = if walls == Walls::PidNamespace { "--isolate" } else { "" };
    let (mut forge, overseer) =
        forge.start_overseen(&format!("-t {} --tty {tty} {isolate}", GRACE.as_secs_f32()));
    let (web, _worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    let port = web.starts("server", "daemon").binds(0);
    (kind.prepare)(&web);
    let began = SystemTime::now();
    (end.act)(&mut forge);
    overseer.reports("ended");
    let over = UNIX_EPOCH + Duration::from_micros(overseer.reports("nobody").parse().expect("a time"));
    assert!(free::is_free(port), "port {port}");
    over.duration_since(began).unwrap_or_default()
}

fn play_all(kind: &Kind, ends: &[&End], walls: Walls) {
    let is_full = std::env::var_os("FORGE_MATRIX").is_some_and(|wanted| wanted == "full");
    let mut times = Vec::new();
    for (number, end) in ends.iter().enumerate() {
        for (user_number, user) in USERS.into_iter().enumerate() {
            for (tty_number, tty) in TERMINALS.into_iter().enumerate() {
                // Every end meets every user and every terminal, with one child or another.
                let turn = number + kind.name.len();
                if walls == Walls::PidNamespace && !isolate::is_possible(matches!(user, User::Nobody)) {
                    continue;
                }
                if !is_full && (turn % USERS.len() != user_number || turn % TERMINALS.len() != tty_number) {
                    continue;
                }
                let took = play(kind, end, user, tty, walls);
                let cell = format!("{}, {}, {user:?}, {tty}, {walls:?}: {took:?}", kind.name, end.name);
                assert!(!is_full || took < PROMISE + GRACE, "too late: {cell}");
                times.push((took, cell));
            }
        }
    }
    if is_full {
        report(times);
    }
}

#[expect(clippy::print_stdout, reason = "figures for whoever asked for them")]
fn report(mut times: Vec<(Duration, String)>) {
    times.sort();
    let mut text = format!("{} runs, median {:?}\n", times.len(), times[times.len() / 2].0);
    for (_, cell) in times.iter().rev().take(3) {
        let _ = writeln!(text, "  {cell}");
    }
    print!("{text}");
}

macro_rules! matrix {
    ($($test:ident: $kind:expr;)*) => {
        $(mod $test {
            use super::*;

            #[test]
            fn ends() {
                play_all(&$kind, &ENDS.each_ref(), Walls::None);
            }

            #[test]
            fn ends_isolated() {
                let ends = ENDS.iter().chain([&KILL_OF_BOTH]).collect::<Vec<_>>();
                play_all(&$kind, &ends, Walls::PidNamespace);
            }
        })*
    };
}

matrix! {
    well_behaved: WELL_BEHAVED;
    deaf: DEAF;
    double_fork: DOUBLE_FORK;
    daemon: DAEMON;
    own_session: OWN_SESSION;
    nested_sessions: NESTED_SESSIONS;
    chain: CHAIN;
    chain_of_a_daemon: CHAIN_OF_A_DAEMON;
    chain_of_sessions: CHAIN_OF_SESSIONS;
    holds_output: HOLDS_OUTPUT;
    stopped: STOPPED;
    breeds: BREEDS;
    breeds_and_dies: BREEDS_AND_DIES;
}

#[test]
fn the_guard_ignores_what_is_meant_for_others() {
    let forge = Forge::new().procfile("web: puppet\n").start("");
    let web = forge.puppet("web.1");
    let guard = Pid::from_raw(forge.guard().pid);
    for signal in Signal::iterator().filter(|signal| !matches!(signal, Signal::SIGKILL | Signal::SIGSTOP)) {
        kill(guard, signal).expect("the guard is there");
    }
    // Whoever answers a request has lived through them.
    assert_eq!(forge.guard().pid, guard.as_raw());
    web.says("still here");
    forge.sees("web.1 | still here").signal(Signal::SIGTERM).exits_with(0).leaves_nobody_behind();
}
