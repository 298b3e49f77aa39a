use expect_test::{Expect, expect};

use super::*;
use crate::diagnostic::render_all;

fn check(stage: Stage, errno: i32, obstacle: Obstacle, expected: Expect) {
    expected.assert_eq(&render_all(&[diagnostic(Refusal { stage, errno }, obstacle)], false));
}

#[test]
fn each_obstacle_has_a_way_out() {
    check(Stage::Make, libc::ENOSYS, Obstacle::Unknown, expect![[""]]);
    check(Stage::Make, libc::EPERM, Obstacle::Switch, expect![[""]]);
    check(Stage::Make, libc::ENOSPC, Obstacle::Limit("max_user_namespaces"), expect![[""]]);
    check(Stage::Mounts, libc::EACCES, Obstacle::AppArmor, expect![[""]]);
    check(Stage::Proc, libc::EPERM, Obstacle::CoveredProc, expect![[""]]);
    check(Stage::Make, libc::EPERM, Obstacle::Filter, expect![[""]]);
    check(Stage::Make, libc::EAGAIN, Obstacle::Shortage, expect![[""]]);
}
