//! Who may do what, law by law and in plain loops: the order of evaluation is the platform's (Record Access guide; object
//! reference, `UserRecordAccess`; security guide and help on sharing). Where sources contradict each other this is what the
//! emulator does without a switch.
//!
//! Nothing is indexed, cached or shared with the program: slow, and easy to hold against the sentences it comes from.

#[path = "evaluator/rules.rs"]
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use super::company::{Children, Company, Grants, Level, Model, Object, Party, Record, Rights};
pub(crate) use rules::shares;

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

/// Object permissions add up over profile and permission sets. Viewing or modifying all data is viewing or modifying all
/// of each object. Who is inactive has nothing.
pub(crate) fn rights(company: &Company, user: usize, object: Object) -> Rights {
    let mut sum = Rights::default();
    if !company.users[user].active {
        return sum;
    }
    for grants in containers(company, user) {
        let one = grants.objects[&object];
        let (views, modifies) = (
            grants.view_all_data || grants.modify_all_data,
            grants.modify_all_data,
        );
        sum = Rights {
            read: sum.read || one.read || views,
            edit: sum.edit || one.edit || modifies,
            delete: sum.delete || one.delete || modifies,
            view_all: sum.view_all || one.view_all || views,
            modify_all: sum.modify_all || one.modify_all || modifies,
        };
    }
    sum
}

fn containers(company: &Company, user: usize) -> Vec<&Grants> {
    let user = &company.users[user];
    let sets = user.sets.iter().map(|set| &company.sets[*set]);
    sets.chain([&company.profiles[user.profile]]).collect()
}

/// Permission and sharing both have to allow an action.
pub(crate) fn access(company: &Company, user: usize, number: usize) -> Access {
    let object = company.records[number].object;
    let may = rights(company, user, object);
    if !may.read {
        return Access::default();
    }
    if may.modify_all {
        return Access {
            read: true,
            edit: may.edit,
            delete: may.delete,
            transfer: true,
        };
    }
    let level = sharing(company, user, number);
    let read = may.view_all || level >= Level::Read;
    let edit = may.edit && level >= Level::Edit;
    // Edit on the master is enough to delete its details; any other record takes everything.
    let enough = match object.masters().is_empty() {
        true => Level::All,
        false => Level::Edit,
    };
    let transfers = containers(company, user).iter().any(|it| it.transfers);
    let by_default = company.defaults[&object] == Model::ReadWriteTransfer && edit;
    Access {
        read,
        edit,
        delete: may.delete && level >= enough,
        transfer: may.edit && (level == Level::All || transfers && read || by_default),
    }
}

/// What sharing gives, before object permissions.
fn sharing(company: &Company, user: usize, number: usize) -> Level {
    let record = &company.records[number];
    let reach = reach(company, user, record.object);
    // A contact without account is its owner's, and nobody else's: no superior, no rule.
    if record.object == Object::Contact && record.parent.is_none() {
        let own = record.owner == Some(Party::User(user));
        return if own { Level::All } else { Level::None };
    }
    if company.defaults[&record.object] == Model::ControlledByParent {
        return by_parent(company, user, record);
    }
    let owned = record.owner.is_some_and(|owner| reach.contains(&owner));
    if owned {
        return Level::All;
    }
    // A private opportunity is its owner's and the superiors', and nobody else's.
    if record.private {
        return Level::None;
    }
    let mut best = match company.defaults[&record.object] {
        Model::Private | Model::ControlledByParent => Level::None,
        Model::Read => Level::Read,
        Model::ReadWrite | Model::ReadWriteTransfer => Level::Edit,
    };
    for given in given(company, number) {
        if reach.contains(&given.holder) {
            best = best.max(given.level);
        }
    }
    if record.object == Object::Account && holds_a_child(company, &reach, number) {
        best = best.max(Level::Read);
    }
    best.max(through_account(company, &reach, record))
}

