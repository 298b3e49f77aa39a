use expect_test::{Expect, expect};

use super::*;
use crate::diagnostic::render_all;

fn check(stage: Stage, errno: i32, obstacle: Obstacle, expected: &Expect) {
    expected.assert_eq(&render_all(&[diagnostic(Refusal { stage, errno }, obstacle)], false));
}

#[test]
fn each_obstacle_has_a_way_out() {
    check(
        Stage::Make,
        libc::ENOSYS,
        Obstacle::Unknown,
        &expect![[r#"
        error: --isolate is not possible here: the system gives no pid namespace: function not implemented
        hint: only Linux has pid namespaces; without --isolate, forge still leaves nobody behind unless it and its guard are killed at once
    "#]],
    );
    check(
        Stage::Make,
        libc::EPERM,
        Obstacle::Switch,
        &expect![[r#"
        error: --isolate is not possible here: the system gives no pid namespace: operation not permitted
        hint: allow it with `sysctl kernel.unprivileged_userns_clone=1`, or run forge as root
    "#]],
    );
    check(
        Stage::Make,
        libc::ENOSPC,
        Obstacle::Limit("max_user_namespaces"),
        &expect![[r#"
        error: --isolate is not possible here: the system gives no pid namespace: no space left on device
        hint: raise `user.max_user_namespaces` with sysctl, or run forge as root
    "#]],
    );
    check(
        Stage::Mounts,
        libc::EACCES,
        Obstacle::AppArmor,
        &expect![[r#"
        error: --isolate is not possible here: the pid namespace gets no mounts of its own: permission denied
        hint: allow it with `sysctl kernel.apparmor_restrict_unprivileged_userns=0` or an AppArmor profile for forge with `userns,`, or run forge as root
    "#]],
    );
    check(
        Stage::Proc,
        libc::EPERM,
        Obstacle::CoveredProc,
        &expect![[r#"
        error: --isolate is not possible here: the pid namespace gets no /proc of its own: operation not permitted
        hint: in a container, start it with `--security-opt systempaths=unconfined`; it may not need --isolate at all, as all of a container ends with its first process
    "#]],
    );
    check(
        Stage::Make,
        libc::EPERM,
        Obstacle::Filter,
        &expect![[r#"
        error: --isolate is not possible here: the system gives no pid namespace: operation not permitted
        hint: in a container, start it with `--security-opt seccomp=unconfined` or `--cap-add SYS_ADMIN`; it may not need --isolate at all, as all of a container ends with its first process
    "#]],
    );
    check(
        Stage::Make,
        libc::EAGAIN,
        Obstacle::Shortage,
        &expect![[r#"
        error: --isolate is not possible here: the system gives no pid namespace: resource temporarily unavailable
        hint: close other programs, or raise the limits of this user
    "#]],
    );
}
