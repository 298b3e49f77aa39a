use std::future::Future;
use std::io::{self, PipeReader, Read};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::{CHUNK_BYTES, ENOUGH_BYTES, Hub, Patience, Way};
use crate::logs::{Channel, Frame, Lines, Mask, Masking, Origin, Piece, Rewrite, Sink, StreamId, Writer};
use crate::project::secrets::Secret;
use crate::project::{InstanceId, InstanceSpec, Place, ProcessName, ProcessSpec};
use crate::supervisor::{Complaint, Note, RunId};
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
    fn begins(&mut self, _at: WallTime, _stream: StreamId, _origin: &Origin<'_>) {}

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
    within(runtime, || async {
        let (reader, way) = plain();
        let hub = Hub::start(vec![way], None, Patience::ELSEWHERE);
        begin(&hub);
        work(hub, reader).await;
    });
}

fn within<F: Future<Output = ()>>(runtime: &mut Builder, work: impl FnOnce() -> F) {
    let runtime = runtime.enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async { work().await });
}

/// A way to a pipe, and its other end.
fn plain() -> (PipeReader, Way) {
    let (reader, writer) = io::pipe().expect("a pipe");
    let way = Way::to("output", Box::new(Plain::default()), writer.into());
    (reader, way.expect("a thread"))
}

/// Begins a run for A and one for B.
fn begin(hub: &Hub) {
    for (stream, name) in [(A, "a"), (B, "b")] {
        assert_eq!(hub.begin(&origin(&instance(name))), stream);
    }
}

fn origin(instance: &InstanceSpec) -> Origin<'_> {
    Origin { instance, channel: Channel::Both, run: RunId(1), number: 1, pid: 1 }
}

fn instance(name: &str) -> InstanceSpec {
    let place = Place { file: Arc::from("Procfile"), line: 1 };
    let process = ProcessSpec::plain(ProcessName::new(name), b"true".to_vec(), place, 0);
    let id = InstanceId { process: process.name.clone(), index: 1 };
    InstanceSpec { id, process: Arc::new(process), port: None }
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
        // What the pipe holds.
        assert!(hub.written_bytes() <= 1 << 20);
        let waiting: usize = hub.0.state.borrow_mut().sinks.pending().map(|pending| pending.len()).sum();
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
        assert_eq!(text, "0|one\nnote\n1|two\n");
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
        hub.note_behind(vec![A, B], note());
        say(&hub, B, b"between\n").await;
        say(&hub, A, b" and ended").await;
        hub.close(A);
        say(&hub, B, b"later\n").await;
        hub.close(B);
        assert_eq!(text(hub, out).await, "1|between\n0|begun and ended\n1|later\nnote\n");
    });
}

#[test]
fn a_stream_is_used_again_when_its_run_has_ended() {
    with_hub(|hub, _out| async move {
        let a = instance("a");
        let second = hub.begin(&origin(&a));
        assert_eq!(second, StreamId(2), "A is still heard");
        hub.close(A);
        assert_eq!(hub.begin(&origin(&a)), A);
        let error = hub.begin(&Origin { channel: Channel::Error, ..origin(&a) });
        assert_eq!(error, StreamId(3));
    });
}

/// Notes what it is told instead of formatting it.
#[derive(Clone, Default)]
struct Witness {
    told: Arc<Mutex<Vec<String>>>,
    pending: Vec<u8>,
}

impl Witness {
    fn hears(&self, what: String) {
        self.told.lock().expect("no panic").push(what);
    }
}

impl Sink for Witness {
    fn begins(&mut self, _at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        let Origin { instance, channel, run, number: _, pid } = origin;
        self.hears(format!("{} begins: {} {channel:?} {} {pid}", stream.0, instance.id, run.0));
    }

    fn ends(&mut self, _at: WallTime, stream: StreamId) {
        self.hears(format!("{} ends", stream.0));
    }

    fn piece(&mut self, _at: WallTime, stream: StreamId, piece: Piece<'_>) {
        self.hears(format!("{}: {}", stream.0, piece.text.escape_ascii()));
        self.pending.extend_from_slice(piece.text);
    }

    fn note(&mut self, _at: WallTime, note: &Note) {
        self.hears(format!("{note:?}"));
    }

    fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }
}

#[test]
fn every_sink_is_told_of_the_same_in_the_same_order() {
    within(Builder::new_current_thread().start_paused(true), || async {
        let (out, first) = plain();
        let witness = Witness::default();
        let second = Way::to("second", Box::new(witness.clone()), null()).expect("a thread");
        let hub = Hub::start(vec![first, second], None, Patience::ELSEWHERE);
        begin(&hub);
        say(&hub, A, b"one\ntwo\nthr").await;
        hub.note(&Note::NothingRuns);
        hub.close(A);
        assert_eq!(text(hub, out).await, "0|one\n0|two\nnote\n0|thr\n");
        let told = witness.told.lock().expect("no panic").join("\n");
        let expected =
            "0 begins: a.1 Both 1 1\n1 begins: b.1 Both 1 1\n0: one\n0: two\nNothingRuns\n0: thr\n0 ends";
        assert_eq!(told, format!("{expected}\n1 ends\n1: the end"));
    });
}

