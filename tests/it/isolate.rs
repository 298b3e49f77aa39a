//! `--isolate`: a pid namespace around the processes, with which even SIGKILL of forge and guard leaves nobody.
//! The hostile children are in `matrix`; here is what else must be right inside, and the gap that is closed.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::ended::Ended;
use crate::forge::{Forge, NOBODY, is_root};
use crate::matrix::kill_of_both;
use crate::running::Running;

/// Returns whether this machine gives this user a pid namespace. Where it does not, what forge says then is tested instead.
pub(crate) fn is_possible(by_nobody: bool) -> bool {
    static ASKED: [OnceLock<bool>; 2] = [OnceLock::new(), OnceLock::new()];
    *ASKED[usize::from(by_nobody)].get_or_init(|| ask(by_nobody))
}

fn ask(by_nobody: bool) -> bool {
    let mut forge = Forge::new().procfile("web: true\n");
    let mut other = Command::new("unshare");
    other.args(["--map-current-user", "--pid", "--fork", "--mount", "--mount-proc", "true"]);
    other.stdout(Stdio::null()).stderr(Stdio::null());
    if by_nobody {
        forge = forge.by_nobody();
        if is_root() {
            other.uid(NOBODY).gid(NOBODY);
        }
    }
    let ended = forge.runs(&["start", "--isolate"]);
    let is_possible = matches!(ended.end, nix::sys::wait::WaitStatus::Exited(_, 0));
    if !is_possible {
        refused_in_words(&ended);
        let others_may = other.status().is_ok_and(|status| status.success());
        ended.shows("whoever else asks is refused, too", !others_may);
    }
    is_possible
}

#[track_caller]
fn refused_in_words(ended: &Ended) {
    ended.exits_with(125).complained(&["error: --isolate is not possible here: ", "hint: "]);
    ended.shows("nothing was started", ended.out().is_empty());
}

fn each_user(test: impl Fn(fn() -> Forge)) {
    if is_possible(false) {
        test(Forge::new);
    }
    if is_possible(true) {
        test(|| Forge::new().by_nobody());
    }
}

fn hidden(forge: &Running) {
    forge.puppet("web.1").starts("hidden", "daemon").ignores_everything();
}

#[test]
fn the_gap_is_closed() {
    each_user(|forge| {
        let mut forge = forge().procfile("web: puppet\n").start("-t 600 --isolate");
        hidden(&forge);
        kill_of_both(&mut forge);
        forge.dies_by(Signal::SIGKILL).leaves_nobody_behind();
    });
}

#[test]
fn the_gap_without_it() {
    // What stays is known, and `forge clean` finds it: unless it has thrown its environment away, as this one.
    let mut forge = Forge::new().procfile("web: puppet\n").start("-t 600");
    let web = forge.puppet("web.1");
    let hidden = web.starts("hidden", "daemon");
    kill_of_both(&mut forge);
    forge.dies_by(Signal::SIGKILL);
    web.is_gone();
    assert!(hidden.is_alive(), "this is what --isolate is for");
}

#[test]
fn the_numbers_that_forge_shows_are_those_of_outside() {
    each_user(|forge| {
        let forge = forge().procfile("web: puppet\n").start("-t 600 --isolate");
        let web = forge.puppet("web.1");
        forge.sees(&format!("web.1 | started with pid {}", web.person.pid));
        assert_eq!(web.fact("ppid"), "1", "the guard is the first inside");
        assert_ne!(web.fact("pid"), web.person.pid.to_string());
        let mark = &web.environment()["FORGE_RUN_ID"];
        assert!(mark.starts_with(&format!("{}.", forge.guard().pid)), "{mark}");
        web.ignores(Signal::SIGTERM);
        forge.signal(Signal::SIGTERM);
        let remark = format!("web.1 (pid {}, ignores SIGTERM)", web.person.pid);
        forge.finds("a remark about who ignores what", || {
            forge.lines_so_far().iter().any(|line| line.contains(&remark)).then_some(())
        });
        web.exits(0);
        forge.exits_with(0).leaves_nobody_behind();
    });
}

