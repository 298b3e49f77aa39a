use expect_test::{Expect, expect};
use unicode_width::UnicodeWidthStr;

use super::super::keys::Keys;
use super::super::model::tests::{id, model};
use super::super::model::{Mode, Model, State};
use super::line;

/// Returns what is seen of a line.
fn seen(model: &Model, columns: u16) -> String {
    let mut terminal = avt::Vt::new(usize::from(columns).max(2), 2);
    let line = String::from_utf8(line(model, columns, true)).expect("text");
    assert!(line.ends_with("\x1b[0m"), "{line:?}");
    terminal.feed_str(&line);
    let second = terminal.line(1).text();
    assert_eq!(second.trim(), "", "wider than {columns}: {line:?}");
    terminal.line(0).text().trim_end().to_owned()
}

fn check(model: &Model, widths: &[u16], expected: Expect) {
    let lines: Vec<String> = widths.iter().map(|columns| format!("{columns:3}|{}|\n", seen(model, *columns))).collect();
    expected.assert_eq(&lines.concat());
}

fn press(model: &mut Model, keys: &str) {
    for key in Keys::default().read(keys.as_bytes()) {
        model.press(key);
    }
}

fn stack() -> Model {
    model(&[("web.1", State::Ready), ("worker.1", State::Running), ("db.1", State::Failed)])
}

#[test]
fn names_before_hints_and_trouble_before_all() {
    check(&stack(), &[160, 100, 80, 60, 50, 40, 30, 20, 10], expect![[""]]);
}

#[test]
fn many_processes_are_counted() {
    let names: Vec<String> = (1..=30).map(|number| format!("worker.{number}")).collect();
    let mut rows: Vec<_> = names.iter().map(|name| (name.as_str(), State::Ready)).collect();
    rows[7].1 = State::Backoff;
    rows[8].1 = State::Starting;
    check(&model(&rows), &[120, 80, 50, 40, 20, 10], expect![[""]]);
}

#[test]
fn an_offer_comes_first() {
    let mut model = stack();
    model.waits(&id("web.1"), true);
    check(&model, &[120, 80, 60, 30, 10], expect![[""]]);
}

#[test]
fn a_choice_shows_whom() {
    let mut model = stack();
    press(&mut model, "r");
    check(&model, &[80, 40, 20, 10], expect![[""]]);
    press(&mut model, "w\t");
    check(&model, &[80, 30, 20], expect![[""]]);
    press(&mut model, "x");
    check(&model, &[80, 20, 10], expect![[""]]);
}

#[test]
fn a_filter_shows_its_end() {
    let mut model = stack();
    press(&mut model, "/GET /users");
    check(&model, &[80, 40, 20, 10], expect![[""]]);
    press(&mut model, "\nm2\n");
    check(&model, &[120, 80, 40, 20], expect![[""]]);
}

#[test]
fn the_way_back_from_a_process_is_always_there() {
    let mut model = stack();
    model.mode = Mode::Keyboard { of: id("worker.1") };
    check(&model, &[80, 40, 20, 10], expect![[""]]);
}

#[test]
fn without_keys_and_at_the_end() {
    let mut model = stack();
    model.is_stopping = true;
    check(&model, &[100], expect![[""]]);
    model.has_keys = false;
    check(&model, &[100], expect![[""]]);
}

#[test]
fn no_line_is_wider_than_its_window() {
    let mut wide = model(&[("漢字漢字.1", State::Ready), ("web.1", State::Failed), ("b\u{301}.1", State::Done)]);
    for keys in ["", "r", "x", "\x1b/漢字漢字漢字", "\n", "f1\n"] {
        press(&mut wide, keys);
        for columns in 2..90 {
            let line = seen(&wide, columns);
            assert!(line.width() <= usize::from(columns), "{columns}: {line}");
        }
    }
}

#[test]
fn a_name_cannot_do_anything_to_the_terminal() {
    let mut model = stack();
    model.answer = Some("a\x1b[2Jb\u{9b}5mc".into());
    let line = String::from_utf8(line(&model, 80, true)).expect("text");
    assert!(line.contains("a[2Jb5mc"), "{line:?}");
}
