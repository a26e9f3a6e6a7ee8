//! Components the emulator does not model: kept as they were deployed and served back.

use roxmltree::Node;

use super::{Applied, Outcome};
use crate::problem::{Problem, not_found};
use crate::store::Org;
use crate::xml::{self, Writer, elements};

/// Writes what a kept component holds.
pub(crate) fn write(org: &Org, kind: &str, name: &str, writer: &mut Writer) -> Option<()> {
    let kept = org.documents.get(kind)?.get(name)?;
    let document = xml::parse(kept).ok()?;
    let content =
        elements(document.root_element()).filter(|element| element.tag_name().name() != "fullName");
    content.for_each(|element| writer.copy(element));
    Some(())
}

/// Keeps a component.
pub(crate) fn apply(org: &mut Org, kind: &str, name: &str, element: Node<'_, '_>) -> Applied {
    let text = xml::file(kind, |writer| {
        elements(element).for_each(|inner| writer.copy(inner))
    });
    let before = org
        .documents
        .entry(kind.to_owned())
        .or_default()
        .insert(name.to_owned(), text.clone());
    Ok(before.map_or(Outcome::Created, |before| {
        Outcome::of_change(before != text)
    }))
}

/// Forgets a component.
pub(crate) fn delete(org: &mut Org, kind: &str, name: &str) -> Result<(), Problem> {
    let removed = org
        .documents
        .get_mut(kind)
        .and_then(|kept| kept.remove(name));
    removed.map(drop).ok_or_else(|| not_found(kind, name))
}
