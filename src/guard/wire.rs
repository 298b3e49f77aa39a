//! The few messages between forge and its guard. Pure.
//!
//! A message is a frame: its length (4 bytes, little-endian), a kind (1 byte), its fields. The socket is a stream, not
//! datagrams, because an environment may be larger than a datagram. The three descriptors of a `Spawn` travel with
//! its first byte and arrive in the order of the spawns.

use std::ffi::CStr;

use crate::exit::{Exit, Spent, Step};

/// What is to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spawn {
    /// The launch.
    pub run: u64,
    /// Whether the first descriptor is a terminal that the process is to control.
    pub terminal: bool,
    /// What is added to its niceness.
    pub nice: i32,
    /// The directory to start in.
    pub directory: Vec<u8>,
    /// The program, an absolute path, and its arguments, the first being the program's own name.
    pub arguments: Vec<Vec<u8>>,
    /// The whole environment.
    pub environment: Environment,
}

/// An environment as exec reads it: each variable as `NAME=value` and a NUL. In one piece, because a stack of many
/// processes tells each of them about all the others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment(Vec<u8>);

impl Environment {
    /// Adds a variable; returns false, and adds nothing, if it has a NUL in it, which no variable can.
    #[must_use]
    pub fn push(&mut self, name: &[u8], value: &[u8]) -> bool {
        let is_possible = memchr::memchr(0, name).or_else(|| memchr::memchr(0, value)).is_none();
        if is_possible {
            self.0.extend_from_slice(name);
            self.0.push(b'=');
            self.0.extend_from_slice(value);
            self.0.push(0);
        }
        is_possible
    }

    /// Returns all of it, each as `NAME=value`.
    pub fn variables(&self) -> impl Iterator<Item = &CStr> {
        self.0.split_inclusive(|byte| *byte == 0).filter_map(|text| CStr::from_bytes_with_nul(text).ok())
    }
}

/// What forge asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Start a process; its descriptors come along.
    Spawn(Spawn),
    /// Send a signal to the leader of a run.
    Signal {
        /// Which run.
        run: u64,
        /// The signal's number.
        signal: i32,
    },
    /// Kill a run, all of it, until nobody of it is left.
    Kill {
        /// Which run.
        run: u64,
    },
    /// Send a signal to everything there is.
    SignalAll {
        /// The signal's number.
        signal: i32,
    },
    /// Send a signal to the leader of a run and to everything below it, as long as that leader lives.
    SignalTree {
        /// Which run.
        run: u64,
        /// The signal's number.
        signal: i32,
    },
    /// All runs are over: end strays, then say `Empty`.
    Finish,
    /// All that was to be started has been: what only that needed can be let go of.
    Rest,
}

/// What the guard tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The run's program has been started.
    Spawned {
        /// Which run.
        run: u64,
        /// Its leader.
        pid: i32,
    },
    /// It could not be.
    SpawnFailed {
        /// Which run.
        run: u64,
        /// What failed.
        step: Step,
        /// Why.
        errno: i32,
    },
    /// The run's leader has ended, and what it left behind was asked to end.
    Exited {
        /// Which run.
        run: u64,
        /// How.
        exit: Exit,
        /// What it had used.
        spent: Spent,
    },
    /// Nobody of the run is left.
    Gone {
        /// Which run.
        run: u64,
    },
    /// Nobody at all is left; the last message.
    Empty,
}

/// The bytes were not a message. Both ends are one program, so this is a fault of forge's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("forge and its guard do not understand each other")]
pub struct Malformed;

/// Cuts a stream of bytes into frames.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    taken: usize,
}

impl Frames {
    /// Adds what was received.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the content of the next whole frame.
    pub fn next_frame(&mut self) -> Option<&[u8]> {
        let rest = &self.bytes[self.taken..];
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        if rest.len() < length {
            return None;
        }
        let start = self.taken + 4;
        self.taken = start + length;
        Some(&self.bytes[start..self.taken])
    }
}

impl Request {
    /// Returns the frame of this message.
    pub fn encode(&self) -> Vec<u8> {
        frame(|out| match self {
            Request::Spawn(spawn) => {
                out.push(0);
                put_u64(out, spawn.run);
                out.push(u8::from(spawn.terminal));
                put_i32(out, spawn.nice);
                put_bytes(out, &spawn.directory);
                put_list(out, &spawn.arguments);
                put_bytes(out, &spawn.environment.0);
            }
            Request::Signal { run, signal } => {
                out.push(1);
                put_u64(out, *run);
                put_i32(out, *signal);
            }
            Request::Kill { run } => {
                out.push(2);
                put_u64(out, *run);
            }
            Request::SignalAll { signal } => {
                out.push(3);
                put_i32(out, *signal);
            }
            Request::Finish => out.push(4),
            Request::Rest => out.push(6),
            Request::SignalTree { run, signal } => {
                out.push(5);
                put_u64(out, *run);
                put_i32(out, *signal);
            }
        })
    }

