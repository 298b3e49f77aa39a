use proptest::prelude::*;
use serde_json::{Value, json};

use super::JsonSink;
use crate::exit::Exit;
use crate::logs::{Channel, Escapes, Frame, Framer, Lines, Origin, Piece, Sink, StreamId};
use crate::project::{InstanceId, LinePatterns, Names, Output, ProcessName};
use crate::supervisor::{Note, RunId};
use crate::time::WallTime;
use crate::ui::sinks::stream::tests::project;

/// 1970-01-01T07:49:39.001234+02:00
const AT: WallTime = WallTime { seconds: 20_979, nanos: 1_234_567, utc_offset: 7200 };
const WEB: StreamId = StreamId(0);
const JOBS: StreamId = StreamId(1);
const WEB_ERRORS: StreamId = StreamId(2);

struct Shown(JsonSink);

impl Shown {
    fn new(escapes: Escapes, change: impl FnOnce(&mut Output)) -> Shown {
        Shown(sink(escapes, change))
    }

    fn lines(mut self, stream: StreamId, lines: &[u8]) -> Shown {
        self.0.lines(AT, stream, Lines::new(lines).expect("lines end with LF"));
        self
    }

    /// `^` stands for the beginning of a line, `$` for its end.
    fn piece(mut self, stream: StreamId, text: &[u8]) -> Shown {
        let (begins, ends) = (text.starts_with(b"^"), text.ends_with(b"$"));
        let text = text.strip_prefix(b"^").unwrap_or(text);
        let text = text.strip_suffix(b"$").unwrap_or(text);
        self.0.piece(AT, stream, Piece { text, begins, ends });
        self
    }

    fn note(mut self, note: &Note) -> Shown {
        self.0.note(AT, note);
        self
    }

    /// The objects, without what all of them have.
    #[track_caller]
    fn objects(mut self) -> Vec<Value> {
        let shown = String::from_utf8(std::mem::take(self.0.pending())).expect("JSON is UTF-8");
        assert!(shown.is_empty() || shown.ends_with('\n'));
        shown.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    #[track_caller]
    fn is(self, expected: &[Value]) {
        let mut objects = self.objects();
        for object in &mut objects {
            let object = object.as_object_mut().expect("an object");
            assert_eq!(object.remove("time"), Some(json!("1970-01-01T07:49:39.001234+02:00")));
            if let Some(instance) = object.get("instance").cloned() {
                let process = object.remove("process").expect("a process beside its instance");
                if !object.contains_key("event") {
                    assert_eq!(object.remove("pid"), Some(json!(7)));
                    assert!(object.remove("stream").is_some_and(|stream| stream == "stdout"));
                }
                assert_eq!(instance, json!(format!("{}.1", process.as_str().expect("a text"))));
            }
        }
        assert_eq!(objects, expected);
    }
}

/// A sink that has heard of the outputs of both processes.
fn sink(escapes: Escapes, change: impl FnOnce(&mut Output)) -> JsonSink {
    let project = project(change);
    let mut sink = JsonSink::new(&project, escapes, AT);
    sink.pending().clear();
    let channels = [(0, Channel::Out), (1, Channel::Out), (0, Channel::Error)];
    for (stream, (instance, channel)) in channels.into_iter().enumerate() {
        let instance = &project.instances[instance];
        sink.begins(AT, StreamId(stream), &Origin { instance, channel, run: RunId(1), number: 1, pid: 7 });
    }
    sink
}

fn web() -> InstanceId {
    InstanceId { process: ProcessName::new("web"), index: 1 }
}

#[test]
fn the_first_object_has_the_version() {
    let mut sink = JsonSink::new(&project(|_| {}), Escapes::Strip, AT);
    let first: Value = serde_json::from_slice(sink.pending()).expect("JSON");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        first,
        json!({
            "time": "1970-01-01T07:49:39.001234+02:00", "event": "begin", "version": 1, "forge": version,
            "text": format!("forge {version}"),
        })
    );
}

