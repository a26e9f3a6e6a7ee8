//! The difference between two metadata documents by what they say, as data that can be applied. Pure.
//!
//! Ignored: order, white space around text, comments, escaping, the spelling of booleans and of filter logic, and
//! what is absent on one side and off on the other. Nothing is implied by anything else, duplicates count, and what
//! is not known is compared as text.
//!
//! **Promise:** [`apply`]ing the differences of `a` and `b` to `a` gives a document without differences to `b`; a
//! document has none to itself, in whatever order its elements stand.

mod apply;
mod canonical;
mod groups;

pub use apply::{ApplyError, apply};

use crate::entries::normal_text;
use crate::xml::Element;
use groups::{Family, GroupedEntry};
use std::borrow::Cow;
use std::fmt;

/// One difference: what stood and what stands at a path. Nothing before is an addition, nothing after a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// From the root's child to the element itself; empty where the roots themselves differ.
    pub path: Vec<PathStep>,
    /// The element of the old document.
    pub before: Option<Element>,
    /// The element of the new document.
    pub after: Option<Element>,
}

/// One element on the way down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathStep {
    /// Its name.
    pub name: String,
    /// Which of that name.
    pub locator: Locator<'static>,
    /// Which of those in the old document, counted from 0.
    pub position: usize,
}

/// How elements of one name are told apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Locator<'a> {
    /// By their position only: a single element, or the criteria that a filter logic counts.
    Position,
    /// Entries by their key.
    Key(Cow<'a, str>),
    /// Leaves of a list by their text.
    Text(Cow<'a, str>),
}

/// The differences between two documents, by name and key of what differs.
pub fn differences(before: &Element, after: &Element) -> Vec<Difference> {
    let mut comparison = Comparer::default();
    if before != after {
        comparison.elements(before, after);
    }
    comparison.found
}

/// A comparison under way.
#[derive(Default)]
struct Comparer {
    path: Vec<PathStep>,
    found: Vec<Difference>,
}

impl Comparer {
    fn elements(&mut self, before: &Element, after: &Element) {
        let leaves = before.children.is_empty() && after.children.is_empty();
        let differ = before.name != after.name
            || canonical::attributes(before) != canonical::attributes(after)
            || normal_text(before) != normal_text(after);
        if differ {
            self.record(Some(before), Some(after));
        } else if !leaves {
            self.children(before, after);
        }
    }

    fn children(&mut self, before: &Element, after: &Element) {
        let family = Family::of(before, after);
        let (left, right) = (family.entries(before), family.entries(after));
        for (left, right) in groups::pairs(&left, &right) {
            self.group(&family, left, right);
        }
    }

    /// Entries of one name and key: equal ones first, the rest pair by pair, then what is over.
    fn group(
        &mut self,
        family: &Family<'_>,
        left: &[GroupedEntry<'_>],
        right: &[GroupedEntry<'_>],
    ) {
        if let ([one], [other]) = (left, right) {
            return self.descend(one, other);
        }
        if family.says_nothing(left) && family.says_nothing(right) {
            return;
        }
        let (mut left, mut right) = (left.to_vec(), right.to_vec());
        if !by_position(&left) {
            self.matched(&mut left, &mut right);
        }
        let pairs = left.len().min(right.len());
        for (one, other) in left.iter().zip(&right) {
            self.descend(one, other);
        }
        for entry in left.iter().skip(pairs) {
            self.at(entry, |this| this.record(Some(entry.element), None));
        }
        for entry in right.iter().skip(pairs) {
            self.at(entry, |this| this.record(None, Some(entry.element)));
        }
    }

    /// Takes out of both sides what has its equal on the other.
    fn matched(&mut self, left: &mut Vec<GroupedEntry<'_>>, right: &mut Vec<GroupedEntry<'_>>) {
        for (one, other) in canonical::equals(left, right) {
            self.descend(&one, &other);
        }
    }

    fn descend(&mut self, one: &GroupedEntry<'_>, other: &GroupedEntry<'_>) {
        if one.element == other.element {
            return;
        }
        self.at(one, |this| this.elements(one.element, other.element));
    }

    fn at(&mut self, entry: &GroupedEntry<'_>, compare: impl FnOnce(&mut Self)) {
        self.path.push(entry.step());
        compare(self);
        self.path.pop();
    }

    fn record(&mut self, before: Option<&Element>, after: Option<&Element>) {
        self.found.push(Difference {
            path: self.path.clone(),
            before: before.cloned(),
            after: after.cloned(),
        });
    }
}

fn by_position(entries: &[GroupedEntry<'_>]) -> bool {
    (entries.iter()).all(|entry| entry.locator == Locator::Position)
}

impl Locator<'_> {
    fn into_owned(self) -> Locator<'static> {
        match self {
            Self::Position => Locator::Position,
            Self::Key(key) => Locator::Key(Cow::Owned(key.into_owned())),
            Self::Text(text) => Locator::Text(Cow::Owned(text.into_owned())),
        }
    }
}

/// As people write it: `objectPermissions Lead`, `criteriaItems 2`, `label`.
impl fmt::Display for PathStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        match &self.locator {
            Locator::Key(key) if !key.is_empty() => {
                let parts = key.split('\u{0}').filter(|part| !part.is_empty());
                write!(formatter, " {}", parts.collect::<Vec<_>>().join(", "))
            }
            Locator::Position if groups::is_criterion(&self.name) => {
                write!(formatter, " {}", self.position + 1)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
