use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use tokio::sync::oneshot;
use tokio::task::{spawn_local, yield_now};

use super::{Begun, Keyboards};
use crate::control::attach::{Attached, Wish};
use crate::control::frames::{Ended, Reason, Restarted, Shown, Typed, Why};
use crate::engine::hub::Hub;
use crate::engine::hub::tests::{A, B, with_hub_in_real_time};
use crate::engine::readers;
use crate::exit::Exit;
use crate::project::{InstanceId, KeyboardOffer, ProcessName};
use crate::supervisor::RunId;
use crate::sys::descriptor::set_nonblocking;
use crate::sys::pty::{WindowSize, open_pty, window_size};

const OWN: WindowSize = WindowSize { rows: 24, columns: 80 };

fn web() -> InstanceId {
    InstanceId { process: ProcessName::new("web"), index: 1 }
}

/// A process that a test plays.
struct Played {
    terminal: File,
    _last_call: oneshot::Sender<()>,
}

/// Begins a run on a terminal.
fn begins(hub: &Hub, keyboards: &Keyboards, run: u64, offer: KeyboardOffer) -> Played {
    let pty = open_pty(OWN).expect("a pty");
    // Each run has a stream of its own.
    let stream = if run == 1 { A } else { B };
    hub.keep_for_taps(stream);
    let (last_call, hears_last_call) = oneshot::channel();
    let output = pty.controller.try_clone().expect("a descriptor");
    spawn_local(readers::read(hub.clone(), stream, output, hears_last_call));
    let pid = i32::try_from(std::process::id()).expect("small");
    let terminals: Vec<OwnedFd> = vec![pty.controller];
    keyboards.begin(Begun { instance: web(), run: RunId(run), pid, terminals, streams: vec![stream], offer });
    set_nonblocking(&pty.terminal).expect("a pty");
    Played { terminal: pty.terminal.into(), _last_call: last_call }
}

impl Played {
    fn prints(&mut self, text: &str) -> &mut Played {
        self.terminal.write_all(text.as_bytes()).expect("forge reads");
        self
    }

    fn is_raw(&mut self) -> &mut Played {
        let mut settings = tcgetattr(&self.terminal).expect("a terminal");
        cfmakeraw(&mut settings);
        tcsetattr(&self.terminal, SetArg::TCSANOW, &settings).expect("a terminal");
        self
    }

