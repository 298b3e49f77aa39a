//! `forge attach`: the keyboard and the screen of one process.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use nix::sys::signal::Signal;
use nix::sys::termios::{LocalFlags, Termios};

use crate::ended::Ended;
use crate::forge::Forge;
use crate::puppet::Puppet;
use crate::running::Running;

/// A stack of one puppet that has a terminal of its own.
fn one() -> (Running, Puppet) {
    let stack = Forge::new().procfile("web: puppet\n").start("--tty full");
    let web = stack.puppet("web.1");
    (stack, web)
}

/// Sits at a terminal of 100 columns and 30 rows and attaches.
fn attach(stack: &Running, words: &[&str]) -> Running {
    let seat = Forge::beside(stack).on_a_terminal().launch(&[&["attach"], words].concat());
    seat.sees("Ctrl-] leaves");
    seat
}

fn is_cooked(settings: &Termios) -> bool {
    settings.local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG)
}

/// Waits until the process sees a window of this size.
fn sees_window(web: &Puppet, stack: &Running, size: &str) {
    stack.finds(&format!("a window of {size}"), || (web.fact("size") == size).then_some(()));
}

fn wants_input(stack: &Running) -> bool {
    let ended = Forge::beside(stack).runs(&["ps", "--json"]);
    let stack: serde_json::Value = serde_json::from_slice(ended.stdout()).expect("JSON");
    stack["instances"][0]["wants_input"] == true
}

#[test]
fn keys_reach_the_process_and_its_words_the_terminal() {
    let (stack, web) = one();
    web.says("before anybody came").prints("question? ");
    stack.sees("question?");
    let seat = attach(&stack, &["web"]);
    seat.sees("attached to web.1").sees("before anybody came").sees("question?");
    assert!(!is_cooked(&seat.terminal().settings()));
    seat.types("answer\r");
    web.reads("answer\n").says("\x1b[32mthank you\x1b[0m");
    seat.sees("thank you").types("\x1d");
    seat.exits_with(0).sees("left web.1");
    assert!(is_cooked(&seat.terminal().settings()), "the terminal is as it was");
    // What was typed and shown stands in the stream, too, and the process goes on.
    stack.sees("web.1 | question? answer").sees("web.1 | thank you");
    web.says("still here");
    stack.sees("web.1 | still here");
}

#[test]
fn keys_that_mean_signals_go_to_the_process() {
    let (stack, web) = one();
    let seat = attach(&stack, &["web"]);
    for (key, signal) in [("\x03", Signal::SIGINT), ("\x1a", Signal::SIGTSTP), ("\x1c", Signal::SIGQUIT)] {
        web.catches(signal);
        seat.types(key);
        web.has_caught(signal);
    }
    seat.types("\x1d").exits_with(0);
    assert!(web.is_alive());
}

#[test]
fn other_keys_can_leave() {
    let (stack, web) = one();
    let seat = Forge::beside(&stack)
        .on_a_terminal()
        .variable("FORGE_DETACH_KEYS", "ctrl-p,ctrl-q")
        .launch(&["connect", "web.1"]);
    seat.sees("Ctrl-P Ctrl-Q leaves").types("\x1d\x10x\r");
    web.reads("\x1d\x10x\n");
    seat.types("\x10\x11").exits_with(0);
    Forge::beside(&stack).runs(&["attach", "web", "--detach-keys", "nonsense"]).exits_with(2);
}

#[test]
fn the_process_sees_the_smallest_window_of_those_who_type() {
    let stack = Forge::new().procfile("web: puppet\n").on_a_terminal().start("");
    let web = stack.puppet("web.1");
    assert_eq!(web.fact("size"), "82x30", "that of the stream");
    let seat = attach(&stack, &["web"]);
    sees_window(&web, &stack, "100x30");
    web.catches(Signal::SIGWINCH);
    seat.terminal().resize(60, 20);
    web.has_caught(Signal::SIGWINCH);
    sees_window(&web, &stack, "60x20");
    let other = attach(&stack, &["web"]);
    other.terminal().resize(50, 25);
    sees_window(&web, &stack, "50x20");
    let looker = attach(&stack, &["web", "--read-only"]);
    looker.terminal().resize(10, 5);
    stack.terminal().resize(40, 15);
    web.says("the same");
    looker.sees("the same");
    assert_eq!(web.fact("size"), "50x20");
    other.types("\x1d").exits_with(0);
    sees_window(&web, &stack, "60x20");
    seat.types("\x1d").exits_with(0);
    sees_window(&web, &stack, "22x15");
}

