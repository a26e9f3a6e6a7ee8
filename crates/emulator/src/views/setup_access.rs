//! `SetupEntityAccess`: which apps, classes and pages a permission set or profile opens.

use serde_json::json;

use super::{Hints, Record, derived_id, stamps};
use crate::store::{Container, Org, Row};

/// List in metadata, the leaf that says yes, type of what is opened, key prefix of its ids.
const LISTS: [(&str, &str, &str, &str); 6] = [
    ("applicationVisibilities", "visible", "TabSet", "02u"),
    ("classAccesses", "enabled", "ApexClass", "01p"),
    ("customPermissions", "enabled", "CustomPermission", "0CP"),
    (
        "externalDataSourceAccesses",
        "enabled",
        "ExternalDataSource",
        "0XC",
    ),
    ("flowAccesses", "enabled", "FlowDefinition", "300"),
    ("pageAccesses", "enabled", "ApexPage", "066"),
];

/// A row for each thing that is opened; those of the sets asked for, where a query says.
pub(super) fn rows<'o>(org: &'o Org, hints: &Hints) -> Vec<Record<'o>> {
    let wanted = hints.get("ParentId");
    let is_wanted = |set: &&Container| wanted.is_none_or(|ids| ids.contains(&set.id));
    let sets = org.containers.values().filter(is_wanted);
    sets.flat_map(|set| rows_of(org, set)).collect()
}

fn rows_of<'o>(org: &'o Org, set: &'o Container) -> impl Iterator<Item = Record<'o>> {
    LISTS.iter().flat_map(move |(list, leaf, kind, prefix)| {
        let entries = set.settings.get(*list).into_iter().flatten();
        let open =
            entries.filter(move |(_, leaves)| leaves.get(*leaf).is_some_and(|is| is == "true"));
        open.map(move |(name, _)| row(org, set, name, kind, prefix))
    })
}

fn row<'o>(org: &Org, set: &Container, name: &str, kind: &str, prefix: &str) -> Record<'o> {
    let columns = [
        ("Id", json!(derived_id("0J0", &[&set.id, kind, name]))),
        ("ParentId", json!(set.id)),
        ("SetupEntityId", json!(derived_id(prefix, &[kind, name]))),
        ("SetupEntityType", json!(kind)),
        ("SystemModstamp", stamps(org, "SystemModstamp")),
    ];
    let columns = columns.map(|(column, value)| (column.to_owned(), value));
    Record::Built("SetupEntityAccess", Row::from(columns))
}
