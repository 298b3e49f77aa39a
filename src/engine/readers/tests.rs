use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::spawn_local;

use super::super::hub::tests::{A, B, heard, say, with_hub, with_hub_in_real_time};
use super::read;
use crate::engine::Hub;
use crate::logs::StreamId;
use crate::supervisor::Complaint;

/// Reads without ever hearing a last call.
async fn read_to_end(hub: Hub, stream: StreamId, output: OwnedFd) -> Option<Complaint> {
    let (_last_call, hears_last_call) = oneshot::channel();
    read(hub, stream, output, hears_last_call).await.expect("a place in the poller")
}

fn pipe() -> (OwnedFd, io::PipeWriter) {
    let (reader, writer) = io::pipe().expect("a pipe");
    (reader.into(), writer)
}

#[test]
fn an_output_that_cannot_be_watched_is_not_lost_in_silence() {
    with_hub(|hub, _out| async move {
        // The poller takes no plain files.
        let file = tempfile::tempfile().expect("a file");
        let (_last_call, hears_last_call) = oneshot::channel();
        let read = read(hub, A, file.into(), hears_last_call).await;
        assert_eq!(read.expect_err("it is refused").raw_os_error(), Some(libc::EPERM));
    });
}

#[test]
fn two_writers_are_heard_whole_and_each_in_order() {
    with_hub_in_real_time(|hub, out| async move {
        let mut readers = Vec::new();
        for stream in [A, B] {
            let (reader, mut writer) = pipe();
            readers.push(spawn_local(read_to_end(hub.clone(), stream, reader)));
            std::thread::spawn(move || {
                for number in 0..50_000 {
                    // In two writes, so that lines are torn on their way.
                    write!(writer, "{number}").and_then(|()| writer.write_all(b".\r\n")).expect("a reader");
                }
                write!(writer, "end").expect("a reader");
            });
        }
        let heard = std::thread::spawn(move || {
            let (mut heard, mut ends) = (Vec::new(), 0);
            for line in io::BufRead::lines(io::BufReader::new(out)) {
                let line = line.expect("text");
                ends += i32::from(line.ends_with("end"));
                heard.push(line);
                if ends == 2 {
                    break;
                }
            }
            heard
        });
        for reader in readers {
            assert_eq!(reader.await.expect("no panic"), None);
        }
        hub.finish().await;
        let heard = heard.join().expect("no panic");
        for stream in ["0|", "1|"] {
            let expected = (0..50_000).map(|number| format!("{number}.")).chain(["end".to_owned()]);
            assert!(heard.iter().filter_map(|line| line.strip_prefix(stream)).eq(expected), "{stream}");
        }
        assert_eq!(heard.len(), 100_002);
    });
}

#[test]
fn an_unfinished_line_is_shown_after_a_silence_and_continued() {
    with_hub(|hub, mut out| async move {
        let (reader, mut writer) = pipe();
        let reader = spawn_local(read_to_end(hub.clone(), A, reader));
        writer.write_all(b"Name? ").expect("a reader");
        let before = tokio::time::Instant::now();
        while hub.written_bytes() == 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // The writer's thread does not live in paused time, so only the beginning is certain.
        assert!(before.elapsed() >= Duration::from_secs(1));
        let mut question = [0; 8];
        out.read_exact(&mut question).expect("a question");
        assert_eq!(&question, b"0|Name? ");
        writer.write_all(b"Bob\n").expect("a reader");
        drop(writer);
        reader.await.expect("no panic");
        hub.finish().await;
        let mut rest = [0; 4];
        out.read_exact(&mut rest).expect("the rest");
        assert_eq!(&rest, b"Bob\n");
    });
}

