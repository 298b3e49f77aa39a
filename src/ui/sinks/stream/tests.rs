use std::sync::Arc;

use super::{Screen, StreamSink};
use crate::exit::Exit;
use crate::logs::{Channel, Lines, Origin, Pattern, Piece, ScreenWish, Sink, StreamId, Whose};
use crate::project::{
    InstanceId, InstanceSpec, LinePatterns, Names, Output, Place, ProcessName, ProcessSpec, Project, Stderr,
    TimeFormat, Tty,
};
use crate::supervisor::{Note, RunId};
use crate::time::WallTime;

const AT: WallTime = WallTime { seconds: 20_979, nanos: 0, utc_offset: 0 };
const WEB: StreamId = StreamId(0);
const JOBS: StreamId = StreamId(1);
const PIPE: Screen = Screen { terminal: false, colour: false };
const TERMINAL: Screen = Screen { terminal: true, colour: true };

pub(in crate::ui::sinks) fn project(change: impl FnOnce(&mut Output)) -> Project {
    let spec = |position: usize, name: &str| {
        let place = Place { file: Arc::from("Procfile"), line: 1 };
        let process = ProcessSpec::plain(ProcessName::new(name), b"true".to_vec(), place, position);
        let id = InstanceId { process: process.name.clone(), index: 1 };
        InstanceSpec { id, process: Arc::new(process), port: None }
    };
    let mut output = Output { tty: Tty::Pipe, ..Output::default() };
    change(&mut output);
    Project { instances: vec![spec(0, "web"), spec(1, "jobs")], output, ..Project::default() }
}

struct Shown(StreamSink);

impl Shown {
    fn new(screen: Screen, change: impl FnOnce(&mut Output)) -> Shown {
        let project = project(change);
        let mut sink = StreamSink::new(&project, screen);
        for (stream, instance) in project.instances.iter().enumerate() {
            let origin = Origin { instance, channel: Channel::Both, run: RunId(1), pid: 7 };
            sink.begins(AT, StreamId(stream), &origin);
        }
        Shown(sink)
    }

    fn lines(mut self, stream: StreamId, lines: &[u8]) -> Shown {
        self.0.lines(AT, stream, Lines::new(lines).expect("lines end with LF"));
        self
    }

    /// `^` stands for the beginning of a line, `$` for its end.
    fn piece(mut self, stream: StreamId, text: &str) -> Shown {
        let (begins, ends) = (text.starts_with('^'), text.ends_with('$'));
        let text = text.trim_start_matches('^').trim_end_matches('$').as_bytes();
        self.0.piece(AT, stream, Piece { text, begins, ends });
        if ends {
            assert_eq!(self.0.open_line(), None);
        }
        self
    }

    fn started(mut self, process: &str) -> Shown {
        let instance = InstanceId { process: ProcessName::new(process), index: 1 };
        self.0.note(AT, &Note::Started { instance, pid: 7 });
        self
    }

    fn ends(mut self, stream: StreamId) -> Shown {
        self.0.ends(AT, stream);
        self
    }

    fn ended(mut self, process: &str) -> Shown {
        let instance = InstanceId { process: ProcessName::new(process), index: 1 };
        self.0.note(AT, &Note::Ended { instance, exit: Exit::Code(0), output_held: false });
        self
    }

    fn screen(mut self, wish: ScreenWish) -> Shown {
        self.0.screen(&wish);
        self
    }

    fn signal(mut self) -> Shown {
        self.0.note(AT, &Note::ShutdownBySignal { signal: libc::SIGINT });
        self
    }

    /// The same for lines of the first process alone.
    #[track_caller]
    fn says(mut self, expected: &[&str]) {
        let shown = String::from_utf8_lossy(self.0.pending()).into_owned();
        let lines: Vec<_> =
            shown.lines().map(|line| line.strip_prefix("web.1  | ").unwrap_or(line)).collect();
        assert_eq!(lines, expected);
    }

