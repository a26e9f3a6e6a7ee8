//! What accounts open of their contacts, opportunities and cases: to those whom account rules name, and to those who own
//! accounts, as far as their role's level says. Pure.

use crate::live::{Filter, Live, LiveRole};
use crate::manifest::{AccessLevel, Manifest, Sharing};
use crate::xml::Element;

/// The rules on accounts that share an object's records together with their account.
pub(super) fn account_rules<'a>(object: &str, live: &'a Live) -> impl Iterator<Item = &'a Element> {
    let level = account_level(object);
    let document = level.and_then(|_| live.sharing_rules("Account").found());
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
pub(super) fn opens_to_owners(role: &LiveRole, object: &str) -> bool {
    role.level_on(object) != Some("None")
}

/// The records that the user, or somebody in a role below, will see because of owning their account.
pub(super) fn of_account_owners(
    sharing: &Sharing,
    manifest: &Manifest,
    below: &[&LiveRole],
) -> Vec<Filter> {
    let object = sharing.object.as_str();
    if account_level(object).is_none() {
        return Vec::new();
    }
    let open = below.iter().filter(|role| opens_to_owners(role, object));
    let mut open: Vec<&str> = open.map(|role| role.id.as_str()).collect();
    open.sort_unstable();
    let username = manifest.spec.user.as_ref().map(|user| &user.username.value);
    let username = username.filter(|_| is_stated_open(object, manifest));
    let own = username.map(|name| Filter::under_accounts_of(name));
    let of_roles = (!open.is_empty()).then(|| Filter::under_accounts_of_roles(open));
    own.into_iter().chain(of_roles).collect()
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
