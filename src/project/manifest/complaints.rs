//! What is said about keys and values that are wrong.

use super::super::suggest;
use super::shape::Shape;
use super::value::{Content, Entry, Value};
use crate::diagnostic::{Diagnostic, Span};

/// Says that nobody knows a key, and which was meant.
pub(super) fn unknown_key(entry: &Entry, keys: impl Iterator<Item = &'static str>, path: &str) -> Diagnostic {
    let place = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
    let diagnostic = Diagnostic::error("unknown-key", format!("there is no key `{}`{place}", entry.name))
        .at(entry.key.clone(), "");
    let keys: Vec<&str> = keys.collect();
    if let Some(near) = suggest::nearest(&entry.name, keys.iter().copied()) {
        return diagnostic.hint(format!("did you mean `{near}`?"));
    }
    if let (Some((section, name)), Content::Table(_)) = (path.split_once('.'), &entry.value.content)
        && matches!(section, "process" | "task" | "schedule")
    {
        return diagnostic
            .hint(format!("a name with a dot stands in quotes: `[{section}.\"{name}.{}\"]`", entry.name));
    }
    diagnostic.hint(format!("the keys are {}", keys.join(", ")))
}

/// Says that two keys say the same thing differently.
pub(super) fn rivals(entry: &Entry, first: &Span, name: &str) -> Diagnostic {
    Diagnostic::error("rival-keys", format!("`{name}` and `{}` exclude each other", entry.name))
        .at(entry.key.clone(), "and here it is said differently")
        .also(first.clone(), "said here")
        .hint("leave one of them out")
}

/// Says that a process cannot be called so.
pub(super) fn bad_name(entry: &Entry) -> Diagnostic {
    let diagnostic = Diagnostic::error("bad-name", format!("`{}` cannot be a name here", entry.name));
    if entry.name == "all" {
        return diagnostic.at(entry.key.clone(), "`all` means every process");
    }
    diagnostic.at(entry.key.clone(), "expected letters, digits, `-` and `_`")
}

/// Says that a value is of the wrong kind.
pub(super) fn wrong_kind(value: &Value, shape: &Shape, path: &str) -> Diagnostic {
    let kind = value.content.kind();
    let diagnostic = Diagnostic::error("wrong-type", format!("`{path}` must be {}", shape.expected()))
        .at(value.span.clone(), format!("this is {kind}"));
    match (shape, &value.content) {
        (Shape::Duration | Shape::Period, Content::Integer(Some(number))) => {
            diagnostic.hint(format!("write the unit: \"{number}s\""))
        }
        (Shape::Size(_), Content::Integer(Some(number))) => {
            diagnostic.hint(format!("write the unit: \"{number}M\""))
        }
        // Nobody who writes `watch = true` means a text.
        (Shape::Either(_), Content::Bool(_)) => diagnostic,
        (_, Content::Integer(_) | Content::Bool(_)) if shape.suits(&Content::Text(String::new())) => {
            diagnostic.hint("a text stands in quotes")
        }
        (_, Content::Text(text))
            if shape.suits(&Content::Bool(true)) && matches!(text.as_str(), "true" | "false") =>
        {
            diagnostic.hint("write it without quotes")
        }
        (_, Content::Text(text))
            if shape.suits(&Content::Integer(Some(1))) && text.parse::<i64>().is_ok() =>
        {
            diagnostic.hint("write it without quotes")
        }
        _ => diagnostic,
    }
}

/// Says that a value of the right kind cannot be one.
pub(super) fn bad_value(value: &Value, path: &str, expected: &str) -> Diagnostic {
    let shown = match &value.content {
        Content::Text(text) => format!("`{text}`"),
        Content::Integer(Some(number)) => format!("`{number}`"),
        Content::Float(number) => format!("`{number}`"),
        Content::Bool(truth) => format!("`{truth}`"),
        Content::Integer(None) | Content::Unusable | Content::List(_) | Content::Table(_) => {
            "this".to_owned()
        }
    };
    Diagnostic::error("bad-value", format!("{shown} is no value for `{path}`"))
        .at(value.span.clone(), expected)
}
