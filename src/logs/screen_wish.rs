//! What somebody who looks at the stream wants to see of it just now.

use std::collections::BTreeSet;

use super::filter::Pattern;
use crate::project::InstanceId;

/// Which lines are to be shown from now on; forge's remarks always are. All of it is said each time anew.
///
/// It changes nothing about what others see of the lines: log files, whoever follows.
#[derive(Debug, Clone, Default)]
pub struct ScreenWish {
    /// Whose lines.
    pub whose: Whose,
    /// Whose lines are not shown, besides those that the project keeps quiet.
    pub muted: BTreeSet<InstanceId>,
    /// Whose lines are shown although the project keeps them quiet.
    pub unmuted: BTreeSet<InstanceId>,
    /// What must be found in a line.
    pub with: Option<Pattern>,
    /// What must not be found there.
    pub without: Option<Pattern>,
}

/// Whose lines are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Whose {
    /// Those of all that are not muted.
    #[default]
    Everybody,
    /// Those of one alone, muted or not.
    One(InstanceId),
    /// Those of nobody.
    Nobody,
}

impl ScreenWish {
    /// Returns whether lines of an instance are shown; `quiet`: the project keeps it so.
    pub fn shows(&self, instance: &InstanceId, quiet: bool) -> bool {
        match &self.whose {
            Whose::Everybody => !self.muted.contains(instance) && (!quiet || self.unmuted.contains(instance)),
            Whose::One(one) => one == instance,
            Whose::Nobody => false,
        }
    }

    /// Returns whether every line of those is shown.
    pub fn shows_all(&self) -> bool {
        self.with.is_none() && self.without.is_none()
    }

    /// Returns whether a line of those is shown, without its escape sequences.
    pub fn shows_line(&self, line: &[u8]) -> bool {
        self.with.as_ref().is_none_or(|pattern| pattern.is_in(line))
            && !self.without.as_ref().is_some_and(|pattern| pattern.is_in(line))
    }
}
