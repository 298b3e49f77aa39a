//! The near end of a puppet: what a test tells it, and what it says.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use nix::sys::signal::Signal;

use crate::census::Person;
use crate::watch::{DEADLINE, Known, Watch};
use crate::wire::{self, Message};

/// A child that does what it is told.
pub(crate) struct Puppet {
    /// What it calls itself.
    pub(crate) name: String,
    /// Which process it is.
    pub(crate) person: Person,
    line: UnixStream,
    watch: Arc<Watch>,
    /// What it said while the test listened for something else.
    heard: RefCell<Vec<Message>>,
}

impl Puppet {
    /// Takes the line to a puppet that said hello.
    pub(crate) fn new(name: String, person: Person, line: UnixStream, watch: Arc<Watch>) -> Puppet {
        // A call that sets a time limit cannot fail for one that is not zero.
        line.set_read_timeout(Some(DEADLINE)).expect("a time limit is allowed");
        Puppet { name, person, line, watch, heard: RefCell::default() }
    }

    /// Writes this line to stdout.
    pub(crate) fn says(&self, line: &str) -> &Puppet {
        self.prints(format!("{line}\n"))
    }

    /// Writes these bytes to stdout, and nothing else.
    pub(crate) fn prints(&self, bytes: impl AsRef<[u8]>) -> &Puppet {
        self.told(&[b"print", b"1", bytes.as_ref()])
    }

    /// Writes these bytes to stderr, and nothing else.
    pub(crate) fn complains(&self, bytes: impl AsRef<[u8]>) -> &Puppet {
        self.told(&[b"print", b"2", bytes.as_ref()])
    }

    /// Writes numbered lines to stdout without waiting for the end of it; see `has_flooded`.
    pub(crate) fn floods(&self, lines: u32) -> &Puppet {
        self.told(&[b"flood", b"1", lines.to_string().as_bytes()])
    }

    /// Waits until the flood has been written.
    pub(crate) fn has_flooded(&self) -> &Puppet {
        self.hears("the end of the flood", |message| message[0] == b"flooded");
        self
    }

    /// Ends with this code.
    pub(crate) fn exits(&self, code: i32) {
        self.sends(&[b"exit", code.to_string().as_bytes()]);
    }

    /// Ends by this signal.
    pub(crate) fn dies_by(&self, signal: Signal) {
        self.sends(&[b"die", number(signal).as_bytes()]);
    }

    /// Ignores this signal from now on.
    pub(crate) fn ignores(&self, signal: Signal) -> &Puppet {
        self.told(&[b"ignore", number(signal).as_bytes()])
    }

    /// Catches this signal from now on, tells the test and does nothing else about it; see `has_caught`.
    pub(crate) fn catches(&self, signal: Signal) -> &Puppet {
        self.told(&[b"catch", number(signal).as_bytes()])
    }

    /// Waits until it has caught this signal once more.
    pub(crate) fn has_caught(&self, signal: Signal) -> &Puppet {
        let number = number(signal);
        let what = format!("{signal}");
        self.hears(&what, |message| message[0] == b"caught" && message[1] == number.as_bytes());
        self
    }

    /// Returns the signals it has caught that the test has not asked for; in their order. The answer to a
    /// question comes first, so that nothing that has been caught before it is missed.
    pub(crate) fn also_caught(&self) -> Vec<String> {
        self.about();
        let caught = |message: &Message| message[0] == b"caught";
        self.heard
            .borrow_mut()
            .extract_if(.., |message| caught(message))
            .map(|message| text(&message[1]))
            .collect()
    }

    /// Stops itself, as SIGSTOP does.
    pub(crate) fn stops(&self) -> &Puppet {
        self.sends(&[b"stop"]);
        self.is_stopped()
    }

    /// Waits until it is stopped.
    pub(crate) fn is_stopped(&self) -> &Puppet {
        let what = format!("{} is stopped", self.name);
        self.watch.look_for(&what, || self.person.is_stopped().then_some(()));
        self
    }

    /// Waits until it is not stopped.
    pub(crate) fn runs_again(&self) -> &Puppet {
        let what = format!("{} runs again", self.name);
        self.watch.look_for(&what, || (!self.person.is_stopped()).then_some(()));
        self
    }

    /// Starts another puppet, in one of the ways of `tests/puppet/offspring.rs`, and waits until it is there.
    pub(crate) fn starts(&self, name: &str, how: &str) -> Puppet {
        self.told(&[b"start", name.as_bytes(), how.as_bytes()]);
        arrival(&self.watch, name)
    }

    /// Starts an endless chain of short-lived copies, which gives up by itself after some seconds.
    pub(crate) fn starts_a_chain(&self, seconds: u32) -> &Puppet {
        self.told(&[b"chain", seconds.to_string().as_bytes(), b"group"])
    }

    /// The same, but no copy lives for longer than its fork.
    pub(crate) fn starts_a_fast_chain(&self, seconds: u32) -> &Puppet {
        self.told(&[b"chain", seconds.to_string().as_bytes(), b"at-once"])
    }

    /// The same, but each copy makes a session of its own, so that no group holds them together.
    pub(crate) fn starts_a_chain_of_sessions(&self, seconds: u32) -> &Puppet {
        self.told(&[b"chain", seconds.to_string().as_bytes(), b"sessions"])
    }

    /// Ignores every signal that can be ignored.
    pub(crate) fn ignores_everything(&self) -> &Puppet {
        self.told(&[b"ignore-all"])
    }

