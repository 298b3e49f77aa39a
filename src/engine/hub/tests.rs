use std::future::Future;
use std::io::{self, PipeReader, Read};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::super::outlet::Outlet;
use super::{CHUNK_BYTES, ENOUGH_BYTES, Hub, Patience};
use crate::logs::{Piece, Sink, StreamId};
use crate::project::{InstanceId, ProcessName};
use crate::supervisor::{Complaint, Note};
use crate::time::WallTime;

pub(crate) const A: StreamId = StreamId(0);
pub(crate) const B: StreamId = StreamId(1);

/// A sink as simple as can be: `0|text`, and a line end where somebody interrupts. A text of `#` is cut short.
#[derive(Default)]
pub(crate) struct Plain {
    pending: Vec<u8>,
    open: Option<StreamId>,
}

impl Plain {
    fn interrupt(&mut self) {
        if self.open.take().is_some() {
            self.pending.push(b'\n');
        }
    }
}

impl Sink for Plain {
    fn piece(&mut self, _at: WallTime, stream: StreamId, piece: Piece<'_>) {
        assert_ne!(piece.text, b"panic");
        if self.open != Some(stream) {
            self.interrupt();
            self.pending.extend_from_slice(format!("{}|", stream.0).as_bytes());
        }
        // Much text that takes no room, so that a test of time is none of the writer's speed.
        let text = if piece.text.starts_with(b"#") { b"#" } else { piece.text };
        self.pending.extend_from_slice(text);
        self.open = (!piece.ends).then_some(stream);
        if piece.ends {
            self.pending.push(b'\n');
        }
    }

    fn note(&mut self, _at: WallTime, _note: &Note) {
        self.interrupt();
        self.pending.extend_from_slice(b"note\n");
    }

    fn open_line(&self) -> Option<StreamId> {
        self.open
    }

    fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }
}

/// Runs `work` with a hub of two streams, in paused time: it moves only while everybody waits for it.
pub(crate) fn with_hub<F: Future<Output = ()>>(work: impl FnOnce(Hub, PipeReader) -> F) {
    with_hub_in(Builder::new_current_thread().start_paused(true), work);
}

/// Runs `work` with a hub of two streams, in real time, for writers that live in it.
pub(crate) fn with_hub_in_real_time<F: Future<Output = ()>>(work: impl FnOnce(Hub, PipeReader) -> F) {
    with_hub_in(&mut Builder::new_current_thread(), work);
}

fn with_hub_in<F: Future<Output = ()>>(runtime: &mut Builder, work: impl FnOnce(Hub, PipeReader) -> F) {
    let runtime = runtime.enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let (reader, writer) = io::pipe().expect("a pipe");
        let outlet = Outlet::start(writer.into()).expect("a thread");
        let hub = Hub::start(Box::new(Plain::default()), outlet, 2, Patience::ELSEWHERE);
        work(hub, reader).await;
    });
}

/// Lets `stream` say something, as its reader would.
pub(crate) async fn say(hub: &Hub, stream: StreamId, words: &[u8]) {
    for words in words.chunks(Hub::chunk_bytes()) {
        hub.turn(stream).await;
        hub.take(stream, |chunk| {
            chunk[..words.len()].copy_from_slice(words);
            Ok(words.len())
        })
        .expect("nothing to fail");
    }
}

/// Ends it all and returns what was written.
pub(crate) async fn heard(hub: Hub, mut reader: PipeReader) -> Vec<u8> {
    const END: &[u8] = b"1|the end\n";
    let reading = std::thread::spawn(move || {
        let (mut heard, mut part) = (Vec::new(), vec![0; 65_536]);
        while !heard.ends_with(END) {
            let length = reader.read(&mut part).expect("bytes");
            heard.extend_from_slice(&part[..length]);
        }
        heard.truncate(heard.len() - END.len());
        heard
    });
    hub.close(A);
    hub.close(B);
    say(&hub, B, b"the end\n").await;
    hub.finish().await;
    reading.join().expect("no panic")
}

async fn text(hub: Hub, reader: PipeReader) -> String {
    String::from_utf8(heard(hub, reader).await).expect("text")
}

fn note() -> Note {
    Note::Started { instance: InstanceId { process: ProcessName::new("web"), index: 1 }, pid: 1 }
}

/// More than is kept back of one line.
fn long() -> Vec<u8> {
    vec![b'#'; Hub::chunk_bytes()]
}

#[test]
fn lines_and_remarks_keep_their_order() {
    with_hub(|hub, reader| async move {
        say(&hub, A, b"one\ntw").await;
        hub.note(&note());
        say(&hub, B, b"mine\n").await;
        say(&hub, A, b"o\nlast").await;
        assert_eq!(text(hub, reader).await, "0|one\nnote\n1|mine\n0|two\n0|last\n");
    });
}

#[test]
fn a_flowing_line_is_waited_for() {
    with_hub(|hub, reader| async move {
        say(&hub, A, &long()).await;
        let other = hub.clone();
        let other = tokio::task::spawn_local(async move { say(&other, B, b"mine\n").await });
        tokio::time::sleep(Duration::from_millis(30)).await;
        say(&hub, A, &long()).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
        say(&hub, A, b"end\n").await;
        other.await.expect("no panic");
        let text = text(hub, reader).await.replace('#', "");
        assert_eq!(text, "0|end\n1|mine\n");
    });
}

#[test]
fn a_pause_of_a_flowing_line_ends_the_waiting() {
    with_hub(|hub, reader| async move {
        say(&hub, A, &long()).await;
        let before = tokio::time::Instant::now();
        say(&hub, B, b"mine\n").await;
        assert_eq!(before.elapsed().as_millis() / 10, 5);
        say(&hub, A, b"end\n").await;
        assert_eq!(text(hub, reader).await.replace('#', ""), "0|\n1|mine\n0|end\n");
    });
}

