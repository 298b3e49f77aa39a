//! The JSON Schema of `forge.toml`, made of the table that files are judged by, for editors that complete and check.

use serde_json::{Map, Value, json};

use super::keys;
use super::shape::{Key, Shape};
use crate::restart;

/// Returns the schema, draft 7: what the editors' TOML tools understand best.
pub fn schema() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".to_owned(), json!("forge.toml"));
    schema.insert("description".to_owned(), json!("What may be said of a project beside its Procfile."));
    if let Value::Object(root) = of(&keys::ROOT) {
        schema.extend(root);
    }
    Value::Object(schema)
}

fn of(shape: &Shape) -> Value {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Only(truth) => json!({ "const": truth }),
        Shape::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Number(least, most) => json!({ "type": "number", "minimum": least, "maximum": most }),
        Shape::Port => json!({ "type": "integer", "minimum": 1, "maximum": 65535 }),
        Shape::Text | Shape::Path | Shape::Command | Shape::Glob => {
            json!({ "type": "string", "minLength": 1 })
        }
        Shape::Regex => json!({ "type": "string", "format": "regex" }),
        Shape::Duration | Shape::Period => text(r"^ *[0-9][0-9.]* *(ms|s|m|h|d) *$"),
        Shape::Size => text(r"^ *[0-9][0-9.]* *([KMGTkmgt][Ii]?[Bb]?) *$"),
        Shape::Signal => text("^ *([Ss][Ii][Gg])?[A-Za-z]+[12]? *$"),
        Shape::Cron => text(r"^ *(@[a-z]+|\S+ +\S+ +\S+ +\S+ +\S+) *$"),
        Shape::TimeOfDay => text("^[0-9]{1,2}:[0-9]{2}$"),
        Shape::Address => text(r"^\S+:[0-9]+$"),
        Shape::Http => text(r"^(/|http://)\S*$"),
        Shape::Need => text("^[^:]+(:(started|ready|done))?$"),
        Shape::Label => text("^[A-Za-z0-9_-]+$"),
        Shape::Policy => json!({ "enum": restart::KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>() }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::List(item) => json!({ "type": "array", "items": of(item) }),
        Shape::OneOrMore(item) => json!({ "anyOf": [of(item), { "type": "array", "items": of(item) }] }),
        Shape::Map(item) => json!({ "type": "object", "additionalProperties": of(item) }),
        Shape::Variables => json!({
            "type": "object",
            "additionalProperties": { "type": ["string", "number", "boolean"] },
        }),
        Shape::Table(groups) => table(groups),
        Shape::Named(groups) => json!({
            "type": "object",
            "propertyNames": { "pattern": r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$" },
            "additionalProperties": table(groups),
        }),
        Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(of).collect::<Vec<_>>() }),
    }
}

fn table(groups: &[&[Key]]) -> Value {
    let mut properties = Map::new();
    for key in groups.iter().copied().flatten() {
        let mut value = of(&key.shape);
        if let Value::Object(value) = &mut value {
            value.insert("description".to_owned(), json!(key.help));
        }
        properties.insert(key.name.to_owned(), value);
    }
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}
