//! What the share rows of a record say.

use super::rules::{self, RuleRecords};
use super::{Cause, CauseSource};
use crate::access::{People, Tie, Ties};
use crate::criteria::Verdict;
use crate::laws::Level;
use crate::live::{
    LiveRecord, LiveRole, Reach, Share, ShareGroup, groups_of, read_groups, read_shares, shares_of,
    short_id as short,
};
use crate::org::{OrgError, Reader};
use crate::verify::reached::HolderReach;
use crate::verify::subject::Subject;
use crate::verify::wanted::Around;
use std::collections::{BTreeMap, BTreeSet};

/// Records whose share rows one query asks for: as a rule one page of them.
pub(super) const SHARED_A_QUERY: usize = 800;
/// Groups that one query asks for.
const GROUPS_A_QUERY: usize = 2_000;

/// Groups by record id.
type GroupsById = BTreeMap<String, ShareGroup>;

/// What rows open to the user, with the first 15 characters of the record's id.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(crate) async fn by_rows(
    subject: &Subject<'_>,
    ids: &[String],
    reader: &Reader,
) -> Result<Vec<(String, Cause)>, OrgError> {
    let mut around = Around::default();
    let evidence = RowFacts::read(subject, ids, &mut around, reader).await?;
    Ok(evidence.causes(subject))
}

/// What the org tells of records that is needed to say what opens them.
pub(super) struct RowFacts {
    /// The rows that reach the user, or may.
    rows: Vec<Share>,
    groups: GroupsById,
    records: RuleRecords,
    pub(super) reached: HolderReach,
}

impl RowFacts {
    /// Reads it.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub(super) async fn read(
        subject: &Subject<'_>,
        ids: &[String],
        around: &mut Around,
        reader: &Reader,
    ) -> Result<Self, OrgError> {
        let object = subject.sharing.object.as_str();
        let short_ids = ids.iter().map(String::as_str).collect();
        let records = RuleRecords::read(subject, object, &short_ids, reader).await?;
        let mut rows = share_rows(subject, ids, reader).await?;
        rows.extend(records.all().filter_map(owners_row));
        let reached = &mut around.reached;
        reached.learn_people(subject, reader).await?;
        let holders = rows.iter().map(|row| row.with.as_str()).collect();
        reached.ask(subject, holders, reader).await?;
        rows.retain(|row| reached.has(&row.with) != Verdict::No);
        let groups = groups_of_rows(&rows, reader).await?;
        Ok(Self {
            rows,
            groups,
            records,
            reached: reached.clone(),
        })
    }

    /// The record of these 15 characters.
    pub(super) fn record(&self, id: &str) -> Option<&LiveRecord> {
        self.records.of(id)
    }

    /// All of the records.
    pub(super) fn records(&self) -> impl Iterator<Item = &LiveRecord> {
        self.records.all()
    }

    /// What the rows open, with the first 15 characters of the record's id.
    pub(super) fn causes(&self, subject: &Subject<'_>) -> Vec<(String, Cause)> {
        let people = self.reached.people(subject);
        let known = RowsKnown {
            subject,
            people: people.as_ref(),
            records: &self.records,
        };
        let causes = self.rows.iter().flat_map(|row| {
            let group = self.groups.get(&row.with);
            let reaches = self.reached.has(&row.with);
            let causes = known.causes_of(row, group, reaches);
            causes.into_iter().map(|cause| (short(&row.record), cause))
        });
        causes.collect()
    }

    /// The rules that share a record with the user, or would once the default no longer opens it: then they leave no rows.
    pub(super) fn by_rules_alone(&self, subject: &Subject<'_>, id: &str) -> Vec<Cause> {
        let people = self.reached.people(subject);
        rules::by_rules_alone(subject, people.as_ref(), self.record(id))
    }
}

async fn share_rows(
    subject: &Subject<'_>,
    ids: &[String],
    reader: &Reader,
) -> Result<Vec<Share>, OrgError> {
    let object = &subject.sharing.object;
    let queries: Vec<String> = ids
        .chunks(SHARED_A_QUERY)
        .map(|ids| shares_of(object, ids))
        .collect();
    let mut shares = Vec::new();
    for rows in reader.queries(&queries).await? {
        let rows = rows.map_err(|refusal| refusal.of("read share rows"))?;
        shares.extend(read_shares(object, &rows));
    }
    Ok(shares)
}

/// The row that every owner has (object reference, AccountShare, `RowCause`).
fn owners_row(record: &LiveRecord) -> Option<Share> {
    Some(Share {
        record: record.id().to_owned(),
        cause: "Owner".to_owned(),
        with: record.owner()?.to_owned(),
        level: Some("All".to_owned()),
    })
}