#[test]
fn a_line_that_flows_for_long_is_not_waited_for() {
    with_hub(|hub, reader| async move {
        let other = hub.clone();
        say(&hub, A, &long()).await;
        let before = tokio::time::Instant::now();
        let other = tokio::task::spawn_local(async move {
            say(&other, B, b"mine\n").await;
            let waited = before.elapsed().as_millis();
            // From now on that line has no privilege.
            say(&other, A, &long()).await;
            say(&other, B, b"mine\n").await;
            assert_eq!(before.elapsed().as_millis(), waited);
            waited
        });
        while !other.is_finished() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if !other.is_finished() {
                say(&hub, A, &long()).await;
            }
        }
        assert_eq!(other.await.expect("no panic") / 10, 25);
        say(&hub, A, b"end\n").await;
        assert_eq!(text(hub, reader).await.replace('#', ""), "0|\n1|mine\n0|\n1|mine\n0|end\n");
    });
}

#[test]
fn a_question_is_interrupted_at_once() {
    with_hub(|hub, reader| async move {
        say(&hub, A, b"Name? ").await;
        hub.show_unfinished(A);
        tokio::task::yield_now().await;
        let before = tokio::time::Instant::now();
        say(&hub, B, b"mine\n").await;
        assert_eq!(before.elapsed(), Duration::ZERO);
        say(&hub, A, b"Bob\n").await;
        assert_eq!(text(hub, reader).await, "0|Name? \n1|mine\n0|Bob\n");
    });
}

#[test]
fn a_long_line_that_was_silent_is_a_question_too() {
    with_hub(|hub, reader| async move {
        say(&hub, A, &long()).await;
        say(&hub, A, b"go on? ").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        hub.show_unfinished(A);
        tokio::task::yield_now().await;
        let before = tokio::time::Instant::now();
        say(&hub, B, b"mine\n").await;
        assert_eq!(before.elapsed(), Duration::ZERO);
        assert_eq!(text(hub, reader).await, "0|#go on? \n1|mine\n0|\n");
    });
}

#[test]
fn the_end_of_a_flowing_line_s_process_lets_the_others_go_on() {
    with_hub(|hub, reader| async move {
        say(&hub, A, &long()).await;
        let before = tokio::time::Instant::now();
        assert_eq!(hub.close(A), None);
        say(&hub, B, b"mine\n").await;
        assert_eq!(before.elapsed(), Duration::ZERO);
        assert_eq!(text(hub, reader).await.replace('#', ""), "0|\n1|mine\n");
    });
}

#[test]
fn who_has_said_enough_waits_and_remarks_do_not() {
    with_hub(|hub, reader| async move {
        let line = [vec![b'x'; 60_000], b"\n".to_vec()].concat();
        let speaker = hub.clone();
        let spoken = line.clone();
        let speaker = tokio::task::spawn_local(async move {
            for _ in 0..200 {
                say(&speaker, A, &spoken).await;
            }
        });
        // Time moves on only when nobody can do anything: the speaker is stuck.
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(!speaker.is_finished());
        assert!(hub.written_bytes() <= 65_536);
        let waiting = hub.0.state.borrow_mut().sink.pending().len();
        assert!((ENOUGH_BYTES..ENOUGH_BYTES + CHUNK_BYTES).contains(&waiting), "{waiting}");
        hub.note(&note());

        let length = 200 * (line.len() + 2) + b"note\n".len();
        let heard = std::thread::spawn(move || {
            let mut heard = vec![0; length];
            { reader }.read_exact(&mut heard).map(|()| heard)
        });
        speaker.await.expect("no panic");
        hub.finish().await;
        let heard = heard.join().expect("no panic").expect("no error");
        let lines: Vec<&[u8]> = heard.split(|byte| *byte == b'\n').collect();
        assert_eq!(
            lines.iter().filter(|found| found.starts_with(b"0|xxx") && found.len() == 60_002).count(),
            200
        );
        assert_eq!(lines.iter().filter(|found| **found == b"note").count(), 1);
    });
}

#[test]
fn a_panic_of_the_sink_costs_its_lines_alone() {
    with_hub(|hub, reader| async move {
        say(&hub, A, b"one\n").await;
        say(&hub, A, b"panic\n").await;
        say(&hub, A, b"panic\n").await;
        say(&hub, B, b"two\n").await;
        let text = text(hub, reader).await;
        assert_eq!(text, "0|one\n\nforge: an error within forge has cost some lines of output\n1|two\n");
    });
}

#[test]
fn the_end_of_an_output_tells_its_complaint() {
    with_hub(|hub, _reader| async move {
        say(&hub, A, b"Error: listen EADDRINUSE: address already in use :::3000\n  at x\n").await;
        say(&hub, B, b"fine\n").await;
        assert_eq!(hub.close(A), Some(Complaint::AddressInUse));
        assert_eq!(hub.close(A), None);
        assert_eq!(hub.close(B), None);
    });
}

#[test]
fn the_last_word_about_a_stream_waits_for_what_its_process_wrote() {
    with_hub(|hub, out| async move {
        say(&hub, A, b"begun").await;
        hub.note_behind(A, note());
        say(&hub, B, b"between\n").await;
        say(&hub, A, b" and ended").await;
        hub.close(A);
        say(&hub, B, b"later\n").await;
        assert_eq!(text(hub, out).await, "1|between\n0|begun and ended\nnote\n1|later\n");
    });
}
