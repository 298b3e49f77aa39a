//! The status bar and the keys, at a real terminal.

use nix::sys::signal::Signal;
use nix::sys::termios::LocalFlags;

use crate::forge::Forge;
use crate::running::Running;

fn two() -> Running {
    Forge::new()
        .procfile("web: puppet\nworker: puppet\n")
        .with_a_bar(100, 12)
        .start("--no-timestamp --exit-on all")
}

/// Runs a script with job control on a terminal, below which forge is a job.
fn shell(forge: Forge, script: &str) -> Running {
    let script = format!("set -m; {}", script.replace("forge ", "$FORGE "));
    forge.script(&script)
}

#[test]
fn the_last_row_shows_the_processes_and_the_keys() {
    let forge = two();
    let web = forge.puppet("web.1");
    forge.puppet("worker.1");
    let mut screen = forge.screen(100, 12);
    screen.bar_shows("web.1 running  worker.1 running").bar_shows("? help");
    for number in 0..20 {
        web.says(&format!("line {number}"));
    }
    screen.shows("line 19").bar_shows("web.1 running");
    let lines: Vec<String> = screen.history().into_iter().filter(|row| row.contains("| line ")).collect();
    let expected: Vec<String> = (0..20).map(|number| format!("web.1    | line {number}")).collect();
    assert_eq!(lines, expected);
    web.exits(0);
    screen.bar_shows("web.1 done  worker.1 running");
}

#[test]
fn at_the_end_nothing_of_it_is_left() {
    let forge = Forge::new().procfile("web: puppet\n").with_a_bar(80, 10);
    let shell = forge
        .script("stty -g >before; $FORGE start; stty -g >after; cmp before after && echo prompt; read word");
    let web = shell.puppet("web.1");
    web.says("hello");
    let mut screen = shell.screen(80, 10);
    screen.bar_shows("web.1 running").types("q").shows("prompt").hides("web.1 running");
    let rows = screen.window();
    let last = rows.iter().rposition(|row| !row.is_empty()).expect("a row");
    assert_eq!(rows[last], "prompt", "{rows:?}");
    assert!(!rows[last - 1].is_empty(), "{rows:?}");
    assert_eq!(screen.cursor(), (last + 1, 0));
    // Where lines go, now that the region is gone.
    screen.types("word\n");
    shell.exits_with(0).leaves_nobody_behind();
}

#[test]
fn keys_come_at_once_and_signals_stay_signals() {
    let forge = two();
    forge.puppet("web.1");
    let mut screen = forge.screen(100, 12);
    screen.bar_shows("? help");
    let flags = forge.terminal().settings().local_flags;
    assert!(!flags.intersects(LocalFlags::ICANON | LocalFlags::ECHO) && flags.contains(LocalFlags::ISIG));
    screen.types("\x03");
    forge.sees("SIGINT received").exits_with(0).leaves_nobody_behind();
    assert!(forge.terminal().settings().local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO));
}

#[test]
fn without_a_bar_the_terminal_is_left_alone() {
    for (words, variable) in [
        ("--no-bar", ("A", "1")),
        ("", ("FORGE_BAR", "0")),
        ("", ("CI", "1")),
        ("", ("CLAUDECODE", "1")),
        ("", ("TERM", "dumb")),
        ("--json", ("A", "1")),
    ] {
        let forge =
            Forge::new().procfile("web: puppet\n").with_a_bar(80, 10).variable(variable.0, variable.1);
        let forge = forge.start(words);
        forge.puppet("web.1").says("hello");
        forge.sees("hello");
        assert!(forge.terminal().settings().local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO));
        let out = forge.types("\x03").ends().out();
        assert!(!out.contains("\x1b7"), "{words} {variable:?}: {out:?}");
    }
}

#[test]
fn a_flag_asks_for_it_all_the_same() {
    let forge = Forge::new().procfile("web: puppet\n").with_a_bar(80, 10).variable("CI", "1").start("--bar");
    forge.puppet("web.1");
    forge.screen(80, 10).bar_shows("web.1 running").types("q");
    forge.exits_with(0);
}

#[test]
fn a_pipe_has_none() {
    let forge = Forge::new().procfile("web: puppet\n").start("--bar");
    forge.puppet("web.1").exits(0);
    let out = forge.ends().out();
    assert!(!out.contains('\x1b'), "{out:?}");
}

