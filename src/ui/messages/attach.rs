//! What is said to one who is attached to a process.

use super::ended as ended_words;
use crate::control::frames::Entered;
use crate::exit::Exit;

/// Who one is attached to, and how to leave.
pub fn entered(entered: &Entered, way_out: Option<&str>) -> String {
    let Entered { name, pid, read_only, others, .. } = entered;
    let doing = if *read_only { "watching" } else { "attached to" };
    let state = pid.map_or(", which does not run at the moment".to_owned(), |pid| format!(" (pid {pid})"));
    let company = match others {
        0 => String::new(),
        1 => ", as somebody else is".to_owned(),
        others => format!(", as {others} others are"),
    };
    let way_out = way_out.map(|keys| format!("; {keys} leaves")).unwrap_or_default();
    format!("forge: {doing} {name}{state}{company}{way_out}")
}

/// One has left.
pub fn left(name: &str) -> String {
    format!("forge: left {name}")
}

/// The process has ended.
pub fn ended(name: &str, exit: Option<Exit>) -> String {
    match exit {
        Some(exit) => format!("forge: {name} {}", ended_words(exit)),
        None => format!("forge: {name} has closed its terminal"),
    }
}

/// It was started again.
pub fn restarted(name: &str, pid: i32) -> String {
    format!("forge: {name} was restarted (pid {pid})")
}

/// All is over.
pub fn stack_ended(name: &str) -> String {
    format!("forge: left {name}: the stack has ended")
}

/// The stack goes on without it.
pub fn removed(name: &str) -> String {
    format!("forge: left {name}: it is not part of the stack any more")
}

/// forge does not answer any more.
pub fn lost(name: &str) -> String {
    format!("forge: left {name}: the forge that ran it is gone")
}