#[test]
fn a_process_sees_its_own_world_and_its_own_user() {
    each_user(|forge| {
        let script = "web: cd /proc && echo $$ $(cat self/comm) $(ls -d [0-9]* | head -1) $(id -u)/$(stat -c %u $HOME)\n";
        let forge = forge().procfile(script).runs(&["start", "--isolate", "--no-prefix", "--tty", "pipe"]);
        forge.exits_with(0);
        let out = forge.out();
        let line = out.lines().find(|line| line.contains('/')).expect("the line of the process");
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[1..3], ["cat", "1"], "{line}");
        assert!(words[0].parse::<u32>().expect("a pid") < 10, "{line}");
    });
}

#[test]
fn files_made_inside_belong_to_the_user() {
    each_user(|forge| {
        let forge = forge().procfile("web: touch $XDG_RUNTIME_DIR/made\n");
        let running = forge.start("--isolate");
        running.exits_with(0);
        let run = running.directory().parent().expect("a directory of the test").join("run");
        let owner = |path: &std::path::Path| {
            std::os::unix::fs::MetadataExt::uid(&path.metadata().expect("it is there"))
        };
        assert_eq!(owner(&run.join("made")), owner(&run));
    });
}

#[test]
fn each_kind_of_terminal_works_inside() {
    each_user(|forge| {
        for tty in ["full", "line", "pipe"] {
            let forge = forge().procfile("web: puppet\n").on_a_terminal();
            let forge = forge.start(&format!("--isolate --tty {tty}"));
            let web = forge.puppet("web.1");
            assert_eq!(web.fact("tty1"), (tty != "pipe").to_string());
            web.says("hello");
            forge.sees("web.1 | hello").types([3]).exits_with(0).leaves_nobody_behind();
        }
    });
}

#[test]
fn ctrl_z_and_fg() {
    each_user(|forge| {
        let script = "set -m; $FORGE start --isolate; echo stopped $?; read word; fg; echo status $?";
        let shell = forge().procfile("web: puppet\n").on_a_terminal().script(script);
        let web = shell.puppet("web.1");
        let hidden = web.starts("hidden", "session");
        shell.types(b"\x1a").sees("stopped 148");
        web.is_stopped();
        hidden.is_stopped();
        shell.types(b"\n");
        web.runs_again().says("again");
        hidden.runs_again();
        shell.sees("| again").types(b"\x03").sees("status 0").exits_with(0).leaves_nobody_behind();
    });
}

#[test]
fn a_forge_within_a_forge() {
    each_user(|forge| {
        let inner = "inner: $FORGE start -f Inner --isolate\n";
        let forge = forge().procfile(inner).file("Inner", "web: puppet\n").variable("FORGE_ISOLATE", "1");
        let forge = forge.script("exec $FORGE start -t 1");
        forge.puppet("web.1").starts("hidden", "daemon").ignores_everything();
        forge.signal(Signal::SIGKILL).leaves_nobody_behind();
    });
}

#[test]
fn a_guard_that_is_killed_takes_all_along_and_forge_says_so() {
    each_user(|forge| {
        let forge = forge().procfile("web: puppet\n").start("--isolate");
        hidden(&forge);
        kill(Pid::from_raw(forge.guard().pid), Signal::SIGKILL).expect("the guard is there");
        forge.exits_with(125).sees("system | the guard of forge was killed").leaves_nobody_behind();
    });
}

#[test]
fn what_cannot_be_started_is_named_all_the_same() {
    each_user(|forge| {
        let ended = forge().procfile("web: puppet\n").file(".env", format!("V={}\n", "x".repeat(200_000)));
        let ended = ended.start("--isolate").ends();
        ended.exits_with(126).showed("its environment is larger than the kernel allows");
    });
}

