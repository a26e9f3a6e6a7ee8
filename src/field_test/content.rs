//! Content replaced wherever it stands: in JSON, in XML, in queries and addresses, in packages and in manifests.

use serde_json::{Map, Number, Value};

use crate::org::{Asking, Transcript};
use crate::soql;
use crate::xml::{self, Element};

use super::names::{Pseudonyms, is_key_prefix, is_number};

/// Keys of texts that nothing is looked for in: replaced whole, whatever they say.
const HIDDEN: [&str; 24] = [
    "Alias",
    "CommunityNickname",
    "Description",
    "FirstName",
    "LastName",
    "RollupDescription",
    "alias",
    "calculatedFormula",
    "comment",
    "defaultValueFormula",
    "description",
    "errorConditionFormula",
    "errorMessage",
    "family_name",
    "firstName",
    "formula",
    "given_name",
    "helpText",
    "inlineHelpText",
    "lastName",
    "masterLabel",
    "message",
    "messages",
    "nickname",
];
/// Keys of numbers that say how many or how long: the shape of the org, not its content.
const SHAPE: [&str; 20] = [
    "Max",
    "Remaining",
    "TotalLicenses",
    "UsedLicenses",
    "byteLength",
    "digits",
    "expectVisible",
    "expr0",
    "length",
    "n",
    "precision",
    "recordsBecomingVisible",
    "relationshipOrder",
    "scale",
    "size",
    "startingNumber",
    "totalSize",
    "usersLosingAccess",
    "visibleLines",
    "width",
];
/// Keys of what is written in numbers and `AND` and `OR` alone.
const LOGIC: [&str; 2] = ["booleanFilter", "logic"];
/// Keys of addresses: nobody reads them.
const ADDRESSES: [&str; 4] = ["url", "urls", "photos", "thumbnail"];
/// What stands between the parts of a path.
const OF_PATH: [char; 6] = ['/', '?', '=', '&', ',', '.'];

/// The same question and answer about things of other names.
pub(super) fn transcript(transcript: &Transcript, names: &mut Pseudonyms) -> Transcript {
    Transcript {
        asked: asked(&transcript.asked, names),
        status: transcript.status,
        answer: answer(&transcript.asked, &transcript.answer, names),
    }
}

fn asked(asked: &Asking, names: &mut Pseudonyms) -> Asking {
    match asked {
        Asking::Query { soql } => Asking::Query {
            soql: query(soql, names),
        },
        Asking::Tooling { soql } => Asking::Tooling {
            soql: query(soql, names),
        },
        Asking::Resource { path } => Asking::Resource {
            path: names.joined(path, &OF_PATH, Pseudonyms::value),
        },
        Asking::Component { kind, name } => Asking::Component {
            kind: names.value(kind),
            name: names.value(name),
        },
        Asking::List { kind } => Asking::List {
            kind: names.value(kind),
        },
        Asking::Retrieve { members } => Asking::Retrieve {
            members: members
                .iter()
                .map(|(kind, all)| {
                    let all = all.iter().map(|name| names.value(name)).collect();
                    (names.value(kind), all)
                })
                .collect(),
        },
    }
}

fn answer(asked: &Asking, answer: &Value, names: &mut Pseudonyms) -> Value {
    match (asked, answer) {
        (Asking::Component { .. } | Asking::List { .. }, Value::String(text)) => {
            Value::String(document(text, names, xml::write_compact))
        }
        (Asking::Retrieve { .. }, Value::Object(package)) => {
            let files = package.get("files").and_then(Value::as_object);
            let files: Map<String, Value> = files
                .into_iter()
                .flatten()
                .map(|(name, text)| {
                    let text = text.as_str().unwrap_or_default();
                    let name = names.value(name);
                    (name, Value::String(document(text, names, xml::write)))
                })
                .collect();
            let messages = package.get("messages").cloned().unwrap_or_default();
            let messages = json(Some("messages"), &messages, names);
            serde_json::json!({"files": files, "messages": messages})
        }
        (_, other) => json(None, other, names),
    }
}

/// A document as text; what is none is left out.
fn document(
    text: &str,
    names: &mut Pseudonyms,
    write: fn(&Element) -> Result<String, xml::XmlError>,
) -> String {
    let document = xml::read(text).ok().map(|root| element(&root, names));
    document
        .and_then(|root| write(&root).ok())
        .unwrap_or_default()
}

