//! Which lines are not shown: `--drop PATTERN`.
//!
//! The patterns are those of the crate regex-lite: regular expressions without the tables of Unicode, a tenth of what
//! the crate regex would add to forge. Most patterns are plain words anyway, and these are searched for as such.

use std::sync::Arc;

use memchr::memmem::Finder;
use regex_lite::Regex;

use crate::diagnostic::{Diagnostic, Span};

/// Characters that mean something in a pattern. One that has none of them is a plain word.
const SPECIAL: &[u8] = br"\.+*?()|[]{}^$";

/// Patterns, any of which may match a line.
#[derive(Debug, Clone, Default)]
pub struct LinePatterns(Arc<[Pattern]>);

#[derive(Debug)]
struct Pattern {
    text: String,
    search: Search,
}

#[derive(Debug)]
enum Search {
    Word(Box<Finder<'static>>),
    Expression(Regex),
}

impl LinePatterns {
    /// Reads patterns that stand nowhere; nothing if one is wrong.
    #[cfg(test)]
    pub fn of(patterns: &[&str]) -> Option<LinePatterns> {
        let span =
            |text: &&str| Span::new(&crate::diagnostic::Source::new("a pattern", *text), 0..text.len());
        let written: Vec<Span> = patterns.iter().map(span).collect();
        let mut diagnostics = Vec::new();
        let patterns = parse(&written, &mut diagnostics);
        diagnostics.is_empty().then_some(patterns)
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether any of them matches a line without its line end; any bytes.
    pub fn match_line(&self, line: &[u8]) -> bool {
        self.0.iter().any(|pattern| match &pattern.search {
            Search::Word(finder) => finder.find(line).is_some(),
            // What is not UTF-8 is seen as U+FFFD, so that the rest of such a line can be matched.
            Search::Expression(expression) => expression.is_match(&String::from_utf8_lossy(line)),
        })
    }
}

/// They are the same if they were written in the same way.
impl PartialEq for LinePatterns {
    fn eq(&self, other: &LinePatterns) -> bool {
        self.0.iter().map(|pattern| &pattern.text).eq(other.0.iter().map(|pattern| &pattern.text))
    }
}

impl Eq for LinePatterns {}

/// Reads patterns; wrong ones become errors and are left out.
pub(crate) fn parse(written: &[Span], diagnostics: &mut Vec<Diagnostic>) -> LinePatterns {
    let mut patterns = Vec::new();
    for span in written {
        match pattern(span) {
            Ok(pattern) => patterns.push(pattern),
            Err(complaint) => diagnostics.push(*complaint),
        }
    }
    LinePatterns(patterns.into())
}

fn pattern(written: &Span) -> Result<Pattern, Box<Diagnostic>> {
    let complaint =
        |message: &str, here: String| Diagnostic::error("bad-pattern", message).at(written.clone(), here);
    let Ok(text) = std::str::from_utf8(written.text()) else {
        return Err(complaint("a pattern is no UTF-8", String::new()).into());
    };
    if text.is_empty() {
        return Err(complaint("an empty pattern matches every line", String::new())
            .hint("to show no line of a process there is `-q NAME`")
            .into());
    }
    let search = if text.bytes().any(|byte| SPECIAL.contains(&byte)) {
        let expression = Regex::new(text).map_err(|error| {
            complaint("a pattern is no regular expression", error.to_string())
                .hint("a character that is to mean itself is written with a `\\` before it, as in `\\[`")
        })?;
        Search::Expression(expression)
    } else {
        Search::Word(Box::new(Finder::new(text).into_owned()))
    };
    Ok(Pattern { text: text.to_owned(), search })
}

#[cfg(test)]
mod tests;
