//! One change for people: what happens to what, which line asked for it, and its attributes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::change::{Action, Change, FieldChange};
use crate::count::count;
use crate::report::style::{Page, Tone};
use crate::report::text::{clipped, columns, printable, value};
use crate::report::{kind_words, place_words};

/// Rows of one group shown before they are folded into a count.
const ROWS_SHOWN: usize = 6;
/// Names on one row before the rest becomes a count.
const NAMES_SHOWN: usize = 8;
/// Columns that labels are made equally wide for, at most.
const LABEL_COLUMNS: usize = 28;
/// Longest name shown whole in a heading.
const LONGEST_NAME: usize = 120;

/// Attributes that change in the same way for the same reason.
#[derive(Debug, PartialEq)]
struct AttributeRow<'a> {
    label: &'a str,
    names: Vec<&'a str>,
    before: &'a Value,
    after: &'a Value,
    reason: Option<&'a str>,
}

/// Puts a change with its attributes on the page.
pub(super) fn change(page: &mut Page, change: &Change) {
    heading(page, change);
    let rows = merged(&change.fields);
    let groups = grouped(&rows);
    let verbose = page.style.verbose;
    let folds = |group: &[&AttributeRow<'_>]| !verbose && group.len() > ROWS_SHOWN;
    let labels = groups.iter().flat_map(|group| {
        group
            .iter()
            .map(|row| if folds(group) { family(row) } else { row.label })
    });
    let label_width = labels.map(columns).max().unwrap_or(0).min(LABEL_COLUMNS);
    for group in &groups {
        if !folds(group) {
            group
                .iter()
                .for_each(|row| attribute(page, change.action, row, label_width));
        } else {
            folded(page, group, label_width);
        }
    }
}

/// `+ create  role  HubSpot_Integration      orgwright.yaml:28`
fn heading(page: &mut Page, change: &Change) {
    let word = format!("{} {}", change.action.symbol(), change.action.word());
    let name = clipped(&printable(&change.address.name), LONGEST_NAME);
    let rest = format!("  {}  {name}", kind_words(&change.address));
    let place = change.place.as_ref().map(place_words).unwrap_or_default();
    page.split(2, tone(change), &word, &rest, &place);
}

/// The colour of a change.
fn tone(change: &Change) -> Tone {
    match change.action {
        _ if change.irreversible => Tone::Final,
        Action::Create => Tone::Good,
        Action::Update => Tone::Careful,
        Action::Replace | Action::Delete => Tone::Bad,
    }
}

/// Attributes of one parent that change alike become one row, in the order they came.
fn merged(fields: &[FieldChange]) -> Vec<AttributeRow<'_>> {
    let mut rows: Vec<AttributeRow<'_>> = Vec::new();
    for field in fields {
        let (label, name) = match field.path.rsplit_once('.') {
            Some((parent, name)) => (parent, Some(name)),
            None => (field.path.as_str(), None),
        };
        let row = AttributeRow {
            label,
            names: name.into_iter().collect(),
            before: &field.before,
            after: &field.after,
            reason: field.reason.as_deref(),
        };
        match rows.iter_mut().find(|other| joins(other, &row)) {
            Some(other) => other.names.extend(row.names),
            None => rows.push(row),
        }
    }
    rows
}

fn joins(one: &AttributeRow<'_>, other: &AttributeRow<'_>) -> bool {
    let same_place = one.label == other.label && !other.names.is_empty() && !one.names.is_empty();
    same_place
        && one.before == other.before
        && one.after == other.after
        && one.reason == other.reason
}

/// Rows that fold together: of one kind of attribute, for one reason; in the order of their first.
fn grouped<'a, 'b>(rows: &'b [AttributeRow<'a>]) -> Vec<Vec<&'b AttributeRow<'a>>> {
    let mut positions: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&AttributeRow<'a>>> = Vec::new();
    for row in rows {
        let position = *positions
            .entry((family(row), row.reason))
            .or_insert(groups.len());
        match groups.get_mut(position) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// The kind of attribute a row is about: `objectPermissions` of `objectPermissions.Lead`.
fn family<'a>(row: &AttributeRow<'a>) -> &'a str {
    row.label.split('.').next().unwrap_or(row.label)
}

/// A row of attributes.
fn attribute(page: &mut Page, action: Action, row: &AttributeRow<'_>, label_width: usize) {
    let mut line = format!(
        "{}  {}",
        padded(row.label, label_width),
        transition(page, action, row)
    );
    if !row.names.is_empty() {
        line.push_str(&format!(": {}", names(page, &row.names)));
    }
    if let Some(reason) = row.reason {
        line.push_str(&format!("  ({})", printable(reason)));
    }
    page.text(6, 10, &line);
}

/// A label, followed by as many spaces as it lacks.
fn padded(label: &str, width: usize) -> String {
    let label = printable(label);
    format!(
        "{label}{}",
        " ".repeat(width.saturating_sub(columns(&label)))
    )
}

/// Before and after; only after for what is made.
fn transition(page: &Page, action: Action, row: &AttributeRow<'_>) -> String {
    let whole = page.style.verbose;
    let after = value(row.after, whole);
    if action == Action::Create && row.before.is_null() {
        return after;
    }
    format!(
        "{} {} {after}",
        value(row.before, whole),
        page.style.arrow()
    )
}

/// Names of a row, the rest counted unless everything was asked for.
fn names(page: &Page, names: &[&str]) -> String {
    let shown = if page.style.verbose {
        names.len()
    } else {
        NAMES_SHOWN
    };
    let mut text = names
        .iter()
        .take(shown)
        .map(|name| printable(name))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > shown {
        text.push_str(&format!(" and {} more", names.len() - shown));
    }
    text
}

/// A group of rows as one count.
fn folded(page: &mut Page, group: &[&AttributeRow<'_>], label_width: usize) {
    let Some(first) = group.first() else { return };
    let entries: usize = group.iter().map(|row| row.names.len().max(1)).sum();
    let reason = first
        .reason
        .map(|reason| format!("  ({})", printable(reason)))
        .unwrap_or_default();
    let line = format!(
        "{}  {} folded, -v lists them{reason}",
        padded(family(first), label_width),
        count(entries as u64, "entry")
    );
    page.toned(6, 10, Some(Tone::Faint), &line);
}
