//! The JSON Schema says what the reader takes: no more keys, no fewer, and no other words.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use orgwright::manifest::{json_schema, load};
use serde_json::Value as Json;

const EXAMPLE: &str = "manifests/hubspot-selective-sync.yaml";
const FULL: &str = "tests/manifests/full.yaml";
/// A profile of others, which cannot stand beside one of the manifest's own.
const EXISTING: &str = "manifests/hubspot-lean.yaml";

fn documents() -> Vec<(PathBuf, Json)> {
    let folders = ["manifests", "templates/manifests"].map(|folder| fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = folders
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.push(FULL.into());
    let read = |path: PathBuf| {
        let document = document(&path);
        (path, document)
    };
    files.into_iter().map(read).collect()
}

fn document(path: &Path) -> Json {
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_manifest_satisfies_the_schema() {
    let schema = json_schema();
    for (path, document) in documents() {
        let mut errors = Vec::new();
        violations(&schema, &schema, &document, "", &mut errors);
        assert_eq!(errors, [] as [String; 0], "{path:?}");
    }
}

#[test]
fn the_schema_refuses_what_is_not_a_manifest() {
    let schema = json_schema();
    let text = fs::read_to_string(EXAMPLE).unwrap();
    for (good, bad) in [
        ("kind: IntegrationUser", "kind: User"),
        (
            "    label: HubSpot Integration",
            "    labl: HubSpot Integration",
        ),
        ("access: ReadWrite", "access: Write"),
        ("operator: contains", "operator: holds"),
        ("value: true", "value: {usr: this}"),
        (
            "organizationWideDefault: Private",
            "organizationWideDefault: [Private]",
        ),
        ("    email: revops@acme.example\n", ""),
    ] {
        let changed = text.replacen(good, bad, 1);
        assert_ne!(changed, text, "{good}");
        let document: Json = serde_saphyr::from_str(&changed).unwrap();
        let mut errors = Vec::new();
        violations(&schema, &schema, &document, "", &mut errors);
        assert!(!errors.is_empty(), "{bad}");
    }
}

/// Every way in which `value` breaks `schema`: the part of JSON Schema that the manifest's uses.
pub(crate) fn violations(
    root: &Json,
    schema: &Json,
    value: &Json,
    path: &str,
    errors: &mut Vec<String>,
) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root
            .pointer(reference.trim_start_matches('#'))
            .expect(reference);
        violations(root, target, value, path, errors);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let fits = choices.iter().any(|choice| {
            let mut inner = Vec::new();
            violations(root, choice, value, path, &mut inner);
            inner.is_empty()
        });
        if !fits {
            errors.push(format!("{path}: none of the choices"));
        }
    }
    if !schema["const"].is_null() && schema["const"] != *value {
        errors.push(format!("{path}: not {}", schema["const"]));
    }
    let words = schema["enum"].as_array();
    if words.is_some_and(|words| !words.contains(value)) {
        errors.push(format!("{path}: none of {}", schema["enum"]));
    }
    let types: Vec<&str> = match &schema["type"] {
        Json::String(name) => vec![name],
        Json::Array(names) => names.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is_of_type(value, name)) {
        errors.push(format!("{path}: not {types:?}"));
    }
    if let (Some(items), Some(item_schema)) = (value.as_array(), schema.get("items")) {
        for (position, item) in items.iter().enumerate() {
            violations(
                root,
                item_schema,
                item,
                &format!("{path}/{position}"),
                errors,
            );
        }
    }
    if let Some(object) = value.as_object() {
        violations_of_keys(root, schema, object, path, errors);
    }
}

fn violations_of_keys(
    root: &Json,
    schema: &Json,
    object: &serde_json::Map<String, Json>,
    path: &str,
    errors: &mut Vec<String>,
) {
    for required in schema["required"].as_array().into_iter().flatten() {
        let key = required.as_str().unwrap();
        if !object.contains_key(key) {
            errors.push(format!("{path}: no {key}"));
        }
    }
    for (key, inner) in object {
        let path = format!("{path}/{key}");
        match (
            schema["properties"].get(key),
            schema.get("additionalProperties"),
        ) {
            (Some(known), _) => violations(root, known, inner, &path, errors),
            (None, Some(Json::Bool(false))) => errors.push(format!("{path}: unknown")),
            (None, Some(others)) => violations(root, others, inner, &path, errors),
            (None, None) => {}
        }
    }
}

fn is_of_type(value: &Json, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other}"),
    }
}

/// The keys that `schema` and the definitions below it describe, by the path of their map.
fn described_keys(root: &Json, schema: &Json, path: &str, keys: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        described_keys(root, target, path, keys);
    }
    for choice in schema["anyOf"].as_array().into_iter().flatten() {
        described_keys(root, choice, path, keys);
    }
    for inner in [&schema["items"], &schema["additionalProperties"]] {
        if inner.is_object() {
            described_keys(root, inner, path, keys);
        }
    }
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        described_keys(root, inner, &path, keys);
        keys.insert(path);
    }
}

/// The keys that a document uses, by the path of their map; lists add nothing to a path.
fn used_keys(value: &Json, path: &str, keys: &mut BTreeSet<String>) {
    for item in value.as_array().into_iter().flatten() {
        used_keys(item, path, keys);
    }
    let chosen = ["Permissions", ".objects", ".user.fields"];
    let author_chooses = chosen.iter().any(|end| path.ends_with(end));
    for (key, inner) in value.as_object().into_iter().flatten() {
        if author_chooses {
            for (key, inner) in inner.as_object().into_iter().flatten() {
                let path = format!("{path}.{key}");
                used_keys(inner, &path, keys);
                keys.insert(path);
            }
            continue;
        }
        let path = format!("{path}.{key}");
        used_keys(inner, &path, keys);
        keys.insert(path);
    }
}

#[test]
fn the_schema_describes_exactly_the_keys_that_are_read() {
    let manifests = load(&[FULL.into()], &[], &[], &|_| None).unwrap();
    let findings = manifests.iter().flat_map(|manifest| &manifest.findings);
    let codes: Vec<&str> = findings.map(|finding| finding.code.text()).collect();
    assert_eq!(codes, ["OW1049", "OW1068"]);
    let document = document(Path::new(FULL));
    let (mut described, mut used) = (BTreeSet::new(), BTreeSet::new());
    let schema = json_schema();
    described_keys(&schema, &schema, "", &mut described);
    used_keys(&document, "", &mut used);
    used_keys(&self::document(Path::new(EXISTING)), "", &mut used);
    assert_eq!(described, used);
}
