//! A forge under test. It reads like a sentence and waits for facts, never for time:
//!
//! ```text
//! let forge = Forge::new().procfile("web: puppet").start("-t 1");
//! let web = forge.puppet("web.1");
//! web.ignores(SIGTERM).prints("no newline yet");
//! forge.sees("web.1 | no newline yet").signal(SIGINT).exits_with(0).leaves_nobody_behind();
//! ```
//!
//! Each one has a directory of its own and a clean environment, in which `puppet` is on the PATH.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, SigSet, Signal};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::census;
use crate::ended::Ended;
use crate::puppet::Puppet;
use crate::running::Running;
use crate::terminal::{self, Terminal};
use crate::watch::{Stream, Watch};

/// The user called `nobody`: an ordinary user for those tests that root runs.
pub(crate) const NOBODY: u32 = 65534;

/// What is ready to be started.
#[expect(clippy::struct_excessive_bools, reason = "each is one wish of a test")]
pub(crate) struct Forge {
    place: TempDir,
    environment: BTreeMap<OsString, OsString>,
    window: Option<(u16, u16)>,
    user: Option<u32>,
    reads_stdout: bool,
    stdin: Option<File>,
    ignored: Vec<Signal>,
    blocked: Vec<Signal>,
    leaked: bool,
    limits: Vec<(Resource, u64)>,
    overseen: bool,
    nonblocking: bool,
    before_exec: Option<BeforeExec>,
    at_birth: Option<fn(i32)>,
    /// The directory of another forge, in which this one works.
    elsewhere: Option<PathBuf>,
    watch: Arc<Watch>,
}

/// What goes wrong for those who are started with closed or strange descriptors is tried with one more open.
const LEAKED_DESCRIPTOR: i32 = 77;

/// What the new process does itself before it becomes forge.
type BeforeExec = Arc<dyn Fn() -> std::io::Result<()> + Send + Sync>;

impl Forge {
    /// Prepares a directory without files, and a clean environment.
    pub(crate) fn new() -> Forge {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        census::adopt_orphans();
        // What is written here must be readable for nobody, whoever runs these tests.
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
        let place = tempfile::Builder::new().prefix("forge-").tempdir().expect("a directory for a test");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{count}", std::process::id());
        // Others must be able to look in: some tests run as nobody.
        fs::set_permissions(place.path(), Permissions::from_mode(0o755)).expect("it is ours");
        for directory in ["app", "bin", "home", "puppets", "run"] {
            fs::create_dir(place.path().join(directory)).expect("an empty directory takes another");
        }
        fs::set_permissions(place.path().join("run"), Permissions::from_mode(0o700)).expect("it is ours");
        symlink(env!("CARGO_BIN_EXE_puppet"), place.path().join("bin/puppet")).expect("bin is empty");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", place.path().join("bin").display());
        let environment = [
            ("PATH", path.as_str()),
            ("HOME", &place.path().join("home").display().to_string()),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("TERM", "xterm-256color"),
            ("XDG_RUNTIME_DIR", &place.path().join("run").display().to_string()),
            ("FORGE_TEST_MARK", &mark),
            ("FORGE_PUPPET_DIR", &place.path().join("puppets").display().to_string()),
        ]
        .map(|(name, value)| (name.into(), value.into()));
        Forge {
            environment: environment.into(),
            watch: Watch::new(format!("FORGE_TEST_MARK={mark}")),
            place,
            window: None,
            user: None,
            reads_stdout: true,
            stdin: None,
            ignored: Vec::new(),
            blocked: Vec::new(),
            leaked: false,
            limits: Vec::new(),
            overseen: false,
            nonblocking: false,
            before_exec: None,
            at_birth: None,
            elsewhere: None,
        }
    }

    /// Prepares a forge that works in the directory of another one and finds its stack.
    pub(crate) fn beside(other: &Running) -> Forge {
        let run = other.place.path().join("run");
        let forge = Forge::new().variable("XDG_RUNTIME_DIR", run.to_str().expect("a path of ours"));
        Forge { elsewhere: Some(other.directory()), ..forge }
    }

    /// Writes the Procfile.
    pub(crate) fn procfile(self, text: impl AsRef<[u8]>) -> Forge {
        self.file("Procfile", text)
    }

    /// Writes a file below the project's directory.
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Forge {
        let path = self.directory().join(path);
        fs::create_dir_all(path.parent().expect("a file is in a directory"))
            .expect("directories can be made");
        fs::write(path, text).expect("files can be written");
        self
    }

    /// Sets a variable in forge's environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Forge {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Gives forge a terminal with a window of 100 columns and 30 rows, and a session of its own. Without a status bar, so that what
    /// it shows are lines.
    pub(crate) fn on_a_terminal(mut self) -> Forge {
        self.window = Some((100, 30));
        self.variable("FORGE_BAR", "0")
    }

