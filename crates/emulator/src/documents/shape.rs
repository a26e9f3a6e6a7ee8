//! What the elements of a component may hold, checked before anything of it is believed.
//!
//! Promise: an element the type does not know, a second run of one that stands elsewhere, a missing required
//! element and a boolean that is none are each reported, with their place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use roxmltree::Node;

use crate::problem::{MISSING, Problem, UNKNOWN};
use crate::xml::{METADATA, child, elements, text};

#[derive(Debug, Default)]
struct Shape {
    many: bool,
    flag: bool,
    children: Vec<Leaf>,
}

#[derive(Debug)]
struct Leaf {
    name: &'static str,
    required: bool,
    flag: bool,
}

/// Elements that stand empty to take away what is there (Metadata API guide, Profile).
pub(crate) const CLEARED: [&str; 2] = ["loginHours", "loginIpRanges"];

type Shapes = BTreeMap<&'static str, BTreeMap<&'static str, Shape>>;

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    let mut shapes = Shapes::new();
    let mut current = "";
    for line in include_str!("shapes.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        if line.starts_with(|first: char| first.is_ascii_uppercase()) {
            current = line;
        } else if let Some((name, shape)) = parse_shape(line) {
            shapes.entry(current).or_default().insert(name, shape);
        }
    }
    shapes
});

fn parse_shape(line: &'static str) -> Option<(&'static str, Shape)> {
    let (own, children) = line.split_once(" = ").unwrap_or((line, ""));
    let mut words = own.split_whitespace();
    let name = words.next()?;
    let marks: Vec<&str> = words.collect();
    let shape = Shape {
        many: marks.contains(&"many"),
        flag: marks.contains(&"flag"),
        children: children.split_whitespace().map(parse_leaf).collect(),
    };
    Some((name, shape))
}

fn parse_leaf(word: &'static str) -> Leaf {
    Leaf {
        name: word.trim_end_matches(['*', '?']),
        required: word.ends_with('*'),
        flag: word.ends_with('?'),
    }
}

/// Everything wrong with the shape of a component of this type; nothing for a type whose shape is not modelled.
pub(crate) fn check(kind: &str, element: Node<'_, '_>) -> Vec<Problem> {
    let Some(shapes) = SHAPES.get(kind) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for inner in elements(element) {
        let name = inner.tag_name().name();
        let Some(shape) = shapes.get(name) else {
            problems.push(misplaced(inner, "invalid", kind));
            continue;
        };
        let repeated = seen.contains(&name) && (!shape.many || seen.last() != Some(&name));
        if repeated {
            problems.push(misplaced(inner, "is duplicated", kind));
        }
        seen.push(name);
        problems.extend(check_inside(inner, shape, kind));
    }
    problems
}

fn check_inside(element: Node<'_, '_>, shape: &Shape, kind: &str) -> Vec<Problem> {
    if shape.flag {
        return check_flag(element).into_iter().collect();
    }
    if shape.children.is_empty() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for inner in elements(element) {
        match shape
            .children
            .iter()
            .find(|leaf| leaf.name == inner.tag_name().name())
        {
            None => problems.push(misplaced(inner, "invalid", kind)),
            Some(leaf) if leaf.flag => problems.extend(check_flag(inner)),
            Some(_) => {}
        }
    }
    if elements(element).next().is_none() && CLEARED.contains(&element.tag_name().name()) {
        return problems;
    }
    let absent = shape
        .children
        .iter()
        .filter(|leaf| leaf.required && child(element, leaf.name).is_none());
    problems.extend(absent.map(|leaf| required(element, leaf.name)));
    problems
}

fn check_flag(element: Node<'_, '_>) -> Option<Problem> {
    let value = text(element);
    let known = ["true", "false", "1", "0"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word));
    let message =
        format!("Error parsing file: '{value}' is not a valid value for the type xsd:boolean");
    (!known).then(|| Problem::at(element, UNKNOWN, message))
}

fn misplaced(element: Node<'_, '_>, how: &str, kind: &str) -> Problem {
    let name = element.tag_name().name();
    let message = format!(
        "Error parsing file: Element {{{METADATA}}}{name} {how} at this location in type {kind}"
    );
    Problem::at(element, UNKNOWN, message)
}

/// The platform's sentence about a required element that is not there.
pub(crate) fn required(element: Node<'_, '_>, name: &str) -> Problem {
    Problem::at(
        element,
        MISSING,
        format!("Required field is missing: {name}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    fn check_role(inside: &str, expected: &[&str]) {
        let text = format!("<Role xmlns=\"{METADATA}\">{inside}</Role>");
        let document = xml::parse(&text).expect("well formed");
        let found = check("Role", document.root_element());
        let messages: Vec<&str> = found
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        assert_eq!(messages, expected, "{inside}");
    }

    #[test]
    fn elements_are_known_once_and_of_their_type() {
        check_role("<name>A</name><parentRole>B</parentRole>", &[]);
        check_role(
            "<label>A</label>",
            &[
                "Error parsing file: Element {http://soap.sforce.com/2006/04/metadata}label invalid at this location in type Role",
            ],
        );
        check_role(
            "<name>A</name><name>B</name>",
            &[
                "Error parsing file: Element {http://soap.sforce.com/2006/04/metadata}name is duplicated at this location in type Role",
            ],
        );
        check_role(
            "<mayForecastManagerShare>yes</mayForecastManagerShare>",
            &["Error parsing file: 'yes' is not a valid value for the type xsd:boolean"],
        );
    }

    #[test]
    fn runs_of_repeated_elements_stay_together() {
        let entry = "<userPermissions><enabled>true</enabled><name>A</name></userPermissions>";
        let text =
            format!("<Profile xmlns=\"{METADATA}\">{entry}<custom>true</custom>{entry}</Profile>");
        let document = xml::parse(&text).expect("well formed");
        let found = check("Profile", document.root_element());
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.contains("userPermissions is duplicated"),
            "{found:?}"
        );
    }

    /// Files that real orgs hold, where a folder of them is at hand.
    #[test]
    fn real_files_have_known_shapes() {
        let Some(corpus) = testing::material("corpus", "shapes of real files") else {
            return;
        };
        let folders = [
            ("profiles", "Profile"),
            ("permissionsets", "PermissionSet"),
            ("roles", "Role"),
            ("fields", "CustomField"),
            ("objects", "CustomObject"),
            ("sharingRules", "SharingRules"),
        ];
        let (mut strange, mut files) = (Vec::new(), 0);
        for (folder, kind) in folders {
            let entries =
                std::fs::read_dir(std::path::Path::new(&corpus).join(folder)).expect("a folder");
            for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let Ok(document) = xml::parse(&text) else {
                    continue;
                };
                let found = check(kind, document.root_element());
                files += 1;
                strange.extend(
                    found
                        .iter()
                        .take(1)
                        .map(|problem| format!("{}: {}", path.display(), problem.message)),
                );
            }
        }
        // A few files of old API versions, and a few that tools spoilt, are among them.
        assert!(
            files > 0 && strange.len() * 100 <= files,
            "{}",
            strange.join("\n")
        );
    }
}
