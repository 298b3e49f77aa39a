use proptest::prelude::*;

use super::{Ended, Entered, Frames, LONGEST, Reason, Restarted, Shown, TooLong, Typed, USUAL, Why};
use crate::exit::Exit;

/// All that comes out of bytes that come in pieces.
fn frames<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<(u8, Vec<u8>)>, TooLong> {
    let (mut frames, mut found) = (Frames::default(), Vec::new());
    for piece in pieces {
        frames.push(piece);
        while let Some(frame) = frames.next_frame()? {
            found.push(frame);
        }
    }
    Ok(found)
}

#[test]
fn what_is_said_is_heard() {
    let shown = [
        Shown::Entered(Entered {
            version: 1,
            name: "web.1".to_owned(),
            pid: Some(7),
            read_only: true,
            others: 2,
        }),
        Shown::Output(b"\x1b[31mred\r\n".to_vec()),
        Shown::Ended(Ended { exit: Some(Exit::Code(3)) }),
        Shown::Ended(Ended { exit: None }),
        Shown::Restarted(Restarted { pid: 8 }),
        Shown::Exit(Why { why: Reason::StackEnded }),
    ];
    let bytes: Vec<u8> = shown.iter().flat_map(Shown::encode).collect();
    let heard = frames([&bytes[..]]).expect("frames");
    let heard: Vec<_> =
        heard.iter().filter_map(|(letter, content)| Shown::decode(*letter, content)).collect();
    assert_eq!(heard, shown);
    let typed = [Typed::Keys(b"next\r".to_vec()), Typed::Window { columns: 300, rows: 5 }, Typed::Last];
    let bytes: Vec<u8> = typed.iter().flat_map(Typed::encode).collect();
    let heard = frames([&bytes[..]]).expect("frames");
    let heard: Vec<_> =
        heard.iter().filter_map(|(letter, content)| Typed::decode(*letter, content)).collect();
    assert_eq!(heard, typed);
}

#[test]
fn the_bytes_are_those_of_the_documentation() {
    assert_eq!(Typed::Window { columns: 80, rows: 24 }.encode(), b"w\0\0\0\x04\0\x50\0\x18");
    assert_eq!(Typed::Keys(b"n\r".to_vec()).encode(), b"d\0\0\0\x02n\r");
    assert_eq!(Typed::Last.encode(), b"q\0\0\0\0");
    let exit = Shown::Exit(Why { why: Reason::StackEnded }).encode();
    assert_eq!(exit, b"x\0\0\0\x15{\"why\":\"stack-ended\"}");
}

#[test]
fn what_a_later_version_says_is_passed_over() {
    assert_eq!(Shown::decode(b'z', b"whatever"), None);
    assert_eq!(Shown::decode(b'x', br#"{"why":"bored"}"#), Some(Shown::Exit(Why { why: Reason::Other })));
    assert_eq!(Typed::decode(b'w', b"short"), None);
}

#[test]
fn nobody_is_believed_who_promises_too_much() {
    let mut bytes = vec![b'd'];
    bytes.extend(u32::try_from(LONGEST + 1).expect("small").to_be_bytes());
    assert_eq!(frames([&bytes[..]]), Err(TooLong));
}

#[test]
fn much_comes_in_several_frames() {
    let much = vec![b'x'; 3 * USUAL + 1];
    let found = frames([&Shown::Output(much.clone()).encode()[..]]).expect("frames");
    assert_eq!(found.len(), 4);
    assert_eq!(found.iter().flat_map(|(_, content)| content.clone()).collect::<Vec<_>>(), much);
}

proptest! {
    #[test]
    fn the_cuts_between_pieces_mean_nothing(
        contents in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..50)), 0..20),
        size in 1_usize..20,
    ) {
        let bytes: Vec<u8> = contents.iter().flat_map(|(letter, content)| super::frame(*letter, content)).collect();
        prop_assert_eq!(frames(bytes.chunks(size)), Ok(contents));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(found) = frames([&bytes[..]]) {
            for (letter, content) in found {
                let _ = (Shown::decode(letter, &content), Typed::decode(letter, &content));
            }
        }
    }
}
