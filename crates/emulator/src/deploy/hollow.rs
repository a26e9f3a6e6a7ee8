//! Parts of a deploy that the org answers as a success though they change nothing, and successes with a warning.

use roxmltree::Node;
use std::sync::Arc;

use super::parts::Part;
use crate::documents;
use crate::problem::{Problem, UNKNOWN};
use crate::store::{Lists, Org};
use crate::xml::{self, elements};

/// What a warning says. Of the platform's own warnings only those about deletions were ever quoted, so a client can know
/// nothing about it but its type.
pub(super) const WARNING: &str =
    "The component was saved, but not everything in it takes effect in this organization.";

/// Whether a component that is in order comes with a warning.
pub(super) fn is_warned(org: &Org, part: &Part) -> bool {
    let shown = documents::shown_name(&part.kind, &part.name);
    let mut warned = org.platform.warnings.iter().flatten();
    warned.any(|components| components.hold(&part.kind, &shown))
}

/// Refuses an element that no deploy takes.
pub(super) fn takable(org: &Org, part: &Part, element: Node<'_, '_>) -> Result<(), Vec<Problem>> {
    let shown = documents::shown_name(&part.kind, &part.name);
    let refused = org.platform.refused_elements.iter().flatten();
    let refused: Vec<&str> = refused
        .filter(|lists| lists.of.hold(&part.kind, &shown))
        .filter_map(|lists| lists.element.as_deref())
        .collect();
    let mut stated = elements(element).map(|inner| inner.tag_name().name());
    match stated.find(|name| refused.contains(name)) {
        Some(name) => {
            let message = format!("{name} cannot be set by a deploy");
            Err(vec![Problem::new(UNKNOWN, message)])
        }
        None => Ok(()),
    }
}

/// Whether a component changes nothing, however it is answered. Rules go with the file that holds them.
pub(super) fn is_hollow(org: &Org, part: &Part) -> bool {
    let shown = documents::shown_name(&part.kind, &part.name);
    let object = part.name.split('.').next().unwrap_or_default();
    let is_rule = part.kind.starts_with("Sharing");
    stated(org)
        .filter(|lists| lists.element.is_none())
        .any(|lists| {
            lists.of.hold(&part.kind, &shown) || is_rule && lists.of.hold("SharingRules", object)
        })
}

/// Takes the lists that change nothing out of a part's file. Lines and columns of what is left stay.
pub(super) fn empty(org: &Org, part: &mut Part) {
    let kind = documents::file_kind(&part.kind).map_or(part.kind.as_str(), |kind| kind.name);
    let name = match part.inside {
        Some(_) => part.name.split('.').next().unwrap_or_default(),
        None => part.name.as_str(),
    };
    let shown = documents::shown_name(kind, name);
    let lists: Vec<&str> = stated(org)
        .filter(|lists| lists.of.hold(kind, &shown))
        .filter_map(|lists| lists.element.as_deref())
        .collect();
    if lists.is_empty() {
        return;
    }
    let Ok(document) = xml::parse(&part.text) else {
        return;
    };
    let mut text = String::new();
    let mut from = 0;
    for element in elements(document.root_element())
        .filter(|element| lists.contains(&element.tag_name().name()))
    {
        let range = element.range();
        text.push_str(part.text.get(from..range.start).unwrap_or_default());
        let entry = part.text.get(range.clone()).unwrap_or_default();
        text.extend(
            entry
                .chars()
                .map(|letter| if letter == '\n' { '\n' } else { ' ' }),
        );
        from = range.end;
    }
    text.push_str(part.text.get(from..).unwrap_or_default());
    part.text = Arc::from(text);
}

fn stated(org: &Org) -> impl Iterator<Item = &Lists> {
    org.platform.ineffective.iter().flatten()
}