    #[track_caller]
    fn is(mut self, expected: &[&str]) {
        let shown = std::mem::take(self.0.pending());
        let shown: Vec<String> =
            shown.split(|byte| *byte == b'\n').map(|line| line.escape_ascii().to_string()).collect();
        assert_eq!(shown, expected);
    }
}

#[test]
fn it_looks_like_foreman() {
    Shown::new(PIPE, |_| {})
        .started("web")
        .lines(WEB, b"one\r\n\ntwo\n")
        .lines(JOBS, b"\xff\tx\n")
        .signal()
        .is(&[
            "05:49:39 web.1  | started with pid 7",
            "05:49:39 web.1  | one",
            "05:49:39 web.1  | ",
            "05:49:39 web.1  | two",
            "05:49:39 jobs.1 | \\xff\\tx",
            "05:49:39 system | SIGINT received, starting shutdown",
            "",
        ]);
}

#[test]
fn colour_is_the_prefix_s_alone() {
    Shown::new(TERMINAL, |output| output.timestamp = false)
        .lines(WEB, b"\x1b[1mbold\nplain\n")
        .lines(JOBS, b"a\x1b[2Jb\n")
        .signal()
        .is(&[
            "\\x1b[36mweb.1  | \\x1b[0m\\x1b[1mbold\\x1b[0m",
            "\\x1b[36mweb.1  | \\x1b[0mplain",
            "\\x1b[33mjobs.1 | \\x1b[0mab",
            "\\r\\x1b[37msystem | \\x1b[0mSIGINT received, starting shutdown",
            "",
        ]);
}

#[test]
fn a_line_goes_on_in_place_while_nobody_else_speaks() {
    Shown::new(PIPE, |_| {})
        .piece(WEB, "^Name")
        .piece(WEB, "? ")
        .piece(WEB, "Bob$")
        .is(&["05:49:39 web.1  | Name? Bob", ""]);
}

#[test]
fn whoever_interrupts_puts_a_line_end_first() {
    Shown::new(PIPE, |output| output.timestamp = false)
        .piece(WEB, "^one ")
        .lines(JOBS, b"mine\n")
        .piece(WEB, "two ")
        .piece(JOBS, "^mi")
        .signal()
        .piece(JOBS, "ne$")
        .piece(WEB, "three$")
        .is(&[
            "web.1  | one ",
            "jobs.1 | mine",
            "web.1  | two ",
            "jobs.1 | mi",
            "system | SIGINT received, starting shutdown",
            "jobs.1 | ne",
            "web.1  | three",
            "",
        ]);
}

#[test]
fn an_interrupted_line_that_only_ends_leaves_no_empty_line() {
    Shown::new(PIPE, |output| output.timestamp = false)
        .piece(WEB, "^Name? ")
        .lines(JOBS, b"mine\n")
        .piece(WEB, "$")
        .piece(WEB, "^$")
        .is(&["web.1  | Name? ", "jobs.1 | mine", "web.1  | ", ""]);
}

#[test]
fn the_colour_of_an_interrupted_line_ends_where_it_is_cut() {
    Shown::new(TERMINAL, |output| output.timestamp = false)
        .piece(WEB, "^\x1b[31mred")
        .signal()
        .piece(WEB, "rest$")
        .is(&[
            "\\x1b[36mweb.1  | \\x1b[0m\\x1b[31mred\\x1b[0m",
            "\\r\\x1b[37msystem | \\x1b[0mSIGINT received, starting shutdown",
            "\\x1b[36mweb.1  | \\x1b[0mrest",
            "",
        ]);
}

/// A terminal without colour, so that what is expected can be read.
const SCREEN: Screen = Screen { terminal: true, colour: false };

fn bare(output: &mut Output) {
    output.timestamp = false;
}

