#![expect(clippy::disallowed_methods, reason = "the tests look at the files from outside")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{LogWriter, Rotation};
use crate::logs::{Channel, Writer};
use crate::store::directory::{Directory, Refusal};
use crate::store::frame::{put_bare, put_file, put_text};
use crate::store::index::{Kind, Record};
use crate::store::reader::{Archive, Line, Start, Track};
use crate::time::WallTime;

/// A directory of logs, and what a sink would say.
struct Logs {
    place: TempDir,
    writer: Option<LogWriter>,
    out: Vec<u8>,
    order: u64,
    files: Vec<String>,
    /// Who has begun a line.
    open: BTreeSet<String>,
}

const ROTATION: Rotation = Rotation { bytes: 1_000_000, keep: 5 };

impl Logs {
    fn new(rotation: Rotation) -> Logs {
        let place = tempfile::tempdir().expect("a directory for a test");
        let mut logs =
            Logs { place, writer: None, out: Vec::new(), order: 0, files: Vec::new(), open: BTreeSet::new() };
        logs.begin(rotation);
        logs
    }

    fn path(&self) -> std::path::PathBuf {
        self.place.path().join("logs")
    }

    /// A forge ends and another one begins.
    fn begin(&mut self, rotation: Rotation) {
        self.writer = None;
        self.files.clear();
        self.open.clear();
        let directory = Directory::open(&self.path(), self.place.path(), 1).expect("nobody else is there");
        self.writer = Some(LogWriter::new(directory, rotation));
    }

    fn record(&mut self, name: &str, kind: Kind) -> Record {
        let number = self.files.iter().position(|known| known == name).unwrap_or_else(|| {
            put_file(&mut self.out, name);
            self.files.push(name.to_owned());
            self.files.len() - 1
        });
        self.order += 1;
        Record {
            kind,
            channel: Channel::Both,
            at: WallTime {
                seconds: 1_000 + i64::try_from(self.order).expect("few"),
                nanos: 0,
                utc_offset: 0,
            },
            order: self.order,
            offset: number as u64,
            length: 0,
            run: 1,
            missing: 0,
        }
    }

    fn runs(&mut self, name: &str, pid: u64) -> &mut Logs {
        let record = Record { length: pid, ..self.record(name, Kind::Run) };
        put_bare(&mut self.out, &record);
        self
    }

    fn says(&mut self, name: &str, text: &str) -> &mut Logs {
        if text.is_empty() {
            return self;
        }
        let begins = !self.open.contains(name);
        if text.ends_with('\n') {
            self.open.remove(name);
        } else {
            self.open.insert(name.to_owned());
        }
        let kind = Kind::Text { begins, ends: text.ends_with('\n'), broken: false };
        let record = self.record(name, kind);
        put_text(&mut self.out, record, |out| out.extend_from_slice(text.as_bytes()));
        self
    }

