//! How often a restart is worth trying.

use super::{Case, Verdict};

/// Starts it again after its wait, or gives it up when that was tried often enough within the window.
pub(super) fn again(case: &Case<'_>) -> Verdict {
    let Case { history, rule, now, .. } = case;
    let within = rule.backoff.reset_after;
    let recent = history.recent.iter().filter(|at| now.since(**at) < within).count();
    let restarts = u32::try_from(recent).unwrap_or(u32::MAX);
    if rule.max_restarts.is_some_and(|most| restarts >= most) {
        return Verdict::GiveUp { restarts, within };
    }
    let before = history.in_a_row_at(*now, rule.backoff);
    Verdict::Restart { after: rule.backoff.wait(before, case.chance) }
}
