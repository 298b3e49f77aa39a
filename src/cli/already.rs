//! Whether what is about to start runs already, started by another forge in the same directory.
//!
//! Two stacks of one project may run side by side (`forge start web` here, `forge start worker` there). The same instance on the same
//! port is a mistake nearly always: the second would find its ports taken, or worse, both would work on the same files.

use std::path::PathBuf;

use super::read::ProjectPlace;
use super::remote::{self, Trouble};
use crate::control::client::Client;
use crate::control::protocol::{Instance, Stack, State};
use crate::diagnostic::Diagnostic;
use crate::project::Project;

/// A stack that runs already.
#[derive(Debug)]
pub(crate) struct Already {
    /// What is to be said.
    pub(crate) complaint: Diagnostic,
    /// Where it can be asked.
    pub(crate) socket: PathBuf,
}

/// Looks at the stacks that run here; returns the first that has somebody of this project.
pub(crate) fn look(place: &ProjectPlace, project: &Project) -> Option<Already> {
    // Nearly always nobody is here, and then nothing more is done.
    let sockets = remote::sockets(place);
    if sockets.is_empty() {
        return None;
    }
    let ask = async || -> Result<Option<Already>, Trouble> {
        for address in sockets {
            let client = Client::new(address.clone(), "forge start");
            // One that does not answer, or is ending, is in nobody's way but at its ports, which are looked at next.
            let Ok(stack) = client.get::<Stack>("/v1/stack").await else { continue };
            let same = both(&stack, project);
            if !same.is_empty() && stack.stopping.is_none() {
                return Ok(Some(Already { complaint: complaint(&stack, &same), socket: address.path }));
            }
        }
        Ok(None)
    };
    remote::ask(ask).ok().flatten()
}

/// Returns who is in both, with the same port or without any.
fn both(stack: &Stack, project: &Project) -> Vec<String> {
    let is_here = |one: &&Instance| {
        let is_over = matches!(one.state, State::Stopped | State::Done | State::Failed);
        let same = project.instances.iter().any(|own| own.id == one.name && own.port == one.port);
        same && !is_over
    };
    stack.instances.iter().filter(is_here).map(|one| one.name.to_string()).collect()
}

fn complaint(stack: &Stack, same: &[String]) -> Diagnostic {
    let message = format!("{} runs here already, in forge with pid {}", same.join(", "), stack.about.pid);
    Diagnostic::error("already-running", message)
        .hint("`forge logs -f` shows what it prints, `forge restart all` starts it afresh, `forge down` ends it")
        .hint("`-p` with other ports starts a second one beside it")
}
