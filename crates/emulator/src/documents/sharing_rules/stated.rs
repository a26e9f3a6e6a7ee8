//! Rules that no deploy can bring (for guests, by territory): kept where a seed states them, and served back. Those by
//! territory change nothing.

use roxmltree::Node;

use super::super::kept;
use super::{ELEMENTS, criteria};
use crate::store::{AccessLevel, Org, Principal, RuleScope, SharingRule};
use crate::xml::{self, Writer, child, child_text, child_truth, elements, text};

/// Keeps a rule as it is stated; what is no rule is left out.
pub(crate) fn keep_stated(org: &mut Org, object: &str, element: Node<'_, '_>) {
    let stated = element.tag_name().name();
    let Some((_, kind)) = ELEMENTS.iter().find(|(name, _)| *name == stated) else {
        return;
    };
    let name = child_text(element, "fullName").unwrap_or_default();
    let text = xml::file(kind, |writer| {
        elements(element).for_each(|inner| writer.copy(inner))
    });
    let kept = org.documents.entry((*kind).to_owned()).or_default();
    kept.insert(format!("{object}.{name}"), text);
}

/// Writes the kept rules of an object that are of one type.
pub(super) fn write(org: &Org, object: &str, element: &str, kind: &str, writer: &mut Writer) {
    for full_name in org
        .documents
        .get(kind)
        .into_iter()
        .flat_map(|kept| kept.keys())
    {
        let Some((_, name)) = full_name.split_once('.').filter(|(of, _)| *of == object) else {
            continue;
        };
        writer.within(element, |writer| {
            writer.leaf("fullName", name);
            kept::write(org, kind, full_name, writer);
        });
    }
}

/// Reads the kept rules for guests again, since they or the fields they ask for may have changed.
pub(crate) fn read_guest_rules(org: &mut Org) {
    let kept = org.documents.get("SharingGuestRule").into_iter().flatten();
    let rules = kept.filter_map(|(full_name, stated)| {
        let (object, name) = full_name.split_once('.')?;
        let rule = guest_rule(org, object, name, stated)?;
        Some((full_name.clone(), rule))
    });
    org.guest_rules = rules.collect();
}

/// A rule for guests never gives more than Read (Metadata API guide, SharingGuestRule). A criterion that the org cannot
/// read is met by nothing.
fn guest_rule(org: &Org, object: &str, name: &str, stated: &str) -> Option<SharingRule> {
    let document = xml::parse(stated).ok()?;
    let element = document.root_element();
    let guest = child(element, "sharedTo").and_then(|to| child(to, "guestUser"))?;
    let (items, problems) = criteria::read(org, object, element);
    if !problems.is_empty() {
        return None;
    }
    Some(SharingRule {
        object: object.to_owned(),
        name: name.to_owned(),
        shared_to: Principal {
            kind: "guestUser".to_owned(),
            name: Some(text(guest).to_owned()),
        },
        access: AccessLevel::Read,
        scope: RuleScope::Criteria {
            items,
            boolean_filter: child_text(element, "booleanFilter")
                .filter(|filter| !filter.is_empty())
                .map(str::to_owned),
            include_records_owned_by_all: child_truth(element, "includeHVUOwnedRecords")
                .unwrap_or_default(),
        },
        ..SharingRule::default()
    })
}
