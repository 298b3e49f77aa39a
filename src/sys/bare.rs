//! What a new process does between its birth and its exec, in system calls and nothing else.
//!
//! It may share the memory of the process that has made it, which goes on meanwhile ([`super::birth`]). The number of the
//! last error lies in that memory, too, so that where memory is lent these calls bypass libc and touch nothing but the
//! stack of the caller. Errors are numbers of `errno(3)`.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod calls;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "bare/calls_of_libc.rs"]
mod calls;

pub use calls::{
    add_niceness, change_directory, close_others_on_exec, die_with, duplicate_onto, execute, leave,
    pid_outside, reset_signals, set_file_limit, start_session, take_terminal, write,
};

/// Whether a call is done, or the number of its error.
pub type Done = Result<(), i32>;

/// A list of strings as exec wants it: pointers, the last of which is null.
pub type Texts = *const *const std::ffi::c_char;
