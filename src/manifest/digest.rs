//! The digest of a manifest: over what it says, not over how it is written.

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::node::{Content, Node};
use super::scalar::{Plain, plain};

/// `sha256:…` over the canonical content below `root`.
pub(super) fn digest(root: &Node) -> String {
    let hash = Sha256::digest(canonical(root).to_string().as_bytes());
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The content as JSON: keys sorted, empty keys dropped, numbers and booleans as such.
pub(super) fn canonical(node: &Node) -> Json {
    match &node.content {
        Content::Null | Content::Broken => Json::Null,
        Content::Scalar { text, plain: true } => match plain(text) {
            Plain::Bool(value) => Json::Bool(value),
            Plain::Number => number(text),
            _ => Json::from(&**text),
        },
        Content::Scalar { text, plain: false } => Json::from(&**text),
        Content::List(items) => items.iter().map(canonical).collect(),
        Content::Map(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .filter(|entry| !matches!(entry.value.content, Content::Null))
                .collect();
            entries.sort_by(|left, right| left.key.cmp(&right.key));
            let pairs = entries
                .into_iter()
                .map(|entry| (entry.key.to_string(), canonical(&entry.value)));
            Json::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

/// A number, or its digits where they are too many for one.
fn number(text: &str) -> Json {
    let number = serde_json::from_str::<serde_json::Number>(text);
    number.map_or_else(|_| Json::from(text), Json::Number)
}

#[cfg(test)]
mod tests {
    use super::super::findings::Findings;
    use super::super::node::parse;
    use super::*;

    fn of(text: &str) -> String {
        digest(&parse(&"m.yaml".into(), text, &Findings::default()).unwrap())
    }

    #[test]
    fn order_comments_and_layout_do_not_matter_and_content_does() {
        let plain = of("a: 1\nb: [x, 'y']\n");
        assert_eq!(plain, of("# words\nb:\n  - \"x\"\n  - y\na: 1\nc:\n"));
        assert_ne!(plain, of("a: '1'\nb: [x, y]\n"));
        assert_ne!(plain, of("a: 1\nb: [y, x]\n"));
        assert!(plain.starts_with("sha256:") && plain.len() == 71);
    }
}