/// A detail goes with the narrowest of its masters, a contact with its account. To view or modify all of a master opens its
/// details; of accounts it opens no contacts.
fn by_parent(company: &Company, user: usize, record: &Record) -> Level {
    if record.object == Object::Contact {
        let account = record.parent.expect("it has an account");
        return sharing(company, user, account);
    }
    let mut narrowest = Level::All;
    for (place, (master, number)) in record.masters().into_iter().enumerate() {
        let may = rights(company, user, master);
        let everywhere = match (may.modify_all, may.view_all) {
            (true, _) => Level::All,
            (false, true) => Level::Read,
            (false, false) => Level::None,
        };
        let mut level = sharing(company, user, number).max(everywhere);
        if level == Level::Read && company.reading_writes(record.object, place) {
            level = Level::Edit;
        }
        narrowest = narrowest.min(level);
    }
    narrowest
}

/// Everybody and every group whose access is this user's too, among the records of an object.
fn reach(company: &Company, user: usize, object: Object) -> BTreeSet<Party> {
    let hierarchy = !company.flat.contains(&object);
    let all: BTreeSet<usize> = (0..company.users.len()).collect();
    let below: BTreeSet<usize> = all
        .iter()
        .copied()
        .filter(|other| hierarchy && stands_above(company, user, *other))
        .collect();
    let mut reach: BTreeSet<Party> = below.iter().map(|other| Party::User(*other)).collect();
    reach.insert(Party::User(user));
    for party in groups(company) {
        let members = members(company, party);
        let through_below = match party {
            Party::Role(_) | Party::RoleAndBelow(_) => true,
            Party::Group(group) => company.groups[group].bosses,
            Party::Queue(queue) => company.queues[queue].bosses,
            Party::User(_) | Party::Everybody => false,
        };
        if members.contains(&user) || through_below && !members.is_disjoint(&below) {
            reach.insert(party);
        }
    }
    reach
}

fn groups(company: &Company) -> Vec<Party> {
    let roles = 0..company.roles.len();
    let mut groups: Vec<Party> = roles.clone().map(Party::Role).collect();
    groups.extend(roles.map(Party::RoleAndBelow));
    groups.extend((0..company.groups.len()).map(Party::Group));
    groups.extend((0..company.queues.len()).map(Party::Queue));
    groups.push(Party::Everybody);
    groups
}

/// The users that a party is made of, nested groups included.
fn members(company: &Company, party: Party) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let listed: &[Party] = match party {
        Party::Group(group) => &company.groups[group].members,
        Party::Queue(queue) => &company.queues[queue].members,
        _ => &[],
    };
    for member in listed {
        found.extend(members(company, *member));
    }
    for (number, user) in company.users.iter().enumerate() {
        let is_in = match party {
            Party::User(one) => one == number,
            Party::Role(role) => user.role == Some(role),
            Party::RoleAndBelow(top) => user
                .role
                .is_some_and(|role| role == top || roles_above(company, role).contains(&top)),
            Party::Everybody => true,
            Party::Group(_) | Party::Queue(_) => false,
        };
        if is_in {
            found.insert(number);
        }
    }
    found
}

/// Nobody without a role stands above or below anybody.
fn stands_above(company: &Company, superior: usize, user: usize) -> bool {
    match (company.users[superior].role, company.users[user].role) {
        (Some(top), Some(role)) => roles_above(company, role).contains(&top),
        _ => false,
    }
}

fn roles_above(company: &Company, role: usize) -> Vec<usize> {
    let mut above = Vec::new();
    let mut next = company.roles[role].above;
    while let Some(role) = next {
        above.push(role);
        next = company.roles[role].above;
    }
    above
}

/// What somebody was given of a record, beside owning it.
struct Given {
    holder: Party,
    cause: &'static str,
    level: Level,
    children: Children,
}

/// Rules and shares by hand. No rule reaches what is private by itself; what was given to somebody by name ends with them.
fn given(company: &Company, number: usize) -> Vec<Given> {
    let record = &company.records[number];
    let mut all = Vec::new();
    let private = record.private || record.object == Object::Contact && record.parent.is_none();
    for rule in &company.rules {
        if !private && rule.object == record.object && shares(company, rule, record) {
            all.push(Given {
                holder: rule.to,
                cause: "Rule",
                level: rule.level,
                children: rule.children,
            });
        }
    }
    for share in &company.shares {
        let ended = match share.to {
            Party::User(user) => !company.users[user].active,
            _ => false,
        };
        if share.record == number && !ended {
            all.push(Given {
                holder: share.to,
                cause: "Manual",
                level: share.level,
                children: share.children,
            });
        }
    }
    all
}

