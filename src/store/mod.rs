//! Log files: what each process printed, as it printed it, and beside it an index that knows when and in which order.
//!
//! A directory belongs to one project, and one forge at a time writes into it. In it are `web.1.log` for each instance, its
//! older parts `web.1.log.1` and so on, forge's own remarks in `system.log`, and in `index` what `forge logs` needs besides. Nobody
//! is told to keep anything on the disk (fsync): what was written survives the end of forge, and that is what it is for.

pub mod directory;
pub mod frame;
pub mod index;
pub mod names;
pub mod reader;
pub mod writer;
