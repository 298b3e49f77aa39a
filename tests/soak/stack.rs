//! Random stacks, and random ends for them.

use std::fmt::Write;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::measure::children;

/// `-t`, in seconds.
const GRACE: &str = "0.2";
/// What forge promises, and the grace period.
const LIMIT: Duration = Duration::from_millis(2_200);
/// After that, a stack counts as hanging and is ended by hand.
const HANGS: Duration = Duration::from_secs(20);

/// What processes do, from the harmless to the hostile.
const COMMANDS: &[&str] = &[
    "exec sleep 1000",
    "sleep 1000; true",
    "sleep 1000 & sleep 1000",
    "seq 1 50000; exec sleep 1000",
    "while :; do seq 1 2000; sleep 0.05; done",
    "printf 'no line end'; exec sleep 1000",
    "trap '' TERM INT HUP QUIT; while :; do sleep 0.5; done",
    "trap 'sleep 0.05; exit 7' TERM; while :; do sleep 0.05; done",
    "(setsid sleep 1000 &); exec sleep 1000",
    "env -i setsid sh -c 'trap \"\" TERM HUP; sleep 1000; true' > /dev/null 2>&1 & exec sleep 1000",
    "while :; do (sleep 0.03 &); sleep 0.02; done",
    "kill -STOP $$; exec sleep 1000",
    "exit 3",
    "kill -9 $$",
    "no-such-command",
];

/// Numbers that are random enough, and the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    /// Makes dice.
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits fit") % limit
    }

    /// Waits for a random moment: an end may come at any time of a stack's life.
    pub(crate) fn pause(&mut self) {
        std::thread::sleep(Duration::from_millis([0, 5, 30, 100, 300][self.below(5)]));
    }
}

/// How a stack ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Term,
    Interrupt,
    InterruptTwice,
    Kill,
    KillGroup,
    KillGuard,
}

impl End {
    /// Returns one of them.
    pub(crate) fn random(dice: &mut Dice) -> End {
        [End::Term, End::Interrupt, End::InterruptTwice, End::Kill, End::KillGroup, End::KillGuard]
            [dice.below(6)]
    }

    /// Returns its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            End::Term => "TERM",
            End::Interrupt => "INT",
            End::InterruptTwice => "INT twice",
            End::Kill => "KILL",
            End::KillGroup => "KILL to the group",
            End::KillGuard => "KILL of the guard",
        }
    }
}

/// A forge that was started.
pub(crate) struct Stack {
    /// Its process id.
    pub(crate) pid: i32,
    /// What it runs.
    pub(crate) story: String,
    /// How many processes that are.
    pub(crate) processes: usize,
    _place: TempDir,
}

impl Stack {
    /// Starts one that goes on for ever: processes come and go below it, and there is always output.
    pub(crate) fn that_churns() -> Stack {
        let procfile = "orphans: while :; do (sleep 0.05 &); (setsid sleep 0.05 &); sleep 0.05; done\n\
                        flood: while :; do seq 1 5000; sleep 0.1; done\n\
                        long: while :; do head -c 300000 /dev/zero | tr '\\0' x; echo; sleep 1; done\n\
                        partial: while :; do printf .; sleep 0.01; done\n\
                        once: exit 1\n";
        Stack::start(procfile, 5, &["--exit-on", "never", "--tty", "line"])
    }

    /// Starts a random one.
    pub(crate) fn random(dice: &mut Dice) -> Stack {
        let mut procfile = String::new();
        let mut formation = Vec::new();
        let mut processes = 0;
        for number in 0..=dice.below(8) {
            let command = COMMANDS[dice.below(COMMANDS.len())];
            let _ = writeln!(procfile, "p{number}: {command}");
            // Now and then more than there are descriptors for.
            let count = if dice.below(150) == 0 { 150 } else { [1, 1, 1, 2, 5][dice.below(5)] };
            processes += count;
            formation.push(format!("p{number}={count}"));
        }
        let formation = formation.join(",");
        let tty = ["full", "line", "pipe"][dice.below(3)];
        let exit_on = ["any", "never", "all", "failure"][dice.below(4)];
        Stack::start(&procfile, processes, &["-m", &formation, "--tty", tty, "--exit-on", exit_on])
    }

    fn start(procfile: &str, processes: usize, arguments: &[&str]) -> Stack {
        use std::os::unix::process::CommandExt;
        let place = tempfile::tempdir().expect("there is room for a directory");
        fs::write(place.path().join("Procfile"), procfile).expect("there is room for a file");
        let forge = std::env::current_exe().expect("this program has a path").with_file_name("forge");
        let mut command = Command::new(forge);
        command.args(["start", "-t", GRACE]).args(arguments).current_dir(place.path()).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[expect(clippy::zombie_processes, reason = "`end` buries all there are")]
        let forge = command.spawn().expect("forge can be started");
        let pid = i32::try_from(forge.id()).expect("a pid is a small number");
        Stack { pid, story: format!("{arguments:?}\n{procfile}"), processes, _place: place }
    }

    /// Ends it; returns how long it took until nobody was left besides `other` and what is below it.
    pub(crate) fn end(self, end: End, other: i32) -> Result<Duration, String> {
        let forge = Pid::from_raw(self.pid);
        let began = Instant::now();
        // It may be gone by itself: one of its processes has ended.
        let _ = match end {
            End::Term => kill(forge, Signal::SIGTERM),
            End::Interrupt => kill(forge, Signal::SIGINT),
            End::InterruptTwice => kill(forge, Signal::SIGINT).and_then(|()| {
                std::thread::sleep(Duration::from_millis(60));
                kill(forge, Signal::SIGINT)
            }),
            End::Kill => kill(forge, Signal::SIGKILL),
            End::KillGroup => killpg(forge, Signal::SIGKILL),
            End::KillGuard => children(self.pid).first().map_or_else(
                || kill(forge, Signal::SIGTERM),
                |guard| kill(Pid::from_raw(*guard), Signal::SIGKILL),
            ),
        };
        let mut named = None;
        loop {
            while let Ok(dead) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                if dead.pid().is_none() {
                    break;
                }
            }
            let own = i32::try_from(std::process::id()).expect("a pid is a small number");
            let left: Vec<i32> = children(own).into_iter().filter(|pid| *pid != other).collect();
            let took = began.elapsed();
            if left.is_empty() {
                return named.map_or(Ok(took), |names| Err(format!("{names} after {took:?}")));
            }
            if took > LIMIT && named.is_none() {
                named =
                    Some(format!("too late: {}", left.iter().map(|pid| describe(*pid)).collect::<String>()));
            }
            if took > HANGS {
                for pid in left {
                    let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
                    let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
                }
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn describe(pid: i32) -> String {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&words).replace('\0', " ");
    let below: String = children(pid).into_iter().map(describe).collect();
    format!("[{pid} {}{below}]", words.trim())
}
