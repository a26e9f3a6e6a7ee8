//! Access: who sees how much of an object, now and after, and who loses sight of it. Pure.

mod accounts;
mod losing;
mod reach;
mod seen;
mod visible;

use crate::criteria::{self, Known, Verdict};
use crate::facts::{
    Answer, CONTAINERS, Facts, OBJECT_PERMISSIONS, ORGANIZATION, Question, ROLES, Row, Selection,
};
use crate::kinds::live_user;
use crate::manifest::{Manifest, Sharing};
use crate::soql;
pub use reach::{criteria_rules, owned_by, owner_rules};
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

pub use visible::{ask_more, blind, profile_sees_all, subordinates};

/// Who sees how much of an object, now and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Impact {
    /// The object's API name.
    pub object: String,
    /// Records in the org.
    pub records: u64,
    /// Records the user sees today; `None` while the user does not exist, and where queries cannot count them.
    pub visible_now: Option<u64>,
    /// Whether there is the user.
    #[serde(skip)]
    pub user_exists: bool,
    /// Records the user will see, at most; `None` where it cannot be known before apply.
    pub visible_after: Option<u64>,
    /// Whether it may be fewer: queries ignore case, sharing rules may not, and what blank meets is not documented.
    #[serde(skip)]
    pub at_most: bool,
    /// The most it may be, also where that is not known.
    #[serde(skip)]
    pub at_worst: u64,
    /// Active users who lose sight of records they neither own nor supervise.
    pub users_losing_access: Vec<Losing>,
    /// Profiles and permission sets that ignore the default.
    pub bypass: Vec<Bypass>,
}

/// Users of one profile who lose access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Losing {
    /// The profile's label.
    pub profile: String,
    /// How many active users.
    pub users: u64,
}

/// Something that sees every record whatever the default says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bypass {
    /// `profile`, `permission_set` or `permission_set_group`.
    pub kind: &'static str,
    /// Its label.
    pub name: String,
    /// Id of the profile or permission set.
    pub id: String,
    /// Active users who have it.
    pub users: u64,
    /// What does it: `ModifyAllData`, `ViewAllData`, `ModifyAllRecords` or `ViewAllRecords`.
    pub by: &'static str,
}

/// Active standard users by profile.
pub const USERS_BY_PROFILE: &str = "SELECT ProfileId, COUNT(Id) n FROM User WHERE IsActive = true AND UserType = 'Standard' GROUP BY ProfileId";

/// Users with a role: asked where a rule shares what the members of a role own.
pub const USERS_WITH_ROLES: &str = "SELECT Id, UserRoleId FROM User WHERE UserRoleId != null";

/// Contacts that belong to no account: their owners' alone, whatever the default.
pub const WITHOUT_ACCOUNT: &str = "SELECT COUNT(Id) n FROM Contact WHERE AccountId = null";

/// Everything that grants something on an object.
pub fn object_permissions(object: &str) -> Selection {
    Selection::of(OBJECT_PERMISSIONS, "SobjectType", [object])
}

/// Active users who read an object through a permission set.
pub fn assignments(object: &str) -> String {
    format!(
        "SELECT AssigneeId, Assignee.Username, Assignee.ProfileId, PermissionSetId FROM PermissionSetAssignment \
         WHERE Assignee.IsActive = true AND Assignee.UserType = 'Standard' AND PermissionSet.IsOwnedByProfile = false \
         AND PermissionSetId IN (SELECT ParentId FROM ObjectPermissions WHERE SobjectType = {} AND PermissionsRead = true)",
        soql::literal(object)
    )
}

/// Records of an object by owner. The platform groups up to 2,000; where there are more owners, [`population`] and
/// [`owned`] are asked by themselves.
pub fn owners(object: &str) -> String {
    format!("SELECT OwnerId, COUNT(Id) n FROM {object} GROUP BY OwnerId")
}