#[test]
fn one_who_only_looks_types_nothing() {
    let (stack, web) = one();
    let looker = attach(&stack, &["web", "-r"]);
    looker.sees("watching web.1").types("never\x03\r").types("\x1d");
    looker.exits_with(0);
    let seat = attach(&stack, &["web"]);
    seat.types("only this\r");
    web.reads("only this\n").says("seen");
    stack.sees("web.1 | seen");
    assert!(!stack.lines_so_far().iter().any(|line| line.contains("never")));
}

#[test]
fn an_attachment_outlives_the_process_and_ends_with_the_stack() {
    let stack = Forge::new().procfile("web: puppet\n").start("--tty full --restart web=always");
    let web = stack.puppet("web.1");
    let seat = attach(&stack, &["web"]);
    sees_window(&web, &stack, "100x30");
    web.exits(3);
    seat.sees("web.1 exited with code 3").sees("web.1 was restarted");
    let web = stack.puppet("web.1");
    assert_eq!(web.fact("size"), "100x30", "from its start");
    seat.types("again\r");
    web.reads("again\n").says("last words");
    stack.signal(Signal::SIGTERM);
    seat.sees("last words").sees("web.1 terminated by SIGTERM").sees("the stack has ended").exits_with(0);
    assert!(is_cooked(&seat.terminal().settings()));
    stack.ends();
    stack.leaves_nobody_behind();
}

#[test]
fn a_program_that_fills_the_screen_is_drawn_anew_and_put_away() {
    let (stack, web) = one();
    web.says("an ordinary line");
    web.prints(
        "\x1b[?1049h\x1b[?25l\x1b[?1h\x1b=\x1b[?2004h\x1b[?1000h\x1b[2J\x1b[5;7H\x1b[44mMenu\x1b[0m\x1b[1;1H",
    );
    web.catches(Signal::SIGWINCH);
    stack.sees("Menu");
    let seat = attach(&stack, &["web"]);
    web.has_caught(Signal::SIGWINCH);
    let seen = |text: &'static str| {
        seat.finds(text, || seat.said_anywhere(text).then_some(()));
    };
    for entry in ["\x1b[?1049h", "\x1b[5;1H", "\x1b[0;44mMenu", "\x1b[?25l", "\x1b[?2004h", "\x1b[?1000h"] {
        seen(entry);
    }
    // The same window again: the program is told twice that it has another one, and draws itself.
    let other = attach(&stack, &["web"]);
    web.has_caught(Signal::SIGWINCH);
    other.types("\x1d").exits_with(0);
    seat.types("\x1d").exits_with(0);
    let ended = seat.ends();
    let out = ended.out();
    let behind = &out[out.rfind("\x1b[?1049l").expect("the other screen is left")..];
    assert!(behind.contains("left web.1"), "{behind:?}");
    for off in ["\x1b[?25h", "\x1b[?2004l", "\x1b[?1000l", "\x1b[?1l", "\x1b>"] {
        assert!(out.rfind(off) > out.rfind("\x1b[?1049h"), "{off:?} in {out:?}");
    }
}

#[test]
fn signals_put_the_terminal_back() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let (stack, web) = one();
        let seat = attach(&stack, &["web"]);
        web.prints("\x1b[?25l hidden");
        seat.sees("hidden").signal(signal).dies_by(signal);
        seat.finds("the cursor", || seat.said_anywhere("\x1b[?25h").then_some(()));
        assert!(is_cooked(&seat.terminal().settings()), "after {signal}");
        assert!(web.is_alive());
    }
}

