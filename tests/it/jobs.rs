//! forge as a job of a shell: suspended, in the background, cut off from its terminal.

use nix::sys::signal::Signal;

use crate::forge::Forge;
use crate::puppet::Puppet;
use crate::running::Running;

const FORGE: &str = env!("CARGO_BIN_EXE_forge");

/// Runs a script with job control on a terminal, below which forge is a job.
fn shell(forge: Forge, script: &str) -> Running {
    let script = format!("set -m; {}", script.replace("forge ", &format!("{FORGE} ")));
    forge.on_a_terminal().launch_program("/bin/sh".as_ref(), &["-c", &script])
}

fn one(script: &str) -> (Running, Puppet) {
    let shell = shell(Forge::new().procfile("web: puppet\n"), script);
    let web = shell.puppet("web.1");
    (shell, web)
}

#[test]
fn ctrl_z_suspends_the_whole_stack_and_fg_resumes_it() {
    for way in ["full", "line", "pipe"] {
        let forge = Forge::new().procfile("web: puppet\nworker: puppet\n");
        let script = format!("forge start --tty {way}; echo stopped $?; read word; fg; echo status $?");
        let shell = shell(forge, &script);
        let (web, worker) = (shell.puppet("web.1"), shell.puppet("worker.1"));
        shell.types(b"\x1a").sees("stopped 148");
        web.is_stopped();
        worker.is_stopped();
        shell.types(b"\n");
        web.runs_again().says("again");
        worker.runs_again();
        shell.sees("| again").types(b"\x03").sees("status 0").exits_with(0).leaves_nobody_behind();
    }
}

#[test]
fn a_suspended_stack_can_be_suspended_again() {
    let (shell, web) = one("forge start; for i in 1 2 3; do echo stopped $i; read word; fg; done");
    for round in 1..=3 {
        shell.types(b"\x1a").sees(&format!("stopped {round}"));
        web.is_stopped();
        shell.types(b"\n");
        web.runs_again().says(&format!("again {round}"));
        shell.sees(&format!("| again {round}"));
    }
    shell.types(b"\x03").exits_with(0).leaves_nobody_behind();
}

#[test]
fn a_suspended_stack_can_be_stopped() {
    let (shell, web) = one("forge start -t 600; echo stopped $?; kill %1; wait; echo over");
    web.catches(Signal::SIGTERM);
    shell.types(b"\x1a").sees("stopped 148");
    // The shell sends TERM and CONT, to forge alone.
    web.has_caught(Signal::SIGTERM).says("cleaned up").exits(0);
    shell.sees("web.1 | cleaned up").sees("over").exits_with(0).leaves_nobody_behind();
}

#[test]
fn a_suspended_stack_ends_with_a_killed_forge() {
    let (shell, web) = one("forge start -t 600; echo stopped $?; kill -9 %1; wait; echo over");
    // Its terminal is gone with forge, as any terminal that is closed.
    web.ignores(Signal::SIGHUP).catches(Signal::SIGTERM);
    shell.types(b"\x1a").sees("over");
    web.has_caught(Signal::SIGTERM).exits(0);
    shell.exits_with(0).leaves_nobody_behind();
}

#[test]
fn what_a_suspended_forge_leaves_can_clean_up() {
    let (shell, web) = one("forge start -t 20 --tty line; read word; kill -9 %1; wait; echo over");
    let helper = web.starts("helper", "child");
    web.catches(Signal::SIGTERM);
    shell.types(b"\x1a");
    web.is_stopped();
    helper.is_stopped();
    shell.types(b"\n");
    web.has_caught(Signal::SIGTERM);
    // It can be asked to help only if it runs: a leader that waits for it would wait for its own end.
    helper.runs_again().exits(0);
    helper.is_gone();
    web.exits(0);
    shell.exits_with(0).leaves_nobody_behind();
}

