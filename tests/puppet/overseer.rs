//! Who stands above a forge and sees the end of everything below it.
//!
//! Whatever gets away from forge and its guard falls to the overseer, whatever it did to hide: that is the kernel's
//! doing (`PR_SET_CHILD_SUBREAPER`), no list can be incomplete and no environment be cleared. When it has no children
//! any more, nobody is left. When the test hangs up before that, it ends all that there is.

use std::fs;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpgid, getpgrp, setpgid, setsid};

use crate::tell;

nix::ioctl_none_bad!(take_terminal, libc::TIOCSCTTY);

/// Runs `program` as the leader of a group, or of a session with the terminal on stdin, and tells the test
/// `forge PID`, `ended TIME` when it has ended, and `nobody TIME` when nobody is left; then it ends.
pub(crate) fn oversee(place: &str, program: &[String], test: UnixStream) -> i32 {
    nix::sys::prctl::set_child_subreaper(true).expect("Linux has had it since 3.4");
    let Some((program, arguments)) = program.split_first() else { return 97 };
    let mut command = Command::new(program);
    command.args(arguments);
    let forge = if place == "terminal" { on_the_terminal(&mut command) } else { command.process_group(0) };
    let Ok(forge) = forge.spawn() else { return 96 };
    let forge = i32::try_from(forge.id()).expect("a pid is a small number");
    let _ = setpgid(Pid::from_raw(forge), Pid::from_raw(forge));
    let null = fs::File::options().read(true).write(true).open("/dev/null").expect("there is /dev/null");
    nix::unistd::dup2_stdin(&null).expect("a number that is in use can be replaced");
    nix::unistd::dup2_stdout(&null).expect("a number that is in use can be replaced");
    nix::unistd::dup2_stderr(&null).expect("a number that is in use can be replaced");
    tell(&[b"forge", forge.to_string().as_bytes()]);
    std::thread::spawn(move || end_all_without(test));
    loop {
        match waitpid(None, None) {
            Ok(dead) if dead.pid() == Some(Pid::from_raw(forge)) => tell(&[b"ended", now().as_bytes()]),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => {
                tell(&[b"nobody", now().as_bytes()]);
                return 0;
            }
        }
    }
}

/// Waits until the test is gone and then ends everybody.
fn end_all_without(mut test: UnixStream) {
    while matches!(test.read(&mut [0]), Ok(1..)) {}
    loop {
        for pid in children() {
            // With its group: the kernel walks it in one step, which outruns who forks and exits all the time.
            if let Ok(group) = getpgid(Some(pid))
                && group != getpgrp()
            {
                let _ = killpg(group, Signal::SIGKILL);
            }
            let _ = kill(pid, Signal::SIGKILL);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn children() -> Vec<Pid> {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    let lists =
        threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let pids: Vec<Pid> = lists
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>())
        .map(Pid::from_raw)
        .collect();
    pids
}

/// Microseconds, on a clock that the test has too.
fn now() -> String {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros().to_string()
}

#[expect(unsafe_code, reason = "a session with a terminal is made between fork and exec")]
fn on_the_terminal(command: &mut Command) -> &mut Command {
    // SAFETY: setsid(2) and ioctl(2) are async-signal-safe, and the request touches no memory.
    unsafe {
        command.pre_exec(|| {
            setsid()?;
            take_terminal(0)?;
            Ok(())
        })
    }
}