#[test]
fn each_line_is_an_object() {
    Shown::new(Escapes::Strip, |_| {}).lines(WEB, b"one\r\n\ntwo \"2\"\n").lines(JOBS, b"\tthree\n").is(&[
        json!({"instance": "web.1", "text": "one"}),
        json!({"instance": "web.1", "text": ""}),
        json!({"instance": "web.1", "text": "two \"2\""}),
        json!({"instance": "jobs.1", "text": "\tthree"}),
    ]);
}

#[test]
fn the_order_of_the_fields_is_fit_to_be_read() {
    let mut sink = Shown::new(Escapes::Strip, |_| {}).lines(WEB, b"one\n");
    assert_eq!(
        String::from_utf8_lossy(sink.0.pending()),
        "{\"time\":\"1970-01-01T07:49:39.001234+02:00\",\"process\":\"web\",\"instance\":\"web.1\",\
         \"pid\":7,\"stream\":\"stdout\",\"text\":\"one\"}\n"
    );
}

#[test]
fn an_object_says_which_output_and_which_run_it_is_from() {
    let mut shown = Shown::new(Escapes::Strip, |_| {});
    let again = project(|_| {});
    shown = shown.lines(WEB_ERRORS, b"one\n");
    let origin =
        Origin { instance: &again.instances[0], channel: Channel::Error, run: RunId(2), number: 2, pid: 8 };
    shown.0.begins(AT, WEB_ERRORS, &origin);
    let objects = shown.lines(WEB_ERRORS, b"two\n").objects();
    let seen: Vec<_> =
        objects.iter().map(|object| (&object["stream"], &object["pid"], &object["text"])).collect();
    let stderr = json!("stderr");
    assert_eq!(seen, [(&stderr, &json!(7), &json!("one")), (&stderr, &json!(8), &json!("two"))]);
}

#[test]
fn what_is_no_utf_8_is_there_as_bytes() {
    Shown::new(Escapes::Strip, |_| {}).lines(WEB, b"a\n<\xff>\x1b[1m\n\xc3\xa9\n").is(&[
        json!({"instance": "web.1", "text": "a"}),
        json!({"instance": "web.1", "text": "<\u{fffd}>", "bytes": "PP8+G1sxbQ=="}),
        json!({"instance": "web.1", "text": "\u{e9}"}),
    ]);
}

#[test]
fn escape_sequences_stay_where_they_are_wanted() {
    let text = b"\x1b[31mred\n\x1b[2Jplain\r10%\n";
    Shown::new(Escapes::Strip, |_| {}).lines(WEB, text).is(&[
        json!({"instance": "web.1", "text": "red"}),
        json!({"instance": "web.1", "text": "plain\r10%"}),
    ]);
    Shown::new(Escapes::Keep, |_| {}).lines(WEB, text).is(&[
        json!({"instance": "web.1", "text": "\u{1b}[31mred"}),
        json!({"instance": "web.1", "text": "\u{1b}[2Jplain\r10%"}),
    ]);
}

#[test]
fn a_line_in_pieces_says_so_and_tears_no_character() {
    Shown::new(Escapes::Strip, |_| {})
        .piece(WEB, b"^caf\xc3")
        .piece(WEB, b"\xa9 \x1b[3")
        .lines(JOBS, b"mine\n")
        .piece(WEB, b"1m\xf0\x9f")
        .piece(WEB, b"\x94")
        .piece(WEB, b"\xa5 \xe2\x82$")
        .piece(WEB, b"^?")
        .piece(WEB, b"$")
        .is(&[
            json!({"instance": "web.1", "text": "caf", "partial": true}),
            json!({"instance": "web.1", "text": "\u{e9} ", "partial": true}),
            json!({"instance": "jobs.1", "text": "mine"}),
            json!({"instance": "web.1", "text": "", "partial": true}),
            json!({"instance": "web.1", "text": "\u{1f525} \u{fffd}", "bytes": "8J+UpSDigg=="}),
            json!({"instance": "web.1", "text": "?", "partial": true}),
            json!({"instance": "web.1", "text": ""}),
        ]);
}