    /// Answers SIGTERM with a new process from now on, as that one does; see `tests/puppet/offspring.rs`.
    pub(crate) fn breeds(&self, how: &str) -> &Puppet {
        self.told(&[b"breed", how.as_bytes()])
    }

    /// Waits until it says this by itself; returns the word behind it.
    pub(crate) fn reports(&self, what: &str) -> String {
        text(&self.hears(what, |message| message[0] == what.as_bytes())[1])
    }

    /// Closes one of its descriptors.
    pub(crate) fn closes(&self, descriptor: i32) -> &Puppet {
        self.told(&[b"close", descriptor.to_string().as_bytes()])
    }

    /// Listens on a port of the loopback; returns which, which matters for port 0.
    pub(crate) fn binds(&self, port: u16) -> u16 {
        let answer = self.asks(&[b"bind", port.to_string().as_bytes()]);
        text(&answer[0]).parse().expect("a puppet tells its port")
    }

    /// Says this of itself by the protocol of `sd_notify(3)`.
    pub(crate) fn notifies(&self, words: &str) -> &Puppet {
        self.told(&[b"notify", words.as_bytes()])
    }

    /// Becomes root for good; possible for a setuid program of root.
    pub(crate) fn becomes_root(&self) -> &Puppet {
        self.told(&[b"become-root"])
    }

    /// Reads from stdin until it has seen this text.
    pub(crate) fn reads(&self, expected: &str) -> &Puppet {
        let mut seen = String::new();
        while !seen.contains(expected) {
            self.told(&[b"read"]);
            let heard = self.hears("what stands on stdin", |message| {
                message[0] == b"read" || message[0] == b"unreadable"
            });
            if heard[0] == b"unreadable" || heard[1].is_empty() {
                self.watch.fail(&format!("{} reads {expected:?}: {heard:?} after {seen:?}", self.name));
            }
            seen.push_str(&text(&heard[1]));
        }
        self
    }

    /// Returns what is true of it, by name; see `tests/puppet/birth.rs`.
    pub(crate) fn about(&self) -> BTreeMap<String, String> {
        self.asks(&[b"about"]).iter().filter_map(|fact| pair(fact)).collect()
    }

    /// Returns one thing that is true of it.
    pub(crate) fn fact(&self, key: &str) -> String {
        let mut facts = self.about();
        facts.remove(key).unwrap_or_else(|| panic!("a puppet does not know its {key}: {facts:?}"))
    }

    /// Returns its environment.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        self.asks(&[b"environment"]).iter().filter_map(|entry| pair(entry)).collect()
    }

    /// Returns its command line.
    pub(crate) fn arguments(&self) -> Vec<String> {
        self.asks(&[b"arguments"]).iter().map(|word| text(word)).collect()
    }

    /// Returns whether it runs.
    pub(crate) fn is_alive(&self) -> bool {
        self.person.is_alive()
    }

    /// Waits until it has ended.
    pub(crate) fn is_gone(&self) {
        let what = format!("the end of {}", self.name);
        self.watch.look_for(&what, || (!self.is_alive()).then_some(()));
    }

    /// Tells it something and waits until it is done.
    fn told(&self, fields: &[&[u8]]) -> &Puppet {
        self.asks(fields);
        self
    }

    /// Asks it something; returns the answer.
    fn asks(&self, fields: &[&[u8]]) -> Message {
        self.sends(fields);
        let verb = text(fields[0]);
        let mut answer = self.hears(&verb, |message| message[0] == b"done" || message[0] == b"failed");
        if answer[0] == b"failed" {
            self.watch.fail(&format!("{} could not {verb}: {}", self.name, text(&answer[1])));
        }
        answer.remove(0);
        answer
    }

    fn sends(&self, fields: &[&[u8]]) {
        if let Err(error) = wire::send(&mut &self.line, fields) {
            self.watch.fail(&format!("{} does not listen: {error}", self.name));
        }
    }

    /// Waits for a message, keeping what else comes for later.
    fn hears(&self, what: &str, is_it: impl Fn(&Message) -> bool) -> Message {
        let mut heard = self.heard.borrow_mut();
        if let Some(place) = heard.iter().position(&is_it) {
            return heard.remove(place);
        }
        loop {
            match wire::receive(&mut &self.line) {
                Ok(Some(message)) if is_it(&message) => return message,
                Ok(Some(message)) => heard.push(message),
                Ok(None) => self.watch.fail(&format!("{} has ended; waited for {what}", self.name)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.watch.fail(&format!("{} says nothing of {what}: {error}", self.name)),
            }
        }
    }
}

/// Waits until a puppet of this name has said hello.
pub(crate) fn arrival(watch: &Arc<Watch>, name: &str) -> Puppet {
    let hope = |known: &Known| known.end.is_none();
    let (name, person, line) = watch.wait_while(&format!("puppet `{name}` says hello"), hope, |known| {
        let place = known.arrivals.iter().position(|(who, ..)| who == name)?;
        Some(known.arrivals.remove(place))
    });
    Puppet::new(name, person, line, Arc::clone(watch))
}

fn number(signal: Signal) -> String {
    (signal as i32).to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn pair(bytes: &[u8]) -> Option<(String, String)> {
    let text = text(bytes);
    let (key, value) = text.split_once('=')?;
    Some((key.to_owned(), value.to_owned()))
}
