//! Text that shares the document it was read from.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A name or a text: a stretch of the document it was read from, or a string of its own. It reads, compares and sorts
/// as a `str`.
///
/// A tree is one string and stretches of it: a profile of a hundred thousand field permissions takes no string for
/// each of them. The document lives as long as the last of its stretches.
#[derive(Clone, Default)]
pub struct Text {
    /// What it is a stretch of; nothing where it is empty.
    source: Option<Arc<String>>,
    /// Offsets in bytes, of half the usual size: they are most of what a tree consists of.
    start: u32,
    end: u32,
}

impl Text {
    /// A part of a document as a text that shares it; what is no part of it is copied.
    pub(super) fn part_of(document: &Arc<String>, part: &str) -> Self {
        let start = (part.as_ptr() as usize).wrapping_sub(document.as_ptr() as usize);
        let end = start.saturating_add(part.len());
        let is_part = !part.is_empty() && end <= document.len();
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(end)) if is_part => Self {
                source: Some(Arc::clone(document)),
                start,
                end,
            },
            _ => Self::from(part),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let source = self.source.as_deref();
        source
            .and_then(|source| source.get(self.start as usize..self.end as usize))
            .unwrap_or_default()
    }

    /// Whether both are one stretch of one document, which is seen without a look at it.
    fn is_same_stretch(&self, other: &Self) -> bool {
        let address = |text: &Self| text.source.as_ref().map(Arc::as_ptr);
        (self.start, self.end) == (other.start, other.end) && address(self) == address(other)
    }

    /// Adds to the end; a stretch of a document becomes a string of its own first.
    pub(super) fn push_str(&mut self, more: &str) {
        let mut own = String::from(std::mem::take(self));
        own.push_str(more);
        *self = Self::from(own);
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

/// A text of its own, of which the first four gigabytes count.
impl From<String> for Text {
    fn from(text: String) -> Self {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self {
            source: (end > 0).then(|| Arc::new(text)),
            start: 0,
            end,
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Self::from(text.clone())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        let whole = text.source.as_ref().map(|source| source.len()) == Some(text.len());
        match text.source {
            Some(source) if whole => Arc::unwrap_or_clone(source),
            _ => text.as_str().to_owned(),
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.is_same_stretch(other) || self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_shares_its_document_and_anything_else_is_its_own() {
        let document = Arc::new(String::from("<a>über</a>"));
        let part = Text::part_of(&document, &document[3..8]);
        assert_eq!(part, "über");
        assert_eq!(Arc::strong_count(&document), 2);
        let other = Text::part_of(&document, "elsewhere");
        assert_eq!(other, "elsewhere");
        assert_eq!(Arc::strong_count(&document), 2);
        assert_eq!(Text::part_of(&document, &document[3..3]), "");
    }

    #[test]
    fn adding_to_a_part_leaves_the_document_as_it_is() {
        let document = Arc::new(String::from("<a>x</a>"));
        let mut part = Text::part_of(&document, &document[3..4]);
        part.push_str("&");
        part.push_str("y");
        assert_eq!((part.as_str(), document.as_str()), ("x&y", "<a>x</a>"));
        assert_eq!(String::from(part), "x&y");
    }
}
