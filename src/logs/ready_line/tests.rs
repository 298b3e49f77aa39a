use super::ReadyLine;
use crate::logs::Framer;

/// Which of the chunks brought the line; the last number is the end of the output.
fn seen_in(pattern: &str, chunks: &[&[u8]]) -> Option<usize> {
    let mut ready_line = ReadyLine::new(pattern).expect("it is an expression");
    let mut framer = Framer::default();
    for (number, chunk) in chunks.iter().enumerate() {
        let mut seen = false;
        framer.push(chunk, |frame| seen |= ready_line.is_in(frame));
        if seen {
            return Some(number);
        }
    }
    let mut seen = false;
    framer.finish(|frame| seen |= ready_line.is_in(frame));
    seen.then_some(chunks.len())
}

#[test]
fn a_line_is_found_wherever_it_is_cut() {
    let output = b"booting\r\nListening on http://0.0.0.0:5000\r\nGET /\r\n";
    for at in 0..output.len() {
        let (one, other) = output.split_at(at);
        // The line end counts: more of the line may come.
        let expected = usize::from(at < b"booting\r\nListening on http://0.0.0.0:5000\r\n".len());
        assert_eq!(seen_in("^Listening on .*:\\d+$", &[one, other]), Some(expected), "{at}");
    }
}

#[test]
fn each_line_is_one_by_itself() {
    assert_eq!(seen_in("boot.*ready", &[b"booting\nready\n"]), None);
    assert_eq!(seen_in("^ready$", &[b"not ready\nready \n", b"ready"]), Some(2));
    assert_eq!(seen_in("ready", &[b""]), None);
}

#[test]
fn colours_and_strange_bytes_are_no_obstacle() {
    let line = b"\x1b[32mListening\x1b[0m on \x1b[36mhttp://localhost:\x1b[1m5173\x1b[22m/\x1b[39m \xff\n";
    assert_eq!(seen_in("^Listening on http://localhost:5173/", &[line]), Some(0));
}

#[test]
fn an_endless_line_costs_no_more_than_others() {
    let mut line = vec![b'x'; 1 << 20];
    line.extend(b"ready\n");
    let chunks: Vec<&[u8]> = line.chunks(4096).collect();
    assert_eq!(seen_in("ready", &chunks), None);
    assert_eq!(seen_in("^x", &chunks), Some(15));
}

#[test]
fn what_is_no_expression_is_none() {
    assert!(ReadyLine::new("(").is_none());
}
