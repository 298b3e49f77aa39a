use std::io;
use std::sync::{Arc, Mutex};

use super::{Glass, Stage, StageWriter, Window};
use crate::logs::Writer;

/// A terminal in memory, with everything that it was sent.
#[derive(Clone)]
struct Screen(Arc<Mutex<(avt::Terminal, Window)>>);

impl Screen {
    fn new(columns: u16, rows: u16) -> Screen {
        let emulator = avt::Terminal::with_scrollback(columns.into(), rows.into(), None);
        let emulator = emulator.expect("a size");
        Screen(Arc::new(Mutex::new((emulator, Window { rows, columns }))))
    }

    fn resize(&self, columns: u16, rows: u16) {
        let mut screen = self.0.lock().expect("no panic");
        screen.0.resize(columns.into(), rows.into());
        screen.1 = Window { rows, columns };
    }

    /// What is in the window, without empty rows at its end.
    fn window(&self) -> Vec<String> {
        let screen = self.0.lock().expect("no panic");
        let mut rows: Vec<String> =
            screen.0.screen().visible_lines().map(|line| line.text().trim_end().to_owned()).collect();
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }

    /// All that was ever there.
    fn history(&self) -> Vec<String> {
        let screen = self.0.lock().expect("no panic");
        let mut rows: Vec<String> =
            screen.0.screen().all_lines().map(|line| line.text().trim_end().to_owned()).collect();
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }

    fn cursor(&self) -> (usize, usize) {
        let cursor = self.0.lock().expect("no panic").0.cursor();
        (cursor.row, cursor.col)
    }
}

impl Glass for Screen {
    fn window(&self) -> Option<Window> {
        Some(self.0.lock().expect("no panic").1)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // As `stty onlcr` does.
        let text = String::from_utf8_lossy(bytes).replace('\n', "\r\n");
        self.0.lock().expect("no panic").0.feed(&text);
        Ok(bytes.len())
    }
}

fn stage(columns: u16, rows: u16) -> (Screen, Stage, StageWriter<Screen>) {
    let screen = Screen::new(columns, rows);
    let (stage, writer) = Stage::new(screen.clone(), Box::new(tempfile::tempfile));
    (screen, stage, writer)
}

fn say(writer: &mut StageWriter<Screen>, text: &str) {
    assert_eq!(writer.write(text.as_bytes(), &mut Vec::new()).expect("a screen"), text.len());
}

#[test]
fn the_bar_stays_below_and_lines_leave_at_the_top() {
    let (screen, stage, mut writer) = stage(20, 5);
    say(&mut writer, "shell$ forge start\n");
    stage.raise();
    stage.draw(b"bar".to_vec());
    for number in 1..=6 {
        say(&mut writer, &format!("line {number}\n"));
    }
    assert_eq!(screen.window(), ["line 4", "line 5", "line 6", "", "bar"]);
    assert_eq!(screen.history()[..4], ["shell$ forge start", "line 1", "line 2", "line 3"]);
    stage.draw(b"other".to_vec());
    writer.nudged().expect("a screen");
    assert_eq!(screen.window()[4], "other");
    assert_eq!(screen.cursor(), (3, 0));
    stage.lower();
    writer.nudged().expect("a screen");
    assert_eq!(screen.window(), ["line 4", "line 5", "line 6"]);
    assert_eq!(screen.cursor(), (3, 0));
    say(&mut writer, "a\nb\nc\nd\n");
    assert_eq!(screen.window(), ["a", "b", "c", "d"]);
}

#[test]
fn at_the_bottom_of_the_window_no_line_is_lost_for_the_bar() {
    let (screen, stage, mut writer) = stage(20, 4);
    say(&mut writer, "1\n2\n3\n4\n5\nopen");
    stage.raise();
    stage.draw(b"bar".to_vec());
    writer.nudged().expect("a screen");
    assert_eq!(screen.history(), ["1", "2", "3", "4", "5", "open", "bar"]);
    say(&mut writer, " line\n");
    assert_eq!(screen.history(), ["1", "2", "3", "4", "5", "open line", "", "bar"]);
}

