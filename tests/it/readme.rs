//! What the README says is so: its example, its two commands, its tables, its links.

#![expect(
    clippy::disallowed_methods,
    reason = "files of the repository are read, programs of the example are run"
)]

use std::fs;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use ::forge::exit::{Exit, Step};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// Every text of the repository that a reader may follow a link in.
const TEXTS: &[&str] = &[
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "docs/codes.md",
    "docs/coming-from.md",
    "docs/promises.md",
];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_example_is_quoted_whole() {
    let quoted = fenced(&text("README.md"), "procfile");
    assert_eq!(quoted, [text("Procfile.example")], "README.md quotes Procfile.example, whole and once");
}

#[test]
fn the_two_commands_stand_alone() {
    let commands = fenced(&text("README.md"), "sh");
    for command in ["cargo run --release -- start -f Procfile.example\n", "cargo test\n"] {
        assert!(commands.iter().any(|block| block == command), "README.md has no block with only: {command}");
    }
}

#[test]
fn every_flag_and_command_of_the_readme_is_known_to_the_help() {
    let known = ["", "start", "run", "check", "env", "logs", "ps", "completions", "man", "version"]
        .map(|command| [help_of(command), format!("\n  forge {command}\n")].concat())
        .concat();
    let texts =
        [("README.md", text("README.md")), ("docs/coming-from.md", ours(&text("docs/coming-from.md")))];
    for (path, text_of_it) in texts {
        let ours = text_of_it.lines().filter(|line| !line.contains("cargo ")).collect::<Vec<_>>().join("\n");
        for flag in words_that_begin_with(&ours, "--") {
            assert!(known.contains(flag), "{path} names {flag}, no help does");
        }
        for words in ours.split("`forge ").skip(1) {
            let command = words.split([' ', '`']).next().expect("split gives at least one");
            let is_known =
                known.contains(&format!("\n  {command} ")) || known.contains(&format!("forge {command}\n"));
            assert!(is_known || command == "COMMAND" || command == "s", "{path} names `forge {command}`");
        }
    }
}

#[test]
fn every_exit_code_of_the_readme_is_in_the_help() {
    let help = help_of("");
    let (_, codes) = help.split_once("Exit codes:").expect("the help has the exit codes");
    let readme = text("README.md");
    for cell in first_cells(section(&readme, "## Exit codes")) {
        for code in cell.split(" / ") {
            let is_there =
                codes.split(|c: char| c.is_whitespace() || ",;".contains(c)).any(|word| word == code);
            assert!(is_there, "README.md has the exit code {code}, the help has not");
        }
    }
}

#[test]
fn the_example_runs_under_forge() {
    let port = free_port();
    let target = tempfile::tempdir().expect("a directory for the example");
    let mut command = Command::new(env!("CARGO_BIN_EXE_forge"));
    command.args(["start", "-f", "Procfile.example", "--no-timestamp", "-p", &port.to_string()]);
    let mut forge = Program::start(&mut command, &target, &[]);
    // The three speak at the same time; each in its own order.
    forge.says_all(&[
        &format!("web.1       | listening on http://127.0.0.1:{port}/"),
        "worker.1    | done with job-1",
        "scheduler.1 | job-1 is in the queue",
    ]);
    assert!(visit(port).contains("hello from web.1, process "));
    forge.says("web.1       | GET /up -> 200");
    forge.asked_to_stop();
    forge.says_all(&["worker.1    | exited with code 0", "scheduler.1 | exited with code 0"]);
    forge.ends_well();
}

#[test]
fn exit_codes_are_those_of_the_code() {
    let died = Exit::Signal { number: 9, core_dumped: false };
    assert_eq!(died.shell_code(), 128 + 9);
    let not_found = Exit::NeverStarted { step: Step::Look, errno: libc::ENOENT }.shell_code();
    let not_executable = Exit::NeverStarted { step: Step::Look, errno: libc::EACCES }.shell_code();
    let pair = format!("{not_executable} / {not_found}");
    let readme = text("README.md");
    let documented = first_cells(section(&readme, "## Exit codes"));
    assert_eq!(documented, ["0", "N", "128+n", "125", &pair, "1", "2", "3"]);
}

#[test]
fn links_lead_somewhere() {
    for path in TEXTS {
        let text_of_it = text(path);
        for (target, anchor) in links(&text_of_it) {
            let file = if target.is_empty() {
                repository().join(path)
            } else {
                repository().join(path).parent().expect("a file is in a directory").join(&target)
            };
            let there =
                fs::read_to_string(&file).unwrap_or_else(|_| panic!("{path} links to {target}, not there"));
            if let Some(anchor) = anchor {
                assert!(
                    anchors(&there).contains(&anchor),
                    "{path} links to {target}#{anchor}, no such heading"
                );
            }
        }
    }
}

#[test]
fn the_worker_takes_what_the_scheduler_gives_and_both_stop_when_asked() {
    let queue = tempfile::tempdir().expect("a directory for the queue");
    let mut scheduler = Program::script("scheduler", &queue, &[]);
    scheduler.says("job-1 is in the queue");
    let mut worker = Program::script("worker", &queue, &[]);
    worker.says("working on job-1");
    worker.asked_to_stop();
    worker.says("asked to stop, finishing job-1 first");
    worker.says("done with job-1");
    worker.ends_well();
    scheduler.asked_to_stop();
    scheduler.ends_well();
}

