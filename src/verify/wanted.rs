//! What the manifest wants of one record, by the laws of record access: what the user owns or stands above, what the
//! manifest's rules share with it, and what comes along with that.

use super::given::Opened;
use super::reached::HolderReach;
use super::subject::Subject;
use crate::access;
use crate::criteria::{Criteria, Verdict};
use crate::kinds::rule_criteria;
use crate::laws::{
    CHILDREN_OF_ACCOUNTS, Facts, Level, Opening, RecordSight, RecordSort, Way, grant,
};
use crate::live::{
    ACCOUNT, ACCOUNTS_OWNER, Defaults, Live, LiveRecord, OWNERS_ROLE, PRIVATE,
    ROLE_OF_ACCOUNTS_OWNER, record_columns, short_id,
};
use crate::manifest::{Manifest, RuleAccess, Sharing};
use std::collections::{BTreeMap, BTreeSet};

/// What the manifest wants of one record.
pub(crate) struct WantedAccess {
    pub(crate) read: Verdict,
    pub(crate) edit: Verdict,
    /// Whether it opens the account that it hangs on.
    pub(crate) opens_account: Verdict,
    pub(crate) why: &'static str,
    /// Record id of the contact, opportunity or case that brings an account along.
    pub(crate) child: Option<String>,
}

/// What a record's own columns do not tell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    /// Accounts that come along with what the user was given.
    pub(crate) opened: Opened,
    /// Groups and queues whose records the user has.
    pub(crate) reached: HolderReach,
    /// Accounts that are open because records leak that hang on them: the records, by the first 15 characters of the
    /// account's id.
    pub(crate) leaking: BTreeMap<String, BTreeSet<String>>,
}

/// A rule's criteria, what it gives, and whether it reaches the user.
type RuleForUser = (Criteria, RuleAccess, Verdict);

/// What records are judged by, the same for all of an object.
pub(crate) struct Grounds<'a> {
    rules: Vec<RuleForUser>,
    /// The roles below the user's, by id.
    below: BTreeSet<&'a str>,
}

/// The columns that a proof reads of an object's records: those that the criteria ask for and `selectable` lets pass, and
/// those that the laws decide by.
pub(super) fn proof_columns(
    sharing: &Sharing,
    manifest: &Manifest,
    live: &Live,
    selectable: impl Fn(&str) -> bool,
) -> BTreeSet<String> {
    let criteria = criteria(sharing, manifest, live).into_iter();
    let paths = criteria.flat_map(|(criteria, ..)| criteria.paths());
    let by_law = columns_of_laws(sharing, manifest, live);
    let by_law = by_law.into_iter().map(str::to_owned);
    let paths = paths.filter(|path| selectable(path)).chain(by_law);
    record_columns(&sharing.object, paths)
}

/// The columns that the laws decide by, as far as they decide anything here.
fn columns_of_laws(sharing: &Sharing, manifest: &Manifest, live: &Live) -> Vec<&'static str> {
    let object = sharing.object.as_str();
    let supervises = !roles_below(manifest, live).is_empty();
    let mut columns = Vec::new();
    columns.extend(supervises.then_some(OWNERS_ROLE));
    let has_private = live.field(object, PRIVATE).is_some();
    columns.extend((object == "Opportunity" && has_private).then_some(PRIVATE));
    if !CHILDREN_OF_ACCOUNTS.contains(&object) {
        return columns;
    }
    let with_accounts = manifest.spec.sharing_of("Account").is_some();
    columns.extend(with_accounts.then_some(ACCOUNT));
    if access::levels_of_own_accounts(object, manifest, live).1 > Level::None {
        columns.push(ACCOUNTS_OWNER);
    }
    columns.extend(supervises.then_some(ROLE_OF_ACCOUNTS_OWNER));
    columns
}

/// The roles below the manifest's own, by id.
fn roles_below<'a>(manifest: &Manifest, live: &'a Live) -> BTreeSet<&'a str> {
    let roles = live.roles().learnt();
    let wanted = manifest.spec.role.as_ref();
    let role = wanted.and_then(|role| roles?.named(&role.name));
    let around = roles.zip(role);
    let below = around.map_or_else(Vec::new, |(roles, role)| roles.below(role));
    below.into_iter().map(|role| role.id.as_str()).collect()
}

/// The criteria of the rules that reach the user, or may.
fn criteria(sharing: &Sharing, manifest: &Manifest, live: &Live) -> Vec<RuleForUser> {
    let rules = access::criteria_rules(sharing, manifest);
    let criteria = rules.map(|(rule, reach)| {
        let (criteria, _) = rule_criteria(rule, &sharing.object, manifest, live);
        (criteria, rule.access.value, reach)
    });
    criteria.collect()
}

