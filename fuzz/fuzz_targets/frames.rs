//! Any bytes of somebody who is attached, and of a stack that one is attached to, in any pieces.
#![no_main]

use forge::control::frames::{Frames, Shown, TooLong, Typed};
use forge_fuzz::{fields, pieces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [cuts, stream] = fields(input, 0xfe);
    let whole = frames(stream, &[]);
    assert_eq!(frames(stream, cuts), whole, "the cuts between pieces mean nothing");
    for (letter, content) in whole.0 {
        if let Some(typed) = Typed::decode(letter, &content) {
            assert_eq!(again(&typed.encode(), Typed::decode), [typed]);
        }
        if let Some(shown) = Shown::decode(letter, &content) {
            assert_eq!(again(&shown.encode(), Shown::decode), [shown]);
        }
    }
});

/// All frames, and whether what follows is none.
fn frames(stream: &[u8], cuts: &[u8]) -> (Vec<(u8, Vec<u8>)>, Option<TooLong>) {
    let (mut frames, mut found) = (Frames::default(), Vec::new());
    for piece in pieces(stream, cuts) {
        frames.push(piece);
        loop {
            match frames.next_frame() {
                Ok(Some(frame)) => found.push(frame),
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

/// What is understood of frames that were made here: small ones stay in one piece.
fn again<T>(bytes: &[u8], decode: impl Fn(u8, &[u8]) -> Option<T>) -> Vec<T> {
    let (found, error) = frames(bytes, &[]);
    assert!(error.is_none());
    found.iter().filter_map(|(letter, content)| decode(*letter, content)).collect()
}
