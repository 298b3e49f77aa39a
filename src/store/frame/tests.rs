use super::{Frame, put_bare, put_file, put_text, take};
use crate::logs::Channel;
use crate::store::index::{Kind, Record};
use crate::time::WallTime;

#[test]
fn what_was_said_is_heard() {
    let text = Record {
        kind: Kind::Text { begins: true, ends: true, broken: false },
        channel: Channel::Both,
        at: WallTime { seconds: 5, nanos: 6, utc_offset: 0 },
        order: 1,
        offset: 0,
        length: 0,
        run: 1,
        missing: 0,
    };
    let run = Record { kind: Kind::Run, length: 4711, ..text };
    let mut out = Vec::new();
    put_file(&mut out, "web.1");
    put_bare(&mut out, &run);
    put_text(&mut out, text, |out| out.extend_from_slice(b"hello\n"));
    let mut rest = out.as_slice();
    assert_eq!(take(&mut rest), Some(Frame::File("web.1")));
    assert_eq!(take(&mut rest), Some(Frame::Record(run, b"")));
    assert_eq!(take(&mut rest), Some(Frame::Record(Record { length: 6, ..text }, b"hello\n")));
    assert_eq!(take(&mut rest), None);
    assert!(rest.is_empty());
}

#[test]
fn half_a_frame_is_none() {
    let mut out = Vec::new();
    put_file(&mut out, "web.1");
    for length in 0..out.len() {
        assert_eq!(take(&mut &out[..length]), None);
    }
}