    /// Gives forge a terminal with a window of this size, and a status bar.
    pub(crate) fn with_a_bar(mut self, columns: u16, rows: u16) -> Forge {
        self.window = Some((columns, rows));
        self
    }

    /// Starts forge with this limit, which it cannot raise.
    pub(crate) fn limited(mut self, resource: Resource, limit: u64) -> Forge {
        self.limits.push((resource, limit));
        self
    }

    /// Runs forge as an ordinary user, which only root can ask for; others are one already.
    pub(crate) fn by_nobody(self) -> Forge {
        self.by_user(NOBODY)
    }

    /// Runs forge as this user, if root asks for it.
    pub(crate) fn by_user(mut self, user: u32) -> Forge {
        if is_root() {
            self.user = Some(user);
            std::os::unix::fs::chown(self.place.path().join("run"), Some(user), None).expect("root may");
            // The build directory may be closed to others, as a home directory is.
            for (program, name) in
                [(env!("CARGO_BIN_EXE_forge"), "forge"), (env!("CARGO_BIN_EXE_puppet"), "puppet")]
            {
                let copy = self.place.path().join("bin").join(name);
                let _ = fs::remove_file(&copy);
                // Another name for it costs nothing, where the file system is the same.
                if fs::hard_link(program, &copy).is_err() {
                    copy_program(program, &copy, 0o755);
                }
            }
        }
        self
    }

    /// Puts a copy of `puppet` on the PATH that runs as root whoever starts it.
    pub(crate) fn with_a_setuid_puppet(self, name: &str) -> Forge {
        let copy = self.place.path().join("bin").join(name);
        copy_program(env!("CARGO_BIN_EXE_puppet"), &copy, 0o4755);
        self
    }

    /// Leaves forge's stdout unread until the test asks for it.
    pub(crate) fn unread(mut self) -> Forge {
        self.reads_stdout = false;
        self
    }

    /// Gives forge this as stdin instead of /dev/null.
    pub(crate) fn with_stdin(mut self, stdin: impl Into<OwnedFd>) -> Forge {
        self.stdin = Some(File::from(stdin.into()));
        self
    }

    /// Starts forge with this signal ignored, as `nohup` does.
    pub(crate) fn ignoring(mut self, signal: Signal) -> Forge {
        self.ignored.push(signal);
        self
    }

    /// Starts forge with this signal blocked, as a careless parent does.
    pub(crate) fn blocking(mut self, signal: Signal) -> Forge {
        self.blocked.push(signal);
        self
    }

    /// Starts forge with a descriptor open that it was never told about.
    pub(crate) fn with_a_leaked_descriptor(mut self) -> Forge {
        self.leaked = true;
        self
    }

    /// Makes forge's stdout non-blocking, as another program that shares it may do at any time.
    pub(crate) fn with_a_nonblocking_stdout(mut self) -> Forge {
        self.nonblocking = true;
        self
    }

