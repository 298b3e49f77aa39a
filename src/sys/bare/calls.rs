//! The calls themselves, without libc.

use std::arch::asm;
use std::ffi::c_char;

use super::{Done, Texts};
use crate::sys::descriptor_table::FileLimit;

/// # Safety
/// The arguments are such as the call wants.
#[cfg(target_arch = "x86_64")]
unsafe fn call(number: i64, [a, b, c, d]: [usize; 4]) -> isize {
    let result;
    // SAFETY: the kernel keeps all registers but rax, rcx and r11; the rest is the caller's promise.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    result
}

/// # Safety
/// See above.
#[cfg(target_arch = "aarch64")]
unsafe fn call(number: i64, [a, b, c, d]: [usize; 4]) -> isize {
    let result;
    // SAFETY: the kernel keeps all registers but x0; the rest is the caller's promise.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            options(nostack),
        );
    }
    result
}

fn done(result: isize) -> Done {
    if result < 0 { Err(errno(result)) } else { Ok(()) }
}

/// The number of an error, which the kernel gives below zero.
fn errno(result: isize) -> i32 {
    i32::try_from(result.wrapping_neg()).unwrap_or(libc::EINVAL)
}

/// A number as the kernel reads it: as wide as a register, with its sign.
fn word(number: i32) -> usize {
    (number as isize).cast_unsigned()
}

/// Starts a session of its own, without a terminal. `setsid(2)`.
pub fn start_session() -> Done {
    // SAFETY: setsid(2) has no arguments.
    done(unsafe { call(libc::SYS_setsid, [0; 4]) })
}

/// Asks the kernel to kill this process when its parent dies (`PR_SET_PDEATHSIG`). Returns false if the parent is gone
/// already.
pub fn die_with(parent: i32) -> bool {
    // SAFETY: neither touches memory.
    let found = unsafe {
        call(libc::SYS_prctl, [word(libc::PR_SET_PDEATHSIG), word(libc::SIGKILL), 0, 0]);
        call(libc::SYS_getppid, [0; 4])
    };
    found == parent as isize
}

/// Makes `number` another name of a descriptor that has another number. `dup3(2)`.
pub fn duplicate_onto(descriptor: i32, number: i32) -> Done {
    // SAFETY: dup3(2) touches no memory.
    done(unsafe { call(libc::SYS_dup3, [word(descriptor), word(number), 0, 0]) })
}

/// Makes the terminal on descriptor 0 the controlling terminal of this session.
pub fn take_terminal() -> Done {
    let request = usize::try_from(libc::TIOCSCTTY).unwrap_or_default();
    // SAFETY: TIOCSCTTY takes no pointer.
    done(unsafe { call(libc::SYS_ioctl, [0, request, 0, 0]) })
}

/// Sets how many files may be open. It is good to have: where it fails, the limit stays as it is.
pub fn set_file_limit(limit: FileLimit) {
    let limit = [limit.soft, limit.hard];
    // SAFETY: prlimit64(2) reads one limit.
    unsafe {
        call(libc::SYS_prlimit64, [0, libc::RLIMIT_NOFILE as usize, (&raw const limit) as usize, 0]);
    }
}

/// Adds to the niceness of this process. `getpriority(2)`.
pub fn add_niceness(by: i32) -> Done {
    if by == 0 {
        return Ok(());
    }
    // SAFETY: neither touches memory.
    let result = unsafe {
        // 20 less the niceness, which is never an error.
        let below = call(libc::SYS_getpriority, [libc::PRIO_PROCESS as usize, 0, 0, 0]);
        let now = 20 - i32::try_from(below).unwrap_or(20);
        let wanted = (now + by).clamp(-20, 19);
        done(call(libc::SYS_setpriority, [libc::PRIO_PROCESS as usize, 0, word(wanted), 0]))
    };
    match result {
        Err(errno @ (libc::EPERM | libc::EACCES)) => Err(errno),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Goes to a directory. `chdir(2)`.
///
/// # Safety
/// It is a string that ends in NUL.
pub unsafe fn change_directory(path: *const c_char) -> Done {
    // SAFETY: the caller's promise.
    done(unsafe { call(libc::SYS_chdir, [path as usize, 0, 0, 0]) })
}

/// Lets exec close every descriptor from 3 up; below `highest` one by one, where the kernel cannot do it at once.
pub fn close_others_on_exec(highest: i32) {
    const CLOSE_RANGE_CLOEXEC: usize = 4;
    // SAFETY: these change flags of descriptors, no memory; a number that is not open answers EBADF.
    unsafe {
        if call(libc::SYS_close_range, [3, u32::MAX as usize, CLOSE_RANGE_CLOEXEC, 0]) == 0 {
            return;
        }
        for number in 3..highest {
            call(libc::SYS_fcntl, [word(number), word(libc::F_SETFD), word(libc::FD_CLOEXEC), 0]);
        }
    }
}

/// Gives all signals their default action, and blocks none.
pub fn reset_signals() {
    /// As many as the kernel has, and the bytes of a set of them.
    const SIGNALS: usize = 64;
    const SET_BYTES: usize = 8;
    // The kernel's own `sigaction`: a default needs neither flags nor a way back.
    let action = [0_u64; 4];
    let none = 0_u64;
    // SAFETY: rt_sigaction(2) reads one action, rt_sigprocmask(2) one set. The first refuses SIGKILL and SIGSTOP, which is
    // fine.
    unsafe {
        for signal in 1..=SIGNALS {
            call(libc::SYS_rt_sigaction, [signal, (&raw const action) as usize, 0, SET_BYTES]);
        }
        call(libc::SYS_rt_sigprocmask, [word(libc::SIG_SETMASK), (&raw const none) as usize, 0, SET_BYTES]);
    }
}

/// Becomes another program; returns the error if that fails.
///
/// # Safety
/// The lists end in a null pointer and consist of strings that end in NUL; the first has one at least.
pub unsafe fn execute(arguments: Texts, environment: Texts) -> i32 {
    // SAFETY: the caller's promise.
    let result =
        unsafe { call(libc::SYS_execve, [*arguments as usize, arguments as usize, environment as usize, 0]) };
    errno(result)
}

/// Returns the number of this process in the world whose `/proc` this directory is; 0 where that cannot be known.
pub fn pid_outside(proc: i32) -> i32 {
    let mut text = [0_u8; 16];
    let (name, into) = (c"self".as_ptr() as usize, text.as_mut_ptr() as usize);
    // SAFETY: readlinkat(2) reads a name that ends in NUL and writes at most so many bytes.
    let length = unsafe { call(libc::SYS_readlinkat, [word(proc), name, into, text.len()]) };
    let mut number = 0_i32;
    for byte in text.iter().take(usize::try_from(length).unwrap_or(0)) {
        number = number.wrapping_mul(10).wrapping_add(i32::from(byte.wrapping_sub(b'0')));
    }
    number
}

/// Writes what fits. `write(2)`.
pub fn write(descriptor: i32, bytes: &[u8]) -> Done {
    // SAFETY: write(2) reads as many bytes as there are.
    done(unsafe { call(libc::SYS_write, [word(descriptor), bytes.as_ptr() as usize, bytes.len(), 0]) })
}

/// Ends this process at once. `exit_group(2)`.
pub fn leave(code: i32) -> ! {
    loop {
        // SAFETY: it does not return.
        unsafe { call(libc::SYS_exit_group, [word(code), 0, 0, 0]) };
    }
}
