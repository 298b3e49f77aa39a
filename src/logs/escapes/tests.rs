use proptest::prelude::*;

use super::{EscapeFilter, Escapes};

const ALL: [Escapes; 4] = [Escapes::Keep, Escapes::Strip, Escapes::ColourOnly, Escapes::TextOnly];

fn filtered(escapes: Escapes, text: &[u8], cuts: impl Iterator<Item = usize>) -> Vec<u8> {
    let (mut filter, mut out, mut from) = (EscapeFilter::new(escapes), Vec::new(), 0);
    for cut in cuts {
        filter.filter(&text[from..cut], b"web | ", &mut out);
        from = cut;
    }
    filter.filter(&text[from..], b"web | ", &mut out);
    filter.end_line(&mut out);
    out
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
        (b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b\x1b]8;;\x1b\\", "ab", "ab", "ab"),
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
        (b"10%\r20%\r", "10%\\r20%\\r", "10%\\rweb | \\x1b[K20%", "10%\\rweb | \\x1b[K20%"),
        (b"\x1b[32m1\r\r2", "1\\r\\r2", "\\x1b[32m1\\x1b[0m\\rweb | \\x1b[K2", "1\\rweb | \\x1b[K2"),
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
    assert_eq!(shown(Escapes::Keep, b"\x1b[31mred\x1b[0;0m \x1b["), "\\x1b[31mred\\x1b[0;0m \\x1b[");
}

#[test]
fn a_sequence_without_end_stays_small() {
    let text = [b"\x1b[".as_slice(), &vec![b'1'; 100_000], b"mtext"].concat();
    for escapes in [Escapes::Strip, Escapes::ColourOnly, Escapes::TextOnly] {
        let mut filter = EscapeFilter::new(escapes);
        let mut out = Vec::new();
        filter.filter(&text, b"", &mut out);
        assert_eq!(out, b"text");
        assert!(filter.held.capacity() < 1024);
    }
}

/// Output of processes: mostly what matters here.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let special: &[u8] = b"\x1b[]P\\;:m0149HJK?>( \r\x07\x18\xc2\x9b\x9d\xa0\xe4ab\x08\t\x7f";
    prop::collection::vec(
        prop_oneof![4 => prop::sample::select(special), 1 => (0u8..=255).prop_filter("LF", |byte| *byte != b'\n')],
        0..60,
    )
}

proptest! {
    #[test]
    fn any_split_gives_the_same_as_the_whole(text in output(), cuts in prop::collection::vec(0usize..60, 0..8)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        for escapes in ALL {
            let whole = filtered(escapes, &text, std::iter::empty());
            let split = filtered(escapes, &text, cuts.iter().copied());
            prop_assert_eq!(whole.escape_ascii().to_string(), split.escape_ascii().to_string(), "{:?}", escapes);
        }
    }

    #[test]
    fn keep_loses_nothing_and_the_others_let_no_sequence_through(text in output()) {
        let kept = filtered(Escapes::Keep, &text, std::iter::empty());
        prop_assert!(kept.strip_suffix(b"\x1b[0m").unwrap_or(&kept) == text || kept == text);
        prop_assert!(!filtered(Escapes::Strip, &text, std::iter::empty()).contains(&0x1b));
        for escapes in [Escapes::ColourOnly, Escapes::TextOnly] {
            let out = filtered(escapes, &text, std::iter::empty());
            let mut rest = out.as_slice();
            while let Some((byte, after)) = rest.split_first() {
                rest = match (byte, after) {
                    // What forge adds to draw a line anew.
                    (b'\r', _) => after.strip_prefix(b"web | \x1b[K").expect("no CR of a process"),
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
