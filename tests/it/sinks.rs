//! Standard output that is closed, shared, stuck or full.

use nix::sys::signal::Signal;

use crate::forge::Forge;

const FORGE: &str = env!("CARGO_BIN_EXE_forge");

#[test]
fn a_silent_stack_ends_when_its_reader_goes() {
    let mut forge = Forge::new().procfile("web: puppet\n").unread().start("-t 600");
    let web = forge.puppet("web.1");
    web.catches(Signal::SIGTERM);
    forge.loses_its_stdout();
    web.has_caught(Signal::SIGTERM).exits(0);
    forge.exits_with(0).leaves_nobody_behind();
}

#[test]
fn head_ends_the_stack_and_both_succeed() {
    let script = format!("{FORGE} start | head -1; echo status $?");
    let shell = Forge::new().procfile("web: puppet\n").launch_program("/bin/sh".as_ref(), &["-c", &script]);
    shell.sees("web.1 | started with pid").sees("status 0").exits_with(0).leaves_nobody_behind();
}

#[test]
fn a_full_nonblocking_stdout_is_waited_for() {
    const LINES: usize = 20_000;
    let mut forge = Forge::new()
        .procfile(format!("web: puppet; seq 1 {LINES}\n"))
        .with_a_nonblocking_stdout()
        .unread()
        .start("--tty pipe");
    let web = forge.puppet("web.1");
    web.exits(0);
    // It is full when this many bytes wait in it, and forge has been told to come later.
    let full = forge.unread.as_ref().expect("it was left unread").try_clone().expect("a descriptor is free");
    forge.finds("a full pipe", || (waiting_bytes(&full) >= 60_000).then_some(()));
    drop(full);
    forge.is_read_now();
    let ended = forge.ends();
    ended.exits_with(0);
    let numbers: Vec<usize> = ended.lines_of("web.1").iter().filter_map(|line| line.parse().ok()).collect();
    assert!(numbers.into_iter().eq(1..=LINES), "lines are lost");
}

#[expect(unsafe_code, reason = "FIONREAD has no safe call")]
fn waiting_bytes(pipe: &std::fs::File) -> i32 {
    let mut count = 0;
    // SAFETY: FIONREAD writes one int, and `count` is one.
    unsafe { libc::ioctl(std::os::fd::AsRawFd::as_raw_fd(pipe), libc::FIONREAD, &raw mut count) };
    count
}

#[test]
fn a_file_that_may_not_grow_ends_the_stack_with_a_reason() {
    let script = format!("ulimit -f 8; exec {FORGE} start >out");
    let forge = Forge::new().procfile("web: seq 1 100000; sleep 600\n");
    let shell = forge.launch_program("/bin/sh".as_ref(), &["-c", &script]);
    shell.ends().exits_with(125).complained(&["standard output", "too large"]);
    shell.leaves_nobody_behind();
}

#[test]
fn a_full_disk_and_a_closed_stderr_are_survived() {
    let script = format!("exec {FORGE} start >/dev/full 2>&-");
    let forge = Forge::new().procfile("web: puppet\n");
    let shell = forge.launch_program("/bin/sh".as_ref(), &["-c", &script]);
    shell.ends().exits_with(125);
    shell.leaves_nobody_behind();
}