impl<'a> Subject<'a> {
    /// What its records are judged by.
    pub(crate) fn grounds(&self) -> Grounds<'a> {
        Grounds {
            rules: criteria(self.sharing, self.manifest, self.live),
            below: roles_below(self.manifest, self.live),
        }
    }

    /// What the user should be able to do with a record, and why.
    pub(crate) fn wanted_access(
        &self,
        record: &LiveRecord,
        grounds: &Grounds<'_>,
        around: &Around,
    ) -> WantedAccess {
        let default = Defaults::new(self.manifest, self.live).after(&self.sharing.object);
        let sort = self.sort(record);
        let facts = Facts {
            sort,
            default,
            edits_object: true,
            grants: self.grants(record, grounds, around),
        };
        let sight = facts.sight();
        let opened = around.opened.of(record.id());
        let along = sight.way() == Some(Way::ParentOfGiven);
        WantedAccess {
            read: sight.read,
            edit: sight.edit,
            opens_account: sight.opens_account(default),
            why: why(&sight, sort),
            child: opened
                .filter(|_| along)
                .and_then(|opened| opened.child.clone()),
        }
    }

    /// What sort of record it is in the eyes of the laws.
    pub(crate) fn sort(&self, record: &LiveRecord) -> RecordSort {
        match RecordSort::of(&self.sharing.object) {
            RecordSort::Contact if record.account().is_none() => RecordSort::LoneContact,
            RecordSort::Opportunity(_) => RecordSort::Opportunity(record.is_private().into()),
            sort => sort,
        }
    }

    /// Every way that the facts show.
    fn grants(&self, record: &LiveRecord, grounds: &Grounds<'_>, around: &Around) -> Vec<Opening> {
        let rules = self.verdicts(record, grounds).into_iter();
        let mut grants: Vec<Opening> = rules
            .map(|(holds, access)| grant(Way::Rule, access.into(), holds))
            .collect();
        // Nobody asks for more than the object allows but who writes a rule.
        let all = match self.lacks_right(|rights| rights.edit) {
            true => Level::Read,
            false => Level::All,
        };
        let owner = record.owner().unwrap_or_default();
        let is_below = |role: Option<&str>| role.is_some_and(|role| grounds.below.contains(role));
        let queue = around.reached.has(owner);
        grants.push(grant(Way::Owned, all, self.is_own(Some(owner)).into()));
        grants.push(grant(
            Way::Below,
            all,
            is_below(record.role_of_owner()).into(),
        ));
        grants.push(grant(Way::Queue, all, queue));
        if let Some(opened) = around.opened.of(record.id()) {
            grants.push(grant(Way::ParentOfGiven, Level::Read, opened.holds));
        }
        grants.extend(self.by_account(record, is_below(record.role_of_accounts_owner())));
        grants
    }

    /// What hangs on an account that the user owns, or stands above: as far as a role says.
    fn by_account(&self, record: &LiveRecord, is_below: bool) -> Vec<Opening> {
        let object = self.sharing.object.as_str();
        if !CHILDREN_OF_ACCOUNTS.contains(&object) {
            return Vec::new();
        }
        let ours = access::levels_of_own_accounts(object, self.manifest, self.live);
        let owns = self.is_own(record.owner_of_account());
        let mut grants = vec![grant(Way::ChildOfOwned, ours.0, owns.into())];
        if owns && ours.1 > ours.0 {
            grants.push(grant(Way::ChildOfOwned, ours.1, Verdict::Either));
        }
        if is_below {
            let role = record.role_of_accounts_owner();
            let roles = self.live.roles().learnt();
            let role = role.and_then(|id| roles?.of_id(id));
            let theirs = role.map_or((Level::None, Level::Edit), |role| {
                access::level_on_own_accounts(role, object)
            });
            let (least, most) = (theirs.0.min(ours.0), theirs.1.max(ours.1));
            grants.push(grant(Way::ChildOfOwned, least, Verdict::Yes));
            grants.push(grant(Way::ChildOfOwned, most, Verdict::Either));
        }
        grants
    }

    /// Whether no rule that reaches the user, or may reach it, matches any of the records, or may.
    pub(super) fn none_matches(&self, records: &[LiveRecord], grounds: &Grounds<'_>) -> bool {
        let matches = |record: &LiveRecord| {
            let verdicts = self.verdicts(record, grounds).into_iter();
            verdicts
                .map(|(verdict, _)| verdict)
                .any(|verdict| verdict != Verdict::No)
        };
        !records.iter().any(matches)
    }

    fn is_own(&self, owner: Option<&str>) -> bool {
        owner.is_some_and(|owner| short_id(owner) == short_id(&self.user.id))
    }

    /// What each rule that reaches the user, or may reach it, says about a record.
    fn verdicts(&self, record: &LiveRecord, grounds: &Grounds<'_>) -> Vec<(Verdict, RuleAccess)> {
        let kind = |field: &str| {
            let kind = self.live.field_type(&self.sharing.object, field);
            kind.map(str::to_owned)
        };
        let both = |met: Verdict, reach: Verdict| match met {
            Verdict::Yes => reach,
            other => other,
        };
        let by_criteria = grounds.rules.iter().map(|(criteria, access, reach)| {
            (both(criteria.verdict(record.row(), &kind), *reach), *access)
        });
        let owner = record.owner().unwrap_or_default();
        let by_owner =
            access::owner_rules(self.sharing, self.manifest).map(|(rule, principal, reach)| {
                let met = access::owned_by(principal, owner, self.live);
                (both(met, reach), rule.access.value)
            });
        by_criteria.chain(by_owner).collect()
    }
}

/// In words, what decides.
fn why(sight: &RecordSight, sort: RecordSort) -> &'static str {
    match (sight.way(), sight.read) {
        (Some(Way::Owned), _) => "the user owns it",
        (Some(Way::Below), _) => "the user stands above its owner",
        (Some(Way::Queue), _) => "the user has what its queue has",
        (Some(Way::ControllingParent), _) => "its parent decides",
        (Some(Way::Default), _) => "the organization-wide default opens it",
        (Some(Way::ParentOfGiven), Verdict::Yes) => {
            "who is given a record reads its account, and the user is given one"
        }
        (Some(Way::ParentOfGiven), _) => {
            "who is given a record reads its account, and the user may be given one"
        }
        (Some(Way::ChildOfOwned), Verdict::Yes) => "the user has its account",
        (Some(Way::ChildOfOwned), _) => "the user has its account, and may see it for that",
        (Some(_), Verdict::Yes) => "a rule of the manifest shares it",
        (Some(_), _) => "a rule of the manifest may share it",
        (None, _) if sort == RecordSort::LoneContact => "a contact without an account is private",
        (None, _) => "no rule of the manifest shares it",
    }
}
