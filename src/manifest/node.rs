//! YAML text to a tree of nodes, each with its place.
//!
//! Serde would stop at the first mistake and merge duplicates away; a tree lets every reader report
//! everything it sees. The tree is bounded: size, depth, number of nodes and what aliases unfold to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, options};

use super::findings::Findings;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Place};

/// Largest file that is read, in bytes: 5,000 resources of 1,000 bytes each.
pub(super) const MOST_BYTES: usize = 5_000_000;
/// Deepest nesting, counted for block and flow collections each.
const MOST_DEPTH: usize = 32;
/// Most nodes, after aliases are unfolded: 5,000 resources of 100 values each.
const MOST_NODES: usize = 500_000;
/// Most bytes of text, after aliases are unfolded.
const MOST_TEXT: usize = 2 * MOST_BYTES;
/// Most aliases.
const MOST_ALIASES: usize = 100;

/// One value of the tree.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) content: Content,
    pub(super) place: Place,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Nothing at all, or a plain `null`.
    Null,
    /// Text. Plain text may stand for a number or a boolean, quoted text is text.
    Scalar { text: Arc<str>, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written; no key twice.
    Map(Vec<Entry>),
    /// Something that was reported already; readers pass it over in silence.
    Broken,
}

/// One key of a map with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Arc<str>,
    pub(super) key_place: Place,
    pub(super) value: Node,
}

impl Node {
    /// What kind of thing it is, for messages.
    pub(super) fn noun(&self) -> &'static str {
        match self.content {
            Content::Null => "nothing",
            Content::Scalar { .. } => "a single value",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
            Content::Broken => "something unreadable",
        }
    }

    /// Nodes and bytes of text in it.
    fn weight(&self) -> (usize, usize) {
        let add = |sum: (usize, usize), part: (usize, usize)| (sum.0 + part.0, sum.1 + part.1);
        match &self.content {
            Content::Null | Content::Broken => (1, 0),
            Content::Scalar { text, .. } => (1, text.len()),
            Content::List(items) => items.iter().map(Node::weight).fold((1, 0), add),
            Content::Map(entries) => entries
                .iter()
                .map(|entry| add(entry.value.weight(), (1, entry.key.len())))
                .fold((1, 0), add),
        }
    }
}

/// Reads `text` as one YAML document. None when it is not one; the reason is in `findings`.
pub(super) fn parse(file: &Arc<str>, text: &str, findings: &Findings) -> Option<Node> {
    let options = options! {
        emit_comments: false,
        flow_nesting_limit: MOST_DEPTH,
        block_nesting_limit: MOST_DEPTH,
    };
    let mut composer = Composer {
        events: Parser::new_from_str_with_options(text, options),
        file,
        findings,
        anchors: HashMap::new(),
        nodes: 0,
        text: 0,
        aliases: 0,
    };
    match composer.document() {
        Ok(root) => Some(root),
        Err(finding) => {
            findings.push(*finding);
            None
        }
    }
}

/// Builds the tree from the parser's events. An `Err` ends the file.
struct Composer<'a> {
    events: Parser<'a, StrInput<'a>>,
    file: &'a Arc<str>,
    findings: &'a Findings,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    text: usize,
    aliases: usize,
}

type Composed<T> = Result<T, Box<Diagnostic>>;

