//! The processes of the benchmark: this program itself, started as `end_to_end child ID MODE …`.
//!
//! A line of a flood is 80 bytes: `@` ID of 4 digits, `L`, its number of 10 digits, letters that depend on the number, `$`. `E` instead of `L`
//! is the last line and has the number of lines before it.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(super) const LINE_BYTES: usize = 80;
/// `@0000L0000000000`.
pub(super) const HEAD_BYTES: usize = 16;
/// Between the head and `$`.
pub(super) const PADDING_BYTES: usize = LINE_BYTES - HEAD_BYTES - 2;

/// Does what it is told, then waits for its end.
pub(super) fn child(words: &[String]) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // Unbuffered: what is written is written now.
    let mut out =
        std::fs::File::from(std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned().expect("stdout"));
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match words[..] {
        [id, "flood", lines, block] => flood(&mut out, id, number(lines), number(block)),
        [id, "noise"] => flood(&mut out, id, usize::MAX, 65_536),
        [id, "long", bytes] => {
            let part = vec![b'#'; 65_536];
            let mut left = number(bytes);
            while left > 0 {
                let length = left.min(part.len());
                out.write_all(&part[..length]).expect("a reader");
                left -= length;
            }
            out.write_all(b"\n").and_then(|()| end(&mut out, id, 0)).expect("a reader");
        }
        [id, "tick", count] => {
            for _ in 0..number(count) {
                std::thread::sleep(Duration::from_millis(10));
                out.write_all(format!("@{id}T{:020}$\n", now()).as_bytes()).expect("a reader");
            }
            end(&mut out, id, 0).expect("a reader");
        }
        _ => panic!("{words:?}?"),
    }
    loop {
        std::thread::park();
    }
}

/// Nanoseconds since 1970; the same clock for all processes.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_nanos()).expect("before 2554")
}

fn flood(out: &mut impl Write, id: &str, lines: usize, block: usize) {
    let padding = padding();
    let mut pending = Vec::with_capacity(block + LINE_BYTES);
    for number in 0..lines {
        let letters = &padding[number % 26..][..PADDING_BYTES];
        write!(pending, "@{id}L{number:010}").expect("memory");
        pending.extend_from_slice(letters);
        pending.extend_from_slice(b"$\n");
        if pending.len() >= block {
            let whole = if block == 0 { pending.len() } else { block };
            if out.write_all(&pending[..whole]).is_err() {
                return;
            }
            pending.drain(..whole);
        }
    }
    out.write_all(&pending).and_then(|()| end(out, id, lines)).expect("a reader");
}

fn end(out: &mut impl Write, id: &str, lines: usize) -> io::Result<()> {
    out.write_all(format!("@{id}E{lines:010}$\n").as_bytes())
}

/// The alphabet, often enough for every place to begin at.
pub(super) fn padding() -> Vec<u8> {
    (b'a'..=b'z').cycle().take(PADDING_BYTES + 26).collect()
}
