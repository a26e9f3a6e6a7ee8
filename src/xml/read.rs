//! Text to tree, by events, with limits.

use std::sync::Arc;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::{Element, MAX_DEPTH, Text, XmlError, is_character, is_name};

/// Elements in one document; the largest profile seen in the field has about a quarter of a million.
const MAX_ELEMENTS: usize = 5_000_000;

/// Bytes of a document that are looked at together.
const PIECE_BYTES: usize = 1024;

/// Reads a document; a byte order mark is skipped.
///
/// # Errors
/// Whatever metadata never holds is refused with its place: a document type, an entity that XML does not predefine,
/// text beside elements, more than one root, nesting beyond 64 levels.
pub fn read(text: &str) -> Result<Element, XmlError> {
    read_shared(&Arc::new(text.to_owned()))
}

/// Reads a document in UTF-8, or in UTF-16 with a byte order mark.
///
/// # Errors
/// As [`read`]; [`XmlError::Encoding`] where the bytes are neither.
pub fn read_bytes(bytes: &[u8]) -> Result<Element, XmlError> {
    read_shared(&Arc::new(decode(bytes.to_vec())?))
}

/// Reads a document that the tree then shares: nothing of it is copied.
///
/// # Errors
/// As [`read`].
pub fn read_shared(document: &Arc<String>) -> Result<Element, XmlError> {
    let text = document.strip_prefix('\u{feff}').unwrap_or(document);
    let mut reader = quick_xml::Reader::from_str(text);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_comments = true;
    // Blanks are half of what a file consists of. They come no more as texts of their own, but with what follows.
    config.trim_text_start = true;
    let mut tree = Tree::of(document);
    loop {
        let start = position(reader.buffer_position());
        // Looked at where it stands: an event is large, and moving millions of them takes as long as reading them.
        let event = &reader.read_event();
        let end = position(reader.buffer_position());
        let passed = || text.get(start..end).unwrap_or_default();
        let taken = match event {
            Ok(Event::Eof) => break,
            Ok(Event::Start(tag)) => tree.open(tag),
            Ok(Event::Text(_)) => tree.text(passed()),
            Ok(event) => tree.take(event, blank_start(passed()), start),
            Err(error) => {
                let place = position(reader.error_position());
                return Err(locate(text, place, error.to_string()));
            }
        };
        taken.map_err(|problem| {
            let blank = match event {
                Ok(Event::Text(_)) => "",
                _ => blank_start(passed()),
            };
            locate(text, start + blank.len(), problem)
        })?;
    }
    let end = position(reader.buffer_position());
    tree.finish().map_err(|problem| locate(text, end, problem))
}

/// The text of a file in UTF-8, or in UTF-16 with a byte order mark.
///
/// # Errors
/// [`XmlError::Encoding`] where the bytes are neither.
pub fn decode(bytes: Vec<u8>) -> Result<String, XmlError> {
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes).map_err(|_| XmlError::Encoding("UTF-8")),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, XmlError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(XmlError::Encoding("UTF-16"));
    }
    let units = pairs.iter().map(|pair| unit(*pair));
    let decoded: Result<String, _> = char::decode_utf16(units).collect();
    decoded.map_err(|_| XmlError::Encoding("UTF-16"))
}

/// What was read so far: elements in document order, each moved once, to its parent when that is closed.
struct Tree<'a> {
    document: &'a Arc<String>,
    /// Whether every text stands in the document as it is meant: nearly always, and seen at once.
    is_plain: bool,
    names: Names,
    elements: Vec<Element>,
    /// Which of the elements wait for their end tag, the innermost last. What stands behind one is inside it.
    open: Vec<usize>,
    count: usize,
}

impl<'a> Tree<'a> {
    fn of(document: &'a Arc<String>) -> Self {
        Self {
            document,
            is_plain: is_plain(document),
            names: Names::default(),
            elements: Vec::new(),
            open: Vec::new(),
            count: 0,
        }
    }

