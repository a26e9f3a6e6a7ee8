//! Which rules made a share row: the org does not say, so the record is held against each that shares with its holder.

use super::{Cause, CauseSource};
use crate::access::{self, People, RuleTarget};
use crate::criteria::{Criteria, Verdict};
use crate::laws::{CHILDREN_OF_ACCOUNTS, Level};
use crate::live::{
    ACCOUNT, LiveRecord, LiveRole, LiveRule, OWNERS_ROLE, PRIVATE, RecordQuery, RuleKind,
    ShareGroup, record_columns, short_id as short,
};
use crate::manifest::Principal;
use crate::org::{OrgError, Reader};
use crate::verify::subject::Subject;
use std::collections::{BTreeMap, BTreeSet};

/// Records that one query asks for: one page (REST API guide, Query).
const READ_A_QUERY: usize = 2_000;

/// Records with the columns that any rule asks for, by the first 15 characters of their ids.
pub(super) struct RuleRecords(BTreeMap<String, LiveRecord>);

impl RuleRecords {
    /// The record of an id.
    pub(super) fn of(&self, id: &str) -> Option<&LiveRecord> {
        self.0.get(&short(id))
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &LiveRecord> {
        self.0.values()
    }

    /// Reads them, with what the laws tell them apart by.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub(super) async fn read(
        subject: &Subject<'_>,
        object: &str,
        ids: &BTreeSet<&str>,
        reader: &Reader,
    ) -> Result<Self, OrgError> {
        let rules: Vec<LiveRule<'_>> = subject.live.rules(object).collect();
        if ids.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        let criteria = rules
            .iter()
            .filter_map(|rule| Criteria::of_element(rule.element));
        let paths = criteria.flat_map(|criteria| criteria.paths());
        let known =
            |path: &String| path.contains('.') || subject.live.field(object, path).is_some();
        let mut by_law = vec![OWNERS_ROLE];
        by_law.extend(CHILDREN_OF_ACCOUNTS.contains(&object).then_some(ACCOUNT));
        let has_private = object == "Opportunity" && subject.live.field(object, PRIVATE).is_some();
        by_law.extend(has_private.then_some(PRIVATE));
        let by_law = by_law.into_iter().map(str::to_owned);
        let paths = paths.filter(known).chain(by_law);
        let query = RecordQuery {
            object,
            columns: record_columns(object, paths),
        };
        let ids: Vec<&str> = ids.iter().copied().collect();
        let queries: Vec<String> = ids
            .chunks(READ_A_QUERY)
            .map(|ids| query.of_ids(ids))
            .collect();
        let mut records = BTreeMap::new();
        for rows in reader.queries(&queries).await? {
            let rows = rows.map_err(|refusal| refusal.of("read records"))?;
            let found = LiveRecord::of_rows(rows).into_iter();
            records.extend(found.map(|record| (short(record.id()), record)));
        }
        Ok(Self(records))
    }
}

/// The rules that share the record with the group, or may.
pub(super) fn rules_of<'a>(
    subject: &Subject<'a>,
    people: Option<&People<'_>>,
    group: &ShareGroup,
    record: Option<&LiveRecord>,
) -> Vec<(LiveRule<'a>, Verdict)> {
    let object = subject.sharing.object.as_str();
    let rules = subject.live.rules(object);
    let meant = rules.filter(|rule| rule.kind != RuleKind::Guest && is_for(subject, rule, group));
    let met = meant.map(|rule| {
        let met = record.map(|record| meets(subject, people, &rule, record));
        (rule, met.unwrap_or(Verdict::Either))
    });
    met.filter(|(_, met)| *met != Verdict::No).collect()
}

/// The rules that share a record with the user whatever rows say.
pub(super) fn by_rules_alone(
    subject: &Subject<'_>,
    people: Option<&People<'_>>,
    record: Option<&LiveRecord>,
) -> Vec<Cause> {
    let object = subject.sharing.object.as_str();
    let user = people.and_then(|people| people.person(&subject.user.id));
    let rules = subject.live.rules(object);
    let cause = |rule: LiveRule<'_>| {
        let principal = match access::target_of(rule.element) {
            RuleTarget::These(principal) => Some(principal),
            RuleTarget::Outsiders => return None,
            RuleTarget::Unknown => None,
        };
        let reaches = people.zip(user).zip(principal.as_ref());
        let reaches = reaches.map(|((people, user), to)| people.is_shared_with(user, to));
        let met = record.map(|record| meets(subject, people, &rule, record));
        let either = Verdict::Either;
        let holds = access::both(met.unwrap_or(either), reaches.unwrap_or(either));
        let words = format!(
            "the sharing rule {} shares it, whatever the default is",
            rule.name
        );
        let source = CauseSource::Rule(object.to_owned(), rule.name.to_owned());
        let mut cause = Cause::new("sharing_rule", rule.name, words).sourced(source);
        let group = people.zip(principal.as_ref());
        let group = group.and_then(|(people, to)| people.group_of(to));
        if let Some(group) = group {
            cause = cause
                .of(group)
                .tied(super::rows::ties(people, subject, group));
            cause.holder = Some(group.to_owned());
        }
        if let Some(to) = principal {
            cause = cause.through(address_of(&to));
        }
        cause
            .giving(rule.element.text_of("accessLevel").and_then(Level::named))
            .under_law(holds)
    };
    rules
        .filter(|rule| rule.kind != RuleKind::Guest)
        .filter_map(cause)
        .collect()
}

