//! Who may do what, in plain loops, read off the documentation: the object reference (`UserRecordAccess`, the share
//! objects, `Group`), the security guide on sharing, and the help pages on contacts and on account children.
//!
//! Nothing is indexed, cached or shared with the program: slow, and easy to hold against the sentences it comes from.

use std::collections::{BTreeMap, BTreeSet};

use super::company::{
    Children, Company, Condition, Group, Level, Logic, Model, Object, Party, Record, Rights, Rule,
    Which,
};

/// What `UserRecordAccess` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) read: bool,
    pub(crate) edit: bool,
    pub(crate) delete: bool,
    pub(crate) transfer: bool,
}

/// A row of a share object: record, holder and cause, level, and for accounts the levels on the children.
pub(crate) type Row = (usize, Party, &'static str, Level, Option<Children>);

/// The union of profile and permission sets; an inactive user has nothing.
pub(crate) fn rights(company: &Company, user: usize, object: Object) -> Rights {
    let user = &company.users[user];
    let mut union = Rights::default();
    if !user.active {
        return union;
    }
    let sets = user.sets.iter().map(|set| &company.sets[*set]);
    for grants in sets.chain([&company.profiles[user.profile]]) {
        let own = grants.objects[&object];
        let views = grants.view_all_data || grants.modify_all_data;
        union.read |= own.read || views;
        union.edit |= own.edit || grants.modify_all_data;
        union.delete |= own.delete || grants.modify_all_data;
        union.view_all |= own.view_all || views;
        union.modify_all |= own.modify_all || grants.modify_all_data;
    }
    union
}

/// Object permission and record access together: each action needs both.
pub(crate) fn access(company: &Company, user: usize, record: usize) -> Access {
    let rights = rights(company, user, company.records[record].object);
    if !rights.read {
        return Access::default();
    }
    let level = level(company, user, record);
    let edit = rights.modify_all || rights.edit && level >= Level::Edit;
    // Owners and those above them give records away; of a default with Transfer, everybody who can edit does.
    let default = company.defaults[&company.records[record].object];
    let for_all = default == Model::ReadWriteTransfer && edit;
    Access {
        transfer: rights.modify_all || level == Level::All || for_all,
        edit,
        read: rights.view_all || rights.modify_all || level >= Level::Read,
        delete: rights.modify_all || rights.delete && level == Level::All,
    }
}

/// What sharing alone gives.
fn level(company: &Company, user: usize, number: usize) -> Level {
    let record = &company.records[number];
    let alone = match record.owner {
        Some(Party::User(owner)) if owner == user => Level::All,
        _ => Level::None,
    };
    // A contact without an account is private: no rule, no share, no superior reaches it.
    if record.object == Object::Contact && record.parent.is_none() {
        return alone;
    }
    let everybody = match company.defaults[&record.object] {
        Model::ControlledByParent => {
            return match record.parent {
                Some(parent) => level(company, user, parent),
                None => alone,
            };
        }
        Model::Private => Level::None,
        Model::Read => Level::Read,
        Model::ReadWrite | Model::ReadWriteTransfer => Level::Edit,
    };
    everybody
        .max(given(company, user, number))
        .max(through_children(company, user, number))
        .max(through_account(company, user, record))
}

/// What ownership, rules and shares by hand give, directly or through somebody below.
fn given(company: &Company, user: usize, number: usize) -> Level {
    let record = &company.records[number];
    let mut best = Level::None;
    if record
        .owner
        .is_some_and(|owner| reaches(company, owner, user))
    {
        best = Level::All;
    }
    for rule in &company.rules {
        if rule.object == record.object
            && shares(company, rule, record)
            && reaches(company, rule.to, user)
        {
            best = best.max(rule.level);
        }
    }
    for share in &company.shares {
        if share.record == number && reaches(company, share.to, user) {
            best = best.max(share.level);
        }
    }
    best
}

/// Who was given a contact, opportunity, case or contract may read its account.
fn through_children(company: &Company, user: usize, account: usize) -> Level {
    if company.records[account].object != Object::Account {
        return Level::None;
    }
    for (number, child) in company.records.iter().enumerate() {
        let hangs_on_it =
            child.parent == Some(account) && child.object.parent() == Some(Object::Account);
        let own_sharing = company.defaults[&child.object] != Model::ControlledByParent;
        if hangs_on_it && own_sharing && given(company, user, number) >= Level::Read {
            return Level::Read;
        }
    }
    Level::None
}

/// Account owners get what their role says on the account's contacts, opportunities and cases; so do those with whom an
/// account is shared, at the levels the share states.
fn through_account(company: &Company, user: usize, child: &Record) -> Level {
    let of = |levels: Children| match child.object {
        Object::Contact => levels.contacts,
        Object::Opportunity => levels.opportunities,
        Object::Case => levels.cases,
        _ => Level::None,
    };
    let Some(account) = child
        .parent
        .filter(|_| child.object.parent() == Some(Object::Account))
    else {
        return Level::None;
    };
    let record = &company.records[account];
    let mut best = Level::None;
    if let Some(Party::User(owner)) = record.owner
        && reaches(company, Party::User(owner), user)
        && let Some(role) = company.users[owner].role
    {
        best = of(role_levels(company, role));
    }
    for rule in &company.rules {
        if rule.object == Object::Account
            && shares(company, rule, record)
            && reaches(company, rule.to, user)
        {
            best = best.max(of(rule.children));
        }
    }
    for share in &company.shares {
        if share.record == account && reaches(company, share.to, user) {
            best = best.max(of(share.children));
        }
    }
    best
}

fn role_levels(company: &Company, role: usize) -> Children {
    let role = &company.roles[role];
    Children {
        contacts: role.contacts,
        opportunities: role.opportunities,
        cases: role.cases,
    }
}

/// Whether what somebody was given is this user's too: as a member, or standing above one where superiors take part.
fn reaches(company: &Company, party: Party, user: usize) -> bool {
    let inside = members(company, party);
    let upwards = match party {
        Party::Group(group) => company.groups[group].bosses,
        Party::Queue(queue) => company.queues[queue].bosses,
        Party::Everybody => false,
        Party::User(_) | Party::Role(_) | Party::RoleAndBelow(_) => true,
    };
    inside.contains(&user) || upwards && inside.iter().any(|other| is_above(company, user, *other))
}

/// The users that a party is made of, nested groups included.
fn members(company: &Company, party: Party) -> BTreeSet<usize> {
    let of_group = |group: &Group| {
        let nested = group.members.iter();
        nested
            .flat_map(|member| members(company, *member))
            .collect()
    };
    let whose_role = |wanted: &dyn Fn(usize) -> bool| {
        let users = company.users.iter().enumerate();
        users
            .filter(|(_, user)| user.role.is_some_and(wanted))
            .map(|(number, _)| number)
            .collect()
    };
    match party {
        Party::User(user) => BTreeSet::from([user]),
        Party::Role(role) => whose_role(&|own| own == role),
        Party::RoleAndBelow(role) => {
            whose_role(&|own| own == role || role_is_above(company, role, own))
        }
        Party::Group(group) => of_group(&company.groups[group]),
        Party::Queue(queue) => of_group(&company.queues[queue]),
        Party::Everybody => (0..company.users.len()).collect(),
    }
}

/// Whether one user's role stands above the other's.
fn is_above(company: &Company, superior: usize, user: usize) -> bool {
    match (company.users[superior].role, company.users[user].role) {
        (Some(top), Some(below)) => role_is_above(company, top, below),
        _ => false,
    }
}

fn role_is_above(company: &Company, top: usize, below: usize) -> bool {
    match company.roles[below].above {
        Some(next) => next == top || role_is_above(company, top, next),
        None => false,
    }
}

/// Whether a rule shares a record, whoever with.
pub(crate) fn shares(company: &Company, rule: &Rule, record: &Record) -> bool {
    match &rule.which {
        Which::OwnedBy(Party::Queue(queue)) => record.owner == Some(Party::Queue(*queue)),
        Which::OwnedBy(party) => match record.owner {
            Some(Party::User(owner)) => members(company, *party).contains(&owner),
            _ => false,
        },
        Which::Meeting {
            conditions,
            logic,
            owned_by_all,
        } => {
            let unshared = match record.owner {
                Some(Party::User(owner)) => company.users[owner].system && !owned_by_all,
                _ => false,
            };
            !unshared && meets(conditions, *logic, record)
        }
    }
}

fn meets(conditions: &[Condition], logic: Logic, record: &Record) -> bool {
    let each: Vec<bool> = conditions
        .iter()
        .map(|condition| holds(condition, record))
        .collect();
    match logic {
        Logic::All => each.iter().all(|held| *held),
        Logic::Any => each.iter().any(|held| *held),
        Logic::FirstAndAny => each[0] && (each.len() == 1 || each[1..].iter().any(|held| *held)),
    }
}

/// Text heeds case; an empty value means blank, and a blank field is not equal to any text.
fn holds(condition: &Condition, record: &Record) -> bool {
    match condition {
        Condition::Flag(wanted) => record.flag == *wanted,
        Condition::Word(wanted) => wanted.contains(&record.word),
        Condition::WordIsNot(unwanted) => record.word != *unwanted,
        Condition::WordContains(part) => record.word.contains(part),
        Condition::WordLacks(part) => !record.word.contains(part),
        Condition::CountAbove(bound) => record.count.is_some_and(|count| count > *bound),
    }
}

/// The rows of an object's share table: one for each record, holder and cause, the widest where several say the same.
pub(crate) fn rows(company: &Company, object: Object) -> Vec<Row> {
    let mut widest: BTreeMap<(usize, Party, &'static str), (Level, Children)> = BTreeMap::new();
    let mut put = |record: usize, (holder, cause, level, children): Given| {
        let kept = widest.entry((record, holder, cause)).or_default();
        kept.0 = level.max(kept.0);
        kept.1.contacts = children.contacts.max(kept.1.contacts);
        kept.1.opportunities = children.opportunities.max(kept.1.opportunities);
        kept.1.cases = children.cases.max(kept.1.cases);
    };
    for (number, record) in company.records.iter().enumerate() {
        if record.object != object {
            continue;
        }
        if let Some(owner) = record.owner {
            let children = match owner {
                Party::User(user) => company.users[user]
                    .role
                    .map(|role| role_levels(company, role)),
                _ => None,
            };
            put(
                number,
                (owner, "Owner", Level::All, children.unwrap_or_default()),
            );
        }
        for given in granted(company, number) {
            put(number, given);
        }
        for holder in implied_parents(company, number) {
            put(
                number,
                (holder, "ImplicitParent", Level::Read, Children::default()),
            );
        }
    }
    let shown = |children| (object == Object::Account).then_some(children);
    let rows = widest.into_iter();
    rows.map(|((record, holder, cause), (level, children))| {
        (record, holder, cause, level, shown(children))
    })
    .collect()
}

/// Holder, cause, level, and the levels on an account's children.
type Given = (Party, &'static str, Level, Children);

/// What rules and hands give on one record. Private contacts are given to nobody.
fn granted(company: &Company, number: usize) -> Vec<Given> {
    let record = &company.records[number];
    let private = record.object == Object::Contact && record.parent.is_none();
    let rules = company
        .rules
        .iter()
        .filter(|rule| rule.object == record.object && !private && shares(company, rule, record));
    let ruled = rules.map(|rule| (rule.to, "Rule", rule.level, rule.children));
    let shares = company.shares.iter().filter(|share| share.record == number);
    let by_hand = shares.map(|share| (share.to, "Manual", share.level, share.children));
    ruled.chain(by_hand).collect()
}

/// Everybody who was given a child of a private account and does not own the account.
fn implied_parents(company: &Company, account: usize) -> BTreeSet<Party> {
    let record = &company.records[account];
    let mut holders = BTreeSet::new();
    if record.object != Object::Account || company.defaults[&Object::Account] != Model::Private {
        return holders;
    }
    for (number, child) in company.records.iter().enumerate() {
        let own_sharing = company.defaults[&child.object] != Model::ControlledByParent;
        if child.parent != Some(account)
            || child.object.parent() != Some(Object::Account)
            || !own_sharing
        {
            continue;
        }
        holders.extend(child.owner);
        holders.extend(
            granted(company, number)
                .into_iter()
                .map(|(holder, ..)| holder),
        );
    }
    holders.retain(|holder| record.owner != Some(*holder));
    holders
}
