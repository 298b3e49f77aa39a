//! Bytes to lines to text. Pure: no files, no runtime.

mod escapes;
mod framer;
mod last_words;
mod palette;
mod prefix;
mod ready_line;
mod record;
mod sink;

pub use escapes::{EscapeFilter, Escapes};
pub use framer::{Frame, Framer};
pub use last_words::LastWords;
pub use palette::{RESET, SYSTEM, sgr_of_position};
pub use prefix::{Prefix, column_width};
pub use ready_line::ReadyLine;
pub use record::{Lines, Piece, StreamId};
pub use sink::{Channel, Origin, Rewrite, Sink, Writer};
