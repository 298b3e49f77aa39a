//! What forge does, told one rule at a time.

mod again;
mod ends;
mod left_behind;
mod passing_through;
mod shown;
mod stopping;
mod troubles;
mod words;