async fn groups_of_rows(rows: &[Share], reader: &Reader) -> Result<GroupsById, OrgError> {
    let ids = rows.iter().map(|row| row.with.as_str());
    let ids: BTreeSet<&str> = ids.filter(|id| id.starts_with("00G")).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut found = GroupsById::new();
    for ids in ids.chunks(GROUPS_A_QUERY) {
        let groups = reader
            .query(&groups_of(&ids.iter().copied().collect()))
            .await?;
        let groups = read_groups(&groups).into_iter();
        found.extend(groups.map(|group| (group.id.clone(), group)));
    }
    Ok(found)
}

/// What rows are read with.
struct RowsKnown<'r, 'a> {
    subject: &'r Subject<'a>,
    people: Option<&'r People<'a>>,
    records: &'r RuleRecords,
}

impl RowsKnown<'_, '_> {
    /// What one row says.
    fn causes_of(&self, row: &Share, group: Option<&ShareGroup>, reaches: Verdict) -> Vec<Cause> {
        let subject = self.subject;
        let own = short(&row.with) == short(&subject.user.id);
        let with = match (own, group) {
            (true, _) => "the user".to_owned(),
            (false, Some(group)) => group_name(subject, group),
            (false, None) => "somebody below the user".to_owned(),
        };
        let through = match group {
            Some(group) => group_address(subject, group),
            None => format!("user/{}", row.with),
        };
        let ties = ties(self.people, subject, &row.with);
        let cause = |kind, name: &str, words: String| {
            let cause = Cause::new(kind, name, words)
                .through(through.clone())
                .of(&row.with)
                .giving(row.level.as_deref().and_then(Level::named))
                .tied(ties.clone());
            let cause = Cause {
                holder: Some(row.with.clone()),
                ..cause
            };
            match reaches {
                Verdict::Yes => cause,
                _ => cause.perhaps(),
            }
        };
        match (row.cause.as_str(), group) {
            ("Owner", None) if own => Vec::new(),
            ("Rule", Some(group)) => self.by_rules(row, group, &with, cause),
            _ => {
                let (kind, name, words) = other_words(row, group, &with);
                let cause = cause(kind, &name, words);
                vec![match source_of_row(row, kind) {
                    Some(source) => cause.sourced(source),
                    None => cause,
                }]
            }
        }
    }

    /// The rules that made a row, or may have; a row of which no rule is known is a cause all the same.
    fn by_rules(
        &self,
        row: &Share,
        group: &ShareGroup,
        with: &str,
        cause: impl Fn(&'static str, &str, String) -> Cause,
    ) -> Vec<Cause> {
        let subject = self.subject;
        let object = subject.sharing.object.as_str();
        let settling = is_settling(subject, group);
        let found = rules::rules_of(subject, self.people, group, self.records.of(&row.record));
        // A row that is there, one of them made.
        let alone = found.len() == 1;
        let named = found.iter().map(|(rule, verdict)| {
            let words = format!("the sharing rule {} shares it with {with}", rule.name);
            let gives = rule.element.text_of("accessLevel").and_then(Level::named);
            let named = cause("sharing_rule", rule.name, words);
            let gives = gives.filter(|_| named.certain);
            let named = Cause {
                settling,
                ..named.giving(gives)
            };
            let source = CauseSource::Rule(object.to_owned(), rule.name.to_owned());
            match alone || *verdict == Verdict::Yes {
                true => named.sourced(source),
                false => named.perhaps().sourced(source),
            }
        });
        let mut named: Vec<Cause> = named.collect();
        if named.is_empty() {
            let words = format!("a sharing rule shares it with {with}");
            named.push(Cause {
                settling,
                ..cause("sharing_rule", "", words)
            });
        }
        named
    }
}

/// What ties the user to a holder.
pub(super) fn ties(people: Option<&People<'_>>, subject: &Subject<'_>, holder: &str) -> Ties {
    let user = people.and_then(|people| people.person(&subject.user.id));
    match people.zip(user) {
        Some((people, user)) => people.ties(user, holder),
        None if short(holder) == short(&subject.user.id) => Ties::from([(Tie::Own, Verdict::Yes)]),
        None => Ties::from([(Tie::Unknown, Verdict::Either)]),
    }
}

/// What has to go that a row goes, where somebody can make it go.
fn source_of_row(row: &Share, kind: &str) -> Option<CauseSource> {
    match kind {
        "role_hierarchy" | "queue" => Some(CauseSource::Owner(short(&row.record))),
        "manual_share" | "team" | "apex_sharing" => Some(CauseSource::Row(
            short(&row.record),
            row.with.clone(),
            row.cause.clone(),
        )),
        _ => None,
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
pub(super) fn group_address(subject: &Subject, group: &ShareGroup) -> String {
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

pub(super) fn group_name(subject: &Subject, group: &ShareGroup) -> String {
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
