use std::future::Future;
use std::io::{PipeReader, Read};
use std::time::Duration;

use tokio::task::{spawn_local, yield_now};
use tokio::time::{Instant, sleep};

use super::super::listeners::FULL_BYTES;
use super::super::past::KEPT_BYTES;
use super::super::tests::{A, B, Plain, say, with_hub};
use super::super::{Follower, Hub, Since, Until};
use crate::logs::{Channel, Origin, Piece, Sink, StreamId};
use crate::project::{InstanceId, InstanceSpec, Place, ProcessName, ProcessSpec};
use crate::supervisor::{Note, RunId};
use crate::time::WallTime;

/// Says what it is told, a line each. It holds back a line `hold` until its stream falls silent, and panics at `panic`.
#[derive(Default)]
struct Witness {
    pending: Vec<u8>,
    held: Option<StreamId>,
}

impl Witness {
    fn hears(&mut self, what: &str) {
        self.pending.extend_from_slice(format!("{what}\n").as_bytes());
    }
}

impl Sink for Witness {
    fn begins(&mut self, _at: WallTime, stream: StreamId, origin: &Origin<'_>) {
        self.hears(&format!("{} begins: {} run {}", stream.0, origin.instance.id, origin.run.0));
    }

    fn ends(&mut self, _at: WallTime, stream: StreamId) {
        self.hears(&format!("{} ends", stream.0));
    }

    fn piece(&mut self, _at: WallTime, stream: StreamId, piece: Piece<'_>) {
        assert_ne!(piece.text, b"panic");
        if piece.text == b"hold" {
            self.held = Some(stream);
            return;
        }
        let text = piece.text[..piece.text.len().min(40)].escape_ascii();
        let (begins, ends) = (if piece.begins { "" } else { ".." }, if piece.ends { "" } else { ".." });
        self.hears(&format!("{}: {begins}{text}{ends}", stream.0));
    }

    fn holds_back(&self, stream: StreamId) -> bool {
        self.held == Some(stream)
    }

    fn falls_silent(&mut self, _at: WallTime, stream: StreamId) {
        self.held = None;
        self.hears(&format!("{}: held", stream.0));
    }

    fn misses(&mut self, _at: WallTime, stream: Option<StreamId>, lines: u64) {
        let whose = stream.map_or("forge".to_owned(), |stream| stream.0.to_string());
        self.hears(&format!("{whose}: {lines} missed"));
    }

    fn note(&mut self, _at: WallTime, note: &Note) {
        self.hears(&format!("{note:?}"));
    }

    fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }
}

fn witness() -> Box<dyn Sink> {
    Box::new(Witness::default())
}

fn plain() -> Box<dyn Sink> {
    Box::new(Plain::default())
}

/// Runs `work` beside somebody who reads all of the output.
fn with_reader<F: Future<Output = ()>>(work: impl FnOnce(Hub) -> F) {
    with_hub(|hub, mut out: PipeReader| {
        std::thread::spawn(move || {
            let mut part = vec![0; 65_536];
            while out.read(&mut part).is_ok_and(|length| length > 0) {}
        });
        work(hub)
    });
}

/// Returns all that there is now.
async fn heard(follower: &mut Follower) -> String {
    let mut heard = Vec::new();
    loop {
        tokio::select! {
            biased;
            text = follower.next() => match text {
                Some(text) => heard.extend(text),
                None => break,
            },
            // Time moves on only when nobody can do anything.
            () = sleep(Duration::from_millis(1)) => break,
        }
    }
    String::from_utf8(heard).expect("text")
}

/// A line that fills a turn, so that few of them fill everything, and is cheap to look at.
fn long_line() -> Vec<u8> {
    [vec![b'x'; Hub::chunk_bytes() - 1], b"\n".to_vec()].concat()
}

#[test]
fn who_comes_later_hears_what_was_before_and_then_what_comes() {
    with_reader(|hub| async move {
        say(&hub, A, b"one\ntwo\nthr").await;
        hub.note(&Note::NothingRuns);
        let mut follower = hub.follow(&witness, Since::Oldest, Until::End);
        let before = "0 begins: a.1 run 1\n1 begins: b.1 run 1\n0: one\n0: two\nNothingRuns\n";
        assert_eq!(heard(&mut follower).await, before);
        assert_eq!(heard(&mut follower).await, "");
        say(&hub, A, b"ee\n").await;
        say(&hub, B, b"mine\n").await;
        hub.close(A);
        assert_eq!(heard(&mut follower).await, "0: three\n1: mine\n0 ends\n");
    });
}