#[test]
fn it_follows_the_window() {
    let forge = two();
    let web = forge.puppet("web.1");
    forge.puppet("worker.1");
    let mut screen = forge.screen(100, 12);
    screen.bar_shows("web.1 running  worker.1 running");
    for (columns, rows) in [(60, 20), (40, 6), (20, 8), (10, 5), (100, 30)] {
        screen.resizes(columns, rows);
        let words = if columns >= 40 { "worker.1 running" } else { "2 runn" };
        screen.bar_shows(words);
        let said = format!("{columns}x{rows}");
        web.says(&said);
        screen.shows(&said).bar_shows(words);
        let bars =
            screen.window().iter().filter(|row| row.contains("runn") || row.contains("? help")).count();
        assert_eq!(bars, 1, "{columns}x{rows}: {:?}", screen.window());
    }
    screen.resizes(100, 2);
    web.says("no room");
    screen.shows("no room").hides("running");
    screen.resizes(100, 6).bar_shows("web.1 running");
}

#[test]
fn a_suspended_stack_leaves_the_terminal_to_the_shell() {
    let forge = Forge::new().procfile("web: puppet\n").with_a_bar(80, 12);
    let shell = shell(forge, "forge start --no-timestamp; echo stopped; read word; fg; echo over; read word");
    let web = shell.puppet("web.1");
    let mut screen = shell.screen(80, 12);
    screen.bar_shows("web.1 running").types("\x1a").shows("stopped").hides("web.1 running");
    assert!(shell.terminal().settings().local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO));
    screen.types("\n").bar_shows("web.1 running");
    web.says("back");
    screen.shows("web.1  | back").types("\x03").shows("over").hides("web.1 running").types("\n");
    shell.leaves_nobody_behind();
}

#[test]
fn in_the_background_nothing_is_touched() {
    let forge = Forge::new().procfile("web: puppet\n").with_a_bar(80, 12);
    let shell = shell(forge, "forge start --no-timestamp & read word; fg; echo over; read word");
    let web = shell.puppet("web.1");
    web.says("hello");
    let mut screen = shell.screen(80, 12);
    screen.shows("hello").hides("web.1 running");
    assert!(shell.terminal().settings().local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO));
    screen.types("\n").bar_shows("web.1 running").types("\x03").shows("over").types("\n");
    shell.leaves_nobody_behind();
}

#[test]
fn a_key_restarts_and_a_key_stops() {
    let forge = two();
    let web = forge.puppet("web.1");
    forge.puppet("worker.1");
    let mut screen = forge.screen(100, 12);
    screen.bar_shows("? help").types("r").bar_shows("restart _  1 web.1  2 worker.1");
    screen.types("1\n");
    web.is_gone();
    forge.puppet("web.1").says("again");
    screen.shows("again").types("sworker\n").bar_shows("worker.1 stopped").types("q");
    forge.exits_with(0).leaves_nobody_behind();
}

#[test]
fn what_is_pasted_is_no_key() {
    let forge = two();
    forge.puppet("web.1");
    let mut screen = forge.screen(100, 12);
    screen.bar_shows("? help").types("\x1b[200~q\n\x1b[201~?").shows("stop everything");
    assert!(forge.has_anybody());
}

#[test]
fn lines_are_left_out_and_come_back() {
    let forge = two();
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    let mut screen = forge.screen(100, 12);
    screen.bar_shows("? help").types("m1\n").bar_shows("without web.1");
    web.says("not seen");
    worker.says("seen");
    screen.shows("worker.1 | seen").types("\x1b").hides("without web.1").hides("not seen");
    screen.types("fwork\n").bar_shows("only worker.1");
    web.says("not seen either");
    worker.says("alone");
    screen.shows("alone").types("f").hides("only worker.1").hides("not seen");
    screen.types("/get").bar_shows("/get_");
    web.says("POST /").says("GET /");
    screen.shows("| GET /").hides("POST").types("\n").bar_shows("/get").types("\x1b").hides("/get");
    web.says("POST / again");
    screen.shows("POST / again");
}

#[test]
fn help_and_table_stand_in_the_stream() {
    let forge = two();
    forge.puppet("web.1").says("first");
    let mut screen = forge.screen(100, 12);
    screen.bar_shows("? help");
    screen.types("?").shows("system   | q  stop everything");
    screen.types("p").shows("system   | NAME");
    screen.types("e").bar_shows("nothing has failed");
}

