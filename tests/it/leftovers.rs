//! Nobody outlives forge: hostile children, times the ways in which forge ends.
//!
//! Each cell starts the same kind of hostile stack, ends forge in one way, and then nobody may be alive who
//! belongs to it: found by a variable that all of it carries, and, for those who throw it away, by name.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::forge::Forge;
use crate::running::Running;

/// A kind of stack: its Procfile, and what its puppets do before the end.
struct Kind {
    procfile: &'static str,
    prepare: fn(&Running),
}

const PLAIN: Kind = Kind {
    procfile: "web: puppet\nworker: puppet\n",
    prepare: |forge| {
        forge.puppet("web.1");
        forge.puppet("worker.1");
    },
};

const COMPOUND: Kind = Kind {
    procfile: "web: puppet; puppet --as second\nworker: (puppet && true) | cat\n",
    prepare: |forge| {
        forge.puppet("web.1");
        forge.puppet("worker.1");
    },
};

const BACKGROUND: Kind = Kind {
    procfile: "web: puppet --as first & puppet --as second\n",
    prepare: |forge| {
        forge.puppet("first");
        forge.puppet("second");
    },
};

const BESIDE: Kind = Kind {
    procfile: "web: puppet --as hidden > /dev/null 2>&1 & exec puppet\n",
    prepare: |forge| {
        forge.puppet("hidden").ignores(Signal::SIGTERM).ignores(Signal::SIGHUP);
        forge.puppet("web.1");
    },
};

const DOUBLE_FORK: Kind = Kind {
    procfile: "web: puppet\n",
    prepare: |forge| {
        forge.puppet("web.1").starts("hidden", "double").ignores(Signal::SIGHUP);
    },
};

const OWN_SESSION: Kind = Kind {
    procfile: "web: puppet\n",
    prepare: |forge| {
        let web = forge.puppet("web.1");
        web.starts("hidden", "session").starts("deeper", "session");
    },
};

const DAEMON: Kind = Kind {
    procfile: "web: puppet\n",
    prepare: |forge| {
        forge.puppet("web.1").starts("hidden", "daemon").starts("deeper", "daemon");
    },
};

const DEAF: Kind = Kind {
    procfile: "web: puppet\n",
    prepare: |forge| {
        let web = forge.puppet("web.1");
        for puppet in [&web, &web.starts("child", "child"), &web.starts("hidden", "daemon")] {
            for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT] {
                puppet.ignores(signal);
            }
        }
    },
};

const STOPPED: Kind = Kind {
    procfile: "web: puppet\n",
    prepare: |forge| {
        let web = forge.puppet("web.1");
        web.starts("hidden", "double").stops();
        web.stops();
    },
};

const HOLDS_OUTPUT: Kind = Kind {
    procfile: "web: puppet\n",
    prepare: |forge| {
        let web = forge.puppet("web.1");
        web.starts("holder", "double").ignores(Signal::SIGTERM).prints("still here");
    },
};

const CHAIN: Kind = Kind {
    procfile: "web: puppet\n",
    prepare: |forge| {
        forge.puppet("web.1").starts_a_chain(5);
    },
};

/// How forge is ended.
type End = fn(&Running);

const TERM: End = |forge| {
    forge.signal(Signal::SIGTERM);
};
const KILL: End = |forge| {
    forge.signal(Signal::SIGKILL);
};
const KILL_GROUP: End = |forge| {
    forge.signal_to_its_group(Signal::SIGKILL);
};
const KILL_GUARD: End = |forge| {
    kill(Pid::from_raw(forge.guard().pid), Signal::SIGKILL).expect("the guard is there");
};
const STOP_THEN_KILL: End = |forge| {
    forge.signal(Signal::SIGSTOP).is_stopped().signal(Signal::SIGKILL);
};
const ABORT: End = |forge| {
    forge.signal(Signal::SIGABRT);
};

fn nobody_is_left(forge: Forge, kind: &Kind, end: End) {
    let forge = forge.procfile(kind.procfile).start("-t 1");
    (kind.prepare)(&forge);
    end(&forge);
    forge.ends();
    forge.leaves_nobody_behind();
}

macro_rules! every_end_of {
    ($($kind:ident: $which:expr;)*) => {
        $(mod $kind {
            use super::*;

            #[test]
            fn term() {
                nobody_is_left(Forge::new(), &$which, TERM);
            }

            #[test]
            fn kill() {
                nobody_is_left(Forge::new(), &$which, KILL);
            }

            #[test]
            fn kill_the_group() {
                nobody_is_left(Forge::new(), &$which, KILL_GROUP);
            }

            #[test]
            fn kill_the_guard() {
                nobody_is_left(Forge::new(), &$which, KILL_GUARD);
            }

            #[test]
            fn kill_by_nobody() {
                nobody_is_left(Forge::new().by_nobody(), &$which, KILL);
            }
        })*
    };
}

