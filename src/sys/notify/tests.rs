use std::future::Future;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::Command;
use std::time::Duration;

use super::{Ear, Word, words_of};
use crate::sys::kin::Kin;

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), future).await }).expect("in time")
}

fn say(ear: &Ear, words: &str) {
    let address = ear.address();
    let address = SocketAddr::from_abstract_name(address.strip_prefix('@').expect("it is an abstract one"));
    let socket = UnixDatagram::unbound().expect("a socket");
    socket.send_to_addr(words.as_bytes(), &address.expect("a name")).expect("somebody listens");
}

fn kin(leader: i32) -> Kin {
    Kin { leader, keeper: i32::MAX, mark: ("FORGE_NO_MARK", String::new()) }
}

#[test]
fn words_are_understood() {
    let message =
        b"READY=1\nSTATUS=Serving \x1b[31mweb\nWATCHDOG=1\nEXTEND_TIMEOUT_USEC=1500000\nMAINPID=7\nX\n";
    assert_eq!(words_of(message), [Word::Ready, Word::Status("Serving ?[31mweb".to_owned()), Word::Alive,]);
    assert_eq!(words_of(b"STOPPING=1\nRELOADING=1\nWATCHDOG=trigger"), [Word::Stopping]);
    assert_eq!(words_of(b"READY=0\nready=1\nREADY\n\xff=1"), []);
}

#[test]
fn the_run_is_heard() {
    run(async {
        let ear = Ear::open().expect("a socket");
        say(&ear, "FOO=bar");
        say(&ear, "READY=1");
        let own = kin(std::process::id().cast_signed());
        assert_eq!(ear.hear(&own).await.expect("the poller works"), [Word::Ready]);
    });
}

#[test]
fn a_stranger_is_not_heard() {
    run(async {
        let ear = Ear::open().expect("a socket");
        let mut child = Command::new("/bin/sleep").arg("100").spawn().expect("a process");
        // This test is no process of the run of that child.
        say(&ear, "READY=1");
        let heard =
            tokio::time::timeout(Duration::from_millis(100), ear.hear(&kin(child.id().cast_signed()))).await;
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
        assert!(heard.is_err(), "{heard:?}");
    });
}

#[test]
fn descriptors_that_come_along_are_closed() {
    run(async {
        let ear = Ear::open().expect("a socket");
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        let address = ear.address();
        let name = address.strip_prefix('@').expect("an abstract one").as_bytes();
        let to = nix::sys::socket::UnixAddr::new_abstract(name).expect("a name");
        let socket = UnixDatagram::unbound().expect("a socket");
        let descriptors = [std::os::fd::AsRawFd::as_raw_fd(&writer)];
        nix::sys::socket::sendmsg(
            std::os::fd::AsRawFd::as_raw_fd(&socket),
            &[std::io::IoSlice::new(b"READY=1\nBARRIER=1")],
            &[nix::sys::socket::ControlMessage::ScmRights(&descriptors)],
            nix::sys::socket::MsgFlags::empty(),
            Some(&to),
        )
        .expect("somebody listens");
        drop(writer);
        let own = kin(std::process::id().cast_signed());
        assert_eq!(ear.hear(&own).await.expect("the poller works"), [Word::Ready]);
        // The only writer that is left came with the message.
        assert_eq!(std::io::Read::read(&mut reader, &mut [0]).expect("a pipe can be read"), 0);
    });
}
