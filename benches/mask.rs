//! What it costs to look for secrets in 64 KiB of lines, as they come out of a pipe: `cargo bench --bench mask`.
//!
//! How fast it is follows from the shortest secret; `hit` is a log with a secret in each tenth line.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use forge::logs::{Frame, Lines, Mask, Masker};
use forge::project::secrets::Secret;

const BYTES: usize = 64 * 1024;

fn main() {
    divan::main();
}

/// Numbers as random as need be, the same each time (xorshift).
fn numbers() -> impl FnMut() -> u64 {
    let mut state = 0x0123_4567_89ab_cdef_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

/// Lines like those of a web server.
fn log(secret_each: usize) -> Vec<u8> {
    let mut number = numbers();
    let mut log = String::new();
    for line in 1.. {
        let (id, time, size) = (number() % 100_000, number() % 900, number() % 90_000);
        let text = format!("INFO GET /api/v1/users/{id}?page=2 200 OK in {time} ms, {size} bytes");
        log.push_str(&text);
        if line % secret_each == 0 {
            log.push_str(" token=0123456789abcdef");
        }
        log.push('\n');
        if log.len() > BYTES {
            break;
        }
    }
    log.into_bytes()
}

fn mask(secrets: usize, length: usize) -> Mask {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut number = numbers();
    let mut letter = || LETTERS[usize::try_from(number() % 64).expect("a small number")];
    let random = (1..secrets).map(|_| (0..length).map(|_| letter()).collect::<Vec<u8>>()).collect::<Vec<_>>();
    Mask::new(random.into_iter().chain([b"0123456789abcdef".to_vec()]).filter_map(Secret::whole).collect())
}

fn take(bencher: Bencher<'_, '_>, log: &[u8], mask: &Mask) {
    let mut masker = Masker::default();
    bencher.counter(BytesCount::new(log.len())).bench_local(|| {
        let lines = Lines::new(black_box(log)).expect("whole lines");
        masker.take(mask, Frame::Lines(lines), |frame| {
            black_box(&frame);
        });
    });
}

#[divan::bench(args = [1, 10, 50, 200, 1000])]
fn short_secrets(bencher: Bencher<'_, '_>, secrets: usize) {
    take(bencher, &log(usize::MAX), &mask(secrets, 8));
}

#[divan::bench(args = [1, 10, 50, 200, 1000])]
fn long_secrets(bencher: Bencher<'_, '_>, secrets: usize) {
    take(bencher, &log(usize::MAX), &mask(secrets, 32));
}

#[divan::bench(args = [1, 10, 50])]
fn hit(bencher: Bencher<'_, '_>, secrets: usize) {
    take(bencher, &log(10), &mask(secrets, 16));
}

#[divan::bench]
fn nothing_to_look_for(bencher: Bencher<'_, '_>) {
    take(bencher, &log(usize::MAX), &Mask::default());
}
