//! Why a record is visible that should not be: a permission of the user's, or the share rows of the record.

use super::Access;
use super::subject::Subject;
use crate::access;
use crate::live::{
    LiveRole, Reach, Share, ShareGroup, groups_of, read_groups, read_shares, shares_of,
    short_id as short,
};
use crate::org::{OrgError, Reader};
use std::collections::{BTreeMap, BTreeSet};

/// Leaks whose share rows are asked for; beyond it the first tell enough.
const MOST_EXPLAINED: usize = 200;

/// What opens a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cause {
    /// In words.
    pub(crate) words: String,
    /// Whether it is a share row of the manifest's own role, which a recalculation may still take away: only its own rules
    /// share with it.
    settling: bool,
}

/// Puts the cause to each leak, as far as the org tells.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(super) async fn explain_leaks(
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
    let mut sentences: BTreeMap<String, BTreeSet<(String, bool)>> = BTreeMap::new();
    for row in &rows {
        if let Some(sentence) = sentence(subject, row, &names) {
            sentences
                .entry(short(&row.record))
                .or_default()
                .insert(sentence);
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
    let held = access::held_bypass(&subject.sharing.object, subject.user, subject.live);
    let by = held.found()?;
    Some(format!(
        "{} through the {} `{}`",
        by.by,
        by.kind.replace('_', " "),
        by.name
    ))
}

async fn share_rows(
    subject: &Subject<'_>,
    ids: &[String],
    reader: &Reader,
) -> Result<Vec<Share>, OrgError> {
    let object = &subject.sharing.object;
    let rows = reader.query(&shares_of(object, ids)).await?;
    Ok(read_shares(object, &rows))
}

async fn group_names(
    rows: &[Share],
    reader: &Reader,
) -> Result<BTreeMap<String, ShareGroup>, OrgError> {
    let ids = rows.iter().map(|row| row.with.as_str());
    let ids: BTreeSet<&str> = ids.filter(|id| id.starts_with("00G")).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let groups = reader.query(&groups_of(&ids)).await?;
    let groups = read_groups(&groups).into_iter();
    Ok(groups.map(|group| (group.id.clone(), group)).collect())
}

/// What one share row says, where it can be what opens the record to the user, and whether a recalculation may still
/// take the row away.
fn sentence(
    subject: &Subject,
    row: &Share,
    groups: &BTreeMap<String, ShareGroup>,
) -> Option<(String, bool)> {
    let own = short(&row.with) == short(&subject.user.id);
    let group = groups.get(&row.with);
    let name = |group: &ShareGroup| group_name(subject, group);
    let words = match (row.cause.as_str(), own, group) {
        ("Manual", true, _) => "shared by hand with the user".to_owned(),
        ("Manual", false, Some(group)) => format!("shared by hand with {}", name(group)),
        ("Rule", _, Some(group)) => format!("a sharing rule shares it with {}", name(group)),
        ("Owner", false, None) if supervises(subject) => {
            "owned by somebody the user may stand above in the role hierarchy".to_owned()
        }
        ("Owner", _, Some(group)) => format!("owned by the queue {}", group.name.as_ref()?),
        (other, true, _) => format!("shared with the user ({other})"),
        _ => return None,
    };
    let by_rule = row.cause == "Rule" && !is_shared_by_others(subject);
    let own_role = own_role(subject).map(|role| role.id.as_str());
    let to_own_role =
        group.is_some_and(|group| own_role.is_some() && group.related.as_deref() == own_role);
    Some((words, by_rule && to_own_role))
}

fn own_role<'a>(subject: &Subject<'a>) -> Option<&'a LiveRole> {
    let name = &subject.manifest.spec.role.as_ref()?.name;
    subject.live.roles().learnt()?.named(name)
}

/// Whether a rule that no manifest names shares with the role for certain: what it shares stays shared.
fn is_shared_by_others(subject: &Subject) -> bool {
    let foreign = subject
        .live
        .foreign_rules(subject.sharing, subject.manifest);
    foreign.iter().any(|(_, reach)| *reach == Reach::Own)
}

/// Whether any role stands below the manifest's.
fn supervises(subject: &Subject) -> bool {
    let roles = subject.live.roles().learnt();
    let around = roles.zip(own_role(subject));
    around.is_some_and(|(roles, own)| !roles.below(own).is_empty())
}

fn group_name(subject: &Subject, group: &ShareGroup) -> String {
    let roles = subject.live.roles().learnt();
    let role = roles.and_then(|roles| roles.of_id(group.related.as_deref()?));
    match role {
        Some(role) => format!("the role {}", role.name),
        None => format!(
            "the group {}",
            group.name.as_deref().unwrap_or("of everybody")
        ),
    }
}