#[test]
fn a_cleared_screen_costs_no_line() {
    // What Vite does at its start: it pushes away what the window shows, goes to the top and erases all.
    let pushed = [b"\n".repeat(29).as_slice(), b"\x1b[1;1H\x1b[0Jready\n"].concat();
    Shown::new(SCREEN, bare).lines(WEB, b"one\n").lines(WEB, &pushed).lines(JOBS, b"mine\n").is(&[
        "web.1  | one",
        "web.1  | ready",
        "jobs.1 | mine",
        "",
    ]);
    // The same in two reads, and with nothing behind it yet.
    Shown::new(SCREEN, bare)
        .lines(WEB, &b"\n".repeat(29))
        .lines(JOBS, b"mine\n")
        .piece(WEB, "^\x1b[1;1H\x1b[0J")
        .lines(JOBS, b"mine too\n")
        .piece(WEB, "ready$")
        .is(&["jobs.1 | mine", "jobs.1 | mine too", "web.1  | ready", ""]);
}

#[test]
fn empty_lines_are_shown_before_the_next_line() {
    Shown::new(SCREEN, bare)
        .lines(WEB, b"one\n\n\n")
        .lines(JOBS, b"mine\n")
        .lines(WEB, b"\x1b[0m\ntwo\n\n")
        .piece(WEB, "^$")
        .piece(WEB, "^thr")
        .piece(WEB, "ee$")
        .lines(WEB, b"\n")
        .ends(WEB)
        .ended("web")
        .is(&[
            "web.1  | one",
            "jobs.1 | mine",
            "web.1  | ",
            "web.1  | ",
            "web.1  | ",
            "web.1  | two",
            "web.1  | ",
            "web.1  | ",
            "web.1  | three",
            "web.1  | ",
            "web.1  | exited with code 0",
            "",
        ]);
}

#[test]
fn a_flood_of_empty_lines_is_not_held_back() {
    let mut shown = Shown::new(SCREEN, bare);
    for _ in 0..100 {
        shown = shown.lines(WEB, &b"\n".repeat(100));
    }
    let lines = memchr::memchr_iter(b'\n', shown.0.pending()).count();
    assert!((10_000 - super::voice::MOST_BLANKS..=10_000).contains(&lines), "{lines}");
}

#[test]
fn a_pipe_gets_every_line_of_a_cleared_screen() {
    Shown::new(PIPE, bare).lines(WEB, b"\n\n\x1b[1;1H\x1b[0Jready\n\x1b[2J\n").is(&[
        "web.1  | ",
        "web.1  | ",
        "web.1  | ready",
        "web.1  | ",
        "",
    ]);
}

#[test]
fn of_a_progress_bar_the_last_state_is_shown() {
    Shown::new(SCREEN, bare)
        .lines(WEB, b"10%\r20%\r30%\ndone\n")
        .piece(WEB, "^10%\r20%")
        .piece(WEB, "\r30%\r40%")
        .piece(WEB, "\r\x1b[Kdone$")
        .piece(JOBS, "^50%")
        .lines(WEB, b"mine\n")
        .piece(JOBS, "\r60%")
        .piece(JOBS, "$")
        .is(&[
            "web.1  | 30%",
            "web.1  | done",
            "web.1  | 20%\\rweb.1  | \\x1b[K40%\\rweb.1  | \\x1b[Kdone",
            "jobs.1 | 50%",
            "web.1  | mine",
            "jobs.1 | 60%",
            "",
        ]);
    Shown::new(PIPE, bare).piece(WEB, "^10%\r20%").piece(WEB, "\r30%$").is(&["web.1  | 10%\\r20%\\r30%", ""]);
}

