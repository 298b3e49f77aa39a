//! forge's voice in the stream: one match, an arm a remark, words nowhere else.
//!
//! Where foreman has words for it, they are foreman's, because scripts look for them (compat sections 8 and 9).

pub mod attach;
mod lifecycle;
mod reload;

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use crate::diagnostic::{visible, visible_bytes};
use crate::exit::{Exit, Step, signal_name};
use crate::project::difference::Difference;
use crate::project::lifecycle::Schedule;
use crate::project::{InstanceId, InstanceSpec};
use crate::supervisor::{Certainty, Detail, Note, Waiting, Wish};

/// Says when a schedule is due; `when` is its next moment, in words.
pub fn due(schedule: &Schedule, when: Option<&str>) -> String {
    lifecycle::due(schedule, when)
}

/// Says what ended a process of which the kernel tells nothing but a count.
pub fn out_of_memory(certainty: Certainty) -> &'static str {
    lifecycle::out_of_memory(certainty)
}

/// Says what a reload does or would do, a line for each instance.
pub fn difference(of: &Difference, would: bool) -> String {
    reload::difference(of, would)
}

/// Says that somebody who follows has not heard some lines.
pub fn lines_missing(lines: u64) -> String {
    let lines = if lines == 1 { "1 line is".to_owned() } else { format!("{lines} lines are") };
    format!("{lines} missing here: they came faster than they were taken")
}

/// Returns whose remark it is and its words, one line. Nobody's remarks are shown under `system`.
///
/// `instances` are all that run; a remark may speak of a command or a port of theirs.
pub fn text<'a>(note: &'a Note, instances: &[InstanceSpec]) -> (Option<&'a InstanceId>, String) {
    match note {
        Note::Started { instance, pid } => (Some(instance), format!("started with pid {pid}")),
        Note::Ended { instance, exit, output_held } => {
            let held = if *output_held { " (something it started still holds its output)" } else { "" };
            (Some(instance), format!("{}{held}", ended(*exit)))
        }
        Note::CouldNotStart { instance, step, errno, detail } => {
            let spec = instances.iter().find(|spec| spec.id == *instance);
            let command = spec.map_or("".into(), |spec| visible_bytes(&spec.process.command));
            (Some(instance), could_not_start(&command, *step, *errno, detail.as_ref()))
        }
        Note::AddressInUse { instance, holder } => {
            let port = port_of(instance, instances);
            (Some(instance), address_in_use(port, holder.as_deref().map(visible).as_deref()))
        }
        Note::ShutdownBySignal { signal } => {
            (None, format!("{} received, starting shutdown", signal_name(*signal)))
        }
        Note::SendingToAll { signal } => (None, format!("sending {} to all processes", signal_name(*signal))),
        Note::TimeUp { limit, pending } => (None, lifecycle::time_up(*limit, pending, instances)),
        Note::Forwarding { signal } => {
            let name = signal_name(*signal);
            let short = name.strip_prefix("SIG").unwrap_or(&name);
            (None, format!("{short} received, forwarding it to children"))
        }
        Note::StillThere { waiting } => (None, still_there(waiting)),
        Note::StillAlive { instances } => {
            let names = list(instances.iter().map(InstanceId::to_string));
            (None, format!("even SIGKILL did not end {names}; not waiting any longer"))
        }
        Note::NothingRuns => (None, "all processes have ended (Ctrl-C to leave)".to_owned()),
        Note::FirstCause { instance, exit, after } => {
            let after = match exit {
                Exit::NeverStarted { .. } => String::new(),
                Exit::Code(_) | Exit::Signal { .. } => format!(" after {}", duration(*after)),
            };
            (None, format!("{instance} ended first: {}{after}", ended(*exit)))
        }
        Note::Ready { instance, after } => (Some(instance), format!("ready after {}", duration(*after))),
        Note::AllReady { after } => (None, format!("everything is ready after {}", duration(*after))),
        Note::NotReady { instance, probe, waited, failure, last_lines } => {
            let port = port_of(instance, instances);
            (Some(instance), lifecycle::not_ready(probe, port, *waited, *failure, last_lines))
        }
        Note::NotLive { instance, failures, failure } => {
            (Some(instance), lifecycle::not_live(*failures, *failure))
        }
        Note::LimitExceeded { instance, excess, follows } => {
            (Some(instance), lifecycle::exceeded(*excess, *follows))
        }
        Note::Restarting { instance, after } => (Some(instance), lifecycle::restarting(*after)),
        Note::GaveUp { instance, restarts, within } => {
            (Some(instance), lifecycle::gave_up(*restarts, *within))
        }
        Note::KeptDown { instances, because } => (None, lifecycle::kept_down(instances, because)),
        Note::HookFailed { instance, part, exit } => (Some(instance), lifecycle::hook_failed(*part, *exit)),
        Note::OutOfMemory { instance, certainty } => {
            (Some(instance), lifecycle::out_of_memory(*certainty).to_owned())
        }
        Note::Reloaded(reload) => (None, reload::reloaded(reload)),
        Note::Rereads { instance, signal } => (Some(instance), reload::rereads(*signal)),
        Note::FilesChanged { instance, path, more, signal } => {
            (Some(instance), lifecycle::files_changed(path, *more, *signal))
        }
        Note::StillBusy { instance, follows } => (Some(instance), lifecycle::still_busy(*follows)),
        Note::WasMissed { instance, late, follows } => {
            (Some(instance), lifecycle::was_missed(*late, *follows))
        }
        Note::WatchingByLooking { errno, directories } => {
            (None, lifecycle::watching_by_looking(*errno, *directories))
        }
        Note::NoTerminals { errno } => {
            let why = match errno {
                // pty(7): the limit of the machine, or that of the mount (`max=`).
                &libc::ENOSPC => "all are in use; raise `kernel.pty.max`".to_owned(),
                errno => errno_text(*errno),
            };
            let text = format!(
                "no pseudo-terminal can be had ({why}); processes get pipes, so the output of some will come late"
            );
            (None, text)
        }
        Note::LogsIncomplete { file, errno } => (None, logs_incomplete(file, *errno)),
        Note::LinesLost => (None, "an error within forge has cost some lines of output".to_owned()),
        Note::OutputUnread { instance, errno } => {
            let why = match errno {
                // epoll_ctl(2): the one limit of its own that it has.
                &libc::ENOSPC => {
                    "the limit of watched files is reached; raise `fs.epoll.max_user_watches`".to_owned()
                }
                errno => shortage(*errno).map_or_else(
                    || errno_text(*errno),
                    |Shortage { cause, way_out }| format!("{cause}; {way_out}"),
                ),
            };
            (Some(instance), format!("its output cannot be read and is closed: {why}"))
        }
        Note::Asked { wish, instances, pid, by } => (None, asked(*wish, instances, *pid, by.as_deref())),
        Note::GuardLost => {
            (None, "the guard of forge was killed; all processes were ended with SIGKILL".to_owned())
        }
    }
}

