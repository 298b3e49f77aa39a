use expect_test::{Expect, expect};
use unicode_width::UnicodeWidthStr;

use super::super::keys::Keys;
use super::super::model::tests::{id, model};
use super::super::model::{Mode, Model, State};
use super::line;

/// Returns what is seen of a line.
fn seen(model: &Model, columns: u16) -> String {
    let mut terminal = avt::Terminal::new(usize::from(columns).max(2), 2).expect("a size");
    let line = String::from_utf8(line(model, columns, true)).expect("text");
    assert!(line.ends_with("\x1b[0m"), "{line:?}");
    terminal.feed(&line);
    let rows: Vec<String> = terminal.screen().visible_lines().map(avt::Line::text).collect();
    assert_eq!(rows[1].trim(), "", "wider than {columns}: {line:?}");
    rows[0].trim_end().to_owned()
}

fn check(model: &Model, widths: &[u16], expected: &Expect) {
    let lines: Vec<String> =
        widths.iter().map(|columns| format!("{columns:<3}|{}|\n", seen(model, *columns))).collect();
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
    check(
        &stack(),
        &[160, 100, 80, 60, 50, 40, 30, 20, 10],
        &expect![[r#"
            160| web.1 ready  worker.1 running  db.1 failed                               r restart  s stop  a attach  f focus  m mute  / filter  e error  p ps  q quit  ? help|
            100| web.1 ready  worker.1 running  db.1 failed           r restart  s stop  a attach  / filter  ? help|
            80 | web.1 ready  worker.1 running  db.1 failed         r restart  / filter  ? help|
            60 | web.1 ready  worker.1 running  db.1 failed          ? help|
            50 | web.1 ready  worker.1 running  db.1 failed     ?|
            40 | db.1 failed  1 running  1 ready      ?|
            30 | 1 failed  1 running  1 ready|
            20 | 1 failed  1 runni…|
            10 | 1 failed|
        "#]],
    );
}

#[test]
fn many_processes_are_counted() {
    let names: Vec<String> = (1..=30).map(|number| format!("worker.{number}")).collect();
    let mut rows: Vec<_> = names.iter().map(|name| (name.as_str(), State::Ready)).collect();
    rows[7].1 = State::Backoff;
    rows[8].1 = State::Starting;
    check(
        &model(&rows),
        &[120, 80, 50, 40, 20, 10],
        &expect![[r#"
            120| worker.8 backoff  worker.9 starting  28 ready                            r restart  s stop  a attach  / filter  ? help|
            80 | worker.8 backoff  worker.9 starting  28 ready      r restart  / filter  ? help|
            50 | worker.8 backoff  worker.9 starting  28 ready  ?|
            40 | 1 backoff  1 starting  28 ready      ?|
            20 | 1 backoff  1 star…|
            10 | 1 backo…|
        "#]],
    );
}

#[test]
fn an_offer_comes_first() {
    let mut model = stack();
    model.waits(&id("web.1"), true);
    check(
        &model,
        &[120, 80, 60, 30, 10],
        &expect![[r#"
            120| web.1 waits for input — Enter gives it the keyboard  web.1 ready  worker.1 running  db.1 failed                 ? help|
            80 | web.1 waits for input — Enter gives it the keyboard  1 failed  1 running  1 r…|
            60 | web.1 waits for input — Enter gives it the keyboard  1 fa…|
            30 | web.1 waits — Enter  1 fail…|
            10 | web.1: …|
        "#]],
    );
}

#[test]
fn a_choice_shows_whom() {
    let mut model = stack();
    press(&mut model, "r");
    check(
        &model,
        &[80, 40, 20, 10],
        &expect![[r#"
            80 | restart _  1 web.1  2 worker.1  3 db.1|
            40 | restart _  1 web.1  2 worker.1  3 db.1|
            20 | _  1 web.1  2 wor…|
            10 | _  1 we…|
        "#]],
    );
    press(&mut model, "w\t");
    check(
        &model,
        &[80, 30, 20],
        &expect![[r#"
            80 | restart w_  1 web.1  2 worker.1|
            30 | w_  1 web.1  2 worker.1|
            20 | w_  2 worker.1|
        "#]],
    );
    press(&mut model, "x");
    check(
        &model,
        &[80, 20, 10],
        &expect![[r#"
            80 | restart wx_  nobody|
            20 | wx_  nobody|
            10 | wx_  no…|
        "#]],
    );
}

#[test]
fn a_filter_shows_its_end() {
    let mut model = stack();
    press(&mut model, "/GET /users");
    check(
        &model,
        &[80, 40, 20, 10],
        &expect![[r#"
            80 | /GET /users_                                     Enter keeps it  Esc shows all|
            40 | /GET /users_|
            20 | /GET /users_|
            10 | //users_|
        "#]],
    );
    press(&mut model, "\nm2\n");
    check(
        &model,
        &[120, 80, 40, 20],
        &expect![[r#"
            120| without worker.1  /GET /users  web.1 ready  worker.1 running  db.1 failed                  r restart  / filter  ? help|
            80 | without worker.1  /GET /users  web.1 ready  worker.1 running  db.1 failed    ?|
            40 | without worker.1  /GET /users  1 fail…|
            20 | without worker.1|
        "#]],
    );
}

#[test]
fn the_way_back_from_a_process_is_always_there() {
    let mut model = stack();
    model.mode = Mode::Keyboard { of: id("worker.1") };
    check(
        &model,
        &[80, 40, 20, 10],
        &expect![[r#"
            80 | worker.1 has the keyboard — Ctrl-] takes it back|
            40 | worker.1 — Ctrl-] leaves|
            20 | Ctrl-]|
            10 | Ctrl-]|
        "#]],
    );
}

#[test]
fn without_keys_and_at_the_end() {
    let mut model = stack();
    model.is_stopping = true;
    check(
        &model,
        &[100],
        &expect![[r#"
        100| web.1 ready  worker.1 running  db.1 failed                          stopping; Ctrl-C again to kill|
    "#]],
    );
    model.has_keys = false;
    check(
        &model,
        &[100],
        &expect![[r#"
        100| web.1 ready  worker.1 running  db.1 failed|
    "#]],
    );
}

#[test]
fn no_line_is_wider_than_its_window() {
    let mut wide =
        model(&[("漢字漢字.1", State::Ready), ("web.1", State::Failed), ("b\u{301}.1", State::Done)]);
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
