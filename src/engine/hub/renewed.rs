//! What the hub has to do when the project becomes another one.

use super::Hub;
use crate::project::Project;

impl Hub {
    /// Tells the sinks, and whatever hides secrets, that the project is another one from now on.
    pub(in crate::engine) fn take_over(&self, project: &Project) {
        let mut state = self.0.state.borrow_mut();
        state.sinks.take_over(project);
        if let Some(rewrite) = &mut state.rewrite {
            rewrite.hide_more(&project.secrets.found);
        }
        self.formatted(&mut state);
    }

    /// Returns how many columns of a window the prefix of the standard output takes.
    pub(in crate::engine) fn prefix_columns(&self) -> u16 {
        self.0.state.borrow().sinks.prefix_columns()
    }
}
