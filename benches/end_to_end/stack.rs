//! One run of a program that runs processes.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::listen::Check;

/// What is measured.
pub(super) struct Program {
    pub(super) name: String,
    command: Vec<String>,
}

impl Program {
    /// forge, as it was just built.
    pub(super) fn forge(tty: &str) -> Program {
        let start = format!("start -f {{procfile}} --no-port -t 5 --tty {tty}");
        let words = start.split(' ').map(str::to_owned);
        Program {
            name: "forge".to_owned(),
            command: std::iter::once(env!("CARGO_BIN_EXE_forge").to_owned()).chain(words).collect(),
        }
    }

    /// `NAME=COMMAND`.
    pub(super) fn parse(text: &str) -> Program {
        let (name, command) = text.split_once('=').expect("NAME=COMMAND");
        Program { name: name.to_owned(), command: command.split(' ').map(str::to_owned).collect() }
    }

    /// The same; forge with `--tty line`.
    pub(super) fn with_line_terminals(&self) -> Program {
        if self.name == "forge" {
            return Program::forge("line");
        }
        Program { name: self.name.clone(), command: self.command.clone() }
    }
}

/// Where its output goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Pipe,
    File,
}

/// A program and its processes.
pub(super) struct Stack {
    program: Child,
    output: File,
    is_file: bool,
    _directory: TempDir,
}

impl Stack {
    /// Starts so many processes that do the same.
    pub(super) fn start(program: &Program, processes: usize, words: &[&str], output: Output) -> Stack {
        Stack::with(program, &vec![words; processes], output)
    }

    /// Starts one process that does `words` and `others` that do something else.
    pub(super) fn start_mixed(program: &Program, words: &[&str], others: usize, other: &[&str]) -> Stack {
        let all: Vec<&[&str]> = std::iter::once(words).chain(std::iter::repeat_n(other, others)).collect();
        Stack::with(program, &all, Output::Pipe)
    }

    fn with(program: &Program, processes: &[&[&str]], output: Output) -> Stack {
        let directory = TempDir::new().expect("a directory");
        let own = std::env::current_exe().expect("this program");
        let mut procfile = String::new();
        for (id, words) in processes.iter().enumerate() {
            let words = words.join(" ");
            let _ = writeln!(procfile, "p{id:03}: exec {} child {id:04} {words}", own.display());
        }
        let path = directory.path().join("Procfile");
        fs::write(&path, procfile).expect("a Procfile");
        let (output, stdout): (File, OwnedFd) = match output {
            Output::Pipe => {
                let (reader, writer) = io::pipe().expect("a pipe");
                (OwnedFd::from(reader).into(), writer.into())
            }
            Output::File => {
                let path = directory.path().join("output");
                let file = File::create(&path).expect("a file");
                (File::open(&path).expect("a file"), file.into())
            }
        };
        let is_file = output.metadata().expect("a descriptor").is_file();
        let words = program.command.iter().map(|word| word.replace("{procfile}", &path.to_string_lossy()));
        let words: Vec<String> = words.collect();
        let program = Command::new(&words[0])
            .args(&words[1..])
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(stdout)
            .spawn()
            .expect("the program");
        Stack { program, output, is_file, _directory: directory }
    }

    /// Reads until every process has said its last line, or nothing comes any more.
    pub(super) fn listen(&mut self, check: &mut Check, mut between: impl FnMut(&Check)) {
        let mut buffer = vec![0; 65_536];
        let mut silent_since = Instant::now();
        while !check.is_over() {
            match self.output.read(&mut buffer).expect("bytes") {
                0 if self.is_file && silent_since.elapsed() < Duration::from_secs(5) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                0 => return,
                length => {
                    check.hear(&buffer[..length]);
                    silent_since = Instant::now();
                }
            }
            between(check);
        }
    }

    /// Reads until the program has ended.
    pub(super) fn listen_to_the_end(&mut self, check: &mut Check) {
        let mut buffer = vec![0; 65_536];
        while let Ok(1..) = self.output.read(&mut buffer).inspect(|length| check.hear(&buffer[..*length])) {}
    }

    pub(super) fn signal(&self, signal: i32) {
        let pid = i32::try_from(self.program.id()).expect("a pid");
        let _ = kill(Pid::from_raw(pid), Signal::try_from(signal).expect("a signal"));
    }

    /// Waits until none of the processes lives any more, for five seconds at most.
    pub(super) fn wait_until_processes_are_gone(&self) -> bool {
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(5) {
            // What remains then is forge itself and its guard.
            if self.family().iter().all(|pid| !is_process(*pid)) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        false
    }

    /// Seconds of CPU time of the program and its helpers so far.
    pub(super) fn cpu_seconds(&self) -> f64 {
        let of_task = |task: fs::DirEntry| {
            let nanos = fs::read_to_string(task.path().join("schedstat")).ok()?;
            nanos.split(' ').next()?.parse::<f64>().ok()
        };
        let of_process = |pid: &u32| {
            fs::read_dir(format!("/proc/{pid}/task"))
                .map_or(0.0, |tasks| tasks.flatten().filter_map(of_task).sum::<f64>())
        };
        self.helpers().iter().map(of_process).sum::<f64>() / 1e9
    }

    /// The most memory that the program and its helpers have had.
    pub(super) fn peak_megabytes(&self) -> f64 {
        let peak = |pid: &u32| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim().strip_suffix(" kB")?.parse::<f64>().ok()
        };
        self.helpers().iter().filter_map(peak).sum::<f64>() / 1024.0
    }

    fn helpers(&self) -> Vec<u32> {
        self.family().into_iter().filter(|pid| !is_process(*pid)).collect()
    }

    /// The program and everything below it.
    fn family(&self) -> Vec<u32> {
        let mut family = vec![self.program.id()];
        let mut next = 0;
        while let Some(pid) = family.get(next) {
            if let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) {
                for task in tasks.flatten() {
                    let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
                    family
                        .extend(children.split_ascii_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
                }
            }
            next += 1;
        }
        family
    }

    /// Ends it, and reads what it still has to say, so that nobody waits for a reader.
    pub(super) fn end(&mut self) {
        self.signal(libc::SIGTERM);
        if !self.is_file {
            let _ = io::copy(&mut self.output, &mut io::sink());
        }
        let _ = self.program.wait();
    }
}

/// Whether it is one of the processes that were to run, which are this very program.
fn is_process(pid: u32) -> bool {
    let own = fs::read_link("/proc/self/exe").ok();
    fs::read_link(format!("/proc/{pid}/exe")).ok().is_some_and(|exe| Some(exe) == own)
        && fs::read(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| !stat.windows(3).any(|state| state == b") Z"))
}
