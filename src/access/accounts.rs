//! What accounts open of their contacts, opportunities and cases: to those whom account rules name, and to those who own
//! accounts, as far as their role's level says. Pure.

use crate::facts::{Facts, ROLES, Row};
use crate::manifest::{AccessLevel, Manifest, Sharing};
use crate::soql;
use crate::xml::Element;
use std::collections::BTreeSet;

/// The rules on accounts that share an object's records together with their account.
pub(super) fn account_rules<'a>(
    object: &str,
    facts: &'a Facts,
) -> impl Iterator<Item = &'a Element> {
    let level = account_level(object);
    let document = level.and_then(|_| facts.component("SharingRules", "Account"));
    let rules = document.into_iter().flat_map(|document| &document.children);
    rules.filter(move |rule| {
        let settings = rule.child("accountSettings");
        let given = settings.and_then(|levels| levels.text_of(level?));
        given.is_some_and(|given| given != "None")
    })
}

/// The element of account rules that says what they give on an object's records.
pub(super) fn account_level(object: &str) -> Option<&'static str> {
    match object {
        "Case" => Some("caseAccessLevel"),
        "Contact" => Some("contactAccessLevel"),
        "Opportunity" => Some("opportunityAccessLevel"),
        _ => None,
    }
}

/// Whether the owners of accounts with this role see an object's records under them.
pub(super) fn opens_to_owners(role: &Row, object: &str) -> bool {
    role.text(&format!("{object}AccessForAccountOwner")) != Some("None")
}

/// The records that the user, or somebody in a role below, will see because of owning their account.
pub(super) fn of_account_owners(
    sharing: &Sharing,
    manifest: &Manifest,
    below: &BTreeSet<String>,
    facts: &Facts,
) -> Option<String> {
    let object = sharing.object.as_str();
    account_level(object)?;
    let roles = facts.rows(ROLES).iter();
    let open = roles.filter(|role| opens_to_owners(role, object));
    let open: Vec<&str> = open
        .filter_map(|role| role.text("Id"))
        .filter(|id| below.contains(*id))
        .collect();
    let username = manifest.spec.user.as_ref().map(|user| &user.username.value);
    let username = username.filter(|_| is_stated_open(object, manifest));
    let mut any = Vec::new();
    any.extend(username.map(|name| format!("Account.Owner.Username = {}", soql::literal(name))));
    any.extend(
        (!open.is_empty()).then(|| format!("Account.Owner.UserRoleId IN {}", soql::list(open))),
    );
    (!any.is_empty()).then(|| format!("({})", any.join(" OR ")))
}

/// Whether the manifest gives its role more than the narrowest level, which is none where the default is private.
fn is_stated_open(object: &str, manifest: &Manifest) -> bool {
    let stated = manifest.spec.role.as_ref().and_then(|role| match object {
        "Case" => role.case_access.as_ref(),
        "Contact" => role.contact_access.as_ref(),
        _ => role.opportunity_access.as_ref(),
    });
    stated.is_some_and(|level| level.value != AccessLevel::None)
}
