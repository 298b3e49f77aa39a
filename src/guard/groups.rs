//! Control groups of stacks: their names say whose they are, so that what a killed guard has left in one is found even if
//! it has thrown away the mark in its environment.

use std::collections::{BTreeMap, BTreeSet};

use super::mark::{ProjectId, StackId};
use super::record::lives;
use crate::sys::census;
use crate::sys::cgroup::{self, Made};

/// Returns the name of the group of a stack.
pub(super) fn name(stack: StackId) -> String {
    cgroup::name(&stack.to_string())
}

/// Removes the empty groups of guards that are gone: those who were killed together with their forge could not.
pub(super) fn remove_abandoned() {
    for (_, group) in abandoned() {
        group.remove_if_empty();
    }
}

/// Returns in whose groups processes are, as far as groups can be seen from here; those of guards that live, too.
pub(super) fn members() -> BTreeMap<i32, StackId> {
    let of = |(stack, group): (StackId, Made)| {
        group.members().into_iter().map(move |pid| (pid, stack)).collect::<Vec<_>>()
    };
    of_here().into_iter().flat_map(of).collect()
}

/// Kills everybody in the groups that guards of this project have left behind, in one step, which nobody outruns by forking. A
/// group with one of `spared` in it is left alone.
pub(super) fn kill_abandoned(project: ProjectId, spared: &BTreeSet<i32>) {
    for (stack, group) in abandoned() {
        if stack.project == project && group.everybody().is_disjoint(spared) {
            group.kill();
        }
    }
}

fn abandoned() -> Vec<(StackId, Made)> {
    let mut groups = of_here();
    groups.retain(|(stack, _)| !lives(stack.guard));
    groups
}

/// Those in whose names the numbers mean what they mean here: seen from another pid namespace, everybody would be dead.
fn of_here() -> Vec<(StackId, Made)> {
    let made = cgroup::made();
    if made.is_empty() {
        return Vec::new();
    }
    let world = census::world();
    let named = made.into_iter().filter_map(|group| Some((StackId::parse(group.id().as_bytes())?, group)));
    named.filter(|(stack, _)| stack.world == world).collect()
}