fn element(element_: &Element, names: &mut Pseudonyms) -> Element {
    let name = element_.name.as_str();
    let attributes = element_.attributes.iter();
    let attributes = attributes
        .map(|(key, value)| {
            let key = names.value(key);
            (key.into(), names.value(value).into())
        })
        .collect::<Vec<_>>();
    Element {
        name: names.value(name).into(),
        attributes: attributes.into(),
        text: text_under(name, &element_.text, names).into(),
        children: element_
            .children
            .iter()
            .map(|child| element(child, names))
            .collect(),
    }
}

/// JSON as an answer or a manifest holds it. `key` is what it stands under.
pub(super) fn json(key: Option<&str>, value: &Value, names: &mut Pseudonyms) -> Value {
    let key_text = key.unwrap_or_default();
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        _ if ADDRESSES.contains(&key_text) => Value::Null,
        Value::Number(number) if SHAPE.contains(&key_text) => Value::Number(number.clone()),
        Value::Number(number) => {
            let text = names.number(&number.to_string());
            text.parse::<u64>()
                .map_or(Value::Null, |it| Value::Number(Number::from(it)))
        }
        Value::String(text) => Value::String(text_under(key_text, text, names)),
        Value::Array(items) => items.iter().map(|item| json(key, item, names)).collect(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let renamed = names.value(key);
                (renamed, json(Some(key), value, names))
            });
            Value::Object(entries.collect())
        }
    }
}

fn text_under(key: &str, text: &str, names: &mut Pseudonyms) -> String {
    if HIDDEN.contains(&key) {
        return names.hidden(text);
    }
    // `200..400` are two numbers.
    let is_shape = SHAPE.contains(&key) && text.split("..").all(is_number);
    // Three characters that every id of an object's records begins with.
    let is_prefix = key == "keyPrefix" && is_key_prefix(text);
    if is_shape || is_prefix || (LOGIC.contains(&key) && is_logic(text)) {
        return text.to_owned();
    }
    names.value(text)
}

fn is_logic(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let mut words = words.filter(|word| !word.is_empty());
    words.all(|word| {
        let is_digits = word.bytes().all(|byte| byte.is_ascii_digit());
        is_digits
            || ["AND", "OR", "NOT"]
                .iter()
                .any(|it| word.eq_ignore_ascii_case(it))
    })
}

/// A query about things of other names.
fn query(text: &str, names: &mut Pseudonyms) -> String {
    let mut before = String::new();
    let words = soql::words(text).into_iter().map(|word| {
        let renamed = word_of_query(&word, &before, names);
        before = word.to_ascii_uppercase();
        renamed
    });
    words.collect::<Vec<_>>().join(" ")
}

fn word_of_query(word: &str, before: &str, names: &mut Pseudonyms) -> String {
    if let Some(literal) = word.strip_prefix('\'') {
        let body = literal.strip_suffix('\'').unwrap_or(literal);
        return match before {
            "LIKE" => pattern(body, names),
            _ => soql::literal(&names.value(&unescaped(body))),
        };
    }
    let is_sign = !word.contains(char::is_alphanumeric);
    let is_limit = matches!(before, "LIMIT" | "OFFSET");
    match is_sign || is_limit && is_number(word) || is_span_of_days(word) {
        true => word.to_owned(),
        false => names.value(word),
    }
}

/// Whether it is a date literal that counts: `LAST_N_DAYS:10` (SOQL, Date Formats and Date Literals).
fn is_span_of_days(word: &str) -> bool {
    let counted = word.split_once(':').filter(|(_, count)| is_number(count));
    counted.is_some_and(|(span, _)| span.starts_with("LAST_N_") || span.starts_with("NEXT_N_"))
}

/// A pattern: `%` at its ends stands for anything, and what is between for itself.
fn pattern(body: &str, names: &mut Pseudonyms) -> String {
    let start = if body.starts_with('%') { "%" } else { "" };
    let inner = &body[start.len()..];
    let ends_open = inner.ends_with('%') && !inner.ends_with("\\%");
    let inner = if ends_open {
        &inner[..inner.len() - 1]
    } else {
        inner
    };
    let renamed = soql::like(&names.value(&unescaped(inner)));
    format!("'{start}{renamed}{}'", if ends_open { "%" } else { "" })
}

fn unescaped(body: &str) -> String {
    let mut text = String::new();
    let mut characters = body.chars();
    while let Some(character) = characters.next() {
        let meant = match character {
            '\\' => match characters.next() {
                Some('n') => Some('\n'),
                Some('r') => Some('\r'),
                Some('t') => Some('\t'),
                Some('b') => Some('\u{8}'),
                Some('f') => Some('\u{c}'),
                other => other,
            },
            other => Some(other),
        };
        text.extend(meant);
    }
    text
}

