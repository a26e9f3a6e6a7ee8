//! Which rules of a manifest reach its user. Pure.

use crate::criteria::Verdict;
use crate::kinds::rule_target;
use crate::live::{Live, Refused};
use crate::manifest::{Manifest, Principal, Rule, Sharing};

/// The rules by criteria that reach the manifest's user, or may reach it: rules for others are none of its business.
pub fn criteria_rules<'a>(
    sharing: &'a Sharing,
    manifest: &'a Manifest,
) -> impl Iterator<Item = (&'a Rule, Verdict)> {
    let rules = sharing.rules.iter();
    rules
        .filter(|rule| !rule.absent && rule.owned_by.is_none())
        .map(|rule| (rule, reach(rule, manifest)))
        .filter(|(_, reach)| *reach != Verdict::No)
}

/// The rules by owner that reach the manifest's user, or may reach it.
pub fn owner_rules<'a>(
    sharing: &'a Sharing,
    manifest: &'a Manifest,
) -> impl Iterator<Item = (&'a Rule, &'a Principal, Verdict)> {
    let rules = sharing.rules.iter().filter(|rule| !rule.absent);
    rules
        .filter_map(|rule| Some((rule, &rule.owned_by.as_ref()?.value, reach(rule, manifest))))
        .filter(|(_, _, reach)| *reach != Verdict::No)
}

/// Whether a record of that owner is shared by a rule for what `owned_by` own. Members of groups and queues are for the
/// org to say, and so are roles that it did not tell.
pub fn owned_by(principal: &Principal, owner: &str, live: &Live) -> Verdict {
    let (name, with_below) = match principal {
        Principal::AllInternalUsers => return owner.starts_with("005").into(),
        Principal::Group(_) | Principal::Queue(_) => return Verdict::Either,
        Principal::Role(name) => (name, false),
        Principal::RoleAndSubordinates(name) | Principal::RoleAndSubordinatesInternal(name) => {
            (name, true)
        }
    };
    let Some((roles, of_users)) = live.roles().and(live.roles_of_users()).learnt() else {
        return Verdict::Either;
    };
    let Some(role) = of_users.of(owner).and_then(|id| roles.of_id(id)) else {
        return Verdict::No;
    };
    let is_below = || roles.above(role).iter().any(|above| above.name == *name);
    (role.name == *name || (with_below && is_below())).into()
}

/// The refusal, where a rule shares what the owners of some role have and the org did not tell which role each user has:
/// then nobody can say of a record whether it is shared.
pub fn roles_of_owners_refused(manifest: &Manifest, live: &Live) -> Option<Refused> {
    let mut rules = manifest
        .spec
        .sharing
        .iter()
        .flat_map(|sharing| owner_rules(sharing, manifest));
    let by_role = rules.any(|(_, principal, _)| {
        matches!(
            principal,
            Principal::Role(_)
                | Principal::RoleAndSubordinates(_)
                | Principal::RoleAndSubordinatesInternal(_)
        )
    });
    let roles = live.roles_of_users();
    roles.refused().filter(|_| by_role).cloned()
}

/// Whether a rule reaches the manifest's user. Who belongs to a group, or stands below another role, is for the org to
/// say: such rules may or may not.
fn reach(rule: &Rule, manifest: &Manifest) -> Verdict {
    let own = |name: &str| {
        let role = manifest.spec.role.as_ref();
        role.is_some_and(|role| role.name.value == name)
    };
    match rule_target(rule, manifest) {
        None => Verdict::No,
        Some(Principal::AllInternalUsers) => Verdict::Yes,
        Some(Principal::Role(name)) => own(&name).into(),
        Some(
            Principal::RoleAndSubordinates(name) | Principal::RoleAndSubordinatesInternal(name),
        ) if own(&name) => Verdict::Yes,
        Some(_) => Verdict::Either,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Answer, Columns, Need};
    use crate::manifest::load;
    use crate::soql::Row;
    use serde_json::json;

    /// A manifest with one rule, for what these own.
    fn manifest(owned_by: &str) -> Manifest {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.yaml");
        let text = format!(
            "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {{name: m}}\nspec:\n  role: {{name: Ours}}\n  \
             sharing:\n    - object: Lead\n      rules:\n        - {{name: Mine, access: ReadOnly, ownedBy: {owned_by}, \
             sharedTo: allInternalUsers}}\n"
        );
        std::fs::write(&path, text).unwrap();
        load(&[path], &[], &[], &|_| None).unwrap().remove(0)
    }

    fn live() -> Live {
        let role = |id: &str, name: &str, parent: Option<&str>| {
            Row::of(&json!({"Id": id, "DeveloperName": name, "ParentRoleId": parent}))
        };
        let roles = vec![role("1", "Top", None), role("2", "Under", Some("1"))];
        let mut live = Live::default();
        live.tell(Need::Roles(Columns::All), Answer::Rows(roles));
        live
    }

    #[test]
    fn an_owner_is_of_a_role_or_below_it_and_nobody_can_say_where_roles_are_not_known() {
        let mut live = live();
        let owner = "005000000000001AAA";
        let role = Principal::Role("Top".into());
        let branch = Principal::RoleAndSubordinates("Top".into());
        assert_eq!(owned_by(&branch, owner, &live), Verdict::Either);
        let row = Row::of(&json!({"Id": owner, "UserRoleId": "2"}));
        live.tell(Need::RolesOfUsers, Answer::Rows(vec![row]));
        assert_eq!(owned_by(&role, owner, &live), Verdict::No);
        assert_eq!(owned_by(&branch, owner, &live), Verdict::Yes);
        assert_eq!(owned_by(&branch, "005000000000002AAA", &live), Verdict::No);
        assert_eq!(
            owned_by(&Principal::AllInternalUsers, owner, &live),
            Verdict::Yes
        );
        let group = Principal::Group("Everybody".into());
        assert_eq!(owned_by(&group, owner, &live), Verdict::Either);
    }

    #[test]
    fn a_proof_by_the_roles_of_owners_ends_where_the_org_refuses_to_tell_them() {
        let mut live = live();
        let by_role = manifest("{role: Top}");
        assert_eq!(roles_of_owners_refused(&by_role, &live), None);
        let refusal = Answer::Refused {
            status: 400,
            code: "QUERY_TIMEOUT".into(),
            message: "too slow".into(),
        };
        live.tell(Need::RolesOfUsers, refusal);
        let refused = roles_of_owners_refused(&by_role, &live).map(|refused| refused.to_string());
        let told = "the org refused to tell which role each user has: QUERY_TIMEOUT: too slow";
        assert_eq!(refused.as_deref(), Some(told));
        let of_everybody = manifest("allInternalUsers");
        assert_eq!(roles_of_owners_refused(&of_everybody, &live), None);
    }
}