#[test]
fn remarks_have_a_name_and_what_there_is_to_know() {
    let ended = Note::Ended { instance: web(), exit: Exit::Code(3), output_held: false };
    let killed = Exit::Signal { number: libc::SIGKILL, core_dumped: false };
    Shown::new(Escapes::Strip, |_| {})
        .note(&Note::Started { instance: web(), pid: 7 })
        .note(&ended)
        .note(&Note::Ended { instance: web(), exit: killed, output_held: true })
        .note(&Note::ShutdownBySignal { signal: libc::SIGINT })
        .is(&[
            json!({"instance": "web.1", "event": "started", "pid": 7, "text": "started with pid 7"}),
            json!({"instance": "web.1", "event": "ended", "code": 3, "text": "exited with code 3"}),
            json!({
                "instance": "web.1", "event": "ended", "signal": "SIGKILL", "output_held": true,
                "text": "terminated by SIGKILL (something it started still holds its output)",
            }),
            json!({"event": "shutdown", "signal": "SIGINT", "text": "SIGINT received, starting shutdown"}),
        ]);
}

#[test]
fn quiet_and_dropped_lines_are_no_objects() {
    let drop = |output: &mut Output| {
        output.quiet = Names::of(&["jobs"]);
        output.drop = LinePatterns::of(&["^GET /health"]).expect("a right pattern");
    };
    Shown::new(Escapes::Strip, drop)
        .lines(JOBS, b"noise\n")
        .lines(WEB, b"one\nGET /health\n\x1b[1mGET /health\x1b[0m 200\ntwo\n")
        .piece(WEB, b"^GET /health")
        .piece(WEB, b" 200$")
        .piece(WEB, b"^three$")
        .is(&["one", "two", "three"].map(|text| json!({"instance": "web.1", "text": text})));
}

proptest! {
    /// Whatever a process writes, however it arrives: every byte comes back out of the objects.
    #[test]
    fn every_byte_comes_back(
        text in prop::collection::vec(prop_oneof![4 => prop::sample::select(b"ab\"\\\n\r\t\x1b[m\xc3\xa9\xf0\x9f\x94\xa5".to_vec()), 1 => any::<u8>()], 0..80),
        cuts in prop::collection::vec(0usize..80, 0..6),
    ) {
        let mut sink = sink(Escapes::Keep, |_| {});
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        let mut framer = Framer::default();
        let mut show = |frame: Frame<'_>| match frame {
            Frame::Lines(lines) => sink.lines(AT, WEB, lines),
            Frame::Piece(piece) => sink.piece(AT, WEB, piece),
        };
        let mut from = 0;
        for cut in cuts {
            framer.push(&text[from..cut], &mut show);
            framer.take_unfinished(&mut show);
            from = cut;
        }
        framer.push(&text[from..], &mut show);
        framer.finish(&mut show);

        let mut back = Vec::new();
        for object in Shown(sink).objects() {
            match object.get("bytes") {
                Some(bytes) => back.extend(from_base64(bytes.as_str().expect("a text"))),
                None => back.extend_from_slice(object["text"].as_str().expect("a text").as_bytes()),
            }
            if object.get("partial").is_none() {
                back.push(b'\n');
            }
        }
        let mut expected: Vec<u8> = Vec::new();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
            expected.extend_from_slice(line);
            expected.push(b'\n');
        }
        prop_assert_eq!(back.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for character in text.bytes().filter(|byte| *byte != b'=') {
        let value = alphabet.iter().position(|letter| *letter == character).expect("Base64");
        bits = bits << 6 | u32::try_from(value).expect("six bits");
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}
