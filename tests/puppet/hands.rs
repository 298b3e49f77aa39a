//! What a puppet can do: one function, a verb an arm.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::atomic::{AtomicI32, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};

use crate::birth::Birth;
use crate::wire::Message;
use crate::{Orders, offspring, tell};

/// Does what the message says; returns the answer, which begins with `done` or `failed`.
pub(crate) fn obey(message: &[&[u8]], birth: &Birth, orders: &Orders) -> Message {
    let (verb, rest) = message.split_first().expect("a message has a verb");
    let word = |place: usize| rest.get(place).map_or("", |word| std::str::from_utf8(word).unwrap_or(""));
    let number = |place: usize| word(place).parse::<i32>().expect("the test sends a number");
    match *verb {
        b"print" => print(number(0), rest[1]),
        b"flood" => flood(number(0), number(1)),
        b"exit" => std::process::exit(number(0)),
        b"die" => die(signal(number(0))),
        b"ignore" => disposition(number(0), SigHandler::SigIgn),
        b"default" => disposition(number(0), SigHandler::SigDfl),
        b"catch" => catch(number(0)),
        b"stop" => raise(Signal::SIGSTOP).map_or_else(|errno| failed(&errno), |()| done()),
        b"start" => offspring::start(word(0), word(1), orders),
        b"chain" => offspring::chain(number(0), word(1)),
        b"ignore-all" => ignore_all(),
        b"breed" => offspring::breed(word(0)),
        b"about" => report(birth.facts().into_iter().map(String::into_bytes)),
        b"environment" => report(std::env::vars_os().map(|(name, value)| {
            let mut entry = name.into_vec();
            entry.push(b'=');
            entry.extend_from_slice(value.as_bytes());
            entry
        })),
        b"arguments" => {
            let line = std::fs::read("/proc/self/cmdline").unwrap_or_default();
            let line = line.strip_suffix(b"\0").unwrap_or(&line);
            report(line.split(|byte| *byte == 0).map(<[u8]>::to_vec))
        }
        b"read" => read(),
        b"bind" => bind(number(0), orders.name.clone()),
        b"notify" => notify(rest[0]),
        b"close" => nix::unistd::close(number(0)).map_or_else(|errno| failed(&errno), |()| done()),
        b"become-root" => nix::unistd::setuid(nix::unistd::Uid::from_raw(0))
            .map_or_else(|errno| failed(&errno), |()| done()),
        _ => failed(&"a puppet does not know this verb"),
    }
}

/// The answer of who has obeyed.
pub(crate) fn done() -> Message {
    vec![b"done".to_vec()]
}

/// The answer of who could not.
pub(crate) fn failed(why: &impl ToString) -> Message {
    vec![b"failed".to_vec(), why.to_string().into_bytes()]
}

fn report(fields: impl Iterator<Item = Vec<u8>>) -> Message {
    done().into_iter().chain(fields).collect()
}

fn signal(number: i32) -> Signal {
    Signal::try_from(number).expect("the test sends a signal that exists")
}

/// Writes all the bytes to stdout or stderr with write(2), so that nothing is held back here.
fn print(descriptor: i32, bytes: &[u8]) -> Message {
    match write_all(descriptor, bytes) {
        Ok(()) => done(),
        Err(errno) => failed(&errno),
    }
}