#[test]
fn the_keyboard_goes_to_a_process_and_comes_back() {
    let forge = two();
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    let mut screen = forge.screen(100, 12);
    web.prints("(Pdb) ");
    screen.bar_shows("? help").shows("(Pdb)").types("aweb\n").bar_shows("web.1 has the keyboard");
    worker.says("meanwhile 1").says("meanwhile 2");
    screen.types("next\r");
    web.reads("next\n").prints("\x1b[1mdone\x1b[0m\n(Pdb) ");
    screen.shows("done").hides("meanwhile");
    let shown = screen.window();
    assert_eq!(shown.iter().filter(|row| row.starts_with("done")).count(), 1, "{shown:?}");
    assert!(shown.iter().any(|row| row == "(Pdb) next"), "{shown:?}");
    // Ctrl-C is for the process.
    web.catches(Signal::SIGINT);
    screen.types("\x03");
    web.has_caught(Signal::SIGINT);
    screen
        .types("\x1d")
        .shows("worker.1 | meanwhile 2")
        .shows("these 2 lines came while web.1 had the keyboard");
    screen.bar_shows("? help");
    let done = screen.history().iter().filter(|row| row.contains("done")).count();
    assert_eq!(done, 1, "{:?}", screen.history());
    web.says("\nback");
    screen.shows("| back").types("q");
    forge.exits_with(0).leaves_nobody_behind();
}

#[test]
fn who_waits_is_offered_the_keyboard() {
    let procfile = "web: printf 'Name? '; read name; echo hello $name; exec puppet\nworker: puppet\n";
    let forge = Forge::new().procfile(procfile).with_a_bar(100, 12).start("--no-timestamp");
    let mut screen = forge.screen(100, 12);
    screen.bar_shows("web.1 waits for input — Enter gives it the keyboard");
    screen.types("\n").bar_shows("web.1 has the keyboard").types("Bob\r").shows("hello Bob").types("\x1d");
    screen.bar_shows("? help").hides("waits for input");
}

#[test]
fn the_end_of_the_process_gives_the_keyboard_back() {
    let forge = two();
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    let mut screen = forge.screen(100, 12);
    screen.bar_shows("? help").types("aweb\n").bar_shows("web.1 has the keyboard");
    // As a program does that fills the screen, and is killed.
    web.prints("\x1b[?1049h\x1b[2J\x1b[?25l\x1b[?1000hfull");
    screen.shows("full");
    worker.says("meanwhile");
    web.dies_by(Signal::SIGKILL);
    screen.shows("worker.1 | meanwhile").bar_shows("web.1 failed").types("q");
    forge.exits_with(137).leaves_nobody_behind();
}

#[test]
fn focus_gives_the_keyboard_at_every_start() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").with_a_bar(100, 12);
    let forge = forge.start("--no-timestamp --focus web --restart web");
    let web = forge.puppet("web.1");
    let mut screen = forge.screen(100, 12);
    screen.bar_shows("web.1 has the keyboard").types("hello\r");
    web.reads("hello\n").exits(0);
    forge.puppet("web.1");
    screen.bar_shows("web.1 has the keyboard").types("\x1d").bar_shows("? help").types("q");
    forge.exits_with(0);
}

#[test]
fn a_focus_must_be_somebody_who_runs() {
    let runs = |words: &[&str]| {
        Forge::new().procfile("web: puppet\ndb: puppet\n").runs(&[&["start"], words].concat())
    };
    runs(&["--focus", "wbe"]).exits_with(1).complained(&["unknown process `wbe`", "did you mean `web`"]);
    runs(&["--focus", "db", "web"]).exits_with(1).complained(&["nobody of that name is started"]);
    runs(&["--focus", "web", "-m", "web=2"]).exits_with(1).complained(&["one process only", "`web.1`"]);
    runs(&["--focus", "web", "--no-bar"]).exits_with(2).complained(&["means nothing with"]);
}

#[test]
fn a_terminal_that_takes_nothing_holds_up_nobody() {
    let forge = two();
    let web = forge.puppet("web.1");
    forge.puppet("worker.1");
    let mut screen = forge.screen(100, 12);
    // Ctrl-S, then keys that redraw, and the end by a signal.
    screen.bar_shows("? help").types("\x13");
    web.says("unseen");
    forge.types("rrr\x1b").signal(Signal::SIGTERM);
    web.is_gone();
    forge.leaves_nobody_behind();
}