every_end_of! {
    plain: PLAIN;
    compound: COMPOUND;
    background: BACKGROUND;
    beside: BESIDE;
    double_fork: DOUBLE_FORK;
    own_session: OWN_SESSION;
    daemon: DAEMON;
    deaf: DEAF;
    stopped: STOPPED;
    holds_output: HOLDS_OUTPUT;
    chain: CHAIN;
}

#[test]
fn a_stopped_and_then_killed_forge_leaves_nobody() {
    nobody_is_left(Forge::new(), &DAEMON, STOP_THEN_KILL);
}

#[test]
fn an_aborted_forge_leaves_nobody() {
    nobody_is_left(Forge::new(), &DAEMON, ABORT);
}

#[test]
fn a_terminal_that_goes_away_leaves_nobody() {
    for kind in [&COMPOUND, &DAEMON, &DEAF] {
        let mut forge = Forge::new().procfile(kind.procfile).on_a_terminal().unread().start("-t 1");
        (kind.prepare)(&forge);
        forge.hangs_up().leaves_nobody_behind();
    }
}

#[test]
fn a_process_that_ends_takes_along_what_it_started() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("--exit-on all");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    let left = ["child", "session", "double"].map(|how| web.starts(how, how));
    web.exits(0);
    // They get SIGTERM when their leader ends; nobody has to wait for the end of the stack.
    for hidden in &left {
        hidden.is_gone();
    }
    assert!(worker.is_alive());
    forge.signal(Signal::SIGTERM).exits_with(0).leaves_nobody_behind();
}

#[test]
fn what_a_dying_leader_leaves_gets_term_and_time() {
    let forge = Forge::new().procfile("web: puppet; true\n").start("-t 600");
    let web = forge.puppet("web.1");
    web.catches(Signal::SIGTERM);
    // The shell dies of it; the puppet falls to the guard and gets its own.
    forge.signal(Signal::SIGTERM);
    web.has_caught(Signal::SIGTERM).says("last words").exits(0);
    forge.exits_with(0).sees("web.1 | last words").leaves_nobody_behind();
}

#[test]
fn no_zombie_is_kept() {
    let forge = Forge::new().procfile("web: puppet\n").start("");
    let web = forge.puppet("web.1");
    let orphans: Vec<_> = (0..10).map(|index| web.starts(&format!("orphan{index}"), "double")).collect();
    let pids: Vec<i32> = orphans.iter().map(|orphan| orphan.person.pid).collect();
    for orphan in &orphans {
        orphan.exits(0);
    }
    forge.finds("nothing of them, not even a zombie", || {
        pids.iter().all(|pid| crate::census::stat(*pid).is_none()).then_some(())
    });
    forge.signal(Signal::SIGTERM).exits_with(0);
}

#[test]
fn ports_are_free_again() {
    for end in [TERM, KILL, KILL_GROUP, KILL_GUARD] {
        let forge = Forge::new().procfile("web: puppet\n").start("-t 1");
        let web = forge.puppet("web.1");
        let port = web.starts("hidden", "daemon").binds(0);
        end(&forge);
        forge.ends();
        forge.leaves_nobody_behind();
        assert!(crate::free::is_free(port), "port {port}");
    }
}

#[test]
fn forge_and_guard_killed_at_once_leave_no_leader() {
    // The one gap: what has left its leader's reach survives if nobody is there to end it. Leaders never do.
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    for puppet in [&web, &worker] {
        puppet.ignores(Signal::SIGTERM).ignores(Signal::SIGHUP);
    }
    let guard = Pid::from_raw(forge.guard().pid);
    // Stopped, forge can do nothing about the end of the guard.
    forge.signal(Signal::SIGSTOP).is_stopped();
    kill(guard, Signal::SIGKILL).expect("the guard is there");
    forge.signal(Signal::SIGKILL);
    forge.leaves_nobody_behind();
}

#[test]
fn a_forge_within_a_forge_ends_with_it() {
    for end in [TERM, KILL] {
        let inner = format!("inner: {} start -f Inner\n", env!("CARGO_BIN_EXE_forge"));
        let forge = Forge::new().procfile(inner).file("Inner", "web: puppet\n").start("-t 1");
        let web = forge.puppet("web.1");
        web.starts("hidden", "daemon").ignores(Signal::SIGTERM);
        end(&forge);
        forge.ends();
        forge.leaves_nobody_behind();
    }
}
