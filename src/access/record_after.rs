//! What somebody will be able to do with single records once a plan is applied, by the laws of record access. Pure.
//!
//! What the documentation leaves open, other records decide, or the org did not tell, is [`Verdict::Either`].

use super::accounts::{account_rules, is_opened_by_account_rows, level_after};
use super::levels_of_own_accounts;
use super::losing::terms::{RuleSource, RuleTarget, RuleTerm, target_of, terms};
use super::people::{People, both, either_way};
use super::rights_on_object::{RightsOnObject, rights_of_other, rights_of_own};
use crate::criteria::Verdict;
use crate::laws::{CHILDREN_OF_ACCOUNTS, Facts, Level, Opening, RecordSort, Way, grant};
use crate::live::{Defaults, Known, Live, LiveRecord, LiveUser, Person, Share, short_id};
use crate::manifest::{Manifest, Sharing, SharingModel};

/// Causes of share rows that are judged by what made them, not by the row: owners, rules, and what comes along with other
/// records (object reference, AccountShare, `RowCause`).
const JUDGED_OTHERWISE: [&str; 4] = ["Owner", "Rule", "ImplicitParent", "ImplicitChild"];

/// Whether somebody will read a record, and edit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeseenAccess {
    /// Whether it will be read.
    pub read: Verdict,
    /// Whether it will be edited.
    pub edit: Verdict,
}

impl ForeseenAccess {
    /// Nobody can say.
    pub const OPEN: Self = Self {
        read: Verdict::Either,
        edit: Verdict::Either,
    };
}

/// Whose access is judged.
#[derive(Clone, Copy)]
pub(super) enum Judged<'a> {
    /// The user of the manifest, whether it is there yet or not.
    Own(Option<&'a LiveUser>),
    /// Somebody else.
    Other(&'a LiveUser),
}

/// What one user's access to records of one object is judged by.
pub(super) struct RecordJudge<'a> {
    object: &'a str,
    manifest: &'a Manifest,
    live: &'a Live,
    people: Option<People<'a>>,
    person: Person,
    rights: RightsOnObject,
    terms: Vec<RuleTerm>,
    default: Option<SharingModel>,
    /// What the org did not tell and much rests on, in a sentence.
    doubt: Option<String>,
}

impl<'a> RecordJudge<'a> {
    pub(super) fn of(
        object: &'a str,
        user: Judged<'a>,
        manifest: &'a Manifest,
        live: &'a Live,
    ) -> Self {
        let people = People::after(live, manifest);
        let granted = live.containers().and(live.grants_on(object));
        let doubt = match &people {
            Known::NotAsked => {
                let too_many = || Some("there are more users than are read".to_owned());
                live.users_by_profile().why_unknown().or_else(too_many)
            }
            people => people.why_unknown().or_else(|| granted.why_unknown()),
        };
        let stated = manifest.spec.sharing_of(object);
        let sharing = stated.cloned().unwrap_or_else(|| Sharing::bare(object));
        Self {
            object,
            manifest,
            live,
            people: people.learnt().map(|people| people.of_object(object)),
            person: person(user, manifest, live),
            rights: match user {
                Judged::Own(there) => rights_of_own(object, there, manifest, live),
                Judged::Other(user) => rights_of_other(object, user, manifest, live),
            },
            terms: terms(&sharing, manifest, live),
            default: Defaults::new(manifest, live).after(object),
            doubt,
        }
    }

    /// What the org did not tell and much rests on.
    pub(super) fn doubt(&self) -> Option<&String> {
        self.doubt.as_ref()
    }

    /// What the user will be able to do with a record. `shares` are its share rows, where they were told.
    pub(super) fn access(&self, record: &LiveRecord, shares: Known<&[&Share]>) -> ForeseenAccess {
        let is_ordinary = self.person.active && self.person.kind == "Standard";
        if !is_ordinary {
            return self.within_rights(ForeseenAccess::OPEN);
        }
        let facts = Facts {
            sort: self.sort(record),
            default: self.default,
            edits_object: true,
            grants: self.grants(record, shares),
        };
        let sight = facts.sight();
        let open = |verdict| match (self.default, verdict) {
            (None, Verdict::No) => Verdict::Either,
            (_, verdict) => verdict,
        };
        self.within_rights(ForeseenAccess {
            read: open(sight.read),
            edit: open(sight.edit),
        })
    }

