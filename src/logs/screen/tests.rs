use avt::{ScreenKind, Terminal};
use proptest::prelude::*;

use super::{Answer, Modes, Queries, Screen, Size};

const SIZE: Size = Size { columns: 20, rows: 6 };

/// What a person sees who sits there: the rows, and where the cursor is, counted from 0.
fn seen(terminal: &Terminal) -> (Vec<String>, (usize, usize)) {
    let rows = terminal.screen().visible_lines().map(|line| line.text().trim_end().to_owned()).collect();
    (rows, (terminal.cursor().row, terminal.cursor().col))
}

/// What stands on a new terminal on which a screen was drawn again.
fn drawn_again(output: &str, size: Size) -> Terminal {
    let redraw = Screen::replay(&Modes::default(), size, output.as_bytes()).redraw(size);
    let mut terminal = Terminal::new(size.columns.into(), size.rows.into()).expect("a size");
    terminal.feed(String::from_utf8(redraw).expect("text").as_str());
    terminal
}

fn sat_there(output: &str, size: Size) -> Terminal {
    let mut terminal = Terminal::new(size.columns.into(), size.rows.into()).expect("a size");
    terminal.feed(output);
    terminal
}

#[track_caller]
fn looks_the_same(output: &str) {
    assert_eq!(seen(&drawn_again(output, SIZE)), seen(&sat_there(output, SIZE)), "{output:?}");
}

#[test]
fn lines_and_a_prompt_stand_where_they_stood() {
    looks_the_same("");
    looks_the_same("one\r\ntwo\r\n(Pdb) ");
    looks_the_same("one\r\ntwo\r\n(Pdb) next\x1b[3D");
    looks_the_same("a line that is longer than its row\r\n> ");
    looks_the_same("menu\r\nfirst\r\nsecond\x1b[1A\r\x1b[2C");
}

#[test]
fn the_row_above_the_lines_stays_free() {
    let lines: Vec<String> = (1..=9).map(|line| format!("line {line}\r\n")).collect();
    let output = lines.concat() + "> ";
    let mut terminal = sat_there("$ forge attach web\r\n", SIZE);
    let redraw = Screen::replay(&Modes::default(), SIZE, output.as_bytes()).redraw(SIZE);
    terminal.feed(String::from_utf8(redraw).expect("text").as_str());
    let (rows, cursor) = seen(&terminal);
    assert_eq!(rows, ["$ forge attach web", "line 6", "line 7", "line 8", "line 9", ">"]);
    assert_eq!(cursor, (5, 2));
}

#[test]
fn a_full_screen_is_drawn_on_the_other_screen() {
    let output = "log\r\n\x1b[?1049h\x1b[2J\x1b[H~\x1b[3;5Hhere\x1b[6;1H\x1b[7m status \x1b[0m\x1b[3;5H";
    let mut terminal = drawn_again(output, SIZE);
    assert_eq!(terminal.active_screen_kind(), ScreenKind::Alternate);
    assert_eq!(seen(&terminal), seen(&sat_there(output, SIZE)));
    let status = terminal.screen().line(5).expect("a row").cells()[0];
    assert!(status.pen().is_inverse());
    terminal.feed("\x1b[?1049l");
    assert_eq!(seen(&terminal).0[0], "log");
}

#[test]
fn colours_come_back_and_stay_chosen() {
    let output = "\x1b[1;38;5;208;48;2;1;2;3mhot\x1b[0m \x1b[92mgreen ";
    let redraw = Screen::replay(&Modes::default(), SIZE, output.as_bytes()).redraw(SIZE);
    assert_eq!(
        String::from_utf8_lossy(&redraw),
        "\x1b[0m\x1b[0;1;38;5;208;48;2;1;2;3mhot\x1b[0m \x1b[0;92mgreen\x1b[0m\r\x1b[10C\x1b[0;92m"
    );
}

#[test]
fn a_window_of_another_size_gets_what_fits() {
    let output = "a line that is longer than its row\r\n> ";
    let wide = Size { columns: 40, rows: 4 };
    let redraw = Screen::replay(&Modes::default(), SIZE, output.as_bytes()).redraw(wide);
    let mut terminal = sat_there("", wide);
    terminal.feed(String::from_utf8(redraw).expect("text").as_str());
    assert_eq!(seen(&terminal).0[..2], ["a line that is longer than its row", ">"]);
}

