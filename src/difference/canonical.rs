//! One spelling for everything that says the same.

use super::groups::{GroupedEntry, LOGIC, is_criterion};
use crate::entries::{is_off, key, normal_text};
use crate::manifest::Logic;
use crate::xml::Element;
use std::borrow::Cow;
use std::collections::HashMap;

/// The attributes that say something: namespaces and schema locations do not.
pub(super) fn attributes(element: &Element) -> Vec<(&str, &str)> {
    let mut attributes: Vec<(&str, &str)> = (element.attributes.iter())
        .filter(|(name, _)| !name.starts_with("xmlns") && !name.ends_with(":schemaLocation"))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    attributes.sort_unstable();
    attributes
}

/// The element in one spelling: equal texts say the same.
pub(super) fn text(element: &Element) -> String {
    let counted = logic(element).is_some();
    let part_of_filter =
        |child: &&Element| counted && (child.name == LOGIC || is_criterion(&child.name));
    let mut parts: Vec<String> = (speaking(element).into_iter())
        .filter(|child| !part_of_filter(child))
        .map(text)
        .collect();
    if counted {
        parts.push(filter(element));
    }
    parts.sort_unstable();
    format!(
        "<{} {:?} {:?} {parts:?}>",
        element.name,
        attributes(element),
        normal_text(element)
    )
}

/// The children that say more than their absence: not a flag that is off and stands once, nor grants of one key that
/// are all off.
fn speaking(parent: &Element) -> Vec<&Element> {
    let mut counts: HashMap<(&str, Cow<'_, str>), (usize, bool)> = HashMap::new();
    for child in &parent.children {
        let (count, on) = counts.entry(group(child)).or_default();
        *count += 1;
        *on |= !is_off(child);
    }
    let speaks = |child: &&Element| {
        let counted = counts.get(&group(child));
        counted.is_some_and(|(count, on)| *on || (child.children.is_empty() && *count > 1))
    };
    parent.children.iter().filter(speaks).collect()
}

/// What children that are compared together have in common: their name, entries their key too.
fn group(child: &Element) -> (&str, Cow<'_, str>) {
    let key = if child.children.is_empty() {
        Cow::default()
    } else {
        key(child)
    };
    (&child.name, key)
}

/// The logic over the criteria, where there is exactly one.
pub(super) fn logic(parent: &Element) -> Option<&str> {
    let mut found = parent.children_named(LOGIC);
    match (found.next(), found.next()) {
        (Some(logic), None) if logic.children.is_empty() => Some(&logic.text),
        _ => None,
    }
}

/// The criteria with the logic over them, in one spelling however they are numbered.
pub(super) fn filter(parent: &Element) -> String {
    let criteria = parent
        .children
        .iter()
        .filter(|child| is_criterion(&child.name));
    let items: Vec<String> = criteria.map(text).collect();
    let all = Logic::And((1..=items.len()).map(Logic::Item).collect());
    let written = logic(parent);
    let logic = written.map_or(Some(all), Logic::parse);
    let Some(logic) = logic else {
        // A logic that is not understood is compared as it is typed, apart from case and blanks.
        let words: Vec<String> = written
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_uppercase)
            .collect();
        return format!("{words:?} {items:?}");
    };
    let mut sorted = items.clone();
    sorted.sort_unstable();
    let ranks: HashMap<&str, usize> = sorted.iter().map(String::as_str).zip(1..).collect();
    let rank = |number: usize| {
        let item = items.get(number.wrapping_sub(1))?;
        ranks.get(item.as_str()).copied()
    };
    format!("{} {sorted:?}", expression(&logic, &rank))
}

/// The logic with its parts sorted, and without brackets that change nothing.
fn expression(logic: &Logic, rank: &dyn Fn(usize) -> Option<usize>) -> String {
    let (parts, keyword) = match logic {
        Logic::Item(number) => {
            return rank(*number).map_or_else(|| format!("?{number}"), |rank| rank.to_string());
        }
        Logic::And(parts) => (parts, " AND "),
        Logic::Or(parts) => (parts, " OR "),
    };
    let mut shown: Vec<String> = Vec::new();
    for part in flat(logic, parts) {
        shown.push(expression(part, rank));
    }
    shown.sort_unstable();
    match shown.as_slice() {
        [only] => only.clone(),
        _ => format!("({})", shown.join(keyword)),
    }
}

/// The parts of a combination, those of inner combinations of the same sort among them.
fn flat<'a>(logic: &Logic, parts: &'a [Logic]) -> Vec<&'a Logic> {
    let mut all = Vec::new();
    for part in parts {
        match (logic, part) {
            (Logic::And(_), Logic::And(inner)) | (Logic::Or(_), Logic::Or(inner)) => {
                all.extend(flat(logic, inner));
            }
            _ => all.push(part),
        }
    }
    all
}

/// Takes equal entries out of both lists, pair by pair.
pub(super) fn equals<'a, 'b>(
    left: &mut Vec<GroupedEntry<'a>>,
    right: &mut Vec<GroupedEntry<'b>>,
) -> Vec<(GroupedEntry<'a>, GroupedEntry<'b>)> {
    let mut waiting: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, entry) in right.iter().enumerate().rev() {
        waiting.entry(text(entry.element)).or_default().push(index);
    }
    let mut taken = vec![false; right.len()];
    let mut pairs = Vec::new();
    left.retain(|entry| {
        let found = waiting.get_mut(&text(entry.element)).and_then(Vec::pop);
        let partner = found.and_then(|index| Some((index, right.get(index)?)));
        let Some((index, partner)) = partner else {
            return true;
        };
        if let Some(taken) = taken.get_mut(index) {
            *taken = true;
        }
        pairs.push((entry.clone(), partner.clone()));
        false
    });
    let mut taken = taken.into_iter();
    right.retain(|_| !taken.next().unwrap_or(false));
    pairs
}
