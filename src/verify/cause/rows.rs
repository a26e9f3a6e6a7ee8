//! What the share rows of a record say.

use super::Cause;
use super::rules::{RuleRecords, rules_of};
use crate::criteria::Verdict;
use crate::laws::Level;
use crate::live::{
    LiveRole, Reach, Share, ShareGroup, groups_of, read_groups, read_shares, shares_of,
    short_id as short,
};
use crate::org::{OrgError, Reader};
use crate::verify::reached::HolderReach;
use crate::verify::subject::Subject;
use crate::verify::wanted::Around;
use crate::verify::{QUERIES_A_REQUEST, RECORDS_A_QUERY};
use std::collections::{BTreeMap, BTreeSet};

/// Groups by record id.
type GroupsById = BTreeMap<String, ShareGroup>;

/// What rows open to the user, with the first 15 characters of the record's id.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(crate) async fn by_rows(
    subject: &Subject<'_>,
    ids: &[String],
    around: &Around,
    reader: &Reader,
) -> Result<Vec<(String, Cause)>, OrgError> {
    let mut rows = share_rows(subject, ids, reader).await?;
    let groups = groups_of_rows(&rows, reader).await?;
    let mut reached = around.reached.clone();
    let holders = rows.iter().map(|row| row.with.as_str()).collect();
    reached.ask(subject, holders, reader).await?;
    rows.retain(|row| reached.has(&row.with) != Verdict::No);
    let ruled = rows.iter().filter(|row| row.cause == "Rule");
    let ruled: BTreeSet<&str> = ruled.map(|row| row.record.as_str()).collect();
    let records = RuleRecords::read(subject, &ruled, reader).await?;
    let causes = rows.iter().flat_map(|row| {
        let causes = causes_of(subject, row, &groups, &records, &reached);
        causes.into_iter().map(|cause| (short(&row.record), cause))
    });
    Ok(causes.collect())
}

async fn share_rows(
    subject: &Subject<'_>,
    ids: &[String],
    reader: &Reader,
) -> Result<Vec<Share>, OrgError> {
    let object = &subject.sharing.object;
    let queries: Vec<String> = ids
        .chunks(RECORDS_A_QUERY)
        .map(|ids| shares_of(object, ids))
        .collect();
    let mut shares = Vec::new();
    for queries in queries.chunks(QUERIES_A_REQUEST) {
        for rows in reader.queries(queries).await? {
            let rows = rows.map_err(|refusal| refusal.of("read share rows"))?;
            shares.extend(read_shares(object, &rows));
        }
    }
    Ok(shares)
}

async fn groups_of_rows(rows: &[Share], reader: &Reader) -> Result<GroupsById, OrgError> {
    let ids = rows.iter().map(|row| row.with.as_str());
    let ids: BTreeSet<&str> = ids.filter(|id| id.starts_with("00G")).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut found = GroupsById::new();
    for ids in ids.chunks(RECORDS_A_QUERY) {
        let groups = reader
            .query(&groups_of(&ids.iter().copied().collect()))
            .await?;
        let groups = read_groups(&groups).into_iter();
        found.extend(groups.map(|group| (group.id.clone(), group)));
    }
    Ok(found)
}

/// What one row says.
fn causes_of(
    subject: &Subject,
    row: &Share,
    groups: &GroupsById,
    records: &RuleRecords,
    reached: &HolderReach,
) -> Vec<Cause> {
    let own = short(&row.with) == short(&subject.user.id);
    let group = groups.get(&row.with);
    let certain = reached.has(&row.with) == Verdict::Yes;
    let level = row.level.as_deref().filter(|_| certain);
    let level = level.and_then(Level::named);
    let with = match (own, group) {
        (true, _) => "the user".to_owned(),
        (false, Some(group)) => group_name(subject, group),
        (false, None) => "somebody below the user".to_owned(),
    };
    let through = match group {
        Some(group) => group_address(subject, group),
        None => format!("user/{}", row.with),
    };
    let cause = |kind, name: &str, words: String| {
        let words = if certain {
            words
        } else {
            format!("perhaps {words}")
        };
        Cause::new(kind, name, words)
            .through(through.clone())
            .of(&row.with)
            .giving(level)
    };
    match (row.cause.as_str(), group) {
        ("Owner", None) if own => Vec::new(),
        ("Rule", Some(group)) => by_rules(subject, row, group, records, &with, cause),
        _ => {
            let (kind, name, words) = other_words(row, group, &with);
            vec![cause(kind, &name, words)]
        }
    }
}