#[test]
fn a_follower_wakes_up_when_something_comes_and_when_all_is_over() {
    with_reader(|hub| async move {
        let mut follower = hub.follow(&plain, Since::Oldest, Until::End);
        let following = spawn_local(async move {
            let first = follower.next().await.expect("a line");
            (first, follower.next().await, follower.next().await)
        });
        yield_now().await;
        say(&hub, A, b"one\n").await;
        yield_now().await;
        yield_now().await;
        hub.finish().await;
        hub.dismiss_followers().await;
        assert_eq!(following.await.expect("no panic"), (b"0|one\n".to_vec(), None, None));
    });
}

#[test]
fn the_last_lines_are_those_that_the_sink_shows() {
    with_reader(|hub| async move {
        say(&hub, A, b"one\ntwo\nthree\n").await;
        for (lines, expected) in
            [(0, ""), (1, "0|three\n"), (3, "0|one\n0|two\n0|three\n"), (9, "0|one\n0|two\n0|three\n")]
        {
            let mut follower = hub.follow(&plain, Since::Last(lines), Until::Now);
            assert_eq!(heard(&mut follower).await, expected);
            assert_eq!(follower.next().await, None, "nobody waits for what comes");
        }
        let mut follower = hub.follow(&plain, Since::Last(1), Until::End);
        say(&hub, A, b"four\n").await;
        assert_eq!(heard(&mut follower).await, "0|three\n0|four\n");
    });
}

#[test]
fn what_is_told_of_the_past_ends_where_it_was_asked_for() {
    with_reader(|hub| async move {
        say(&hub, A, b"one\n").await;
        let mut follower = hub.follow(&plain, Since::Oldest, Until::Now);
        say(&hub, A, b"two\n").await;
        assert_eq!(heard(&mut follower).await, "0|one\n");
        assert_eq!(follower.next().await, None);
    });
}

#[test]
fn of_what_is_forgotten_it_is_known_who_spoke() {
    with_reader(|hub| async move {
        say(&hub, A, b"forgotten\n").await;
        hub.close(A);
        assert_eq!(
            hub.begin(&Origin { instance: &instance("a"), channel: Channel::Both, run: RunId(7), pid: 1 }),
            A
        );
        let lines = 2 * KEPT_BYTES / Hub::chunk_bytes();
        for _ in 0..lines {
            say(&hub, A, &long_line()).await;
        }
        say(&hub, B, b"the end\n").await;
        let mut follower = hub.follow(&witness, Since::Oldest, Until::Now);
        let heard = heard(&mut follower).await;
        assert!(heard.starts_with("0 begins: a.1 run 7\n1 begins: b.1 run 1\n0: xxx"), "{heard}");
        assert!(heard.ends_with("\n1: the end\n"), "{heard}");
        let kept = heard.lines().filter(|line| line.starts_with("0: x")).count();
        assert_eq!(kept, KEPT_BYTES / Hub::chunk_bytes());
    });
}

#[test]
fn who_takes_nothing_costs_nobody_anything_and_is_told_what_is_missing() {
    with_reader(|hub| async move {
        let mut deaf = hub.follow(&plain, Since::Oldest, Until::End);
        let mut witness = hub.follow(&witness, Since::Oldest, Until::End);
        assert_eq!(heard(&mut witness).await, "0 begins: a.1 run 1\n1 begins: b.1 run 1\n");
        // A batch of many lines, each as short as can be, of which a sink makes much more.
        let many = b"\n".repeat(Hub::chunk_bytes());
        for _ in 0..10 {
            say(&hub, A, &many).await;
        }
        hub.note(&Note::NothingRuns);
        let waiting = hub.0.state.borrow_mut().sinks.listeners().waiting_bytes();
        assert!(
            waiting.iter().all(|bytes| (FULL_BYTES..FULL_BYTES + 64 * 1024).contains(bytes)),
            "{waiting:?}"
        );
        let all = heard(&mut witness).await;
        let lines = all.lines().filter(|line| *line == "0: ").count();
        let missed: usize = all
            .lines()
            .filter_map(|line| line.strip_prefix("0: ")?.strip_suffix(" missed"))
            .map(|lines| lines.parse::<usize>().expect("a number"))
            .sum();
        assert!(missed > 0);
        assert_eq!(lines + missed, 10 * Hub::chunk_bytes());
        assert!(all.ends_with("\nNothingRuns\n"));
        assert!(heard(&mut deaf).await.ends_with("note\n"));
        // From now on nothing is missing.
        say(&hub, A, b"on\n").await;
        assert_eq!(heard(&mut witness).await, "0: on\n");
    });
}

