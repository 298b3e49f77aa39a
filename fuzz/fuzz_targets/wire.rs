//! Any bytes on the wire between forge and its guard, in any pieces.
#![no_main]

use forge::guard::wire::{Frames, News, Request};
use forge_fuzz::{fields, pieces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [cuts, stream] = fields(input, 0xfe);
    let whole = frames(stream, &[]);
    assert_eq!(frames(stream, cuts), whole, "the cuts between pieces mean nothing");
    let length: usize = whole.iter().map(|frame| frame.len() + 4).sum();
    assert!(length <= stream.len());
    for frame in whole.iter().map(Vec::as_slice).chain([stream]) {
        if let Ok(request) = Request::decode(frame) {
            assert_eq!(Request::decode(content(&request.encode())), Ok(request));
        }
        if let Ok(news) = News::decode(frame) {
            let again = news.encode();
            assert_eq!(content(&again), frame, "news has one form only");
        }
    }
});

fn frames(stream: &[u8], cuts: &[u8]) -> Vec<Vec<u8>> {
    let (mut frames, mut found) = (Frames::default(), Vec::new());
    for piece in pieces(stream, cuts) {
        frames.push(piece);
        while let Some(frame) = frames.next_frame() {
            found.push(frame.to_vec());
        }
    }
    found
}

/// The content of a whole frame.
fn content(frame: &[u8]) -> &[u8] {
    let (length, content) = frame.split_first_chunk::<4>().expect("a frame has a length");
    assert_eq!(u32::from_le_bytes(*length) as usize, content.len());
    content
}
