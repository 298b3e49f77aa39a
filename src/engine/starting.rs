//! Starting: what a run gets on its way, and what forge keeps of it.

use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use super::holds::{self, Ends, Hold};
use super::notifying;
use super::perform::{Hands, Held};
use crate::exit::Step;
use crate::guard::RUN_MARK;
use crate::guard::wire::{Environment, Spawn};
use crate::project::command::shell_line;
use crate::project::lifecycle::{Lifecycle, Probe};
use crate::project::{InstanceId, InstanceSpec, ProcessSpec, Tty, Variable};
use crate::supervisor::{ChildEvent, Detail, Event, Note, Part, RunId};
use crate::sys::notify::{self, Ear};
use crate::sys::path::{self, Lookup};
use crate::sys::probe::listening::Before;

/// The shell that every command goes through, as under foreman.
const SHELL: &[u8] = b"/bin/sh";

impl Hands {
    pub(super) fn spawn(&mut self, run: RunId, instance: &InstanceId, part: Part) {
        if let Err((step, errno)) = self.try_spawn(run, instance, part) {
            self.happened.push_back(Event::Child { run, what: ChildEvent::SpawnFailed { step, errno } });
        }
    }

    fn try_spawn(&mut self, run: RunId, instance: &InstanceId, part: Part) -> Result<(), (Step, i32)> {
        let project = Arc::clone(&self.project);
        let spec = project.instances.iter().find(|spec| spec.id == *instance);
        let spec = spec.expect("the mind starts those of the project alone");
        let command = part.command(&spec.process).expect("the mind starts what there is");
        let wished = self.hold_of(&spec.process);
        let mut spawn = self.what_to_start((run.0, spec), wished, command)?;
        let (how, Ends { standard, outputs, kept }) =
            self.ends(wished, instance).map_err(|error| no_ends(&error))?;
        if how != wished {
            spawn = self.what_to_start((run.0, spec), how, command)?;
        }
        let is_main = part == Part::Main;
        let mut ear = None;
        if is_main && notifying::is_wanted(&spec.process.life) {
            let opened = Ear::open().map_err(|error| no_ends(&error))?;
            for (name, value) in notify_variables(&opened, &spec.process.life) {
                add(&mut spawn.environment, name.as_bytes(), value.as_bytes())?;
            }
            ear = Some(opened);
        }
        let before = spec.port.filter(|_| is_main).map_or(Before::Taken, |port| self.listened.before(port));
        self.link.spawn(spawn, standard);
        let held = Held {
            spec: spec.clone(),
            part,
            leader: None,
            began: None,
            oom_kills: None,
            is_killed: false,
            before,
            kept,
            outputs,
            streams: Vec::new(),
            last_calls: Vec::new(),
            ear,
            hears: None,
        };
        self.runs.insert(run, held);
        Ok(())
    }

    /// Returns all that the guard must know to start a command in the place of an instance.
    pub(super) fn what_to_start(
        &self,
        (run, spec): (u64, &InstanceSpec),
        hold: Hold,
        command: &[u8],
    ) -> Result<Spawn, (Step, i32)> {
        let directory = self.project.directory_of(&spec.process);
        let command = shell_line(command);
        // Before anything is made for it: of many, all may be missing.
        if let Some(program) = &command.program {
            match path::find(program, self.project.path_of(spec), directory) {
                Lookup::Found(_) => {}
                Lookup::NotExecutable(_) => return Err((Step::Look, libc::EACCES)),
                Lookup::NotFound => return Err((Step::Look, libc::ENOENT)),
            }
        }
        Ok(Spawn {
            run,
            terminal: hold == Hold::Full,
            nice: spec.process.life.nice,
            directory: directory.as_os_str().as_bytes().to_vec(),
            arguments: vec![SHELL.to_vec(), b"-c".to_vec(), command.line],
            environment: self.environment(run, spec, hold)?,
        })
    }

    /// Returns how a process is held: as it wishes itself, else as all are.
    pub(super) fn hold_of(&self, process: &ProcessSpec) -> Hold {
        match process.tty {
            None => self.manner.hold,
            Some(Tty::Auto) => self.manner.auto,
            Some(tty) => Hold::of(tty, true),
        }
    }