/// What a row says that no rule made: its kind, its name, and in words.
fn other_words(
    row: &Share,
    group: Option<&ShareGroup>,
    with: &str,
) -> (&'static str, String, String) {
    let reason = row.cause.as_str();
    let (kind, words) = match (reason, group) {
        ("Owner", None) => {
            let words = "owned by somebody the user may stand above in the role hierarchy";
            ("role_hierarchy", words.to_owned())
        }
        ("Owner", Some(queue)) => {
            let name = queue.name.clone().unwrap_or_default();
            let words = format!("owned by the queue {name}");
            return ("queue", name, words);
        }
        ("Manual", _) => ("manual_share", format!("shared by hand with {with}")),
        ("Team" | "Sales Team", _) => ("team", format!("shared with {with} by a team")),
        ("ImplicitParent", _) => {
            let words = format!("{with} was given a record of this account");
            ("implicit_parent", words)
        }
        (territory, _) if territory.starts_with("Territory") => {
            ("territory", format!("shared with {with} by a territory"))
        }
        (code, _) if code.ends_with("__c") => (
            "apex_sharing",
            format!("shared with {with} by code ({code})"),
        ),
        (other, _) => ("other", format!("shared with {with} ({other})")),
    };
    (kind, reason.to_owned(), words)
}

/// The rules that made a row, or may have; a row of which no rule is known is a cause all the same.
fn by_rules(
    subject: &Subject,
    row: &Share,
    group: &ShareGroup,
    records: &RuleRecords,
    with: &str,
    cause: impl Fn(&'static str, &str, String) -> Cause,
) -> Vec<Cause> {
    let settling = is_settling(subject, group);
    let settled = |mut cause: Cause| {
        cause.settling = settling;
        cause
    };
    let rules = rules_of(subject, row, group, records);
    let named = rules.iter().map(|name| {
        let words = format!("the sharing rule {name} shares it with {with}");
        settled(cause("sharing_rule", name, words))
    });
    let named: Vec<Cause> = named.collect();
    match named.is_empty() {
        true => {
            let words = format!("a sharing rule shares it with {with}");
            vec![settled(cause("sharing_rule", "", words))]
        }
        false => named,
    }
}

/// Whether a rule's row is for the manifest's own role, with which nobody else shares for certain: then a recalculation may
/// still take it away.
fn is_settling(subject: &Subject, group: &ShareGroup) -> bool {
    let own_role = own_role(subject).map(|role| role.id.as_str());
    let to_own_role = own_role.is_some() && group.related.as_deref() == own_role;
    let foreign = subject
        .live
        .foreign_rules(subject.sharing, subject.manifest);
    let by_others = foreign.iter().any(|(_, reach)| *reach == Reach::Own);
    to_own_role && !by_others
}

fn own_role<'a>(subject: &Subject<'a>) -> Option<&'a LiveRole> {
    let name = &subject.manifest.spec.role.as_ref()?.name;
    subject.live.roles().learnt()?.named(name)
}

/// Whom a group stands for, as machines read it: `role/Sales`.
fn group_address(subject: &Subject, group: &ShareGroup) -> String {
    let roles = subject.live.roles().learnt();
    let role = roles.and_then(|roles| roles.of_id(group.related.as_deref()?));
    match (role, group.kind.as_str()) {
        (Some(role), "Role") => format!("role/{}", role.name),
        (Some(role), _) => format!("role_and_subordinates/{}", role.name),
        (None, kind) => {
            let kind = if kind == "Queue" { "queue" } else { "group" };
            format!("{kind}/{}", group.name.as_deref().unwrap_or(&group.id))
        }
    }
}

fn group_name(subject: &Subject, group: &ShareGroup) -> String {
    let roles = subject.live.roles().learnt();
    let role = roles.and_then(|roles| roles.of_id(group.related.as_deref()?));
    match (role, group.kind.as_str()) {
        (Some(role), "Role") => format!("the role {}", role.name),
        (Some(role), _) => format!("the role {} and those below", role.name),
        (None, "Queue") => format!("the queue {}", group.name.as_deref().unwrap_or_default()),
        (None, _) => format!(
            "the group {}",
            group.name.as_deref().unwrap_or("of everybody")
        ),
    }
}
