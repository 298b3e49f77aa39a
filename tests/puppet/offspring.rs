//! Children of a puppet: puppets again, started in every way that makes them hard to find.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::Orders;
use crate::hands::{done, failed};
use crate::wire::Message;

/// Starts another puppet called `name`, which will say hello itself.
///
/// - `child`: an ordinary child, as a shell starts it.
/// - `session`: a child in a session of its own.
/// - `double`: its parent is gone at once.
/// - `daemon`: its parent is gone, in a session of its own, without environment, in `/`, with /dev/null.
pub(crate) fn start(name: &str, how: &str, orders: &Orders) -> Message {
    let started = match how {
        "child" => puppet(name, orders).spawn().map(drop),
        "session" => in_a_session(&mut puppet(name, orders)).spawn().map(drop),
        "double" => puppet(name, orders).args(["--step", how]).status().map(drop),
        "daemon" => in_a_session(puppet(name, orders).args(["--step", how])).status().map(drop),
        _ => return failed(&"a puppet does not know this way to start another"),
    };
    match started {
        Ok(()) => done(),
        Err(error) => failed(&error),
    }
}

/// The middle of a double fork: starts the one that is meant and ends.
pub(crate) fn last_step(how: &str, orders: &Orders) -> i32 {
    let mut command = puppet(&orders.name, orders);
    if how == "daemon" {
        command.env_clear().current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    }
    i32::from(command.spawn().is_err())
}

/// Forks a copy and ends, again and again for some seconds: whoever hunts it by pid is always one step behind.
///
/// Each copy lives for a millisecond, so that a failed test does not use up the machine's pids.
#[expect(unsafe_code, reason = "fork(2) without exec is the point")]
///
/// - `sessions`: each copy has a session of its own, so that they cannot be killed in one step.
/// - `at-once`: none lives for longer than its fork; only for tests whose overseer ends the whole group.
pub(crate) fn chain(seconds: i32, how: &str) -> Message {
    let (has_sessions, is_fast) = (how == "sessions", how == "at-once");
    let end = Instant::now() + Duration::from_secs(u64::from(seconds.unsigned_abs()));
    // SAFETY: after each fork only clock_gettime(2), nanosleep(2), fork(2), setsid(2) and _exit(2) are called, all safe in a
    // child of a process with threads.
    unsafe {
        match libc::fork() {
            -1 => return failed(&"fork"),
            0 => {
                while Instant::now() < end && libc::fork() == 0 {
                    if has_sessions {
                        libc::setsid();
                    }
                    if !is_fast {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
            }
            _ => return done(),
        }
        libc::_exit(0)
    }
}

/// How often a process and its offspring go forth and multiply at most; a mistake must not fill the machine.
const GENERATIONS: i32 = 2_000;

static GENERATION: AtomicI32 = AtomicI32::new(0);
static DIES_IN_CHILDBIRTH: AtomicBool = AtomicBool::new(false);

/// Answers SIGTERM from now on with a new process in a session of its own that does the same, and so on.
///
/// - `lives`: it lives on itself.
/// - `dies`: it ends, so that there is always one, and never the one that was asked.
pub(crate) fn breed(how: &str) -> Message {
    DIES_IN_CHILDBIRTH.store(how == "dies", Ordering::SeqCst);
    let action = SigAction::new(SigHandler::Handler(multiply), SaFlags::SA_RESTART, SigSet::empty());
    #[expect(unsafe_code, reason = "sigaction(2)")]
    // SAFETY: the handler only makes system calls that are async-signal-safe.
    match unsafe { sigaction(Signal::SIGTERM, &action) } {
        Ok(_) => done(),
        Err(errno) => failed(&errno),
    }
}

#[expect(unsafe_code, reason = "fork(2) in a signal handler is the point")]
extern "C" fn multiply(_signal: i32) {
    if GENERATION.fetch_add(1, Ordering::SeqCst) > GENERATIONS {
        return;
    }
    // SAFETY: all of these are async-signal-safe; none but setsid, pause and this handler runs in the new process.
    unsafe {
        match libc::fork() {
            0 => {
                libc::setsid();
                let mut none = std::mem::zeroed();
                libc::sigemptyset(&raw mut none);
                libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
                loop {
                    libc::pause();
                }
            }
            1.. if DIES_IN_CHILDBIRTH.load(Ordering::SeqCst) => libc::_exit(0),
            _ => {}
        }
    }
}

fn puppet(name: &str, orders: &Orders) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("puppet").arg("--socket").arg(&orders.socket).args(["--as", name]);
    command
}

#[expect(unsafe_code, reason = "setsid(2) between fork and exec")]
fn in_a_session(command: &mut Command) -> &mut Command {
    // SAFETY: setsid(2) is async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            nix::unistd::setsid()?;
            Ok(())
        })
    }
}
