//! Many clients at the socket of a stack whose processes flood: how long an answer takes, and proof that no line is lost meanwhile.
//!
//! `cargo bench --bench clients [-- SECONDS [REQUESTS_A_SECOND [CLIENTS]]]`. Besides those who ask, one client follows all lines and reads, and
//! eight connect and never read. benches/README.md says what the figures mean.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark is a program of its own: none of forge's rooms is here"
)]
#![expect(clippy::cast_precision_loss, reason = "a benchmark's figures are rounded anyway")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use forge::ui::terminal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PROCESSES: usize = 16;
const DEAF: usize = 8;

fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let number = |place: usize, usual: u64| numbers.get(place).copied().unwrap_or(usual);
    let (seconds, rate, clients) = (number(0, 10), number(1, 1000), number(2, 50));
    let directory = tempfile::TempDir::new().expect("a directory");
    let runtime = directory.path().join("run");
    fs::create_dir(&runtime).expect("a directory");
    let line = |number: usize| format!("p{number:03}: exec seq 1 1000000000000\n");
    let procfile: String = (100..100 + PROCESSES).map(line).collect();
    fs::write(directory.path().join("Procfile"), procfile).expect("a Procfile");
    let mut forge = Command::new(env!("CARGO_BIN_EXE_forge"))
        .args(["start", "--no-port", "--tty", "pipe", "--no-timestamp"])
        .current_dir(directory.path())
        .env("XDG_RUNTIME_DIR", &runtime)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("forge");
    let output = forge.stdout.take().expect("a pipe");
    let heard = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&heard);
    let reading =
        thread::spawn(move || look_at_every_line(BufReader::with_capacity(1 << 20, output), &counted));
    while heard.load(Ordering::Relaxed) < 1_000_000 {
        thread::sleep(Duration::from_millis(10));
    }
    let socket = socket(&runtime).expect("a socket");
    let pid = forge.id();
    let over = Arc::new(AtomicBool::new(false));

    let calm = (memory_kib(pid), heard.load(Ordering::Relaxed), Instant::now());
    thread::sleep(Duration::from_secs(2));
    let calm_rate = (heard.load(Ordering::Relaxed) - calm.1) as f64 / calm.2.elapsed().as_secs_f64();

    // Those who never read are there for the whole time.
    let follow = "GET /v1/logs?follow=true HTTP/1.1\r\nhost: forge\r\n\r\n";
    let deaf: Vec<UnixStream> = (0..DEAF)
        .map(|_| {
            let mut stream = UnixStream::connect(&socket).expect("forge listens");
            stream.write_all(follow.as_bytes()).expect("room");
            stream
        })
        .collect();
    let mut follower = UnixStream::connect(&socket).expect("forge listens");
    follower.write_all(follow.as_bytes()).expect("room");
    let is_over = Arc::clone(&over);
    let following = thread::spawn(move || {
        let (mut bytes, mut part) = (0, vec![0; 65_536]);
        while !is_over.load(Ordering::Relaxed) {
            bytes += follower.read(&mut part).unwrap_or(0);
        }
        bytes
    });

    let (begin, before) = (Instant::now(), heard.load(Ordering::Relaxed));
    let asking: Vec<_> = (0..clients)
        .map(|client| {
            let socket = socket.clone();
            let pause = Duration::from_secs_f64(clients as f64 / rate as f64);
            // All of them spread over one pause.
            let start = begin + pause.mul_f64(client as f64 / clients as f64);
            thread::spawn(move || ask(&socket, start, pause, begin + Duration::from_secs(seconds), client))
        })
        .collect();
    let mut peak = memory_kib(pid);
    while begin.elapsed() < Duration::from_secs(seconds) {
        thread::sleep(Duration::from_millis(500));
        peak = peak.max(memory_kib(pid));
    }
    let mut took: Vec<Duration> =
        asking.into_iter().flat_map(|asks| asks.join().expect("no panic")).collect();
    let elapsed = begin.elapsed().as_secs_f64();
    let busy_rate = (heard.load(Ordering::Relaxed) - before) as f64 / elapsed;
    over.store(true, Ordering::Relaxed);
    let told = following.join().expect("no panic");
    let after = memory_kib(pid);
    drop(deaf);

    let ends = Instant::now();
    kill(Pid::from_raw(i32::try_from(pid).expect("a pid")), Signal::SIGTERM).expect("it runs");
    let status = forge.wait().expect("forge");
    let ended = ends.elapsed();
    let (lines, torn) = reading.join().expect("no panic");
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    say(&format!(
        "requests   {} in {elapsed:.1} s by {clients} clients, each on a connection of its own for every second request\n",
        took.len()
    ));
    say(&format!("answer ms  p50 {:.2}  p90 {:.2}  p99 {:.2}  max {:.2}\n", at(50), at(90), at(99), at(100)));
    say(&format!("memory KiB {} before, {peak} at most, {after} after\n", calm.0));
    say(&format!(
        "lines/s    {calm_rate:.0} before, {busy_rate:.0} meanwhile; followed {} MB\n",
        told / 1_000_000
    ));
    say(&format!("lines      {lines} in all, {torn} torn, lost or late\n"));
    say(&format!("end        {status} after {:.0} ms\n", ended.as_secs_f64() * 1e3));
    assert_eq!(torn, 0, "lines are missing");
}

