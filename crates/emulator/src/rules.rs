//! The platform's rules for setup: what depends on what, what may not go together, and what it says about it.
//!
//! One function a rule, with the place the rule comes from beside it. Nothing here changes the org except the object
//! permissions that permissions over all data force.

mod baseline;
mod dependencies;
mod licenses;
mod models;
mod tabs;

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::problem::{INTEGRITY, Problem, REFERENCE};
use crate::sharing;
use crate::store::{
    AccessLevel, Container, ObjectAccess, ObjectSchema, Org, Principal, RuleScope, SharingModel,
    SharingRule,
};

pub(crate) use baseline::baseline;
pub(crate) use dependencies::{
    Dependency, Grant, Right, broken_dependencies, dependencies, dependency_refusal,
    permission_label,
};
pub(crate) use licenses::{forced_refusal, is_widened, license_refusal, object_license_refusal};
pub(crate) use models::{
    contract_follows_account, coupling_refusal, external_sharing_model,
    external_wider_than_internal, rule_refusal, sharing_model,
};
pub(crate) use tabs::{Tab, has_tab, stale_tabs, tab_refusal, tabs};

/// The longest developer name.
const LONGEST_NAME: usize = 80;

/// The problem of a reference to nothing, e.g. `In field: field - no CustomField named Lead.X__c found`.
pub(crate) fn missing(element: Node<'_, '_>, field: &str, kind: &str, name: &str) -> Problem {
    Problem::at(
        element,
        REFERENCE,
        format!("In field: {field} - no {kind} named {name} found"),
    )
}

/// Whether profiles and permission sets grant access to the object itself: not to activities, which follow other
/// objects, nor to campaign members, which follow campaigns (object reference, ObjectPermissions).
pub(crate) fn takes_object_permissions(object: &ObjectSchema) -> bool {
    let follows_others = ["Task", "Event", "CampaignMember"].contains(&object.name.as_str());
    (object.custom || !object.allowed_models.is_empty()) && !follows_others
}

/// What a container grants on every object, with what permissions over all data force: View All Data gives Read and
/// View All, Modify All Data everything (Metadata API guide, Profile; help article 005093100).
pub(crate) fn object_permissions(
    org: &Org,
    container: &Container,
) -> BTreeMap<String, ObjectAccess> {
    let mut granted = container.object_permissions.clone();
    let forced = forced_access(container);
    if !forced.is_empty() {
        for object in org
            .objects
            .values()
            .filter(|object| takes_object_permissions(object))
        {
            let access = granted.entry(object.name.clone()).or_default();
            let narrower = !forced.modify_all && !has_view_all(object);
            *access = access.union(ObjectAccess {
                view_all: forced.view_all && !narrower,
                ..forced
            });
        }
    }
    granted
}

/// Whether View All can be granted on the object: not on ideas, price books, products and social personas, nor on what
/// is no record of this org (Salesforce help, "View All and Modify All permissions"; profiles of real orgs).
fn has_view_all(object: &ObjectSchema) -> bool {
    let name = object.name.as_str();
    let foreign = ["__e", "__kav", "__x"];
    !["Idea", "Pricebook2", "Product2", "SocialPersona"].contains(&name)
        && !foreign.iter().any(|suffix| name.ends_with(suffix))
}

/// Stores what permissions over all data force, so that it stays when they are taken away later.
pub(crate) fn force_object_permissions(org: &Org, container: &mut Container) {
    if !forced_access(container).is_empty() {
        container.object_permissions = object_permissions(org, container);
    }
}

fn forced_access(container: &Container) -> ObjectAccess {
    if container.allows("ModifyAllData") {
        ObjectAccess::FULL
    } else if container.allows("ViewAllData") || container.allows("QueryAllFiles") {
        ObjectAccess {
            read: true,
            view_all: true,
            ..ObjectAccess::default()
        }
    } else {
        ObjectAccess::default()
    }
}

/// What a developer name must look like: a letter first, then letters, digits and single underscores, none at the end
/// (Metadata API guide, Role).
pub(crate) fn developer_name_refusal(name: &str) -> Option<Problem> {
    let letter_first = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let plain = name
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || character == '_');
    let single = !name.contains("__") && !name.ends_with('_');
    if letter_first && plain && single && name.len() <= LONGEST_NAME {
        return None;
    }
    let message = format!(
        "The name {name} can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores."
    );
    Some(Problem::new(INTEGRITY, message))
}

