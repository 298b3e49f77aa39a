//! Accepts whoever belongs to this user, and serves a [`Session`]. It does nothing until somebody connects.

use std::cell::Cell;
use std::convert::Infallible;
use std::io;
use std::os::unix::net::UnixListener;
use std::rc::Rc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::UnixStream;
use tokio::task::{JoinHandle, spawn_local};

use super::address::Seat;
use super::io::{Patience, Wire};
use super::protocol::{Code, Refusal};
use super::routes;
use super::session::{Asker, Session};
use crate::sys::{local_socket, private_dir};

/// How many may talk to a stack at once.
const MOST_CLIENTS: usize = 64;
/// How long a request may take to arrive, and how long somebody may be silent between two of them.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How large the head of a request may be, in bytes; `curl` sends some hundred.
const LARGEST_HEAD: usize = 16 << 10;
/// After an error of the kernel (no descriptor is left) nobody is accepted for so long, or forge would spin.
const PAUSE: Duration = Duration::from_millis(200);

/// How long answers that are on their way are waited for at the end, and how often is looked.
const FAREWELL: Duration = Duration::from_millis(500);
const TURN: Duration = Duration::from_millis(1);

/// Serves until it is dropped.
pub struct Server {
    /// Removes the name of the socket when it is dropped.
    _seat: Seat,
    task: JoinHandle<()>,
    busy: Rc<Cell<usize>>,
}

impl Server {
    /// Begins to serve, in the runtime of this thread.
    ///
    /// # Errors
    /// The runtime does not take the socket.
    pub fn start(mut seat: Seat, session: Rc<dyn Session>) -> io::Result<Server> {
        let listener = seat.take().ok_or(io::ErrorKind::NotConnected)?;
        let busy = Rc::new(Cell::new(0));
        let task = spawn_local(accept(to_tokio(listener)?, session, Rc::clone(&busy)));
        Ok(Server { _seat: seat, task, busy })
    }

    /// Waits for a moment until everybody has the answer that is on its way. The session must have come to its end, so that nobody
    /// waits for what will not be.
    pub async fn finish(self) {
        let last_words = async {
            while self.busy.get() > 0 {
                tokio::time::sleep(TURN).await;
            }
            // What was answered is written in the next turn.
            tokio::task::yield_now().await;
        };
        let _ = tokio::time::timeout(FAREWELL, last_words).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn to_tokio(listener: UnixListener) -> io::Result<tokio::net::UnixListener> {
    listener.set_nonblocking(true)?;
    tokio::net::UnixListener::from_std(listener)
}

async fn accept(listener: tokio::net::UnixListener, session: Rc<dyn Session>, busy: Rc<Cell<usize>>) {
    let clients = Rc::new(Cell::new(0_usize));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // The directory keeps everybody else away; this is for the day on which it does not.
        let Some(asker) = known(&stream) else { continue };
        if clients.get() >= MOST_CLIENTS {
            turn_away(&stream);
            continue;
        }
        let one = Counted::one_more(&clients);
        let (session, busy) = (Rc::clone(&session), Rc::clone(&busy));
        spawn_local(async move {
            serve(stream, session, asker, busy).await;
            drop(one);
        });
    }
}

/// Returns who has connected, if it is this user or root.
fn known(stream: &UnixStream) -> Option<Asker> {
    let peer = local_socket::peer(stream).ok()?;
    let may = peer.user == private_dir::own_user() || peer.user == 0;
    may.then(|| Asker { pid: Some(peer.pid).filter(|pid| *pid > 0), name: None })
}

async fn serve(stream: UnixStream, session: Rc<dyn Session>, asker: Asker, busy: Rc<Cell<usize>>) {
    let service = service_fn(move |request| {
        let (session, asker, one) = (Rc::clone(&session), asker.clone(), Counted::one_more(&busy));
        async move {
            let answer = routes::answer(request, session, asker).await;
            drop(one);
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(Patience)
        .header_read_timeout(PATIENCE)
        .max_buf_size(LARGEST_HEAD)
        .auto_date_header(false)
        .serve_connection(Wire(stream), service)
        .with_upgrades();
    // Whoever goes away in the middle, or sends what is no request, is told by the end of the connection.
    let _ = connection.await;
}

/// Says that too many are there. A connection that nothing was written to has room for that.
fn turn_away(stream: &UnixStream) {
    let refusal = Refusal::new(Code::TooMany, format!("{MOST_CLIENTS} clients talk to this forge already"));
    let body = routes::body_of(&refusal);
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.try_write(&[head.as_bytes(), &body].concat());
}

/// Somebody who is counted as long as this is there.
struct Counted(Rc<Cell<usize>>);

impl Counted {
    fn one_more(count: &Rc<Cell<usize>>) -> Counted {
        count.set(count.get() + 1);
        Counted(Rc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}
