//! A lossless XML element tree that keeps the order of elements.
//!
//! Metadata stays one tree from the answer to the next deploy, so whatever is not modelled survives.
//!
//! **Promise:** reading never expands a declared entity, never recurses on foreign input and says where it stopped;
//! what [`write()`] gives, [`read`] reads back to the same tree. Comments are not kept; prefixes of element names are
//! dropped, because metadata and SOAP answers differ in them and mean the same.

mod read;
mod text;
mod write;

pub use read::{decode, read, read_bytes, read_shared};
pub use text::Text;
pub use write::{write, write_compact};

/// The namespace of `xsi:type` and `xsi:nil`.
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Levels of nesting; metadata needs fewer than ten.
const MAX_DEPTH: usize = 64;

/// One element: a leaf with text, or a parent with children, never both.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Element {
    /// The local name when read; written as it stands, so a SOAP body may carry a prefix.
    pub name: Text,
    /// Attributes in document order; those of the schema instance are always spelled `xsi:type` and `xsi:nil`.
    pub attributes: Box<[(Text, Text)]>,
    /// The text of a leaf, with its white space.
    pub text: Text,
    /// The children in document order.
    pub children: Vec<Element>,
}

/// Why a text was not read, or a tree not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// The text is not the XML that metadata is written in.
    #[error("line {line}, column {column}: {problem}")]
    Unreadable {
        /// What is wrong there.
        problem: String,
        /// Offset in bytes from the start of the text, after a byte order mark.
        byte: usize,
        /// Line, counted from 1.
        line: usize,
        /// Column in characters, counted from 1.
        column: usize,
    },
    /// The bytes are in no encoding that XML allows without saying so.
    #[error("the file is not {0} text")]
    Encoding(&'static str),
    /// The tree cannot be said in XML 1.0.
    #[error("element `{element}` cannot be written: {problem}")]
    Unwritable {
        /// Name of the element that cannot be written.
        element: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Element {
    /// An element without content.
    pub fn new(name: impl Into<Text>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// An element that holds a text.
    pub fn leaf(name: impl Into<Text>, text: impl Into<Text>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            ..Self::default()
        }
    }

    /// The element with one more child at its end.
    #[must_use]
    pub fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// The element with one more attribute.
    #[must_use]
    pub fn with_attribute(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        let mut attributes = self.attributes.into_vec();
        attributes.push((name.into(), value.into()));
        self.attributes = attributes.into();
        self
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the element stands for an absent value (`xsi:nil`).
    pub fn is_nil(&self) -> bool {
        matches!(self.attribute("xsi:nil"), Some("true" | "1"))
    }

    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first child of that name, to be changed.
    pub fn child_mut(&mut self, name: &str) -> Option<&mut Self> {
        self.children.iter_mut().find(|child| child.name == name)
    }

    /// Every child of that name, in document order.
    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of that name; a nil child has none.
    pub fn text_of(&self, child: &str) -> Option<&str> {
        let child = self.child(child).filter(|child| !child.is_nil())?;
        Some(child.text.as_str())
    }

    /// Makes the child of that name a leaf with this text, or appends one.
    pub fn set_text(&mut self, child: &str, value: &str) {
        let leaf = Self::leaf(child, value);
        match self.child_mut(child) {
            Some(existing) => *existing = leaf,
            None => self.children.push(leaf),
        }
    }

    /// Removes every child of that name; says whether there was one.
    pub fn remove(&mut self, child: &str) -> bool {
        let before = self.children.len();
        self.children.retain(|existing| existing.name != child);
        self.children.len() < before
    }
}

/// The characters of XML 1.0, production 2.
fn is_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a text can name an element or attribute. Beyond ASCII every character may stand.
fn is_name(name: &str) -> bool {
    let begins = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii();
    let continues = |byte: u8| begins(byte) || matches!(byte, b'0'..=b'9' | b'-' | b'.' | b':');
    let mut bytes = name.bytes();
    bytes.next().is_some_and(begins) && bytes.all(continues)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn profile() -> Element {
        Element::new("Profile")
            .with(Element::leaf("custom", "true"))
            .with(Element::new("userPermissions").with(Element::leaf("name", "ApiEnabled")))
            .with(Element::new("userPermissions").with(Element::leaf("name", "ViewSetup")))
    }

    #[test]
    fn children_are_found_by_name_in_order() {
        let profile = profile();
        assert_eq!(profile.text_of("custom"), Some("true"));
        assert_eq!(profile.text_of("description"), None);
        let names: Vec<_> = profile
            .children_named("userPermissions")
            .filter_map(|entry| entry.text_of("name"))
            .collect();
        assert_eq!(names, ["ApiEnabled", "ViewSetup"]);
    }

    #[test]
    fn set_text_replaces_in_place_or_appends() {
        let mut profile = profile();
        profile.set_text("custom", "false");
        profile.set_text("description", "new");
        assert_eq!(
            profile.children.first().map(|child| child.text.as_str()),
            Some("false")
        );
        assert_eq!(
            profile.children.last().map(|child| child.name.as_str()),
            Some("description")
        );
    }

    #[test]
    fn remove_takes_every_child_of_the_name() {
        let mut profile = profile();
        assert!(profile.remove("userPermissions"));
        assert!(!profile.remove("userPermissions"));
        assert_eq!(profile.children.len(), 1);
    }

    #[test]
    fn a_nil_child_has_no_text() {
        let nil = Element::new("a").with(Element::new("b").with_attribute("xsi:nil", "true"));
        assert_eq!(nil.text_of("b"), None);
    }

    fn text() -> impl Strategy<Value = String> {
        any::<String>().prop_map(|text| {
            text.chars()
                .filter(|character| is_character(*character))
                .collect()
        })
    }

    fn element() -> impl Strategy<Value = Element> {
        let name = "[a-zA-Z_][a-zA-Z0-9_.-]{0,8}";
        let leaf = (name, text()).prop_map(|(name, text)| Element::leaf(name, text));
        leaf.prop_recursive(4, 40, 5, move |inner| {
            let attributes = prop::collection::btree_map(name, text(), 0..3);
            (name, attributes, prop::collection::vec(inner, 1..5)).prop_map(
                |(name, attributes, children)| Element {
                    name: name.into(),
                    attributes: attributes
                        .into_iter()
                        .map(|(name, value)| (name.into(), value.into()))
                        .collect(),
                    text: Text::default(),
                    children,
                },
            )
        })
    }

    proptest! {
        #![proptest_config(testing::law(256))]

        #[test]
        fn what_was_written_reads_back(element in element()) {
            let pretty = write(&element).unwrap();
            prop_assert_eq!(&read(&pretty).unwrap(), &element);
            prop_assert_eq!(&read(&write_compact(&element).unwrap()).unwrap(), &element);
            prop_assert_eq!(write(&read(&pretty).unwrap()).unwrap(), pretty);
        }

        #[test]
        fn foreign_text_never_panics(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&text);
            let _ = read(&format!("<a>{text}</a>"));
            let _ = read_bytes(&bytes);
        }
    }
}
