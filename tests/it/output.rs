//! The stream: every byte of the children, in order, in time, and nothing else.

use nix::sys::signal::Signal;

use crate::ended::lines;
use crate::forge::Forge;
use crate::puppet::Puppet;
use crate::running::Running;

fn one(words: &str) -> (Running, Puppet) {
    let forge = Forge::new().procfile("web: puppet\n").start(words);
    let web = forge.puppet("web.1");
    (forge, web)
}

/// Checks that the numbered lines of a flood are all there, once, in their order.
fn has_the_whole_flood(said: &[String], lines: u64) {
    let numbers = said.iter().filter_map(|line| line.strip_prefix("line ")?.get(..7)?.parse::<u64>().ok());
    let mut expected = 1;
    for number in numbers {
        assert_eq!(number, expected, "a line is lost or out of order");
        expected += 1;
    }
    assert_eq!(expected - 1, lines, "lines are lost");
    let torn = said.iter().find(|line| line.starts_with("line ") && line.len() != 5 + 7 + 1 + 40);
    assert_eq!(torn, None, "a line is torn");
}

#[test]
fn a_line_without_its_end_is_shown_after_a_short_silence() {
    for way in ["pipe", "line", "full"] {
        let (forge, web) = one(&format!("--tty {way}"));
        web.prints("Password: ");
        forge.sees("web.1 | Password:");
        // It goes on in the same line.
        web.prints("thank you\n").says("next").exits(0);
        forge.ends().showed("thank you").showed("web.1 | next");
    }
}

#[test]
fn an_unfinished_line_holds_up_nobody() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    web.prints("unfinished");
    worker.says("done");
    forge.sees("worker.1 | done").signal(Signal::SIGTERM).exits_with(0).sees("web.1 | unfinished");
}

#[test]
fn unfinished_lines_of_two_do_not_run_into_each_other() {
    let forge = Forge::new().procfile("web: puppet\nworker: puppet\n").start("");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    web.prints("from web");
    forge.sees("web.1 | from web");
    worker.prints("from worker");
    forge.sees("worker.1 | from worker");
    web.exits(0);
    let ended = forge.ends();
    ended.never_showed("from webfrom").never_showed("from workerfrom");
    let mixed =
        ended.lines().into_iter().find(|line| line.contains("from web") && line.contains("from worker"));
    assert_eq!(mixed, None);
}

#[test]
fn last_words_come_before_the_remark_about_the_end() {
    for way in ["pipe", "line", "full"] {
        let (forge, web) = one(&format!("--tty {way}"));
        web.floods(5_000).has_flooded().prints("last").exits(3);
        let said = forge.ends().lines_of("web.1");
        has_the_whole_flood(&said, 5_000);
        assert_eq!(&said[said.len() - 2..], ["last", "exited with code 3"], "--tty {way}");
    }
}

#[test]
fn a_flood_from_several_loses_nothing() {
    let forge = Forge::new().procfile("web: puppet\n").start("-m web=4");
    let names = ["web.1", "web.2", "web.3", "web.4"];
    let puppets = names.map(|name| forge.puppet(name));
    for puppet in &puppets {
        puppet.floods(20_000);
    }
    for puppet in &puppets {
        puppet.has_flooded();
    }
    forge.signal(Signal::SIGTERM);
    let ended = forge.ends();
    for name in names {
        has_the_whole_flood(&ended.lines_of(name), 20_000);
    }
    ended.exits_with(0);
}

#[test]
fn what_is_said_while_stopping_is_shown() {
    let (forge, web) = one("-t 600");
    web.catches(Signal::SIGTERM);
    forge.signal(Signal::SIGTERM);
    web.has_caught(Signal::SIGTERM).floods(20_000).has_flooded().exits(0);
    has_the_whole_flood(&forge.ends().lines_of("web.1"), 20_000);
}

#[test]
fn the_output_of_who_is_killed_is_shown_too() {
    let (forge, web) = one("-t 0");
    web.prints("no newline yet");
    forge.signal(Signal::SIGTERM).exits_with(0).sees("web.1 | no newline yet").sees("terminated by SIGKILL");
}

