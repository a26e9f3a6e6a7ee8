//! XML for the emulator's wire: a small writer and helpers over the read-only tree.
//!
//! Promise: text is escaped the way retrieved metadata is (all five characters), an empty string is a
//! pair of tags, and reading matches local names, so any prefix a client chooses is understood.

use roxmltree::{Document, Node, TextPos};

/// The name space of the Metadata API: envelopes, package manifests and component files alike.
pub(crate) const METADATA: &str = "http://soap.sforce.com/2006/04/metadata";
/// The name space of `xsi:type` and `xsi:nil`.
pub(crate) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
const INDENT: &str = "    ";

/// Writes elements in the order they are asked for, on one line or indented by four spaces.
pub(crate) struct Writer {
    text: String,
    depth: usize,
    indented: bool,
}

impl Writer {
    /// A writer for a message: no white space between elements, as the platform answers.
    pub(crate) fn compact() -> Self {
        Self {
            text: String::new(),
            depth: 0,
            indented: false,
        }
    }

    /// A writer for a file: four spaces, line feeds, as the platform retrieves.
    pub(crate) fn indented() -> Self {
        Self {
            text: String::new(),
            depth: 0,
            indented: true,
        }
    }

    /// Writes the XML declaration.
    pub(crate) fn declaration(&mut self) {
        self.text.push_str(DECLARATION);
        self.end_line();
    }

    /// Writes `<name>text</name>`.
    pub(crate) fn leaf(&mut self, name: &str, text: &str) {
        self.start_line();
        self.tag("<", name, ">");
        self.text.push_str(&escape(text));
        self.tag("</", name, ">");
        self.end_line();
    }

    /// Writes the leaf only when there is a value.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// Writes `<name>true</name>` or `<name>false</name>`.
    pub(crate) fn flag(&mut self, name: &str, value: bool) {
        self.leaf(name, if value { "true" } else { "false" });
    }

    /// Writes a number.
    pub(crate) fn number(&mut self, name: &str, value: usize) {
        self.leaf(name, &value.to_string());
    }

    /// Writes an element whose content `inside` writes.
    pub(crate) fn within(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.within_tag(name, "", inside);
    }

    /// Like [`Self::within`], with attributes given as they stand in the tag, a leading space included.
    pub(crate) fn within_tag(
        &mut self,
        name: &str,
        attributes: &str,
        inside: impl FnOnce(&mut Self),
    ) {
        self.start_line();
        self.tag("<", name, attributes);
        self.text.push('>');
        self.end_line();
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.start_line();
        self.tag("</", name, ">");
        self.end_line();
    }

    /// Writes an element without content and closes it in itself.
    pub(crate) fn empty_tag(&mut self, name: &str, attributes: &str) {
        self.start_line();
        self.tag("<", name, attributes);
        self.text.push_str("/>");
        self.end_line();
    }

    /// Copies an element that was read from elsewhere, comments and attributes left out.
    pub(crate) fn copy(&mut self, element: Node<'_, '_>) {
        let name = element.tag_name().name();
        if elements(element).next().is_none() {
            return self.leaf(name, text(element));
        }
        self.within(name, |writer| {
            elements(element).for_each(|child| writer.copy(child))
        });
    }

    /// Appends what another compact writer wrote.
    pub(crate) fn raw(&mut self, written: &str) {
        self.text.push_str(written);
    }

    /// What was written.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn tag(&mut self, open: &str, name: &str, rest: &str) {
        self.text.push_str(open);
        self.text.push_str(name);
        self.text.push_str(rest);
    }

    fn start_line(&mut self) {
        if self.indented {
            self.text.push_str(&INDENT.repeat(self.depth));
        }
    }

    fn end_line(&mut self) {
        if self.indented {
            self.text.push('\n');
        }
    }
}

/// A metadata file: declaration, root in the metadata name space, four spaces, final line feed.
pub(crate) fn file(root: &str, inside: impl FnOnce(&mut Writer)) -> String {
    let mut writer = Writer::indented();
    writer.declaration();
    writer.within_tag(root, &format!(" xmlns=\"{METADATA}\""), inside);
    writer.finish()
}

/// A metadata file whose root holds nothing.
pub(crate) fn empty_file(root: &str) -> String {
    let mut writer = Writer::indented();
    writer.declaration();
    writer.empty_tag(root, &format!(" xmlns=\"{METADATA}\""));
    writer.finish()
}

/// Replaces the five characters that retrieved metadata escapes in text, and drops what XML cannot hold.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            control if control.is_control() && (control as u32) < 0x20 => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// Why a text is no XML, with the place as line and column counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) reason: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Elements inside each other; deeper documents are refused, so that none can exhaust the stack.
const DEEPEST: usize = 64;