    /// Takes what is neither text nor a start tag, and the blank before it.
    fn take(&mut self, event: &Event<'_>, blank: &str, start: usize) -> Result<(), String> {
        match event {
            Event::DocType(_) => return Err(String::from("a document type is not allowed")),
            Event::Decl(_) if start > 0 => {
                return Err(String::from("the XML declaration stands only at the start"));
            }
            _ => self.text(blank)?,
        }
        match event {
            Event::End(_) => self.close(),
            Event::CData(text) => self.add(checked(&text.xml10_content())?),
            Event::GeneralRef(reference) => self.add(checked(&resolve(reference)?)?),
            _ => Ok(()),
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        self.count += 1;
        if self.count > MAX_ELEMENTS {
            return Err(format!("more than {MAX_ELEMENTS} elements"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("elements nested more than {MAX_DEPTH} levels deep"));
        }
        if self.open.is_empty() && !self.elements.is_empty() {
            return Err(String::from("a second root element"));
        }
        let element = self.element(tag)?;
        self.open.push(self.elements.len());
        self.elements.push(element);
        Ok(())
    }

    /// The start tag as an element without content.
    fn element(&mut self, tag: &BytesStart<'_>) -> Result<Element, String> {
        let (name, prefix) = tag.name().decompose();
        let name = self.names.text(self.document, name.as_ref())?;
        let own_namespace = prefix.and_then(|prefix| own_namespace(tag, prefix.as_ref()));
        Ok(Element {
            name,
            attributes: attributes(tag, own_namespace.as_deref())?,
            ..Element::default()
        })
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(index) = self.open.pop() else {
            return Err(String::from("an end tag without its start"));
        };
        if self.elements.len() == index + 1 {
            return Ok(());
        }
        let children = self.elements.drain(index + 1..).collect();
        let Some(element) = self.elements.last_mut() else {
            return Ok(());
        };
        if !is_blank(&element.text) {
            return Err(format!("text beside elements in `{}`", element.name));
        }
        element.text = Text::default();
        element.children = children;
        Ok(())
    }

    /// Takes a stretch of text as it stands in the document.
    fn text(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        if self.is_plain {
            return self.add(text);
        }
        let lines = text.replace("\r\n", "\n").replace('\r', "\n");
        self.add(checked(&lines)?)
    }

    fn add(&mut self, text: &str) -> Result<(), String> {
        let Some(index) = self.open.last() else {
            let outside = String::from("text outside the root element");
            return if is_blank(text) { Ok(()) } else { Err(outside) };
        };
        let has_children = self.elements.len() > index + 1;
        if has_children && is_blank(text) {
            return Ok(());
        }
        let Some(element) = self.elements.get_mut(*index) else {
            return Ok(());
        };
        if element.text.is_empty() {
            element.text = Text::part_of(self.document, text);
        } else {
            element.text.push_str(text);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Element, String> {
        if let Some(open) = self.open.last().and_then(|index| self.elements.get(*index)) {
            return Err(format!("`{}` is not closed", open.name));
        }
        self.elements
            .pop()
            .ok_or_else(|| String::from("no element"))
    }
}

/// Whether a document has no line end to be changed and no character that could be forbidden. Looks at every byte,
/// so that many are looked at together.
fn is_plain(document: &str) -> bool {
    // U+FFFE and U+FFFF begin with 0xEF, as does little else.
    let suspicious = |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == 0xef;
    let any = |piece: &[u8]| (piece.iter()).fold(false, |any, byte| any | suspicious(*byte));
    !document.as_bytes().chunks(PIECE_BYTES).any(any)
}

/// The text, unless it holds a character that no document may hold.
fn checked(text: &str) -> Result<&str, String> {
    match text.chars().find(|character| !is_character(*character)) {
        None => Ok(text),
        Some(character) => Err(format!(
            "the character U+{:04X} is not allowed in XML",
            u32::from(character)
        )),
    }
}

/// Names that were read lately. Elements of one name share its first occurrence, so that most comparisons of names
/// need not look at them.
struct Names([Text; 64]);

impl Default for Names {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Text::default()))
    }
}

impl Names {
    fn text(&mut self, document: &Arc<String>, name: &str) -> Result<Text, String> {
        let sum: usize = [name.bytes().next(), name.bytes().last()]
            .into_iter()
            .flatten()
            .map(usize::from)
            .sum();
        let place = (sum + name.len()) % self.0.len();
        if let Some(known) = self.0.get(place).filter(|known| **known == name) {
            return Ok(known.clone());
        }
        if !is_name(name) {
            return Err(format!("`{}` is no element name", name.escape_debug()));
        }
        let text = Text::part_of(document, name);
        if let Some(known) = self.0.get_mut(place) {
            known.clone_from(&text);
        }
        Ok(text)
    }
}

fn attributes(
    tag: &BytesStart<'_>,
    own_namespace: Option<&str>,
) -> Result<Box<[(Text, Text)]>, String> {
    if tag.attributes_raw().is_empty() {
        return Ok(Box::default());
    }
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| error.to_string())?;
        let key = attribute_name(attribute.key.as_ref(), own_namespace);
        if !is_name(&key) || checked(&value).is_err() {
            return Err(format!(
                "the attribute `{}` is not well-formed",
                key.escape_debug()
            ));
        }
        attributes.push((key.into(), value.into_owned().into()));
    }
    Ok(attributes.into())
}

