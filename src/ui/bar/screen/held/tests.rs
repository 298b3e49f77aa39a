use std::io;

use super::{Held, MEMORY_BYTES};

fn all(held: &mut Held) -> Vec<u8> {
    let mut release = held.take();
    let mut all = Vec::new();
    while let Some(bytes) = release.next().expect("a file") {
        all.extend_from_slice(bytes);
    }
    all
}

#[test]
fn little_stays_in_memory() {
    let mut held = Held::new(Box::new(|| Err(io::ErrorKind::StorageFull.into())));
    held.keep(b"one\n").expect("room");
    held.keep(b"two\n").expect("room");
    assert_eq!(all(&mut held), b"one\ntwo\n");
    assert_eq!(all(&mut held), b"");
}

#[test]
fn much_goes_through_a_file_in_order() {
    let mut held = Held::new(Box::new(tempfile::tempfile));
    for _ in 0..2 {
        let mut expected = Vec::new();
        for number in 0..60 {
            let piece = vec![b'0' + number % 10; 100_000];
            held.keep(&piece).expect("room");
            expected.extend_from_slice(&piece);
        }
        assert!(held.memory.len() <= MEMORY_BYTES);
        assert!(all(&mut held) == expected);
    }
}

#[test]
fn where_there_is_no_room_nothing_is_lost() {
    let mut held = Held::new(Box::new(|| Err(io::ErrorKind::StorageFull.into())));
    let piece = vec![b'x'; MEMORY_BYTES];
    held.keep(&piece).expect("room");
    assert!(held.keep(b"one more").is_err());
    assert!(all(&mut held) == piece);
}