/// Files the population, and what the user owns, that the counts by owner tell.
pub fn know_populations(manifest: &Manifest, facts: &mut Facts) {
    let user = manifest.spec.user.as_ref();
    let user = user.and_then(|user| live_user(user, facts));
    let id = user.and_then(|row| row.text("Id")).map(str::to_owned);
    let username = user.and_then(|row| row.text("Username")).map(str::to_owned);
    for sharing in &manifest.spec.sharing {
        let object = &sharing.object.value;
        let Some(owners) = facts.answered(&owners(object)) else {
            continue;
        };
        let count = |row: &Row| row.number("n").unwrap_or(0);
        let all: u64 = owners.iter().map(count).sum();
        let of_user = owners
            .iter()
            .find(|row| row.text("OwnerId") == id.as_deref());
        let of_user = of_user.map_or(0, count);
        facts.record(Question::Query(population(object)), counted(all));
        if let Some(username) = &username {
            facts.record(Question::Query(owned(object, username)), counted(of_user));
        }
    }
}

/// The answer to a query that counts.
fn counted(number: u64) -> Answer {
    Answer::Rows(Row::of(&json!({"n": number})).into_iter().collect())
}

/// Records of an object.
pub fn population(object: &str) -> String {
    format!("SELECT COUNT(Id) n FROM {object}")
}

/// Records the user owns.
pub fn owned(object: &str, username: &str) -> String {
    format!(
        "SELECT COUNT(Id) n FROM {object} WHERE Owner.Username = {}",
        soql::literal(username)
    )
}

/// Counts the records that [`expected_condition`] describes.
pub fn expected(sharing: &Sharing, manifest: &Manifest) -> Option<String> {
    Some(counting(sharing, &expected_condition(sharing, manifest)?))
}

fn counting(sharing: &Sharing, condition: &str) -> String {
    let object = &sharing.object;
    format!("SELECT COUNT(Id) n FROM {object} WHERE {condition}")
}

/// Records that the rules let the user see, or that the user owns. SOQL ignores case, sharing does not.
pub fn expected_condition(sharing: &Sharing, manifest: &Manifest) -> Option<String> {
    condition(sharing, manifest, &Known::NOTHING)
}

/// The same by what is known of the criteria.
fn condition(sharing: &Sharing, manifest: &Manifest, known: &Known) -> Option<String> {
    let username = manifest
        .spec
        .user
        .as_ref()
        .map(|user| user.username.value.as_str());
    let rules = criteria_rules(sharing, manifest).filter(|(_, reach)| *reach == Verdict::Yes);
    let mut any: Vec<String> = Vec::new();
    for (rule, _) in rules {
        let condition = criteria::soql(rule, username, known)?;
        any.push(shareable(sharing, &condition));
    }
    if let Some(username) = username {
        any.push(format!("(Owner.Username = {})", soql::literal(username)));
    }
    (!any.is_empty()).then(|| any.join(" OR "))
}

/// Those of the records that can be shared: a contact without an account is its owner's alone.
fn shareable(sharing: &Sharing, condition: &str) -> String {
    match sharing.object.as_str() {
        "Contact" => format!("({condition} AND AccountId != null)"),
        _ => format!("({condition})"),
    }
}

/// What roles below the user's own have.
fn of_subordinates(sharing: &Sharing, below: &BTreeSet<String>) -> String {
    let condition = format!("Owner.UserRoleId IN {}", soql::list(below));
    shareable(sharing, &condition)
}

/// What has to be known to say who sees what.
pub fn ask(manifest: &Manifest) -> Vec<Question> {
    let mut queries = vec![
        ORGANIZATION.to_owned(),
        CONTAINERS.to_owned(),
        ROLES.to_owned(),
    ];
    if !manifest.spec.sharing.is_empty() {
        queries.push(USERS_BY_PROFILE.to_owned());
    }
    let sharing = || manifest.spec.sharing.iter();
    if sharing().any(|sharing| owner_rules(sharing, manifest).next().is_some()) {
        queries.push(USERS_WITH_ROLES.to_owned());
    }
    let mut questions = Vec::new();
    for sharing in &manifest.spec.sharing {
        let object = &sharing.object.value;
        if !is_name(object) {
            continue;
        }
        questions.push(Question::Rows(object_permissions(object)));
        queries.extend([assignments(object), owners(object)]);
        queries.extend(expected(sharing, manifest));
        queries.extend((object == "Contact").then(|| WITHOUT_ACCOUNT.to_owned()));
    }
    questions.extend(queries.into_iter().map(Question::Query));
    let under_accounts = |sharing: &Sharing| accounts::account_level(&sharing.object).is_some();
    let account_rules = Question::Component("SharingRules", "Account".to_owned());
    questions.extend(sharing().any(under_accounts).then_some(account_rules));
    questions
}