/// The attribute that declares the prefix of the element itself. With the prefix gone it becomes the default
/// namespace, unless the tag declares one for the elements inside.
fn own_namespace(tag: &BytesStart<'_>, prefix: &str) -> Option<String> {
    let has_default = tag
        .attributes()
        .flatten()
        .any(|attribute| attribute.key.as_ref() == "xmlns");
    if has_default {
        None
    } else {
        Some(format!("xmlns:{prefix}"))
    }
}

/// The name an attribute is kept under.
fn attribute_name(key: &str, own_namespace: Option<&str>) -> String {
    if Some(key) == own_namespace {
        return String::from("xmlns");
    }
    match key.split_once(':') {
        Some((prefix, name @ ("type" | "nil"))) if prefix != "xmlns" => format!("xsi:{name}"),
        _ => key.to_owned(),
    }
}

/// The character a reference stands for; declared entities do not exist here.
fn resolve(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference
        .resolve_char_ref()
        .map_err(|error| error.to_string())?
    {
        return Ok(character.to_string());
    }
    let name = reference.xml10_content();
    match resolve_predefined_entity(&name) {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("unknown entity `&{};`", name.escape_debug())),
    }
}

fn is_blank(text: &str) -> bool {
    blank_start(text).len() == text.len()
}

/// The white space that a text begins with.
fn blank_start(text: &str) -> &str {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let end = text.bytes().take_while(is_blank).count();
    text.get(..end).unwrap_or_default()
}

