//! Why there is no pid namespace: what was refused, and which switch of the system is the likely reason.

use std::fmt;
use std::io;

use nix::errno::Errno;

/// What is done on the way into a namespace, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The namespace itself is made.
    Make,
    /// The user becomes himself again in it.
    Users,
    /// The mounts get a table of their own.
    Mounts,
    /// It gets its `/proc`.
    Proc,
}

/// A namespace that could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What could not be done.
    pub stage: Stage,
    /// What the kernel said.
    pub errno: i32,
}

/// What stands in the way, as far as the system tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// This is not Linux, or a Linux without namespaces.
    Unknown,
    /// `kernel.unprivileged_userns_clone` is 0.
    Switch,
    /// A limit on the number of namespaces, this one of `/proc/sys/user`, is reached or is 0.
    Limit(&'static str),
    /// `AppArmor` lets only programs with a profile use user namespaces.
    AppArmor,
    /// Parts of `/proc` are covered, as in a container, so that nobody gets a fresh one.
    CoveredProc,
    /// The kernel says no and does not say why: a filter of system calls, as in a container.
    Filter,
    /// The machine has no more of something.
    Shortage,
}

impl Refusal {
    /// Notes what the kernel has said.
    pub fn new(stage: Stage, errno: Errno) -> Refusal {
        Refusal { stage, errno: errno as i32 }
    }

    /// Notes what has gone wrong.
    pub fn of(stage: Stage, error: &io::Error) -> Refusal {
        Refusal { stage, errno: error.raw_os_error().unwrap_or(libc::EINVAL) }
    }

    /// Looks for the reason.
    pub fn obstacle(self) -> Obstacle {
        obstacle(self, |switch| {
            std::fs::read_to_string(format!("/proc/sys/{switch}")).ok()?.trim().parse().ok()
        })
    }

    /// Makes a few bytes of it, for the way from the new process to its parent.
    pub fn encode(self) -> [u8; 5] {
        let stage = match self.stage {
            Stage::Make => 1,
            Stage::Users => 2,
            Stage::Mounts => 3,
            Stage::Proc => 4,
        };
        let [a, b, c, d] = self.errno.to_le_bytes();
        [stage, a, b, c, d]
    }

    /// Reads what `encode` made; `None` of what it never makes.
    pub fn decode([stage, errno @ ..]: [u8; 5]) -> Option<Refusal> {
        let stage = match stage {
            1 => Stage::Make,
            2 => Stage::Users,
            3 => Stage::Mounts,
            4 => Stage::Proc,
            _ => return None,
        };
        Some(Refusal { stage, errno: i32::from_le_bytes(errno) })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.stage {
            Stage::Make => "could not make a pid namespace",
            Stage::Users => "could not keep the user in a user namespace",
            Stage::Mounts => "could not make a table of mounts for the pid namespace",
            Stage::Proc => "could not mount /proc in the pid namespace",
        };
        write!(f, "{what}")
    }
}

impl std::error::Error for Refusal {}

/// The same with the switches of the system as an argument.
fn obstacle(refusal: Refusal, switch: impl Fn(&str) -> Option<i64>) -> Obstacle {
    let Refusal { stage, errno } = refusal;
    match errno {
        libc::ENOSYS | libc::EINVAL => return Obstacle::Unknown,
        libc::ENOSPC | libc::EUSERS => {
            let is_closed = |name: &&&str| switch(&format!("user/{name}")) == Some(0);
            let limits = ["max_user_namespaces", "max_pid_namespaces", "max_mnt_namespaces"];
            return Obstacle::Limit(limits.iter().find(is_closed).copied().unwrap_or(limits[0]));
        }
        libc::EPERM | libc::EACCES => {}
        _ => return Obstacle::Shortage,
    }
    if switch("kernel/unprivileged_userns_clone") == Some(0) {
        Obstacle::Switch
    } else if switch("kernel/apparmor_restrict_unprivileged_userns") == Some(1) {
        Obstacle::AppArmor
    } else if stage == Stage::Proc {
        Obstacle::CoveredProc
    } else {
        Obstacle::Filter
    }
}

#[cfg(test)]
mod tests;
