use proptest::prelude::*;

use super::{Frame, Framer, LONGEST_KEPT_BYTES};

/// What came out, line by line; each line as its pieces.
#[derive(Default, Debug, PartialEq)]
struct Heard {
    lines: Vec<Vec<u8>>,
    open: Option<Vec<u8>>,
    largest: usize,
}

impl Heard {
    fn take(&mut self, frame: Frame<'_>) {
        match frame {
            Frame::Lines(lines) => {
                assert_eq!(self.open, None, "a line within a line");
                self.lines.extend(lines.texts().map(<[u8]>::to_vec));
            }
            Frame::Piece(piece) => {
                assert_eq!(piece.begins, self.open.is_none());
                self.largest = self.largest.max(piece.text.len());
                let line = self.open.get_or_insert_default();
                line.extend_from_slice(piece.text);
                if piece.ends {
                    self.lines.extend(self.open.take());
                } else {
                    assert!(!piece.text.is_empty(), "a piece of nothing");
                }
            }
        }
    }
}

enum Step<'a> {
    Push(&'a [u8]),
    Silence,
}

fn heard<'a>(steps: impl IntoIterator<Item = Step<'a>>) -> Heard {
    let (mut framer, mut heard) = (Framer::default(), Heard::default());
    for step in steps {
        match step {
            Step::Push(chunk) => framer.push(chunk, |frame| heard.take(frame)),
            Step::Silence => framer.take_unfinished(|frame| heard.take(frame)),
        }
        assert!(framer.kept.len() < LONGEST_KEPT_BYTES);
    }
    framer.finish(|frame| heard.take(frame));
    assert_eq!(heard.open, None);
    heard
}

fn lines(output: &[u8]) -> String {
    let heard = heard([Step::Push(output)]);
    heard.lines.iter().map(|line| line.escape_ascii().to_string()).collect::<Vec<_>>().join("|")
}

#[test]
fn lines_are_what_stands_between_line_feeds() {
    let cases: &[(&[u8], &str)] = &[
        (b"", ""),
        (b"\n", ""),
        (b"\n\n", "|"),
        (b"a\nb\n", "a|b"),
        (b"a\nlast words", "a|last words"),
        (b"a\r\nb\r\r\n\r\n", "a|b\\r|"),
        (b"10%\r20%\rdone\n", "10%\\r20%\\rdone"),
        (b"ends in a return\r", "ends in a return\\r"),
        (b"\xff\0\x1b[0m\n", "\\xff\\x00\\x1b[0m"),
    ];
    for (output, expected) in cases {
        assert_eq!(lines(output), *expected, "{}", output.escape_ascii());
    }
}

#[test]
fn an_unfinished_line_is_shown_once_and_continued() {
    let mut framer = Framer::default();
    let mut shown = Vec::new();
    let mut show = |frame: Frame<'_>| match frame {
        Frame::Lines(lines) => shown.push(format!("{}", lines.bytes().escape_ascii())),
        Frame::Piece(piece) => {
            shown.push(format!("{} {} {}", piece.text.escape_ascii(), piece.begins, piece.ends));
        }
    };
    framer.push(b"Name? \r", &mut show);
    assert!(framer.has_kept());
    framer.take_unfinished(&mut show);
    assert!(!framer.has_kept() && framer.is_unfinished());
    framer.take_unfinished(&mut show);
    framer.push(b"\nnext\nrest", &mut show);
    framer.finish(&mut show);
    framer.push(b"new run\n", &mut show);
    assert_eq!(shown, ["Name?  true false", " false true", "next\\n", "rest true true", "new run\\n"]);
}

#[test]
fn a_long_line_passes_in_bounded_pieces_and_whole() {
    let mut line = vec![b'#'; 3_000_000];
    line[LONGEST_KEPT_BYTES - 1] = b'\r';
    line.push(b'\n');
    for step in [1000, 4096, 65_535, 65_536] {
        let heard = heard(line.chunks(step).map(Step::Push));
        assert!(heard.lines == [&line[..3_000_000]], "{step}");
        // What was kept, and the chunk that ends it.
        assert!(heard.largest < 2 * LONGEST_KEPT_BYTES);
    }
}

fn output() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(b"ab\r\n\xff".as_slice()), 0..80)
}

proptest! {
    #[test]
    fn any_split_and_any_silence_give_the_same_lines(
        output in output(),
        cuts in prop::collection::vec((0usize..80, any::<bool>()), 0..10),
    ) {
        let mut cuts: Vec<(usize, bool)> = cuts.into_iter().map(|(cut, silence)| (cut.min(output.len()), silence)).collect();
        cuts.sort_unstable();
        let mut steps = Vec::new();
        let mut from = 0;
        for (cut, silence) in cuts {
            steps.push(Step::Push(&output[from..cut]));
            if silence {
                steps.push(Step::Silence);
            }
            from = cut;
        }
        steps.push(Step::Push(&output[from..]));
        let whole: Vec<Vec<u8>> = {
            let mut lines: Vec<&[u8]> = output.split(|byte| *byte == b'\n').collect();
            let last = lines.pop().filter(|last| !last.is_empty());
            let ended = lines.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec());
            ended.chain(last.map(<[u8]>::to_vec)).collect()
        };
        prop_assert_eq!(heard(steps).lines, whole);
    }
}
