use std::sync::Arc;

use super::{FileSink, Kept};
use crate::logs::{Channel, Lines, Origin, Piece, Sink, StreamId};
use crate::project::{InstanceId, InstanceSpec, Place, ProcessName, ProcessSpec, Project};
use crate::store::frame::{Frame, take};
use crate::store::index::Kind;
use crate::supervisor::{Note, RunId};
use crate::time::WallTime;

const AT: WallTime = WallTime { seconds: 20_979, nanos: 5_000, utc_offset: 3600 };

fn instance(name: &str) -> InstanceSpec {
    let place = Place { file: Arc::from("Procfile"), line: 1 };
    let process = ProcessSpec::plain(ProcessName::new(name), b"true".to_vec(), place, 3);
    InstanceSpec {
        id: InstanceId { process: process.name.clone(), index: 1 },
        process: Arc::new(process),
        port: None,
    }
}

fn begins(sink: &mut FileSink, stream: usize, name: &str, channel: Channel, run: u64) {
    let instance = instance(name);
    let origin = Origin { instance: &instance, channel, run: RunId(run), number: 1, pid: 77 };
    sink.begins(AT, StreamId(stream), &origin);
}

/// What the writer hears, a line each.
fn said(sink: &mut FileSink) -> Vec<String> {
    let pending = std::mem::take(sink.pending());
    let (mut rest, mut said) = (pending.as_slice(), Vec::new());
    while let Some(frame) = take(&mut rest) {
        said.push(match frame {
            Frame::File(name) => format!("file {name}"),
            Frame::Record(record, text) => {
                let kind = match record.kind {
                    Kind::Text { begins, ends, broken } => {
                        let mark = |is: bool, mark: &'static str| if is { mark } else { "" };
                        format!("text {}{}{}", mark(begins, "^"), mark(ends, "$"), mark(broken, "!"))
                    }
                    Kind::Run => format!("run pid {} at {}", record.length, record.missing),
                    Kind::End => "end".to_owned(),
                    Kind::Gap => "gap".to_owned(),
                };
                let text = String::from_utf8_lossy(text);
                format!("{} run {} {kind} {text:?}", record.offset, record.run)
            }
        });
    }
    assert!(rest.is_empty());
    said
}

#[test]
fn lines_are_kept_as_they_were_but_for_escape_sequences() {
    let mut sink = FileSink::new(&Project::default(), Kept::Text);
    begins(&mut sink, 0, "web", Channel::Both, 9);
    assert_eq!(said(&mut sink), ["file system", "file events", "file web.1", "2 run 1 run pid 77 at 3 \"\""]);
    sink.lines(AT, StreamId(0), Lines::new(b"plain\n\xff\n").expect("lines"));
    sink.lines(AT, StreamId(0), Lines::new(b"\x1b[31mred\x1b[0m\r\na\rb\n").expect("lines"));
    let said = said(&mut sink);
    assert_eq!(said, ["2 run 1 text ^$ \"plain\\n\u{fffd}\\n\"", "2 run 1 text ^$ \"red\\na\\rb\\n\""]);
}

#[test]
fn raw_keeps_sequences_and_the_end_of_a_line_is_a_line_feed() {
    let mut sink = FileSink::new(&Project::default(), Kept::Raw);
    begins(&mut sink, 0, "web", Channel::Both, 9);
    said(&mut sink);
    sink.lines(AT, StreamId(0), Lines::new(b"\x1b[31mred\r\n").expect("lines"));
    assert_eq!(said(&mut sink), ["2 run 1 text ^$ \"\\u{1b}[31mred\\n\""]);
}

#[test]
fn a_line_of_one_output_is_interrupted_by_the_other() {
    let mut sink = FileSink::new(&Project::default(), Kept::Text);
    begins(&mut sink, 0, "web", Channel::Out, 9);
    begins(&mut sink, 1, "web", Channel::Error, 9);
    begins(&mut sink, 2, "jobs", Channel::Both, 10);
    assert_eq!(said(&mut sink).len(), 6, "one run of web");
    sink.piece(AT, StreamId(0), Piece { text: b"half", begins: true, ends: false });
    sink.lines(AT, StreamId(2), Lines::new(b"elsewhere\n").expect("lines"));
    sink.lines(AT, StreamId(1), Lines::new(b"error\n").expect("lines"));
    sink.piece(AT, StreamId(0), Piece { text: b" a line", begins: false, ends: true });
    sink.ends(AT, StreamId(0));
    let expected = [
        "2 run 1 text ^ \"half\"",
        "3 run 1 text ^$ \"elsewhere\\n\"",
        "2 run 1 text ! \"\\n\"",
        "2 run 1 text ^$ \"error\\n\"",
        "2 run 1 text $ \" a line\\n\"",
        "2 run 1 end \"\"",
    ];
    assert_eq!(said(&mut sink), expected);
}

#[test]
fn the_order_goes_on_when_the_clock_is_set_back() {
    let mut sink = FileSink::new(&Project::default(), Kept::Text);
    begins(&mut sink, 0, "web", Channel::Both, 9);
    said(&mut sink);
    sink.lines(AT, StreamId(0), Lines::new(b"one\n").expect("lines"));
    sink.lines(WallTime { seconds: 5, ..AT }, StreamId(0), Lines::new(b"two\n").expect("lines"));
    let pending = sink.pending().clone();
    let mut rest = pending.as_slice();
    let orders: Vec<u64> = std::iter::from_fn(|| take(&mut rest))
        .filter_map(|frame| match frame {
            Frame::Record(record, _) => Some(record.order),
            Frame::File(_) => None,
        })
        .collect();
    assert!(orders.windows(2).all(|pair| pair[0] < pair[1]), "{orders:?}");
}

#[test]
fn remarks_stand_in_files_of_their_own() {
    let mut sink = FileSink::new(&Project::default(), Kept::Text);
    begins(&mut sink, 0, "web", Channel::Both, 9);
    begins(&mut sink, 0, "web", Channel::Both, 12);
    said(&mut sink);
    sink.note(AT, &Note::Started { instance: instance("web").id, pid: 5 });
    sink.note(AT, &Note::NothingRuns);
    let said = said(&mut sink);
    assert_eq!(said[0], "0 run 0 text ^$ \"1970-01-01T06:49:39.000005+01:00 web.1 | started with pid 5\\n\"");
    assert!(
        said[1].starts_with("1 run 0 text ^$ \"{") && said[1].contains("started with pid 5"),
        "{}",
        said[1]
    );
    assert!(said[2].contains(" system | all processes have ended"), "{}", said[2]);
}