    /// Reads the content of a frame.
    pub fn decode(frame: &[u8]) -> Result<Request, Malformed> {
        let mut fields = Fields(frame);
        let request = match fields.u8()? {
            0 => Request::Spawn(Spawn {
                run: fields.u64()?,
                terminal: fields.u8()? != 0,
                nice: fields.i32()?,
                directory: fields.bytes()?,
                arguments: fields.list()?,
                environment: Environment(fields.bytes()?),
            }),
            1 => Request::Signal { run: fields.u64()?, signal: fields.i32()? },
            2 => Request::Kill { run: fields.u64()? },
            3 => Request::SignalAll { signal: fields.i32()? },
            4 => Request::Finish,
            5 => Request::SignalTree { run: fields.u64()?, signal: fields.i32()? },
            6 => Request::Rest,
            _ => return Err(Malformed),
        };
        fields.end(request)
    }
}

impl News {
    /// Returns the frame of this message.
    pub fn encode(self) -> Vec<u8> {
        frame(|out| match self {
            News::Spawned { run, pid } => {
                out.push(0);
                put_u64(out, run);
                put_i32(out, pid);
            }
            News::SpawnFailed { run, step, errno } => {
                out.push(1);
                put_u64(out, run);
                out.push(byte_of(step));
                put_i32(out, errno);
            }
            News::Exited { run, exit, spent } => {
                out.push(2);
                put_u64(out, run);
                put_u64(out, spent.cpu_micros);
                put_u64(out, spent.peak_bytes);
                let (kind, number) = match exit {
                    Exit::Code(code) => (0, code),
                    Exit::Signal { number, core_dumped: false } => (1, number),
                    Exit::Signal { number, core_dumped: true } => (2, number),
                    Exit::NeverStarted { step, errno } => (3 + byte_of(step), errno),
                };
                out.push(kind);
                put_i32(out, number);
            }
            News::Gone { run } => {
                out.push(3);
                put_u64(out, run);
            }
            News::Empty => out.push(4),
        })
    }

    /// Reads the content of a frame.
    pub fn decode(frame: &[u8]) -> Result<News, Malformed> {
        let mut fields = Fields(frame);
        let news = match fields.u8()? {
            0 => News::Spawned { run: fields.u64()?, pid: fields.i32()? },
            1 => News::SpawnFailed {
                run: fields.u64()?,
                step: step_of(fields.u8()?).ok_or(Malformed)?,
                errno: fields.i32()?,
            },
            2 => News::Exited {
                run: fields.u64()?,
                spent: Spent { cpu_micros: fields.u64()?, peak_bytes: fields.u64()? },
                exit: match (fields.u8()?, fields.i32()?) {
                    (0, code) => Exit::Code(code),
                    (1, number) => Exit::Signal { number, core_dumped: false },
                    (2, number) => Exit::Signal { number, core_dumped: true },
                    (kind, errno) => {
                        Exit::NeverStarted { step: step_of(kind.wrapping_sub(3)).ok_or(Malformed)?, errno }
                    }
                },
            },
            3 => News::Gone { run: fields.u64()? },
            4 => News::Empty,
            _ => return Err(Malformed),
        };
        fields.end(news)
    }
}

/// Returns the byte that stands for a step, on the wire and between a new process and the guard.
pub(super) fn byte_of(step: Step) -> u8 {
    match step {
        Step::Look => 0,
        Step::Connect => 1,
        Step::Fork => 2,
        Step::Prepare => 3,
        Step::Directory => 4,
        Step::Exec => 5,
        Step::Nice => 6,
    }
}

/// The other way round.
pub(super) fn step_of(byte: u8) -> Option<Step> {
    const STEPS: [Step; 7] =
        [Step::Look, Step::Connect, Step::Fork, Step::Prepare, Step::Directory, Step::Exec, Step::Nice];
    STEPS.get(usize::from(byte)).copied()
}

fn frame(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![0; 4];
    write(&mut out);
    let length = u32::try_from(out.len() - 4).expect("an environment of 4 GiB does not fit into exec either");
    out[..4].copy_from_slice(&length.to_le_bytes());
    out
}

fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_i32(out: &mut Vec<u8>, number: i32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    let count = u32::try_from(count).expect("what the frame's own length allows");
    out.extend_from_slice(&count.to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn put_list(out: &mut Vec<u8>, list: &[Vec<u8>]) {
    put_count(out, list.len());
    for item in list {
        put_bytes(out, item);
    }
}

/// What is still unread of a frame.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (array, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*array)
    }

    fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn i32(&mut self) -> Result<i32, Malformed> {
        self.array().map(i32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    fn count(&mut self) -> Result<usize, Malformed> {
        self.array().map(u32::from_le_bytes).map(|count| count as usize)
    }

    fn bytes(&mut self) -> Result<Vec<u8>, Malformed> {
        let length = self.count()?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(bytes.to_vec())
    }

    fn list(&mut self) -> Result<Vec<Vec<u8>>, Malformed> {
        let count = self.count()?;
        (0..count).map(|_| self.bytes()).collect()
    }

    fn end<T>(self, value: T) -> Result<T, Malformed> {
        if self.0.is_empty() { Ok(value) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests;
