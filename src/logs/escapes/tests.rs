use proptest::prelude::*;

use super::{EscapeFilter, Escapes, Row};

const ALL: [Escapes; 4] = [Escapes::Keep, Escapes::Strip, Escapes::ColourOnly, Escapes::TextOnly];

const PREFIX: &[u8] = b"web | ";
const ANEW: &[u8] = b"\rweb | \x1b[K";

/// What a line becomes that comes in pieces, each of which is handed on at once.
fn filtered(escapes: Escapes, text: &[u8], cuts: impl Iterator<Item = usize>) -> Vec<u8> {
    let (mut filter, mut out, mut from) = (EscapeFilter::new(escapes), Vec::new(), 0);
    let mut begins_at = Some(0);
    for cut in cuts {
        filter.filter(&text[from..cut], Row { prefix: PREFIX, begins_at }, &mut out);
        begins_at = None;
        from = cut;
    }
    filter.filter(&text[from..], Row { prefix: PREFIX, begins_at }, &mut out);
    filter.end_line(&mut out);
    out
}

/// What a terminal shows at the end of a line that was drawn anew.
fn last_state(line: &[u8]) -> &[u8] {
    memchr::memmem::rfind(line, ANEW).map_or(line, |at| &line[at + ANEW.len()..])
}

fn shown(escapes: Escapes, text: &[u8]) -> String {
    filtered(escapes, text, std::iter::empty()).escape_ascii().to_string()
}

#[test]
fn each_policy_lets_pass_what_it_says() {
    // text, Strip, ColourOnly, TextOnly
    let cases: &[(&[u8], &str, &str, &str)] = &[
        (b"plain\ttext\x07", "plain\\ttext\\x07", "plain\\ttext\\x07", "plain\\ttext\\x07"),
        (b"\x1b[32mok\x1b[0m", "ok", "\\x1b[32mok\\x1b[0m", "ok"),
        (b"\x1b[32mok\x1b[m!", "ok!", "\\x1b[32mok\\x1b[m!", "ok!"),
        (b"\x1b[1;31mleft open", "left open", "\\x1b[1;31mleft open\\x1b[0m", "left open"),
        (b"\x1b[38:5:208mx\x1b[0m", "x", "\\x1b[38:5:208mx\\x1b[0m", "x"),
        (b"\x1b[>4;2mmodify keys", "modify keys", "modify keys", "modify keys"),
        (b"\x1b[2J\x1b[H\x1b[3Acleared", "cleared", "cleared", "cleared"),
        (b"\x1b]0;title\x07a\x1bPq\x1b\\b", "ab", "ab", "ab"),
        (
            b"\x1b]8;;http://x\x1b\\b\x1b]8;;\x1b\\ c",
            "b c",
            "\\x1b]8;;http://x\\x1b\\\\b\\x1b]8;;\\x1b\\\\ c",
            "b c",
        ),
        (b"\x1b]8;id=1;http://x\x07b", "b", "\\x1b]8;id=1;http://x\\x07b\\x1b]8;;\\x1b\\\\", "b"),
        (b"\x1b]8;;a\tb\x07c\x1b]8;no\x07d", "cd", "cd", "cd"),
        (b"\x1b]8;;http://x\x1b[31mred", "red", "\\x1b[31mred\\x1b[0m", "red"),
        (b"\x1b]0;title\x1b[31mred", "red", "\\x1b[31mred\\x1b[0m", "red"),
        (b"\x1bPq#0;1\x1b\\x", "x", "x", "x"),
        (b"\x1b(Ba\x1bcb\x1b7c", "abc", "abc", "abc"),
        (b"a\x0b\x0c\x0e\x08\x7f\0b", "a\\x0b\\x0c\\x0e\\x08\\x7f\\x00b", "ab", "ab"),
        (b"a\xc2\x9b2Jb", "a\\xc2\\x9b2Jb", "ab", "ab"),
        (
            b"\xc2\xabx\xc2\xbb\xc2",
            "\\xc2\\xabx\\xc2\\xbb\\xc2",
            "\\xc2\\xabx\\xc2\\xbb",
            "\\xc2\\xabx\\xc2\\xbb",
        ),
        (b"\xc2\x0b\x9b2J", "\\xc2\\x0b\\x9b2J", "\\x9b2J", "\\x9b2J"),
        (b"cut off \x1b[3", "cut off ", "cut off ", "cut off "),
        (b"not one \x1b[3\xe4x", "not one \\xe4x", "not one \\xe4x", "not one \\xe4x"),
        (b"10%\r20%\r", "10%\\r20%\\r", "20%", "20%"),
        (b"\x1b[32m1\r\r2", "1\\r\\r2", "2", "2"),
        (b"\x1b[32m1\r\x1b[33m2", "1\\r2", "\\x1b[33m2\\x1b[0m", "2"),
        (b"half\x1b[1G\x1b[0Kwhole", "halfwhole", "whole", "whole"),
        (b"half\x1b[1000Dwhole \x1b[3Dx", "halfwhole x", "whole x", "whole x"),
        (b"gone\r\x1b[K", "gone\\r", "", ""),
    ];
    for (text, strip, colour, plain) in cases {
        let name = text.escape_ascii();
        assert_eq!(shown(Escapes::Strip, text), *strip, "Strip {name}");
        assert_eq!(shown(Escapes::ColourOnly, text), *colour, "ColourOnly {name}");
        assert_eq!(shown(Escapes::TextOnly, text), *plain, "TextOnly {name}");
    }
}

