//! Starting one process: its birth, a session of its own, its descriptors, a clean slate of signals, exec.
//!
//! Between birth and exec it may use the guard's own memory while the guard goes on ([`crate::sys::birth`]), so that all it
//! needs is made before, and it makes bare system calls and nothing else.

use std::ffi::{CStr, CString, c_char};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use super::wire::{Environment, Spawn, byte_of, step_of};
use crate::exit::Step;
use crate::sys::birth::{self, Newborn};
use crate::sys::cgroup::Group;
use crate::sys::descriptor_table::{self, FileLimit};
use crate::sys::namespace::Outside;
use crate::sys::{bare, pipe, process};

/// A process between birth and exec.
#[derive(Debug)]
pub(super) struct Starting {
    /// The launch.
    pub(super) run: u64,
    /// Closed by a successful exec; carries the failure otherwise. From a namespace, the number of the process outside
    /// comes first: it is 0 there if it cannot be known.
    pub(super) verdict: OwnedFd,
    /// Whether that is so.
    in_namespace: bool,
    newborn: Newborn<Program>,
}

/// One that will never be the program, and may not have ended yet.
#[derive(Debug)]
pub(super) struct Stillborn(Newborn<Program>);

impl Stillborn {
    /// Returns its number.
    pub(super) fn pid(&self) -> i32 {
        self.0.pid
    }

    /// Gives back what it has needed. It has been reaped.
    pub(super) fn bury(self) {
        // SAFETY: whoever is reaped has ended.
        unsafe { self.0.let_go() };
    }
}

/// What all processes get.
#[derive(Debug)]
pub(super) struct Nursery {
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

impl Starting {
    /// Returns the process.
    pub(super) fn pid(&self) -> i32 {
        self.newborn.pid
    }

    /// Returns the number by which forge knows the process, or why it could not be started. Waits until that is known.
    pub(super) fn verdict(self) -> Result<i32, (Failure, Stillborn)> {
        let mut verdict = File::from(self.verdict);
        let mut pid = self.newborn.pid;
        if self.in_namespace {
            let mut number = [0; 4];
            // Whoever is killed before it can say it was nobody outside either.
            pid = if verdict.read_exact(&mut number).is_ok() { i32::from_le_bytes(number) } else { 0 };
        }
        let mut words = [0; 5];
        if verdict.read_exact(&mut words).is_ok() {
            return Err((Failure::decode(words), Stillborn(self.newborn)));
        }
        // SAFETY: the descriptor was closed without a word: by exec or by the end, both of which let go of the memory first.
        unsafe { self.newborn.let_go() };
        Ok(pid)
    }
}

impl Nursery {
    /// Makes a process that becomes the program.
    pub(super) fn spawn(&self, spawn: Spawn, standard: &[OwnedFd; 3]) -> Result<Starting, Failure> {
        let run = spawn.run;
        let (verdict, report) = pipe::pipe().map_err(Failure::at(Step::Connect))?;
        let program = Program::prepare(spawn, standard, &report, self.file_limit, self.outside.as_ref())
            .map_err(Failure::at(Step::Exec))?;
        // SAFETY: the guard has one thread. The program is kept until its process is known to need it no more.
        let newborn = unsafe { birth::bear(self.group.as_ref(), Box::new(program), lead) };
        let newborn = newborn.map_err(Failure::at(Step::Fork))?;
        Ok(Starting { run, verdict, in_namespace: self.outside.is_some(), newborn })
    }
}

/// What exec wants, and what is to be done before; made before the birth.
#[derive(Debug)]
struct Program {
    directory: CString,
    arguments: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    /// What the pointers point to.
    _texts: (Vec<CString>, Environment),
    terminal: bool,
    nice: i32,
    /// Those of the guard; the process has them, too.
    standard: [RawFd; 3],
    report: RawFd,
    file_limit: Option<FileLimit>,
    /// A number above those of all descriptors.
    highest: RawFd,
    guard: i32,
    /// Where the process finds out what it is called outside its namespace.
    outside: Option<RawFd>,
}

impl Program {
    fn prepare(
        spawn: Spawn,
        standard: &[OwnedFd; 3],
        report: &OwnedFd,
        file_limit: Option<FileLimit>,
        outside: Option<&Outside>,
    ) -> io::Result<Program> {
        let text = |bytes: Vec<u8>| CString::new(bytes).map_err(io::Error::from);
        let arguments = spawn.arguments.into_iter().map(text).collect::<io::Result<Vec<CString>>>()?;
        let end = || std::iter::once(std::ptr::null());
        Ok(Program {
            directory: text(spawn.directory)?,
            environment: spawn.environment.variables().map(CStr::as_ptr).chain(end()).collect(),
            terminal: spawn.terminal,
            nice: spawn.nice,
            standard: [0, 1, 2].map(|number: usize| standard[number].as_raw_fd()),
            report: report.as_raw_fd(),
            file_limit,
            highest: descriptor_table::highest_descriptor(),
            guard: process::own_pid(),
            outside: outside.map(Outside::as_raw_fd),
            arguments: arguments.iter().map(|text| text.as_ptr()).chain(end()).collect(),
            // Moved, they stay where they are in memory.
            _texts: (arguments, spawn.environment),
        })
    }
}

/// The life of a process until exec.
fn lead(program: &Program) {
    if let Some(outside) = program.outside {
        let _ = bare::write(program.report, &bare::pid_outside(outside).to_le_bytes());
    }
    let (step, errno) = become_program(program);
    let _ = bare::write(program.report, &Failure { step, errno }.encode());
}

/// Returns only if it fails.
fn become_program(program: &Program) -> (Step, i32) {
    if let Err(errno) = prepare_self(program) {
        return (Step::Prepare, errno);
    }
    if let Err(errno) = bare::add_niceness(program.nice) {
        return (Step::Nice, errno);
    }
    // SAFETY: a string that ends in NUL.
    if let Err(errno) = unsafe { bare::change_directory(program.directory.as_ptr()) } {
        return (Step::Directory, errno);
    }
    bare::close_others_on_exec(program.highest);
    bare::reset_signals();
    // SAFETY: both lists end in a null pointer and consist of strings that end in NUL; there is a program to start.
    (Step::Exec, unsafe { bare::execute(program.arguments.as_ptr(), program.environment.as_ptr()) })
}

fn prepare_self(program: &Program) -> Result<(), i32> {
    bare::start_session()?;
    if !bare::die_with(program.guard) {
        bare::leave(127);
    }
    // All of them lie above 2: the guard holds 0, 1 and 2 itself.
    for (number, descriptor) in (0..).zip(program.standard) {
        bare::duplicate_onto(descriptor, number)?;
    }
    if program.terminal {
        bare::take_terminal()?;
    }
    if let Some(limit) = program.file_limit {
        bare::set_file_limit(limit);
    }
    Ok(())
}
