//! Runs random stacks for a long time with few descriptors, ends them in every way, and looks for what leaks.
//!
//! `cargo run --release --features soak --bin soak -- SECONDS [SEED]`. One forge runs all the time, with processes
//! that start, orphan and flood without a pause; beside it one stack after the other is started and ended. Nobody
//! may be left of those after two seconds and their grace period: whoever gets away falls to this program. At the
//! end the long-lived forge and its guard may hold no more than after the warm-up.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program of its own: none of forge's rooms is here"
)]

mod measure;
mod stack;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal};

use measure::{Figures, measure, own_descriptors};
use stack::{Dice, End, Stack};

/// `ulimit -n`, for this program, forge, and everybody below.
const DESCRIPTORS: u64 = 256;
/// What caches and buffers may take before growth counts.
const WARM_UP: Duration = Duration::from_secs(60);
/// How much memory may come and go, in KiB.
const BREATH: u64 = 1024;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let mut number = |default: u64| words.next().and_then(|word| word.parse().ok()).unwrap_or(default);
    let (length, seed) = (Duration::from_secs(number(1800)), number(1));
    setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS).expect("fewer are always allowed");
    nix::sys::prctl::set_child_subreaper(true).expect("Linux has had it since 3.4");
    hear_signals();

    let began = Instant::now();
    let mut dice = Dice::new(seed);
    let mut failures: Vec<String> = Vec::new();
    let mut ends: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    let long = Stack::that_churns();
    let mut first: Option<Figures> = None;
    let mut said = began;
    let mut asked_for = 0;
    let own = own_descriptors();
    while began.elapsed() < length {
        let (stack, end) = (Stack::random(&mut dice), End::random(&mut dice));
        asked_for += stack.processes;
        let story = format!("{} by {}", stack.story, end.name());
        dice.pause();
        match stack.end(end, long.pid) {
            Ok(took) => ends.entry(end.name()).or_default().push(took),
            Err(why) => {
                let failure = format!("{:?}: {story}: {why}", began.elapsed());
                println!("failure: {failure}");
                failures.push(failure);
            }
        }
        if first.is_none() && began.elapsed() > WARM_UP.min(length / 4) {
            first = Some(measure(long.pid));
        }
        if said.elapsed() > Duration::from_secs(60) {
            said = Instant::now();
            println!(
                "{:?}: {} stacks, {} failures, {}",
                began.elapsed(),
                count(&ends),
                failures.len(),
                measure(long.pid)
            );
        }
    }
    let (first, last) = (first.unwrap_or_default(), measure(long.pid));
    failures.extend(last.grown_since(&first, BREATH));
    if own_descriptors() > own {
        failures.push(format!("this program had {own} descriptors and has {}", own_descriptors()));
    }
    if let Err(why) = long.end(End::Term, 0) {
        failures.push(format!("the long-lived stack: {why}"));
    }

    println!("{:?}, {} stacks, {asked_for} processes asked for", began.elapsed(), count(&ends));
    for (name, mut took) in ends {
        took.sort();
        println!(
            "  {name}: {} times, median {:?}, longest {:?}",
            took.len(),
            took[took.len() / 2],
            took[took.len() - 1]
        );
    }
    println!("after the warm-up: {first}\nat the end:        {last}");
    for failure in &failures {
        println!("failure: {failure}");
    }
    ExitCode::from(u8::from(!failures.is_empty()))
}

/// A script gives its background SIGINT ignored, and forge would take it over.
#[expect(unsafe_code, reason = "signal(2)")]
fn hear_signals() {
    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM] {
        // SAFETY: the default installs no handler.
        let _ = unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) };
    }
}

fn count(ends: &BTreeMap<&str, Vec<Duration>>) -> usize {
    ends.values().map(Vec::len).sum()
}
