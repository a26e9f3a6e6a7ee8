//! What the org must hold once a story is told: `after/` in its folder.

use std::path::Path;

use serde_json::Value;

use super::story::Story;
use super::{entries, name};

impl Story<'_> {
    /// The org holds what the folder says, and no more of what must be gone.
    pub(super) fn check_after(&self) {
        let after = self.folder.join("after");
        for kind in entries(&after).into_iter().filter(|path| path.is_dir()) {
            for file in entries(&kind) {
                self.check_component(&name(&kind), &file);
            }
        }
        let Ok(text) = std::fs::read_to_string(after.join("queries.json")) else {
            return;
        };
        let queries: serde_json::Map<String, Value> = serde_json::from_str(&text).expect("queries");
        for (soql, rows) in queries {
            assert_eq!(Value::Array(self.org.query(&soql)), rows, "{soql}");
        }
    }

    fn check_component(&self, kind: &str, file: &Path) {
        let component = file.file_stem().unwrap_or_default().to_string_lossy();
        let answer = self.org.read_metadata(kind, &component);
        let document = roxmltree::Document::parse(&answer).expect("XML");
        let live = document
            .descendants()
            .find(|node| node.tag_name().name() == "records");
        let exists = live.is_some_and(|node| node.has_children());
        if file.extension().is_some_and(|suffix| suffix == "gone") {
            assert!(!exists, "{kind} {component} is still there: {answer}");
            return;
        }
        assert!(exists, "there is no {kind} {component}");
        let text = std::fs::read_to_string(file).unwrap();
        let wanted = roxmltree::Document::parse(&text).expect("XML");
        let live = live.expect("checked above");
        for element in wanted
            .root_element()
            .children()
            .filter(roxmltree::Node::is_element)
        {
            let found = live.children().any(|other| holds(other, element));
            assert!(
                found,
                "{kind} {component} has no\n{}\nbut\n{answer}",
                &text[element.range()]
            );
        }
    }
}

/// Whether an element says at least what another one says, in any order.
fn holds(live: roxmltree::Node, wanted: roxmltree::Node) -> bool {
    let text = |node: roxmltree::Node| node.text().unwrap_or_default().trim().to_owned();
    let inner = wanted.children().filter(roxmltree::Node::is_element);
    live.tag_name().name() == wanted.tag_name().name()
        && text(live) == text(wanted)
        && inner
            .into_iter()
            .all(|inner| live.children().any(|other| holds(other, inner)))
}
