//! What each pure part of a line's way costs: `cargo bench --bench parts [-- PART]`.
//!
//! The data of all is 64 KiB of lines of 80 bytes, what a flooding process gives in one read.

use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use forge::logs::{
    Bar, Channel, EscapeFilter, Escapes, Frame, Framer, LastWords, Lines, Origin, Prefix, PrefixStyle, Row,
    Sink, StreamId,
};
use forge::project::{
    Colour, InstanceId, InstanceSpec, Output, Place, ProcessName, ProcessSpec, Project, TimeFormat,
};
use forge::supervisor::RunId;
use forge::time::WallTime;
use forge::ui::sinks::{Screen, StreamSink};

const AT: WallTime = WallTime { seconds: 20_979, nanos: 0, utc_offset: 0 };

fn main() {
    divan::main();
}

/// Lines of 80 bytes; the last one does not end.
fn chunk() -> Vec<u8> {
    [&[b'x'; 79][..], b"\n"].concat().into_iter().cycle().take(64 * 1024).collect()
}

fn whole_lines() -> Vec<u8> {
    let mut chunk = chunk();
    chunk.truncate(64 * 1024 / 80 * 80);
    chunk
}

/// The same, each line red.
fn coloured_lines() -> Vec<u8> {
    [b"\x1b[31m", &[b'x'; 70][..], b"\x1b[0m\n"].concat().repeat(64 * 1024 / 80)
}

#[divan::bench]
fn framer(bencher: Bencher<'_, '_>) {
    let chunk = chunk();
    let mut framer = Framer::default();
    bencher.counter(BytesCount::of_slice(&chunk)).bench_local(|| {
        framer.push(black_box(&chunk), |frame| {
            black_box(matches!(frame, Frame::Lines(_)));
        });
    });
}

#[divan::bench]
fn last_words(bencher: Bencher<'_, '_>) {
    let chunk = chunk();
    let mut words = LastWords::default();
    bencher.counter(BytesCount::of_slice(&chunk)).bench_local(|| words.hear(black_box(&chunk)));
}

#[divan::bench]
fn prefix(bencher: Bencher<'_, '_>) {
    let style = PrefixStyle { time: Some(TimeFormat::default()), width: 8, coloured: false };
    let mut prefix = Prefix::new(&style, "web.1", 36, Bar::Plain);
    bencher.bench_local(|| black_box(prefix.at(black_box(AT)).len()));
}

/// Prefix, time and line into the buffer, for a pipe and for a terminal.
#[divan::bench(args = [false, true])]
fn stream(bencher: Bencher<'_, '_>, terminal: bool) {
    let lines = whole_lines();
    format(bencher, Screen { terminal, colour: terminal }, &lines);
}

/// The same with a colour in each line.
#[divan::bench(args = [false, true])]
fn stream_of_colours(bencher: Bencher<'_, '_>, terminal: bool) {
    let lines = coloured_lines();
    format(bencher, Screen { terminal, colour: terminal }, &lines);
}

fn format(bencher: Bencher<'_, '_>, screen: Screen, lines: &[u8]) {
    let project = Project {
        instances: vec![instance()],
        output: Output { colour: Colour::Never, ..Project::default().output },
        ..Project::default()
    };
    let mut sink = StreamSink::new(&project, screen);
    let instance = &project.instances[0];
    sink.begins(
        AT,
        StreamId(0),
        &Origin { instance, channel: Channel::Both, run: RunId(1), number: 1, pid: 1 },
    );
    bencher.counter(BytesCount::of_slice(lines)).bench_local(|| {
        sink.lines(AT, StreamId(0), Lines::new(black_box(lines)).expect("whole lines"));
        sink.pending().clear();
    });
}

/// What a line of colours costs in the filter alone.
#[divan::bench(args = [Escapes::Strip, Escapes::ColourOnly])]
fn escapes(bencher: Bencher<'_, '_>, escapes: Escapes) {
    let lines = coloured_lines();
    let lines = Lines::new(&lines).expect("whole lines");
    let mut filter = EscapeFilter::new(escapes);
    let mut out = Vec::new();
    bencher.counter(BytesCount::of_slice(lines.bytes())).bench_local(|| {
        for text in lines.texts() {
            let row = Row { prefix: b"", begins_at: Some(out.len()) };
            filter.filter(black_box(text), row, &mut out);
            filter.end_line(&mut out);
        }
        out.clear();
    });
}

fn instance() -> InstanceSpec {
    let place = Place { file: Arc::from("Procfile"), line: 1 };
    let process = ProcessSpec::plain(ProcessName::new("web"), b"flood".to_vec(), place, 0);
    let id = InstanceId { process: process.name.clone(), index: 1 };
    InstanceSpec { id, process: Arc::new(process), port: None }
}
