//! Rules the org does not evaluate (for guests, by territory): kept where a seed brings them, and served back.

use roxmltree::Node;

use super::super::super::store::Org;
use super::super::super::xml::{self, Writer, child_text, elements};
use super::super::kept;
use super::ELEMENTS;

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