#[test]
fn no_size_is_too_small() {
    for (columns, rows) in [(0, 0), (1, 1), (2, 1), (1, 50), (u16::MAX, u16::MAX)] {
        let size = Size { columns, rows };
        let screen = Screen::replay(&Modes::default(), size, "漢字 \x1b[?1049hé\x1b[5;5Hx".as_bytes());
        assert!(!screen.redraw(size).is_empty());
    }
}

#[test]
fn what_was_switched_on_is_on_again_and_off_at_the_end() {
    let on = "\x1b[?1h\x1b=\x1b[?25l\x1b[?2004h\x1b[?1002;1006h\x1b[4 q\x1b[>1u\x1b[>4;2m";
    let redraw = Screen::replay(&Modes::default(), SIZE, on.as_bytes()).redraw(SIZE);
    let mut modes = Modes::default();
    modes.learn(&redraw);
    let mut sat = Modes::default();
    sat.learn(on.as_bytes());
    assert_eq!(modes, sat);
    let leave = String::from_utf8(sat.leave()).expect("text");
    assert_eq!(leave, "\x1b[<1u\x1b[>4m\x1b[?2004l\x1b[?1006l\x1b[?1002l\x1b[?25h\x1b[?1l\x1b>\x1b[0 q");
    sat.learn(leave.as_bytes());
    assert_eq!(sat.leave(), b"");
}

#[test]
fn whoever_leaves_a_full_screen_gets_his_own_back() {
    let mut modes = Modes::default();
    modes.learn(b"\x1b[?1049h\x1b[2;5r\x1b[31mred\x1b(0\x0e");
    assert!(modes.is_full_screen());
    assert_eq!(String::from_utf8_lossy(&modes.leave()), "\x1b(B\x0f\x1b7\x1b[r\x1b8\x1b[?1049l\x1b[0m");
    modes.learn(b"\x1b[?1049l\x1b[r\x1b[m\x1b(B\x0f");
    assert_eq!(modes.leave(), b"");
    modes.learn(b"\x1b[?2004h\x1b[5 q\x1bc");
    assert_eq!(modes.leave(), b"", "a reset is a reset");
}

#[test]
fn what_nobody_has_changed_is_left_alone() {
    let mut modes = Modes::default();
    modes.learn("plain text é 漢\r\n\x1b[0m\x1b[K\x1b[?25h\x1b]0;title\x07\x1b[?9999h".as_bytes());
    assert_eq!(modes.leave(), b"");
    assert!(!modes.is_in_line());
}

#[test]
fn it_is_known_whether_something_stands_before_the_cursor() {
    for (output, is_in_line) in [
        ("> ", true),
        ("one\r\n", false),
        ("> name\r\x1b[2C", true),
        ("> \x1b[1G", false),
        ("> \x1b[3G", true),
        ("\x1b[5;1H", false),
        ("\x1b[5;9H", true),
    ] {
        let mut modes = Modes::default();
        modes.learn(output.as_bytes());
        assert_eq!(modes.is_in_line(), is_in_line, "{output:?}");
    }
}

#[test]
fn what_was_said_before_the_last_bytes_counts() {
    let mut before = Modes::default();
    before.learn(b"\x1b[?1049h\x1b[?2004h");
    let screen = Screen::replay(&before, SIZE, b"\x1b[Hdrawn since");
    let redraw = String::from_utf8(screen.redraw(SIZE)).expect("text");
    assert!(redraw.contains("\x1b[?1049h") && redraw.contains("\x1b[?2004h"), "{redraw:?}");
}

#[test]
fn the_cursor_is_known() {
    let cursor = |output: &str| Screen::replay(&Modes::default(), SIZE, output.as_bytes()).cursor();
    assert_eq!(cursor(""), (1, 1));
    assert_eq!(cursor("one\r\nab"), (2, 3));
    assert_eq!(cursor("12345678901234567890"), (1, 20));
}

#[test]
fn the_row_of_the_cursor_is_known() {
    let row = |output: &str| Screen::replay(&Modes::default(), SIZE, output.as_bytes()).row();
    assert_eq!(row("log\r\n\x1b[32m(Pdb)\x1b[0m "), "(Pdb)");
    assert_eq!(row("press h to show help\r\n"), "");
    assert_eq!(row("> \x1b[1G\x1b[0J> name\x1b[3G"), "> name");
    assert_eq!(row("press h\r\n\x1b[?25h\x1b[6n"), "");
}