    /// Reads this many bytes.
    async fn reads(&mut self, count: usize) -> Vec<u8> {
        let mut read = Vec::new();
        while read.len() < count {
            let mut some = vec![0; (count - read.len()).min(4096)];
            match self.terminal.read(&mut some) {
                Ok(length) => read.extend(&some[..length]),
                Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
        read
    }

    fn size(&self) -> Option<WindowSize> {
        window_size(self.terminal.as_fd())
    }
}

fn a_person(rows: u16, columns: u16) -> Wish {
    Wish { window: Some(WindowSize { rows, columns }), read_only: false }
}

fn a_pipe() -> Wish {
    Wish { window: None, read_only: false }
}

/// Waits until this has been printed since the last call.
async fn sees(attached: &mut Attached, text: &str) {
    let mut seen = String::new();
    while !seen.contains(text) {
        match attached.shown.recv().await {
            Some(Shown::Output(bytes)) => seen.push_str(&String::from_utf8_lossy(&bytes)),
            other => panic!("{other:?} after {seen:?}, waiting for {text:?}"),
        }
    }
}

async fn types(attached: &Attached, keys: &str) {
    attached.typed.send(Typed::Keys(keys.into())).await.expect("somebody listens");
}

fn with_keyboards<F: Future<Output = ()>>(work: impl FnOnce(Hub, Keyboards) -> F) {
    with_hub_in_real_time(|hub, _out| {
        let keyboards = Keyboards::new(hub.clone(), OWN);
        let work = work(hub, keyboards);
        async move {
            tokio::time::timeout(Duration::from_secs(20), work).await.expect("within 20 s");
        }
    });
}

#[test]
fn one_sees_what_stands_there_and_types() {
    with_keyboards(|hub, keyboards| async move {
        let mut played = begins(&hub, &keyboards, 1, KeyboardOffer::Auto);
        played.prints("one\n\x1b[31m> ");
        let mut first = keyboards.attach(&web(), a_pipe()).expect("a place");
        assert_eq!((first.entered.name.as_str(), first.entered.others), ("web.1", 0));
        sees(&mut first, "> ").await;
        let mut attached = keyboards.attach(&web(), a_person(24, 80)).expect("a place");
        assert_eq!(attached.entered.others, 1);
        sees(&mut attached, "one\r\n\x1b[0;31m>").await;
        types(&attached, "hello\r").await;
        // The terminal itself shows what is typed, and makes a line end of Enter.
        sees(&mut attached, "hello\r\n").await;
        assert_eq!(played.reads(6).await, b"hello\n");
    });
}

#[test]
fn who_does_not_read_holds_up_nobody_and_loses_nothing() {
    with_keyboards(|hub, keyboards| async move {
        let mut played = begins(&hub, &keyboards, 1, KeyboardOffer::Auto);
        played.is_raw();
        let attached = keyboards.attach(&web(), a_pipe()).expect("a place");
        let mut other = keyboards.attach(&web(), a_person(10, 40)).expect("a place");
        let much: Vec<u8> =
            (0..400_000_u32).map(|number| b'a' + u8::try_from(number % 26).expect("small")).collect();
        let typed = attached.typed.clone();
        let sent = much.clone();
        let typing = spawn_local(async move {
            for piece in sent.chunks(10_000) {
                typed.send(Typed::Keys(piece.to_vec())).await.expect("somebody listens");
            }
        });
        // The others do not wait.
        other.typed.send(Typed::Window { columns: 33, rows: 11 }).await.expect("somebody listens");
        while played.size() != Some(WindowSize { rows: 11, columns: 33 }) {
            yield_now().await;
        }
        played.prints("still there");
        sees(&mut other, "still there").await;
        assert!(!typing.is_finished(), "more was typed than anybody keeps");
        assert!(played.reads(much.len()).await == much);
        typing.await.expect("no panic");
    });
}

#[test]
fn the_smallest_window_of_those_who_type_counts() {
    with_keyboards(|hub, keyboards| async move {
        let played = begins(&hub, &keyboards, 1, KeyboardOffer::Auto);
        let becomes = async |rows, columns| {
            while played.size() != Some(WindowSize { rows, columns }) {
                yield_now().await;
            }
        };
        let one = keyboards.attach(&web(), a_person(50, 100)).expect("a place");
        becomes(50, 100).await;
        let watching = Wish { window: Some(WindowSize { rows: 5, columns: 5 }), read_only: true };
        let mut looker = keyboards.attach(&web(), watching).expect("a place");
        assert!(looker.shown.recv().await.is_some());
        let other = keyboards.attach(&web(), a_person(20, 200)).expect("a place");
        becomes(20, 100).await;
        // A run that begins now gets it from the start.
        assert_eq!(keyboards.window_for(&web()), WindowSize { rows: 20, columns: 100 });
        // The stream's own window is nothing to it.
        keyboards.resize(WindowSize { rows: 9, columns: 9 });
        becomes(20, 100).await;
        other.typed.send(Typed::Window { columns: 90, rows: 60 }).await.expect("somebody listens");
        becomes(50, 90).await;
        drop((one, other));
        becomes(9, 9).await;
    });
}

#[test]
fn one_who_only_looks_types_nothing_and_is_asked_nothing() {
    with_keyboards(|hub, keyboards| async move {
        let mut played = begins(&hub, &keyboards, 1, KeyboardOffer::Auto);
        let mut first = keyboards.attach(&web(), a_person(24, 80)).expect("a place");
        let watching = Wish { window: Some(OWN), read_only: true };
        let mut looker = keyboards.attach(&web(), watching).expect("a place");
        assert!(looker.entered.read_only);
        types(&looker, "never\r").await;
        looker.typed.send(Typed::Last).await.expect("somebody listens");
        while !matches!(looker.shown.recv().await, Some(Shown::Exit(Why { why: Reason::Left }))) {}
        let mut looker = keyboards.attach(&web(), watching).expect("a place");
        let mut second = keyboards.attach(&web(), a_person(24, 80)).expect("a place");
        for one in [&mut looker, &mut second] {
            assert!(matches!(one.shown.recv().await, Some(Shown::Output(_))), "the screen");
        }
        played.prints("where\x1b[6n?\n");
        // One terminal answers, not all of them.
        sees(&mut first, "where\x1b[6n?").await;
        sees(&mut looker, "where?").await;
        sees(&mut second, "where?").await;
        types(&first, "typed\r").await;
        assert_eq!(played.reads(6).await, b"typed\n");
    });
}

#[test]
fn whoever_asks_where_nobody_is_attached_gets_an_answer() {
    with_keyboards(|hub, keyboards| async move {
        let mut played = begins(&hub, &keyboards, 1, KeyboardOffer::Auto);
        played.is_raw().prints("one\r\nab\x1b[6n");
        assert_eq!(played.reads(6).await, b"\x1b[2;3R");
        played.prints("\x1b[");
        yield_now().await;
        played.prints("c");
        assert_eq!(played.reads(9).await, b"\x1b[?62;22c");
    });
}

#[test]
fn a_question_that_nobody_can_hear_answered_is_not_answered() {
    with_keyboards(|hub, keyboards| async move {
        let mut played = begins(&hub, &keyboards, 1, KeyboardOffer::Auto);
        let mut pipe = keyboards.attach(&web(), a_pipe()).expect("a place");
        played.prints("\x1b[6nrest");
        sees(&mut pipe, "rest").await;
        played.is_raw().prints("\x1b[5n");
        // In its place: nothing of the first question came before it.
        assert_eq!(played.reads(4).await, b"\x1b[0n");
    });
}

#[test]
fn an_attachment_outlives_its_run() {
    with_keyboards(|hub, keyboards| async move {
        let mut played = begins(&hub, &keyboards, 1, KeyboardOffer::Auto);
        let mut attached = keyboards.attach(&web(), a_pipe()).expect("a place");
        played.prints("last words");
        sees(&mut attached, "last words").await;
        keyboards.exited(RunId(1), Exit::Code(3));
        drop(played);
        assert_eq!(attached.shown.recv().await, Some(Shown::Ended(Ended { exit: Some(Exit::Code(3)) })));
        keyboards.gone(RunId(1));
        types(&attached, "into nothing").await;
        for _ in 0..10 {
            yield_now().await;
        }
        let mut played = begins(&hub, &keyboards, 2, KeyboardOffer::Auto);
        let pid = i32::try_from(std::process::id()).expect("small");
        assert_eq!(attached.shown.recv().await, Some(Shown::Restarted(Restarted { pid })));
        played.prints("first words");
        sees(&mut attached, "first words").await;
        types(&attached, "x\r").await;
        assert_eq!(played.reads(2).await, b"x\n");
        keyboards.end();
        let end = Some(Shown::Exit(Why { why: Reason::StackEnded }));
        loop {
            match attached.shown.recv().await {
                Some(Shown::Output(_)) => {}
                other => break assert_eq!(other, end),
            }
        }
        assert!(keyboards.attach(&web(), a_pipe()).is_err());
    });
}

#[test]
fn what_was_typed_last_arrives_before_the_end() {
    with_keyboards(|hub, keyboards| async move {
        let mut played = begins(&hub, &keyboards, 1, KeyboardOffer::Auto);
        played.is_raw();
        let mut attached = keyboards.attach(&web(), a_pipe()).expect("a place");
        let keys = "k".repeat(100_000);
        for piece in keys.as_bytes().chunks(20_000) {
            attached.typed.send(Typed::Keys(piece.to_vec())).await.expect("somebody listens");
        }
        attached.typed.send(Typed::Last).await.expect("somebody listens");
        assert_eq!(played.reads(keys.len()).await, keys.as_bytes());
        while !matches!(attached.shown.recv().await, Some(Shown::Exit(Why { why: Reason::Left }))) {}
    });
}

#[test]
fn whoever_takes_nothing_gets_the_screen_anew() {
    with_keyboards(|hub, keyboards| async move {
        let mut played = begins(&hub, &keyboards, 1, KeyboardOffer::Auto);
        let mut slow = keyboards.attach(&web(), a_person(24, 80)).expect("a place");
        let mut quick = keyboards.attach(&web(), a_pipe()).expect("a place");
        let line = format!("{}\n", "x".repeat(1000));
        for _ in 0..3000 {
            played.prints(&line);
            sees(&mut quick, "x\r\n").await;
        }
        played.prints("the end");
        sees(&mut quick, "the end").await;
        let mut bytes = 0;
        loop {
            let Some(Shown::Output(output)) = slow.shown.recv().await else { panic!("the end of all") };
            bytes += output.len();
            if String::from_utf8_lossy(&output).contains("the end") {
                break;
            }
        }
        assert!(bytes < 2_500_000, "{bytes} of more than 3 million");
    });
}

#[test]
fn a_question_on_an_unfinished_line_wants_the_keyboard() {
    with_keyboards(|hub, keyboards| async move {
        let mut wants = keyboards.wants();
        let mut played = begins(&hub, &keyboards, 1, KeyboardOffer::Auto);
        // As a debugger does, with the line edited by itself.
        played.is_raw().prints("stopped\r\n(Pdb) ");
        wants.changed().await.expect("keyboards");
        let wanting = wants.borrow_and_update().of(&web()).cloned().expect("it waits");
        assert_eq!((wanting.program.as_deref(), wanting.prompt.as_str()), (Some("pdb"), "(Pdb)"));
        played.prints("c\r\n");
        wants.changed().await.expect("keyboards");
        assert_eq!(wants.borrow_and_update().of(&web()), None);
        // One that likes single keys, and has asked nothing.
        played.prints("press h to show help\r\n");
        played.prints("\x1b[?25l");
        hub.show_unfinished(A);
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert!(!wants.has_changed().expect("keyboards"));
    });
}

#[test]
fn the_user_decides_who_wants_the_keyboard() {
    with_keyboards(|hub, keyboards| async move {
        let wants = keyboards.wants();
        let always = begins(&hub, &keyboards, 1, KeyboardOffer::Always);
        assert!(wants.borrow().of(&web()).is_some());
        keyboards.gone(RunId(1));
        drop(always);
        let mut never = begins(&hub, &keyboards, 2, KeyboardOffer::Never);
        assert_eq!(wants.borrow().of(&web()), None);
        let mut seen = keyboards.attach(&web(), a_pipe()).expect("a place");
        never.is_raw().prints("(Pdb) ");
        sees(&mut seen, "(Pdb)").await;
        hub.show_unfinished(B);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(wants.borrow().of(&web()), None);
    });
}