#[test]
fn what_nobody_would_see_begins_no_line() {
    Shown::new(TERMINAL, bare)
        .piece(WEB, "^\x1b[?25l\x1b[32m")
        .lines(JOBS, b"mine\n")
        .piece(WEB, "green")
        .piece(WEB, "\x1b[0m$")
        .piece(WEB, "^\x1b[?25h")
        .piece(WEB, "$")
        .lines(WEB, b"next\n")
        .is(&[
            "\\x1b[33mjobs.1 | \\x1b[0mmine",
            "\\x1b[36mweb.1  | \\x1b[0m\\x1b[32mgreen\\x1b[0m",
            "\\x1b[36mweb.1  | \\x1b[0m",
            "\\x1b[36mweb.1  | \\x1b[0mnext",
            "",
        ]);
}

#[test]
fn dropped_lines_are_not_shown() {
    let drop = |output: &mut Output| {
        output.timestamp = false;
        output.drop = LinePatterns::of(&["GET /health$", "heartbeat"]).expect("right patterns");
    };
    Shown::new(PIPE, drop)
        .lines(WEB, b"one\nGET /health\r\ntwo\nheartbeat 1\nheartbeat 2\n")
        .lines(JOBS, b"heartbeat\n")
        .piece(WEB, "^a heart")
        .piece(WEB, "beat$")
        .piece(WEB, "^heartbeat")
        .piece(WEB, " 3")
        .lines(JOBS, b"mine\n")
        .piece(WEB, "$")
        .piece(WEB, "^three$")
        .is(&["web.1  | one", "web.1  | two", "web.1  | a heartbeat", "jobs.1 | mine", "web.1  | three", ""]);
}

#[test]
fn what_is_shown_can_be_changed_while_it_goes_on() {
    let pattern = |text: &str| Some(Pattern::new(text).expect("a right pattern"));
    let jobs = InstanceId { process: ProcessName::new("jobs"), index: 1 };
    let quiet_jobs = |output: &mut Output| {
        output.timestamp = false;
        output.quiet = Names::of(&["jobs"]);
    };
    Shown::new(PIPE, quiet_jobs)
        .lines(JOBS, b"quiet\n")
        .piece(WEB, "^be")
        .screen(ScreenWish { unmuted: [jobs.clone()].into(), ..ScreenWish::default() })
        .piece(WEB, "gun$")
        .lines(JOBS, b"loud\n")
        .screen(ScreenWish { whose: Whose::One(jobs.clone()), ..ScreenWish::default() })
        .lines(WEB, b"not me\n")
        .piece(WEB, "^nor$")
        .lines(JOBS, b"alone\n")
        .started("web")
        .screen(ScreenWish { with: pattern("GE[TX]"), without: pattern("health"), ..ScreenWish::default() })
        .lines(WEB, b"GET /\n\x1b[1mGE\x1b[0mT /bold\nPUT /\nGET /health\n")
        .lines(JOBS, b"GET quiet\n")
        .screen(ScreenWish { whose: Whose::Nobody, ..ScreenWish::default() })
        .lines(WEB, b"nobody\n")
        .screen(ScreenWish { muted: [jobs].into(), ..ScreenWish::default() })
        .lines(WEB, b"all\n")
        .is(&[
            "web.1  | be",
            "web.1  | gun",
            "jobs.1 | loud",
            "jobs.1 | alone",
            "web.1  | started with pid 7",
            "web.1  | GET /",
            "web.1  | GET /bold",
            "web.1  | all",
            "",
        ]);
}

#[test]
fn the_time_is_shown_as_it_is_wanted() {
    Shown::new(PIPE, |output| output.time_format = TimeFormat::of("%F %T.%3f").expect("right"))
        .lines(WEB, b"one\n")
        .is(&["1970-01-01 05:49:39.000 web.1  | one", ""]);
}