#[test]
fn a_stop_lends_the_terminal_to_the_shell() {
    let (stack, web) = one();
    // A shell above it, or the kernel would not stop it.
    let seat = Forge::beside(&stack).on_a_terminal().script("$FORGE attach web; echo over");
    seat.sees("Ctrl-] leaves");
    let client = seat
        .finds("the client", || crate::census::children(seat.pid).into_iter().find(|pid| *pid != seat.pid));
    let signal = |signal| {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(client), signal).expect("it lives");
    };
    signal(Signal::SIGTSTP);
    seat.finds("a cooked terminal", || is_cooked(&seat.terminal().settings()).then_some(()));
    web.says("meanwhile");
    stack.sees("meanwhile");
    signal(Signal::SIGCONT);
    seat.finds("a raw terminal", || (!is_cooked(&seat.terminal().settings())).then_some(()));
    seat.sees("meanwhile").types("x\r");
    web.reads("x\n");
    seat.types("\x1d").sees("over");
}

/// Types this through a pipe.
fn pipes(stack: &Running, text: &str, words: &[&str]) -> Ended {
    let (read, mut write) = std::io::pipe().expect("descriptors are free");
    write.write_all(text.as_bytes()).expect("a pipe has room");
    drop(write);
    let typing = Forge::beside(stack).with_stdin(OwnedFd::from(read));
    typing.runs(&[&["attach"], words].concat())
}

#[test]
fn what_comes_from_a_pipe_is_typed_and_its_end_leaves() {
    let stack = Forge::new()
        .procfile("web: printf 'name? '; read name; echo \"hello $name\"; read rest\n")
        .start("--tty full");
    stack.sees("name?");
    let ended = pipes(&stack, "you\n", &["web"]);
    ended.exits_with(0).showed("hello you");
    assert!(ended.err().contains("left web.1"), "{}", ended.err());
    assert!(!ended.stdout().contains(&0x1b), "nothing is drawn where nobody sits");
    stack.sees("hello you");
}

