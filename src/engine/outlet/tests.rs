use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};

use super::{Outlet, OutputGone};
use crate::sys::descriptor;

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

fn start(output: impl Into<OwnedFd>) -> io::Result<Outlet> {
    Outlet::to("output", output.into())
}

/// Writes `bytes` in buffers of `size`, as the hub does.
async fn send(outlet: &Outlet, bytes: &[u8], size: usize) {
    for part in bytes.chunks(size) {
        let mut pending = part.to_vec();
        while !outlet.offer(&mut pending) {
            outlet.room().await;
        }
        assert!(pending.is_empty());
    }
    outlet.finished().await;
}

fn numbers() -> Vec<u8> {
    (0..100_000).flat_map(|number: u32| format!("{number}\n").into_bytes()).collect()
}

#[test]
fn everything_is_written_in_order() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let outlet = start(writer).expect("a thread");
    let sent = numbers();
    let heard = std::thread::spawn(move || {
        let mut heard = Vec::new();
        reader.read_to_end(&mut heard).map(|_| heard)
    });
    run(async {
        send(&outlet, &sent, 10_007).await;
        assert_eq!(outlet.written_bytes(), sent.len() as u64);
    });
    drop(outlet);
    assert!(heard.join().expect("no panic").expect("no error") == sent);
}

#[test]
fn a_descriptor_that_others_made_non_blocking_loses_nothing_and_stays_so() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let writer = OwnedFd::from(writer);
    let same_file = writer.try_clone().expect("a duplicate");
    descriptor::set_nonblocking(&writer).expect("a flag");
    let outlet = start(writer).expect("a thread");
    let sent = numbers();
    let length = sent.len();
    let heard = std::thread::spawn(move || {
        let mut heard = vec![0; length];
        reader.read_exact(&mut heard).map(|()| heard)
    });
    run(send(&outlet, &sent, 200_000));
    assert!(heard.join().expect("no panic").expect("no error") == sent);
    let flags = nix::fcntl::fcntl(same_file.as_fd(), nix::fcntl::FcntlArg::F_GETFL).expect("flags");
    assert_ne!(flags & libc::O_NONBLOCK, 0);
}

#[test]
fn an_output_that_nobody_reads_is_told_once_and_then_everything_is_taken() {
    let (reader, writer) = io::pipe().expect("a pipe");
    let outlet = start(writer).expect("a thread");
    drop(reader);
    run(async {
        send(&outlet, b"hello\n", 100).await;
        assert_eq!(outlet.gone().await, OutputGone { errno: libc::EPIPE });
        send(&outlet, &numbers(), 100_000).await;
        assert_eq!(outlet.gone().await, OutputGone { errno: libc::EPIPE });
        assert_eq!(outlet.written_bytes(), 0);
    });
}

#[test]
fn a_full_disk_is_told_as_such() {
    #[expect(clippy::disallowed_methods, reason = "/dev/full stands for a full disk")]
    let full = std::fs::File::create("/dev/full").expect("/dev/full");
    let outlet = start(full).expect("a thread");
    run(async {
        send(&outlet, b"hello\n", 100).await;
        assert_eq!(outlet.gone().await, OutputGone { errno: libc::ENOSPC });
    });
}

#[test]
fn a_reader_that_stops_holds_back_the_thread_alone() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let outlet = start(writer).expect("a thread");
    run(async {
        // One buffer blocks in write(2), a second one waits; the third is refused.
        let mut full = vec![b'x'; 1 << 20];
        assert!(outlet.offer(&mut full));
        outlet.room().await;
        assert!(outlet.offer(&mut vec![b'y'; 1 << 20]));
        let mut third = b"z".to_vec();
        assert!(!outlet.offer(&mut third));
        let heard = std::thread::spawn(move || {
            let mut heard = vec![0; (2 << 20) + 1];
            reader.read_exact(&mut heard).map(|()| heard)
        });
        send(&outlet, &third, 1).await;
        let heard = heard.join().expect("no panic").expect("no error");
        assert_eq!((heard[0], heard[1 << 20], heard[2 << 20]), (b'x', b'y', b'z'));
    });
}

#[test]
fn a_thread_that_is_no_longer_needed_ends() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let outlet = start(writer).expect("a thread");
    run(send(&outlet, b"x", 1));
    drop(outlet);
    let mut heard = String::new();
    // The end comes when the thread has closed its descriptor.
    reader.read_to_string(&mut heard).expect("text");
    assert_eq!(heard, "x");
}
