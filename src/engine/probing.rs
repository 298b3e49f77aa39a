//! Looking once how a run is: what the mind asks for becomes one task that looks and tells.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{AbortHandle, spawn_local};
use tokio::time::{Instant, sleep, timeout};

use super::perform::Hands;
use super::starting::null;
use crate::exit::{Exit, Step};
use crate::project::InstanceSpec;
use crate::project::lifecycle::{HttpProbe, Probe};
use crate::supervisor::{Check, ChildEvent, Event, ProbeFailure, RunId};
use crate::sys::kin::Kin;
use crate::sys::probe::listening::Before;
use crate::sys::probe::{Refusal, file, http, listening, tcp, unix};

/// In its first time a run is looked at again and again, where that is cheap: others wait for it, and somebody waits for
/// them. It costs some thousandths of a processor for each that starts.
const EAGER: Duration = Duration::from_secs(15);
/// How long one such look lasts at most.
const LONGEST_LOOK: Duration = Duration::from_secs(1);
/// How long is waited within it.
const BREATH: Duration = Duration::from_millis(8);

/// A look that is under way.
#[derive(Debug)]
pub(super) struct Looking {
    run: RunId,
    check: Check,
    task: AbortHandle,
    /// The command that looks.
    errand: Option<u64>,
}

/// One way to look, with all that it needs.
enum Look {
    Listening { kin: Kin, port: u16, before: Before },
    Http(http::Request),
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
    File(PathBuf),
    Command(oneshot::Receiver<Exit>),
}

impl Hands {
    /// Looks once, in a task of its own that sends the answer.
    pub(super) fn look(&mut self, run: RunId, check: Check, probe: &Arc<Probe>, at_most: Duration) {
        let (mut look, errand) = match self.way_to_look(run, probe) {
            Ok(look) => look,
            Err(failure) => {
                let what = ChildEvent::Probed { check, result: Err(failure) };
                return self.happened.push_back(Event::Child { run, what });
            }
        };
        let age = self.runs.get(&run).and_then(|held| held.began).map_or(EAGER, |began| began.elapsed());
        let is_eager = check == Check::Ready && age < EAGER && look.is_cheap();
        let news = self.news.clone();
        let task = spawn_local(async move {
            let longest = if is_eager { LONGEST_LOOK.min(at_most / 2) } else { Duration::ZERO };
            let result =
                timeout(at_most, look.for_a_while(longest)).await.unwrap_or(Err(ProbeFailure::TimedOut));
            // The engine is gone only when everything is over.
            let _ = news.send(Event::Child { run, what: ChildEvent::Probed { check, result } }).await;
        });
        self.looks.push(Looking { run, check, task: task.abort_handle(), errand });
    }

    /// Lets go of a look that has been answered; a command that has not come to its end is ended.
    pub(super) fn looked(&mut self, run: RunId, check: Check) {
        let answered = |look: &mut Looking| look.run == run && look.check == check;
        let over: Vec<Looking> = self.looks.extract_if(.., answered).collect();
        self.end_looks(over);
    }

    /// Gives up all looks at a run.
    pub(super) fn look_away(&mut self, run: RunId) {
        let over: Vec<Looking> = self.looks.extract_if(.., |look| look.run == run).collect();
        self.end_looks(over);
    }

    fn end_looks(&mut self, looks: Vec<Looking>) {
        for look in looks {
            look.task.abort();
            if let Some(errand) = look.errand.filter(|errand| self.errands.give_up(*errand)) {
                self.link.kill(errand);
            }
        }
    }