#[test]
fn what_is_not_echoed_stands_nowhere() {
    let script = "web: printf 'password: '; stty -echo; read word; stty echo; echo; \
                  echo \"${#word} letters\"; read again; echo \"got $again\"; read rest\n";
    let stack = Forge::new().procfile(script).start("--tty full");
    stack.sees("password:");
    let seat = attach(&stack, &["web"]);
    seat.sees("password:");
    stack.finds("no echo", || wants_input(&stack).then_some(()));
    seat.types("hunter2\r").sees("7 letters").types("plain text\r").sees("got plain text");
    stack.sees("web.1 | plain text");
    seat.types("\x1d").exits_with(0);
    let said = [stack.lines_so_far(), seat.lines_so_far()].concat().join("\n");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn whoever_waits_for_typed_input_is_known() {
    let stack = Forge::new()
        .procfile("web: puppet; printf 'go on? '; read answer; echo 'going on'; puppet --as later\n")
        .start("--tty full");
    let web = stack.puppet("web.1");
    web.says("press h to show help");
    stack.sees("press h");
    assert!(!wants_input(&stack));
    web.exits(0);
    stack.sees("go on?");
    stack.finds("a process that waits for keys", || wants_input(&stack).then_some(()));
    // It is the one that is meant.
    let seat = attach(&stack, &[]);
    seat.sees("go on?").types("yes\r").sees("going on");
    stack.finds("nobody who waits for keys", || (!wants_input(&stack)).then_some(()));
}

#[test]
fn a_server_that_likes_single_keys_asks_nothing() {
    // As vite does: every key at once, and a line that says which.
    let stack = Forge::new()
        .procfile("web: stty -icanon -echo; echo 'press h for help'; head -c 1; echo; puppet\n")
        .start("--tty full --no-timestamp");
    stack.sees("press h");
    let seat = attach(&stack, &["web"]);
    assert!(!wants_input(&stack));
    seat.types("h");
    stack.sees("web.1 | h").puppet("web.1");
    assert!(!wants_input(&stack));
    seat.types("\x1d").exits_with(0);
}

#[test]
fn the_keyboard_can_be_forbidden() {
    let stack = Forge::new()
        .procfile("web: printf 'go on? '; read answer; echo 'going on'; puppet\n")
        .file("forge.toml", "[process.web]\nkeyboard = \"never\"\n")
        .start("--tty full");
    stack.sees("go on?");
    let seat = attach(&stack, &["web"]);
    assert!(!wants_input(&stack));
    seat.types("\r").sees("going on");
    stack.puppet("web.1").exits(0);
    let stack = Forge::new()
        .procfile("web: puppet\n")
        .file("forge.toml", "[process.web]\nkeyboard = \"always\"\n")
        .start("--tty full");
    stack.puppet("web.1");
    assert!(wants_input(&stack));
}

#[test]
fn who_cannot_be_attached_to_is_told_why() {
    let stack = Forge::new()
        .procfile("web: puppet\ndb: puppet\njobs: puppet\n")
        .file("forge.toml", "[process.db]\ntty = \"pipe\"\n")
        .start("--tty full");
    for name in ["web.1", "db.1", "jobs.1"] {
        stack.puppet(name);
    }
    let refused = |words: &[&str], says: &str| {
        let ended = Forge::beside(&stack).runs(&[&["attach"], words].concat());
        ended.exits_with(1);
        assert!(ended.err().contains(says), "{says:?} in {}", ended.err());
    };
    refused(&["db"], "`db.1` has no terminal of its own");
    refused(&["db"], "tty = \"full\"");
    refused(&["nobody"], "`nobody`");
    refused(&[], "name one of web.1, jobs.1");
    Forge::new().runs(&["attach"]).exits_with(3);
}

#[test]
fn nobody_is_attached_to_himself() {
    let stack = Forge::new()
        .variable("FORGE", env!("CARGO_BIN_EXE_forge"))
        .procfile("web: $FORGE attach web; $FORGE attach other -r; puppet\nother: puppet\n")
        .start("--tty full");
    stack.sees("this is the screen of `web.1` already");
    stack.sees("watching other.1");
    stack.puppet("other.1").says("seen from afar");
    stack.sees("web.1 | seen from afar").sees("other.1 | seen from afar");
}

#[test]
fn any_program_can_attach_over_the_socket() {
    let (stack, web) = one();
    web.says("hello");
    stack.sees("hello");
    let run = stack.directory().parent().expect("a place").join("run");
    let socket = stack.finds("the socket", || {
        let directories = std::fs::read_dir(&run).ok()?.flatten();
        let files = directories
            .flat_map(|directory| std::fs::read_dir(directory.path()).into_iter().flatten().flatten());
        files.map(|file| file.path()).find(|path| path.extension().is_some_and(|it| it == "sock"))
    });
    let mut line = UnixStream::connect(&socket).expect("somebody listens");
    line
        .write_all(
            b"POST /v1/attach/web?columns=90&rows=20 HTTP/1.1\r\nHost: forge\r\nConnection: upgrade\r\nUpgrade: forge-attach\r\n\r\n",
        )
        .expect("room");
    let mut heard = Vec::new();
    let mut finds = |line: &mut UnixStream, text: &str| {
        while !String::from_utf8_lossy(&heard).contains(text) {
            let mut some = [0; 1024];
            let length = line.read(&mut some).expect("an answer");
            assert!(length > 0, "{text:?} in {:?}", String::from_utf8_lossy(&heard));
            heard.extend(&some[..length]);
        }
    };
    finds(&mut line, "101 Switching Protocols");
    finds(&mut line, "\"name\":\"web.1\"");
    finds(&mut line, "hello");
    line.write_all(b"d\0\0\0\x03ok\rq\0\0\0\0").expect("room");
    web.reads("ok\n");
    finds(&mut line, "x\0\0\0\x0e{\"why\":\"left\"}");
    // Nonsense harms nobody.
    let mut other = UnixStream::connect(&socket).expect("room");
    other
        .write_all(b"POST /v1/attach/web HTTP/1.1\r\nHost: forge\r\nConnection: upgrade\r\nUpgrade: forge-attach\r\n\r\nd\xff\xff\xff\xff")
        .expect("room");
    let mut rest = Vec::new();
    let _ = other.read_to_end(&mut rest);
    web.says("unharmed");
    stack.sees("unharmed");
}
