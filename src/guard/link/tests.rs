use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use super::super::mark::{Guard, ProjectId};
use super::*;

/// A guard that has much to say, and says all of it before it listens.
fn talkative_guard(mut socket: UnixStream, words: u64) {
    for run in 0..words {
        socket.write_all(&News::Gone { run }.encode()).expect("forge lives");
    }
    let mut sink = vec![0; 65_536];
    while matches!(socket.read(&mut sink), Ok(1..)) {}
}

#[test]
fn whoever_waits_for_the_guard_to_take_more_listens_to_it() {
    const WORDS: u64 = 5_000;
    let (ours, theirs) = UnixStream::pair().expect("two sockets");
    ours.set_nonblocking(true).expect("a flag");
    let guard = std::thread::spawn(move || talkative_guard(theirs, WORDS));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let stack =
            StackId { guard: Guard { pid: 0, started: 0 }, world: 0, project: ProjectId::of("/".as_ref()) };
        let unlinked = Unlinked { socket: ours.into(), guard: 0, stack, group: String::new() };
        let mut link = Link::new(unlinked).expect("a place in the poller");
        // More than any socket takes at once.
        for run in 0..50_000 {
            link.kill(run);
        }
        link.flush();
        assert!(link.outgoing.is_empty(), "the guard has taken everything");
        for run in 0..WORDS {
            assert_eq!(link.next().await, GuardNews::News(News::Gone { run }), "nothing it said is lost");
        }
    });
    guard.join().expect("no panic");
}
