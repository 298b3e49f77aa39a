//! Does anybody of a run listen on its port, on any address?
//!
//! Cheap first: only when somebody listens on the port at all is it asked who. That is asked of `/proc/PID/fd`, which
//! another user's process does not show; then the user of the socket tells: a run that has processes of that user, and
//! only such as cannot be looked at, is the one.
//!
//! Where the kernel tells nobody (macOS, sandboxes) a connection has to do.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::{Refusal, tcp};
use crate::sys::kin::Kin;
use crate::sys::ports::{self, Listener};

/// Whose the port was when the run was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nobody's. Who listens on it now and belongs to no other run does it for this one: `docker run -p` asks another
    /// program to listen, which is nobody's descendant here, and a daemon may hide where it comes from.
    Free,
    /// Somebody's: a stranger on it is none of the run's affair.
    Taken,
}

/// Looks once.
///
/// # Errors
/// Nobody listens, or somebody else.
pub async fn by(kin: &Kin, port: u16, before: Before) -> Result<(), Refusal> {
    let Ok(listeners) = ports::listeners(port) else { return tcp::accepts(None, port).await };
    if listeners.is_empty() {
        return Err(Refusal::NobodyListens);
    }
    match whose(kin, &listeners) {
        Whose::OfTheRun => Ok(()),
        Whose::Stranger if before == Before::Free => Ok(()),
        Whose::Neighbour | Whose::Stranger => Err(Refusal::AnotherListens),
    }
}

/// Who listens on what, looked at once for all that start in one go.
#[derive(Debug, Default)]
pub struct Listened(OnceCell<Option<BTreeSet<u16>>>);

impl Listened {
    /// Returns whether nobody listened on a port at the first question.
    pub fn before(&self, port: u16) -> Before {
        match self.0.get_or_init(|| ports::listened().ok()) {
            Some(ports) if !ports.contains(&port) => Before::Free,
            Some(_) | None => Before::Taken,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    OfTheRun,
    /// Of another run of the same stack.
    Neighbour,
    Stranger,
}

fn whose(kin: &Kin, listeners: &[Listener]) -> Whose {
    let inodes: BTreeSet<u64> = listeners.iter().map(|listener| listener.inode).collect();
    let is_held_by_one_of = |pids: &[i32]| pids.iter().any(|pid| ports::holds(*pid, &inodes) == Some(true));
    let household = kin.household();
    if is_held_by_one_of(&household) || is_held_by_one_of(&kin.orphans()) {
        return Whose::OfTheRun;
    }
    if is_held_by_one_of(&kin.neighbourhood()) {
        return Whose::Neighbour;
    }
    let is_one_of_theirs =
        |pid: &i32| ports::user_of(*pid).is_some_and(|user| listeners.iter().any(|one| one.user == user));
    let is_hidden = |pid: &i32| ports::holds(*pid, &inodes).is_none();
    if household.iter().any(|pid| is_hidden(pid) && is_one_of_theirs(pid)) {
        return Whose::OfTheRun;
    }
    Whose::Stranger
}