#[test]
fn keep_adds_only_the_end_of_a_colour() {
    assert_eq!(
        shown(Escapes::Keep, b"\x1b[31mred\x1b[2J\x1b]0;t\x07\r\x0b"),
        "\\x1b[31mred\\x1b[2J\\x1b]0;t\\x07\\r\\x0b\\x1b[0m"
    );
    assert_eq!(
        shown(Escapes::Keep, b"\x1b]8;;http://x\x07a\x1b[1G"),
        "\\x1b]8;;http://x\\x07a\\x1b[1G\\x1b]8;;\\x1b\\\\"
    );
    assert_eq!(shown(Escapes::Keep, b"\x1b[31mred\x1b[0;0m \x1b["), "\\x1b[31mred\\x1b[0;0m \\x1b[");
}

#[test]
fn a_sequence_without_end_stays_small() {
    let text = [b"\x1b[".as_slice(), &vec![b'1'; 100_000], b"mtext"].concat();
    for escapes in [Escapes::Strip, Escapes::ColourOnly, Escapes::TextOnly] {
        let mut filter = EscapeFilter::new(escapes);
        let mut out = Vec::new();
        filter.filter(&text, Row { prefix: b"", begins_at: Some(0) }, &mut out);
        assert_eq!(out, b"text");
        assert!(filter.held.capacity() < 1024);
    }
}

#[test]
fn a_link_without_end_stays_small_and_does_not_pass() {
    let text = [b"\x1b]8;;http://".as_slice(), &vec![b'1'; 100_000], b"\x1b\\text"].concat();
    for escapes in [Escapes::Strip, Escapes::ColourOnly, Escapes::TextOnly] {
        assert_eq!(filtered(escapes, &text, std::iter::empty()), b"text");
    }
    let kept = filtered(Escapes::Keep, &text, std::iter::empty());
    assert_eq!(kept.strip_suffix(b"\x1b]8;;\x1b\\".as_slice()), Some(text.as_slice()));
}

#[test]
fn a_line_that_is_handed_on_already_is_drawn_anew_where_it_stands() {
    let (mut filter, mut out) = (EscapeFilter::new(Escapes::ColourOnly), Vec::new());
    filter.filter(b"\x1b[32m10%\r20%", Row { prefix: PREFIX, begins_at: Some(0) }, &mut out);
    assert_eq!(std::mem::take(&mut out), b"20%");
    filter.filter(b"\x1b[32m!\r30%\r40%", Row { prefix: PREFIX, begins_at: None }, &mut out);
    assert_eq!(std::mem::take(&mut out).escape_ascii().to_string(), "\\x1b[32m!\\x1b[0m\\rweb | \\x1b[K40%");
}

#[test]
fn an_empty_screen_is_noticed() {
    let clears: [&[u8]; 8] =
        [b"\x1b[2J", b"\x1b[J", b"\x1b[3J", b"\x1b[H", b"\x1b[1;1H", b"\x1bc", b"\x1b[?1049h", b"a\x1b[2Jb"];
    for text in clears {
        let (mut filter, mut out) = (EscapeFilter::new(Escapes::ColourOnly), Vec::new());
        filter.filter(text, Row { prefix: PREFIX, begins_at: Some(0) }, &mut out);
        assert!(filter.has_cleared(), "{}", text.escape_ascii());
        assert_eq!(filter.is_inked(), text.contains(&b'b'));
        filter.end_line(&mut out);
        assert!(!filter.has_cleared() && !filter.is_inked());
    }
    for text in [b"\x1b[1J".as_slice(), b"\x1b[5;1H", b"\x1b[31m", b"\x1b[K", b"\x1b[?25l"] {
        let mut filter = EscapeFilter::new(Escapes::ColourOnly);
        filter.filter(text, Row { prefix: PREFIX, begins_at: Some(0) }, &mut Vec::new());
        assert!(!filter.has_cleared(), "{}", text.escape_ascii());
    }
}

