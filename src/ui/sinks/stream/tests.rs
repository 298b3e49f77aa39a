use std::sync::Arc;

use super::{Screen, StreamSink};
use crate::logs::{Channel, Lines, Origin, Piece, Sink, StreamId};
use crate::project::{
    Colour, InstanceId, InstanceSpec, Output, Place, ProcessName, ProcessSpec, Project, Tty,
};
use crate::supervisor::{Note, RunId};
use crate::time::WallTime;

const AT: WallTime = WallTime { seconds: 20_979, nanos: 0, utc_offset: 0 };
const WEB: StreamId = StreamId(0);
const JOBS: StreamId = StreamId(1);
const PIPE: Screen = Screen { terminal: false, colour: false };
const TERMINAL: Screen = Screen { terminal: true, colour: true };

fn project(change: impl FnOnce(&mut Output)) -> Project {
    let spec = |position: usize, name: &str| {
        let place = Place { file: Arc::from("Procfile"), line: 1 };
        let process = ProcessSpec::plain(ProcessName::new(name), b"true".to_vec(), place, position);
        let id = InstanceId { process: process.name.clone(), index: 1 };
        InstanceSpec { id, process: Arc::new(process), port: None }
    };
    let mut output =
        Output { timestamp: true, prefix: true, colour: Colour::Auto, quiet: Vec::new(), tty: Tty::Pipe };
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
        assert_eq!(self.0.open_line().is_some(), !ends && !self.0.pending.ends_with(b"\n"));
        self
    }

    fn started(mut self, process: &str) -> Shown {
        let instance = InstanceId { process: ProcessName::new(process), index: 1 };
        self.0.note(AT, &Note::Started { instance, pid: 7 });
        self
    }

    fn signal(mut self) -> Shown {
        self.0.note(AT, &Note::ShutdownBySignal { signal: libc::SIGINT });
        self
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

#[test]
fn quiet_processes_are_not_shown_but_spoken_of() {
    Shown::new(PIPE, |output| output.quiet = vec![ProcessName::new("web")])
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
