//! How fast lines get from the pipes of processes to a pipe: readers, hub, sink and outlet, without processes.
//!
//! `cargo bench --bench lines [-- MEGABYTES]`. Each round ends with a check that every line has come. The
//! yardstick in each line of the table is the same data through one bare pipe. `masked`: with secrets to be looked for.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::sync::Arc;
use std::thread;

use forge::engine::{Hub, Patience, Way, read};
use forge::logs::{Channel, Mask, Masking, Origin, Rewrite};
use forge::project::secrets::Secret;
use forge::project::{
    Colour, InstanceId, InstanceSpec, Output, Place, ProcessName, ProcessSpec, Project, Tty,
};
use forge::supervisor::RunId;
use forge::ui::sinks::{Screen, StreamSink};
use forge::ui::terminal;
use tokio::sync::oneshot;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::Instant;

const LINE_BYTES: usize = 80;
/// `00:00:00 p10.1  | ` as wide as the longest name makes it.
const PREFIX_BYTES: usize = "00:00:00 ".len() + "p100.1".len() + " | ".len();

fn main() {
    let megabytes = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(400);
    let _ = terminal::out("processes   forge MB/s  masked MB/s   bare pipe MB/s   ratio  masked\n");
    for processes in [1, 4, 16] {
        let lines_each = megabytes * 1_000_000 / LINE_BYTES / processes;
        let forge = best(|| through_forge(processes, lines_each, &Mask::default));
        let masked = best(|| through_forge(processes, lines_each, &mask));
        let bare = best(|| through_a_pipe(processes * lines_each));
        let (ratio, masked_ratio) = (forge / bare, masked / bare);
        let _ = terminal::out(&format!(
            "{processes:9} {forge:12.0} {masked:12.0} {bare:16.0} {ratio:7.2} {masked_ratio:7.2}\n"
        ));
    }
}

/// Twelve secrets, one of them as short as they may be, which is the worst there is.
fn mask() -> Mask {
    let secrets =
        (1..12_u64).map(|number| format!("{:032x}", u128::from(number) << 64 | 0x9e37_79b9_7f4a_7c15));
    Mask::new(secrets.chain(["hunter22".to_owned()]).filter_map(Secret::whole).collect())
}

/// Returns the best of five rounds: what else the machine does can only make it slower.
fn best(round: impl Fn() -> f64) -> f64 {
    (0..5).map(|_| round()).fold(0.0, f64::max)
}

/// Returns MB/s of the lines alone; the prefixes come on top.
#[expect(clippy::cast_precision_loss, reason = "a benchmark's figures are rounded anyway")]
fn megabytes_per_second(lines: usize, since: Instant) -> f64 {
    (lines * LINE_BYTES) as f64 / 1e6 / since.elapsed().as_secs_f64()
}

fn through_a_pipe(lines: usize) -> f64 {
    let (reader, writer) = io::pipe().expect("a pipe");
    let begin = Instant::now();
    let flooding = thread::spawn(move || flood(writer, lines));
    count(reader, lines * LINE_BYTES);
    flooding.join().expect("no panic");
    megabytes_per_second(lines, begin)
}

fn through_forge(processes: usize, lines_each: usize, mask: &dyn Fn() -> Mask) -> f64 {
    let (reader, writer) = io::pipe().expect("a pipe");
    let lines = processes * lines_each;
    let begin = Instant::now();
    let counting = thread::spawn(move || count(reader, lines * (LINE_BYTES + PREFIX_BYTES)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let project = project(processes);
        let sink = StreamSink::new(&project, Screen { terminal: false, colour: false });
        let way = Way::to("output", Box::new(sink), writer.into()).expect("a thread");
        let mask = mask();
        let rewrite = (!mask.is_empty()).then(|| Box::new(Masking::new(mask)) as Box<dyn Rewrite>);
        let hub = Hub::start(vec![way], rewrite, Patience::ELSEWHERE);
        let readers: Vec<_> = project
            .instances
            .iter()
            .map(|instance| {
                let (output, process) = io::pipe().expect("a pipe");
                thread::spawn(move || flood(process, lines_each));
                let hub = hub.clone();
                let stream =
                    hub.begin(&Origin { instance, channel: Channel::Both, run: RunId(1), number: 1, pid: 1 });
                spawn_local(async move {
                    let (_last_call, hears_last_call) = oneshot::channel();
                    read(hub, stream, output.into(), hears_last_call).await
                })
            })
            .collect();
        for reader in readers {
            reader.await.expect("no panic").expect("a place in the poller");
        }
        hub.finish().await;
    });
    counting.join().expect("no panic");
    megabytes_per_second(lines, begin)
}

/// Writes lines as a process with a large buffer does.
fn flood(mut output: PipeWriter, lines: usize) {
    let mut line = [b'x'; LINE_BYTES];
    line[LINE_BYTES - 1] = b'\n';
    let block = line.repeat(64 * 1024 / LINE_BYTES);
    let mut left = lines * LINE_BYTES;
    while left > 0 {
        let part = left.min(block.len());
        output.write_all(&block[..part]).expect("a reader");
        left -= part;
    }
}

/// Reads exactly as much as there should be.
fn count(mut input: PipeReader, bytes: usize) {
    let mut buffer = vec![0; 256 * 1024];
    let mut left = bytes;
    while left > 0 {
        let length = input.read(&mut buffer).expect("bytes");
        assert!(0 < length && length <= left, "{left} bytes should still come, {length} came");
        left -= length;
    }
}

fn project(processes: usize) -> Project {
    // Names of the same length, so that all prefixes are.
    let instances = (100..100 + processes).map(|number| {
        let name = ProcessName::new(&format!("p{number}"));
        let place = Place { file: Arc::from("Procfile"), line: 1 };
        let process = ProcessSpec::plain(name, b"flood".to_vec(), place, number);
        let id = InstanceId { process: process.name.clone(), index: 1 };
        InstanceSpec { id, process: Arc::new(process), port: None }
    });
    Project {
        instances: instances.collect(),
        output: Output { colour: Colour::Never, tty: Tty::Pipe, ..Project::default().output },
        ..Project::default()
    }
}