#[test]
fn a_system_that_does_not_allow_it() {
    // Where an ordinary user may not even make this world, forge is refused without it.
    let apart = "unshare --user --map-root-user sh -c 'echo 0 > /proc/sys/user/max_pid_namespaces; exec $0 $1 --isolate $2' $FORGE";
    for words in ["start", "run true"] {
        let forge = Forge::new().procfile("web: puppet\n").by_nobody();
        let ended = forge.script(&format!("{apart} {words} || exit 125")).ends();
        if is_possible(true) {
            refused_in_words(&ended);
            ended.complained(&["the system gives no pid namespace", "raise `user.max_pid_namespaces`"]);
        }
    }
}

mod run {
    use super::*;

    #[test]
    fn a_command_has_a_world_of_its_own_and_its_code_is_forges() {
        each_user(|forge| {
            let forge = forge().procfile("web: puppet\n").launch(&["run", "--isolate", "web"]);
            let web = forge.puppet("web.1");
            assert_eq!((web.fact("ppid").as_str(), web.fact("pid").as_str()), ("1", "2"));
            assert_eq!(web.fact("SigBlk"), "0000000000000000");
            web.starts("hidden", "daemon").is_alive();
            web.exits(7);
            forge.exits_with(7).leaves_nobody_behind();
        });
    }

    #[test]
    fn it_ends_by_the_signal_that_ended_the_command() {
        each_user(|forge| {
            for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGKILL, Signal::SIGSEGV] {
                let forge = forge().procfile("web: puppet\n").launch(&["run", "--isolate", "web"]);
                forge.puppet("web.1").dies_by(signal);
                forge.dies_by(signal).leaves_nobody_behind();
            }
        });
    }

    #[test]
    fn signals_are_passed_on() {
        each_user(|forge| {
            let forge = forge().procfile("web: puppet\n").launch(&["run", "--isolate", "web"]);
            let web = forge.puppet("web.1");
            for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGUSR1] {
                web.catches(signal);
                forge.signal(signal);
                web.has_caught(signal);
            }
            web.exits(0);
            forge.exits_with(0).leaves_nobody_behind();
        });
    }

    #[test]
    fn a_key_on_the_terminal_reaches_the_command_once() {
        each_user(|forge| {
            let forge =
                forge().procfile("web: puppet\n").on_a_terminal().launch(&["run", "--isolate", "web"]);
            let web = forge.puppet("web.1");
            web.catches(Signal::SIGINT).catches(Signal::SIGTERM);
            forge.types([3]);
            web.has_caught(Signal::SIGINT);
            forge.signal(Signal::SIGTERM);
            web.has_caught(Signal::SIGTERM);
            assert!(web.also_caught().is_empty(), "one key, one signal");
            web.exits(3);
            forge.exits_with(3).leaves_nobody_behind();
        });
    }

    #[test]
    fn nobody_is_left_when_forge_and_the_first_process_are_killed() {
        each_user(|forge| {
            let mut forge = forge().procfile("web: puppet\n").launch(&["run", "--isolate", "web"]);
            hidden(&forge);
            kill_of_both(&mut forge);
            forge.dies_by(Signal::SIGKILL).leaves_nobody_behind();
            let forge = Forge::new().procfile("web: puppet\n").launch(&["run", "--isolate", "web"]);
            hidden(&forge);
            forge.signal(Signal::SIGKILL).dies_by(Signal::SIGKILL).leaves_nobody_behind();
        });
    }

    #[test]
    fn a_reader_sees_the_end_when_the_command_closes_its_output() {
        each_user(|forge| {
            // The command goes on until the end of its output has been seen.
            let command = "$FORGE run --isolate sh -c 'exec >&-; read word' < fifo";
            let script = format!("mkfifo fifo; exec 3<>fifo; {command} | {{ cat; echo over; echo > fifo; }}");
            forge().script(&format!("cd $XDG_RUNTIME_DIR; {script}")).sees("over").exits_with(0);
        });
    }

    #[test]
    fn what_cannot_be_run_is_said_as_always() {
        each_user(|forge| {
            forge()
                .runs(&["run", "--isolate", "nosuch"])
                .exits_with(127)
                .complained(&["command not found: nosuch"]);
            forge()
                .runs(&["run", "--isolate", "/etc/passwd"])
                .exits_with(126)
                .complained(&["not executable"]);
        });
    }
}
