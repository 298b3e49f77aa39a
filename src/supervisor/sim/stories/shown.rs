//! What a look at the stack shows.

use expect_test::expect;

use crate::project::ExitOn;
use crate::supervisor::sim::story::story;

#[test]
fn whatever_can_be_so() {
    story("runs | starts: never starts | left: exits 0 after 1s, leaves somebody | ended: exits 3 after 1s")
        .exit_on(ExitOn::Never)
        .shows(
            "2s",
            expect![[r#"
                at 2000ms, stopping: None
                runs.1     Up     Runs { since: Time(0ns) }
                starts.1   Up     Starts { since: Time(0ns) }
                left.1     Up     LeftSomebody { exit: Code(0) }
                ended.1    Up     Ended { exit: Code(3) }
            "#]],
        );
    story(
        "again: exits 1 after 1s, restarts after 9s | stopped | ends: ignores TERM | bounced: ignores TERM",
    )
    .at("1500ms", "stop stopped.1")
    .at("1500ms", "stop ends.1")
    .at("1500ms", "restart bounced.1")
    .shows(
        "2s",
        expect![[r#"
            at 2000ms, stopping: None
            again.1    Up     StartsAgain { at: Time(10.001s) }
            stopped.1  Down   NotWanted
            ends.1     Down   Ends { until: Some(Time(6.5s)) }
            bounced.1  Bounce Ends { until: Some(Time(6.5s)) }
        "#]],
    );
    story("undead: ignores TERM, cannot be killed | last: output held")
        .at("1s", "restart undead.1")
        .at("8900ms", "restart last.1")
        .shows(
            "9s",
            expect![[r#"
                at 9000ms, stopping: None
                undead.1   Bounce StillAlive
                last.1     Up     AwaitsLastWords
            "#]],
        );
}

#[test]
fn why_it_ends() {
    story("web: exits 1 after 1s, ignores TERM | worker: ignores TERM").shows(
        "2s",
        expect![[r#"
            at 2000ms, stopping: Some(Ended(InstanceId { process: ProcessName("web"), index: 1 }))
            web.1      Down   Ended { exit: Code(1) }
            worker.1   Down   Ends { until: Some(Time(6.001s)) }
        "#]],
    );
}
