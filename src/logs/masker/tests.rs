use proptest::prelude::*;

use super::{Masker, Masking};
use crate::logs::{Frame, Framer, Mask, Piece, Rewrite, StreamId};
use crate::project::secrets::{LONGEST_BYTES, MASK, Secret};

fn mask(secrets: &[&str]) -> Mask {
    Mask::new(secrets.iter().map(|text| Secret::whole(*text).expect("long enough")).collect())
}

/// By the plainest rule there is: every byte of every occurrence, and one mask for each run of them.
fn expected(secrets: &[Secret], line: &[u8]) -> Vec<u8> {
    let mut hidden = vec![false; line.len()];
    for secret in secrets {
        for at in 0..line.len() {
            if line[at..].starts_with(secret.text()) {
                hidden[at..][secret.hidden()].fill(true);
            }
        }
    }
    let mut masked = Vec::new();
    for (at, byte) in line.iter().enumerate() {
        match (hidden[at], at > 0 && hidden[at - 1]) {
            (false, _) => masked.push(*byte),
            (true, true) => {}
            (true, false) => masked.extend_from_slice(MASK.as_bytes()),
        }
    }
    masked
}

enum Step<'a> {
    Push(&'a [u8]),
    Silence,
}

/// Returns what came out: the lines, each as a whole.
fn lines<'a>(mask: &Mask, steps: impl IntoIterator<Item = Step<'a>>) -> Vec<Vec<u8>> {
    let (mut framer, mut masker) = (Framer::default(), Masker::default());
    let (mut lines, mut open): (Vec<Vec<u8>>, Option<Vec<u8>>) = (Vec::new(), None);
    let mut take = |frame: Frame<'_>| match frame {
        Frame::Lines(whole) => {
            assert_eq!(open, None, "a line within a line");
            lines.extend(whole.texts().map(<[u8]>::to_vec));
        }
        Frame::Piece(piece) => {
            assert_eq!(piece.begins, open.is_none());
            assert!(piece.ends || !piece.text.is_empty(), "a piece of nothing");
            open.get_or_insert_default().extend_from_slice(piece.text);
            if piece.ends {
                lines.extend(open.take());
            }
        }
    };
    for step in steps {
        match step {
            Step::Push(chunk) => framer.push(chunk, |frame| masker.take(mask, frame, &mut take)),
            Step::Silence => {
                framer.take_unfinished(|frame| masker.take(mask, frame, &mut take));
                masker.take_unfinished(mask, &mut take);
                assert!(!masker.has_kept(mask));
            }
        }
        assert!(masker.tail.len() < LONGEST_BYTES);
    }
    framer.finish(|frame| masker.take(mask, frame, &mut take));
    assert_eq!(open, None, "a last line without its end");
    lines
}

fn text<'a>(mask: &Mask, steps: impl IntoIterator<Item = Step<'a>>) -> String {
    let lines = lines(mask, steps);
    String::from_utf8(lines.join(&b'\n')).expect("text")
}

#[test]
fn all_of_a_secret_is_masked_and_nothing_else() {
    let mask = mask(&["hunter2hunter2", "correct horse"]);
    for (line, expected) in [
        ("nothing to hide", "nothing to hide"),
        ("hunter2hunter2", "•••"),
        ("a=hunter2hunter2, b=hunter2hunter2.", "a=•••, b=•••."),
        ("hunter2hunter2correct horse!", "•••!"),
        ("hunter2hunter", "hunter2hunter"),
        ("xhunter2hunter2hunter2x", "x•••x"),
        ("the correct horse", "the •••"),
        ("", ""),
    ] {
        assert_eq!(mask.text(line), expected);
        assert_eq!(text(&mask, [Step::Push(line.as_bytes()), Step::Push(b"\n")]), expected, "{line}");
        assert_eq!(text(&mask, [Step::Push(format!("{line}\r\n").as_bytes())]), expected, "{line}");
    }
}

