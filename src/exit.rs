//! How a process ended.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// How one run of a process ended, as `waitpid(2)` or a failed start tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It called `exit` with this code, 0 to 255.
    Code(i32),
    /// A signal ended it.
    Signal {
        /// The signal's number.
        number: i32,
        /// Whether a core image was left.
        core_dumped: bool,
    },
    /// It could not be started at all.
    NeverStarted {
        /// What failed.
        step: Step,
        /// Its `errno`.
        errno: i32,
    },
}

/// The steps of a start, in their order: each fails for causes of its own and has a way out of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Looking for the program on the PATH.
    Look,
    /// Making the pipes or terminals through which it is held, and handing them over.
    Connect,
    /// Making the process: `fork(2)`.
    Fork,
    /// Giving it a session, its descriptors and its limits.
    Prepare,
    /// Going to its directory: `chdir(2)`.
    Directory,
    /// Becoming the shell: `execve(2)`.
    Exec,
    /// Taking the niceness that it is to have: `nice(2)`.
    Nice,
}

/// What a run had used when it was over: its leader, and everybody below it that was waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Processor time, in microseconds, in user and kernel together.
    pub cpu_micros: u64,
    /// The most memory that any one process of it held at a time, in bytes.
    pub peak_bytes: u64,
}

impl Exit {
    /// Returns whether it ended as a program that has nothing to complain about.
    pub fn is_success(self) -> bool {
        self == Exit::Code(0)
    }

    /// Returns the code that a shell would report: the code itself, 128 + signal, 127 for "not found" and 126
    /// for "not executable" (compat D15, D21). Where no program is to blame it is 125, as with `env` and `nohup`.
    pub fn shell_code(self) -> u8 {
        match self {
            Exit::Code(code) => u8::try_from(code & 0xff).unwrap_or(u8::MAX),
            Exit::Signal { number, .. } => u8::try_from(128 + (number & 0x7f)).unwrap_or(u8::MAX),
            Exit::NeverStarted { step: Step::Look | Step::Exec, errno: libc::ENOENT | libc::ENOTDIR } => 127,
            Exit::NeverStarted { step: Step::Look | Step::Exec, .. } => 126,
            Exit::NeverStarted {
                step: Step::Connect | Step::Fork | Step::Prepare | Step::Directory | Step::Nice,
                ..
            } => 125,
        }
    }
}

/// Returns a signal's name, `SIGTERM`; a number without a name is shown as `signal 64`.
pub fn signal_name(number: i32) -> Cow<'static, str> {
    let name = match number {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGUSR2 => "SIGUSR2",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGCHLD => "SIGCHLD",
        libc::SIGCONT => "SIGCONT",
        libc::SIGSTOP => "SIGSTOP",
        libc::SIGTSTP => "SIGTSTP",
        libc::SIGTTIN => "SIGTTIN",
        libc::SIGTTOU => "SIGTTOU",
        libc::SIGURG => "SIGURG",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        libc::SIGVTALRM => "SIGVTALRM",
        libc::SIGPROF => "SIGPROF",
        libc::SIGWINCH => "SIGWINCH",
        libc::SIGIO => "SIGIO",
        libc::SIGSYS => "SIGSYS",
        _ => return format!("signal {number}").into(),
    };
    name.into()
}
