use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;

use super::{duration, text};
use crate::exit::{Exit, Step, signal_name};
use crate::project::{InstanceId, InstanceSpec, Place, ProcessName, ProcessSpec};
use crate::supervisor::{Detail, Note, Waiting};

fn id(name: &str) -> InstanceId {
    InstanceId { process: ProcessName::new(name), index: 1 }
}

fn spec(name: &str, command: &[u8], port: Option<u16>) -> InstanceSpec {
    let place = Place { file: Arc::from("Procfile"), line: 1 };
    let process = ProcessSpec::plain(ProcessName::new(name), command.to_vec(), place, 0);
    InstanceSpec { id: id(name), process: Arc::new(process), port }
}

fn could_not(name: &str, step: Step, errno: i32) -> Note {
    Note::CouldNotStart { instance: id(name), step, errno, detail: None }
}

fn said(notes: &[Note]) -> String {
    let instances = [spec("web", b"bin/sevrer -p $PORT", Some(5000)), spec("bell", b"a\x07\xff", None)];
    let line = |note: &Note| {
        let (who, text) = text(note, &instances);
        format!("{} | {text}\n", who.map_or("system".to_owned(), InstanceId::to_string))
    };
    notes.iter().map(line).collect()
}

#[test]
fn foremans_words_are_foremans() {
    let web = || id("web");
    let signal = |number, core_dumped| Exit::Signal { number, core_dumped };
    let ended = |exit, output_held| Note::Ended { instance: web(), exit, output_held };
    expect![[r"
        web.1 | started with pid 30692
        web.1 | exited with code 0
        web.1 | exited with code 3 (something it started still holds its output)
        web.1 | terminated by SIGSEGV (core dumped)
        web.1 | terminated by SIGKILL
        web.1 | unknown command: bin/sevrer -p $PORT
        system | SIGINT received, starting shutdown
        system | sending SIGTERM to all processes
        system | sending SIGKILL to all processes
        system | USR1 received, forwarding it to children
    "]]
    .assert_eq(&said(&[
        Note::Started { instance: web(), pid: 30692 },
        ended(Exit::Code(0), false),
        ended(Exit::Code(3), true),
        ended(signal(libc::SIGSEGV, true), false),
        ended(signal(libc::SIGKILL, false), false),
        could_not("web", Step::Look, libc::ENOENT),
        Note::ShutdownBySignal { signal: libc::SIGINT },
        Note::SendingToAll { signal: libc::SIGTERM },
        Note::SendingToAll { signal: libc::SIGKILL },
        Note::Forwarding { signal: libc::SIGUSR1 },
    ]));
}

#[test]
fn forges_own_words_say_who_and_what_to_do() {
    let waiting = |name, leader_gone, ignores, left| Waiting {
        instance: id(name),
        pid: 77,
        leader_gone,
        signal: libc::SIGTERM,
        ignores,
        left: Duration::from_millis(left),
    };
    let in_use = |name, holder: Option<&str>| Note::AddressInUse {
        instance: id(name),
        holder: holder.map(str::to_owned),
    };
    expect![[r#"
        web.1 | not executable: bin/sevrer -p $PORT
        bell.1 | not executable: a\x07\xff
        web.1 | could not be started: too many levels of symbolic links: bin/sevrer -p $PORT
        web.1 | could not be started: no more processes are allowed; raise the limit (`ulimit -u`, or that of the container) or start fewer processes
        web.1 | could not be started: forge may not open more files; raise the limit (`ulimit -Hn`) or start fewer processes
        web.1 | could not be started: the machine has too many files open; raise `fs.file-max` or close other programs
        web.1 | could not be started: there is not enough memory; close other programs, or raise the limit (`ulimit -v`, or that of the container)
        web.1 | could not be started: input/output error
        web.1 | could not be started: every command needs /bin/sh: no such file or directory
        web.1 | could not be started: its directory `/srv/shop` cannot be entered: no such file or directory; `-d` chooses another one
        web.1 | could not be started: its environment is larger than the kernel allows: 3.0 MB in all, 198 kB of it in `MAP\x1b`; put large values into files
        system | no pseudo-terminal can be had (no such device); processes get pipes, so the output of some will come late
        system | an error within forge has cost some lines of output
        web.1 | port 5000 is in use by pid 812 (ruby, /srv/shop); end it, or choose another port with `-p`
        web.1 | its address is already in use; its PORT is 5000, `-p` chooses another one, but the command may name a port of its own
        bell.1 | its address is in use by pid 812 (ruby)
        bell.1 | its address is already in use
        system | still waiting for web.1 (pid 77, ignores SIGTERM); SIGKILL in 3.0 s (Ctrl-C again to kill)
        system | still waiting for web.1 (pid 77), bell.1 (pid 77) and what db.1 left behind; SIGKILL in 2.5 s (Ctrl-C again to kill)
        system | even SIGKILL did not end web.1 and bell.1; not waiting any longer
        system | all processes have ended (Ctrl-C to leave)
        system | web.1 ended first: exited with code 1 after 2.1 s
        system | web.1 ended first: could not be started
        web.1 | its output cannot be read and is closed: the limit of watched files is reached; raise `fs.epoll.max_user_watches`
        web.1 | its output cannot be read and is closed: there is not enough memory; close other programs, or raise the limit (`ulimit -v`, or that of the container)
        system | the guard of forge was killed; all processes were ended with SIGKILL
    "#]]
    .assert_eq(&said(&[
        could_not("web", Step::Look, libc::EACCES),
        could_not("bell", Step::Look, libc::EACCES),
        could_not("web", Step::Look, libc::ELOOP),
        could_not("web", Step::Fork, libc::EAGAIN),
        could_not("web", Step::Connect, libc::EMFILE),
        could_not("web", Step::Connect, libc::ENFILE),
        could_not("web", Step::Fork, libc::ENOMEM),
        could_not("web", Step::Prepare, libc::EIO),
        could_not("web", Step::Exec, libc::ENOENT),
        Note::CouldNotStart {
            instance: id("web"),
            step: Step::Directory,
            errno: libc::ENOENT,
            detail: Some(Detail::Directory("/srv/shop".to_owned())),
        },
        Note::CouldNotStart {
            instance: id("web"),
            step: Step::Exec,
            errno: libc::E2BIG,
            detail: Some(Detail::Environment {
                bytes: 3_012_345,
                largest: "MAP\x1b".to_owned(),
                largest_bytes: 198_004,
            }),
        },
        Note::NoTerminals { errno: libc::ENODEV },
        Note::LinesLost,
        in_use("web", Some("pid 812 (ruby, /srv/shop)")),
        in_use("web", None),
        in_use("bell", Some("pid 812 (ruby)")),
        in_use("bell", None),
        Note::StillThere { waiting: vec![waiting("web", false, true, 3000)] },
        Note::StillThere {
            waiting: vec![
                waiting("web", false, false, 3000),
                waiting("bell", false, false, 2500),
                waiting("db", true, true, 3000),
            ],
        },
        Note::StillAlive { instances: vec![id("web"), id("bell")] },
        Note::NothingRuns,
        Note::FirstCause { instance: id("web"), exit: Exit::Code(1), after: Duration::from_millis(2100) },
        Note::FirstCause {
            instance: id("web"),
            exit: Exit::NeverStarted { step: Step::Look, errno: libc::ENOENT },
            after: Duration::ZERO,
        },
        Note::OutputUnread { instance: id("web"), errno: libc::ENOSPC },
        Note::OutputUnread { instance: id("web"), errno: libc::ENOMEM },
        Note::GuardLost,
    ]));
}

#[test]
fn durations_are_as_exact_as_people_are() {
    let cases = [
        (40, "0.0 s"),
        (400, "0.4 s"),
        (9_940, "9.9 s"),
        (59_000, "59 s"),
        (200_000, "3 min 20 s"),
        (7_500_000, "2 h 5 min"),
    ];
    for (milliseconds, expected) in cases {
        assert_eq!(duration(Duration::from_millis(milliseconds)), expected);
    }
}

#[test]
fn a_signal_without_a_name_has_its_number() {
    assert_eq!(signal_name(libc::SIGTERM), "SIGTERM");
    assert_eq!(signal_name(64), "signal 64");
}
