//! The way from a command to the stack that runs here: which socket is meant, and the answer to a question.

use std::io;
use std::path::{Path, PathBuf};

use tokio::task::LocalSet;

use super::args::WhereArgs;
use super::read::{self, ProjectPlace};
use super::{exit, report};
use crate::control::address::{self, Address};
use crate::control::client::{Client, NoAnswer};
use crate::control::protocol::{Code, Refusal, Stack};
use crate::diagnostic::{Diagnostic, visible};
use crate::logs::Mask;
use crate::project::Colour;

/// Why a command that talks to a running stack cannot do what it is for.
#[derive(Debug)]
pub(crate) struct Trouble {
    diagnostic: Box<Diagnostic>,
    code: u8,
}

impl Trouble {
    pub(crate) fn new(diagnostic: Diagnostic, code: u8) -> Trouble {
        Trouble { diagnostic: Box::new(diagnostic), code }
    }

    /// Returns whether it is that no stack runs here.
    pub(crate) fn is_that_nothing_runs(&self) -> bool {
        self.code == exit::NOTHING_HERE
    }

    /// Says it; returns the exit code.
    pub(crate) fn show(self) -> u8 {
        let _ = report::show(&[*self.diagnostic], &Mask::default(), Colour::Auto);
        self.code
    }
}

/// Runs what talks to a stack, in a runtime of its own.
///
/// # Errors
/// The system gives no runtime, or the command itself fails.
pub(crate) fn talk<T>(
    doing: impl AsyncFnOnce() -> Result<T, Trouble>,
    then: impl FnOnce(T) -> anyhow::Result<u8>,
) -> anyhow::Result<u8> {
    match converse(doing) {
        Ok(answer) => then(answer),
        Err(trouble) => Ok(trouble.show()),
    }
}

/// The same, for whoever goes on by himself.
pub(crate) fn converse<T>(doing: impl AsyncFnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        let message = format!("could not start the runtime: {}", read::why(&error));
        Trouble::new(Diagnostic::error("no-answer", message), exit::BROKEN)
    })?;
    LocalSet::new().block_on(&runtime, doing())
}

/// The same for what only wants to know something.
pub(crate) fn ask<T>(doing: impl AsyncFnOnce() -> Result<T, Trouble>) -> anyhow::Result<T> {
    converse(doing).map_err(|_| anyhow::anyhow!("there is no answer"))
}

/// Finds the stack that a command means: the one that was named, else the nearest above the current directory, of several the
/// one that knows the names.
pub(crate) async fn find(place: &WhereArgs, command: &str, names: &[String]) -> Result<Client, Trouble> {
    let name = format!("forge {command}");
    if let Some(path) = &place.socket {
        let address = Address::at(path);
        return match address.connect() {
            Ok(_) => Ok(Client::new(address, name)),
            Err(error) => Err(unreachable(path, &error)),
        };
    }
    let here = start_of(place);
    let mut found = nearest(&here);
    match found.len() {
        0 => Err(nothing_runs(&here)),
        1 => Ok(Client::new(found.remove(0), name)),
        _ => choose(&found, &name, names).await,
    }
}

/// Returns whether a stack runs that a command would find.
pub(crate) fn is_there(place: &WhereArgs) -> bool {
    !nearest(&start_of(place)).is_empty()
}

/// Waits until a stack does not listen any more.
pub(crate) async fn gone(client: &Client) {
    while let Ok(stream) = client.address().connect().and_then(tokio::net::UnixStream::from_std) {
        let mut byte = [0];
        // Nobody says anything unasked: what comes is the end.
        while stream.readable().await.is_ok() {
            match stream.try_read(&mut byte) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => break,
            }
        }
    }
}

/// Returns the directory from which it is looked for.
fn start_of(place: &WhereArgs) -> PathBuf {
    let here = match &place.root {
        Some(root) => root.clone(),
        None => read::current_directory().unwrap_or_else(|| PathBuf::from("/")),
    };
    here.canonicalize().unwrap_or(here)
}

