//! The JSON Schemas of reports, for whoever reads them with a program.
//!
//! The shapes stand in `schema/shapes.json` in a short form: a text names types (`string|null`), words (`=yes|no`) or a shared
//! shape (`#org`); a key that may be missing ends in `?`, and `*` stands for any key. A test holds real reports to them.

use serde_json::{Map, Value, json};

const SHAPES: &str = include_str!("schema/shapes.json");

/// Commands whose JSON has a schema.
pub const REPORTS: [&str; 5] = ["plan", "verify", "access", "apply", "explain"];

/// The JSON Schema (draft 2020-12) of what a command reports: its result, or why there is none. Keys may be added, so none is
/// forbidden.
pub fn of_report(command: &str) -> Option<Value> {
    let command = REPORTS.iter().find(|known| **known == command)?;
    let shapes: Value = serde_json::from_str(SHAPES).ok()?;
    let shared = shapes.get("shared")?.as_object()?;
    let shared = shared
        .iter()
        .map(|(name, shape)| (name.clone(), schema(shape)));
    let shared: Map<String, Value> = shared.collect();
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("orgwright {command} --format json"),
        "anyOf": [schema(shapes.get(*command)?), schema(shapes.get("failure")?)],
        "$defs": shared,
    }))
}

fn schema(shape: &Value) -> Value {
    match shape {
        Value::String(words) => of_words(words),
        Value::Array(items) => {
            let item = items.first().map_or(json!(true), schema);
            json!({"type": "array", "items": item})
        }
        Value::Object(keys) => of_keys(keys),
        _ => json!(true),
    }
}

fn of_keys(keys: &Map<String, Value>) -> Value {
    if let Some(any) = keys.get("*") {
        return json!({"type": "object", "additionalProperties": schema(any)});
    }
    let name = |key: &String| key.trim_end_matches('?').to_owned();
    let properties = keys.iter().map(|(key, shape)| (name(key), schema(shape)));
    let properties: Map<String, Value> = properties.collect();
    let required = keys.keys().filter(|key| !key.ends_with('?'));
    let required: Vec<&String> = required.collect();
    json!({"type": "object", "required": required, "properties": properties})
}

fn of_words(words: &str) -> Value {
    if words == "any" {
        return json!(true);
    }
    if let Some(words) = words.strip_prefix('=') {
        let words: Vec<&str> = words.split('|').collect();
        return json!({"enum": words});
    }
    let (shared, types): (Vec<&str>, Vec<&str>) =
        words.split('|').partition(|word| word.starts_with('#'));
    let reference =
        |word: &&str| json!({"$ref": format!("#/$defs/{}", word.trim_start_matches('#'))});
    let mut choices: Vec<Value> = shared.iter().map(reference).collect();
    if !types.is_empty() {
        choices.push(json!({"type": types}));
    }
    match (choices.len(), choices.pop()) {
        (1, Some(one)) => one,
        (_, Some(last)) => {
            choices.push(last);
            json!({"anyOf": choices})
        }
        (_, None) => json!(true),
    }
}
