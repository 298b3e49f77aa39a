//! Starting one process: its birth, a session of its own, its descriptors, a clean slate of signals, exec.
//!
//! Between birth and exec it may use the guard's own memory ([`crate::sys::birth`]), so that all it needs is made before, and
//! it does nothing but system calls.

use std::ffi::{CStr, CString, c_char};
use std::fs::File;
use std::io::{self, Read, Write};
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, OwnedFd};

use super::wire::{Spawn, byte_of, step_of};
use crate::exit::Step;
use crate::sys::birth::Cradle;
use crate::sys::cgroup::Group;
use crate::sys::descriptor_table::{self, FileLimit};
use crate::sys::namespace::Outside;
use crate::sys::process;
use crate::sys::{pipe, signals};

/// A process that was born, and what became of it.
#[derive(Debug)]
pub(super) struct Born {
    /// The process.
    pub(super) pid: i32,
    /// The number by which forge knows it, once it is the program; 0 if that cannot be known.
    pub(super) became: Result<i32, Failure>,
}

/// Where processes are born, and what all of them get.
#[derive(Debug)]
pub(super) struct Nursery {
    pub(super) cradle: Cradle,
    /// The limit on open files that they get back.
    pub(super) file_limit: Option<FileLimit>,
    /// Where all of them are, where the machine lets us have one.
    pub(super) group: Option<Group>,
    /// The world that forge is in, where this one is a namespace of its own.
    pub(super) outside: Option<Outside>,
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

impl Nursery {
    /// Makes a process that becomes the program; waits until it is known whether it does, which is the time of an exec.
    pub(super) fn spawn(&mut self, spawn: &Spawn, standard: &[OwnedFd; 3]) -> Result<Born, Failure> {
        let program = Program::prepare(spawn).map_err(Failure::at(Step::Exec))?;
        let (verdict, report) = pipe::pipe().map_err(Failure::at(Step::Connect))?;
        let guard = process::own_pid();
        let (outside, file_limit) = (self.outside.as_ref(), self.file_limit);
        // Closed by a successful exec; carries the failure otherwise.
        let mut report = File::from(report);
        let mut life = || {
            if let Some(outside) = outside {
                let _ = report.write_all(&outside.own_pid().unwrap_or_default().to_le_bytes());
            }
            let failure = become_program(&program, guard, standard, file_limit);
            let _ = report.write_all(&failure.encode());
        };
        // SAFETY: the guard has one thread. What is between here and exec are system calls; the name of a directory that one of them
        // reads is given back.
        let born = unsafe { self.cradle.bear(self.group.as_ref(), &mut life) };
        let pid = born.map_err(Failure::at(Step::Fork))?;
        drop(report);
        Ok(Born { pid, became: read_verdict(&mut File::from(verdict), pid, outside.is_some()) })
    }
}

/// Reads to the end what a new process reports. From a namespace, its number outside comes first.
fn read_verdict(verdict: &mut File, pid: i32, in_namespace: bool) -> Result<i32, Failure> {
    let mut shown = pid;
    if in_namespace {
        let mut number = [0; 4];
        // Whoever is killed before it can say it was nobody outside either.
        shown = if verdict.read_exact(&mut number).is_ok() { i32::from_le_bytes(number) } else { 0 };
    }
    let mut words = [0; 5];
    if verdict.read_exact(&mut words).is_ok() { Err(Failure::decode(words)) } else { Ok(shown) }
}

/// What exec wants, made before the birth.
struct Program<'a> {
    directory: CString,
    /// They keep what `arguments` points to.
    _arguments: Vec<CString>,
    arguments: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    terminal: bool,
    nice: i32,
    spawn: PhantomData<&'a Spawn>,
}

impl Program<'_> {
    fn prepare(spawn: &Spawn) -> io::Result<Program<'_>> {
        let text = |bytes: &Vec<u8>| CString::new(bytes.clone()).map_err(io::Error::from);
        let texts = spawn.arguments.iter().map(text).collect::<io::Result<Vec<CString>>>()?;
        let list = |pointers: &mut dyn Iterator<Item = *const c_char>| -> Vec<*const c_char> {
            pointers.chain([std::ptr::null()]).collect()
        };
        Ok(Program {
            directory: text(&spawn.directory)?,
            arguments: list(&mut texts.iter().map(|text| text.as_ptr())),
            _arguments: texts,
            environment: list(&mut spawn.environment.variables().map(CStr::as_ptr)),
            terminal: spawn.terminal,
            nice: spawn.nice,
            spawn: PhantomData,
        })
    }
}

/// Returns only if it fails.
fn become_program(
    program: &Program<'_>,
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
    program: &Program<'_>,
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

fn exec(program: &Program<'_>) -> io::Error {
    // SAFETY: both lists end in a null pointer and consist of strings that end in NUL and live as long as `program`.
    unsafe {
        libc::execve(program.arguments[0], program.arguments.as_ptr(), program.environment.as_ptr());
    }
    io::Error::last_os_error()
}