fn write_all(descriptor: i32, mut bytes: &[u8]) -> nix::Result<()> {
    let (out, err) = (std::io::stdout(), std::io::stderr());
    let to: BorrowedFd<'_> = if descriptor == 2 { err.as_fd() } else { out.as_fd() };
    while !bytes.is_empty() {
        match nix::unistd::write(to, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Prints numbered lines from a thread, so that the puppet still hears while forge makes it wait; says
/// `flooded` at the end.
fn flood(descriptor: i32, lines: i32) -> Message {
    std::thread::spawn(move || {
        let mut block = Vec::new();
        for line in 1..=lines {
            writeln!(block, "line {line:07} {:x<40}", "").expect("memory takes it");
            if block.len() > 8_000 || line == lines {
                if write_all(descriptor, &block).is_err() {
                    break;
                }
                block.clear();
            }
        }
        tell(&[b"flooded"]);
    });
    done()
}

/// Ends by the signal itself, whatever was done about it before.
fn die(signal: Signal) -> Message {
    if signal != Signal::SIGKILL && signal != Signal::SIGSTOP {
        disposition(signal as i32, SigHandler::SigDfl);
        let _ = SigSet::from(signal).thread_unblock();
    }
    raise(signal).map_or_else(|errno| failed(&errno), |()| done())
}

#[expect(unsafe_code, reason = "sigaction(2)")]
fn disposition(number: i32, handler: SigHandler) -> Message {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers in use are none at all, and `note`, which only calls write(2).
    match unsafe { sigaction(signal(number), &action) } {
        Ok(_) => done(),
        Err(errno) => failed(&errno),
    }
}

/// Ignores everything that can be ignored, real-time signals too.
fn ignore_all() -> Message {
    for number in 1..=libc::SIGRTMAX() {
        if number != libc::SIGCHLD {
            ignore(number);
        }
    }
    done()
}

#[expect(unsafe_code, reason = "nix has no name for a real-time signal")]
fn ignore(number: i32) {
    // SAFETY: ignoring a signal installs no handler. Those that cannot be ignored give an error.
    unsafe { libc::signal(number, libc::SIG_IGN) };
}

/// Where the handler writes the number of the signal it caught.
static CAUGHT: AtomicI32 = AtomicI32::new(-1);

/// Tells the test `caught N` each time the signal comes, and does nothing else about it.
fn catch(number: i32) -> Message {
    if CAUGHT.load(Ordering::SeqCst) < 0 {
        let Ok((read, write)) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC) else {
            return failed(&"no pipe");
        };
        CAUGHT.store(write.into_raw_fd(), Ordering::SeqCst);
        std::thread::spawn(move || {
            let mut caught = std::fs::File::from(read);
            let mut number = [0];
            while caught.read_exact(&mut number).is_ok() {
                tell(&[b"caught", number[0].to_string().as_bytes()]);
            }
        });
    }
    disposition(number, SigHandler::Handler(note))
}

#[expect(unsafe_code, reason = "nothing but write(2) is allowed in a signal handler")]
extern "C" fn note(number: i32) {
    let byte = u8::try_from(number).unwrap_or(0);
    // SAFETY: write(2) is async-signal-safe and reads the one byte that it is given.
    unsafe {
        libc::write(CAUGHT.load(Ordering::SeqCst), (&raw const byte).cast(), 1);
    }
}

/// Reads stdin once, from a thread; says `read` with the bytes, which are none at its end.
fn read() -> Message {
    std::thread::spawn(|| {
        let mut bytes = [0; 4096];
        match nix::unistd::read(std::io::stdin(), &mut bytes) {
            Ok(count) => tell(&[b"read", &bytes[..count]]),
            Err(errno) => tell(&[b"unreadable", errno.to_string().as_bytes()]),
        }
    });
    done()
}

/// Listens on a port of the loopback and answers each caller with its name; says which port it got.
fn bind(port: i32, name: String) -> Message {
    let port = u16::try_from(port).expect("the test sends a port");
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(listener) => {
            let port = listener.local_addr().map_or(0, |address| address.port());
            std::thread::spawn(move || {
                for mut caller in listener.incoming().flatten() {
                    let _ = writeln!(caller, "here is {name}");
                }
            });
            vec![b"done".to_vec(), port.to_string().into_bytes()]
        }
        Err(error) => failed(&error),
    }
}

/// Says something of itself as `sd_notify(3)` does.
fn notify(words: &[u8]) -> Message {
    let name = std::env::var("NOTIFY_SOCKET").unwrap_or_default();
    let address =
        name.strip_prefix('@').and_then(|name| std::os::unix::net::SocketAddr::from_abstract_name(name).ok());
    let Some(address) = address else { return failed(&"NOTIFY_SOCKET does not name a socket") };
    let sent = std::os::unix::net::UnixDatagram::unbound().and_then(|it| it.send_to_addr(words, &address));
    sent.map_or_else(|error| failed(&error), |_| done())
}