/// Returns the word for what somebody asks for.
pub fn wish(wish: Wish) -> Cow<'static, str> {
    match wish {
        Wish::Restart => "restart".into(),
        Wish::Stop => "stop".into(),
        Wish::Start => "start".into(),
        Wish::Signal(signal) => signal_name(signal),
        Wish::End => "end".into(),
    }
}

fn asked(what: Wish, instances: &[InstanceId], pid: Option<i32>, by: Option<&str>) -> String {
    let of = if instances.is_empty() {
        " of the stack".to_owned()
    } else if matches!(what, Wish::Signal(_)) {
        format!(" to {}", list(instances.iter().map(InstanceId::to_string)))
    } else {
        format!(" of {}", list(instances.iter().map(InstanceId::to_string)))
    };
    let by = match (pid, by.map(visible)) {
        (Some(pid), Some(name)) => format!(" by pid {pid} ({name})"),
        (Some(pid), None) => format!(" by pid {pid}"),
        (None, Some(name)) => format!(" by {name}"),
        (None, None) => String::new(),
    };
    format!("{}{of} asked for{by}", wish(what))
}

fn port_of(instance: &InstanceId, instances: &[InstanceSpec]) -> Option<u16> {
    instances.iter().find(|spec| spec.id == *instance)?.port
}

/// Returns how a process ended, in words.
pub fn ended(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exited with code {code}"),
        Exit::Signal { number, core_dumped } => {
            let core = if core_dumped { " (core dumped)" } else { "" };
            format!("terminated by {}{core}", signal_name(number))
        }
        Exit::NeverStarted { .. } => "could not be started".to_owned(),
    }
}

