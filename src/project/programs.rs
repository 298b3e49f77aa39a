//! Programs that are known to want more time, or another signal, to end well.
//!
//! Measured: Sidekiq gives its jobs 25 s; a Celery or Delayed Job worker finishes the job it has; Resque drops its job on
//! TERM and finishes it on QUIT; `PostgreSQL` waits on TERM for its clients to leave, and not on INT.

use std::time::Duration;

use super::ProcessSpec;

/// What a program wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// So much time until SIGKILL.
    Time(Duration),
    /// Other signals, one after the other.
    Signals(&'static [i32]),
}

/// Something worth saying of a process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Advice {
    /// What people call the program.
    pub(super) program: &'static str,
    /// Why, as a clause about the program.
    pub(super) why: &'static str,
    /// The line for `forge.toml`.
    pub(super) line: &'static str,
}

struct Program {
    name: &'static str,
    /// The last part of the path of the program, and a word that stands behind it, if it has to be a certain part of it.
    words: (&'static str, Option<&'static str>),
    wish: Wish,
    why: &'static str,
    line: &'static str,
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "Sidekiq",
        words: ("sidekiq", None),
        wish: Wish::Time(Duration::from_secs(25)),
        why: "gives its jobs 25 s to finish",
        line: "stop = { timeout = \"30s\" }",
    },
    Program {
        name: "a Celery worker",
        words: ("celery", Some("worker")),
        wish: Wish::Time(Duration::from_secs(20)),
        why: "finishes the task it works on first",
        line: "stop = { timeout = \"30s\" }",
    },
    Program {
        name: "Delayed Job",
        words: ("rake", Some("jobs:work")),
        wish: Wish::Time(Duration::from_secs(20)),
        why: "finishes the job it works on first",
        line: "stop = { timeout = \"30s\" }",
    },
    Program {
        name: "Resque",
        words: ("rake", Some("resque:work")),
        wish: Wish::Signals(&[libc::SIGQUIT]),
        why: "drops its job on TERM, and finishes it on QUIT",
        line: "stop = { signals = [\"QUIT\"], timeout = \"30s\" }",
    },
    Program {
        name: "PostgreSQL",
        words: ("postgres", None),
        wish: Wish::Signals(&[libc::SIGINT]),
        why: "waits on TERM until all clients have left, and on INT does not",
        line: "stop = { signals = [\"TERM\", \"INT\"] }",
    },
];

/// Returns whether it is a program that listens before it lets anybody in, so that its port is no sign: `PostgreSQL`, while
/// it puts right what a crash has left.
pub(super) fn lets_in_late(spec: &ProcessSpec) -> bool {
    let command = String::from_utf8_lossy(&spec.command);
    PROGRAMS.iter().any(|program| program.name == "PostgreSQL" && is_run_by(program, &command))
}

/// Words that run the program behind them.
const WRAPPERS: &[&str] = &[
    "bundle", "exec", "env", "nice", "nohup", "python", "python3", "-m", "ruby", "uv", "poetry", "pipenv",
    "run", "dotenv", "time", "chronic", "-S",
];

/// Returns what is worth saying of how a process is ended.
pub(super) fn advice(spec: &ProcessSpec) -> Option<Advice> {
    let command = String::from_utf8_lossy(&spec.command);
    let program = PROGRAMS.iter().find(|program| is_run_by(program, &command))?;
    let is_content = match program.wish {
        Wish::Time(time) => spec.stop.grace >= time,
        // Whoever has changed the signals has thought about them.
        Wish::Signals(signals) => {
            spec.stop.signals != [libc::SIGTERM] || signals.iter().all(|one| spec.stop.signals.contains(one))
        }
    };
    (!is_content).then_some(Advice { program: program.name, why: program.why, line: program.line })
}

fn is_run_by(program: &Program, command: &str) -> bool {
    let mut words = command.split_whitespace();
    let is_wrapper = |word: &str| WRAPPERS.contains(&last_part(word)) || word.contains('=');
    let Some(first) = words.by_ref().find(|word| !is_wrapper(word)) else { return false };
    let (name, behind) = program.words;
    last_part(first) == name && behind.is_none_or(|behind| words.any(|word| word == behind))
}

fn last_part(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

#[cfg(test)]
mod tests;
