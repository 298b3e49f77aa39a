use tokio::task::{spawn_local, yield_now};

use super::super::tests::{A, B, say, with_hub};
use super::{End, LONGEST_QUEUE_BYTES, RECENT_BYTES, Tapped};

#[test]
fn what_came_last_is_there_and_what_comes_follows_as_it_comes() {
    with_hub(|hub, _out| async move {
        hub.keep_for_taps(A);
        say(&hub, A, b"\x1b[2J one\r\n> ").await;
        let mut tap = hub.tap(A).expect("a terminal");
        assert_eq!(tap.recent, b"\x1b[2J one\r\n> ");
        let following = spawn_local(async move { (tap.next().await, tap.next().await, tap.end()) });
        yield_now().await;
        say(&hub, A, b"t\x1b[1m").await;
        yield_now().await;
        hub.close(A);
        let expected = (Some(b"t\x1b[1m".to_vec()), None, Some(End::Over));
        assert_eq!(following.await.expect("no panic"), expected);
        assert!(hub.tap(A).is_none(), "its run is over");
    });
}

#[test]
fn nothing_is_kept_of_a_pipe() {
    with_hub(|hub, _out| async move {
        hub.keep_for_taps(A);
        say(&hub, B, b"one\n").await;
        assert!(hub.tap(B).is_none());
    });
}

#[test]
fn only_the_most_recent_bytes_are_kept() {
    let mut tapped = Tapped::default();
    tapped.hear(b"old");
    tapped.hear(&vec![b'x'; RECENT_BYTES - 2]);
    assert_eq!(tapped.tap().recent[..3], *b"ldx");
    tapped.hear(&vec![b'y'; RECENT_BYTES + 1]);
    assert_eq!(tapped.tap().recent, vec![b'y'; RECENT_BYTES]);
    assert_eq!(tapped.recent.len(), RECENT_BYTES);
}

#[test]
fn what_the_older_bytes_have_switched_on_is_remembered() {
    let mut tapped = Tapped::default();
    tapped.hear(b"\x1b[?1049h\x1b[?20");
    tapped.hear(b"04h");
    assert!(!tapped.tap().before.is_full_screen(), "it stands in what is kept");
    for _ in 0..3 {
        tapped.hear(&vec![b'x'; RECENT_BYTES / 2]);
    }
    let before = tapped.tap().before;
    assert!(before.is_full_screen());
    assert_eq!(before.leave(), b"\x1b[?2004l\x1b[?1049l");
    tapped.hear(&[&b"\x1b[?1049l"[..], &vec![b'y'; 2 * RECENT_BYTES]].concat());
    assert!(!tapped.tap().before.is_full_screen(), "more than is kept at once");
}

#[test]
fn who_takes_nothing_is_cut_and_told_so() {
    let mut tapped = Tapped::default();
    let (slow, quick) = (tapped.tap(), tapped.tap());
    let half = vec![b'x'; LONGEST_QUEUE_BYTES / 2];
    for _ in 0..3 {
        tapped.hear(&half);
        quick.queue.bytes.take();
    }
    assert_eq!(slow.end(), Some(End::Cut));
    assert_eq!(slow.queue.bytes.borrow().len(), LONGEST_QUEUE_BYTES);
    assert_eq!(quick.end(), None);
    drop(quick);
    tapped.hear(b"more");
    assert_eq!(tapped.queues.len(), 0, "nobody taps any more");
}
