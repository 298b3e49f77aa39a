use super::{History, Look};
use crate::logs::Channel;
use crate::store::reader::Line;
use crate::time::WallTime;
use crate::ui::sinks::Screen;

const NOW: WallTime = WallTime { seconds: 1_795_275_000, nanos: 0, utc_offset: 0 };

fn line(text: &[u8]) -> Line {
    Line {
        text: text.to_vec(),
        begins: true,
        ends: true,
        at: WallTime { nanos: 1_234_000, ..NOW },
        order: 1,
        channel: Channel::Both,
        run: 2,
        pid: Some(7),
        gap: false,
    }
}

fn shown(look: Look, line: &Line) -> String {
    let mut out = Vec::new();
    History::new(look, ["web.1", "worker.1"], NOW).line("web.1", 0, line, &mut out);
    String::from_utf8(out).expect("text")
}

const PIPE: Look = Look::Stream { screen: Screen { terminal: false, colour: false }, timestamp: true };
const SCREEN: Look = Look::Stream { screen: Screen { terminal: true, colour: true }, timestamp: true };

#[test]
fn as_the_stream_shows_it() {
    assert_eq!(shown(PIPE, &line(b"\x1b[1mhello")), "15:30:00 web.1    | hello\n");
    assert_eq!(shown(SCREEN, &line(b"a\x1b[2Jb")), "\x1b[36m15:30:00 web.1    | \x1b[0mab\n");
    let without = Look::Stream { screen: Screen { terminal: false, colour: false }, timestamp: false };
    assert_eq!(shown(without, &line(b"hello")), "web.1    | hello\n");
}

#[test]
fn the_date_stands_before_lines_of_other_days() {
    let yesterday = Line { at: WallTime { seconds: NOW.seconds - 86_400, ..NOW }, ..line(b"x") };
    assert_eq!(shown(PIPE, &yesterday), "2026-11-20 15:30:00 web.1    | x\n");
}

#[test]
fn pieces_are_one_line() {
    let mut out = Vec::new();
    let mut history = History::new(PIPE, ["web.1"], NOW);
    history.line("web.1", 0, &Line { ends: false, ..line(b"one ") }, &mut out);
    history.line("web.1", 0, &Line { begins: false, ..line(b"line") }, &mut out);
    assert_eq!(String::from_utf8_lossy(&out), "15:30:00 web.1  | one line\n");
}

#[test]
fn a_gap_is_forges_own() {
    assert!(
        shown(PIPE, &Line { gap: true, ..line(b"[forge: 2 lines are missing here]") })
            .contains(" system   | [forge")
    );
}

#[test]
fn alone_and_as_json() {
    assert_eq!(shown(Look::Raw, &line(b"\x1b[1mx")), "\x1b[1mx\n");
    let object: serde_json::Value = serde_json::from_str(&shown(Look::Json, &line(b"a\"b"))).expect("JSON");
    assert_eq!(object["text"], "a\"b");
    assert_eq!(object["time"], "2026-11-21T15:30:00.001234+00:00");
    assert_eq!((&object["run"], &object["pid"], object.get("bytes")), (&2.into(), &7.into(), None));
    for (bytes, base64) in [(&b"\xff"[..], "/w=="), (b"\xff\xfe", "//4="), (b"\xffab", "/2Fi")] {
        let object: serde_json::Value = serde_json::from_str(&shown(Look::Json, &line(bytes))).expect("JSON");
        assert_eq!(object["bytes"], base64);
    }
}
