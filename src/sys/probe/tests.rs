use std::future::Future;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::http::{Head, Request, status_of, text_of};
use super::listening::Before;
use super::{Refusal, file, http, listening, tcp, unix};
use crate::sys::kin::Kin;

const REFUSED: Refusal = Refusal::Unreachable { errno: libc::ECONNREFUSED };

/// Runs a probe; one that hangs is a failure.
fn ask<T>(probe: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), probe).await });
    answer.expect("an answer within 20 s")
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("a bound socket has an address").port()
}

/// A port on which nobody listens: it was free a moment ago, and the kernel gives numbers out in no order.
fn nobodys_port() -> u16 {
    port_of(&TcpListener::bind("127.0.0.1:0").expect("a free port"))
}

/// The addresses of this machine that can be listened on; without IPv6 there are fewer.
fn addresses() -> Vec<TcpListener> {
    ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"]
        .iter()
        .filter_map(|address| TcpListener::bind(address).ok())
        .collect()
}

/// A server for as many connections as there are answers: it reads a request's head and says this.
fn serves(listener: TcpListener, answers: Vec<Vec<u8>>) -> JoinHandle<Vec<String>> {
    thread::spawn(move || {
        let answer = |answer: Vec<u8>| {
            let (mut stream, _) = listener.accept().expect("a connection");
            let head = read_head(&mut stream);
            // The other side may have heard enough.
            let _ = stream.write_all(&answer);
            head
        };
        answers.into_iter().map(answer).collect()
    })
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

fn request(port: u16) -> Request {
    Request { host: None, port, path: "/up".to_owned(), status: None, headers: Vec::new() }
}

/// Asks a server that says this.
fn asked(answer: &[u8], request: impl Fn(u16) -> Request) -> (Result<(), Refusal>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = port_of(&listener);
    let server = serves(listener, vec![answer.to_vec()]);
    let result = ask(http::answers(&request(port)));
    (result, server.join().expect("the server has served").remove(0))
}

#[test]
fn a_connection_is_accepted_on_every_address() {
    for listener in addresses() {
        assert_eq!(ask(tcp::accepts(None, port_of(&listener))), Ok(()), "{listener:?}");
        assert_eq!(ask(tcp::accepts(Some("LocalHost"), port_of(&listener))), Ok(()), "{listener:?}");
    }
    let port = nobodys_port();
    assert_eq!(ask(tcp::accepts(None, port)), Err(REFUSED));
    assert_eq!(ask(tcp::accepts(Some("127.0.0.1"), port)), Err(REFUSED));
    assert_eq!(ask(tcp::accepts(Some("no.such.host.invalid"), port)), Err(Refusal::UnknownHost));
    assert_eq!(ask(tcp::accepts(Some("two words"), port)), Err(Refusal::UnknownHost));
}

#[test]
fn an_address_in_brackets_is_one() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    assert_eq!(ask(tcp::accepts(Some("[::1]"), port_of(&listener))), Ok(()));
    assert_eq!(ask(tcp::accepts(Some("::1"), port_of(&listener))), Ok(()));
}

#[test]
fn a_unix_socket_accepts_or_does_not() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("socket");
    assert_eq!(ask(unix::accepts(&path)), Err(Refusal::NoFile));
    let listener = UnixListener::bind(&path).expect("a new name");
    assert_eq!(ask(unix::accepts(&path)), Ok(()));
    drop(listener);
    // What a server that was killed leaves behind.
    assert_eq!(ask(unix::accepts(&path)), Err(REFUSED));
    let nobody = std::os::unix::net::UnixDatagram::bind(place.path().join("datagrams")).expect("a new name");
    assert_eq!(
        ask(unix::accepts(&place.path().join("datagrams"))),
        Err(Refusal::Unreachable { errno: libc::EPROTOTYPE })
    );
    drop(nobody);
}

#[test]
fn a_file_is_there_or_is_not() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("pid");
    assert_eq!(file::is_there(&path), Err(Refusal::NoFile));
    std::fs::write(&path, "").expect("a new file");
    assert_eq!(file::is_there(&path), Ok(()));
    assert_eq!(file::is_there(&path.join("below")), Err(Refusal::NoFile));
    std::os::unix::fs::symlink("nowhere", place.path().join("link")).expect("a new link");
    assert_eq!(file::is_there(&place.path().join("link")), Err(Refusal::NoFile));
}

#[test]
fn an_answer_counts_by_its_status() {
    let cases: [(&[u8], Result<(), Refusal>); 9] = [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Ok(())),
        (b"HTTP/1.0 302 Found\r\nLocation: https://elsewhere.invalid/\r\n\r\n", Ok(())),
        (b"HTTP/1.1 204\r\n\r\n", Ok(())),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", Ok(())),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", Err(Refusal::Status { code: 503 })),
        (b"HTTP/1.1 404 Not Found\n\n", Err(Refusal::Status { code: 404 })),
        (b"SSH-2.0-OpenSSH_9.6\r\n", Err(Refusal::NotHttp)),
        (b"\x15\x03\x01\x00\x02\x02\x16", Err(Refusal::NotHttp)),
        (b"", Err(Refusal::NotHttp)),
    ];
    for (answer, expected) in cases {
        let (result, _) = asked(answer, request);
        assert_eq!(result, expected, "{}", String::from_utf8_lossy(answer));
    }
}