fn null() -> std::os::fd::OwnedFd {
    #[expect(clippy::disallowed_methods, reason = "somebody who takes everything")]
    std::fs::File::create("/dev/null").expect("/dev/null").into()
}

/// A writer for which each write goes as it is told.
struct Told<F>(F);

impl<F: FnMut(&[u8], &mut Vec<Note>) -> io::Result<usize> + Send> Writer for Told<F> {
    fn write(&mut self, bytes: &[u8], notes: &mut Vec<Note>) -> io::Result<usize> {
        self.0(bytes, notes)
    }
}

/// A hub whose standard output is a pipe and that has a second way to `writer`.
fn with_second<F: Future<Output = ()>>(
    writer: impl Writer + 'static,
    work: impl FnOnce(Hub, PipeReader) -> F,
) {
    within(&mut Builder::new_current_thread(), || async {
        let (out, first) = plain();
        let second = Way::start("second", Box::new(Plain::default()), writer).expect("a thread");
        let hub = Hub::start(vec![first, second], None, Patience::ELSEWHERE);
        begin(&hub);
        work(hub, out).await;
    });
}

#[test]
fn a_writer_that_is_over_says_so_and_disturbs_nobody() {
    let full = Told(|_: &[u8], notes: &mut Vec<Note>| {
        notes.push(Note::GuardLost);
        Err(io::Error::from_raw_os_error(libc::ENOSPC))
    });
    with_second(full, |hub, mut out| async move {
        let mut heard = [0; "0|one\nnote\n".len()];
        say(&hub, A, b"one\n").await;
        let reading = std::thread::spawn(move || {
            out.read_exact(&mut heard).expect("bytes");
            (out, heard)
        });
        while !reading.is_finished() {
            tokio::task::yield_now().await;
        }
        let (out, heard) = reading.join().expect("no panic");
        assert_eq!(&heard, b"0|one\nnote\n");
        // Far more than may wait for one who still writes.
        let long = [vec![b'x'; 60_000], b"\n".to_vec()].concat();
        let others = std::thread::spawn(move || {
            let mut out = out;
            let mut bytes = vec![0; 100 * (60_001 + 2)];
            out.read_exact(&mut bytes).expect("bytes");
        });
        for _ in 0..100 {
            say(&hub, A, &long).await;
        }
        hub.finish().await;
        others.join().expect("no panic");
    });
}

#[test]
fn a_writer_that_panics_is_over() {
    let panics = Told(|_: &[u8], _: &mut Vec<Note>| panic!("a fault of its own"));
    with_second(panics, |hub, out| async move {
        say(&hub, A, b"one\n").await;
        assert_eq!(text(hub, out).await, "0|one\n");
    });
}

#[test]
fn a_writer_that_survives_trouble_says_so_and_goes_on() {
    let written = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&written);
    let takes_little = Told(move |bytes: &[u8], notes: &mut Vec<Note>| {
        let mut kept = kept.lock().expect("no panic");
        if kept.is_empty() {
            notes.push(Note::GuardLost);
        }
        kept.push(bytes[0]);
        Ok(1)
    });
    with_second(takes_little, |hub, out| async move {
        say(&hub, A, b"one\n").await;
        hub.close(A);
        hub.close(B);
        hub.finish().await;
        drop(hub);
        let mut heard = Vec::new();
        { out }.take(11).read_to_end(&mut heard).expect("bytes");
        assert_eq!(String::from_utf8_lossy(&heard), "0|one\nnote\n");
        assert!(written.lock().expect("no panic").starts_with(b"0|one\n"));
    });
}

#[test]
fn a_second_writer_that_takes_nothing_holds_readers_back_and_remarks_do_not_wait() {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let stuck = Told(move |bytes: &[u8], _: &mut Vec<Note>| {
        // Until the test lets go of the other end.
        let _ = released.recv();
        Ok(bytes.len())
    });
    with_second(stuck, |hub, out| async move {
        let line = [vec![b'x'; 60_000], b"\n".to_vec()].concat();
        let heard = std::thread::spawn(move || {
            let mut out = out;
            let mut bytes = vec![0; 200 * (60_001 + 2) + "note\n".len()];
            out.read_exact(&mut bytes).map(|()| bytes)
        });
        let speaker = hub.clone();
        let speaker = tokio::task::spawn_local(async move {
            for _ in 0..200 {
                say(&speaker, A, &line).await;
            }
        });
        while hub.held_back(&instance("a").id).is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(!speaker.is_finished());
        hub.note(&note());
        let written = hub.written_bytes();
        while hub.written_bytes() < written + "note\n".len() as u64 {
            tokio::task::yield_now().await;
        }
        drop(release);
        speaker.await.expect("no panic");
        hub.finish().await;
        let heard = heard.join().expect("no panic").expect("no error");
        assert_eq!(memchr::memmem::find_iter(&heard, b"note\n").count(), 1);
    });
}