/// Names go into query text as they are: only what can be a name.
pub fn is_name(object: &str) -> bool {
    !object.is_empty()
        && object
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The access impact, one for each object under `sharing`.
pub fn impact(manifest: &Manifest, facts: &Facts) -> Vec<Impact> {
    manifest
        .spec
        .sharing
        .iter()
        .map(|sharing| impact_on(sharing, manifest, facts))
        .collect()
}

fn impact_on(sharing: &Sharing, manifest: &Manifest, facts: &Facts) -> Impact {
    let object = &sharing.object.value;
    let records = facts.count(&population(object)).unwrap_or(0);
    let bypass = bypass(object, facts);
    let after = visible::after(sharing, manifest, facts, records);
    Impact {
        object: object.clone(),
        records,
        visible_now: seen::now(sharing, manifest, facts, records),
        user_exists: visible::user_row(manifest, facts).is_some(),
        visible_after: after.map(|after| after.records),
        at_most: after.is_some_and(|after| after.at_most),
        at_worst: after.map_or_else(
            || visible::at_worst(sharing, manifest, facts, records),
            |after| after.records,
        ),
        users_losing_access: losing::losing(sharing, manifest, facts, &bypass),
        bypass,
    }
}

/// What ignores the default: Modify or View All Data, or Modify or View All on the object.
pub fn bypass(object: &str, facts: &Facts) -> Vec<Bypass> {
    let objects: BTreeMap<&str, &Row> = facts
        .selected(&object_permissions(object))
        .iter()
        .filter_map(|row| Some((row.text("ParentId")?, row)))
        .collect();
    let users = users_by_profile(facts);
    let mut assigned: BTreeMap<&str, u64> = BTreeMap::new();
    for row in facts.rows(&assignments(object)) {
        *assigned
            .entry(row.text("PermissionSetId").unwrap_or_default())
            .or_default() += 1;
    }
    let mut result: Vec<Bypass> = Vec::new();
    for row in facts.rows(CONTAINERS) {
        let id = row.text("Id").unwrap_or_default();
        let Some(by) = what_bypasses(row, objects.get(id).copied()) else {
            continue;
        };
        let entry = if row.flag("IsOwnedByProfile") {
            let profile = row.text("ProfileId").unwrap_or_default();
            let name = row.text("Profile.Name").unwrap_or_default().to_owned();
            Bypass {
                kind: "profile",
                name,
                id: profile.to_owned(),
                users: users.get(profile).copied().unwrap_or(0),
                by,
            }
        } else {
            let group = row.text("PermissionSetGroupId").is_some();
            let kind = if group {
                "permission_set_group"
            } else {
                "permission_set"
            };
            let name = row.text("Label").unwrap_or_default().to_owned();
            Bypass {
                kind,
                name,
                id: id.to_owned(),
                users: assigned.get(id).copied().unwrap_or(0),
                by,
            }
        };
        result.push(entry);
    }
    result.sort_by(|a, b| (a.kind, &a.name, &a.id).cmp(&(b.kind, &b.name, &b.id)));
    result
}

/// What of that the user holds today, by its profile or a permission set.
pub fn held_bypass(object: &str, user: &Row, facts: &Facts) -> Option<Bypass> {
    let sets: Vec<Row> = user.children("PermissionSetAssignments");
    let holds = |id: &str| {
        user.text("ProfileId") == Some(id)
            || sets
                .iter()
                .any(|set| set.text("PermissionSetId") == Some(id))
    };
    bypass(object, facts).into_iter().find(|by| holds(&by.id))
}

fn what_bypasses(container: &Row, object: Option<&Row>) -> Option<&'static str> {
    let on_object = |column: &str| object.is_some_and(|row| row.flag(column));
    if container.flag("PermissionsModifyAllData") {
        return Some("ModifyAllData");
    }
    if container.flag("PermissionsViewAllData") {
        return Some("ViewAllData");
    }
    if on_object("PermissionsModifyAllRecords") {
        return Some("ModifyAllRecords");
    }
    on_object("PermissionsViewAllRecords").then_some("ViewAllRecords")
}

fn users_by_profile(facts: &Facts) -> BTreeMap<String, u64> {
    let rows = facts.rows(USERS_BY_PROFILE).iter();
    rows.filter_map(|row| Some((row.text("ProfileId")?.to_owned(), row.number("n")?)))
        .collect()
}