#[test]
fn who_does_not_hear_of_a_new_run_in_time_hears_of_it_later() {
    with_reader(|hub| async move {
        let mut follower = hub.follow(&witness, Since::Oldest, Until::End);
        assert_eq!(heard(&mut follower).await, "0 begins: a.1 run 1\n1 begins: b.1 run 1\n");
        let many = b"\n".repeat(Hub::chunk_bytes());
        for _ in 0..5 {
            say(&hub, A, &many).await;
        }
        let (c, d) = (instance("c"), instance("d"));
        for (name, stream) in [(&c, 2), (&d, 3)] {
            let origin = Origin { instance: name, channel: Channel::Both, run: RunId(1), pid: 1 };
            assert_eq!(hub.begin(&origin), StreamId(stream));
        }
        for _ in 0..10 {
            say(&hub, StreamId(2), &many).await;
        }
        say(&hub, StreamId(3), b"mine\n").await;
        let heard = heard(&mut follower).await;
        let rest: Vec<&str> = heard.lines().filter(|line| !line.ends_with(": ")).collect();
        assert_eq!(rest[..2], ["2 begins: c.1 run 1", "3 begins: d.1 run 1"]);
        assert!(rest[2].starts_with("0: ") && rest[2].ends_with(" missed"), "{rest:?}");
        assert!(rest[3].starts_with("2: ") && rest[3].ends_with(" missed"), "{rest:?}");
        assert_eq!(rest[4..], ["3: mine"]);
    });
}

#[test]
fn what_a_sink_holds_back_comes_after_a_silence() {
    with_reader(|hub| async move {
        let mut follower = hub.follow(&witness, Since::Last(0), Until::End);
        say(&hub, A, b"hold\n").await;
        let before = Instant::now();
        assert_eq!(follower.next().await.expect("a line"), b"0: held\n");
        assert_eq!(before.elapsed().as_millis() / 10, 50);
        say(&hub, A, b"hold\n").await;
        hub.finish().await;
        let ending = spawn_local(async move { hub.dismiss_followers().await });
        assert_eq!(follower.next().await.expect("a line"), b"0 ends\n1 ends\n");
        assert_eq!(follower.next().await.expect("a line"), b"0: held\n");
        assert_eq!(follower.next().await, None);
        drop(follower);
        ending.await.expect("no panic");
    });
}

#[test]
fn a_panic_of_a_sink_ends_its_follower_alone() {
    with_reader(|hub| async move {
        let mut one = hub.follow(&witness, Since::Last(0), Until::End);
        let mut other = hub.follow(&|| Box::new(Brittle::default()), Since::Last(0), Until::End);
        say(&hub, A, b"brittle\n").await;
        say(&hub, A, b"on\n").await;
        assert_eq!(heard(&mut one).await, "0: brittle\n0: on\n");
        assert_eq!(other.next().await, None);
    });
}

#[test]
fn who_takes_nothing_at_the_end_is_not_waited_for_long() {
    with_reader(|hub| async move {
        let _deaf = hub.follow(&witness, Since::Oldest, Until::End);
        hub.finish().await;
        let before = Instant::now();
        hub.dismiss_followers().await;
        assert_eq!(before.elapsed().as_millis() / 10, 50);
    });
}

#[test]
fn nothing_is_kept_before_something_is_said_and_never_more_than_allowed() {
    with_reader(|hub| async move {
        let kept = |hub: &Hub| hub.0.state.borrow_mut().sinks.listeners().kept_bytes();
        assert!(kept(&hub) < 16 * 1024, "{}", kept(&hub));
        for _ in 0..100 {
            say(&hub, A, &long_line()).await;
        }
        // Entries are few here.
        assert!((KEPT_BYTES..KEPT_BYTES + 16 * 1024).contains(&kept(&hub)), "{}", kept(&hub));
        for number in 0..50_000 {
            say(&hub, A, format!("{number}\n").as_bytes()).await;
        }
        assert!(kept(&hub) < 3 * KEPT_BYTES, "{}", kept(&hub));
    });
}

/// A sink that breaks at the first line.
#[derive(Default)]
struct Brittle(Vec<u8>);

impl Sink for Brittle {
    fn begins(&mut self, _at: WallTime, _stream: StreamId, _origin: &Origin<'_>) {}

    fn piece(&mut self, _at: WallTime, _stream: StreamId, _piece: Piece<'_>) {
        self.0.extend_from_slice(b"half of");
        panic!("a fault of its own");
    }

    fn note(&mut self, _at: WallTime, _note: &Note) {}

    fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

fn instance(name: &str) -> InstanceSpec {
    let place = Place { file: std::sync::Arc::from("Procfile"), line: 1 };
    let process = ProcessSpec::plain(ProcessName::new(name), b"true".to_vec(), place, 0);
    let id = InstanceId { process: process.name.clone(), index: 1 };
    InstanceSpec { id, process: std::sync::Arc::new(process), port: None }
}