    fn writes(&mut self) -> usize {
        let mut notes = Vec::new();
        let written =
            self.writer.as_mut().expect("somebody writes").write(&self.out, &mut notes).expect("it survives");
        assert_eq!(written, self.out.len());
        self.out.clear();
        notes.len()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    fn read(&self, name: &str, start: Start) -> Vec<Line> {
        let archive = Archive::open(&self.path()).expect("there are logs");
        let mut track = Track::open(&archive, name, start).expect("they can be read");
        std::iter::from_fn(|| track.next(&archive).expect("they can be read")).collect()
    }

    fn lines(&self, name: &str, start: Start) -> Vec<String> {
        let text = |line: Line| String::from_utf8(line.text).expect("text");
        self.read(name, start).into_iter().map(text).collect()
    }
}

#[test]
fn what_was_said_is_in_the_file_and_can_be_read_back() {
    let mut logs = Logs::new(ROTATION);
    logs.runs("web.1", 77)
        .says("web.1", "one\ntwo\n")
        .says("worker.1", "else\n")
        .says("web.1", "three\n")
        .writes();
    assert_eq!(logs.text("web.1.log"), "one\ntwo\nthree\n");
    let lines = logs.read("web.1", Start::Oldest);
    let about: Vec<_> = lines.iter().map(|line| (line.order, line.run, line.pid)).collect();
    assert_eq!(about, [(2, 1, Some(77)), (2, 1, Some(77)), (4, 1, Some(77))]);
    assert_eq!(lines[2].at.seconds, 1_004);
    assert_eq!(Archive::open(&logs.path()).expect("logs").names().expect("names"), ["web.1", "worker.1"]);
}

#[test]
fn pieces_of_a_line_are_one_line() {
    let mut logs = Logs::new(ROTATION);
    logs.says("web.1", "half").writes();
    logs.says("web.1", " and half\nnext\n").writes();
    let lines = logs.read("web.1", Start::Oldest);
    assert_eq!(lines.iter().map(|line| (line.order, line.text.len())).collect::<Vec<_>>(), [(1, 13), (2, 4)]);
}

#[test]
fn rotation_splits_no_line_and_keeps_what_it_should() {
    let mut logs = Logs::new(Rotation { bytes: 20, keep: 2 });
    for text in [
        "aaaaaaaaa\n",
        "bbbbbbbbb\n",
        "ccccc",
        "cccccccccccccccccccccccccc\n",
        "ddddddddd\n",
        "eeeeeeeeeeeeee\n",
    ] {
        logs.says("web.1", text).writes();
    }
    assert_eq!(logs.text("web.1.log"), "eeeeeeeeeeeeee\n");
    assert_eq!(logs.text("web.1.log.1"), "ddddddddd\n");
    assert_eq!(logs.text("web.1.log.2"), "ccccccccccccccccccccccccccccccc\n");
    assert!(!logs.path().join("web.1.log.3").exists());
    assert_eq!(logs.lines("web.1", Start::Oldest).len(), 3);
    assert_eq!(logs.lines("web.1", Start::Last(2)), ["ddddddddd", "eeeeeeeeeeeeee"]);
}

#[test]
fn a_batch_that_is_larger_than_a_file_is_spread_at_line_ends() {
    let mut logs = Logs::new(Rotation { bytes: 20, keep: 9 });
    for number in 0..8 {
        logs.says("web.1", &format!("line {number}\n"));
    }
    logs.writes();
    let lines = logs.lines("web.1", Start::Oldest);
    assert_eq!(lines, (0..8).map(|number| format!("line {number}")).collect::<Vec<_>>());
    assert_eq!(logs.text("web.1.log.3"), "line 0\nline 1\n");
}

#[test]
fn a_run_is_known_in_every_part_and_after_a_restart() {
    let mut logs = Logs::new(Rotation { bytes: 20, keep: 2 });
    logs.runs("web.1", 5).says("web.1", "aaaaaaaaaaaaaaaa\n").writes();
    logs.says("web.1", "bbbbbbbbbbbbbbbb\n").writes();
    logs.says("web.1", "cccccccccccccccc\n").writes();
    logs.says("web.1", "dddddddddddddddd\n").writes();
    let known = |logs: &Logs| {
        logs.read("web.1", Start::Oldest).iter().map(|line| (line.run, line.pid)).collect::<Vec<_>>()
    };
    assert_eq!(known(&logs), [(1, Some(5)); 3]);
    logs.begin(Rotation { bytes: 20, keep: 2 });
    logs.runs("web.1", 6).says("web.1", "e\n").writes();
    assert_eq!(known(&logs).last(), Some(&(2, Some(6))));
    let last = logs.read("web.1", Start::Last(1));
    assert_eq!((last.len(), last[0].pid), (1, Some(6)));
}

#[test]
fn half_a_line_of_a_killed_forge_stays_a_line() {
    let mut logs = Logs::new(ROTATION);
    logs.says("web.1", "whole\nhal").writes();
    logs.begin(ROTATION);
    logs.says("web.1", "new\n").writes();
    assert_eq!(logs.lines("web.1", Start::Oldest), ["whole", "hal", "new"]);
}

#[test]
fn bytes_without_a_record_are_shown_all_the_same() {
    let mut logs = Logs::new(ROTATION);
    logs.says("web.1", "known\n").writes();
    logs.writer = None;
    let path = logs.path().join("web.1.log");
    fs::write(&path, "known\nlast words").expect("room");
    assert_eq!(logs.lines("web.1", Start::Oldest), ["known", "last words"]);
    assert_eq!(logs.lines("web.1", Start::Last(1)), ["known", "last words"]);
    logs.begin(ROTATION);
    logs.says("web.1", "new\n").writes();
    assert_eq!(logs.lines("web.1", Start::Oldest), ["known", "last words", "new"]);
}

#[test]
fn half_a_record_is_no_record() {
    let mut logs = Logs::new(ROTATION);
    logs.says("web.1", "one\n").writes();
    logs.writer = None;
    let path = logs.path().join("index/web.1.log.idx");
    let mut index = fs::read(&path).expect("it is there");
    index.extend_from_slice(&[1; 30]);
    fs::write(&path, index).expect("room");
    assert_eq!(logs.lines("web.1", Start::Oldest), ["one"]);
    logs.begin(ROTATION);
    logs.says("web.1", "two\n").writes();
    assert_eq!(logs.lines("web.1", Start::Oldest), ["one", "two"]);
}

#[test]
fn a_file_that_was_emptied_or_removed_goes_on() {
    let mut logs = Logs::new(ROTATION);
    logs.says("web.1", "one\ntwo\n").writes();
    fs::write(logs.path().join("web.1.log"), "").expect("room");
    logs.says("web.1", "three\n").writes();
    assert_eq!(logs.lines("web.1", Start::Oldest), ["three"]);
    fs::remove_file(logs.path().join("web.1.log")).expect("it is there");
    assert_eq!(logs.lines("web.1", Start::Oldest), Vec::<String>::new());
    logs.says("web.1", "four\n").writes();
    assert_eq!(logs.text("web.1.log"), "four\n");
    assert_eq!(logs.lines("web.1", Start::Oldest), ["four"]);
}

#[test]
fn few_files_are_open_however_many_there_are() {
    let mut logs = Logs::new(ROTATION);
    for round in 0..3 {
        for number in 0..100 {
            logs.says(&format!("p.{number}"), &format!("{round}\n"));
        }
        logs.writes();
    }
    let open = logs.writer.as_ref().expect("it is there").files.iter().filter(|file| file.is_open()).count();
    assert_eq!(open, super::OPEN);
    for number in 0..100 {
        assert_eq!(logs.text(&format!("p.{number}.log")), "0\n1\n2\n");
    }
}

#[test]
fn a_rotation_that_was_killed_half_way_is_repaired() {
    let mut logs = Logs::new(Rotation { bytes: 5, keep: 3 });
    for text in ["one 1\n", "two 2\n", "three\n"] {
        logs.runs("web.1", 9).says("web.1", text).writes();
    }
    logs.writer = None;
    // The text has been put aside, its index has not.
    let name = |age: u32| logs.path().join(super::names::text("web.1", age));
    fs::rename(name(2), name(3)).expect("it is there");
    logs.begin(Rotation { bytes: 5, keep: 3 });
    logs.says("web.1", "four\n").writes();
    let lines = logs.read("web.1", Start::Oldest);
    assert_eq!(lines.iter().map(|line| line.order).collect::<Vec<_>>(), [2, 4, 6, 7]);
}

#[test]
fn links_are_not_followed_and_the_trouble_is_told_once() {
    let mut logs = Logs::new(ROTATION);
    let target = logs.place.path().join("target");
    fs::write(&target, "kept").expect("room");
    std::os::unix::fs::symlink(&target, logs.path().join("web.1.log")).expect("room");
    assert_eq!(logs.says("web.1", "one\n").writes(), 1);
    assert_eq!(logs.says("web.1", "two\n").writes(), 0);
    assert_eq!(fs::read_to_string(&target).expect("it is there"), "kept");
    fs::remove_file(logs.path().join("web.1.log")).expect("it is there");
    logs.order += 10;
    assert_eq!(logs.says("web.1", "three\n").writes(), 0);
    let text = logs.text("web.1.log");
    assert!(text.starts_with("[forge: 2 lines are missing here (8 bytes, from 00:16:41 on): "), "{text}");
    assert!(text.ends_with("]\nthree\n"), "{text}");
    let lines = logs.read("web.1", Start::Oldest);
    assert_eq!(lines.iter().map(|line| line.gap).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_directory_is_of_one_project_and_one_forge() {
    let place = tempfile::tempdir().expect("a directory for a test");
    let (logs, one, other) =
        (place.path().join("logs"), place.path().join("one"), place.path().join("other"));
    fs::create_dir(&one).and_then(|()| fs::create_dir(&other)).expect("room");
    let open = |project: &Path| Directory::open(&logs, project, 4711);
    let first = open(&one).expect("it is new");
    assert!(matches!(open(&one), Err(Refusal::Taken { pid: Some(4711) })));
    drop(first);
    drop(open(&one).expect("it is free again"));
    assert!(matches!(open(&other), Err(Refusal::Foreign { project }) if project == one));
    // A project that is gone leaves its logs, and what lies within a project is its own.
    fs::remove_dir(&one).expect("it is empty");
    drop(open(&other).expect("nobody has it"));
    fs::create_dir(&one).expect("room");
    drop(open(place.path()).expect("it lies within"));
    assert_eq!(fs::read_to_string(logs.join(".gitignore")).expect("it was made"), "*\n");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..proptest::prelude::ProptestConfig::with_cases(32) })]

