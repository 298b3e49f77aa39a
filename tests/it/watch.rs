//! What a test sees of one forge while it runs: its output, its state, the puppets that said hello.
//!
//! Everything arrives from threads; a test waits until what it knows satisfies it, with one generous deadline,
//! and otherwise fails with all that there is to see.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::census::{self, Person};
use crate::wire;

/// How long a fact may take. Far more than it ever should: the machine may be busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Which of forge's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stream {
    /// Standard output, or all that is seen on the terminal.
    Out,
    /// Standard error, unless forge is on a terminal.
    Err,
}

/// What is known so far.
#[derive(Default)]
pub(crate) struct Known {
    /// The bytes that came, by stream.
    pub(crate) output: BTreeMap<Stream, Vec<u8>>,
    /// How many streams have not ended.
    pub(crate) streams_open: usize,
    /// Its process id.
    pub(crate) forge: i32,
    /// How forge ended.
    pub(crate) end: Option<WaitStatus>,
    /// Whether forge is stopped, as by SIGSTOP.
    pub(crate) stopped: bool,
    /// Puppets that said hello and that no test has asked for yet.
    pub(crate) arrivals: Vec<(String, Person, UnixStream)>,
    /// Everybody who ever said hello.
    pub(crate) everybody: Vec<(String, Person)>,
    /// The process groups they were in.
    pub(crate) groups: BTreeSet<i32>,
}

/// The meeting place of a test with all that happens.
pub(crate) struct Watch {
    known: Mutex<Known>,
    changed: Condvar,
    /// `FORGE_TEST_MARK=…`: what every process of this test has in its environment.
    pub(crate) mark: String,
}

impl Watch {
    /// Makes one for a test whose processes carry `mark`.
    pub(crate) fn new(mark: String) -> Arc<Watch> {
        Arc::new(Watch { known: Mutex::new(Known::default()), changed: Condvar::new(), mark })
    }

