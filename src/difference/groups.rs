//! Which elements of two documents are to be compared with each other.

use super::{Locator, PathStep, canonical};
use crate::entries::{is_off, key, normal_text};
use crate::xml::Element;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Lists whose order a `booleanFilter` beside them refers to.
const CRITERIA: [&str; 3] = ["criteriaItems", "filterItems", "filters"];
/// The logic over them.
pub(super) const LOGIC: &str = "booleanFilter";

/// Whether elements of that name are what a filter logic counts.
pub(super) fn is_criterion(name: &str) -> bool {
    CRITERIA.contains(&name)
}

/// A child, with what tells it apart from its siblings.
#[derive(Clone, Debug)]
pub(super) struct GroupedEntry<'a> {
    pub(super) name: &'a str,
    pub(super) locator: Locator<'a>,
    pub(super) position: usize,
    pub(super) element: &'a Element,
}

impl GroupedEntry<'_> {
    pub(super) fn step(&self) -> PathStep {
        PathStep {
            name: self.name.to_owned(),
            locator: self.locator.clone().into_owned(),
            position: self.position,
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        (self.name, &self.locator).cmp(&(other.name, &other.locator))
    }
}

/// How the children of two elements are told apart, which has to be the same for both.
pub(super) struct Family<'a> {
    /// How often each name stands on either side.
    counts: [HashMap<&'a str, usize>; 2],
    /// Whether a filter logic counts the criteria.
    counted: bool,
    /// Whether the criteria with their logic say the same on both sides, however they are numbered.
    same_filter: bool,
}

impl<'a> Family<'a> {
    pub(super) fn of(before: &'a Element, after: &'a Element) -> Self {
        let counts = [before, after].map(count);
        let single =
            |counts: &HashMap<&str, usize>| counts.get(LOGIC).is_none_or(|count| *count == 1);
        let has_logic = counts.iter().any(|counts| counts.contains_key(LOGIC));
        let logic = || canonical::logic(before).or(canonical::logic(after));
        let counted = has_logic && logic().is_some() && counts.iter().all(single);
        let same_filter = counted && canonical::filter(before) == canonical::filter(after);
        Self {
            counts,
            counted,
            same_filter,
        }
    }

    /// Whether entries that stand on one side only say what their absence says too. Where they are all off they do;
    /// one of them beside others is a duplicate that counts.
    pub(super) fn says_nothing(&self, entries: &[GroupedEntry<'_>]) -> bool {
        let shared = |name: &str| self.counts.iter().all(|counts| counts.contains_key(name));
        let leaf = |entry: &GroupedEntry<'_>| entry.element.children.is_empty();
        let silent = |entry: &GroupedEntry<'_>| match entry.locator {
            Locator::Text(_) => false,
            _ if leaf(entry) && shared(entry.name) => false,
            _ => is_off(entry.element),
        };
        entries.iter().all(silent)
    }

    fn is_listed(&self, name: &str) -> bool {
        self.counts
            .iter()
            .any(|counts| counts.get(name).is_some_and(|count| *count > 1))
    }

    /// The children with what tells them apart, in the order of their names and keys.
    pub(super) fn entries(&self, parent: &'a Element) -> Vec<GroupedEntry<'a>> {
        let mut entries = Vec::with_capacity(parent.children.len());
        for run in runs(parent) {
            let Some(first) = run.first().filter(|first| !self.passed_over(first)) else {
                continue;
            };
            let listed = self.is_listed(&first.name);
            entries.extend(run.iter().map(|child| self.entry(child, listed)));
        }
        entries.sort_by(GroupedEntry::order);
        for group in entries.chunk_by_mut(|one, other| one.order(other).is_eq()) {
            for (position, entry) in group.iter_mut().enumerate() {
                entry.position = position;
            }
        }
        entries
    }

    fn passed_over(&self, child: &Element) -> bool {
        self.same_filter && (child.name == LOGIC || is_criterion(&child.name))
    }

    fn entry(&self, element: &'a Element, listed: bool) -> GroupedEntry<'a> {
        GroupedEntry {
            name: &element.name,
            locator: self.locator(element, listed),
            position: 0,
            element,
        }
    }

    fn locator(&self, element: &'a Element, listed: bool) -> Locator<'a> {
        if self.counted && is_criterion(&element.name) {
            return Locator::Position;
        }
        match own_locator(element) {
            Locator::Text(_) if !listed => Locator::Position,
            Locator::Key(key) if !listed && key.is_empty() => Locator::Position,
            own => own,
        }
    }
}

/// The children, those of one name that stand side by side together.
fn runs(parent: &Element) -> impl Iterator<Item = &[Element]> {
    (parent.children).chunk_by(|one, other| one.name == other.name)
}

fn count(parent: &Element) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for run in runs(parent) {
        let name = run.first().map_or("", |child| child.name.as_str());
        *counts.entry(name).or_default() += run.len();
    }
    counts
}

/// What tells an entry of a list apart. An empty leaf is an entry without content.
pub(super) fn own_locator(element: &Element) -> Locator<'_> {
    let text = if element.children.is_empty() {
        normal_text(element)
    } else {
        ""
    };
    if text.is_empty() {
        Locator::Key(key(element))
    } else {
        Locator::Text(Cow::Borrowed(text))
    }
}

/// The entries of both sides that belong together, by name and key.
pub(super) fn pairs<'e, 'a>(
    mut left: &'e [GroupedEntry<'a>],
    mut right: &'e [GroupedEntry<'a>],
) -> impl Iterator<Item = (&'e [GroupedEntry<'a>], &'e [GroupedEntry<'a>])> {
    std::iter::from_fn(move || {
        let first = smaller(left.first(), right.first())?;
        let (ours, left_rest) = split(left, first);
        let (theirs, right_rest) = split(right, first);
        (left, right) = (left_rest, right_rest);
        Some((ours, theirs))
    })
}

fn smaller<'e, 'a>(
    one: Option<&'e GroupedEntry<'a>>,
    other: Option<&'e GroupedEntry<'a>>,
) -> Option<&'e GroupedEntry<'a>> {
    match (one, other) {
        (Some(one), Some(other)) if other.order(one).is_lt() => Some(other),
        (None, other) => other,
        (one, _) => one,
    }
}

/// The entries at the beginning that belong to the same group, and the rest.
fn split<'e, 'a>(
    entries: &'e [GroupedEntry<'a>],
    first: &GroupedEntry<'_>,
) -> (&'e [GroupedEntry<'a>], &'e [GroupedEntry<'a>]) {
    let end = entries
        .iter()
        .take_while(|entry| entry.order(first).is_eq())
        .count();
    entries.split_at(end)
}