#[test]
fn a_window_may_change_at_any_time() {
    let sizes = [(20, 10), (20, 5), (30, 5), (12, 8), (20, 2), (20, 9), (40, 4), (10, 3), (9, 9), (20, 6)];
    let (screen, stage, mut writer) = stage(20, 6);
    stage.raise();
    stage.draw(b"the bar".to_vec());
    let mut expected = Vec::new();
    for (round, (columns, rows)) in sizes.into_iter().enumerate() {
        for number in 0..round % 4 {
            say(&mut writer, &format!("{round}:{number}\n"));
            expected.push(format!("{round}:{number}"));
        }
        screen.resize(columns, rows);
        writer.nudged().expect("a screen");
        let window = screen.window();
        let has_bar = columns >= 10 && rows >= 3;
        let bars = screen.history().iter().filter(|row| row.contains("bar")).count();
        assert_eq!(bars, usize::from(has_bar), "{columns}x{rows}: {:?}", screen.history());
        assert!(!has_bar || window[usize::from(rows) - 1] == "the bar", "{columns}x{rows}: {window:?}");
        let lines: Vec<String> = screen.history().into_iter().filter(|row| row.contains(':')).collect();
        assert_eq!(lines, expected, "{columns}x{rows}");
    }
}

#[test]
fn what_is_held_comes_later_and_whole() {
    let (screen, stage, mut writer) = stage(20, 6);
    stage.raise();
    stage.draw(b"bar".to_vec());
    say(&mut writer, "before\n");
    stage.hold();
    stage.write(b"(Pdb) ".to_vec());
    say(&mut writer, "one\ntwo\n");
    assert_eq!(
        (screen.window()[..2].to_vec(), stage.held_lines()),
        (vec!["before".into(), "(Pdb)".into()], 2)
    );
    stage.write(b"c\n".to_vec());
    stage.release();
    writer.nudged().expect("a screen");
    say(&mut writer, "three\n");
    assert_eq!(screen.history(), ["before", "(Pdb) c", "one", "two", "three", "", "bar"]);
    assert_eq!(stage.held_lines(), 0);
}

#[test]
fn a_line_that_stands_open_is_ended_once() {
    for is_late in [false, true] {
        let (screen, stage, mut writer) = stage(30, 8);
        say(&mut writer, "web | (Pdb) ");
        if !is_late {
            say(&mut writer, "\n");
        }
        stage.hold();
        stage.write(b"(Pdb) c\r\n".to_vec());
        writer.nudged().expect("a screen");
        if is_late {
            say(&mut writer, "\n");
        }
        say(&mut writer, "db | one\n");
        stage.release();
        writer.nudged().expect("a screen");
        say(&mut writer, "db | two\n");
        assert_eq!(screen.history(), ["web | (Pdb)", "(Pdb) c", "db | one", "db | two"], "{is_late}");
    }
}

#[test]
fn a_process_that_has_the_keyboard_cannot_take_the_bar_away() {
    for harm in ["\x1b[2J\x1b[H", "\x1b[0J", "\x1b[J", "\x1b[r", "\x1b[1;6r\x1b[6;1H", "\x1b[!p", "\x1bc"] {
        let (screen, stage, mut writer) = stage(20, 6);
        stage.raise();
        stage.draw(b"bar".to_vec());
        say(&mut writer, "line\n");
        stage.hold();
        stage.write(harm.as_bytes().to_vec());
        writer.nudged().expect("a screen");
        assert_eq!(screen.window().last().map(String::as_str), Some("bar"), "{harm:?}");
        stage.write(b"\n\n\n\n\n\nlast".to_vec());
        writer.nudged().expect("a screen");
        assert_eq!(screen.window()[4..], ["last", "bar"], "{harm:?}");
    }
}

#[test]
fn more_than_memory_is_held() {
    let (screen, stage, mut writer) = stage(80, 6);
    stage.hold();
    let many: Vec<String> = (0..200_000).map(|number| format!("line {number}\n")).collect();
    for lines in many.chunks(5_000) {
        say(&mut writer, &lines.concat());
    }
    assert_eq!((stage.held_lines(), screen.window()), (200_000, vec![]));
    stage.release();
    writer.nudged().expect("a screen");
    assert_eq!(screen.window()[4], "line 199999");
}

#[test]
fn nobody_waits_for_a_bar_that_is_not_wanted() {
    let (screen, stage, mut writer) = stage(20, 6);
    stage.draw(b"bar".to_vec());
    say(&mut writer, "line\n");
    assert_eq!(screen.window(), ["line"]);
    stage.settle(std::time::Duration::from_secs(20));
}
