//! JUnit's XML held against what its readers demand (the schema that Jenkins publishes, junit-10): elements, attributes,
//! their order, and counts that are true.

use roxmltree::{Document, Node};

/// Reads the document with another library and counts its cases.
pub(crate) fn judged(text: &str) {
    let document = Document::parse(text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    attributes(root, &["name", "tests", "failures", "errors", "skipped"]);
    let suites: Vec<Node<'_, '_>> = elements(root).collect();
    assert!(!suites.is_empty(), "{text}");
    for key in ["tests", "failures", "errors", "skipped"] {
        let sum: u64 = suites.iter().map(|suite| number(*suite, key)).sum();
        assert_eq!(number(root, key), sum, "{key} of {text}");
    }
    suites.into_iter().for_each(judge_suite);
}

fn judge_suite(suite: Node<'_, '_>) {
    assert_eq!(suite.tag_name().name(), "testsuite");
    let known = [
        "name",
        "tests",
        "failures",
        "errors",
        "skipped",
        "timestamp",
    ];
    attributes(suite, &known);
    let mut parts = elements(suite);
    let properties = parts.next().unwrap();
    assert_eq!(properties.tag_name().name(), "properties");
    elements(properties).for_each(|property| attributes(property, &["name", "value"]));
    let cases: Vec<Node<'_, '_>> = parts.collect();
    let with = |name: &str| {
        let holds =
            |case: &&Node<'_, '_>| elements(**case).any(|part| part.tag_name().name() == name);
        cases.iter().filter(holds).count() as u64
    };
    assert_eq!(number(suite, "tests"), cases.len() as u64);
    assert_eq!(number(suite, "failures"), with("failure"));
    assert_eq!(number(suite, "errors"), with("error"));
    assert_eq!(number(suite, "skipped"), with("skipped"));
    for case in cases {
        assert_eq!(case.tag_name().name(), "testcase");
        attributes(case, &["classname", "name"]);
        assert!(!case.attribute("name").unwrap().is_empty());
        let order = ["skipped", "error", "failure", "system-out"];
        let parts = elements(case).map(|part| {
            let name = part.tag_name().name();
            let place = order.iter().position(|known| *known == name);
            attributes(part, &["type", "message"]);
            place.unwrap_or_else(|| panic!("{name} in a case"))
        });
        let parts: Vec<usize> = parts.collect();
        assert!(parts.is_sorted() && parts.len() <= 2, "{parts:?}");
    }
}

fn elements<'a, 'input>(
    node: Node<'a, 'input>,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    node.children().filter(Node::is_element)
}

fn attributes(node: Node<'_, '_>, known: &[&str]) {
    for attribute in node.attributes() {
        assert!(known.contains(&attribute.name()), "{}", attribute.name());
    }
}

fn number(node: Node<'_, '_>, key: &str) -> u64 {
    node.attribute(key).unwrap().parse().unwrap()
}