#[test]
fn a_line_that_waits_shows_no_more_than_the_beginning_of_a_secret() {
    let mask = mask(&["hunter2hunter2"]);
    let (mut framer, mut masker) = (Framer::default(), Masker::default());
    let mut shown = Vec::new();
    let mut take = |frame: Frame<'_>| match frame {
        Frame::Lines(lines) => shown.push(String::from_utf8_lossy(lines.bytes()).into_owned()),
        Frame::Piece(piece) => shown.push(String::from_utf8_lossy(piece.text).into_owned()),
    };
    for chunk in ["key: hu", "nter2", "hunter", "2 and h", "urrah"] {
        framer.push(chunk.as_bytes(), |frame| masker.take(&mask, frame, &mut take));
        framer.take_unfinished(|frame| masker.take(&mask, frame, &mut take));
        masker.take_unfinished(&mask, &mut take);
    }
    assert_eq!(shown, ["key: ", "hu", "n", "••• and ", "h", "urra", "h"]);
}

#[test]
fn a_secret_that_begins_another_is_masked_while_the_line_waits() {
    let mask = mask(&["hunter2hunter2", "hunter2hunter2andmore"]);
    let all = [Step::Push(b"<hunter2hunter2"), Step::Silence, Step::Push(b"and>\n")];
    assert_eq!(text(&mask, all), "<•••and>");
    let all = [Step::Push(b"<hunter2hunter2"), Step::Silence, Step::Push(b"andmore>\n")];
    assert_eq!(text(&mask, all), "<•••>");
}

#[test]
fn a_long_line_is_masked_in_bounded_memory() {
    let secret = Secret::whole("hunter2hunter2").expect("long enough");
    let mask = Mask::new(vec![secret.clone()]);
    let mut line = vec![b'h'; 300_000];
    for at in [10, 65_530, 131_070, 299_986] {
        line[at..at + 14].copy_from_slice(b"hunter2hunter2");
    }
    let whole = expected(&[secret], &line);
    for step in [1000, 4096, 65_535, 65_536, 69_632] {
        let lines = lines(&mask, line.chunks(step).map(Step::Push));
        assert!(lines == [whole.as_slice()], "{step}");
    }
}

#[test]
fn without_secrets_everything_passes() {
    let mask = Mask::default();
    assert_eq!(text(&mask, [Step::Push(b"a\nb"), Step::Silence, Step::Push(b"c\n")]), "a\nbc");
    assert_eq!(Mask::new(Vec::new()).text("abc"), "abc");
}

/// Texts of few letters, so that secrets occur, overlap, begin and contain one another.
fn near_secrets(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    const PARTS: &[&str] = &[
        "a",
        "b",
        "ab",
        "aab",
        "abab",
        "aaaaaaaa",
        "abababab",
        "abababaa",
        "bbabababab",
        "\r",
        "\n",
        "\u{e9}",
    ];
    prop::collection::vec(prop::sample::select(PARTS), length).prop_map(|parts| parts.concat().into_bytes())
}

fn secrets() -> impl Strategy<Value = Vec<Secret>> {
    let text = prop::collection::vec(prop::sample::select(b"ab".as_slice()), 8..20);
    let secret = (text, 0usize..12, 1usize..20).prop_filter_map("nothing to hide", |(text, from, length)| {
        let to = (from + length).min(text.len());
        Secret::new(text, from..to)
    });
    prop::collection::vec(secret, 0..5)
}

fn whole_secrets() -> impl Strategy<Value = Vec<Secret>> {
    let text = prop::collection::vec(prop::sample::select(b"ab".as_slice()), 8..40);
    prop::collection::vec(text.prop_filter_map("too short", Secret::whole), 1..5)
}

fn steps<'a>(output: &'a [u8], cuts: &[(usize, bool)]) -> Vec<Step<'a>> {
    let mut cuts: Vec<(usize, bool)> =
        cuts.iter().map(|(cut, silence)| (*cut.min(&output.len()), *silence)).collect();
    cuts.sort_unstable();
    let (mut steps, mut from) = (Vec::new(), 0);
    for (cut, silence) in cuts {
        steps.push(Step::Push(&output[from..cut]));
        if silence {
            steps.push(Step::Silence);
        }
        from = cut;
    }
    steps.push(Step::Push(&output[from..]));
    steps
}