/// A manifest about things of other names, as YAML.
pub(super) fn manifest(content: &Value, names: &mut Pseudonyms) -> String {
    let mut text = String::new();
    write_yaml(&json(None, content, names), 0, &mut text);
    text
}

fn write_yaml(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (place, (key, value)) in entries.iter().enumerate() {
                if place > 0 || depth == 0 {
                    text.push_str(&"  ".repeat(depth));
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_below(value, depth, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                text.push_str(&"  ".repeat(depth));
                text.push_str("- ");
                match item {
                    Value::Array(_) => text.push_str(&format!("{item}\n")),
                    _ => write_yaml(item, depth + 1, text),
                }
            }
        }
        // JSON is YAML.
        other => text.push_str(&format!("{other}\n")),
    }
}

fn write_below(value: &Value, depth: usize, text: &mut String) {
    let is_empty = |value: &Value| match value {
        Value::Object(entries) => entries.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    };
    match is_empty(value) {
        true => text.push_str(&format!(" {value}\n")),
        false => {
            text.push('\n');
            if value.is_object() {
                text.push_str(&"  ".repeat(depth + 1));
            }
            write_yaml(value, depth + 1, text);
        }
    }
}

/// Whether numbers under this key say how many or how long, and are kept.
pub(super) fn is_shape(key: &str) -> bool {
    SHAPE.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn how_many_records_are_meant_is_kept_as_it_is() {
        let mut names = Pseudonyms::new(-1_000);
        let rule = json!({"name": "Secret", "expectVisible": "200..400"});
        let renamed = super::json(None, &rule, &mut names);
        assert_eq!(renamed["expectVisible"], "200..400");
        assert_ne!(renamed["name"], "Secret");
        let other = json!({"expectVisible": "200..Secret"});
        assert_ne!(super::json(None, &other, &mut names), other);
    }

    #[test]
    fn a_query_is_about_the_pseudonyms_of_what_it_was_about() {
        let mut names = Pseudonyms::new(-1_000);
        let text = r"SELECT Id, Secret__c FROM Lead WHERE Secret__c LIKE '%O\'Hare\_x%' AND Name = 'O\'Hare_x' LIMIT 5";
        let renamed = query(text, &mut names);
        let (field, value) = (names.value("Secret__c"), names.value("O'Hare_x"));
        let expected = format!(
            "SELECT Id , {field} FROM Lead WHERE {field} LIKE '%{value}%' AND Name = '{value}' LIMIT 5"
        );
        assert_eq!(renamed, expected);
    }

    #[test]
    fn a_manifest_reads_back_as_what_it_is_about() {
        let content = json!({"apiVersion": "orgwright/v1", "metadata": {"name": "ours"}, "spec": {
            "fields": [{"object": "Lead", "name": "Sync__c", "length": 80}, {"object": "Case", "absent": true}],
            "profile": {"objectPermissions": {"Lead": ["read", "edit"], "Ours__c": []}, "userPermissions": {}},
        }});
        let mut names = Pseudonyms::new(-1_000);
        let text = manifest(&content, &mut names);
        let (ours, sync) = (names.value("Ours__c"), names.value("Sync__c"));
        let name = names.value("ours");
        let expected = format!(
            "\"apiVersion\":\n \"orgwright/v1\"\n\"metadata\":\n  \"name\": \"{name}\"\n\"spec\":\n  \"fields\":\n    - \"object\": \"Lead\"\n      \
             \"name\": \"{sync}\"\n      \"length\": 80\n    - \"object\": \"Case\"\n      \"absent\": true\n  \"profile\":\n    \
             \"objectPermissions\":\n      \"Lead\":\n        - \"read\"\n        - \"edit\"\n      \"{ours}\": []\n    \"userPermissions\": {{}}\n"
        );
        assert_eq!(text, expected.replace(":\n \"orgwright", ": \"orgwright"));
    }

    #[test]
    fn documents_keep_their_shape_and_lose_their_content() {
        let mut names = Pseudonyms::new(-1_000);
        let text = "<CustomObject><fields><fullName>Fee__c</fullName><formula>Fee * 2 &amp; Lead</formula><length>80</length>\
                    <type>Text</type><label>Secret fee</label></fields></CustomObject>";
        let renamed = document(text, &mut names, xml::write_compact);
        for gone in ["Fee", "Secret", "Lead", "*"] {
            assert!(!renamed.contains(gone), "{gone}: {renamed}");
        }
        for kept in ["<length>80</length>", "<type>Text</type>", "__c</fullName>"] {
            assert!(renamed.contains(kept), "{kept}: {renamed}");
        }
    }
}