impl<'a> Composer<'a> {
    fn document(&mut self) -> Composed<Node> {
        let mut root = None;
        while let Some((event, span)) = self.next_event()? {
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::StreamEnd => {}
                Event::DocumentStart(..) if root.is_none() => {}
                Event::DocumentStart(..) => return Err(self.second_document(&span)),
                event => root = Some(self.node(event, &span)?),
            }
        }
        root.ok_or_else(|| {
            let finding = Diagnostic::error(Code::ManifestEmpty, "the file holds nothing")
                .at(&Place::start_of(self.file))
                .help("`orgwright init` writes a manifest to start from");
            Box::new(finding)
        })
    }

    fn next_event(&mut self) -> Composed<Option<(Event<'a>, Span)>> {
        let Some(next) = self.events.next() else {
            return Ok(None);
        };
        next.map(Some).map_err(|error| self.syntax_error(&error))
    }

    fn node(&mut self, event: Event<'a>, span: &Span) -> Composed<Node> {
        let place = self.place(span);
        self.spend(1, 0, &place)?;
        match event {
            Event::Alias(anchor) => self.alias(anchor, &place),
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.spend(0, text.len(), &place)?;
                let content = scalar(&text, style == ScalarStyle::Plain);
                Ok(self.anchored(anchor, Node { content, place }))
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let content = Content::List(self.items()?);
                Ok(self.anchored(anchor, Node { content, place }))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let entries = self.entries()?;
                let place = entries
                    .first()
                    .map_or(place, |entry| entry.key_place.clone());
                let content = Content::Map(entries);
                Ok(self.anchored(anchor, Node { content, place }))
            }
            _ => Err(self.fatal(Code::YamlMalformed, &place, "the YAML ends too early here")),
        }
    }

    fn items(&mut self) -> Composed<Vec<Node>> {
        let mut items = Vec::new();
        while let Some((event, span)) = self.next_event()? {
            if event == Event::SequenceEnd {
                break;
            }
            items.push(self.node(event, &span)?);
        }
        Ok(items)
    }

    fn entries(&mut self) -> Composed<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut seen: BTreeMap<Arc<str>, Place> = BTreeMap::new();
        while let Some((event, span)) = self.next_event()? {
            if event == Event::MappingEnd {
                break;
            }
            let key = self.node(event, &span)?;
            let Some((event, span)) = self.next_event()? else {
                break;
            };
            let value = self.node(event, &span)?;
            if let Some(entry) = self.entry(key, value, &mut seen) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// The entry for a key, unless the key cannot stand or stands there already.
    fn entry(&self, key: Node, value: Node, seen: &mut BTreeMap<Arc<str>, Place>) -> Option<Entry> {
        let key_place = key.place;
        let Content::Scalar { text, .. } = key.content else {
            let message = "a key must be a single word";
            self.findings
                .error(Code::YamlFeatureNotTaken, &key_place, message);
            return None;
        };
        if &*text == "<<" {
            self.findings.push(merge_key(&key_place));
            return None;
        }
        if let Some(first) = seen.get(&text) {
            self.findings
                .push(duplicate_key(&text, &key_place, first, &value));
            return None;
        }
        seen.insert(Arc::clone(&text), key_place.clone());
        Some(Entry {
            key: text,
            key_place,
            value,
        })
    }

    fn alias(&mut self, anchor: usize, place: &Place) -> Composed<Node> {
        self.aliases += 1;
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err(self.fatal(
                Code::YamlMalformed,
                place,
                "the alias refers to what it is part of",
            ));
        };
        let (nodes, text) = node.weight();
        self.spend(nodes, text, place)?;
        Ok(node)
    }

    fn anchored(&mut self, anchor: usize, node: Node) -> Node {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        node
    }

    fn spend(&mut self, nodes: usize, text: usize, place: &Place) -> Composed<()> {
        self.nodes += nodes;
        self.text += text;
        if self.nodes > MOST_NODES || self.text > MOST_TEXT || self.aliases > MOST_ALIASES {
            let message = format!(
                "the YAML unfolds to too much: at most {MOST_NODES} values, {MOST_TEXT} bytes and {MOST_ALIASES} aliases are read"
            );
            return Err(self.fatal(Code::YamlUnfoldsTooMuch, place, message));
        }
        Ok(())
    }

    fn refuse_tag(&self, tagged: bool, span: &Span) {
        if !tagged {
            return;
        }
        let place = self.place(&span.tag_span().unwrap_or(*span));
        let finding = Diagnostic::error(
            Code::YamlFeatureNotTaken,
            "YAML tags have no meaning in a manifest",
        )
        .at(&place)
        .help("take the `!` word away; put text in quotes to keep it text");
        self.findings.push(finding);
    }

    fn second_document(&self, span: &Span) -> Box<Diagnostic> {
        let message = "a second YAML document begins here; a file holds one manifest";
        let mut finding = self.fatal(Code::YamlFeatureNotTaken, &self.place(span), message);
        finding.help = Some("put each manifest in a file of its own and name both files".into());
        finding
    }

    fn syntax_error(&self, error: &ScanError) -> Box<Diagnostic> {
        let place = self.place(&Span::empty(*error.marker()));
        let info = error.info();
        let finding = Diagnostic::error(
            Code::YamlMalformed,
            format!("the YAML cannot be read: {info}"),
        )
        .at(&place);
        Box::new(match syntax_help(&info) {
            Some(help) => finding.help(help),
            None => finding,
        })
    }

    fn fatal(&self, code: Code, place: &Place, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(code, message).at(place))
    }

    fn place(&self, span: &Span) -> Place {
        let start: Marker = span.start;
        let range = span.byte_range().unwrap_or(0..0);
        Place {
            file: Arc::clone(self.file),
            line: start.line(),
            column: start.col() + 1,
            offset: range.start,
            length: range.len(),
        }
    }
}