#[test]
fn questions_are_found_and_answered() {
    let found = |output: &[u8]| Answer::wanted_in(output).collect::<Vec<_>>();
    assert_eq!(found(b"text \x1b[6"), []);
    assert_eq!(
        found(b"text \x1b[6n\x1b[c\x1b[5n\x1b[31m\x1b[0c"),
        [(Answer::Cursor, 9), (Answer::Kind, 12), (Answer::Well, 16), (Answer::Kind, 25)]
    );
    assert_eq!(Answer::Cursor.text((3, 7)), b"\x1b[3;7R");
    assert_eq!(Answer::Kind.text((1, 1)), b"\x1b[?62;22c");
    assert_eq!(Answer::Well.text((1, 1)), b"\x1b[0n");
}

#[test]
fn only_questions_are_taken_out() {
    let strip = |output: &str| {
        let mut out = Vec::new();
        Queries::default().strip(output.as_bytes(), &mut out);
        String::from_utf8(out).expect("text")
    };
    for question in [
        "\x1b[6n",
        "\x1b[?6n",
        "\x1b[c",
        "\x1b[>c",
        "\x1b[=c",
        "\x1b[?2026$p",
        "\x1b[>q",
        "\x1b[?u",
        "\x1b[18t",
        "\x1b[14t",
        "\x1bP+q544e\x1b\\",
        "\x1bP$qm\x1b\\",
        "\x1b]11;?\x07",
        "\x1b]4;1;?\x1b\\",
        "\x1b]52;c;?\x07",
        "\x05",
        "\x1bZ",
    ] {
        assert_eq!(strip(&format!("a{question}b")), "ab", "{question:?}");
    }
    for other in [
        "\x1b[31m",
        "\x1b[2J",
        "\x1b]0;what?\x07",
        "\x1b]8;;http://a/?\x1b\\",
        "\x1b[8;24;80t",
        "\x1b[22;0t",
        "\x1b[4 q",
        "\x1b[!p",
        "\x1b]52;c;Zm9v\x07",
        "\x1b[?2004h",
        "é漢",
        "\x1b(B",
        "\x1b7",
    ] {
        assert_eq!(strip(other), other, "{other:?}");
    }
    let image = format!("\x1b_G{}\x1b\\", "x".repeat(5000));
    assert_eq!(strip(&image), image);
}

/// Pieces of output: text, sequences, broken ones.
fn output() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zé漢 ]{0,30}",
        Just("\r\n".to_owned()),
        Just("\x1b".to_owned()),
        "\x1b\\[[0-9;?>]{0,6}[A-Za-z]",
        "\x1b\\][0-9;?a-z]{0,8}(\x07|\x1b\\\\)?",
        "\x1b[()=>78cMZ][0AB]?",
        Just("\x1b[?1049h".to_owned()),
        Just("\x1b[?1049l".to_owned()),
        Just("\x1b[6n".to_owned()),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_cuts_between_pieces_mean_nothing(output in output(), cut in 0_usize..200) {
        let bytes = output.as_bytes();
        let cut = cut.min(bytes.len());
        let (mut whole, mut cut_up) = (Modes::default(), Modes::default());
        whole.learn(bytes);
        cut_up.learn(&bytes[..cut]);
        cut_up.learn(&bytes[cut..]);
        prop_assert_eq!(&whole, &cut_up);
        let (mut one, mut two) = (Vec::new(), Vec::new());
        Queries::default().strip(bytes, &mut one);
        let mut queries = Queries::default();
        queries.strip(&bytes[..cut], &mut two);
        queries.strip(&bytes[cut..], &mut two);
        prop_assert_eq!(one, two);
    }

    #[test]
    fn what_a_terminal_is_left_with_is_usual(output in output()) {
        let mut modes = Modes::default();
        modes.learn(output.as_bytes());
        // Broken off, as the end of an output may be in the middle of a sequence.
        modes.learn(b"\x18");
        let leave = modes.leave();
        modes.learn(&leave);
        prop_assert_eq!(modes.leave(), b"");
    }

    #[test]
    fn any_output_can_be_drawn_again(output in output(), columns in 0_u16..60, rows in 0_u16..20) {
        let screen = Screen::replay(&Modes::default(), SIZE, output.as_bytes());
        let is_full = screen.modes().is_full_screen();
        let redraw = screen.redraw(Size { columns, rows });
        let mut modes = Modes::default();
        modes.learn(&redraw);
        prop_assert_eq!(modes.is_full_screen(), is_full);
    }
}