    fn way_to_look(&mut self, run: RunId, probe: &Probe) -> Result<(Look, Option<u64>), ProbeFailure> {
        let cannot = ProbeFailure::CannotLook { errno: libc::ESRCH };
        let project = Arc::clone(&self.project);
        let held = self.runs.get(&run).ok_or(cannot)?;
        let spec = &held.spec;
        let own_port = || spec.port.ok_or(ProbeFailure::NothingListens);
        let directory = project.directory_of(&spec.process);
        let look = match probe {
            Probe::Listening => {
                Look::Listening { kin: self.kin(run).ok_or(cannot)?, port: own_port()?, before: held.before }
            }
            Probe::Http(HttpProbe { host, port, path, status, headers }) => Look::Http(http::Request {
                host: host.clone(),
                port: port.map_or_else(own_port, Ok)?,
                path: path.clone(),
                status: *status,
                headers: headers.clone(),
            }),
            Probe::Tcp { host, port } => Look::Tcp { host: host.clone(), port: *port },
            Probe::Unix(path) => Look::Unix(directory.join(path)),
            Probe::File(path) => Look::File(directory.join(path)),
            Probe::Command(command) => {
                let (errand, ended) = self.errands.begin();
                let spec = spec.clone();
                if let Err((_, errno)) = self.send_out(errand, &spec, command) {
                    self.errands.give_up(errand);
                    return Err(ProbeFailure::CannotLook { errno });
                }
                return Ok((Look::Command(ended), Some(errand)));
            }
            // The hand hears of these by itself, and the mind counts the time by itself.
            Probe::Log(_) | Probe::Notify | Probe::Delay(_) => {
                return Err(ProbeFailure::CannotLook { errno: libc::EINVAL });
            }
        };
        Ok((look, None))
    }

    /// Starts a command beside a run, as its hooks are started, but without anybody to hear it.
    fn send_out(&mut self, errand: u64, spec: &InstanceSpec, command: &[u8]) -> Result<(), (Step, i32)> {
        let failed = |error: io::Error| (Step::Connect, error.raw_os_error().unwrap_or(libc::EMFILE));
        let standard = [null().map_err(failed)?, null().map_err(failed)?, null().map_err(failed)?];
        let spawn = self.what_to_start((errand, spec), super::Hold::Pipe, command)?;
        self.link.spawn(spawn, standard);
        Ok(())
    }
}

impl Look {
    /// Returns whether looking again at once costs next to nothing.
    fn is_cheap(&self) -> bool {
        match self {
            Look::Listening { .. } | Look::Unix(_) | Look::File(_) => true,
            Look::Http(_) | Look::Tcp { .. } | Look::Command(_) => false,
        }
    }

    /// Looks until it is so, or the time is over.
    async fn for_a_while(&mut self, longest: Duration) -> Result<(), ProbeFailure> {
        let until = Instant::now() + longest;
        loop {
            let result = self.once().await;
            if result.is_ok() || Instant::now() >= until {
                return result;
            }
            sleep(BREATH).await;
        }
    }

    async fn once(&mut self) -> Result<(), ProbeFailure> {
        match self {
            Look::Listening { kin, port, before } => {
                listening::by(kin, *port, *before).await.map_err(failure)
            }
            Look::Http(request) => http::answers(request).await.map_err(failure),
            Look::Tcp { host, port } => tcp::accepts(Some(host), *port).await.map_err(failure),
            Look::Unix(path) => unix::accepts(path).await.map_err(failure),
            Look::File(path) => file::is_there(path).map_err(failure),
            Look::Command(ended) => match ended.await {
                Ok(exit) if exit.is_success() => Ok(()),
                Ok(exit) => Err(ProbeFailure::Failed(exit)),
                // The guard is lost.
                Err(_) => Err(ProbeFailure::CannotLook { errno: libc::ECHILD }),
            },
        }
    }
}

fn failure(refusal: Refusal) -> ProbeFailure {
    match refusal {
        Refusal::UnknownHost => ProbeFailure::UnknownHost,
        Refusal::Unreachable { errno } => ProbeFailure::CannotConnect { errno },
        Refusal::NoFile => ProbeFailure::NoFile,
        Refusal::NobodyListens | Refusal::AnotherListens => ProbeFailure::NothingListens,
        Refusal::NotHttp => ProbeFailure::NoHttp,
        Refusal::Status { code } => ProbeFailure::Status { code },
        Refusal::CannotLook { errno } => ProbeFailure::CannotLook { errno },
    }
}