/// Says everything twice, but not what is forbidden.
struct Twice;

impl Rewrite for Twice {
    fn rewrite(&mut self, _stream: StreamId, frame: Frame<'_>, out: &mut dyn FnMut(Frame<'_>)) {
        match frame {
            Frame::Lines(lines) => {
                assert_ne!(lines.bytes(), b"fault\n");
                let twice = lines.bytes().repeat(2);
                out(Frame::Lines(Lines::new(&twice).expect("whole lines")));
            }
            Frame::Piece(_) => out(frame),
        }
    }
}

#[test]
fn lines_are_changed_before_anybody_sees_them() {
    within(Builder::new_current_thread().start_paused(true), || async {
        let (out, first) = plain();
        let witness = Witness::default();
        let second = Way::to("second", Box::new(witness.clone()), null()).expect("a thread");
        let hub = Hub::start(vec![first, second], Some(Box::new(Twice)), Patience::ELSEWHERE);
        begin(&hub);
        say(&hub, A, b"one\n").await;
        say(&hub, A, b"fault\n").await;
        say(&hub, A, b"tw").await;
        say(&hub, A, b"o\n").await;
        hub.close(A);
        hub.close(B);
        hub.finish().await;
        drop(hub);
        let mut heard = Vec::new();
        { out }.take(23).read_to_end(&mut heard).expect("bytes");
        assert_eq!(String::from_utf8_lossy(&heard), "0|one\n0|one\nnote\n0|two\n");
        let told = witness.told.lock().expect("no panic").join("\n");
        assert!(told.contains("0: one\n0: one\nLinesLost\n0: two"), "{told}");
    });
}

/// How long a hub for a terminal still keeps back what A says, in milliseconds.
async fn left(hub: &Hub, words: &[u8]) -> Option<u128> {
    say(hub, A, words).await;
    hub.patience(A).map(|left| left.as_millis())
}

#[test]
fn on_a_terminal_no_line_is_kept_back_for_long() {
    use std::time::Duration;
    use tokio::time::advance;

    within(Builder::new_current_thread().start_paused(true), || async {
        let (_reader, way) = plain();
        let hub = Hub::start(vec![way], None, Patience::TERMINAL);
        begin(&hub);
        let step = Duration::from_millis(150);
        assert_eq!(left(&hub, b"whole\n").await, None);
        // A line that goes on and on.
        assert_eq!(left(&hub, b"whole\n.").await, Some(200));
        for expected in [200, 200, 200, 200, 200, 100, 0] {
            advance(step).await;
            assert_eq!(left(&hub, b".").await, Some(expected));
        }
        hub.show_unfinished(A);
        assert_eq!(hub.patience(A), None);
        // The next line is another one, although something has been kept all the time.
        assert_eq!(left(&hub, b"a").await, Some(200));
        advance(step * 6).await;
        assert_eq!(left(&hub, b"\nb").await, Some(200));
        // A bar that is drawn anew again and again, in both ways.
        for bar in [b"\n10%\r20%".as_slice(), b"\n10%\x1b[1G20%"] {
            assert_eq!(left(&hub, bar).await, Some(200));
            advance(step).await;
            assert_eq!(left(&hub, b"\r30%").await, Some(50));
            advance(step).await;
            assert_eq!(left(&hub, b"\r40%").await, Some(0));
            hub.show_unfinished(A);
            assert_eq!(left(&hub, b"\r50%").await, Some(200));
        }
    });
}

#[test]
fn what_is_kept_of_a_silent_line_because_it_may_begin_a_secret_is_shown_in_part() {
    within(Builder::new_current_thread().start_paused(true), || async {
        let (out, way) = plain();
        let secret = Secret::whole("hunter2hunter2").expect("long enough");
        let masking = Masking::new(Mask::new(vec![secret]));
        let hub = Hub::start(vec![way], Some(Box::new(masking)), Patience::ELSEWHERE);
        begin(&hub);
        // Of a long line the framer keeps nothing.
        say(&hub, A, &long()).await;
        say(&hub, A, &[long().as_slice(), b"hunter"].concat()[6..]).await;
        assert!(hub.patience(A).is_some());
        hub.show_unfinished(A);
        assert_eq!(hub.patience(A), None);
        say(&hub, A, b"2hunter2.\n").await;
        assert_eq!(text(hub, out).await.replace('#', ""), "0|hun•••.\n");
    });
}
