//! Why a record is visible that should not be: every permission, rule, row and record that opens it, each by itself.
//!
//! **Promise:** what is told is the org's own: rows that it shows, rules that it has, permissions that it grants. Which
//! rule made a row, the org does not tell: those that share with the row's holder and whose criteria the record meets.

pub(crate) mod rows;
pub(crate) mod rules;

use super::Access;
use super::subject::Subject;
use super::wanted::Around;
use crate::access;
use crate::laws::Level;
use crate::live::{Defaults, short_id as short};
use crate::manifest::SharingModel;
use crate::org::{OrgError, Reader};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Leaks whose rows are asked for: 200 a query, 25 queries a request.
const MOST_EXPLAINED: usize = 10_000;

/// One thing that opens a record by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cause {
    /// `view_all`, `modify_all`, `default`, `owner`, `role_hierarchy`, `queue`, `sharing_rule`, `manual_share`, `team`,
    /// `territory`, `apex_sharing`, `implicit_parent`, `implicit_child` or `other`.
    pub kind: &'static str,
    /// Its name: of a permission, a rule, a queue, or the cause that the org's row carries.
    pub name: String,
    /// What it reaches the user through: a profile, a role, a group, an object.
    pub through: Vec<String>,
    /// Record id of what does it, where it is a record.
    pub id: Option<String>,
    /// In words.
    #[serde(skip)]
    pub(crate) words: String,
    /// What it gives, where a share row says so and it is certain that the row reaches the user.
    #[serde(skip)]
    pub(crate) level: Option<Level>,
    /// Whether a recalculation may still take it away: a row for the manifest's own role, with which only its own rules
    /// share.
    #[serde(skip)]
    settling: bool,
}

/// What opens each record, by the first 15 characters of its id.
pub(crate) type CausesById = BTreeMap<String, BTreeSet<Cause>>;

/// Puts the causes to each leak, as far as the org tells.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(super) async fn explain_leaks(
    subject: &Subject<'_>,
    access: &mut Access,
    around: &Around,
    reader: &Reader,
) -> Result<(), OrgError> {
    let leaks = &mut access.leaks;
    let first = leaks.iter().take(MOST_EXPLAINED);
    let ids: Vec<String> = first.map(|leak| leak.id.clone()).collect();
    let mut causes = causes(subject, &ids, around, reader).await?;
    let any_settling = causes.values().any(are_settling);
    for (index, leak) in leaks.iter_mut().enumerate() {
        leak.settling = index >= MOST_EXPLAINED && any_settling;
        if let Some(causes) = causes.remove(&short(&leak.id)) {
            leak.settling = are_settling(&causes);
            let words: Vec<&str> = causes.iter().map(|cause| cause.words.as_str()).collect();
            leak.cause = words.join("; ");
            leak.causes = causes.into_iter().collect();
        }
    }
    Ok(())
}

fn are_settling(causes: &BTreeSet<Cause>) -> bool {
    !causes.is_empty() && causes.iter().all(|cause| cause.settling)
}

/// What opens records to the user: permissions that ignore sharing and a default that does are told of all of them, rows
/// and rules of each.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(crate) async fn causes(
    subject: &Subject<'_>,
    ids: &[String],
    around: &Around,
    reader: &Reader,
) -> Result<CausesById, OrgError> {
    if ids.is_empty() {
        return Ok(CausesById::new());
    }
    let mut of_all = by_permission(subject);
    of_all.extend(by_default(subject));
    let mut causes: CausesById = ids.iter().map(|id| (short(id), of_all.clone())).collect();
    // Who sees all sees it, whatever rows say: mending those would change nothing.
    if of_all.is_empty() {
        for (id, cause) in rows::by_rows(subject, ids, around, reader).await? {
            causes.entry(id).or_default().insert(cause);
        }
        for id in ids {
            let found = causes.entry(short(id)).or_default();
            if let Some(children) = around.leaking.get(&short(id)) {
                found.retain(|cause| cause.kind != "implicit_parent");
                found.extend(children.iter().map(|child| by_child(child)));
            }
            if found.is_empty() {
                found.extend(by_account_rules(subject));
            }
        }
    }
    causes.retain(|_, causes| !causes.is_empty());
    Ok(causes)
}

impl Cause {
    pub(crate) fn new(kind: &'static str, name: impl Into<String>, words: String) -> Self {
        Self {
            kind,
            name: name.into(),
            through: Vec::new(),
            id: None,
            words,
            level: None,
            settling: false,
        }
    }

    /// The same in words that many records share.
    pub fn in_general(&self) -> String {
        match self.kind {
            "implicit_parent" => "accounts of records that are visible or were given".to_owned(),
            _ => self.words.clone(),
        }
    }

    pub(crate) fn through(mut self, through: impl Into<String>) -> Self {
        self.through.push(through.into());
        self
    }

    pub(crate) fn giving(mut self, level: Option<Level>) -> Self {
        self.level = level;
        self
    }

    pub(crate) fn of(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

/// Profiles and permission sets of the user that ignore sharing.
pub(crate) fn by_permission(subject: &Subject) -> BTreeSet<Cause> {
    let held = access::held_bypasses(&subject.sharing.object, subject.user, subject.live);
    let held = held.learnt().unwrap_or_default().into_iter();
    let cause = |by: access::Bypass| {
        let kind = if by.by.starts_with("View") {
            "view_all"
        } else {
            "modify_all"
        };
        let container = format!("{} `{}`", by.kind.replace('_', " "), by.name);
        let words = format!("{} through the {container}", by.by);
        Cause::new(kind, by.by, words)
            .through(format!("{}/{}", by.kind, by.name))
            .of(by.id)
    };
    held.map(cause).collect()
}

/// A default in force that is not private yet, or not private any more.
fn by_default(subject: &Subject) -> Option<Cause> {
    let object = &subject.sharing.object;
    let wanted = Defaults::new(subject.manifest, subject.live).after(object)?;
    let now = subject.live.default_in_force(object)?;
    let opens = wanted == SharingModel::Private && now > wanted;
    opens.then(|| {
        let words = format!("the default in force is {now}");
        let mut cause = Cause::new("default", now.to_string(), words).through(object.as_str());
        cause.settling = true;
        cause
    })
}

/// An account whose child leaks.
fn by_child(child: &str) -> Cause {
    let words = format!("it is the account of {child}, which should not be visible either");
    Cause::new(
        "implicit_parent",
        "account of a record that is visible",
        words,
    )
    .through(child)
    .of(child)
}

/// Rules on accounts that share children along.
fn by_account_rules(subject: &Subject) -> Vec<Cause> {
    let rules = access::account_rules_for(subject.sharing, subject.manifest, subject.live);
    let cause = |name: &str| {
        let words = format!("the account rule {name} may share it with its account");
        Cause::new("implicit_child", name, words).through("Account")
    };
    rules.into_iter().map(cause).collect()
}
