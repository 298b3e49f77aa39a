//! What is not for the mind.

use expect_test::expect;

use crate::supervisor::sim::story::story;

#[test]
fn usr1_goes_to_every_leader() {
    story("web | worker").at("1s", "SIGUSR1").at("2s", "SIGUSR2").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1000ms   forward            SIGUSR1
        1000ms   signal   web.1     SIGUSR1
        1000ms   signal   worker.1  SIGUSR1
        2000ms   forward            SIGUSR2
        2000ms   signal   web.1     SIGUSR2
        2000ms   signal   worker.1  SIGUSR2
        ...      goes on
    "#]]);
}

#[test]
fn usr1_disturbs_nobody_who_is_ending() {
    story("web: needs 1s to stop").at("1s", "Ctrl-C").at("1500ms", "SIGUSR1").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   heard              SIGINT
        1000ms   to all             SIGTERM
        1000ms   signal   web.1     SIGTERM
        2000ms   waits    web.1 after SIGTERM, its leader has ended, 4s left
        2000ms   ended    web.1     code 0
        2000ms   finish             done
    "#]]);
}

#[test]
fn ctrl_z_and_back() {
    story("web").at("1s", "Ctrl-Z").at("2s", "continued").at("3s", "SIGCONT").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        1000ms   suspend
        2000ms   resume
        3000ms   resume
        ...      goes on
    "#]]);
}

#[test]
fn other_signals_mean_nothing() {
    story("web").at("1s", "SIGWINCH").plays(expect![[r#"
        0ms      spawn    web.1
        1ms      started  web.1     pid 101
        ...      goes on
    "#]]);
}

#[test]
fn a_signal_for_one_goes_to_its_leader_and_to_nobody_else() {
    story("web | worker").at("1s", "signal SIGUSR1 web.1").at("2s", "Ctrl-C").plays(expect![[r#"
        0ms      spawn    web.1
        0ms      spawn    worker.1
        1ms      started  web.1     pid 101
        1ms      started  worker.1  pid 102
        1000ms   signal   web.1     SIGUSR1
        2000ms   heard              SIGINT
        2000ms   to all             SIGTERM
        2000ms   signal   web.1     SIGTERM
        2000ms   signal   worker.1  SIGTERM
        2001ms   ended    web.1     SIGTERM
        2001ms   ended    worker.1  SIGTERM
        2001ms   finish             done
    "#]]);
}
