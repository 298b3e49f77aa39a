use expect_test::{Expect, expect};

use super::TimePart::{Char, Fraction, Hour, Minute, Second};
use super::{KNOWN, TimeFormat, parse};
use crate::diagnostic::{Source, Span, render};

fn written(text: &str) -> Span {
    Span::new(&Source::new("--timestamp-format", text), 0..text.len())
}

#[track_caller]
fn refused(text: &str, expected: &Expect) {
    expected.assert_eq(&render(&parse(&written(text)).expect_err("a bad format"), false));
}

#[test]
fn a_format_is_what_it_is_made_of() {
    let format = parse(&written("%H:%M é%%%3f")).expect("a right format");
    assert_eq!(format.parts(), [Hour, Char(':'), Minute, Char(' '), Char('é'), Char('%'), Fraction(3)]);
    assert_eq!(parse(&written("%T")), Ok(TimeFormat::default()));
    assert_eq!(parse(&written("%FT%T.%6f%:z")), Ok(TimeFormat::rfc3339()));
    assert_eq!(parse(&written("%S")).expect("right").parts(), [Second]);
}

#[test]
fn no_name_hides_behind_a_shorter_one() {
    for (place, (name, _)) in KNOWN.iter().enumerate() {
        let hides = KNOWN[..place].iter().find(|(earlier, _)| name.starts_with(earlier));
        assert_eq!(hides, None, "%{name}");
    }
}

#[test]
fn mistakes_have_a_place_and_a_way_out() {
    refused(
        "%H:%Q",
        &expect![[r#"
        error: `%Q` is unknown in the format of the time
         --> --timestamp-format:1:4
          |
        1 | %H:%Q
          |    ^^
        hint: there are %H %M %S %T %R %f %3f %6f %9f %L %I %p %Y %y %m %d %F %e %j %a %b %z %:z %s %%
    "#]],
    );
    refused(
        "%T %4f",
        &expect![[r#"
        error: `%4f` is unknown in the format of the time
         --> --timestamp-format:1:4
          |
        1 | %T %4f
          |    ^^^
        hint: there are %H %M %S %T %R %f %3f %6f %9f %L %I %p %Y %y %m %d %F %e %j %a %b %z %:z %s %%
    "#]],
    );
    refused(
        "%T %",
        &expect![[r#"
        error: the format of the time ends with a lone `%`
         --> --timestamp-format:1:4
          |
        1 | %T %
          |    ^
        hint: there are %H %M %S %T %R %f %3f %6f %9f %L %I %p %Y %y %m %d %F %e %j %a %b %z %:z %s %%
    "#]],
    );
    refused(
        "",
        &expect![[r#"
        error: the format of the time is empty
         --> --timestamp-format:1:1
          |
        1 |
          | ^
        hint: for no time at all there is `--no-timestamp`
    "#]],
    );
    refused(
        "%T\n",
        &expect![[r#"
        error: a control character in the format of the time would damage the lines
         --> --timestamp-format:1:3
          |
        1 | %T
          |   ^
    "#]],
    );
}
