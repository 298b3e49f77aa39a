use proptest::prelude::*;

use super::*;

fn spawn() -> Request {
    Request::Spawn(Spawn {
        run: 7,
        terminal: true,
        nice: -3,
        directory: b"/srv/\xff".to_vec(),
        arguments: vec![b"sh".to_vec(), b"-c".to_vec(), b"".to_vec()],
        environment: environment(&[(b"A", b"b"), (b"B", b"\xff=")]),
    })
}

fn environment(variables: &[(&[u8], &[u8])]) -> Environment {
    let mut environment = Environment::default();
    assert!(variables.iter().all(|(name, value)| environment.push(name, value)));
    environment
}

#[test]
fn an_environment_is_what_exec_wants() {
    let mut two = environment(&[(b"A", b"b=c"), (b"EMPTY", b"")]);
    assert!(!two.push(b"A", b"x\0B=y") && !two.push(b"A\0", b""), "a NUL would make two of one");
    assert_eq!(two.variables().collect::<Vec<_>>(), [c"A=b=c", c"EMPTY="]);
    assert_eq!(Environment::default().variables().count(), 0);
}

#[test]
fn every_request_survives_the_wire() {
    for request in [
        spawn(),
        Request::Signal { run: u64::MAX, signal: 15 },
        Request::Kill { run: 0 },
        Request::SignalAll { signal: 19 },
        Request::SignalTree { run: 3, signal: 2 },
        Request::Finish,
        Request::Rest,
    ] {
        let mut frames = Frames::default();
        frames.push(&request.encode());
        assert_eq!(Request::decode(frames.next_frame().expect("one frame")), Ok(request));
        assert_eq!(frames.next_frame(), None);
    }
}

#[test]
fn all_news_survives_the_wire() {
    let spent = Spent { cpu_micros: 1_500_000, peak_bytes: 1 << 40 };
    for news in [
        News::Spawned { run: 1, pid: 4711 },
        News::SpawnFailed { run: 1, step: Step::Directory, errno: 2 },
        News::Exited { run: 1, exit: Exit::Code(255), spent },
        News::Exited { run: 1, exit: Exit::Signal { number: 11, core_dumped: true }, spent },
        News::Exited { run: 1, exit: Exit::Signal { number: 9, core_dumped: false }, spent },
        News::Exited { run: 1, exit: Exit::NeverStarted { step: Step::Exec, errno: 13 }, spent },
        News::Gone { run: 1 },
        News::Empty,
    ] {
        let mut frames = Frames::default();
        frames.push(&news.encode());
        assert_eq!(News::decode(frames.next_frame().expect("one frame")), Ok(news));
    }
}

#[test]
fn a_frame_with_something_behind_it_is_malformed() {
    let mut bytes = Request::Finish.encode();
    bytes[0] += 1;
    bytes.push(0);
    let mut frames = Frames::default();
    frames.push(&bytes);
    assert_eq!(Request::decode(frames.next_frame().expect("one frame")), Err(Malformed));
}

proptest! {
    #[test]
    fn any_cut_of_the_stream_gives_the_same_frames(cut in 0_usize..200, second in 0_usize..200) {
        let mut bytes = spawn().encode();
        bytes.extend(Request::Finish.encode());
        bytes.extend(Request::SignalAll { signal: 18 }.encode());
        let (cut, second) = (cut.min(bytes.len()), second.min(bytes.len()));
        let (first, last) = (cut.min(second), cut.max(second));
        let mut frames = Frames::default();
        let mut got = Vec::new();
        for part in [&bytes[..first], &bytes[first..last], &bytes[last..]] {
            frames.push(part);
            while let Some(frame) = frames.next_frame() {
                got.push(Request::decode(frame).expect("a whole frame"));
            }
        }
        prop_assert_eq!(got, vec![spawn(), Request::Finish, Request::SignalAll { signal: 18 }]);
    }

    #[test]
    fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Request::decode(&bytes);
        let _ = News::decode(&bytes);
    }
}