    /// Has the process do this before it becomes forge: system calls only.
    pub(crate) fn after(
        mut self,
        before_exec: impl Fn() -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Forge {
        self.before_exec = Some(Arc::new(before_exec));
        self
    }

    /// Has the test do this with the new process, whose number it is given, before anybody waits for that: in the thread
    /// which has started it.
    pub(crate) fn at_birth(mut self, deed: fn(i32)) -> Forge {
        self.at_birth = Some(deed);
        self
    }

    /// Returns the project's directory.
    pub(crate) fn directory(&self) -> PathBuf {
        self.elsewhere.clone().unwrap_or_else(|| self.place.path().join("app"))
    }

    /// Runs `forge start` with these words.
    pub(crate) fn start(self, words: &str) -> Running {
        let mut arguments = vec!["start"];
        arguments.extend(words.split_whitespace());
        self.launch(&arguments)
    }

    /// Runs `forge start` with these words below a puppet to which everybody falls who gets away from forge.
    pub(crate) fn start_overseen(mut self, words: &str) -> (Running, Puppet) {
        self.overseen = true;
        let place = if self.window.is_some() { "terminal" } else { "group" };
        let forge = self.program();
        let mut arguments = vec!["--oversee", place, forge.to_str().expect("a path of ours"), "start"];
        arguments.extend(words.split_whitespace());
        let puppet = self.place.path().join("bin/puppet");
        let mut running = self.launch_program(&puppet, &arguments);
        let overseer = running.puppet("overseer");
        running.pid = overseer.reports("forge").parse().expect("a pid");
        (running, overseer)
    }

    /// Runs forge with these arguments, to its end.
    pub(crate) fn runs(self, arguments: &[&str]) -> Ended {
        self.launch(arguments).ends()
    }

    /// Runs forge with these arguments.
    pub(crate) fn launch(self, arguments: &[&str]) -> Running {
        let program = self.program();
        self.launch_program(&program, arguments)
    }

    /// Runs a script of the shell that runs forge, which is `$FORGE`.
    pub(crate) fn script(mut self, script: &str) -> Running {
        let program = self.program();
        self.environment.insert("FORGE".into(), program.into());
        self.launch_program("/bin/sh".as_ref(), &["-c", script])
    }

    /// Returns the forge that is meant: the copy that everybody may run, if there is one.
    fn program(&self) -> PathBuf {
        let own = self.place.path().join("bin/forge");
        if own.exists() { own } else { env!("CARGO_BIN_EXE_forge").into() }
    }

    /// Runs a program that runs forge.
    pub(crate) fn launch_program(mut self, program: &Path, arguments: &[&str]) -> Running {
        let door_path = self.place.path().join("puppets/socket");
        let door = UnixListener::bind(&door_path).expect("the directory is new");
        fs::set_permissions(&door_path, Permissions::from_mode(0o777)).expect("it is ours");
        self.watch.welcomes(door.try_clone().expect("a descriptor is free"));

        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.directory()).env_clear().envs(&self.environment);
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        let terminal = self.window.map(|(columns, rows)| Terminal::new(columns, rows));
        let mut outputs = Vec::new();
        if let Some(terminal) = &terminal {
            for set in [Command::stdin, Command::stdout, Command::stderr] {
                set(&mut command, Stdio::from(terminal.device()));
            }
            outputs.push((Stream::Out, terminal.screen()));
        } else {
            command.stdin(self.stdin.take().map_or_else(Stdio::null, Stdio::from));
            for (stream, set) in [
                (Stream::Out, Command::stdout as fn(&mut Command, Stdio) -> &mut Command),
                (Stream::Err, Command::stderr),
            ] {
                let (read, write) = std::io::pipe().expect("descriptors are free");
                if self.nonblocking {
                    fcntl(&write, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("a pipe can be non-blocking");
                }
                set(&mut command, Stdio::from(OwnedFd::from(write)));
                outputs.push((stream, File::from(OwnedFd::from(read))));
            }
        }
        self.twists(&mut command);
        let began = Instant::now();
        let child = loop {
            match command.spawn() {
                // Another test has split off a process while this one was copying the program; it is about to exec.
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {}
                spawned => break spawned.expect("the program can be started"),
            }
        };
        drop(command);
        let pid = i32::try_from(child.id()).expect("a pid is a small number");
        if let Some(deed) = self.at_birth {
            deed(pid);
        }
        self.watch.waits_for(pid);
        let mut unread = None;
        for (stream, output) in outputs {
            if stream == Stream::Out && !self.reads_stdout {
                unread = Some(output);
            } else {
                self.watch.reads(stream, output);
            }
        }
        Running { pid, began, terminal, unread, door, watch: self.watch, place: self.place }
    }

    /// Arranges what only the new process itself can do before it becomes forge.
    #[expect(unsafe_code, reason = "signal state and sessions are set between fork and exec")]
    fn twists(&self, command: &mut Command) {
        let (ignored, blocked) = (self.ignored.clone(), self.blocked.clone());
        // An overseer stays outside and gives the terminal to forge.
        let (leaked, on_a_terminal) = (self.leaked, self.window.is_some() && !self.overseen);
        let limits = self.limits.clone();
        let before_exec = self.before_exec.clone();
        let twists = move || {
            if on_a_terminal {
                terminal::take_as_controlling()?;
            } else {
                // A group of its own, so that a test can kill the whole group as a CI runner does.
                nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
            }
            // Whoever runs these tests may have left descriptors open, and a limit of few would be over at once.
            ::forge::sys::descriptor_table::close_others_on_exec();
            // These tests may run in the background of a script, or under nohup, and forge inherits what is ignored.
            for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM] {
                // SAFETY: the default installs no handler.
                unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) }?;
            }
            for signal in &ignored {
                // SAFETY: ignoring a signal installs no handler.
                unsafe { nix::sys::signal::signal(*signal, SigHandler::SigIgn) }?;
            }
            for signal in &blocked {
                SigSet::from(*signal).thread_block()?;
            }
            for (resource, limit) in &limits {
                setrlimit(*resource, *limit, *limit)?;
            }
            if leaked {
                // SAFETY: dup2(2) only changes the table of descriptors of this new process.
                if unsafe { libc::dup2(2, LEAKED_DESCRIPTOR) } < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            before_exec.as_ref().map_or(Ok(()), |before_exec| before_exec())
        };
        // SAFETY: only system calls that are async-signal-safe are made, and nothing is allocated.
        unsafe { command.pre_exec(twists) };
    }
}

/// Returns whether these tests are run by root.
pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Copies a program. Another process does it: were the copy open for writing here, a program that another test starts
/// at this moment would have it open until its exec, and nobody could run the copy (ETXTBSY).
fn copy_program(from: &str, to: &Path, mode: u32) {
    let copied = Command::new("cp").arg(from).arg(to).status().expect("every system has cp");
    assert!(copied.success(), "{from} can be copied to {}", to.display());
    fs::set_permissions(to, Permissions::from_mode(mode)).expect("it is ours");
}
