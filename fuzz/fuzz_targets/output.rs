//! Any output of a process, in any pieces: the same lines, and the same text on the screen, as in one piece.
#![no_main]

use forge::logs::{EscapeFilter, Escapes, Frame, Framer, Row};
use forge_fuzz::{fields, pieces};
use libfuzzer_sys::fuzz_target;

const REDRAW: &[u8] = b"web | ";

fuzz_target!(|input: &[u8]| {
    let [cuts, text] = fields(input, 0xfe);
    let (cuts, idle) = cuts.split_at(cuts.len() / 2);
    let expected = expected(text);
    assert_eq!(lines(text, &[], &[]), expected);
    assert_eq!(lines(text, cuts, idle), expected);
    // Long lines are handed out in pieces; few inputs are long by themselves.
    if text.len() < 512 && cuts.first().is_some_and(|byte| byte % 16 == 0) {
        let long = text.repeat(300);
        assert_eq!(lines(&long, cuts, idle), self::expected(&long));
    }
    for escapes in [Escapes::Keep, Escapes::Strip, Escapes::ColourOnly, Escapes::TextOnly] {
        for line in text.split(|byte| *byte == b'\n') {
            let whole = filtered(escapes, line, &[]);
            let in_pieces = filtered(escapes, line, cuts);
            if escapes.guards_screen() {
                assert_eq!(last_state(&in_pieces), last_state(&whole), "{escapes:?}");
            } else {
                assert_eq!(in_pieces, whole, "{escapes:?}");
            }
            check_shown(escapes, line, &whole);
            check_shown(escapes, line, &in_pieces);
            if escapes.leave_alone(line) {
                assert_eq!(whole, line);
            }
        }
    }
});

/// The lines by the plainest rule there is.
fn expected(text: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        lines.push(line.to_vec());
    }
    lines
}

/// The lines as they come out, if an unfinished one is asked for after the pieces that `idle` names.
fn lines(text: &[u8], cuts: &[u8], idle: &[u8]) -> Vec<Vec<u8>> {
    let (mut lines, mut open): (Vec<Vec<u8>>, Option<Vec<u8>>) = (Vec::new(), None);
    let mut take = |frame: Frame<'_>| match frame {
        Frame::Lines(whole) => {
            assert!(open.is_none(), "a line in the middle of another");
            lines.extend(whole.texts().map(<[u8]>::to_vec));
        }
        Frame::Piece(piece) => {
            assert_eq!(piece.begins, open.is_none());
            let mut line = open.take().unwrap_or_default();
            line.extend_from_slice(piece.text);
            if piece.ends { lines.push(line) } else { open = Some(line) }
        }
    };
    let mut framer = Framer::default();
    for (index, piece) in pieces(text, cuts).enumerate() {
        framer.push(piece, &mut take);
        if idle.get(index).is_some_and(|byte| byte % 2 == 1) && framer.has_kept() {
            framer.take_unfinished(&mut take);
            assert!(!framer.has_kept());
        }
    }
    framer.finish(&mut take);
    assert!(open.is_none(), "the last line has an end");
    lines
}

fn filtered(escapes: Escapes, line: &[u8], cuts: &[u8]) -> Vec<u8> {
    let (mut filter, mut out) = (EscapeFilter::new(escapes), Vec::new());
    for (index, piece) in pieces(line, cuts).enumerate() {
        let begins_at = (index == 0).then_some(0);
        filter.filter(piece, Row { prefix: REDRAW, begins_at }, &mut out);
    }
    filter.end_line(&mut out);
    out
}

/// What a terminal shows at the end of a line that was drawn anew.
fn last_state(line: &[u8]) -> &[u8] {
    let anew = [b"\r", REDRAW, b"\x1b[K"].concat();
    let last = line.windows(anew.len()).rposition(|window| window == anew);
    last.map_or(line, |at| &line[at + anew.len()..])
}

fn check_shown(escapes: Escapes, line: &[u8], shown: &[u8]) {
    match escapes {
        Escapes::Keep => assert!(shown.starts_with(line), "everything passes"),
        Escapes::Strip => assert!(!shown.contains(&0x1b)),
        Escapes::ColourOnly | Escapes::TextOnly => {
            let mut rest = shown;
            while let Some((byte, after)) = rest.split_first() {
                rest = after;
                match byte {
                    0x1b if after.starts_with(b"]8;") => {
                        assert_eq!(escapes, Escapes::ColourOnly, "no link where none is wanted");
                        let end = after.iter().position(|byte| !(b' '..=b'~').contains(byte));
                        let end = &after[end.expect("a link has an end")..];
                        rest = end.strip_prefix(b"\x07").or(end.strip_prefix(b"\x1b\\")).expect("its end");
                    }
                    0x1b => {
                        let end =
                            after.iter().position(|byte| *byte == b'm').expect("only colours have an ESC");
                        assert_eq!(escapes, Escapes::ColourOnly, "no colour where none is wanted");
                        let inside = after[..end].strip_prefix(b"[").expect("a colour begins with ESC [");
                        assert!(inside.iter().all(|byte| byte.is_ascii_digit() || b";:".contains(byte)));
                        rest = &after[end + 1..];
                    }
                    b'\r' => {
                        rest = after.strip_prefix(REDRAW).expect("a CR draws the prefix anew");
                        rest = rest.strip_prefix(b"\x1b[K").expect("and clears the line");
                    }
                    b'\t' | 7 | b' '..=0x7e | 0x80.. => {}
                    _ => panic!("{byte:#x} on the screen"),
                }
            }
            // U+009B and its like are controls in UTF-8 too, and begin sequences on some terminals.
            assert!(!shown.windows(2).any(|pair| pair[0] == 0xc2 && (0x80..0xa0).contains(&pair[1])));
            if line.contains(&0x1b) && escapes == Escapes::ColourOnly {
                let last = shown.windows(2).rposition(|pair| pair == b"\x1b[");
                if let Some(last) = last.filter(|last| !shown[*last..].starts_with(b"\x1b[K")) {
                    let end = shown[last..].iter().position(|byte| *byte == b'm').expect("checked above");
                    let inside = &shown[last + 2..last + end];
                    assert!(inside.iter().all(|byte| b"0;".contains(byte)), "a colour reaches the next line");
                }
            }
        }
    }
}