    /// However it is cut, put aside and begun again: every line comes back, whole and in its order.
    #[test]
    fn everything_comes_back(
        said in proptest::collection::vec((0..3_usize, "[a-z]{0,12}\n?", 0..8_u8), 1..60),
        bytes in 1..200_u64,
        last in 0..20_usize,
    ) {
        let mut logs = Logs::new(Rotation { bytes, keep: 1000 });
        let mut expected = [const { String::new() }; 3];
        for (who, text, then) in &said {
            logs.says(&format!("p.{who}"), text);
            expected[*who].push_str(text);
            match then {
                0 => drop(logs.writes()),
                1 => {
                    logs.writes();
                    logs.begin(Rotation { bytes, keep: 1000 });
                    // A session that ends in the middle of a line leaves a line.
                    for text in &mut expected {
                        if !text.is_empty() && !text.ends_with('\n') {
                            text.push('\n');
                        }
                    }
                }
                _ => {}
            }
        }
        logs.writes();
        for (who, text) in expected.iter().enumerate() {
            let name = format!("p.{who}");
            let lines: Vec<&str> = text.lines().collect();
            proptest::prop_assert_eq!(&logs.lines(&name, Start::Oldest), &lines);
            let end = logs.lines(&name, Start::Last(last));
            proptest::prop_assert!(end.len() >= last.min(lines.len()) && lines.ends_with(&end.iter().map(String::as_str).collect::<Vec<_>>()));
        }
    }
}
