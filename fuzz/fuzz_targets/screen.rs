//! Any output of a process on any terminal: drawn again, left, asked for questions.
#![no_main]

use forge::logs::screen::{Modes, Queries, Screen, Size};
use forge_fuzz::{fields, pieces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [shape, cuts, output] = fields(input, 0xfe);
    let side = |place: usize| u16::from(shape.get(place).copied().unwrap_or(20));
    let (before, after) =
        (Size { columns: side(0), rows: side(1) }, Size { columns: side(2), rows: side(3) });
    let mut whole = Modes::default();
    whole.learn(output);
    let (mut modes, mut queries, mut stripped) = (Modes::default(), Queries::default(), Vec::new());
    for piece in pieces(output, cuts) {
        modes.learn(piece);
        queries.strip(piece, &mut stripped);
    }
    assert!(modes == whole, "the cuts between pieces mean nothing");
    assert!(stripped.len() <= output.len());
    // Whatever it broke off in the middle of.
    modes.learn(b"\x18");
    let leave = modes.leave();
    modes.learn(&leave);
    assert!(modes.leave().is_empty(), "the terminal is as it was");
    let screen = Screen::replay(&Modes::default(), before, output);
    let (row, column) = screen.cursor();
    assert!(row >= 1 && column >= 1);
    screen.redraw(after);
});