fn say(text: &str) {
    let _ = terminal::out(text);
}

/// Asks until `end`; returns how long each answer took. Whoever is late asks at once and counts from when it should have asked.
fn ask(socket: &Path, start: Instant, pause: Duration, end: Instant, client: u64) -> Vec<Duration> {
    let mut took = Vec::new();
    let mut stream: Option<UnixStream> = None;
    let mut due = start;
    let mut count = client;
    while due < end {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let mut connection =
            stream.take().unwrap_or_else(|| UnixStream::connect(socket).expect("forge listens"));
        connection.write_all(b"GET /v1/stack HTTP/1.1\r\nhost: forge\r\n\r\n").expect("room");
        read_answer(&mut connection).expect("a whole answer");
        took.push(due.elapsed());
        count += 1;
        stream = count.is_multiple_of(2).then_some(connection);
        due += pause;
    }
    took
}

fn read_answer(stream: &mut UnixStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    reader.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 200 ") {
        return Err(io::Error::other(line));
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        if line == "\r\n" {
            break;
        }
        if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if !body.ends_with(b"}\n") {
        return Err(io::Error::other("half an answer"));
    }
    Ok(())
}

/// Looks whether each process counts from 1 without a gap; returns how many lines there were, and how many were not as they should be.
fn look_at_every_line(mut output: impl BufRead, heard: &AtomicU64) -> (u64, u64) {
    let mut next: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let (mut lines, mut bad) = (0, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        if output.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
            return (lines, bad);
        }
        let text = line.trim_ascii_end();
        let Some(at) = memchr::memmem::find(text, b" | ") else {
            bad += 1;
            continue;
        };
        let (name, text) = (&text[..at], &text[at + 3..]);
        let Ok(number) = str::from_utf8(text).unwrap_or_default().parse::<u64>() else { continue };
        let next = match next.get_mut(name) {
            Some(next) => next,
            None => next.entry(name.to_vec()).or_insert(1),
        };
        if number == *next {
            *next += 1;
        } else if next.to_string().starts_with(&number.to_string()) {
            // The last one is cut by the end of its process; whatever came behind it would be counted.
        } else {
            bad += 1;
        }
        lines += 1;
        if lines % 1024 == 0 {
            heard.store(lines, Ordering::Relaxed);
        }
    }
}

fn socket(runtime: &Path) -> Option<PathBuf> {
    let directories = fs::read_dir(runtime).ok()?.flatten().map(|entry| entry.path());
    let mut files = directories.filter_map(|path| fs::read_dir(path).ok()).flatten().flatten();
    files.find_map(|entry| {
        let path = entry.path();
        path.extension().is_some_and(|extension| extension == "sock").then_some(path)
    })
}

fn memory_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}