    /// Makes what lies between forge and one run, with pipes where the machine has no pseudo-terminals.
    fn ends(&mut self, hold: Hold, instance: &InstanceId) -> io::Result<(Hold, Ends)> {
        let channels = self.manner.channels;
        let window = self.keyboards.window_for(instance);
        let error = match holds::make(hold, channels, window) {
            Ok(ends) => return Ok((hold, ends)),
            Err(error) => error,
        };
        if holds::lacks_terminals(hold, &error) {
            let ends = holds::make(Hold::Pipe, channels, window)?;
            if !self.terminals_missed {
                self.terminals_missed = true;
                let errno = error.raw_os_error().unwrap_or(libc::ENODEV);
                self.hub.note(&Note::NoTerminals { errno });
            }
            return Ok((Hold::Pipe, ends));
        }
        // What the guard has not taken yet is open here, too; the guard is quick.
        self.link.flush();
        Ok((hold, holds::make(hold, channels, window)?))
    }

    /// Returns the environment of a run.
    fn environment(&self, run: u64, instance: &InstanceSpec, hold: Hold) -> Result<Environment, (Step, i32)> {
        let variables = self.project.environment_with(instance, &self.addresses);
        let is_set = |name: &[u8]| variables.iter().any(|variable| variable.name == name);
        let mut environment = Environment::default();
        for variable in &variables {
            // The mark is that of a forge around this one, or of a file: with two of them, everybody would believe
            // another one.
            let is_replaced =
                variable.name == RUN_MARK.as_bytes() || (hold == Hold::Line && variable.name == b"TERM");
            if !is_replaced {
                add(&mut environment, &variable.name, &variable.value)?;
            }
        }
        add(&mut environment, RUN_MARK.as_bytes(), self.link.mark_of(run).as_bytes())?;
        if hold == Hold::Line {
            // It is a terminal that understands nothing: no cursor movement, no questions to it.
            add(&mut environment, b"TERM", b"dumb")?;
        }
        if self.manner.colour
            && !matches!(hold, Hold::Full | Hold::Own)
            && !is_set(b"NO_COLOR")
            && !is_set(b"FORCE_COLOR")
        {
            // Without a real terminal this is how programs are told that colour is welcome.
            add(&mut environment, b"FORCE_COLOR", b"1")?;
            add(&mut environment, b"CLICOLOR_FORCE", b"1")?;
        }
        Ok(environment)
    }

    /// Returns what helps to understand a start that failed.
    pub(super) fn detail(&self, instance: &InstanceId, step: Step, errno: i32) -> Option<Detail> {
        let spec = self.project.instances.iter().find(|spec| spec.id == *instance)?;
        if step == Step::Directory {
            let directory = self.project.directory_of(&spec.process);
            return Some(Detail::Directory(directory.display().to_string()));
        }
        if (step, errno) != (Step::Exec, libc::E2BIG) {
            return None;
        }
        let variables = self.project.environment_with(spec, &self.addresses);
        // As they stand in memory: NAME=value and a NUL.
        let size = |variable: &Cow<'_, Variable>| variable.name.len() + variable.value.len() + 2;
        let largest = variables.iter().max_by_key(|variable| size(variable))?;
        Some(Detail::Environment {
            bytes: variables.iter().map(size).sum(),
            largest: String::from_utf8_lossy(&largest.name).into_owned(),
            largest_bytes: size(largest),
        })
    }
}

/// Returns the descriptor of nothing.
pub(super) fn null() -> io::Result<OwnedFd> {
    Ok(OpenOptions::new().read(true).write(true).open("/dev/null")?.into())
}

fn no_ends(error: &io::Error) -> (Step, i32) {
    (Step::Connect, error.raw_os_error().unwrap_or(libc::EMFILE))
}

/// What has a NUL in it no program can be told.
fn add(environment: &mut Environment, name: &[u8], value: &[u8]) -> Result<(), (Step, i32)> {
    if environment.push(name, value) { Ok(()) } else { Err((Step::Exec, libc::EINVAL)) }
}

/// Where a process says how it is, and how often it is expected to.
fn notify_variables(ear: &Ear, life: &Lifecycle) -> Vec<(&'static str, String)> {
    let mut variables = vec![(notify::VARIABLE, ear.address())];
    if let Some(live) = life.live.as_ref().filter(|live| live.probe == Probe::Notify) {
        variables.push(("WATCHDOG_USEC", live.every.as_micros().to_string()));
    }
    variables
}