    fn within_rights(&self, access: ForeseenAccess) -> ForeseenAccess {
        let read = both(self.rights.read, access.read);
        ForeseenAccess {
            read,
            edit: both(read, both(self.rights.edit, access.edit)),
        }
    }

    fn sort(&self, record: &LiveRecord) -> RecordSort {
        match RecordSort::of(self.object) {
            RecordSort::Contact if record.account().is_none() => RecordSort::LoneContact,
            RecordSort::Opportunity(_) => RecordSort::Opportunity(record.is_private().into()),
            sort => sort,
        }
    }

    fn grants(&self, record: &LiveRecord, shares: Known<&[&Share]>) -> Vec<Opening> {
        let owner = record.owner().unwrap_or_default();
        let mut grants = vec![
            grant(Way::Permission, Level::Read, self.rights.view_all),
            grant(Way::Permission, Level::All, self.rights.modify_all),
            grant(Way::Owned, Level::All, self.is_own(owner).into()),
        ];
        let Some(people) = &self.people else {
            grants.push(grant(Way::Row, Level::All, Verdict::Either));
            return grants;
        };
        if !owner.is_empty() {
            let way = match owner.starts_with("00G") {
                true => Way::Queue,
                false => Way::Below,
            };
            let passed = people.is_passed_to(&self.person, owner);
            grants.push(grant(way, Level::All, passed));
        }
        let standing = self.terms.iter().filter(|term| term.after);
        grants.extend(standing.map(|term| self.by_rule(term, record, people)));
        grants.extend(self.by_rows(shares, people));
        grants.extend(self.by_account(record, people));
        if self.object == "Account" {
            grants.push(grant(Way::ParentOfGiven, Level::Read, Verdict::Either));
        }
        grants
    }

    fn is_own(&self, owner: &str) -> bool {
        !owner.is_empty() && short_id(owner) == short_id(&self.person.id)
    }

    fn by_rule(&self, term: &RuleTerm, record: &LiveRecord, people: &People) -> Opening {
        let kind = |field: &str| self.live.field_type(self.object, field).map(str::to_owned);
        let met = match &term.source {
            RuleSource::Everything => Verdict::Yes,
            RuleSource::Nothing => Verdict::No,
            RuleSource::Anything => Verdict::Either,
            RuleSource::Owners(source) => {
                people.owns_for(source, record.owner().unwrap_or_default())
            }
            RuleSource::Meeting(_, criteria) => {
                let was_read =
                    |path: &String| path.contains('.') || record.row().get(path).is_some();
                match (criteria.paths().iter().all(was_read), term.leaves_out) {
                    (false, _) => Verdict::Either,
                    (true, false) => criteria.verdict(record.row(), &kind),
                    (true, true) => {
                        let has_role = may_have_role(record.owner(), people);
                        both(criteria.verdict(record.row(), &kind), has_role)
                    }
                }
            }
        };
        let reach = match &term.target {
            RuleTarget::These(principal) => people.is_shared_with(&self.person, principal),
            RuleTarget::Outsiders => Verdict::No,
            RuleTarget::Unknown => Verdict::Either,
        };
        let level = term.level.unwrap_or(Level::Edit);
        grant(Way::Rule, level, both(reach, met))
    }

    fn by_rows(&self, shares: Known<&[&Share]>, people: &People) -> Vec<Opening> {
        let Known::Is(shares) = shares else {
            return vec![grant(Way::Row, Level::All, Verdict::Either)];
        };
        let meant = |share: &&&Share| !JUDGED_OTHERWISE.contains(&share.cause.as_str());
        let rows = shares.iter().filter(meant).map(|share| {
            let level = share.level.as_deref().and_then(Level::named);
            let reaches = people.reaches(&self.person, &share.with);
            grant(Way::Row, level.unwrap_or(Level::All), reaches)
        });
        rows.collect()
    }