/// Parses a document; a byte order mark is skipped, a document type and deep nesting are refused.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, Malformed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::parse(text).map_err(|error| {
        let place = error.pos();
        Malformed {
            reason: error.to_string(),
            line: place.row,
            column: place.col,
        }
    })?;
    match too_deep(&document) {
        Some(place) => {
            let reason = format!("elements are nested deeper than {DEEPEST} levels");
            Err(Malformed {
                reason,
                line: place.row,
                column: place.col,
            })
        }
        None => Ok(document),
    }
}

/// Nodes come in document order, so a parent's depth is known before its children's.
fn too_deep(document: &Document<'_>) -> Option<TextPos> {
    let mut depths: Vec<usize> = Vec::new();
    for node in document.descendants() {
        let parent = node.parent_element().or_else(|| node.parent());
        let depth = parent
            .and_then(|parent| depths.get(parent.id().get_usize()))
            .map_or(0, |depth| depth + 1);
        if depth > DEEPEST {
            return Some(document.text_pos_at(node.range().start));
        }
        depths.push(depth);
    }
    None
}

/// The child elements, in order; text between them is ignored.
pub(crate) fn elements<'a, 'input>(
    parent: Node<'a, 'input>,
) -> impl Iterator<Item = Node<'a, 'input>> {
    parent.children().filter(Node::is_element)
}

/// The first child element of that local name.
pub(crate) fn child<'a, 'input>(parent: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    elements(parent).find(|node| node.tag_name().name() == name)
}

/// The first child element of that local name, whatever its case.
pub(crate) fn child_any_case<'a, 'input>(
    parent: Node<'a, 'input>,
    name: &str,
) -> Option<Node<'a, 'input>> {
    elements(parent).find(|node| node.tag_name().name().eq_ignore_ascii_case(name))
}

/// All child elements of that local name.
pub(crate) fn children<'a, 'input>(
    parent: Node<'a, 'input>,
    name: &str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    elements(parent).filter(move |node| node.tag_name().name() == name)
}

/// An element's own text, without the white space around it.
pub(crate) fn text<'a>(element: Node<'a, '_>) -> &'a str {
    element.text().unwrap_or_default().trim()
}

/// The text of the first child of that name.
pub(crate) fn child_text<'a>(parent: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(parent, name).map(text)
}

/// The truth a text states: `true`, `1` and their spellings in any case.
pub(crate) fn truth(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text == "1"
}

/// The truth of the first child of that name, when there is one.
pub(crate) fn child_truth(parent: Node<'_, '_>, name: &str) -> Option<bool> {
    child_text(parent, name).map(truth)
}

/// Line and column just behind an element's start tag, where the platform's parser stands when it reports the element.
pub(crate) fn place(element: Node<'_, '_>) -> (u32, u32) {
    let document = element.document();
    let start = element.range().start;
    let end = document
        .input_text()
        .get(start..)
        .and_then(start_tag_length)
        .unwrap_or_default();
    let position = document.text_pos_at(start + end);
    (position.row, position.col)
}

fn start_tag_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (index, character) in text.char_indices() {
        match (quote, character) {
            (None, '>') => return Some(index + 1),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_five_characters_are_escaped_in_text() {
        let mut writer = Writer::compact();
        writer.leaf("label", "A&B <\"it's\">\u{1}");
        assert_eq!(
            writer.finish(),
            "<label>A&amp;B &lt;&quot;it&apos;s&quot;&gt;</label>"
        );
    }

    #[test]
    fn a_file_is_indented_by_four_spaces() {
        let text = file("Role", |writer| {
            writer.within("a", |writer| writer.leaf("b", ""))
        });
        let expected = format!(
            "{DECLARATION}\n<Role xmlns=\"{METADATA}\">\n    <a>\n        <b></b>\n    </a>\n</Role>\n"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn a_place_is_just_behind_the_start_tag() {
        let text = "<Role>\n    <name a='>'>x</name>\n</Role>";
        let document = parse(text).expect("well formed");
        let name = child(document.root_element(), "name").expect("present");
        assert_eq!(place(name), (2, 17));
    }

    #[test]
    fn copying_keeps_elements_and_loses_comments() {
        let document = parse("<a><!-- c --><b>x &amp; y</b><c/></a>").expect("well formed");
        let mut writer = Writer::compact();
        writer.copy(document.root_element());
        assert_eq!(writer.finish(), "<a><b>x &amp; y</b><c></c></a>");
    }

    #[test]
    fn deep_documents_are_refused() {
        let deep = format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000));
        assert!(parse(&deep).is_err());
        let flat = format!("<a>{}</a>", "<b/>".repeat(1_000));
        assert!(parse(&flat).is_ok());
    }

    #[test]
    fn what_is_no_xml_is_located() {
        let error = parse("<a>\n<b></a>").expect_err("mismatched");
        assert_eq!(error.line, 2);
        assert!(
            parse("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>").is_err(),
            "a document type is refused"
        );
    }
}