#[test]
fn a_huge_line_passes_in_bounded_memory() {
    const SIZE: usize = 24_000_000;
    let forge = Forge::new().procfile(format!("web: puppet; head -c {SIZE} /dev/zero | tr '\\0' x\n"));
    let forge = forge.start("--tty pipe");
    let peak = || forge.status().get("VmHWM").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    // The puppet only holds up the flood until the test is ready to look. What forge itself takes until then is not the point.
    let web = forge.puppet("web.1");
    let before_kib = peak().expect("it runs");
    web.exits(0);
    let mut peak_kib = before_kib;
    forge.finds("the end of the line", || {
        peak_kib = peak_kib.max(peak().unwrap_or(0));
        forge.said_last("exited with code 0").then_some(())
    });
    let ended = forge.ends();
    let count = memchr::memchr_iter(b'x', ended.stdout()).count();
    // An `x` of the remarks is one of "exited", once or twice.
    assert!((SIZE..SIZE + 10).contains(&count), "{count}");
    let long = ended.stdout().split(|byte| *byte == b'\n').filter(|line| line.len() > 1_000).count();
    assert_eq!(long, 1, "one line in, one line out");
    assert!(peak_kib - before_kib < 8 * 1024, "the line took {before_kib} to {peak_kib} KiB");
}

#[test]
fn carriage_returns_before_the_end_go_others_stay() {
    let (forge, web) = one("--tty pipe");
    web.prints("windows\r\n").prints("10%\r20%\n").prints("tab\there\n").exits(0);
    let ended = forge.ends();
    let out = ended.out();
    assert!(out.contains("| windows\n"), "{out:?}");
    assert!(out.contains("| 10%\r20%\n"), "{out:?}");
    assert!(out.contains("| tab\there\n"), "{out:?}");
}

#[test]
fn any_byte_is_kept() {
    let (forge, web) = one("--tty pipe");
    web.prints(b"<\xff\xfe\x80\x01>\n").prints("h\u{e9}llo \u{1F525}\n").exits(0);
    let ended = forge.ends();
    let has = |bytes: &[u8]| ended.stdout().windows(bytes.len()).any(|window| window == bytes);
    assert!(
        has(b"| <\xff\xfe\x80\x01>\n") && has("| h\u{e9}llo \u{1F525}\n".as_bytes()),
        "{:?}",
        ended.out()
    );
}

#[test]
fn an_empty_line_is_a_line() {
    let (forge, web) = one("");
    web.prints("a\n\nb\n").exits(0);
    let said = forge.ends().lines_of("web.1");
    let place = said.iter().position(|line| line == "a").expect("a is there");
    assert_eq!(&said[place..place + 3], ["a", "", "b"]);
}

#[test]
fn a_process_that_closes_its_output_lives_on() {
    let (forge, web) = one("");
    web.says("goodbye, output").closes(1).closes(2).catches(Signal::SIGTERM);
    forge.sees("web.1 | goodbye, output").signal(Signal::SIGTERM);
    web.has_caught(Signal::SIGTERM).exits(0);
    forge.exits_with(0).sees("web.1 | exited with code 0");
}

#[test]
fn quiet_hides_lines_and_keeps_remarks() {
    let forge = Forge::new().procfile("web: puppet\ncss: puppet\n").start("-q css");
    let (web, css) = (forge.puppet("web.1"), forge.puppet("css.1"));
    css.says("noise");
    css.exits(0);
    drop(web);
    forge.ends().never_showed("noise").showed("css.1 | exited with code 0");
}

#[test]
fn a_closed_stdout_ends_the_stack_and_is_no_failure() {
    let mut forge = Forge::new().procfile("web: puppet\nworker: puppet\n").unread().start("");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    forge.loses_its_stdout();
    forge.exits_with(0).leaves_nobody_behind();
    assert!(!web.is_alive() && !worker.is_alive());
}

#[test]
fn a_slow_reader_loses_nothing_and_delays_no_signal() {
    let mut forge = Forge::new().procfile("web: puppet\nworker: puppet\n").unread().start("-t 600");
    let (web, worker) = (forge.puppet("web.1"), forge.puppet("worker.1"));
    worker.catches(Signal::SIGTERM);
    web.catches(Signal::SIGTERM).floods(100_000);
    // Nobody reads 5 MB: web has to wait, and yet the signal reaches both.
    forge.signal(Signal::SIGTERM);
    worker.has_caught(Signal::SIGTERM);
    web.has_caught(Signal::SIGTERM);
    forge.is_read_now();
    web.has_flooded().exits(0);
    worker.exits(0);
    let ended = forge.ends();
    ended.exits_with(0);
    has_the_whole_flood(&ended.lines_of("web.1"), 100_000);
}

#[test]
fn a_nonblocking_stdout_loses_nothing() {
    let mut forge = Forge::new().procfile("web: puppet\n").with_a_nonblocking_stdout().unread().start("");
    let web = forge.puppet("web.1");
    web.floods(20_000);
    forge.is_read_now();
    web.has_flooded().exits(0);
    let ended = forge.ends();
    ended.exits_with(0);
    has_the_whole_flood(&ended.lines_of("web.1"), 20_000);
}

