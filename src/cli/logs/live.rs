//! `forge logs` and a stack that runs: whether one does, what it has in its memory, and when it ends.

use std::collections::BTreeMap;
use std::future::pending;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::super::args::{Lines, LogsArgs};
use super::super::remote::{self, Trouble};
use super::super::{exit, read};
use super::{Wish, palette_of};
use crate::control::client::Client;
use crate::control::log_query::written;
use crate::control::protocol::Stack;
use crate::diagnostic::Span;
use crate::logs::Level;
use crate::logs::rfc3339;
use crate::sys::{clock, descriptor, descriptor_table};
use crate::ui::history::{History, Look};
use crate::ui::retold::Retold;
use crate::ui::terminal;

/// A stack that runs here.
pub(super) struct Running {
    client: Client,
    stack: Stack,
}

/// Looks for the stack that is meant. That there is none is no trouble, unless it was named.
pub(super) fn find(args: &LogsArgs) -> Result<Option<Running>, Trouble> {
    let look = async || {
        let client = remote::find(&args.place, "logs", &args.names).await?;
        let stack = client.get::<Stack>("/v1/stack").await?;
        Ok(Running { client, stack })
    };
    match remote::converse(look) {
        Ok(running) => Ok(Some(running)),
        Err(trouble) if trouble.is_that_nothing_runs() && args.place.socket.is_none() => Ok(None),
        // Files can be read whoever runs.
        Err(_) if args.log_dir.is_some() => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

impl Running {
    /// Returns where it keeps log files, if it does.
    pub(super) fn log_dir(&self) -> Option<PathBuf> {
        self.stack.about.log_dir.as_ref().map(PathBuf::from)
    }

    /// Returns whether it is this directory.
    pub(super) fn writes_to(&self, path: &Path) -> bool {
        let whole = |path: &Path| path.canonicalize().ok();
        self.log_dir().is_some_and(|own| whole(&own).is_some_and(|own| Some(own) == whole(path)))
    }

    /// Begins to wait for its end; nothing where it has come already.
    pub(super) fn until_its_end(&self) -> Option<UntilItsEnd> {
        UntilItsEnd::begin(&self.client).ok()
    }

    /// Shows what it remembers, and what comes if that is wanted.
    pub(super) fn show(
        &self,
        args: &LogsArgs,
        wish: &Wish,
        look: Look,
        profile: Option<&Span>,
    ) -> anyhow::Result<u8> {
        let manifest = read::manifest_of(Path::new(&self.stack.about.root), profile);
        let names: Vec<String> = self.stack.instances.iter().map(|one| one.name.to_string()).collect();
        let history =
            History::new(look, palette_of(&manifest), names.iter().map(String::as_str), clock::wall());
        let mut retold = Retold::new(look, history, self.positions());
        let path = format!("/v1/logs{}", query(args, wish, look));
        let reader = Reader::watch().context("could not watch the standard output")?;
        let told = remote::converse(async || {
            let reader = reader.watched();
            let mut lines = self.client.lines(&path).await?;
            let mut out = Vec::new();
            loop {
                let lines = tokio::select! {
                    lines = lines.next() => lines,
                    () = nobody_reads(reader.as_ref()) => return Ok(Ok(())),
                };
                let Some(lines) = lines else { break };
                for object in lines.split(|byte| *byte == b'\n').filter(|object| !object.is_empty()) {
                    retold.object(object, &mut out);
                }
                // What there is now is not much: all of it is taken before a pager that waits could make it old.
                if !args.follow {
                    continue;
                }
                match terminal::out_to_reader(&out) {
                    Ok(true) => out.clear(),
                    Ok(false) => return Ok(Ok(())),
                    Err(error) => return Ok(Err(error)),
                }
            }
            retold.end(&mut out);
            Ok(terminal::out_to_reader(&out).map(drop))
        });
        match told {
            Ok(written) => written.map(|()| exit::DONE).context("could not write to the standard output"),
            Err(trouble) => Ok(trouble.show()),
        }
    }

    /// Where the process of each instance stands in its Procfile.
    fn positions(&self) -> BTreeMap<String, usize> {
        let mut processes: Vec<&str> = Vec::new();
        let mut positions = BTreeMap::new();
        for one in &self.stack.instances {
            if !processes.contains(&one.process.as_str()) {
                processes.push(&one.process);
            }
            let position = processes.iter().position(|process| *process == one.process);
            positions.insert(one.name.to_string(), position.unwrap_or(0));
        }
        positions
    }
}

/// Returns what is asked for, as it stands in the path.
fn query(args: &LogsArgs, wish: &Wish, look: Look) -> String {
    let mut pairs: Vec<(&str, String)> = args.names.iter().map(|name| ("name", name.clone())).collect();
    if let Lines::Last(lines) = wish.lines {
        pairs.push(("lines", lines.to_string()));
    }
    // What they mean depends on where and when they were typed.
    let moments = [("since", wish.since), ("until", wish.until)];
    pairs.extend(moments.iter().filter_map(|(key, moment)| Some((*key, rfc3339((*moment)?.wall(0))))));
    pairs.extend(args.grep.iter().map(|pattern| ("grep", pattern.clone())));
    pairs.extend(args.not.iter().map(|pattern| ("not", pattern.clone())));
    pairs.extend(wish.question.level.map(Level::name).map(|level| ("level", level.to_owned())));
    pairs.extend(wish.run.map(|run| ("run", run.to_string())));
    if matches!(look, Look::Stream { screen, .. } if screen.colour) {
        pairs.push(("colour", "true".to_owned()));
    }
    if args.follow {
        pairs.push(("follow", "true".to_owned()));
    }
    written(pairs.iter().map(|(key, value)| (*key, value.as_str())))
}

/// Whoever reads the standard output.
struct Reader(Option<OwnedFd>);

impl Reader {
    /// Only of a pipe it shows that nobody reads it any more.
    fn watch() -> io::Result<Reader> {
        let is_pipe = descriptor::is_pipe(io::stdout());
        Ok(Reader(if is_pipe { Some(descriptor_table::duplicate_above(1)?) } else { None }))
    }

    fn watched(&self) -> Option<AsyncFd<OwnedFd>> {
        descriptor::watch_error(self.0.as_ref()?.try_clone().ok()?).ok()
    }
}

/// Waits until nobody reads the standard output any more; for ever where that cannot be seen.
async fn nobody_reads(reader: Option<&AsyncFd<OwnedFd>>) {
    match reader {
        Some(reader) if reader.ready(Interest::ERROR).await.is_ok() => {}
        Some(_) | None => pending().await,
    }
}

/// A connection that ends with the stack. What comes on it before is of no interest.
pub(super) struct UntilItsEnd(UnixStream);

impl UntilItsEnd {
    fn begin(client: &Client) -> io::Result<UntilItsEnd> {
        let mut stream = client.address().connect()?;
        let query = written([("name", "system"), ("lines", "0"), ("follow", "true")]);
        stream.write_all(format!("GET /v1/logs{query} HTTP/1.1\r\nhost: forge\r\n\r\n").as_bytes())?;
        stream.set_nonblocking(true)?;
        Ok(UntilItsEnd(stream))
    }

    /// Returns whether it has come.
    pub(super) fn has_come(&mut self) -> bool {
        let mut nothing = [0; 4096];
        loop {
            match self.0.read(&mut nothing) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
            }
        }
    }
}

impl AsFd for UntilItsEnd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