/// Returns the sockets of the nearest project that has any, from a directory upwards.
fn nearest(here: &Path) -> Vec<Address> {
    let sockets = here.ancestors().map(|directory| sockets(&ProjectPlace::of(directory)));
    sockets.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// Returns the sockets of a project on which somebody may answer.
pub(crate) fn sockets(place: &ProjectPlace) -> Vec<Address> {
    address::find(place.notes.directories(), place.project.0)
}

/// Chooses between several stacks of one project.
async fn choose(found: &[Address], name: &str, names: &[String]) -> Result<Client, Trouble> {
    let mut stacks = Vec::new();
    for address in found {
        let client = Client::new(address.clone(), name);
        if let Ok(stack) = client.get::<Stack>("/v1/stack").await {
            stacks.push((client, stack));
        }
    }
    let knows = |stack: &Stack| names.iter().all(|name| has(stack, name));
    let mut fitting: Vec<Client> =
        stacks.iter().filter(|(_, stack)| knows(stack)).map(|(client, _)| client.clone()).collect();
    match fitting.len() {
        1 => return Ok(fitting.remove(0)),
        0 if stacks.len() == 1 => return Ok(stacks.remove(0).0),
        _ => {}
    }
    let mut diagnostic = Diagnostic::error("several-stacks", "several stacks of this project run");
    for (client, stack) in &stacks {
        let names: Vec<String> = stack.instances.iter().map(|one| one.name.to_string()).collect();
        let path = client.address().path.display().to_string();
        diagnostic = diagnostic.hint(format!("`--socket {}` has {}", visible(&path), names.join(", ")));
    }
    Err(Trouble::new(diagnostic, exit::MISTAKE))
}

/// Returns whether a word could mean somebody in a stack; the stack itself has the last word.
fn has(stack: &Stack, word: &str) -> bool {
    stack.instances.iter().any(|one| {
        let label = word.strip_prefix('@').is_some_and(|label| one.labels.iter().any(|own| own == label));
        one.process == word || one.name.to_string() == word || label
    })
}

fn nothing_runs(here: &Path) -> Trouble {
    let here = here.display().to_string();
    let message = format!("no forge runs in `{}` or above", visible(&here));
    let diagnostic = Diagnostic::error("nothing-runs", message)
        .hint("start one with `forge start`, or name its directory with `-d` or its socket with `--socket`");
    Trouble::new(diagnostic, exit::NOTHING_HERE)
}

fn unreachable(path: &Path, error: &io::Error) -> Trouble {
    let path = path.display().to_string();
    let message = format!("no forge answers at `{}`: {}", visible(&path), read::why(error));
    let diagnostic = Diagnostic::error("nothing-runs", message)
        .hint("without `--socket` and FORGE_SOCKET the stack of the current directory is meant");
    Trouble::new(diagnostic, exit::NOTHING_HERE)
}

impl From<NoAnswer> for Trouble {
    fn from(no_answer: NoAnswer) -> Trouble {
        match no_answer {
            NoAnswer::Refused(Refusal { code, message, hint }) => {
                let message = visible(&message).into_owned();
                let (diagnostic, exit) = match code {
                    Code::UnknownProcess => (Diagnostic::error("unknown-process", message), exit::MISTAKE),
                    Code::Gone => (Diagnostic::error("nothing-runs", message), exit::NOTHING_HERE),
                    Code::TooMany => (Diagnostic::error("too-many-clients", message), exit::BROKEN),
                    Code::NotPossible => (Diagnostic::error("not-possible", message), exit::MISTAKE),
                    Code::BadRequest => (Diagnostic::error("refused", message), exit::USAGE),
                    Code::NoSuchPath | Code::NoSuchMethod | Code::TooLarge | Code::Broken | Code::Other => {
                        (Diagnostic::error("refused", message), exit::BROKEN)
                    }
                };
                let hint = hint.map(|hint| visible(&hint).into_owned());
                Trouble::new(hint.into_iter().fold(diagnostic, Diagnostic::hint), exit)
            }
            NoAnswer::Connection(_) => Trouble::new(
                Diagnostic::error("nothing-runs", "forge has ended before it answered"),
                exit::NOTHING_HERE,
            ),
            NoAnswer::Silence => Trouble::new(
                Diagnostic::error("no-answer", "forge does not answer")
                    .hint("it may be suspended with Ctrl-Z: `fg` lets it go on"),
                exit::BROKEN,
            ),
            NoAnswer::Unintelligible(why) => Trouble::new(
                Diagnostic::error("no-answer", format!("the answer of forge cannot be understood: {why}"))
                    .hint("it may be of another version than this command"),
                exit::BROKEN,
            ),
        }
    }
}
