//! The `web` of `Procfile.example`: a web server in a few lines of std, answering on `$PORT`.
//!
//! `examples/web.sh` compiles it by itself, without the rest of this package.

#![expect(
    clippy::disallowed_methods,
    reason = "a program of its own: it reads PORT and PS where it needs them"
)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its output is what forge is to show")]

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{self, ExitCode};
use std::thread;
use std::time::Duration;

/// How much of a request is read before the server loses its patience.
const REQUEST_LIMIT_BYTES: u64 = 16 * 1024;

fn main() -> ExitCode {
    let port = env::var("PORT").unwrap_or_else(|_| "5000".to_owned());
    let name = env::var("PS").unwrap_or_else(|_| "web".to_owned());
    match serve(&port, &name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("could not listen on 127.0.0.1:{port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(port: &str, name: &str) -> io::Result<()> {
    let port: u16 = port.parse().map_err(io::Error::other)?;
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("listening on http://127.0.0.1:{port}/");
    for stream in listener.incoming() {
        let name = name.to_owned();
        // A visitor of its own thread each: one who sends nothing keeps nobody else waiting.
        thread::spawn(move || match stream.and_then(|stream| answer(stream, &name)) {
            Ok(request) => println!("{request} -> 200"),
            Err(error) => println!("a visitor left early: {error}"),
        });
    }
    Ok(())
}

/// Answers one request and returns its first line without the protocol: `GET /`.
fn answer(mut stream: TcpStream, name: &str) -> io::Result<String> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new(stream.try_clone()?.take(REQUEST_LIMIT_BYTES)).lines();
    let first = lines.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))?;
    // The rest of the head is read too, or closing the connection would reset it under the visitor's hands.
    while let Some(line) = lines.next().transpose()? {
        if line.is_empty() {
            break;
        }
    }
    let body = format!("hello from {name}, process {}\n", process::id());
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut words = first.split_whitespace();
    Ok(format!("{} {}", words.next().unwrap_or("?"), words.next().unwrap_or("?")))
}
