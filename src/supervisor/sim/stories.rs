//! What forge does, told one rule at a time.

mod again;
mod clock;
mod completion;
mod ends;
mod hooks;
mod left_behind;
mod limits;
mod needs;
mod passing_through;
mod policies;
mod readiness;
mod reload;
mod shown;
mod stopping;
mod troubles;
mod watching;
mod words;
