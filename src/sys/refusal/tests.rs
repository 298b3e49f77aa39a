use super::*;

fn of(stage: Stage, errno: Errno, switches: &[(&str, i64)]) -> Obstacle {
    obstacle(Refusal::new(stage, errno), |name| {
        switches.iter().find(|(switch, _)| *switch == name).map(|(_, value)| *value)
    })
}

#[test]
fn the_reason_is_looked_for_where_systems_have_it() {
    let none: &[(&str, i64)] = &[];
    for (stage, errno, switches, expected) in [
        (Stage::Make, Errno::ENOSYS, none, Obstacle::Unknown),
        (Stage::Make, Errno::EINVAL, none, Obstacle::Unknown),
        (Stage::Make, Errno::EPERM, &[("kernel/unprivileged_userns_clone", 0)], Obstacle::Switch),
        (Stage::Make, Errno::EPERM, &[("kernel/unprivileged_userns_clone", 1)], Obstacle::Filter),
        (Stage::Make, Errno::EPERM, none, Obstacle::Filter),
        (
            Stage::Make,
            Errno::ENOSPC,
            &[("user/max_user_namespaces", 0)],
            Obstacle::Limit("max_user_namespaces"),
        ),
        (
            Stage::Make,
            Errno::ENOSPC,
            &[("user/max_pid_namespaces", 0)],
            Obstacle::Limit("max_pid_namespaces"),
        ),
        (Stage::Make, Errno::ENOSPC, none, Obstacle::Limit("max_user_namespaces")),
        (Stage::Make, Errno::EAGAIN, none, Obstacle::Shortage),
        (
            Stage::Mounts,
            Errno::EACCES,
            &[("kernel/apparmor_restrict_unprivileged_userns", 1)],
            Obstacle::AppArmor,
        ),
        (
            Stage::Users,
            Errno::EPERM,
            &[("kernel/apparmor_restrict_unprivileged_userns", 1)],
            Obstacle::AppArmor,
        ),
        (Stage::Proc, Errno::EPERM, none, Obstacle::CoveredProc),
        (Stage::Mounts, Errno::EPERM, none, Obstacle::Filter),
    ] {
        assert_eq!(of(stage, errno, switches), expected, "{stage:?} {errno} {switches:?}");
    }
}

#[test]
fn what_the_first_process_says_is_understood() {
    for stage in [Stage::Make, Stage::Users, Stage::Mounts, Stage::Proc] {
        let refusal = Refusal::new(stage, Errno::EACCES);
        assert_eq!(Refusal::decode(refusal.encode()), Some(refusal));
    }
    assert_eq!(Refusal::decode([0; 5]), None);
    assert_eq!(Refusal::decode([9, 0, 0, 0, 0]), None);
}
