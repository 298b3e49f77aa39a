//! The whole of forge, from the `write` of a process to the `read` of whoever looks: figures, and proof that every line came.
//!
//! `cargo bench --bench end_to_end [-- [--rounds N] [--megabytes N] [--with NAME=COMMAND]... [CASE]...]`
//!
//! `--with` measures another program side by side, in turns; `{procfile}` stands for the Procfile, the current directory is its own.
//! benches/README.md says what the figures mean.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark is a program of its own: none of forge's rooms is here"
)]
#![expect(clippy::cast_precision_loss, reason = "a benchmark's figures are rounded anyway")]

#[path = "end_to_end/flood.rs"]
mod flood;
#[path = "end_to_end/listen.rs"]
mod listen;
#[path = "end_to_end/stack.rs"]
mod stack;

use std::time::{Duration, Instant};

use forge::ui::terminal;
use listen::Check;
use stack::{Output, Program, Stack};

/// What is asked for on the command line.
struct Wishes {
    rounds: usize,
    megabytes: usize,
    programs: Vec<Program>,
    cases: Vec<String>,
}

const CASES: [&str; 11] =
    ["pipe1", "pipe4", "pipe16", "lines4", "file4", "tty4", "long", "slow", "pause", "blocked", "latency"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, rest @ ..] = &arguments[..]
        && mode == "child"
    {
        return flood::child(rest);
    }
    let wishes = wishes(&arguments);
    say(&format!("{:9}{:10}{:>9}{:>10}{:>9}  every line\n", "case", "program", "MB/s", "CPU s/M", "RSS MB"));
    for case in &wishes.cases {
        let mut rounds: Vec<Vec<Figures>> = wishes.programs.iter().map(|_| Vec::new()).collect();
        for _ in 0..if case.starts_with(|first: char| "pf".contains(first) && case != "pause") {
            wishes.rounds
        } else {
            1
        } {
            for (program, rounds) in wishes.programs.iter().zip(&mut rounds) {
                rounds.push(run(program, case, wishes.megabytes));
            }
        }
        for (program, rounds) in wishes.programs.iter().zip(&mut rounds) {
            report(case, program, rounds);
        }
    }
}

fn wishes(arguments: &[String]) -> Wishes {
    let mut wishes =
        Wishes { rounds: 5, megabytes: 400, programs: vec![Program::forge("pipe")], cases: Vec::new() };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value").clone();
        match argument.as_str() {
            // What cargo adds.
            "--bench" => {}
            "--rounds" => wishes.rounds = value().parse().expect("a number"),
            "--megabytes" => wishes.megabytes = value().parse().expect("a number"),
            "--with" => wishes.programs.push(Program::parse(&value())),
            case if CASES.contains(&case) => wishes.cases.push(case.to_owned()),
            other => panic!("`{other}` is no case; there are {CASES:?}"),
        }
    }
    if wishes.cases.is_empty() {
        wishes.cases = CASES.map(str::to_owned).into();
    }
    wishes
}

/// What one run has shown.
struct Figures {
    megabytes_per_second: f64,
    /// Of the program and its helpers, not of the processes.
    cpu_per_million_lines: Option<f64>,
    peak_megabytes: f64,
    check: Check,
    remark: String,
}

fn run(program: &Program, case: &str, megabytes: usize) -> Figures {
    match case {
        "pipe1" => throughput(program, 1, megabytes, 65_536, Output::Pipe),
        "pipe4" => throughput(program, 4, megabytes, 65_536, Output::Pipe),
        "pipe16" => throughput(program, 16, megabytes, 65_536, Output::Pipe),
        "lines4" => throughput(program, 4, megabytes / 8, 0, Output::Pipe),
        "file4" => throughput(program, 4, megabytes, 65_536, Output::File),
        "tty4" => throughput(&program.with_line_terminals(), 4, megabytes / 8, 65_536, Output::Pipe),
        "long" => long(program),
        "slow" => slow(program, megabytes / 16),
        "pause" => pause(program, megabytes / 2),
        "blocked" => blocked(program),
        _ => latency(program),
    }
}

/// Processes that write as fast as they can, in blocks of so many bytes; 0 for a write a line.
fn throughput(
    program: &Program,
    processes: usize,
    megabytes: usize,
    block: usize,
    output: Output,
) -> Figures {
    let lines = megabytes * 1_000_000 / flood::LINE_BYTES / processes;
    let mut stack =
        Stack::start(program, processes, &["flood", &lines.to_string(), &block.to_string()], output);
    let mut check = Check::new(processes, lines);
    stack.listen(&mut check, |_| {});
    figures(stack, check, String::new())
}

