//! Bytes to lines to text. Pure: no files, no runtime.

mod escapes;
mod filter;
mod framer;
mod last_words;
mod level;
mod palette;
mod prefix;
mod record;
mod report;
mod sink;
pub mod when;

pub use escapes::{EscapeFilter, Escapes};
pub use filter::{Filter, Pattern, Question};
pub use framer::{Frame, Framer};
pub use last_words::LastWords;
pub use level::{Level, level_of};
pub use palette::{RESET, SYSTEM, sgr_of_position};
pub use prefix::{Prefix, column_width};
pub use record::{Lines, Piece, StreamId};
pub use report::{Place, Report};
pub use sink::{Channel, Origin, Rewrite, Sink, Writer};
