//! A TOML document as a tree in which every key and every value knows its place.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Source, Span};

/// One value of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    /// Where it stands.
    pub(crate) span: Span,
    /// What it is.
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Bool(bool),
    /// `None` where it is larger than 64 bits.
    Integer(Option<i64>),
    Float(f64),
    Text(String),
    /// A date or a time, which no key takes, or what has been complained about.
    Unusable,
    List(Vec<Value>),
    Table(Table),
}

impl Content {
    /// Returns what a person calls it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Content::Bool(_) => "true or false",
            Content::Integer(_) | Content::Float(_) => "a number",
            Content::Text(_) => "a text",
            Content::Unusable => "a date",
            Content::List(_) => "a list",
            Content::Table(_) => "a table",
        }
    }
}

/// The entries of a table, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Table {
    /// Each name once.
    pub(crate) entries: Vec<Entry>,
}

/// One key of a table, with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) name: String,
    /// Where the key stands.
    pub(crate) key: Span,
    /// Its value.
    pub(crate) value: Value,
}

impl Table {
    /// Returns the entry with this key.
    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Returns the value of this key.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// Returns the table of this key.
    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        if let Content::Table(table) = &self.get(name)?.content { Some(table) } else { None }
    }

    /// Returns the text of this key.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// Returns the truth of this key.
    pub(crate) fn truth(&self, name: &str) -> Option<bool> {
        if let Content::Bool(truth) = self.get(name)?.content { Some(truth) } else { None }
    }

    /// Returns the integer of this key.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.integer()
    }

    /// Returns the values of this key: those of a list, or the one there is.
    pub(crate) fn several(&self, name: &str) -> Option<&[Value]> {
        Some(self.get(name)?.several())
    }
}

impl Value {
    /// Returns it as a text.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Content::Text(text) = &self.content { Some(text) } else { None }
    }

    /// Returns it as an integer.
    pub(crate) fn integer(&self) -> Option<i64> {
        if let Content::Integer(number) = self.content { number } else { None }
    }

    /// Returns it as a number, whole or not.
    pub(crate) fn number(&self) -> Option<f64> {
        match self.content {
            #[expect(clippy::cast_precision_loss, reason = "what is so large is refused in any case")]
            Content::Integer(number) => number.map(|number| number as f64),
            Content::Float(number) => Some(number),
            Content::Bool(_)
            | Content::Text(_)
            | Content::Unusable
            | Content::List(_)
            | Content::Table(_) => None,
        }
    }

    /// Returns the values of a list, or the one value that is none.
    pub(crate) fn several(&self) -> &[Value] {
        if let Content::List(values) = &self.content { values } else { std::slice::from_ref(self) }
    }

    /// Where the text itself stands, without its quotes, so that a part of it can be pointed at; the whole value
    /// where it is written in another way.
    pub(crate) fn inside(&self) -> Span {
        let Some(text) = self.text() else { return self.span.clone() };
        let range = self.span.range.clone();
        let inner = range.start + 1..range.end.saturating_sub(1);
        if self.span.source.text.get(inner.clone()) == Some(text.as_bytes()) {
            return Span::new(&self.span.source, inner);
        }
        self.span.clone()
    }
}

/// Makes a tree of what the parser has read.
pub(super) fn tree(source: &Arc<Source>, table: &DeTable<'_>) -> Table {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            name: key.get_ref().to_string(),
            key: Span::new(source, key.span()),
            value: value_of(source, value),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key.range.start);
    Table { entries }
}

fn value_of(source: &Arc<Source>, value: &Spanned<DeValue<'_>>) -> Value {
    let content = match value.get_ref() {
        DeValue::String(text) => Content::Text(text.to_string()),
        DeValue::Integer(number) => {
            Content::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok())
        }
        DeValue::Float(number) => Content::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(truth) => Content::Bool(*truth),
        DeValue::Datetime(_) => Content::Unusable,
        DeValue::Array(values) => Content::List(values.iter().map(|value| value_of(source, value)).collect()),
        DeValue::Table(table) => Content::Table(tree(source, table)),
    };
    Value { span: Span::new(source, value.span()), content }
}