/// Returns a length of time as people say it: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(length: Duration) -> String {
    match length.as_secs() {
        0..10 => format!("{:.1} s", length.as_secs_f64()),
        seconds @ 10..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

fn could_not_start(command: &str, step: Step, errno: i32, detail: Option<&Detail>) -> String {
    let could_not = |cause: &str| format!("could not be started: {cause}");
    if let Some(Shortage { cause, way_out }) = shortage(errno) {
        return could_not(&format!("{cause}; {way_out}"));
    }
    let why = errno_text(errno);
    match (step, errno) {
        (Step::Look, libc::ENOENT | libc::ENOTDIR) => format!("unknown command: {command}"),
        (Step::Look, libc::EACCES | libc::EPERM) => format!("not executable: {command}"),
        (Step::Look, _) => could_not(&format!("{why}: {command}")),
        (Step::Directory, _) => match detail {
            Some(Detail::Directory(path)) => could_not(&format!(
                "its directory `{}` cannot be entered: {why}; `-d` chooses another one",
                visible_bytes(path.as_bytes())
            )),
            Some(Detail::Environment { .. }) | None => {
                could_not(&format!("its directory cannot be entered: {why}"))
            }
        },
        (Step::Exec, libc::E2BIG) => match detail {
            Some(Detail::Environment { bytes, largest, largest_bytes }) => could_not(&format!(
                "its environment is larger than the kernel allows: {} in all, {} of it in `{}`; put large values \
                 into files",
                size(*bytes),
                size(*largest_bytes),
                visible_bytes(largest.as_bytes())
            )),
            Some(Detail::Directory(_)) | None => {
                could_not("command and environment are larger than the kernel allows")
            }
        },
        (Step::Exec, _) => could_not(&format!("every command needs /bin/sh: {why}")),
        (Step::Nice, _) => could_not("only root may give it a negative `nice`"),
        (Step::Connect | Step::Fork | Step::Prepare, _) => could_not(&why),
    }
}

/// Something that the machine has no more of.
struct Shortage {
    cause: &'static str,
    way_out: &'static str,
}

/// Returns what an error number says about the machine, and what helps; `None` if it is about something else.
fn shortage(errno: i32) -> Option<Shortage> {
    let (cause, way_out) = match errno {
        libc::EMFILE => {
            ("forge may not open more files", "raise the limit (`ulimit -Hn`) or start fewer processes")
        }
        libc::ENFILE => {
            ("the machine has too many files open", "raise `fs.file-max` or close other programs")
        }
        libc::EAGAIN => (
            "no more processes are allowed",
            "raise the limit (`ulimit -u`, or that of the container) or start fewer processes",
        ),
        libc::ENOMEM => (
            "there is not enough memory",
            "close other programs, or raise the limit (`ulimit -v`, or that of the container)",
        ),
        libc::ENOSPC => ("no space is left", "make room on the disk"),
        libc::EDQUOT => ("the disk quota is used up", "make room on the disk"),
        _ => return None,
    };
    Some(Shortage { cause, way_out })
}

/// Returns why forge itself cannot work, what it was about to do first, with a way out where there is one.
pub fn broken(doing: &[String], root: Option<&io::Error>) -> String {
    let doing = doing.join(": ");
    let doing = visible(&doing);
    let Some(root) = root else { return format!("error: {doing}\n") };
    let Some(errno) = root.raw_os_error() else {
        return format!("error: {doing}: {}\n", visible(&root.to_string()));
    };
    match shortage(errno) {
        Some(Shortage { cause, way_out }) => format!("error: {doing}: {cause}\nhint: {way_out}\n"),
        None => format!("error: {doing}: {}\n", errno_text(errno)),
    }
}

/// Returns a number of bytes as people say it: `980 bytes`, `98 kB`, `3.0 MB`.
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

fn address_in_use(port: Option<u16>, holder: Option<&str>) -> String {
    match (port, holder) {
        (Some(port), Some(holder)) => {
            format!("port {port} is in use by {holder}; end it, or choose another port with `-p`")
        }
        (Some(port), None) => format!(
            "its address is already in use; its PORT is {port}, `-p` chooses another one, but the command may name \
             a port of its own"
        ),
        (None, Some(holder)) => format!("its address is in use by {holder}"),
        (None, None) => "its address is already in use".to_owned(),
    }
}

fn logs_incomplete(file: &str, errno: i32) -> String {
    let file = visible(file);
    let way_out = match errno {
        libc::ENOENT => "start forge again to make it again",
        libc::EACCES | libc::EPERM | libc::EROFS | libc::ELOOP | libc::EINVAL => {
            "choose another directory with `--log-dir`"
        }
        _ => "writing goes on when there is room",
    };
    let why = match errno {
        libc::ELOOP => "it is a symbolic link".to_owned(),
        libc::EINVAL => "it is not a regular file".to_owned(),
        libc::EPERM => "it belongs to another user".to_owned(),
        errno => errno_text(errno),
    };
    format!("could not write to `{file}`: {why}; lines will be missing there; {way_out}")
}

fn still_there(waiting: &[Waiting]) -> String {
    let names = list(waiting.iter().map(|waiting| {
        let Waiting { instance, pid, leader_gone, signal, ignores, left: _ } = waiting;
        match (leader_gone, ignores) {
            (true, _) => format!("what {instance} left behind"),
            (false, true) => format!("{instance} (pid {pid}, ignores {})", signal_name(*signal)),
            (false, false) => format!("{instance} (pid {pid})"),
        }
    }));
    let left = waiting.iter().map(|waiting| waiting.left).min().unwrap_or_default();
    format!("still waiting for {names}; SIGKILL in {} (Ctrl-C again to kill)", duration(left))
}

/// Returns `a`, `a and b`, or `a, b and c`.
fn list(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    match names.pop() {
        None => String::new(),
        Some(only) if names.is_empty() => only,
        Some(last) => format!("{} and {last}", names.join(", ")),
    }
}

fn errno_text(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    // std adds the number, which says nothing to most people.
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

#[cfg(test)]
mod tests;