fn scalar(text: &str, plain: bool) -> Content {
    if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Content::Null;
    }
    Content::Scalar {
        text: text.into(),
        plain,
    }
}

fn merge_key(place: &Place) -> Diagnostic {
    Diagnostic::error(Code::YamlFeatureNotTaken, "merge keys (`<<`) are not taken")
        .at(place)
        .help("write the keys out, or keep what differs between orgs in a file for `--overlay`")
}

fn duplicate_key(key: &str, place: &Place, first: &Place, value: &Node) -> Diagnostic {
    let help = match value.content {
        Content::List(_) | Content::Map(_) => "put everything under one of the two",
        _ => "keep one of the two",
    };
    Diagnostic::error(Code::KeyTwice, format!("the key `{key}` is there twice"))
        .at(place)
        .help(help)
        .see(first, "first here")
}

fn syntax_help(info: &str) -> Option<&'static str> {
    if info.contains("tab") {
        return Some("YAML indents with spaces only");
    }
    if info.contains("mapping values are not allowed") || info.contains("unexpected character") {
        return Some("put text that holds `: ` or begins with a sign such as `@` in quotes");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes found in `text`, with their lines.
    fn check(text: &str, expected: &[(&str, usize)]) {
        let findings = Findings::default();
        parse(&"m.yaml".into(), text, &findings);
        let found = findings.into_sorted();
        let found: Vec<(&str, usize)> = found
            .iter()
            .map(|finding| {
                (
                    finding.code.text(),
                    finding.place.as_ref().map_or(0, |place| place.line),
                )
            })
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn bad_yaml_is_reported_where_it_is() {
        check("", &[("OW1004", 1)]);
        check("# nothing but words\n", &[("OW1004", 1)]);
        check("a:\n\t- b\n", &[("OW1005", 2)]);
        check("a: \u{0}b\n", &[("OW1005", 1)]);
        check("a: [1, 2\nb: 3\n", &[("OW1005", 2)]);
        check("a: *b\n", &[("OW1005", 1)]);
        check("a: &a [*a]\n", &[("OW1005", 1)]);
        check("a: 1\n---\nb: 2\n", &[("OW1007", 2)]);
        check("a: !!str 1\n", &[("OW1007", 1)]);
        check("<<: {a: 1}\n? [a]\n: b\n", &[("OW1007", 1), ("OW1007", 2)]);
        check(
            "a: 1\nb: 2\na: 3\nb: {c: 1, c: 2}\n",
            &[("OW1008", 3), ("OW1008", 4), ("OW1008", 4)],
        );
        check("\u{feff}a: b\n", &[]);
    }

    #[test]
    fn what_unfolds_to_too_much_is_refused() {
        let mut laughs = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
        for (before, name) in ["a", "b", "c", "d", "e", "f"].iter().zip("bcdefg".chars()) {
            let aliases = vec![format!("*{before}"); 9].join(",");
            laughs.push_str(&format!("{name}: &{name} [{aliases}]\n"));
        }
        check(&laughs, &[("OW1006", 6)]);
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a,".repeat(20));
        check(&long, &[("OW1006", 2)]);
        check(
            &format!("a: &a x\nb: [{}]\n", "*a,".repeat(200)),
            &[("OW1006", 2)],
        );
        check(&"[".repeat(100_000), &[("OW1005", 1)]);
        let deep: String = (0..2_000)
            .map(|depth| format!("{}a:\n", " ".repeat(depth)))
            .collect();
        check(&deep, &[("OW1005", 33)]);
    }

    #[test]
    fn places_count_lines_columns_and_bytes() {
        let findings = Findings::default();
        let text = "\u{feff}é: 1\r\nb:\r\n  - 'ç d'\r\n";
        let root = parse(&"m.yaml".into(), text, &findings).unwrap();
        let Content::Map(entries) = root.content else {
            panic!("a map");
        };
        let Content::List(items) = &entries[1].value.content else {
            panic!("a list");
        };
        let place = &items[0].place;
        assert_eq!((place.line, place.column), (3, 5));
        let range = place.offset..place.offset + place.length;
        assert_eq!(text.get(range), Some("'ç d'"));
    }
}
