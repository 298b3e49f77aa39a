//! What a face on forge's own terminal asks of the hub.

use super::Hub;
use crate::logs::StreamId;
use crate::project::InstanceId;
use crate::sys::clock;

impl Hub {
    /// Returns what tells the writer of the standard output that it has something to do besides.
    pub fn nudge(&self) -> impl Fn() + Send + Sync + 'static {
        self.0.exits[0].outlet.nudge()
    }

    /// Says something to whoever looks at the standard output, and to nobody else.
    pub fn say(&self, lines: &[String]) {
        let mut state = self.0.state.borrow_mut();
        state.sinks.say(clock::wall(), lines);
        self.0.open.set(None);
        self.formatted(&mut state);
    }

    /// Returns the streams on which an instance is or was heard.
    pub(in crate::engine) fn streams_of(&self, instance: &InstanceId) -> Vec<StreamId> {
        let state = self.0.state.borrow();
        let of_it = |place: &usize| state.streams[*place].instance == *instance;
        (0..state.streams.len()).filter(of_it).map(StreamId).collect()
    }
}
