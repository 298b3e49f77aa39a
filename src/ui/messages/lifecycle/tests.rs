use std::path::PathBuf;
use std::time::Duration;

use expect_test::expect;

use super::{
    exceeded, files_changed, gave_up, hook_failed, kept_down, not_live, not_ready, restarting, still_busy,
    was_missed,
};
use crate::exit::Exit;
use crate::project::lifecycle::{HttpProbe, Missed, OnLimit, Overlap, Probe};
use crate::project::{InstanceId, ProcessName};
use crate::supervisor::{Excess, Part, ProbeFailure};

fn id(name: &str) -> InstanceId {
    InstanceId { process: ProcessName::new(name), index: 1 }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn what_was_waited_for_is_named() {
    let http =
        HttpProbe { host: None, port: None, path: "/up".to_owned(), status: None, headers: Vec::new() };
    let late = |probe: Probe, failure, lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        not_ready(&probe, Some(5000), seconds(60), failure, &lines)
    };
    let errno = libc::ECONNREFUSED;
    let said = [
        late(Probe::Listening, Some(ProbeFailure::NothingListens), &["booting", "still\x07booting"]),
        late(Probe::Http(http), Some(ProbeFailure::Status { code: 503 }), &[]),
        late(
            Probe::Tcp { host: "db".to_owned(), port: 5432 },
            Some(ProbeFailure::CannotConnect { errno }),
            &["one"],
        ),
        late(Probe::Unix(PathBuf::from("/run/db")), Some(ProbeFailure::TimedOut), &[]),
        late(Probe::Command(b"pg_isready".to_vec()), Some(ProbeFailure::Failed(Exit::Code(2))), &[]),
        late(Probe::Log("Listening on".to_owned()), None, &[]),
        late(Probe::File(PathBuf::from("tmp/ready")), Some(ProbeFailure::NoFile), &[]),
        late(Probe::Notify, None, &[]),
    ];
    expect![[r#"
        not ready after 60 s: nothing of it listens on port 5000 (nothing listens); its last lines: booting / still\x07booting
        not ready after 60 s: no good answer from `/up` (status 503)
        not ready after 60 s: nobody answers at db:5432 (connection refused); its last line: one
        not ready after 60 s: nobody answers at `/run/db` (timed out)
        not ready after 60 s: `pg_isready` does not succeed (the probe exited with code 2)
        not ready after 60 s: no line matches `Listening on`
        not ready after 60 s: `tmp/ready` does not exist (no such file)
        not ready after 60 s: it has not said READY=1"#]].assert_eq(&said.join("\n"));
}

#[test]
fn limits_say_what_was_used_and_what_may_be_used() {
    let memory = Excess::Memory { used: 700 << 20, limit: 1536 << 20 };
    let silent = Excess::Silence { silent: seconds(301), limit: seconds(300) };
    let said = [
        exceeded(memory, OnLimit::Restart),
        exceeded(Excess::Cpu { used: 250, limit: 200 }, OnLimit::Stop),
        exceeded(silent, OnLimit::Warn),
        exceeded(Excess::Age { age: seconds(21_000), limit: seconds(21_600) }, OnLimit::Restart),
        exceeded(Excess::Runtime { limit: seconds(300) }, OnLimit::Stop),
        not_live(3, Some(ProbeFailure::Status { code: 500 })),
        not_live(1, None),
    ];
    expect![[r#"
        uses 700 MiB of memory, the limit is 1.5 GiB; restarting it
        uses 250 % of a core, the limit is 200 %; ending it
        has printed nothing for 5 min 1 s, the limit is 5 min 0 s
        has run for 5 h 50 min, the limit is 6 h 0 min; restarting it
        has not ended within 5 min 0 s; ending it
        no sign of life 3 times in a row (status 500), ending it
        no sign of life once, ending it"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn what_follows_is_said() {
    let said = [
        restarting(Duration::from_millis(1600)),
        gave_up(5, seconds(60)),
        gave_up(1, seconds(60)),
        gave_up(0, seconds(60)),
        kept_down(&[id("web")], &id("migrate")),
        kept_down(&[id("web"), id("worker")], &id("migrate")),
        hook_failed(Part::Before, Exit::Code(1)),
        files_changed("lib/a.rb", 0, None),
        files_changed("lib/a.rb", 1, Some(libc::SIGHUP)),
        files_changed("lib/a\x07.rb", 7, None),
        still_busy(Overlap::Skip),
        still_busy(Overlap::Queue),
        still_busy(Overlap::Kill),
        was_missed(seconds(560), Missed::Once),
        was_missed(seconds(560), Missed::Skip),
    ];
    expect![[r#"
        restarting in 1.6 s
        was restarted 5 times within 60 s and failed again; it stays down
        was restarted once within 60 s and failed again; it stays down
        is not started again: `max_restarts` is 0
        web.1 stays down: it needs migrate.1, which has failed
        web.1 and worker.1 stay down: they need migrate.1, which has failed
        hook `before` exited with code 1
        `lib/a.rb` changed, restarting
        `lib/a.rb` and another file changed
        `lib/a\x07.rb` and 7 other files changed, restarting
        is due, but its last run still runs; this run is left out
        is due, but its last run still runs; this run starts when the last one has ended
        is due, but its last run still runs; the last run is ended for it
        was due 9 min 20 s ago; making up for it now
        was due 9 min 20 s ago; leaving it out"#]]
    .assert_eq(&said.join("\n"));
}
