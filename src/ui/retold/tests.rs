use expect_test::{Expect, expect};

use super::Retold;
use crate::logs::Palette;
use crate::time::WallTime;
use crate::ui::history::{History, Look};
use crate::ui::sinks::Screen;

/// Shows objects without their times, which all have.
fn check(look: Look, objects: &[&str], expected: &Expect) {
    let now = WallTime { seconds: 20_980, nanos: 0, utc_offset: 7200 };
    let history = History::new(look, Palette::new(&[]), ["web.1", "worker.1"], now);
    let positions = [("web.1".to_owned(), 0), ("worker.1".to_owned(), 1)].into();
    let mut retold = Retold::new(look, history, positions);
    let mut out = Vec::new();
    for object in objects {
        let object = format!("{{\"time\":\"1970-01-01T07:49:39.000000+02:00\",{object}}}");
        retold.object(object.as_bytes(), &mut out);
    }
    retold.end(&mut out);
    expected.assert_eq(&String::from_utf8_lossy(&out));
}

const OBJECTS: &[&str] = &[
    r#""process":"web","instance":"web.1","event":"started","pid":7,"text":"started with pid 7""#,
    r#""process":"web","instance":"web.1","pid":7,"run":1,"text":"one \"1\"""#,
    r#""process":"web","instance":"web.1","pid":7,"run":1,"text":"Name? ","partial":true"#,
    r#""process":"web","instance":"web.1","pid":7,"run":1,"text":"Bob","partial":true,"continues":true"#,
    r#""process":"worker","instance":"worker.1","pid":8,"run":1,"text":"mine\u001b[1m""#,
    r#""process":"web","instance":"web.1","pid":7,"run":1,"text":"by","partial":true"#,
    r#""event":"nothing-runs","text":"all over""#,
    r#""process":"web","instance":"web.1","pid":7,"run":1,"text":"","continues":true"#,
    r#""process":"web","instance":"web.1","pid":7,"run":1,"text":"""#,
    r#""process":"web","instance":"web.1","pid":7,"run":1,"text":"\ufffdx","bytes":"/3g=""#,
    r#""process":"web","instance":"web.1","event":"lines-missing","lines":3,"text":"3 lines are missing here""#,
    r#""process":"web","instance":"web.1","pid":7,"run":1,"text":"open","partial":true"#,
];

#[test]
fn as_the_stream_shows_it() {
    let screen = Screen { terminal: false, colour: false };
    check(
        Look::Stream { screen, timestamp: true },
        OBJECTS,
        &expect![[r#"
            07:49:39 web.1    | started with pid 7
            07:49:39 web.1    | one "1"
            07:49:39 web.1    | Name? Bob
            07:49:39 worker.1 | mine
            07:49:39 web.1    | by
            07:49:39 system   | all over
            07:49:39 web.1    | 
            07:49:39 web.1    | �x
            07:49:39 web.1    | 3 lines are missing here
            07:49:39 web.1    | open
        "#]],
    );
}

#[test]
fn the_lines_alone() {
    check(
        Look::Raw,
        OBJECTS,
        &expect![[r#"
            one "1"
            Name? Bob
            mine[1m
            by

            �x
            open
        "#]],
    );
}

#[test]
fn objects_as_they_are() {
    check(
        Look::Json,
        &[r#""event":"nothing-runs","text":"all over""#],
        &expect![[r#"
            {"time":"1970-01-01T07:49:39.000000+02:00","event":"nothing-runs","text":"all over"}
        "#]],
    );
}

#[test]
fn what_is_no_object_is_left_out() {
    let history = History::new(Look::Raw, Palette::new(&[]), [], WallTime::default());
    let mut retold = Retold::new(Look::Raw, history, [].into());
    let mut out = Vec::new();
    for object in ["", "{", "[]", "{\"text\":1}", "\u{1}"] {
        retold.object(object.as_bytes(), &mut out);
    }
    retold.end(&mut out);
    assert!(out.is_empty());
}