/// Whom a rule shares with, as machines read it.
pub(crate) fn address_of(principal: &Principal) -> String {
    match principal {
        Principal::Role(name) => format!("role/{name}"),
        Principal::RoleAndSubordinates(name) | Principal::RoleAndSubordinatesInternal(name) => {
            format!("role_and_subordinates/{name}")
        }
        Principal::Group(name) => format!("group/{name}"),
        Principal::Queue(name) => format!("queue/{name}"),
        Principal::AllInternalUsers => "everybody".to_owned(),
    }
}

/// Whether a rule shares with what a group stands for.
pub(super) fn is_for(subject: &Subject, rule: &LiveRule, group: &ShareGroup) -> bool {
    let target = rule.element.child("sharedTo");
    let target = target.and_then(|target| target.children.first());
    target.is_some_and(|target| {
        let name = target.text.as_str();
        let role = related_role(subject, group);
        let is_role = role.is_some_and(|role| role.name == name);
        match (target.name.as_str(), group.kind.as_str()) {
            ("allInternalUsers", "Organization") => true,
            ("role", "Role") => is_role,
            (kind, of) if kind.starts_with("roleAnd") && of.starts_with("RoleAnd") => is_role,
            ("group", "Regular") | ("queue", "Queue") => group.name.as_deref() == Some(name),
            _ => false,
        }
    })
}

fn related_role<'a>(subject: &Subject<'a>, group: &ShareGroup) -> Option<&'a LiveRole> {
    let roles = subject.live.roles().learnt()?;
    roles.of_id(group.related.as_deref()?)
}

/// Whether a record is one that a rule shares.
pub(crate) fn meets(
    subject: &Subject,
    people: Option<&People<'_>>,
    rule: &LiveRule,
    record: &LiveRecord,
) -> Verdict {
    meets_of(&subject.sharing.object, subject, people, rule, record)
}

/// The same for a record and a rule of an object that need not be the subject's.
pub(super) fn meets_of(
    object: &str,
    subject: &Subject,
    people: Option<&People<'_>>,
    rule: &LiveRule,
    record: &LiveRecord,
) -> Verdict {
    let kind = |field: &str| subject.live.field_type(object, field).map(str::to_owned);
    match rule.kind {
        RuleKind::Criteria => {
            let met = Criteria::of_element(rule.element).map_or(Verdict::Either, |criteria| {
                criteria.verdict(record.row(), &kind)
            });
            access::both(met, is_regarded(people, rule, record))
        }
        RuleKind::Owner => owned_by_source(people, rule, record),
        RuleKind::Guest | RuleKind::Territory => Verdict::Either,
    }
}

/// Whether a rule by criteria regards what such an owner has: of those who can have no role only where it says so (Metadata
/// API guide, SharingCriteriaRule, `includeRecordsOwnedByAll`).
fn is_regarded(people: Option<&People<'_>>, rule: &LiveRule, record: &LiveRecord) -> Verdict {
    let all = rule.element.text_of("includeRecordsOwnedByAll");
    if all != Some("false") {
        return Verdict::Yes;
    }
    let owner = record.owner().filter(|owner| owner.starts_with("005"));
    let Some(owner) = owner else {
        return Verdict::Yes;
    };
    match people.and_then(|people| people.person(owner)) {
        Some(person) if person.kind == "Standard" || person.role.is_some() => Verdict::Yes,
        Some(person) if person.kind == "AutomatedProcess" => Verdict::No,
        _ => Verdict::Either,
    }
}

fn owned_by_source(people: Option<&People<'_>>, rule: &LiveRule, record: &LiveRecord) -> Verdict {
    let known = people
        .zip(access::source_of(rule.element))
        .zip(record.owner());
    known.map_or(Verdict::Either, |((people, source), owner)| {
        people.owns_for(&source, owner)
    })
}
