//! Meets a program between two of its system calls. `ptrace(2)`.
//!
//! For what can go wrong in a moment of microseconds: a test that tries until it meets it would prove nothing by not meeting it.

use std::mem::MaybeUninit;
use std::ptr;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// A system call, by its number and arguments.
pub(crate) type Call = (u64, [u64; 6]);

/// Lets this process be traced by the thread that has started it; to be done between fork and exec.
#[expect(unsafe_code, reason = "ptrace(2)")]
pub(crate) fn be_traced() -> std::io::Result<()> {
    // SAFETY: this request takes no arguments.
    Errno::result(unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) })?;
    Ok(())
}

/// Goes with the new process `pid` to the end of the first call that is the right one, sends it a signal there, and lets it go.
pub(crate) fn signals_after(pid: i32, is_right: impl Fn(&Call) -> bool, signal: Signal) {
    let end_with_the_tracer = (libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL).cast_unsigned();
    assert!(matches!(wait(pid), WaitStatus::Stopped(_, Signal::SIGTRAP)), "it is stopped by its exec");
    ask(libc::PTRACE_SETOPTIONS, pid, end_with_the_tracer as usize);
    let (mut call, mut signal_to_deliver) = (None, 0);
    loop {
        ask(libc::PTRACE_SYSCALL, pid, signal_to_deliver);
        signal_to_deliver = 0;
        match wait(pid) {
            WaitStatus::PtraceSyscall(_) => match entered(pid) {
                Some(entered) => call = Some(entered),
                None if call.as_ref().is_some_and(&is_right) => break,
                None => {}
            },
            WaitStatus::Stopped(_, other) => signal_to_deliver = other as usize,
            end @ (WaitStatus::Exited(..)
            | WaitStatus::Signaled(..)
            | WaitStatus::PtraceEvent(..)
            | WaitStatus::Continued(_)
            | WaitStatus::StillAlive) => panic!("it has not made the call that the test waits for: {end:?}"),
        }
    }
    nix::sys::signal::kill(Pid::from_raw(pid), signal).expect("it is there");
    ask(libc::PTRACE_DETACH, pid, 0);
}

fn wait(pid: i32) -> WaitStatus {
    waitpid(Pid::from_raw(pid), Some(WaitPidFlag::__WALL)).expect("it is a child of this thread")
}

#[expect(unsafe_code, reason = "ptrace(2)")]
fn ask(request: libc::c_uint, pid: i32, data: usize) {
    // SAFETY: none of the requests that are made reads or writes memory of this process.
    Errno::result(unsafe { libc::ptrace(request, pid, ptr::null_mut::<u8>(), data) }).expect("it is traced");
}

/// Returns the call that the process is about to make, `None` if it has just made one.
#[expect(unsafe_code, reason = "ptrace(2)")]
fn entered(pid: i32) -> Option<Call> {
    let mut told = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    // SAFETY: the kernel writes no more than it is told there is room for, and every part of it is a number.
    unsafe {
        let room = size_of::<libc::ptrace_syscall_info>();
        let got = libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, pid, room, told.as_mut_ptr());
        Errno::result(got).expect("Linux 5.3 or newer");
        let told = told.assume_init();
        let is_entry = told.op == libc::PTRACE_SYSCALL_INFO_ENTRY;
        is_entry.then_some((told.u.entry.nr, told.u.entry.args))
    }
}

/// Returns a word of the memory of the process that is traced.
#[expect(unsafe_code, reason = "ptrace(2)")]
pub(crate) fn word_at(pid: i32, address: u64) -> u64 {
    let address = usize::try_from(address).expect("an address is as large as one here");
    Errno::clear();
    // SAFETY: the kernel reads memory of the other process, and refuses where there is none.
    let word = unsafe { libc::ptrace(libc::PTRACE_PEEKDATA, pid, address, 0) };
    assert_eq!(Errno::last_raw(), 0, "it has just used that address");
    word.cast_unsigned()
}