#[test]
fn a_last_call_takes_what_is_there_although_the_pipe_is_held() {
    with_hub(|hub, out| async move {
        let (reader, mut holder) = pipe();
        let (last_call, hears_last_call) = oneshot::channel();
        let reader = spawn_local(read(hub.clone(), A, reader, hears_last_call));
        tokio::task::yield_now().await;
        holder.write_all(b"bind: address already in use\nlast words").expect("a reader");
        drop(last_call);
        let complaint = reader.await.expect("no panic").expect("a place in the poller");
        assert_eq!(complaint, Some(Complaint::AddressInUse));
        assert_eq!(heard(hub, out).await, b"0|bind: address already in use\n0|last words\n");
        drop(holder);
    });
}

#[test]
fn an_aborted_reader_leaves_its_unfinished_line_to_the_hub() {
    with_hub(|hub, out| async move {
        let (reader, mut holder) = pipe();
        let reader = spawn_local(read_to_end(hub.clone(), A, reader));
        holder.write_all(b"one\ntw").expect("a reader");
        // Until the reader has it; then nobody can do anything and time moves on.
        tokio::time::sleep(Duration::from_millis(1)).await;
        reader.abort();
        assert!(reader.await.is_err());
        hub.close(A);
        assert_eq!(heard(hub, out).await, b"0|one\n0|tw\n");
    });
}

#[test]
fn a_stream_has_many_runs() {
    with_hub(|hub, out| async move {
        for run in ["first", "second"] {
            let (reader, mut writer) = pipe();
            let reader = spawn_local(read_to_end(hub.clone(), A, reader));
            writer.write_all(run.as_bytes()).expect("a reader");
            drop(writer);
            reader.await.expect("no panic");
        }
        assert_eq!(heard(hub, out).await, b"0|first\n0|second\n");
    });
}

#[test]
fn a_pty_is_read_to_its_end() {
    with_hub(|hub, out| async move {
        let pty = nix::pty::openpty(None, None).expect("a pty");
        let reader = spawn_local(read_to_end(hub.clone(), A, pty.master));
        let terminal = std::fs::File::from(pty.slave);
        std::thread::spawn(move || {
            for number in 0..2_000 {
                writeln!(&terminal, "{number}").expect("a reader");
            }
        });
        // More than the pipe holds would need somebody who listens.
        reader.await.expect("no panic");
        let heard = String::from_utf8(heard(hub, out).await).expect("text");
        assert!(
            heard.lines().map(str::to_owned).eq((0..2_000).map(|number| format!("0|{number}"))),
            "{heard}"
        );
    });
}

#[test]
fn nobody_is_held_up_by_an_output_that_is_gone() {
    with_hub(|hub, out| async move {
        drop(out);
        let (reader, mut writer) = pipe();
        let reader = spawn_local(read_to_end(hub.clone(), A, reader));
        let writing = std::thread::spawn(move || writer.write_all(&vec![b'\n'; 3_000_000]));
        assert_eq!(hub.output_gone().await.errno, libc::EPIPE);
        reader.await.expect("no panic");
        writing.join().expect("no panic").expect("a reader to the end");
        say(&hub, B, b"still taken\n").await;
        hub.finish().await;
    });
}

#[test]
fn one_line_of_a_hundred_million_bytes_stays_one() {
    with_hub(|hub, mut out| async move {
        const LENGTH: usize = 100_000_000;
        let (reader, mut writer) = pipe();
        let reader = spawn_local(read_to_end(hub.clone(), A, reader));
        std::thread::spawn(move || {
            let part = vec![b'x'; 1_000_000];
            for _ in 0..LENGTH / part.len() {
                writer.write_all(&part).expect("a reader");
            }
        });
        let heard = std::thread::spawn(move || {
            let (mut part, mut length, mut line_ends) = (vec![0; 65_536], 0, 0);
            while line_ends == 0 {
                let read = out.read(&mut part).expect("bytes");
                length += read;
                line_ends += memchr::memchr_iter(b'\n', &part[..read]).count();
            }
            length
        });
        reader.await.expect("no panic");
        hub.finish().await;
        assert_eq!(heard.join().expect("no panic"), "0|".len() + LENGTH + "\n".len());
    });
}