    /// What hangs on an account that the user owns, or stands above the owner of: as far as roles say.
    fn by_account(&self, record: &LiveRecord, people: &People) -> Vec<Opening> {
        let owner = record.owner_of_account();
        let Some(owner) = owner.filter(|_| CHILDREN_OF_ACCOUNTS.contains(&self.object)) else {
            return Vec::new();
        };
        let own = self.is_own(owner);
        let relation = either_way(own.into(), people.is_passed_to(&self.person, owner));
        let roles = self.live.roles().learnt();
        let of_role = |person: Option<&Person>| {
            let role = person.and_then(|person| people.role_of(person));
            let wanted = self.manifest.spec.role.as_ref();
            let role = roles.zip(role).and_then(|(roles, id)| roles.of_id(id));
            match (role, wanted) {
                (Some(role), Some(wanted)) if wanted.name.value == role.name => {
                    levels_of_own_accounts(self.object, self.manifest, self.live)
                }
                (Some(role), _) => level_after(role, self.object, self.manifest, self.live),
                (None, _) => (Level::None, Level::Edit),
            }
        };
        let (mine, theirs) = (of_role(Some(&self.person)), of_role(people.person(owner)));
        let by_accounts = match self.may_open_children(people) {
            true => Verdict::Either,
            false => Verdict::No,
        };
        let (least, most) = match own {
            true => mine,
            false => (mine.0.min(theirs.0), mine.1.max(theirs.1)),
        };
        let certain = grant(Way::ChildOfOwned, least, relation);
        vec![
            certain,
            grant(Way::ChildOfOwned, most, both(relation, Verdict::Either)),
            grant(Way::ChildOfOwned, Level::Edit, by_accounts),
        ]
    }

    /// Whether rules on accounts, or share rows of accounts, may open what hangs on them to the user.
    fn may_open_children(&self, people: &People) -> bool {
        let mut rules = account_rules(self.object, self.live);
        let by_rules = rules.any(|rule| match target_of(rule) {
            RuleTarget::These(principal) => {
                people.is_shared_with(&self.person, &principal) != Verdict::No
            }
            RuleTarget::Outsiders => false,
            RuleTarget::Unknown => true,
        });
        let reaches = |holder: &str| people.reaches(&self.person, holder) != Verdict::No;
        let by_rows = is_opened_by_account_rows(self.object, self.live, reaches);
        by_rules || by_rows != Known::Is(false)
    }
}

/// Whether an owner is of those that can have a role: one that has one is.
fn may_have_role(owner: Option<&str>, people: &People) -> Verdict {
    let owner = owner.and_then(|owner| people.person(owner));
    match owner.and_then(|owner| people.role_of(owner)) {
        Some(_) => Verdict::Yes,
        None => Verdict::Either,
    }
}

/// The user as it will stand.
fn person(user: Judged, manifest: &Manifest, live: &Live) -> Person {
    let there = match user {
        Judged::Own(there) => there,
        Judged::Other(user) => Some(user),
    };
    let role = match user {
        Judged::Own(there) => {
            let wanted = manifest.spec.role.as_ref().filter(|role| !role.absent);
            let standing = wanted.and_then(|role| live.roles().learnt()?.named(&role.name));
            let made = || wanted.map(|role| role.name.value.clone());
            let kept = || there.and_then(|user| user.role_id.clone());
            standing
                .map(|role| role.id.clone())
                .or_else(made)
                .or_else(kept)
        }
        Judged::Other(user) => user.role_id.clone(),
    };
    Person {
        id: there.map_or_else(String::new, |user| user.id.clone()),
        username: there.map_or_else(String::new, |user| user.username.clone()),
        role,
        profile: there.and_then(|user| user.profile_id.clone()),
        active: matches!(user, Judged::Own(_)) || there.is_some_and(|user| user.active),
        kind: kind_of(there, live),
    }
}

/// Which kind of user it is: a new one of a manifest is an internal one.
fn kind_of(there: Option<&LiveUser>, live: &Live) -> String {
    let people = live.people().learnt().unwrap_or_default();
    let one = there.and_then(|user| people.iter().find(|person| person.id == user.id));
    match (there, one) {
        (_, Some(person)) => person.kind.clone(),
        (None, None) => "Standard".to_owned(),
        (Some(_), None) => String::new(),
    }
}
