//! Any bytes at the socket of a stack, in any pieces: whatever comes, the next client is answered.
#![no_main]

use std::cell::OnceCell;
use std::future::ready;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use forge::control::address::{Address, claim};
use forge::control::client::Client;
use forge::control::log_query::{LogQuery, written};
use forge::control::protocol::{About, Code, Record, Refusal, Reply, Request, Stack};
use forge::control::server::Server;
use forge::control::session::{Asker, AttachQuery, Attached, Follow, Later, Measure, Session};
use forge::supervisor::Snapshot;
use forge::time::WallTime;
use forge_fuzz::{fields, pieces};
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::LocalSet;

/// A stack of which nothing is known but its name, and which has two lines for everybody.
struct Nobody(About);

struct TwoLines(u8);

impl Follow for TwoLines {
    fn next(&mut self) -> Later<'_, Option<Vec<u8>>> {
        self.0 += 1;
        Box::pin(ready((self.0 < 3).then(|| b"{}\n".to_vec())))
    }
}

fn no<T: 'static>() -> Later<'static, Result<T, Refusal>> {
    Box::pin(ready(Err(Refusal::new(Code::NotPossible, "no"))))
}

impl Session for Nobody {
    fn about(&self) -> &About {
        &self.0
    }

    fn stack(&self) -> Later<'_, Result<watch::Receiver<Arc<Snapshot>>, Refusal>> {
        no()
    }

    fn view(&self, _measure: Measure) -> Later<'_, Result<Stack, Refusal>> {
        no()
    }

    fn why(&self) -> Later<'_, Result<Record, Refusal>> {
        no()
    }

    fn ask(&self, _request: Request, _asker: Asker) -> Later<'_, Result<Reply, Refusal>> {
        no()
    }

    fn follow(&self, _query: LogQuery) -> Later<'_, Result<Box<dyn Follow>, Refusal>> {
        Box::pin(ready(Ok(Box::new(TwoLines(0)) as Box<dyn Follow>)))
    }

    fn attach(&self, _query: AttachQuery) -> Later<'_, Result<Attached, Refusal>> {
        no()
    }
}

/// One server for all inputs: what one leaves behind is there for the next.
struct World {
    runtime: Runtime,
    local: LocalSet,
    path: PathBuf,
    _server: Server,
}

impl World {
    fn new() -> World {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let local = LocalSet::new();
        let directory = std::env::temp_dir().join(format!("forge-fuzz-{}", std::process::id()));
        let seat = claim(&[directory], 1, std::process::id()).expect("a directory");
        let path = seat.path();
        let about = About {
            version: 1,
            forge: "0".to_owned(),
            pid: 1,
            project: "fuzz".to_owned(),
            root: "/".to_owned(),
            began_ms: 0,
            log_dir: None,
        };
        let server = local.block_on(&runtime, async {
            Server::start(seat, Rc::new(Nobody(about))).expect("a runtime takes a socket")
        });
        World { runtime, local, path, _server: server }
    }
}

thread_local! {
    static WORLD: OnceCell<World> = const { OnceCell::new() };
}

fuzz_target!(|input: &[u8]| {
    let [cuts, bytes] = fields(input, 0xfe);
    query(bytes);
    WORLD.with(|world| {
        let World { runtime, local, path, .. } = world.get_or_init(World::new);
        local.block_on(runtime, async {
            let mut stream = UnixStream::connect(path).await.expect("somebody listens");
            for piece in pieces(bytes, cuts) {
                // Whoever is refused is not read any more.
                if stream.write_all(piece).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            let _ = stream.shutdown().await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{answer:?}");
            let client = Client::new(Address::at(path), "fuzz");
            let about: About = client.get("/v1").await.expect("the next one is answered");
            assert_eq!(about.project, "fuzz");
            let mut lines = client.lines("/v1/logs").await.expect("lines");
            let mut heard = Vec::new();
            while let Some(more) = lines.next().await {
                heard.extend(more);
            }
            assert_eq!(heard, b"{}\n{}\n");
        });
    });
});

/// Whatever stands in a query is understood or refused, and what is written there is read again.
fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = LogQuery::read(Some(&text), WallTime::default(), &|_| 0);
    let name = text.replace([',', ' '], "");
    let query = written([("name", name.as_str())]);
    let read = LogQuery::read(Some(&query[1..]), WallTime::default(), &|_| 0).expect("a name is a name");
    let read: String = read.names.concat();
    assert_eq!(read, name.trim());
}