/// Who holds an account's contacts, opportunities, cases and contracts: owners, and whoever was given one. Of a contact that
/// the account controls the owner alone, of a private opportunity too.
fn holders_of_children(company: &Company, account: usize) -> BTreeSet<Party> {
    let mut holders = BTreeSet::new();
    for (number, child) in company.records.iter().enumerate() {
        if child.object.parent() != Some(Object::Account) || child.parent != Some(account) {
            continue;
        }
        holders.extend(child.owner);
        let controlled = company.defaults[&child.object] == Model::ControlledByParent;
        if !controlled && !child.private {
            holders.extend(given(company, number).iter().map(|given| given.holder));
        }
    }
    holders
}

/// Who holds a child reads its account, where accounts are private.
fn holds_a_child(company: &Company, reach: &BTreeSet<Party>, account: usize) -> bool {
    let private = company.defaults[&Object::Account] == Model::Private;
    private && !holders_of_children(company, account).is_disjoint(reach)
}

/// Account owners get what their role says on the account's contacts, opportunities and cases; so do those with whom an
/// account is shared, at the levels the share states.
fn through_account(company: &Company, reach: &BTreeSet<Party>, child: &Record) -> Level {
    let of = |levels: Children| match child.object {
        Object::Contact => levels.contacts,
        Object::Opportunity => levels.opportunities,
        Object::Case => levels.cases,
        _ => Level::None,
    };
    let mut best = Level::None;
    let account = child
        .parent
        .filter(|_| child.object.parent() == Some(Object::Account));
    let Some(account) = account else {
        return best;
    };
    if let Some(owner) = company.records[account]
        .owner
        .filter(|it| reach.contains(it))
    {
        best = of(levels_of_owner(company, owner));
    }
    for given in given(company, account) {
        if reach.contains(&given.holder) {
            best = best.max(of(given.children));
        }
    }
    best
}

/// The levels of the owner's role; without a role there are none.
fn levels_of_owner(company: &Company, owner: Party) -> Children {
    let role = match owner {
        Party::User(user) => company.users[user].role,
        _ => None,
    };
    role.map_or(Children::default(), |role| Children {
        contacts: company.roles[role].contacts,
        opportunities: company.roles[role].opportunities,
        cases: company.roles[role].cases,
    })
}

/// The rows of an object's share table: one for each record, holder and cause, the widest where several say the same. None
/// where everybody may write the records.
pub(crate) fn rows(company: &Company, object: Object) -> Vec<Row> {
    let public = [Model::ReadWrite, Model::ReadWriteTransfer];
    if public.contains(&company.defaults[&object]) {
        return Vec::new();
    }
    let mut table: BTreeMap<(usize, Party, &'static str), (Level, Children)> = BTreeMap::new();
    for (number, record) in company.records.iter().enumerate() {
        if record.object != object {
            continue;
        }
        let owner = record.owner.expect("it is owned");
        let levels = levels_of_owner(company, owner);
        table.insert((number, owner, "Owner"), (Level::All, levels));
        for given in given(company, number) {
            let kept = table
                .entry((number, given.holder, given.cause))
                .or_default();
            kept.0 = kept.0.max(given.level);
            kept.1 = wider(kept.1, given.children);
        }
        if object == Object::Account && company.defaults[&object] == Model::Private {
            for holder in holders_of_children(company, number) {
                if holder != owner {
                    let reads = (Level::Read, Children::default());
                    table.insert((number, holder, "ImplicitParent"), reads);
                }
            }
        }
    }
    let shown = |children| (object == Object::Account).then_some(children);
    let rows = table.into_iter();
    rows.map(|((record, holder, cause), (level, children))| {
        (record, holder, cause, level, shown(children))
    })
    .collect()
}

fn wider(one: Children, other: Children) -> Children {
    Children {
        contacts: one.contacts.max(other.contacts),
        opportunities: one.opportunities.max(other.opportunities),
        cases: one.cases.max(other.cases),
    }
}