    /// Changes what is known and wakes whoever waits for it.
    pub(crate) fn learn<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        let result = change(&mut self.known.lock().expect("a watch outlives failures"));
        self.changed.notify_all();
        result
    }

    /// Waits until `find` finds it in what is known.
    pub(crate) fn wait<T>(&self, what: &str, find: impl FnMut(&mut Known) -> Option<T>) -> T {
        self.wait_while(what, |_| true, find)
    }

    /// Waits until `find` finds it in what is known, as long as there is hope.
    pub(crate) fn wait_while<T>(
        &self,
        what: &str,
        hope: impl Fn(&Known) -> bool,
        mut find: impl FnMut(&mut Known) -> Option<T>,
    ) -> T {
        let end = Instant::now() + DEADLINE;
        let mut known = self.known.lock().expect("a watch outlives failures");
        loop {
            if let Some(found) = find(&mut known) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || !hope(&known) {
                let story = self.story(&known);
                drop(known);
                let why =
                    if left.is_zero() { format!("not within {DEADLINE:?}") } else { "never".to_owned() };
                panic!("{what}: {why}\n{story}");
            }
            known = self.changed.wait_timeout(known, left).expect("a watch outlives failures").0;
        }
    }

    /// Waits for a fact that nobody announces, by looking for it again and again.
    pub(crate) fn look_for<T>(&self, what: &str, mut find: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(found) = find() {
                return found;
            }
            assert!(Instant::now() < end, "{what}: not within {DEADLINE:?}\n{}", self.whole_story());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Fails, with all that there is to see.
    #[track_caller]
    pub(crate) fn fail(&self, what: &str) -> ! {
        panic!("{what}\n{}", self.whole_story())
    }

    /// Returns everybody of this test who is alive, forge and guard included.
    pub(crate) fn alive(&self) -> Vec<Person> {
        let mut alive = census::carriers(&self.mark);
        let known = self.known.lock().expect("a watch outlives failures");
        alive.extend(known.everybody.iter().map(|(_, person)| *person).filter(|person| person.is_alive()));
        alive.sort();
        alive.dedup();
        alive
    }

    /// Returns the process groups in which there is somebody.
    pub(crate) fn groups(&self) -> Vec<i32> {
        let known = self.known.lock().expect("a watch outlives failures");
        known.groups.iter().copied().filter(|group| census::has_members(*group, known.forge)).collect()
    }

    /// Tells all that there is to see.
    pub(crate) fn whole_story(&self) -> String {
        let alive = self.alive();
        let known = self.known.lock().expect("a watch outlives failures");
        let mut story = self.story(&known);
        drop(known);
        for person in alive {
            let _ = writeln!(story, "alive: {}", census::describe(person));
        }
        let _ = writeln!(story, "groups with members: {:?}", self.groups());
        story
    }

    #[expect(clippy::unused_self, reason = "reads as a question to the watch")]
    fn story(&self, known: &Known) -> String {
        let mut story = String::new();
        for (stream, bytes) in &known.output {
            let _ = writeln!(story, "--- {stream:?}, {} bytes ---\n{}", bytes.len(), shortened(bytes));
        }
        let _ = writeln!(story, "--- end: {:?}, stopped: {}", known.end, known.stopped);
        for (name, person) in &known.everybody {
            let _ = writeln!(story, "puppet {name}: {}", census::describe(*person));
        }
        story
    }

    /// Reads a stream to its end, in a thread of its own.
    pub(crate) fn reads(self: &Arc<Watch>, stream: Stream, mut from: File) {
        let watch = Arc::clone(self);
        watch.learn(|known| known.streams_open += 1);
        std::thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            // An error is an end too: a pty says EIO when its last user is gone.
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                watch.learn(|known| known.output.entry(stream).or_default().extend(&bytes[..count]));
            }
            watch.learn(|known| known.streams_open -= 1);
        });
    }

    /// Waits for the end of a child of this test, in a thread of its own.
    pub(crate) fn waits_for(self: &Arc<Watch>, pid: i32) {
        let watch = Arc::clone(self);
        watch.learn(|known| known.forge = pid);
        std::thread::spawn(move || {
            loop {
                match waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WUNTRACED | WaitPidFlag::WCONTINUED)) {
                    Ok(WaitStatus::Stopped(..)) => watch.learn(|known| known.stopped = true),
                    Ok(WaitStatus::Continued(_)) => watch.learn(|known| known.stopped = false),
                    Ok(end @ (WaitStatus::Exited(..) | WaitStatus::Signaled(..))) => {
                        return watch.learn(|known| known.end = Some(end));
                    }
                    Err(Errno::EINTR) | Ok(_) => {}
                    Err(errno) => panic!("waitpid: {errno}"),
                }
            }
        });
    }

    /// Lets puppets in, in a thread of its own, until the listener is shut down.
    pub(crate) fn welcomes(self: &Arc<Watch>, door: UnixListener) {
        let watch = Arc::clone(self);
        std::thread::spawn(move || {
            for mut visitor in door.incoming().map_while(Result::ok) {
                let Ok(Some(hello)) = wire::receive(&mut visitor) else { continue };
                let words: Vec<String> =
                    hello.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
                let [_hello, name, pid, started] = words.as_slice() else { continue };
                // Within a pid namespace it does not know the number that it has here; the kernel does.
                let seen = getsockopt(&visitor, PeerCredentials).ok().and_then(|peer| Person::of(peer.pid()));
                let person = seen.unwrap_or_else(|| Person {
                    pid: pid.parse().expect("a puppet knows its pid"),
                    started: started.parse().expect("a puppet knows when it started"),
                });
                watch.learn(|known| {
                    known.groups.extend(census::stat(person.pid).map(|stat| stat.group));
                    known.everybody.push((name.clone(), person));
                    known.arrivals.push((name.clone(), person, visitor));
                });
            }
        });
    }
}

/// The beginning and the end of what may be long.
fn shortened(bytes: &[u8]) -> String {
    const ENOUGH: usize = 6_000;
    if bytes.len() <= 2 * ENOUGH {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let (head, tail) = (&bytes[..ENOUGH], &bytes[bytes.len() - ENOUGH..]);
    format!("{}\n[…]\n{}", String::from_utf8_lossy(head), String::from_utf8_lossy(tail))
}