#[test]
fn ctrl_z_does_nothing_where_nobody_could_wake_it() {
    // As in `ssh -t HOST forge start` or a container: no shell stands between it and the terminal.
    let forge = Forge::new().procfile("web: puppet\n").on_a_terminal().start("");
    let web = forge.puppet("web.1");
    web.catches(Signal::SIGCONT);
    forge.types(b"\x1a");
    web.has_caught(Signal::SIGCONT).says("still here");
    forge.sees("still here").types(b"\x03").exits_with(0).leaves_nobody_behind();
}

#[test]
fn the_shell_that_is_hung_up_takes_a_suspended_stack_along() {
    let forge = Forge::new().procfile("web: puppet\n").unread();
    let mut shell = shell(forge, "forge start -t 1; read word; fg");
    let web = shell.puppet("web.1");
    web.ignores(Signal::SIGHUP);
    shell.types(b"\x1a");
    web.is_stopped();
    shell.hangs_up();
    web.is_gone();
    shell.leaves_nobody_behind();
}

#[test]
fn a_terminal_is_closed_under_a_background_forge() {
    let forge =
        Forge::new().procfile("web: puppet\nclock: while :; do echo tick; sleep 0.1; done\n").unread();
    let mut shell = shell(forge, "forge start -t 1 & read word");
    let web = shell.puppet("web.1");
    shell.hangs_up();
    // The kernel tells only the foreground; the next tick finds nobody who takes it.
    web.is_gone();
    shell.leaves_nobody_behind();
}

#[test]
fn the_settings_of_the_terminal_are_those_of_before() {
    for end in [&b"\x03"[..], b"\x1c", b"\x03\x03"] {
        let forge = Forge::new().procfile("web: stty raw -echo </dev/tty; puppet\n");
        let shell =
            shell(forge, "stty -g >before; forge start -t 1; stty -g >after; cmp before after && echo equal");
        shell.puppet("web.1");
        shell.types(end).sees("equal").exits_with(0);
    }
}

#[test]
fn dev_tty_is_never_the_terminal_of_the_user() {
    for way in ["line", "pipe"] {
        let forge = Forge::new().procfile("web: (: </dev/tty) || echo none; puppet\n").on_a_terminal();
        let forge = forge.start(&format!("--tty {way}"));
        forge.puppet("web.1");
        forge.sees("web.1 | none");
    }
}

#[test]
fn no_mode_of_a_killed_process_stays_on_the_terminal() {
    for words in ["-t 0", "-t 0 --no-prefix", "-t 0 --no-color"] {
        let forge = Forge::new().procfile("web: puppet\n").on_a_terminal().start(words);
        let web = forge.puppet("web.1");
        web.prints("\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[?2004h\x1b[?1h\x1b=\x1b(0\x0e\x1b[5;9r")
            .prints(
                "\x1b]0;title\x07\x1b]11;#ff0000\x1b\\\x1bPq#0\x1b\\\x1b_app\x1b\\\u{9b}?25l\u{9d}0;t\u{9c}",
            )
            .prints("\x1b[31mred text\n")
            .prints("half a sequence \x1b]0;for")
            .prints("ever");
        forge.sees("half a sequence");
        web.dies_by(Signal::SIGKILL);
        let out = forge.ends().out();
        let left = out.replace("\x1b[0m", "");
        let strange = left.split('\x1b').skip(1).find(|rest| !is_colour(rest));
        assert_eq!(strange, None, "{words}: {out:?}");
        assert!(!out.contains(['\x0e', '\u{9b}', '\u{9d}', '\x07']), "{words}: {out:?}");
        assert!(!out.contains("\x1b[31m") || out.contains("red text\x1b[0m"), "{words}: {out:?}");
    }
}

/// Returns whether what stands behind an ESC is a colour.
fn is_colour(rest: &str) -> bool {
    let parameters = rest.strip_prefix('[').and_then(|rest| rest.split_once('m'));
    parameters.is_some_and(|(numbers, _)| numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'))
}
