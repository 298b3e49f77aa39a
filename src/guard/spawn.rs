//! Starting one process: fork, a session of its own, its descriptors, a clean slate of signals, exec.
//!
//! The guard has one thread, so that everything between fork and exec may be ordinary code; it is kept to system calls
//! all the same.

use std::ffi::{CString, c_char};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use super::wire::{Spawn, byte_of, step_of};
use crate::exit::Step;
use crate::sys::cgroup::{self, Group};
use crate::sys::descriptor_table::{self, FileLimit};
use crate::sys::namespace::Outside;
use crate::sys::process::{self, Fork};
use crate::sys::{pipe, signals};

/// A process between fork and exec.
#[derive(Debug)]
pub(super) struct Starting {
    /// The launch.
    pub(super) run: u64,
    /// The process.
    pub(super) pid: i32,
    /// Closed by a successful exec; carries the failure otherwise. From a namespace, the number of the process outside
    /// comes first: it is 0 there if it cannot be known.
    pub(super) verdict: OwnedFd,
    /// Whether that is so.
    in_namespace: bool,
}

/// Why a process could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) step: Step,
    pub(super) errno: i32,
}

impl Failure {
    /// Makes a failure of what is to be done in a step.
    pub(super) fn at(step: Step) -> impl Fn(io::Error) -> Failure {
        move |error| Failure { step, errno: error.raw_os_error().unwrap_or(libc::EINVAL) }
    }

    fn encode(self) -> [u8; 5] {
        let [a, b, c, d] = self.errno.to_le_bytes();
        [byte_of(self.step), a, b, c, d]
    }

    fn decode([step, errno @ ..]: [u8; 5]) -> Failure {
        let step = step_of(step).unwrap_or(Step::Prepare);
        Failure { step, errno: i32::from_le_bytes(errno) }
    }
}

impl Starting {
    /// Returns the number by which forge knows the process, or why it could not be started. Waits until that is known.
    pub(super) fn verdict(self) -> Result<i32, Failure> {
        let mut verdict = std::fs::File::from(self.verdict);
        let mut pid = self.pid;
        if self.in_namespace {
            let mut number = [0; 4];
            // Whoever is killed before it can say it was nobody outside either.
            pid = if verdict.read_exact(&mut number).is_ok() { i32::from_le_bytes(number) } else { 0 };
        }
        let mut words = [0; 5];
        if verdict.read_exact(&mut words).is_ok() { Err(Failure::decode(words)) } else { Ok(pid) }
    }
}

/// Forks; the child becomes the program.
pub(super) fn spawn(
    spawn: &Spawn,
    standard: &[OwnedFd; 3],
    file_limit: Option<FileLimit>,
    group: Option<&Group>,
    outside: Option<&Outside>,
) -> Result<Starting, Failure> {
    let program = Program::prepare(spawn).map_err(Failure::at(Step::Exec))?;
    let (verdict, report) = pipe::pipe().map_err(Failure::at(Step::Connect))?;
    let guard = process::own_pid();
    match fork(group).map_err(Failure::at(Step::Fork))? {
        Fork::Parent { child } => {
            Ok(Starting { run: spawn.run, pid: child, verdict, in_namespace: outside.is_some() })
        }
        Fork::Child => {
            let mut report = std::fs::File::from(report);
            if let Some(outside) = outside {
                let _ = report.write_all(&outside.own_pid().unwrap_or_default().to_le_bytes());
            }
            let failure = become_program(&program, guard, standard, file_limit);
            let _ = report.write_all(&failure.encode());
            process::leave(127)
        }
    }
}

/// Into the group where there is one; without it where that fails, as it is good to have and not needed.
fn fork(group: Option<&Group>) -> io::Result<Fork> {
    if let Some(group) = group
        // SAFETY: the guard has one thread.
        && let Ok(fork) = unsafe { cgroup::fork_into(group) }
    {
        return Ok(fork);
    }
    // SAFETY: as above.
    unsafe { process::fork() }
}

/// What exec wants, made before the fork.
struct Program {
    directory: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    terminal: bool,
    nice: i32,
}

impl Program {
    fn prepare(spawn: &Spawn) -> io::Result<Program> {
        let text = |bytes: &Vec<u8>| CString::new(bytes.clone()).map_err(io::Error::from);
        Ok(Program {
            directory: text(&spawn.directory)?,
            arguments: spawn.arguments.iter().map(text).collect::<io::Result<_>>()?,
            environment: spawn.environment.iter().map(text).collect::<io::Result<_>>()?,
            terminal: spawn.terminal,
            nice: spawn.nice,
        })
    }
}

/// Returns only if it fails.
fn become_program(
    program: &Program,
    guard: i32,
    standard: &[OwnedFd; 3],
    file_limit: Option<FileLimit>,
) -> Failure {
    if let Err(error) = prepare_self(program, guard, standard, file_limit) {
        return Failure::at(Step::Prepare)(error);
    }
    if let Err(error) = process::add_niceness(program.nice) {
        return Failure::at(Step::Nice)(error);
    }
    // SAFETY: chdir(2) reads a string that ends in NUL.
    if let Err(errno) = nix::errno::Errno::result(unsafe { libc::chdir(program.directory.as_ptr()) }) {
        return Failure::at(Step::Directory)(errno.into());
    }
    descriptor_table::close_others_on_exec();
    signals::reset_all();
    Failure::at(Step::Exec)(exec(program))
}

fn prepare_self(
    program: &Program,
    guard: i32,
    standard: &[OwnedFd; 3],
    file_limit: Option<FileLimit>,
) -> io::Result<()> {
    process::start_session()?;
    if !process::die_with(guard) {
        process::leave(127);
    }
    // All of them lie above 2: the guard holds 0, 1 and 2 itself.
    for (number, descriptor) in (0..).zip(standard) {
        descriptor_table::duplicate_onto(descriptor.as_raw_fd(), number)?;
    }
    if program.terminal {
        process::take_terminal()?;
    }
    if let Some(limit) = file_limit {
        descriptor_table::set_file_limit(limit);
    }
    Ok(())
}

fn exec(program: &Program) -> io::Error {
    let pointers = |list: &[CString]| -> Vec<*const c_char> {
        list.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
    };
    let (arguments, environment) = (pointers(&program.arguments), pointers(&program.environment));
    // SAFETY: both lists end in a null pointer and consist of strings that end in NUL and live until exec.
    unsafe { libc::execve(arguments[0], arguments.as_ptr(), environment.as_ptr()) };
    io::Error::last_os_error()
}