fn position(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn locate(text: &str, byte: usize, problem: String) -> XmlError {
    let before = &text.as_bytes()[..byte.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[line_start..])
        .chars()
        .count()
        + 1;
    XmlError::Unreadable {
        problem,
        byte: before.len(),
        line,
        column,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_answer_with_prefixes_entities_and_nil() {
        let text = "\u{feff}<?xml version=\"1.0\"?>\r\n<s:Envelope xmlns:s=\"urn:s\" xmlns:i=\"x\"><s:Body>\
            <records i:type=\"Profile\"><label>A &amp; B&#33;<![CDATA[<c>]]></label><x i:nil='true'/></records>\
            </s:Body></s:Envelope>\n<!-- end -->";
        let envelope = read(text).unwrap();
        assert_eq!(
            (envelope.name.as_str(), envelope.attribute("xmlns")),
            ("Envelope", Some("urn:s"))
        );
        let records = envelope
            .child("Body")
            .and_then(|body| body.child("records"))
            .unwrap();
        assert_eq!(records.attribute("xsi:type"), Some("Profile"));
        assert_eq!(records.text_of("label"), Some("A & B!<c>"));
        assert!(records.child("x").unwrap().is_nil());
    }

    #[test]
    fn a_prefix_beside_a_default_namespace_leaves_both() {
        let root = read("<s:a xmlns:s=\"urn:s\" xmlns=\"urn:d\"/>").unwrap();
        assert_eq!(
            (root.attribute("xmlns:s"), root.attribute("xmlns")),
            (Some("urn:s"), Some("urn:d"))
        );
    }

    #[test]
    fn keeps_the_white_space_of_a_leaf_and_drops_that_between_elements() {
        let element = read("<a>\n  <b> x\r\n y&#13;</b>\n</a>").unwrap();
        assert_eq!(element.text, "");
        assert_eq!(element.text_of("b"), Some(" x\n y\r"));
    }

    #[test]
    fn refuses_what_metadata_never_holds() {
        let deep = "<a>".repeat(65) + &"</a>".repeat(65);
        for (text, expected) in [
            ("", "line 1, column 1: no element"),
            ("\n\n", "line 3, column 1: no element"),
            (
                "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
                "line 1, column 1: a document type",
            ),
            ("<a>\n &e;</a>", "line 2, column 2: unknown entity `&e;`"),
            (
                "<a><b/>text</a>",
                "line 1, column 12: text beside elements in `a`",
            ),
            ("<a/><b/>", "line 1, column 5: a second root element"),
            (
                "<a/> trailing",
                "line 1, column 5: text outside the root element",
            ),
            ("leading <a/>", "line 1, column 1: text outside"),
            ("<a/>&amp;", "line 1, column 5: text outside"),
            ("<a>\n<b>\n</b>", "line 3, column 5: `a` is not closed"),
            ("<a>\u{1}</a>", "line 1, column 4: the character U+0001"),
            ("<a>&#1;</a>", "the character U+0001"),
            ("<a>&#0;</a>", "line 1, column"),
            ("<a b='1' b='2'/>", "line 1, column 1:"),
            ("<a b='\u{1}'/>", "the attribute `b` is not well-formed"),
            ("<1a/>", "`1a` is no element name"),
            ("<a></b>", "line 1, column"),
            ("<a", "line 1, column"),
            (
                "<a/><?xml version='1.0'?>",
                "the XML declaration stands only at the start",
            ),
            (
                deep.as_str(),
                "line 1, column 193: elements nested more than 64",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }

    #[test]
    fn columns_count_characters() {
        let error = read("<a>ü€&x;</a>").unwrap_err();
        assert!(
            matches!(
                error,
                XmlError::Unreadable {
                    byte: 8,
                    line: 1,
                    column: 6,
                    ..
                }
            ),
            "{error:?}"
        );
    }

    #[test]
    fn reads_bytes_in_the_encodings_xml_needs_no_word_for() {
        let expected = Element::leaf("a", "ü");
        let text = "<a>ü</a>";
        let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
            let units = text.encode_utf16().flat_map(bytes);
            mark.into_iter().chain(units).collect::<Vec<u8>>()
        };
        assert_eq!(read_bytes(text.as_bytes()), Ok(expected.clone()));
        assert_eq!(
            read_bytes(&utf16([0xff, 0xfe], u16::to_le_bytes)),
            Ok(expected.clone())
        );
        assert_eq!(
            read_bytes(&utf16([0xfe, 0xff], u16::to_be_bytes)),
            Ok(expected)
        );
        assert_eq!(read_bytes(b"<a>\xfc</a>"), Err(XmlError::Encoding("UTF-8")));
        assert_eq!(
            read_bytes(&[0xff, 0xfe, 0x3c]),
            Err(XmlError::Encoding("UTF-16"))
        );
    }
}
