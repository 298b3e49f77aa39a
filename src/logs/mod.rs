//! Bytes to lines to text. Pure: no files, no runtime.

pub mod asking;
mod escapes;
mod filter;
mod framer;
pub mod json;
mod last_words;
mod level;
mod mask;
mod masker;
mod palette;
mod prefix;
mod ready_line;
mod record;
mod report;
pub mod screen;
mod screen_wish;
mod sink;
mod stamp;
mod wanted;
pub mod when;

pub use escapes::{EscapeFilter, Escapes, Row};
pub use filter::{Filter, Pattern, Question};
pub use framer::{Frame, Framer};
pub use last_words::LastWords;
pub use level::{Level, level_of};
pub use mask::Mask;
pub use masker::{Masker, Masking};
pub use palette::{Palette, RESET, SYSTEM};
pub use prefix::{Bar, Prefix, PrefixStyle, column_width};
pub use ready_line::ReadyLine;
pub use record::{Lines, Piece, StreamId};
pub use report::{Place, Report};
pub use screen_wish::{ScreenWish, Whose};
pub use sink::{Channel, Origin, Rewrite, Sink, Writer};
pub use stamp::{Stamped, rfc3339, time_of_day};
pub use wanted::{Wanted, Whom};
