//! What speaks against a component, as deploys and single calls of the metadata service report it.

use roxmltree::Node;

/// Something the platform has to say against a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The sentence.
    pub(crate) message: String,
    /// `statusCode` where the answer has one.
    pub(crate) code: &'static str,
    /// Line and column in the file, counted from 1.
    pub(crate) place: Option<(u32, u32)>,
}

impl Problem {
    /// A problem without a place.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code,
            place: None,
        }
    }

    /// A problem at an element.
    pub(crate) fn at(
        element: Node<'_, '_>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            place: Some(crate::xml::place(element)),
            ..Self::new(code, message)
        }
    }
}

/// The problem of a name that nothing answers to.
pub(crate) fn not_found(kind: &str, name: &str) -> Problem {
    Problem::new(REFERENCE, format!("no {kind} named {name} found"))
}

/// `statusCode` of a value that contradicts the rules of its field.
pub(crate) const INTEGRITY: &str = "FIELD_INTEGRITY_EXCEPTION";
/// `statusCode` of a name that nothing answers to.
pub(crate) const REFERENCE: &str = "INVALID_CROSS_REFERENCE_KEY";
/// `statusCode` of a missing required element.
pub(crate) const MISSING: &str = "REQUIRED_FIELD_MISSING";
/// `statusCode` of everything else that is refused.
pub(crate) const UNKNOWN: &str = "UNKNOWN_EXCEPTION";
