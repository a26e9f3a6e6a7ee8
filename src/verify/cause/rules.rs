//! Which rules made a share row: the org does not say, so the record is held against each that shares with its holder.

use crate::criteria::{Criteria, Verdict};
use crate::live::{
    LiveRecord, LiveRole, LiveRule, OWNERS_ROLE, RecordQuery, RuleKind, Share, ShareGroup,
    record_columns, short_id as short,
};
use crate::org::{OrgError, Reader};
use crate::verify::subject::Subject;
use crate::verify::{QUERIES_A_REQUEST, RECORDS_A_QUERY};
use std::collections::{BTreeMap, BTreeSet};

/// Records with the columns that any rule asks for, by the first 15 characters of their ids.
pub(super) struct RuleRecords(BTreeMap<String, LiveRecord>);

impl RuleRecords {
    /// Reads them; none where no rule tells them apart.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub(super) async fn read(
        subject: &Subject<'_>,
        ids: &BTreeSet<&str>,
        reader: &Reader,
    ) -> Result<Self, OrgError> {
        let object = subject.sharing.object.as_str();
        let rules: Vec<LiveRule<'_>> = subject.live.rules(object).collect();
        if rules.is_empty() || ids.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        let criteria = rules
            .iter()
            .filter_map(|rule| Criteria::of_element(rule.element));
        let paths = criteria.flat_map(|criteria| criteria.paths());
        let known =
            |path: &String| path.contains('.') || subject.live.field(object, path).is_some();
        let paths = paths.filter(known).chain([OWNERS_ROLE.to_owned()]);
        let query = RecordQuery {
            object,
            columns: record_columns(object, paths),
        };
        let ids: Vec<&str> = ids.iter().copied().collect();
        let queries: Vec<String> = ids
            .chunks(RECORDS_A_QUERY)
            .map(|ids| query.of_ids(ids))
            .collect();
        let mut records = BTreeMap::new();
        for queries in queries.chunks(QUERIES_A_REQUEST) {
            for rows in reader.queries(queries).await? {
                let rows = rows.map_err(|refusal| refusal.of("read records"))?;
                let found = LiveRecord::of_rows(rows).into_iter();
                records.extend(found.map(|record| (short(record.id()), record)));
            }
        }
        Ok(Self(records))
    }
}

/// Names of the rules that share the record with the group, or may.
pub(super) fn rules_of<'a>(
    subject: &Subject<'a>,
    row: &Share,
    group: &ShareGroup,
    records: &RuleRecords,
) -> Vec<&'a str> {
    let object = subject.sharing.object.as_str();
    let record = records.0.get(&short(&row.record));
    let rules = subject.live.rules(object);
    let meant = rules.filter(|rule| rule.kind != RuleKind::Guest && is_for(subject, rule, group));
    let meeting = meant
        .filter(|rule| record.is_none_or(|record| meets(subject, rule, record) != Verdict::No));
    meeting.map(|rule| rule.name).collect()
}

/// Whether a rule shares with what a group stands for.
fn is_for(subject: &Subject, rule: &LiveRule, group: &ShareGroup) -> bool {
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
pub(crate) fn meets(subject: &Subject, rule: &LiveRule, record: &LiveRecord) -> Verdict {
    let object = &subject.sharing.object;
    let kind = |field: &str| subject.live.field_type(object, field).map(str::to_owned);
    match rule.kind {
        RuleKind::Criteria => Criteria::of_element(rule.element)
            .map_or(Verdict::Either, |criteria| {
                criteria.verdict(record.row(), &kind)
            }),
        RuleKind::Owner => owned_by_source(subject, rule, record),
        RuleKind::Guest | RuleKind::Territory => Verdict::Either,
    }
}

fn owned_by_source(subject: &Subject, rule: &LiveRule, record: &LiveRecord) -> Verdict {
    let source = rule.element.child("sharedFrom");
    let Some(source) = source.and_then(|source| source.children.first()) else {
        return Verdict::Either;
    };
    let roles = subject.live.roles().learnt();
    let role = record.role_of_owner();
    let role = roles.zip(role).and_then(|(roles, id)| roles.of_id(id));
    let is = |role: &LiveRole| role.name == source.text.as_str();
    let of_user = record.owner().is_some_and(|owner| owner.starts_with("005"));
    match source.name.as_str() {
        "role" => role.is_some_and(is).into(),
        kind if kind.starts_with("roleAnd") => {
            let above = roles.zip(role).map(|(roles, role)| roles.above(role));
            let below = above.into_iter().flatten().any(is);
            (role.is_some_and(is) || below).into()
        }
        "allInternalUsers" => of_user.into(),
        "queue" if of_user => Verdict::No,
        _ => Verdict::Either,
    }
}