/// Output of processes: mostly what matters here.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let special: &[u8] = b"\x1b[]P\\;:m0149GHJK?>( \r\x07\x18\xc2\x9b\x9d\xa0\xe4ab\x08\t\x7f";
    let whole: Vec<&[u8]> =
        vec![b"\x1b[31m", b"\x1b[0m", b"\x1b]8;;u\x07", b"\x1b]8;;\x1b\\", b"\x1b[1G", b"\x1b[2J", b"ab"];
    let part = prop_oneof![
        4 => prop::sample::select(special).prop_map(|byte| vec![byte]),
        2 => prop::sample::select(whole).prop_map(<[u8]>::to_vec),
        1 => (0u8..=255).prop_filter("LF", |byte| *byte != b'\n').prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

/// Whether a colour, and whether a link, is open behind some output.
fn left_open(out: &[u8]) -> (bool, bool) {
    let last = |finds: &dyn Fn(&[u8]) -> bool| (0..out.len()).rev().find(|at| finds(&out[*at..]));
    let is_sgr = |rest: &[u8]| {
        let digits = rest.strip_prefix(b"\x1b[".as_slice());
        digits.is_some_and(|digits| digits.iter().find(|byte| !b"0123456789;:".contains(byte)) == Some(&b'm'))
    };
    let colour = last(&is_sgr).is_some_and(|at| {
        let parameters = out[at + 2..].split(|byte| *byte == b'm').next().unwrap_or_default();
        !parameters.iter().all(|byte| b"0;".contains(byte))
    });
    let link = last(&|rest| rest.starts_with(b"\x1b]8;"));
    let is_end =
        |at: usize| out[at..].starts_with(b"\x1b]8;;\x1b\\") || out[at..].starts_with(b"\x1b]8;;\x07");
    (colour, link.is_some_and(|at| !is_end(at)))
}

proptest! {
    #[test]
    fn any_split_shows_the_same_as_the_whole(text in output(), cuts in prop::collection::vec(0usize..120, 0..8)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        for escapes in ALL {
            let whole = filtered(escapes, &text, std::iter::empty());
            let split = filtered(escapes, &text, cuts.iter().copied());
            let (whole, split) = if escapes.guards_screen() {
                (last_state(&whole), last_state(&split))
            } else {
                (whole.as_slice(), split.as_slice())
            };
            prop_assert_eq!(whole.escape_ascii().to_string(), split.escape_ascii().to_string(), "{:?}", escapes);
        }
    }

    #[test]
    fn no_colour_and_no_link_is_open_behind_a_line(text in output(), cut in 0usize..120) {
        for escapes in ALL.into_iter().filter(|escapes| *escapes != Escapes::Keep) {
            let out = filtered(escapes, &text, std::iter::once(cut.min(text.len())));
            prop_assert_eq!(left_open(&out), (false, false), "{:?} {}", escapes, out.escape_ascii());
            let (mut filter, mut out) = (EscapeFilter::new(escapes), Vec::new());
            filter.filter(&text, Row { prefix: PREFIX, begins_at: Some(0) }, &mut out);
            filter.break_line(&mut out);
            prop_assert_eq!(left_open(&out), (false, false), "{:?} {}", escapes, out.escape_ascii());
        }
    }

    #[test]
    fn keep_loses_nothing_and_the_others_let_no_sequence_through(text in output(), cut in 0usize..120) {
        let kept = filtered(Escapes::Keep, &text, std::iter::empty());
        prop_assert!(kept.starts_with(&text), "{}", kept.escape_ascii());
        let added = &kept[text.len()..];
        prop_assert!([b"".as_slice(), b"\x1b[0m", b"\x1b]8;;\x1b\\", b"\x1b]8;;\x1b\\\x1b[0m"].contains(&added));
        prop_assert!(!filtered(Escapes::Strip, &text, std::iter::empty()).contains(&0x1b));
        for escapes in [Escapes::ColourOnly, Escapes::TextOnly] {
            let out = filtered(escapes, &text, std::iter::once(cut.min(text.len())));
            let mut rest = out.as_slice();
            while let Some((byte, after)) = rest.split_first() {
                rest = match (byte, after) {
                    // What forge adds to draw a line anew.
                    (b'\r', _) => after.strip_prefix(b"web | \x1b[K").expect("no CR of a process"),
                    (0x1b, [b']', b'8', b';', link @ ..]) => {
                        let end = link.iter().position(|byte| !(b' '..=b'~').contains(byte)).expect("an end");
                        let after = &link[end..];
                        prop_assert!(escapes == Escapes::ColourOnly, "{}", out.escape_ascii());
                        after.strip_prefix(b"\x07").or(after.strip_prefix(b"\x1b\\")).expect("an end")
                    }
                    (0x1b, _) => {
                        let parameters = after.iter().position(|byte| !b"[0123456789;:".contains(byte));
                        let end = parameters.expect("an end");
                        prop_assert!(escapes == Escapes::ColourOnly && after[end] == b'm', "{}", out.escape_ascii());
                        &after[end + 1..]
                    }
                    (0xc2, [0x80..=0x9f, ..]) => panic!("a C1 control in {}", out.escape_ascii()),
                    (byte, _) => {
                        prop_assert!(*byte >= b' ' || b"\t\x07".contains(byte), "{}", out.escape_ascii());
                        after
                    }
                };
            }
        }
    }

    #[test]
    fn what_is_left_alone_would_have_passed_unchanged(text in output()) {
        for escapes in ALL {
            if escapes.leave_alone(&text) {
                prop_assert_eq!(&filtered(escapes, &text, std::iter::empty()), &text);
            }
        }
    }
}
