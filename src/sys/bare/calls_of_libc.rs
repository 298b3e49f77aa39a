//! The calls where no memory is lent: libc may do them.

use std::ffi::c_char;
use std::io;
use std::os::fd::BorrowedFd;

use nix::errno::Errno;

use super::{Done, Texts};
use crate::sys::descriptor_table::{self, FileLimit};
use crate::sys::{process, signals};

fn done(result: io::Result<()>) -> Done {
    result.map_err(|error| error.raw_os_error().unwrap_or(libc::EINVAL))
}

/// Starts a session of its own, without a terminal.
pub fn start_session() -> Done {
    done(process::start_session())
}

/// Asks the kernel to kill this process when its parent dies. Returns false if the parent is gone already.
pub fn die_with(parent: i32) -> bool {
    process::die_with(parent)
}

/// Makes `number` another name of a descriptor that has another number.
pub fn duplicate_onto(descriptor: i32, number: i32) -> Done {
    done(descriptor_table::duplicate_onto(descriptor, number))
}

/// Makes the terminal on descriptor 0 the controlling terminal of this session.
pub fn take_terminal() -> Done {
    done(process::take_terminal())
}

/// Sets how many files may be open. It is good to have: where it fails, the limit stays as it is.
pub fn set_file_limit(limit: FileLimit) {
    descriptor_table::set_file_limit(limit);
}

/// Adds to the niceness of this process.
pub fn add_niceness(by: i32) -> Done {
    done(process::add_niceness(by))
}

/// Goes to a directory.
///
/// # Safety
/// It is a string that ends in NUL.
pub unsafe fn change_directory(path: *const c_char) -> Done {
    // SAFETY: the caller's promise.
    Errno::result(unsafe { libc::chdir(path) }).map(drop).map_err(|errno| errno as i32)
}

/// Lets exec close every descriptor from 3 up.
pub fn close_others_on_exec(_highest: i32) {
    descriptor_table::close_others_on_exec();
}

/// Gives all signals their default action, and blocks none.
pub fn reset_signals() {
    signals::reset_all();
}

/// Becomes another program; returns the error if that fails.
///
/// # Safety
/// The lists end in a null pointer and consist of strings that end in NUL; the first has one at least.
pub unsafe fn execute(arguments: Texts, environment: Texts) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { libc::execve(*arguments, arguments, environment) };
    Errno::last_raw()
}

/// Returns the number of this process in the world whose `/proc` this directory is; 0 where that cannot be known.
pub fn pid_outside(proc: i32) -> i32 {
    // SAFETY: the caller has it open.
    let proc = unsafe { BorrowedFd::borrow_raw(proc) };
    let name = nix::fcntl::readlinkat(proc, "self").ok();
    name.and_then(|name| name.to_str()?.parse().ok()).unwrap_or_default()
}

/// Writes what fits.
pub fn write(descriptor: i32, bytes: &[u8]) -> Done {
    // SAFETY: the caller has it open.
    let descriptor = unsafe { BorrowedFd::borrow_raw(descriptor) };
    nix::unistd::write(descriptor, bytes).map(drop).map_err(|errno| errno as i32)
}

/// Ends this process at once.
pub fn leave(code: i32) -> ! {
    process::leave(code)
}