#[test]
fn stderr_is_marked_where_that_is_wanted() {
    for (screen, stderr, expected) in [
        (PIPE, Stderr::Mark, "web.1  ! bad"),
        (PIPE, Stderr::Plain, "web.1  | bad"),
        (TERMINAL, Stderr::Mark, "\\x1b[36mweb.1  \\x1b[31m! \\x1b[0mbad"),
    ] {
        let project = project(|output| {
            output.timestamp = false;
            output.stderr = stderr;
        });
        let mut sink = StreamSink::new(&project, screen);
        let instance = &project.instances[0];
        sink.begins(AT, WEB, &Origin { instance, channel: Channel::Error, run: RunId(1), pid: 7 });
        Shown(sink).lines(WEB, b"bad\n").is(&[expected, ""]);
    }
}

#[test]
fn quiet_processes_are_not_shown_but_spoken_of() {
    Shown::new(PIPE, |output| output.quiet = Names::of(&["web"]))
        .started("web")
        .lines(WEB, b"noise\n")
        .piece(WEB, "^no")
        .lines(JOBS, b"seen\n")
        .piece(WEB, "ise$")
        .is(&["05:49:39 web.1  | started with pid 7", "05:49:39 jobs.1 | seen", ""]);
}

#[test]
fn without_prefix_lines_are_bare_and_remarks_name_who() {
    Shown::new(PIPE, |output| output.prefix = false).started("web").lines(WEB, b"one\ntwo\n").signal().is(&[
        "web.1 started with pid 7",
        "one",
        "two",
        "SIGINT received, starting shutdown",
        "",
    ]);
}

#[test]
fn each_screen_has_its_rule_for_escapes() {
    use crate::logs::Escapes::{ColourOnly, Keep, Strip, TextOnly};
    let cases =
        [(true, true, ColourOnly), (true, false, TextOnly), (false, true, Keep), (false, false, Strip)];
    for (terminal, colour, expected) in cases {
        assert_eq!(Screen { terminal, colour }.escapes(), expected);
    }
}

/// Three bars that are drawn anew, as by `docker pull`.
fn frame(round: usize) -> String {
    let up = if round == 0 { "" } else { "\x1b[3A" };
    format!("{up}\x1b[2K\rone {round}0%\r\n\x1b[2K\rtwo done\r\n\x1b[2K\rthree {round}\r\n")
}

#[test]
fn rows_that_are_drawn_again_and_again_are_shown_every_second() {
    let mut shown = Shown::new(SCREEN, bare);
    for round in 0..25 {
        shown.0.lines(
            WallTime { nanos: round % 10 * 100_000_000, seconds: AT.seconds + i64::from(round / 10), ..AT },
            WEB,
            Lines::new(frame(round as usize).as_bytes()).expect("lines"),
        );
    }
    assert!(shown.0.holds_back(WEB));
    shown.0.falls_silent(AT, WEB);
    assert!(!shown.0.holds_back(WEB));
    shown.lines(WEB, b"below\n").lines(WEB, b"\x1b[1Abelow\nlast\n").ends(WEB).says(&[
        "one 00%", "two done", "three 0", "one 90%", "two done", "three 9", "one 190%", "three 19",
        "one 240%", "three 24", "below", "last",
    ]);
}

#[test]
fn lines_above_redrawn_rows_are_not_lost() {
    let mut shown = Shown::new(SCREEN, bare).lines(WEB, b"bar 1\n");
    for line in 0..5 {
        shown = shown.lines(WEB, format!("\x1b[1A\x1b[2Kline {line}\nbar {line}\n").as_bytes());
    }
    let lines: Vec<String> = String::from_utf8_lossy(shown.0.pending()).lines().map(str::to_owned).collect();
    for line in 0..5 {
        assert!(lines.contains(&format!("web.1  | line {line}")), "{lines:?}");
    }
}

#[test]
fn a_row_that_is_left_upwards_has_its_text() {
    // What tqdm does with two bars.
    Shown::new(SCREEN, bare)
        .piece(WEB, "^a 1$")
        .piece(WEB, "^b 1\x1b[A\ra 2$")
        .piece(WEB, "^b 2\x1b[A\ra 3$")
        .ends(WEB)
        .says(&["a 1", "a 3", "b 2"]);
}
