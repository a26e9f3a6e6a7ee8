//! Why a record is visible that should not be: a permission of the user's, or the share rows of the record.

use super::Access;
use super::subject::{Subject, query, short};
use crate::access;
use crate::facts::{ROLES, Row};
use crate::kinds::live_user;
use crate::org::{OrgError, Reader};
use crate::soql;
use std::collections::{BTreeMap, BTreeSet};

/// Leaks whose share rows are asked for; beyond it the first tell enough.
const MOST_EXPLAINED: usize = 200;

/// What opens a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cause {
    /// In words.
    pub(crate) words: String,
    /// Whether it is a share row of the manifest's own role, which a recalculation may still take away.
    settling: bool,
}

/// Puts the cause to each leak, as far as the org tells.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(super) async fn explain(
    subject: &Subject<'_>,
    access: &mut Access,
    reader: &Reader,
) -> Result<(), OrgError> {
    let leaks = &mut access.leaks;
    let first = leaks.iter().take(MOST_EXPLAINED);
    let ids: Vec<String> = first.map(|leak| leak.id.clone()).collect();
    let causes = causes(subject, &ids, reader).await?;
    let any_settling = causes.values().any(|cause| cause.settling);
    for (index, leak) in leaks.iter_mut().enumerate() {
        leak.settling = index >= MOST_EXPLAINED && any_settling;
        if let Some(cause) = causes.get(&short(&leak.id)) {
            leak.cause.clone_from(&cause.words);
            leak.settling = cause.settling;
        }
    }
    Ok(())
}

/// What opens records to the user, by the first 15 characters of their ids: a permission that ignores sharing opens
/// all of them, else the share rows of each tell.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(crate) async fn causes(
    subject: &Subject<'_>,
    ids: &[String],
    reader: &Reader,
) -> Result<BTreeMap<String, Cause>, OrgError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    if let Some(words) = by_permission(subject) {
        let cause = Cause {
            words,
            settling: false,
        };
        return Ok(ids.iter().map(|id| (short(id), cause.clone())).collect());
    }
    let rows = share_rows(subject, ids, reader).await?;
    let names = group_names(&rows, reader).await?;
    let column = record_column(subject);
    let mut sentences: BTreeMap<String, BTreeSet<(String, bool)>> = BTreeMap::new();
    for row in &rows {
        if let (Some(id), Some(sentence)) = (row.text(&column), sentence(subject, row, &names)) {
            sentences.entry(short(id)).or_default().insert(sentence);
        }
    }
    Ok(sentences
        .into_iter()
        .map(|(id, set)| (id, Cause::of(set)))
        .collect())
}

impl Cause {
    fn of(sentences: BTreeSet<(String, bool)>) -> Self {
        let settling = sentences.iter().all(|(_, settling)| *settling);
        let words: Vec<String> = sentences.into_iter().map(|(words, _)| words).collect();
        Self {
            words: words.join("; "),
            settling,
        }
    }
}

/// A profile or permission set of the user that ignores sharing.
fn by_permission(subject: &Subject) -> Option<String> {
    let row = live_user(subject.manifest.spec.user.as_ref()?, subject.facts)?;
    let by = access::held_bypass(&subject.sharing.object, row, subject.facts)?;
    Some(format!(
        "{} through the {} `{}`",
        by.by,
        by.kind.replace('_', " "),
        by.name
    ))
}

/// The object that holds the share rows of an object.
pub(super) fn share_object(object: &str) -> String {
    match object.strip_suffix("__c") {
        Some(custom) => format!("{custom}__Share"),
        None => format!("{object}Share"),
    }
}

/// Share rows name their record `ParentId` on custom objects, and by the object on standard ones.
pub(super) fn record_column(subject: &Subject) -> String {
    let object = subject.sharing.object.value.as_str();
    if object.ends_with("__c") {
        "ParentId".to_owned()
    } else {
        format!("{object}Id")
    }
}

async fn share_rows(
    subject: &Subject<'_>,
    ids: &[String],
    reader: &Reader,
) -> Result<Vec<Row>, OrgError> {
    let (column, share) = (
        record_column(subject),
        share_object(&subject.sharing.object),
    );
    let soql = format!(
        "SELECT {column}, RowCause, UserOrGroupId FROM {share} WHERE {column} IN {}",
        soql::list(ids)
    );
    query(reader, &soql).await
}

async fn group_names(rows: &[Row], reader: &Reader) -> Result<BTreeMap<String, Row>, OrgError> {
    let ids: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| row.text("UserOrGroupId"))
        .filter(|id| id.starts_with("00G"))
        .collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let soql = format!(
        "SELECT Id, DeveloperName, Type, RelatedId FROM Group WHERE Id IN {}",
        soql::list(&ids)
    );
    let groups = query(reader, &soql).await?;
    Ok(groups
        .into_iter()
        .filter_map(|group| Some((group.text("Id")?.to_owned(), group)))
        .collect())
}

/// What one share row says, where it can be what opens the record to the user, and whether a recalculation may still
/// take the row away.
fn sentence(
    subject: &Subject,
    row: &Row,
    groups: &BTreeMap<String, Row>,
) -> Option<(String, bool)> {
    let to = row.text("UserOrGroupId")?;
    let own = short(to) == short(subject.user_id);
    let group = groups.get(to);
    let name = |group: &Row| group_name(subject, group);
    let words = match (row.text("RowCause")?, own, group) {
        ("Manual", true, _) => "shared by hand with the user".to_owned(),
        ("Manual", false, Some(group)) => format!("shared by hand with {}", name(group)),
        ("Rule", _, Some(group)) => format!("a sharing rule shares it with {}", name(group)),
        ("Owner", false, None) if supervises(subject) => {
            "owned by somebody the user may stand above in the role hierarchy".to_owned()
        }
        ("Owner", _, Some(group)) => format!("owned by the queue {}", group.text("DeveloperName")?),
        (other, true, _) => format!("shared with the user ({other})"),
        _ => return None,
    };
    let by_rule = row.text("RowCause") == Some("Rule");
    let own_role = own_role(subject).and_then(|role| role.text("Id"));
    let to_own_role =
        group.is_some_and(|group| own_role.is_some() && group.text("RelatedId") == own_role);
    Some((words, by_rule && to_own_role))
}

fn own_role<'a>(subject: &Subject<'a>) -> Option<&'a Row> {
    let name = &subject.manifest.spec.role.as_ref()?.name;
    subject
        .facts
        .rows(ROLES)
        .iter()
        .find(|row| row.text("DeveloperName") == Some(name))
}

/// Whether any role stands below the manifest's.
fn supervises(subject: &Subject) -> bool {
    let own = own_role(subject).and_then(|role| role.text("Id"));
    let roles = subject.facts.rows(ROLES).iter();
    own.is_some()
        && roles
            .into_iter()
            .any(|role| role.text("ParentRoleId") == own)
}

fn group_name(subject: &Subject, group: &Row) -> String {
    let related = group.text("RelatedId");
    let role = subject
        .facts
        .rows(ROLES)
        .iter()
        .find(|role| related.is_some() && role.text("Id") == related);
    match role.and_then(|role| role.text("DeveloperName")) {
        Some(role) => format!("the role {role}"),
        None => format!(
            "the group {}",
            group.text("DeveloperName").unwrap_or("of everybody")
        ),
    }
}
