//! The flags that take one of a few words.

use clap::ValueEnum;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal that can show it.
    Auto,
    /// Always.
    #[value(aliases = ["true", "yes", "1"])]
    Always,
    /// Never.
    #[value(aliases = ["false", "no", "0"])]
    Never,
}

/// `--tty`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tty {
    /// full if stdout is a terminal, else line
    Auto,
    /// Each has a terminal of its own
    Full,
    /// As if they wrote to a terminal, so that lines come at once
    Line,
    /// Plain pipes: fastest, but many programs hold their output back
    Pipe,
}

/// `--stderr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stderr {
    /// Like any other line
    Plain,
    /// With `!` in place of `|`, red where there is colour
    Mark,
}

/// `--exit-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExitOn {
    /// The end of any process, as in foreman
    Any,
    /// The failure of any process
    Failure,
    /// The end of the last process
    All,
    /// Nothing: forge stays until it is asked to stop
    Never,
}

/// The shells that can be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// GNU Bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
}
