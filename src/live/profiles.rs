//! Profiles: what they grant, and what requires what.

use super::containers::LiveProfile;
use super::known::Known;
use super::need::Need;
use super::profile_name::is_standard;
use super::{Live, NeedOutcome};
use crate::soql;
use crate::soql::Row;
use crate::xml::Element;
use std::collections::BTreeSet;

/// The permission set behind a profile, with every `Permissions…` column: the second source of its user permissions.
pub(super) fn own_permission_set(label: &str) -> String {
    format!(
        "SELECT FIELDS(STANDARD) FROM PermissionSet WHERE IsOwnedByProfile = true AND Profile.Name = {}",
        soql::literal(label)
    )
}

/// The user permissions that are on in a row of `PermissionSet`.
pub(super) fn ticked_permissions(rows: &[Row]) -> BTreeSet<String> {
    let columns = rows.iter().flat_map(|row| row.0.iter());
    columns
        .filter(|(_, value)| value.as_bool() == Some(true))
        .filter_map(|(column, _)| column.strip_prefix("Permissions").map(str::to_owned))
        .collect()
}

/// The tabs that the org has, each by the name that profiles use (Tooling API, TabDefinition). A profile may name others
/// all the same, which no deploy takes.
pub(super) const TABS: &str = "SELECT Name FROM TabDefinition";

/// What a question about the user permissions of a profile is about.
pub(super) fn permissions_of(label: &str) -> String {
    format!("which user permissions the profile `{label}` grants")
}

/// What rows of `PermissionDependency` tell.
pub(super) const REQUIRES: &str = "which permission requires which";

/// What requires one of these permissions, from an id on: `PermissionDependency` is thousands of rows whose cursor
/// serves the same ones again, and it ignores `LIMIT`.
pub(super) fn dependencies(names: &BTreeSet<String>, after: Option<&str>) -> String {
    let from = after.map_or_else(String::new, |id| format!(" AND Id > {}", soql::literal(id)));
    format!(
        "SELECT Id, Permission, PermissionType, RequiredPermission, RequiredPermissionType FROM PermissionDependency \
         WHERE RequiredPermission IN {}{from} ORDER BY Id",
        soql::list(names)
    )
}

/// What these permissions require: a few rows for each.
pub(super) fn dependencies_of(names: &BTreeSet<String>) -> String {
    format!(
        "SELECT Id, Permission, PermissionType, RequiredPermission, RequiredPermissionType FROM PermissionDependency \
         WHERE Permission IN {} ORDER BY Id",
        soql::list(names)
    )
}

/// The head of a profile's document, with what the org gave of the rest.
fn stand_in(profile: &LiveProfile, given: Option<&Element>) -> Element {
    let mut document = given.cloned().unwrap_or_else(|| Element::new("Profile"));
    if document.child("custom").is_none() {
        let custom = if is_standard(&profile.label) {
            "false"
        } else {
            "true"
        };
        document.set_text("custom", custom);
    }
    let told = [
        ("description", &profile.description),
        ("userLicense", &profile.licence),
    ];
    for (name, text) in told {
        if let Some(text) = text {
            document.set_text(name, text);
        }
    }
    document
}

/// That one permission requires another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Record id: pages go on after the last one.
    pub id: Option<String>,
    /// The permission that cannot stand by itself, as the org spells it.
    pub permission: String,
    /// The one that it requires.
    pub required: String,
}

impl Dependency {
    pub(super) fn of_row(row: &Row) -> Option<Self> {
        let cells = row.cells();
        Some(Self {
            id: cells.owned("Id"),
            permission: cells.owned("Permission")?,
            required: cells.owned("RequiredPermission")?,
        })
    }
}

impl Live {
    /// What is known otherwise of profiles whose documents the org failed to give, or gave empty: that there is none, or its
    /// licence and description. Everything else is asked for as of a profile that came in part.
    pub fn stand_in_for_profiles(&mut self) {
        let Some(containers) = &self.containers else {
            return;
        };
        let mut known = Vec::new();
        for (need, outcome) in &self.outcomes {
            let Need::Profile(label) = need else {
                continue;
            };
            let refused = matches!(outcome, NeedOutcome::Refused(_));
            let document = self.documents.get(need).and_then(Option::as_deref);
            let is_empty = document.is_some_and(|document| document.child("userLicense").is_none());
            if !refused && !is_empty {
                continue;
            }
            let profile = containers.profile(label);
            known.push((
                need.clone(),
                profile.map(|profile| stand_in(profile, document)),
            ));
        }
        for (need, document) in known {
            self.documents.insert(need.clone(), document.map(Box::new));
            self.outcomes.insert(need, NeedOutcome::Told);
        }
    }

    /// What requires one of these permissions, from an id on.
    pub fn dependencies(&self, need: &Need) -> Known<&[Dependency]> {
        let part = self.dependencies.get(need).map(Vec::as_slice);
        self.known(need, part)
    }

    /// The tabs that the org has, by the names that profiles use.
    pub fn tabs(&self) -> Known<&BTreeSet<String>> {
        self.known(&Need::Tabs, self.tabs.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_permissions_that_are_on_are_those_of_columns_of_that_name() {
        let row = Row::of(
            &json!({"Id": "0PS1", "IsOwnedByProfile": true, "PermissionsApiEnabled": true,
            "PermissionsViewSetup": false, "PermissionsRunReports": null}),
        );
        let ticked = ticked_permissions(&[row]);
        assert_eq!(ticked, BTreeSet::from(["ApiEnabled".to_owned()]));
    }

    #[test]
    fn dependencies_are_asked_page_by_page() {
        let names = BTreeSet::from(["ViewSetup".to_owned()]);
        let first = dependencies(&names, None);
        assert!(
            first.ends_with("RequiredPermission IN ('ViewSetup') ORDER BY Id"),
            "{first}"
        );
        let next = dependencies(&names, Some("0Qd1"));
        assert!(next.ends_with(" AND Id > '0Qd1' ORDER BY Id"), "{next}");
    }
}