#[test]
fn the_web_server_answers_on_its_port() {
    let port = free_port();
    let build = tempfile::tempdir().expect("a directory to compile in");
    let mut web = Program::script("web", &build, &[("PORT", &port.to_string())]);
    web.says(&format!("listening on http://127.0.0.1:{port}/"));

    let answer = visit(port);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\n\r\nhello from web.7, process "), "{answer}");
    web.says("GET /up -> 200");
}

/// Returns a port that was free a moment ago; the next one who asks the kernel for any port gets another.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

/// Asks the web server of the example for a page and returns its whole answer.
fn visit(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.write_all(b"GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers and closes");
    answer
}

/// Returns what `forge COMMAND --help` prints, or `forge --help`.
fn help_of(command: &str) -> String {
    let words = [command, "--help"].into_iter().filter(|word| !word.is_empty());
    let output =
        Command::new(env!("CARGO_BIN_EXE_forge")).args(words).output().expect("forge can be started");
    String::from_utf8(output.stdout).expect("the help is UTF-8")
}

/// A program of the example, or forge with all of them.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts a script of the example, outside forge.
    fn script(name: &str, target: &TempDir, variables: &[(&str, &str)]) -> Program {
        let mut command = Command::new("sh");
        command.arg(format!("examples/{name}.sh")).env("PS", format!("{name}.7"));
        Program::start(&mut command, target, variables)
    }

    fn start(command: &mut Command, target: &TempDir, variables: &[(&str, &str)]) -> Program {
        let mut child = command
            .current_dir(repository())
            .env("CARGO_TARGET_DIR", target.path())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it can be started");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Program { child, lines }
    }

    /// Reads on until each of these lines has come, in any order.
    #[track_caller]
    fn says_all(&mut self, wanted: &[&str]) {
        let mut missing = wanted.to_vec();
        let mut heard = Vec::new();
        while !missing.is_empty() {
            let Some(line) = self.lines.next() else {
                panic!("it ended without saying: {missing:#?}, it said: {heard:#?}")
            };
            let line = line.expect("UTF-8");
            missing.retain(|wanted| *wanted != line);
            heard.push(line);
        }
    }

    /// Reads on until this line comes.
    #[track_caller]
    fn says(&mut self, wanted: &str) {
        self.says_all(&[wanted]);
    }

    fn asked_to_stop(&self) {
        let pid = i32::try_from(self.child.id()).expect("process ids are small");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("it is there");
    }

    /// Reads what is left and waits for the end.
    #[track_caller]
    fn ends_well(mut self) {
        while self.lines.next().is_some() {}
        let status = self.child.wait().expect("it is ours");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A test that failed leaves nobody behind; one that went well has nobody to kill any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the blocks of code with this label.
fn fenced(text: &str, label: &str) -> Vec<String> {
    let open = format!("\n```{label}\n");
    text.split(&open)
        .skip(1)
        .map(|rest| rest.split_inclusive('\n').take_while(|line| *line != "```\n").collect())
        .collect()
}

/// Returns what stands below a heading, up to the next one of its level.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, rest) =
        text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading: {heading}"));
    rest.split("\n## ").next().unwrap_or(rest)
}

/// Returns the first cell of each row of a table, without its head.
fn first_cells(text: &str) -> Vec<&str> {
    let cell = |line| -> Option<&str> { Some(str::strip_prefix(line, "| ")?.split_once(" |")?.0) };
    text.lines().filter_map(cell).skip(2).collect()
}

/// Returns a text of the repository without the cells that speak of what was typed for another tool.
fn ours(text: &str) -> String {
    let own = |line: &str| match line.strip_prefix("| ").and_then(|row| row.split_once(" | ")) {
        Some((_, rest)) => rest.to_owned(),
        None => line.to_owned(),
    };
    text.lines().map(own).collect::<Vec<_>>().join("\n")
}

/// Returns each word that begins so, in code or in a block of it.
fn words_that_begin_with<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    words.filter(move |word| word.starts_with(start) && word.len() > start.len() && !word.starts_with("---"))
}

/// Returns the links that stay in the repository: file and heading.
fn links(text: &str) -> Vec<(String, Option<String>)> {
    let target = |rest: &str| rest.split_once(')').map(|(target, _)| target.to_owned());
    let local = |target: &String| !target.contains("://") && !target.starts_with("mailto:");
    let targets = text.split("](").skip(1).filter_map(target).filter(local);
    targets
        .map(|target| match target.split_once('#') {
            Some((file, anchor)) => (file.to_owned(), Some(anchor.to_owned())),
            None => (target, None),
        })
        .collect()
}

/// Returns the names of the headings as links spell them.
fn anchors(text: &str) -> Vec<String> {
    let headings =
        text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let letter = |c: char| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
        _ => None,
    };
    headings.map(|heading| heading.chars().filter_map(letter).collect()).collect()
}

#[test]
fn blocks_links_and_headings_are_found() {
    let text = "# The `.env` file\n\n```sh\na\nb\n```\ntext [x](docs/a.md#b-c) [y](https://example.org) [z](#d)\n\n```sh\nc\n```\n";
    assert_eq!(fenced(text, "sh"), ["a\nb\n", "c\n"]);
    assert_eq!(
        links(text),
        [("docs/a.md".to_owned(), Some("b-c".to_owned())), (String::new(), Some("d".to_owned()))]
    );
    assert_eq!(anchors(text), ["the-env-file"]);
}
