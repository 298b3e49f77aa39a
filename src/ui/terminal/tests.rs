use std::ffi::OsStr;

use super::{ColourFacts, has_colour};
use crate::project::Colour;

/// Reads `tty NO_COLOR=1 …`.
fn colour(choice: Colour, facts: &str) -> bool {
    let value = |name: &str| {
        facts.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('=')).map(OsStr::new)
    };
    has_colour(&ColourFacts {
        choice,
        terminal: facts.starts_with("tty"),
        no_color: value("NO_COLOR"),
        force_color: value("FORCE_COLOR"),
        clicolor_force: value("CLICOLOR_FORCE"),
        clicolor: value("CLICOLOR"),
        term: value("TERM"),
    })
}

#[test]
fn the_first_that_says_anything_wins() {
    let cases = [
        ("tty TERM=xterm", true),
        ("tty", false),
        ("tty TERM=", false),
        ("tty TERM=dumb", false),
        ("pipe TERM=xterm", false),
        ("tty TERM=xterm NO_COLOR=", true),
        ("tty TERM=xterm NO_COLOR=1", false),
        ("tty TERM=xterm NO_COLOR=0", false),
        ("tty TERM=xterm NO_COLOR=1 FORCE_COLOR=1", false),
        ("tty TERM=xterm FORCE_COLOR=0", false),
        ("tty TERM=xterm FORCE_COLOR=false", false),
        ("tty TERM=dumb FORCE_COLOR=2", true),
        ("pipe FORCE_COLOR=3", true),
        ("pipe FORCE_COLOR=", false),
        ("pipe FORCE_COLOR=0 CLICOLOR_FORCE=1", false),
        ("pipe CLICOLOR_FORCE=1", true),
        ("pipe CLICOLOR_FORCE=0", false),
        ("pipe CLICOLOR=0 CLICOLOR_FORCE=1", true),
        ("tty TERM=xterm CLICOLOR=0", false),
        ("tty TERM=xterm CLICOLOR=1", true),
        ("pipe TERM=xterm CLICOLOR=1", false),
    ];
    for (facts, expected) in cases {
        assert_eq!(colour(Colour::Auto, facts), expected, "{facts}");
        assert!(colour(Colour::Always, facts), "{facts}");
        assert!(!colour(Colour::Never, facts), "{facts}");
    }
}