fn split(output: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = output.split(|byte| *byte == b'\n').collect();
    let last = lines.pop().filter(|last| !last.is_empty());
    let ended = lines.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    ended.chain(last).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_split_gives_the_same_lines(
        secrets in secrets(),
        output in near_secrets(0..40),
        cuts in prop::collection::vec(0usize..200, 0..12),
    ) {
        let whole: Vec<Vec<u8>> = split(&output).into_iter().map(|line| expected(&secrets, line)).collect();
        let mask = Mask::new(secrets);
        let cuts: Vec<(usize, bool)> = cuts.into_iter().map(|cut| (cut, false)).collect();
        prop_assert_eq!(lines(&mask, steps(&output, &cuts)), whole);
    }

    /// The framer makes pieces of long lines only; here they are short, so that secrets are cut everywhere.
    #[test]
    fn any_pieces_give_the_same_line(
        secrets in secrets(),
        line in near_secrets(0..20),
        cuts in prop::collection::vec(0usize..120, 0..12),
    ) {
        let line: Vec<u8> = line.into_iter().filter(|byte| *byte != b'\n').collect();
        let whole = expected(&secrets, &line);
        let (mask, mut masker, mut masked) = (Mask::new(secrets), Masker::default(), Vec::new());
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(line.len())).collect();
        cuts.extend([0, line.len()]);
        cuts.sort_unstable();
        // The second line shows that nothing is left of the first.
        for _ in 0..2 {
            masked.clear();
            let mut open = false;
            for pair in cuts.windows(2) {
                let ends = pair[1] == line.len();
                if pair[0] == pair[1] && !ends {
                    continue;
                }
                let piece = Piece { text: &line[pair[0]..pair[1]], begins: pair[0] == 0, ends };
                masker.take(&mask, Frame::Piece(piece), |frame| {
                    let Frame::Piece(piece) = frame else { panic!("a piece becomes a piece") };
                    assert_eq!(piece.begins, !open);
                    assert!(piece.ends || !piece.text.is_empty(), "a piece of nothing");
                    open = !piece.ends;
                    masked.extend_from_slice(piece.text);
                });
                if ends {
                    break;
                }
            }
            prop_assert!(!open);
            prop_assert_eq!(&masked, &whole);
        }
    }

    /// A silence must not lose or change anything but what is masked, and never tell a secret.
    #[test]
    fn no_split_and_no_silence_shows_a_secret(
        secrets in whole_secrets(),
        output in near_secrets(0..40),
        cuts in prop::collection::vec((0usize..200, any::<bool>()), 0..12),
    ) {
        let mask = Mask::new(secrets.clone());
        let masked = lines(&mask, steps(&output, &cuts));
        prop_assert_eq!(masked.len(), split(&output).len());
        for line in &masked {
            for secret in &secrets {
                let shown = memchr::memmem::find(line, secret.text());
                prop_assert_eq!(shown, None, "{:?} in {:?}", secret.text().escape_ascii(), line.escape_ascii());
            }
        }
        // Where nothing is secret, a silence changes nothing at all.
        for (line, masked) in split(&output).into_iter().zip(&masked) {
            if expected(&secrets, line) == line {
                prop_assert_eq!(line, masked.as_slice());
            }
        }
    }
}

#[test]
fn what_is_secret_later_is_hidden_from_then_on_also_within_a_line() {
    let mut masking = Masking::new(Mask::default());
    let mut shown = Vec::new();
    let mut show = |masking: &mut Masking, text: &[u8], begins, ends| {
        masking.rewrite(StreamId(0), Frame::Piece(Piece { text, begins, ends }), &mut |frame| match frame {
            Frame::Piece(piece) => {
                shown.push((String::from_utf8_lossy(piece.text).into_owned(), piece.begins, piece.ends));
            }
            Frame::Lines(_) => unreachable!("pieces come in, pieces go out"),
        });
    };
    show(&mut masking, b"a rosebud-rosebud, ", true, false);
    masking.hide_more(&[Secret::whole("rosebud-rosebud").expect("it is long enough")]);
    show(&mut masking, b"a rosebud-rosebud", false, true);
    assert_eq!(shown, [("a rosebud-rosebud, ".to_owned(), true, false), ("a •••".to_owned(), false, true),]);
}
