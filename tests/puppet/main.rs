//! A child that does exactly what a test tells it, over the Unix socket in `$FORGE_PUPPET_DIR`.
//!
//! It says hello with its name (`$PS`, or what stands after `--as`), its pid and its start time, then obeys one
//! message after the other. It never does anything by itself, and it lives on when the test hangs up: a puppet
//! that died of its own accord would make every test of leftovers pass. Only when the program of the tests itself is
//! gone, killed perhaps, it goes too.
//!
//! It has no ordinary `main`, because Rust's start-up code ignores SIGPIPE and opens closed descriptors; the
//! puppet must be able to report how it was really started.
#![no_main]
#![expect(
    clippy::disallowed_methods,
    reason = "a puppet is a program of its own: none of forge's rooms is here"
)]
#![expect(clippy::exit, reason = "ending in many ways is what a puppet is for")]

mod birth;
mod hands;
mod offspring;
mod overseer;
mod wire;

use std::ffi::{c_char, c_int};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use birth::Birth;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::Pid;

/// The way to the test; threads share it.
static TEST: OnceLock<Mutex<UnixStream>> = OnceLock::new();

/// What a puppet was told on its command line.
struct Orders {
    /// What it calls itself.
    name: String,
    /// The test's socket.
    socket: PathBuf,
    /// How to start somebody of that name before ending at once, where this is only a step of a double fork.
    step: Option<String>,
    /// What to run and to stand above, and where: see `overseer.rs`.
    oversees: Option<Vec<String>>,
}

#[expect(unsafe_code, reason = "the C entry point, to be there before Rust's start-up code changes anything")]
#[unsafe(no_mangle)]
extern "C" fn main(_count: c_int, _arguments: *const *const c_char) -> c_int {
    let birth = Birth::certificate();
    let Some(orders) = orders() else {
        complain("FORGE_PUPPET_DIR is not set: a puppet needs a test that tells it what to do");
        return 99;
    };
    if let Some(how) = &orders.step {
        return offspring::last_step(how, &orders);
    }
    let Ok(mut test) = UnixStream::connect(&orders.socket) else {
        complain("the test's socket does not answer");
        return 98;
    };
    let mine = test.try_clone().expect("a descriptor is free");
    TEST.set(Mutex::new(mine)).expect("set here alone");
    tell(&[b"hello", orders.name.as_bytes(), birth.pid.as_bytes(), birth.started.as_bytes()]);
    if let Some([place, program @ ..]) = orders.oversees.as_deref() {
        return overseer::oversee(place, program, test);
    }
    while let Ok(Some(message)) = wire::receive(&mut test) {
        let message: Vec<&[u8]> = message.iter().map(Vec::as_slice).collect();
        let answer = hands::obey(&message, &birth, &orders);
        let answer: Vec<&[u8]> = answer.iter().map(Vec::as_slice).collect();
        tell(&answer);
    }
    outlive_all_but(&test)
}

/// Lives until the process at the other end of the line is gone, which may have hung up long before.
fn outlive_all_but(test: &UnixStream) -> c_int {
    let tester = getsockopt(test, PeerCredentials).map_or(-1, |peer| peer.pid());
    // 0 is a process outside of this one's pid namespace; the end of the namespace is the end of this one then.
    while tester == 0 || kill(Pid::from_raw(tester), None) != Err(Errno::ESRCH) {
        std::thread::sleep(Duration::from_millis(300));
    }
    0
}

/// Sends a message to the test; if the test is gone, nobody needs to know.
fn tell(fields: &[&[u8]]) {
    if let Some(test) = TEST.get() {
        let mut test = test.lock().expect("no thread of a puppet panics");
        let _ = wire::send(&mut *test, fields);
    }
}

fn orders() -> Option<Orders> {
    // Not `std::env::args`: without Rust's start-up code they are there on some platforms only.
    let line = std::fs::read("/proc/self/cmdline").ok()?;
    let words: Vec<String> =
        line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let oversees = words.get(1).is_some_and(|word| word == "--oversee").then(|| {
        // The last word is what stands behind the last NUL: nothing.
        words[2..].iter().take(words.len() - 3).cloned().collect()
    });
    let after = |option: &str| {
        words.iter().position(|word| word == option).and_then(|place| words.get(place + 1)).cloned()
    };
    let socket = match after("--socket") {
        Some(path) => PathBuf::from(path),
        None => Path::new(&std::env::var_os("FORGE_PUPPET_DIR")?).join("socket"),
    };
    let name = after("--as")
        .or_else(|| std::env::var("PS").ok())
        .unwrap_or_else(|| if oversees.is_some() { "overseer" } else { "nobody" }.to_owned());
    Some(Orders { name, socket, step: after("--step"), oversees })
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "puppet: {text}");
}