fn figures(mut stack: Stack, check: Check, remark: String) -> Figures {
    let seconds = check.first.map_or(0.0, |first| (check.last - first).as_secs_f64());
    let million = check.good as f64 / 1e6;
    let figures = Figures {
        megabytes_per_second: million * flood::LINE_BYTES as f64 / seconds.max(1e-9),
        cpu_per_million_lines: (million > 0.1).then(|| stack.cpu_seconds() / million),
        peak_megabytes: stack.peak_megabytes(),
        check,
        remark,
    };
    stack.end();
    figures
}

/// One line of 200 MB.
fn long(program: &Program) -> Figures {
    let mut stack = Stack::start(program, 1, &["long", "200000000"], Output::Pipe);
    let mut check = Check::new(1, 0);
    stack.listen(&mut check, |_| {});
    let remark = format!("{} of 200000000 bytes in {} pieces", check.long_bytes, check.long_pieces);
    figures(stack, check, remark)
}

/// A reader that takes 64 KiB every 10 ms.
fn slow(program: &Program, megabytes: usize) -> Figures {
    let lines = megabytes * 1_000_000 / flood::LINE_BYTES / 4;
    let mut stack = Stack::start(program, 4, &["flood", &lines.to_string(), "65536"], Output::Pipe);
    let mut check = Check::new(4, lines);
    stack.listen(&mut check, |_| std::thread::sleep(Duration::from_millis(10)));
    figures(stack, check, String::new())
}

/// A reader that stops for five seconds.
fn pause(program: &Program, megabytes: usize) -> Figures {
    let lines = megabytes * 1_000_000 / flood::LINE_BYTES / 4;
    let mut stack = Stack::start(program, 4, &["flood", &lines.to_string(), "65536"], Output::Pipe);
    let mut check = Check::new(4, lines);
    let mut pauses = 0;
    stack.listen(&mut check, |check| {
        if pauses == 0 && check.good > 10_000 {
            pauses = 1;
            std::thread::sleep(Duration::from_secs(5));
        }
    });
    figures(stack, check, "stopped for 5 s".to_owned())
}

/// Sixteen floods and a reader that reads nothing for ten seconds; then the stack is asked to stop, and the reader reads on.
fn blocked(program: &Program) -> Figures {
    let mut stack = Stack::start(program, 16, &["noise"], Output::Pipe);
    std::thread::sleep(Duration::from_secs(10));
    let peak_megabytes = stack.peak_megabytes();
    let asked = Instant::now();
    stack.signal(libc::SIGINT);
    let answered = stack.wait_until_processes_are_gone().then(|| asked.elapsed());
    let mut check = Check::new(16, 0);
    stack.listen_to_the_end(&mut check);
    check.expect_cut_lines(16);
    let remark = answered.map_or("processes live on after 5 s".to_owned(), |time| {
        format!("10 s blocked; processes gone {} ms after SIGINT", time.as_millis())
    });
    stack.end();
    Figures { megabytes_per_second: 0.0, cpu_per_million_lines: None, peak_megabytes, check, remark }
}

/// A line every 10 ms, alone and beside four floods.
fn latency(program: &Program) -> Figures {
    let mut remarks = Vec::new();
    let mut last = None;
    for noises in [0, 4] {
        let mut stack = Stack::start_mixed(program, &["tick", "400"], noises, &["noise"]);
        let mut check = Check::new(1, 0);
        stack.listen(&mut check, |_| {});
        check.latencies.sort_unstable();
        let at = |part: usize| {
            check.latencies.get(check.latencies.len() * part / 1000).map_or(0.0, |nanos| *nanos as f64 / 1e6)
        };
        remarks.push(format!("{noises} neighbours: p50 {:.2} ms, p99 {:.2} ms", at(500), at(990)));
        last = Some(figures(stack, check, String::new()));
    }
    let figures = last.expect("two runs");
    Figures { remark: remarks.join("; "), megabytes_per_second: 0.0, cpu_per_million_lines: None, ..figures }
}

fn report(case: &str, program: &Program, rounds: &mut [Figures]) {
    let median = |figure: &dyn Fn(&Figures) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let speed = median(&|figures| figures.megabytes_per_second);
    let cpu = median(&|figures| figures.cpu_per_million_lines.unwrap_or(0.0));
    let peak = rounds.iter().map(|figures| figures.peak_megabytes).fold(0.0, f64::max);
    let shown =
        |figure: f64, digits: usize| if figure > 0.0 { format!("{figure:.digits$}") } else { "-".into() };
    let verdicts: Vec<String> = rounds.iter().filter_map(|figures| figures.check.complaint()).collect();
    let verdict = if verdicts.is_empty() { "right".to_owned() } else { verdicts.join("; ") };
    let remark = rounds.last().map_or("", |figures| &figures.remark);
    say(&format!(
        "{case:9}{:10}{:>9}{:>10}{peak:9.1}  {verdict} {remark}\n",
        program.name,
        shown(speed, 0),
        shown(cpu, 4)
    ));
}

fn say(text: &str) {
    let _ = terminal::out(text);
}