#[test]
fn a_status_that_is_asked_for_is_the_only_right_one() {
    let teapot = |port| Request { status: Some(418), ..request(port) };
    assert_eq!(asked(b"HTTP/1.1 418 I'm a teapot\r\n\r\n", teapot).0, Ok(()));
    assert_eq!(asked(b"HTTP/1.1 200 OK\r\n\r\n", teapot).0, Err(Refusal::Status { code: 200 }));
}

#[test]
fn an_answer_without_end_is_left() {
    let mut garbage = b"HTTP/1.1 ".to_vec();
    garbage.resize(10_000_000, b'2');
    assert_eq!(asked(&garbage, request).0, Err(Refusal::NotHttp));
    let mut hints = b"HTTP/1.1 100 Continue\r\n".repeat(100_000);
    hints.extend(b"\r\n");
    assert_eq!(asked(&hints, request).0, Err(Refusal::NotHttp));
    let mut body = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    body.resize(50_000_000, b'x');
    assert_eq!(asked(&body, request).0, Ok(()));
}

#[test]
fn who_never_answers_hides_nobody() {
    // One program accepts on 127.0.0.1 and says nothing, the right one answers on ::1.
    let mute = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = port_of(&mute);
    let Ok(right) = TcpListener::bind((Ipv6Addr::LOCALHOST, port)) else { return };
    let server = serves(right, vec![b"HTTP/1.1 200 OK\r\n\r\n".to_vec()]);
    assert_eq!(ask(http::answers(&request(port))), Ok(()));
    server.join().expect("the server has served");
}

#[test]
fn a_request_says_what_it_should() {
    let with_headers = |port| Request {
        path: "up?deep=1 2\r\nX: y".to_owned(),
        headers: vec![("Host".into(), "shop.test".into()), ("X-Probe".into(), "a\r\nEvil: b".into())],
        ..request(port)
    };
    let (result, said) = asked(b"HTTP/1.1 200 OK\r\n\r\n", with_headers);
    assert_eq!(result, Ok(()));
    expect_test::expect![[r#"
        GET /up?deep=1%202%0D%0AX:%20y HTTP/1.1
        User-Agent: forge
        Accept: */*
        Connection: close
        Host: shop.test
        X-Probe: a  Evil: b

    "#]]
    .assert_eq(&said.replace("\r\n", "\n"));
    let plain = String::from_utf8(text_of(&Request { host: Some("::1".into()), ..request(80) }));
    assert!(plain.expect("it is text").contains("\r\nHost: [::1]:80\r\n"));
}

#[test]
fn a_status_is_known_as_soon_as_its_line_is() {
    let whole = b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n";
    for length in 0..whole.len() {
        assert_eq!(status_of(&whole[..length]), Head::Incomplete, "{length}");
    }
    assert_eq!(status_of(whole), Head::Status(200));
    assert_eq!(status_of(b"HTTP/1.1 99 x\r\n"), Head::Garbage);
    assert_eq!(status_of(b"HTTP/1.1 2000 x\r\n"), Head::Garbage);
    assert_eq!(status_of(b"HTTP/2 200\r\n"), Head::Garbage);
    assert_eq!(status_of(b"220 smtp"), Head::Garbage);
}

/// This test program as the leader of a run.
fn ourselves() -> Kin {
    let leader = std::process::id().cast_signed();
    Kin {
        leader,
        keeper: std::os::unix::process::parent_id().cast_signed(),
        mark: ("FORGE_NO_MARK", String::new()),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_listens_on_every_address() {
    let kin = ourselves();
    for listener in addresses() {
        let port = port_of(&listener);
        assert_eq!(ask(listening::by(&kin, port, Before::Taken)), Ok(()), "{listener:?}");
        assert_eq!(listening::Listened::default().before(port), Before::Taken);
    }
    let port = nobodys_port();
    assert_eq!(ask(listening::by(&kin, port, Before::Free)), Err(Refusal::NobodyListens));
    assert_eq!(listening::Listened::default().before(port), Before::Free);
}

#[test]
#[cfg(target_os = "linux")]
fn a_connection_is_no_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let near = TcpStream::connect(listener.local_addr().expect("it has one")).expect("it listens");
    let port = near.local_addr().expect("it has one").port();
    assert_eq!(ask(listening::by(&ourselves(), port, Before::Free)), Err(Refusal::NobodyListens));
}

#[test]
#[cfg(target_os = "linux")]
fn a_stranger_counts_only_where_the_port_was_free() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = port_of(&listener);
    // A run without anybody: there is no such process.
    let nobody = Kin { leader: i32::MAX, keeper: i32::MAX - 1, mark: ("FORGE_NO_MARK", String::new()) };
    assert_eq!(ask(listening::by(&nobody, port, Before::Taken)), Err(Refusal::AnotherListens));
    assert_eq!(ask(listening::by(&nobody, port, Before::Free)), Ok(()));
    // Whoever is below the same keeper listens for itself.
    let another = ("PATH", "that of nobody".to_owned());
    let neighbour = Kin { leader: i32::MAX, mark: another, ..ourselves() };
    assert_eq!(ask(listening::by(&neighbour, port, Before::Free)), Err(Refusal::AnotherListens));
}