fn in_force(org: &Org, object: &str) -> SharingModel {
    org.object(object)
        .map(|object| object.sharing.in_force.internal)
        .unwrap_or_default()
}

/// The level of account owners on child records that a role file states, if today's default allows it.
///
/// Where the default already lets everybody edit, or the parent controls, the element has no meaning and its value
/// is kept without effect (Metadata API guide, Role).
pub(crate) fn role_level(org: &Org, object: &str, word: &str) -> Result<AccessLevel, String> {
    let level = AccessLevel::parse(word).filter(|level| *level != AccessLevel::All);
    let Some(level) = level else {
        return Err(format!(
            "field integrity exception: unknown ({object} access level: bad value {word})"
        ));
    };
    let model = in_force(org, object);
    let below = model != SharingModel::ControlledByParent && level < floor(model);
    if below {
        // Help article 000385879.
        return Err(format!(
            "field integrity exception: unknown ({object} access level below organization default)"
        ));
    }
    Ok(level)
}

/// The level a new role gets where its file states none: what the default gives anyway.
pub(crate) fn default_role_level(org: &Org, object: &str) -> AccessLevel {
    match in_force(org, object) {
        SharingModel::ControlledByParent => AccessLevel::Edit,
        model => floor(model),
    }
}

/// The level a role shows: at least what the default gives everybody, `Edit` where the parent controls.
pub(crate) fn shown_role_level(org: &Org, object: &str, own: AccessLevel) -> AccessLevel {
    own.max(default_role_level(org, object))
}

/// What a default gives everybody, as far as role levels go.
fn floor(model: SharingModel) -> AccessLevel {
    sharing::baseline(model).min(AccessLevel::Edit)
}

/// Everybody a rule names.
pub(crate) fn principals(rule: &SharingRule) -> impl Iterator<Item = &Principal> {
    let from = match &rule.scope {
        RuleScope::Owner(principal) => Some(principal),
        RuleScope::Criteria { .. } => None,
    };
    std::iter::once(&rule.shared_to).chain(from)
}

/// Whether a sharing rule names the role, group or queue.
pub(crate) fn is_named(org: &Org, kind: &str, name: &str) -> bool {
    let is_it = |principal: &Principal| {
        let of_kind = match kind {
            "role" => principal.kind.starts_with("role"),
            other => principal.kind == other,
        };
        of_kind && principal.name.as_deref() == Some(name)
    };
    org.rules.values().any(|rule| principals(rule).any(is_it))
}

/// The rules whose criteria ask for a field.
pub(crate) fn rules_asking_for<'o>(
    org: &'o Org,
    object: &'o str,
    field: &'o str,
) -> impl Iterator<Item = &'o SharingRule> {
    org.rules
        .values()
        .filter(move |rule| rule.object == object)
        .filter(move |rule| match &rule.scope {
            RuleScope::Criteria { items, .. } => items.iter().any(|item| item.field == field),
            RuleScope::Owner(_) => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn developer_names() {
        let check = |name: &str, good: bool| {
            assert_eq!(developer_name_refusal(name).is_none(), good, "{name}")
        };
        check("HubSpot_Integration", true);
        check("A1", true);
        check("", false);
        check("1A", false);
        check("A__B", false);
        check("A_", false);
        check("A B", false);
        check("Ä", false);
        check(&"A".repeat(81), false);
    }

    #[test]
    fn modify_all_data_forces_every_object() {
        let mut org = Org::default();
        let object = ObjectSchema {
            name: "Lead".into(),
            allowed_models: vec![SharingModel::Private],
            ..Default::default()
        };
        org.objects.make_mut().insert("Lead".into(), object);
        let mut container = Container::default();
        assert!(object_permissions(&org, &container).is_empty());
        container.user_permissions.insert("ViewAllData".into());
        let lead = object_permissions(&org, &container)["Lead"];
        assert!(lead.read && lead.view_all && !lead.edit);
        container.user_permissions.insert("ModifyAllData".into());
        assert_eq!(
            object_permissions(&org, &container)["Lead"],
            ObjectAccess::FULL
        );
    }
}