#[test]
fn a_reader_that_leaves_early_ends_it_all() {
    let forge = Forge::new().procfile("web: yes\nworker: puppet\n");
    let forge = forge.script("($FORGE start; echo code $? >&2) | head -n 3");
    let ended = forge.ends();
    ended.exits_with(0).complained(&["code 0"]);
    assert_eq!(ended.lines().len(), 3);
    forge.leaves_nobody_behind();
}

#[test]
fn a_reader_that_never_reads_cannot_keep_forge() {
    let forge = Forge::new().procfile("web: puppet\n").unread().start("-t 1");
    let web = forge.puppet("web.1");
    web.floods(100_000);
    forge.signal(Signal::SIGTERM).finds("the end of forge", || (!is_running(forge.pid)).then_some(()));
    forge.leaves_nobody_behind();
}

fn is_running(pid: i32) -> bool {
    crate::census::Person::of(pid).is_some_and(crate::census::Person::is_alive)
}

#[test]
fn a_full_disk_ends_the_stack_as_a_failure() {
    let forge = Forge::new().procfile("web: puppet\n").script("exec $FORGE start > /dev/full");
    forge.ends().fails().complained(&["no space"]);
    forge.leaves_nobody_behind();
}

#[test]
fn escapes_go_where_forge_has_no_colour() {
    let (forge, web) = one("");
    web.prints("\x1b[31mred\x1b[0m and \x1b[2Kplain\n").exits(0);
    let ended = forge.ends();
    assert!(ended.out().contains("| red and plain\n"), "{:?}", ended.out());
    assert!(!ended.stdout().contains(&0x1b), "{:?}", ended.out());
}

/// Runs a stack of one that prints a red word, on a terminal or not; returns the raw stdout.
fn coloured(forge: Forge, words: &str) -> String {
    let forge = forge.procfile("web: puppet\nworker: puppet\n").start(words);
    forge.puppet("worker.1");
    forge.puppet("web.1").prints("\x1b[31mred\x1b[0m\n").exits(0);
    forge.ends().out()
}

#[test]
fn a_terminal_has_foremans_colours() {
    let out = coloured(Forge::new().on_a_terminal(), "");
    let line = out.lines().find(|line| line.contains("red")).expect("the line is there");
    assert!(line.starts_with("\x1b[36m"), "web is cyan: {line:?}");
    assert!(line.contains("web.1    | \x1b[0m"), "the text is not: {line:?}");
    assert!(line.contains("\x1b[31mred"), "its own colours are kept: {line:?}");
    let worker = out.lines().find(|line| line.contains("worker.1")).expect("the line is there");
    assert!(worker.starts_with("\x1b[33m"), "worker is yellow: {worker:?}");
}

#[test]
fn a_pipe_has_no_colour_unless_it_is_forced() {
    assert!(!coloured(Forge::new(), "").contains('\x1b'));
    assert!(coloured(Forge::new(), "-c").contains("\x1b[36m"));
    assert!(coloured(Forge::new(), "--color=always").contains("\x1b[36m"));
    assert!(coloured(Forge::new().variable("FORCE_COLOR", "1"), "").contains("\x1b[36m"));
    assert!(coloured(Forge::new().variable("CLICOLOR_FORCE", "1"), "").contains("\x1b[36m"));
    assert!(coloured(Forge::new().variable("FORGE_COLOR", "always"), "").contains("\x1b[36m"));
}

#[test]
fn a_terminal_has_no_colour_when_it_is_unwanted() {
    assert!(!coloured(Forge::new().on_a_terminal().variable("NO_COLOR", "1"), "").contains("\x1b[3"));
    assert!(!coloured(Forge::new().on_a_terminal().variable("TERM", "dumb"), "").contains("\x1b[3"));
    assert!(!coloured(Forge::new().on_a_terminal(), "--color=never").contains("\x1b[3"));
    assert!(!coloured(Forge::new().on_a_terminal(), "--no-color").contains("\x1b[3"));
    let forced = coloured(Forge::new().on_a_terminal().variable("NO_COLOR", "1"), "--color=always");
    assert!(forced.contains("\x1b[36m"), "a flag beats a variable");
}

#[test]
fn lines_are_compared_without_time_colour_and_padding() {
    let seen = lines(b"\x1b[36m05:49:39 web.1    | \x1b[0mhello | you\r\n05:49:40 system   | bye\nplain\n");
    assert_eq!(seen, ["web.1 | hello | you", "system | bye", "plain"]);
}
