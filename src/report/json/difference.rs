//! A comparison of metadata, for machines.

use serde::Serialize;
use serde_json::{Map, Value};

use super::ended::Ended;
use super::{FORMAT_VERSION, pretty};
use crate::diagnostic::Exit;
use crate::difference::{Difference, Locator};
use crate::documents::{Compared, Comparison, State};
use crate::report::Ending;
use crate::xml::Element;

/// What differs between two sides, named as they were on the command line.
pub fn comparison(a: &str, b: &str, comparison: &Comparison) -> String {
    let documents: Vec<DocumentJson<'_>> = comparison
        .documents
        .iter()
        .map(DocumentJson::from)
        .collect();
    let count = |state: &str| {
        documents
            .iter()
            .filter(|document| document.state == state)
            .count()
    };
    let summary = SummaryJson {
        changed: count("changed"),
        only_in_a: count("only_in_a"),
        only_in_b: count("only_in_b"),
        equal: comparison.equal,
    };
    let exit = match documents.is_empty() {
        true => Exit::Done,
        false => Exit::Differences,
    };
    let body = ComparisonJson {
        format_version: FORMAT_VERSION,
        a,
        b,
        documents,
        summary,
    };
    pretty(&Ended::new(body, &Ending::of(exit)))
}

#[derive(Serialize)]
struct ComparisonJson<'a> {
    format_version: &'static str,
    a: &'a str,
    b: &'a str,
    documents: Vec<DocumentJson<'a>>,
    summary: SummaryJson,
}

#[derive(Serialize)]
struct SummaryJson {
    changed: usize,
    only_in_a: usize,
    only_in_b: usize,
    equal: usize,
}

#[derive(Serialize)]
struct DocumentJson<'a> {
    kind: &'a str,
    name: &'a str,
    state: &'static str,
    differences: Vec<DifferenceJson<'a>>,
}

impl<'a> From<&'a Compared> for DocumentJson<'a> {
    fn from(compared: &'a Compared) -> Self {
        let (state, differences) = match &compared.state {
            State::Changed(differences) => ("changed", differences.as_slice()),
            State::OnlyInA => ("only_in_a", [].as_slice()),
            State::OnlyInB => ("only_in_b", [].as_slice()),
        };
        Self {
            kind: &compared.identity.kind,
            name: &compared.identity.name,
            state,
            differences: differences.iter().map(DifferenceJson::from).collect(),
        }
    }
}

#[derive(Serialize)]
struct DifferenceJson<'a> {
    action: &'static str,
    path: Vec<StepJson<'a>>,
    before: Value,
    after: Value,
}

/// One step: the element's name, its key where its list has one, and its position among those of that name and key.
#[derive(Serialize)]
struct StepJson<'a> {
    element: &'a str,
    key: Option<Vec<&'a str>>,
    position: usize,
}

impl<'a> From<&'a Difference> for DifferenceJson<'a> {
    fn from(difference: &'a Difference) -> Self {
        let value = |side: &Option<Element>| side.as_ref().map_or(Value::Null, value);
        let path = difference.path.iter().map(|step| StepJson {
            element: &step.name,
            key: match &step.locator {
                Locator::Key(key) if !key.is_empty() => Some(key.split('\u{0}').collect()),
                _ => None,
            },
            position: step.position,
        });
        Self {
            action: match (&difference.before, &difference.after) {
                (None, _) => "create",
                (_, None) => "delete",
                _ => "update",
            },
            path: path.collect(),
            before: value(&difference.before),
            after: value(&difference.after),
        }
    }
}

/// A leaf as its text, anything else as an object; what stands more than once as a list.
fn value(element: &Element) -> Value {
    if element.children.is_empty() {
        return Value::from(element.text.as_str());
    }
    let mut object = Map::new();
    for child in &element.children {
        match object.get_mut(child.name.as_str()) {
            None => {
                let twins = element.children_named(&child.name).count() > 1;
                let own = value(child);
                let own = if twins { Value::Array(vec![own]) } else { own };
                object.insert(child.name.to_string(), own);
            }
            Some(Value::Array(list)) => list.push(value(child)),
            Some(_) => {}
        }
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{compare_loose, read_loose};
    use serde_json::json;

    #[test]
    fn every_difference_is_told_with_its_path_and_both_values() {
        let side = |text: &str| read_loose("A.profile", text.into()).expect("well-formed");
        let before = side(
            "<Profile><userPermissions><enabled>true</enabled><name>X</name></userPermissions></Profile>",
        );
        let after = side(
            "<Profile><userPermissions><enabled>false</enabled><name>X</name></userPermissions>\
             <loginHours><a>1</a><a>2</a></loginHours></Profile>",
        );
        let text = comparison("old", "new", &compare_loose(&before, &after));
        let found: Value = serde_json::from_str(&text).expect("JSON");
        let expected = json!({
            "format_version": "2.0", "a": "old", "b": "new",
            "documents": [{"kind": "Profile", "name": "A", "state": "changed", "differences": [
                {"action": "create", "path": [{"element": "loginHours", "key": null, "position": 0}],
                 "before": null, "after": {"a": ["1", "2"]}},
                {"action": "update",
                 "path": [{"element": "userPermissions", "key": ["X"], "position": 0},
                          {"element": "enabled", "key": null, "position": 0}],
                 "before": "true", "after": "false"},
            ]}],
            "summary": {"changed": 1, "only_in_a": 0, "only_in_b": 0, "equal": 0},
            "tool": {"name": "orgwright", "version": env!("CARGO_PKG_VERSION")},
            "exit": 2, "exit_meaning": "there are differences",
        });
        assert_eq!(found, expected);
    }
}
