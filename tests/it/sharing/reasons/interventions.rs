//! Changes to an emulated org, each of which takes one thing away that opens records.

use orgwright::verify::{Cause, Mend};
use salesforce_emulator::store::{AccessLevel, AccountLevels, Container, Id, Org, User};

/// Kinds of causes that each have to occur.
pub(super) const KINDS: [&str; 10] = [
    "view_all",
    "modify_all",
    "default",
    "sharing_rule",
    "manual_share",
    "team",
    "apex_sharing",
    "territory",
    "implicit_parent",
    "implicit_child",
];

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Intervention {
    /// A profile or permission set no longer ignores sharing.
    Permission(String),
    /// The object of the judged record, or this, is private.
    Default(Option<String>),
    /// A rule is deleted: its object, where it is not the judged record's, and its name.
    Rule(Option<String>, String),
    /// Shares of a record with somebody are removed: of the judged record, or of this one.
    Share(Option<String>, String),
    /// What a holder holds under the judged account is no longer there, unless somebody else of those named holds it.
    Children(String),
    /// An account is given to an administrator.
    Owner(String),
    /// The account's owner gets nothing of what hangs on it.
    OwnersLevel,
    /// An account rule gives nothing of what hangs on accounts.
    RulesLevel(String),
    /// A share of the account gives nothing of what hangs on it.
    ShareLevel(String),
    /// The user is no member of a group, or has no longer a permission set.
    Membership(String),
    /// The user's role is no member of a group.
    RoleMembership(String),
    /// The user's role stands above nobody.
    Hierarchy,
}

impl Intervention {
    pub(super) fn of_cause(cause: &Cause) -> Self {
        let id = || cause.id.clone().unwrap_or_default();
        match (cause.kind, cause.name.as_str()) {
            ("view_all" | "modify_all", _) => Self::Permission(id()),
            ("default", _) => Self::Default(None),
            ("sharing_rule", name) => Self::Rule(None, name.to_owned()),
            ("implicit_parent", _) => Self::Children(cause.through.last().unwrap().clone()),
            ("implicit_child", "Owner") => Self::OwnersLevel,
            ("implicit_child", rule) if rule.starts_with("Rule_") => {
                Self::RulesLevel(rule.to_owned())
            }
            ("implicit_child", _) => Self::ShareLevel(id()),
            _ => Self::Share(None, id()),
        }
    }

    pub(super) fn of_mend(object: &str, mend: &Mend) -> Vec<Self> {
        let holder = || mend.holder.clone().unwrap();
        match mend.kind {
            "view_all" | "modify_all" => vec![Self::Permission(mend.name.clone())],
            "default" => vec![Self::Default(Some(object.to_owned()))],
            "sharing_rule" => {
                let (object, name) = mend.name.split_once('.').unwrap();
                vec![Self::Rule(Some(object.to_owned()), name.to_owned())]
            }
            "group" | "queue" | "permission_set" => vec![Self::Membership(holder())],
            "group_of_role" => vec![Self::RoleMembership(holder())],
            "role_hierarchy" => vec![Self::Hierarchy],
            "owner" => mend.ids.iter().cloned().map(Self::Owner).collect(),
            _ => {
                let ids = mend.ids.iter().cloned();
                ids.map(|id| Self::Share(Some(id), holder())).collect()
            }
        }
    }
}

/// Sharing decides over what a profile or permission set gives; the rest it gives all the same.
pub(super) fn respect_sharing(org: &mut Org, id: &str) {
    let name = id.split_once('/').map(|(_, name)| name);
    let by_profile = |profile: &str| {
        let mut profiles = org.profiles.values();
        let found = profiles.find(|one| one.id == profile || Some(one.label.as_str()) == name);
        found.map(|profile| profile.container.clone())
    };
    let by_name = || {
        let mut sets = org.containers.values();
        let found = sets.find(|one| one.id == id || Some(one.label.as_str()) == name);
        found.map(|set| set.id.clone())
    };
    let own = by_profile(id)
        .or_else(by_name)
        .unwrap_or_else(|| panic!("{id}"));
    let container: &mut Container = org.containers.make_mut().get_mut(&own).unwrap();
    let modified = container.user_permissions.remove("ModifyAllData");
    let viewed = container.user_permissions.remove("ViewAllData") || modified;
    for object in [
        "Lead",
        "Thing__c",
        "Account",
        "Contact",
        "Opportunity",
        "Case",
    ] {
        let rights = container
            .object_permissions
            .entry(object.to_owned())
            .or_default();
        rights.read |= viewed;
        rights.edit |= modified;
        (rights.view_all, rights.modify_all) = (false, false);
    }
}

pub(super) fn give_away(org: &mut Org, account: &str) {
    let is_other = |user: &&User| !user.username.ends_with("@company.example");
    let to = org.users.values().find(is_other).unwrap().id.clone();
    let table = org.table_mut("Account");
    let is_it = |known: &&Id| known[..15] == account[..15];
    let own = table.keys().find(is_it).unwrap().clone();
    let mut row = table.get(&own).unwrap().clone();
    row.insert("OwnerId", serde_json::json!(to));
    table.insert(own, row);
}

pub(super) fn no_level_of_owner(org: &mut Org, account: &str, object: &str) {
    let row = org.row("Account", account).unwrap();
    let owner = row.get("OwnerId").and_then(|id| id.as_str()).unwrap();
    let role = org.users.get(owner).unwrap().role.clone().unwrap();
    let role = org.roles.get_mut(&role).unwrap();
    match object {
        "Contact" => role.contact_access = AccessLevel::None,
        "Opportunity" => role.opportunity_access = AccessLevel::None,
        _ => role.case_access = AccessLevel::None,
    }
}

pub(super) fn close(levels: &mut AccountLevels, object: &str) {
    match object {
        "Contact" => levels.contact = AccessLevel::None,
        "Opportunity" => levels.opportunity = AccessLevel::None,
        _ => levels.case = AccessLevel::None,
    }
}

/// Choices of so many among so many; none where they are too many to try.
pub(super) fn choices(among: usize, of: usize, most: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..of {
        let longer = all.iter().flat_map(|choice| {
            let next = choice.last().map_or(0, |last| last + 1);
            (next..among).map(move |one| [choice.as_slice(), &[one]].concat())
        });
        all = longer.take(most + 1).collect();
        if all.len() > most {
            return Vec::new();
        }
    }
    all
}
