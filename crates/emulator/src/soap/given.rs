//! How components are given to who reads them: whole, in part, empty, or not at all.

use crate::documents::{self, Rendering};
use crate::store::{Lists, Org, ReadFault, RefusedRead};
use crate::xml::{self, Writer, elements};

/// Code and sentence of a call that asks for components of which the platform cannot give one.
pub(super) fn refusal(
    refused: &Option<Vec<RefusedRead>>,
    asked: &[(&str, &str)],
) -> Option<(&'static str, &'static str)> {
    let mut faults = refused.iter().flatten().filter(|refused| {
        let alone = refused.fault == ReadFault::RequestRunningTooLong && asked.len() < 2;
        !alone && asked.iter().any(|(kind, name)| refused.of.hold(kind, name))
    });
    let fault = faults.next()?.fault;
    let message = match fault {
        // Issue 127 of amtrack/sfdx-plugin-source-read; issue 845 of jsforce; issue 105 of the former, which quotes the
        // code alone.
        ReadFault::InsufficientAccess => "EntityObject can not be initialized with null EntityInfo",
        ReadFault::UnknownException => "java.lang.NullPointerException",
        ReadFault::RequestRunningTooLong => {
            "Your request was running for too long, and has been stopped."
        }
    };
    Some((fault.code(), message))
}

/// Writes what is inside a component as far as it is given; `false` when the org has no such component.
pub(super) fn write(
    org: &Org,
    missing: &Option<Vec<Lists>>,
    (kind, name): (&str, &str),
    rendering: &Rendering,
    writer: &mut Writer,
) -> bool {
    let shown = documents::shown_name(kind, name);
    let missing: Vec<&Lists> = missing
        .iter()
        .flatten()
        .filter(|lists| lists.of.hold(kind, &shown))
        .collect();
    if missing.is_empty() {
        return documents::write(org, kind, name, rendering, writer);
    }
    let mut found = false;
    let whole = xml::file(kind, |writer| {
        found = documents::write(org, kind, name, rendering, writer);
    });
    let Ok(document) = xml::parse(&whole) else {
        return found;
    };
    let is_given = |element: &str| {
        let mut missing = missing.iter();
        !missing.any(|lists| lists.element.as_deref().is_none_or(|list| list == element))
    };
    elements(document.root_element())
        .filter(|inner| is_given(inner.tag_name().name()))
        .for_each(|inner| writer.copy(inner));
    found
}
