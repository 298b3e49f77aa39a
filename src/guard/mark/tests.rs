use std::path::Path;

use super::{Guard, Mark, ProjectId, StackId};

fn mark() -> Mark {
    let guard = Guard { pid: 4711, started: 123_456 };
    let stack = StackId { guard, world: 0xabc, project: ProjectId::of(Path::new("/home/u/shop")) };
    Mark { stack, run: 7 }
}

#[test]
fn a_mark_is_read_as_it_was_written() {
    let text = mark().to_string();
    assert_eq!(Mark::parse(text.as_bytes()), Some(mark()), "{text}");
    let stack = mark().stack.to_string();
    assert_eq!(StackId::parse(stack.as_bytes()), Some(mark().stack), "{stack}");
}

#[test]
fn nothing_else_is_a_mark() {
    let text = mark().to_string();
    let stack = mark().stack.to_string();
    for wrong in [
        "",
        ".",
        "1",
        "4711.3",
        &stack,
        &format!("{text}.1"),
        &format!("0{text}"),
        &format!("+{text}"),
        &format!("-{text}"),
        &format!(" {text}"),
        &format!("{stack}.x"),
        &text.replace("4711", "0"),
        &text.replace("4711", "99999999999"),
        &text.replace("0000abc", "0000ABC"),
        &text.replace("0000abc", "00abc"),
    ] {
        assert_eq!(Mark::parse(wrong.as_bytes()), None, "{wrong:?}");
    }
    assert_eq!(Mark::parse(b"\xff.1.1.1.1"), None);
}

#[test]
fn projects_differ_by_their_whole_path() {
    let of = |path: &str| ProjectId::of(Path::new(path));
    assert_eq!(of("/a/b"), of("/a/b"));
    assert_ne!(of("/a/b"), of("/a/bb"));
    assert_ne!(of("/a/b"), of("/a"));
    // It must not change from version to version: what an older forge left behind is to be found.
    assert_eq!(of("/"), ProjectId(0x07d6_c607_b49d_7a9a));
}
