//! `--isolate` that cannot be had: why, and what helps. It was asked for, so nothing runs without it.

use super::{exit, report};
use crate::diagnostic::Diagnostic;
use crate::guard::NoGuard;
use crate::logs::Mask;
use crate::project::Colour;
use crate::sys::refusal::{Obstacle, Refusal, Stage};

/// Says why there is no pid namespace, if that is what is missing; returns the exit code.
pub(crate) fn explain(error: &NoGuard) -> Option<u8> {
    let NoGuard::Namespace(refusal) = error else { return None };
    let _ = report::show(&[diagnostic(*refusal, refusal.obstacle())], &Mask::default(), Colour::Auto);
    Some(exit::BROKEN)
}

fn diagnostic(refusal: Refusal, obstacle: Obstacle) -> Diagnostic {
    let what = match refusal.stage {
        Stage::Make => "the system gives no pid namespace",
        Stage::Users => "the user cannot be kept in a user namespace",
        Stage::Mounts => "the pid namespace gets no mounts of its own",
        Stage::Proc => "the pid namespace gets no /proc of its own",
    };
    let why = std::io::Error::from_raw_os_error(refusal.errno).to_string();
    let why = why.split(" (os error").next().unwrap_or(&why).to_lowercase();
    let hint = match obstacle {
        Obstacle::Unknown => {
            "only Linux has pid namespaces; without --isolate, forge still leaves nobody behind unless it and its \
             guard are killed at once"
                .to_owned()
        }
        Obstacle::Switch => "allow it with `sysctl kernel.unprivileged_userns_clone=1`, or run forge as root".to_owned(),
        Obstacle::Limit(name) => format!("raise `user.{name}` with sysctl, or run forge as root"),
        Obstacle::AppArmor => {
            "allow it with `sysctl kernel.apparmor_restrict_unprivileged_userns=0` or an AppArmor profile for forge \
             with `userns,`, or run forge as root"
                .to_owned()
        }
        Obstacle::CoveredProc => {
            "in a container, start it with `--security-opt systempaths=unconfined`; it may not need --isolate at all, \
             as all of a container ends with its first process"
                .to_owned()
        }
        Obstacle::Filter => {
            "in a container, start it with `--security-opt seccomp=unconfined` or `--cap-add SYS_ADMIN`; it may not \
             need --isolate at all, as all of a container ends with its first process"
                .to_owned()
        }
        Obstacle::Shortage => "close other programs, or raise the limits of this user".to_owned(),
    };
    Diagnostic::error("no-isolation", format!("--isolate is not possible here: {what}: {why}")).hint(hint)
}

#[cfg(test)]
mod tests;
