//! Companies made of random numbers: any that the platform would let exist.

#[path = "rights.rs"]
mod rights;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    Children, Company, Condition, Group, Level, Logic, Model, OBJECTS, Object, Party, Record, Role,
    Rule, Share, User, Which,
};
use rights::{grants, ordinary};

/// What a record is of: mostly of the account family, whose records give access to each other.
const USUAL: [Object; 15] = [
    Object::Account,
    Object::Lead,
    Object::Contact,
    Object::Opportunity,
    Object::Case,
    Object::Thing,
    Object::Account,
    Object::Contract,
    Object::Lot,
    Object::Part,
    Object::Contact,
    Object::Opportunity,
    Object::Case,
    Object::Pair,
    Object::Account,
];

/// Random numbers that become a company; zeros make the plainest one.
type Raw = Vec<Vec<u8>>;

/// Any company that the platform would let exist.
pub(crate) fn company() -> impl Strategy<Value = Company> {
    let rows = |width: usize, most: usize| {
        prop::collection::vec(prop::collection::vec(any::<u8>(), width), 0..=most)
    };
    let people = (rows(4, 8), rows(6, 3), rows(6, 3), rows(6, 7));
    let together = (
        rows(6, 3),
        rows(6, 2),
        prop::collection::vec(any::<u8>(), 8),
    );
    let shared = (rows(10, 6), rows(6, 30), rows(7, 8));
    (people, together, shared).prop_map(|(people, together, shared)| {
        let (roles, profiles, sets, users) = people;
        let (groups, queues, defaults) = together;
        let (rules, records, shares) = shared;
        Company::of(
            [
                roles, profiles, sets, users, groups, queues, rules, records, shares,
            ],
            &defaults,
        )
    })
}

/// One of the first `count`; none where there is none.
fn pick(number: u8, count: usize) -> Option<usize> {
    (count > 0).then(|| usize::from(number) % count)
}

/// None now and then, else one of them.
fn maybe(number: u8, count: usize) -> Option<usize> {
    (usize::from(number) % (count + 1)).checked_sub(1)
}

fn level(number: u8) -> Level {
    [Level::None, Level::Read, Level::Edit][usize::from(number) % 3]
}

fn children(number: u8) -> Children {
    Children {
        contacts: level(number),
        opportunities: level(number / 3),
        cases: level(number / 9),
    }
}

impl Company {
    /// A company with nothing but leads that hold these words, of an administrator.
    #[allow(dead_code, reason = "the client's tests begin with such a company")]
    pub(crate) fn of_words(words: &[&'static str]) -> Company {
        let mut company = Company::of(Default::default(), &[0; 8]);
        company.records = words
            .iter()
            .map(|word| Record {
                object: Object::Lead,
                owner: Some(Party::User(0)),
                parent: None,
                other: None,
                private: false,
                flag: false,
                word,
                count: None,
            })
            .collect();
        company
    }

    fn of(raw: [Raw; 9], defaults: &[u8]) -> Company {
        let [
            roles,
            profiles,
            sets,
            users,
            groups,
            queues,
            rules,
            records,
            shares,
        ] = raw;
        let mut company = Company {
            roles: roles.iter().enumerate().map(role).collect(),
            profiles: profiles.iter().map(|raw| grants(raw, true)).collect(),
            sets: sets.iter().map(|raw| grants(raw, false)).collect(),
            users: Vec::new(),
            groups: Vec::new(),
            queues: Vec::new(),
            defaults: models(defaults),
            flat: flat(defaults[6]),
            open: open(defaults[7]),
            rules: Vec::new(),
            records: Vec::new(),
            shares: Vec::new(),
        };
        company.profiles.push(ordinary());
        company.users = users.iter().map(|raw| company.user(raw)).collect();
        company.users.push(company.user(&[0, 1, 0, 0, 0, 0]));
        for raw in &groups {
            let group = company.group(raw);
            company.groups.push(group);
        }
        company.queues = queues.iter().map(|raw| company.group(raw)).collect();
        for raw in &records {
            let record = company.record(raw);
            company.records.extend(record);
        }
        company.rules = rules.iter().filter_map(|raw| company.rule(raw)).collect();
        for raw in &shares {
            let share = company.share(raw);
            company.shares.extend(share);
        }
        company
    }

    fn user(&self, raw: &[u8]) -> User {
        let system = raw[4] % 8 == 7;
        User {
            profile: pick(raw[0], self.profiles.len()).unwrap_or_default(),
            role: maybe(raw[1], self.roles.len()).filter(|_| !system),
            sets: self.some_sets(raw[2]),
            active: raw[3] % 6 != 5,
            system,
        }
    }

    /// Two sets now and then: one is not to hide what the other grants.
    fn some_sets(&self, number: u8) -> Vec<usize> {
        let count = self.sets.len();
        let mut sets = vec![maybe(number, count), maybe(number / 4, count)];
        sets.sort_unstable();
        sets.dedup();
        sets.into_iter().flatten().collect()
    }

    /// Members are users, roles, and groups that were there before: groups cannot hold each other in a circle.
    fn group(&self, raw: &[u8]) -> Group {
        let members = raw[1..5].iter().filter_map(|number| match number % 5 {
            0 => None,
            1 => pick(number / 5, self.users.len()).map(Party::User),
            2 => pick(number / 5, self.roles.len()).map(Party::Role),
            3 => pick(number / 5, self.roles.len()).map(Party::RoleAndBelow),
            _ => pick(number / 5, self.groups.len()).map(Party::Group),
        });
        let mut members: Vec<Party> = members.collect();
        members.sort_unstable();
        members.dedup();
        Group {
            members,
            bosses: raw[0].is_multiple_of(2),
        }
    }

    fn record(&self, raw: &[u8]) -> Option<Record> {
        let object = USUAL[usize::from(raw[0]) % USUAL.len()];
        let queue = pick(raw[1] / 4, self.queues.len()).filter(|_| object.has_queues());
        let owner = match queue.filter(|_| raw[1] % 4 == 3) {
            Some(queue) => Some(Party::Queue(queue)),
            None => pick(raw[1], self.users.len()).map(Party::User),
        };
        let one_of = |wanted: Option<Object>, number: u8| {
            let of_kind = |(_, record): &(usize, &Record)| Some(record.object) == wanted;
            let found = self.records.iter().enumerate().filter(of_kind);
            let found: Vec<usize> = found.map(|(number, _)| number).collect();
            let one = pick(number / 8, found.len()).filter(|_| number % 8 != 7);
            one.map(|one| found[one])
        };
        let parent = one_of(object.parent(), raw[2]);
        let other = one_of(object.masters().get(1).copied(), raw[5]);
        // A detail needs its masters, a contract its account.
        let needs = object
            .masters()
            .len()
            .max(usize::from(object == Object::Contract));
        if [parent, other].iter().flatten().count() < needs {
            return None;
        }
        Some(Record {
            object,
            owner: owner.filter(|_| !object.is_detail()),
            parent,
            other,
            private: object == Object::Opportunity && raw[5] % 4 == 3,
            flag: raw[3] % 2 == 1,
            word: ["", "North", "north", "North Sea", "East, by South"][usize::from(raw[4]) % 5],
            count: maybe(raw[3] / 2, 3).map(|count| count as i64 * 10),
        })
    }

    /// A rule that the default leaves room for; others are refused.
    fn rule(&self, raw: &[u8]) -> Option<Rule> {
        let object = OBJECTS[usize::from(raw[0]) % OBJECTS.len()];
        let level = [Level::Read, Level::Edit][usize::from(raw[1]) % 2];
        let room = match self.defaults[&object] {
            Model::Private => true,
            Model::Read => level == Level::Edit,
            _ => false,
        };
        if !room || !object.has_rules() {
            return None;
        }
        let which = match raw[2] % 3 {
            0 => Which::OwnedBy(self.party(raw[3], object)?),
            _ => Which::Meeting {
                conditions: (0..=usize::from(raw[4]) % 3)
                    .map(|n| condition(raw[5].wrapping_add(raw[6 + n])))
                    .collect(),
                logic: [Logic::All, Logic::Any, Logic::FirstAndAny][usize::from(raw[4] / 3) % 3],
                owned_by_all: raw[2] % 2 == 1,
            },
        };
        Some(Rule {
            object,
            level,
            children: children(raw[9]),
            which,
            to: self.party(raw[8], object)?,
        })
    }

    /// Whom a rule can name.
    fn party(&self, number: u8, object: Object) -> Option<Party> {
        let rest = number / 5;
        match number % 5 {
            0 => pick(rest, self.roles.len()).map(Party::Role),
            1 => pick(rest, self.roles.len()).map(Party::RoleAndBelow),
            2 => pick(rest, self.groups.len()).map(Party::Group),
            3 if object.has_queues() => pick(rest, self.queues.len()).map(Party::Queue),
            _ => Some(Party::Everybody),
        }
    }

    fn share(&self, raw: &[u8]) -> Option<Share> {
        let record = pick(raw[0], self.records.len())?;
        let object = self.records[record].object;
        let level = [Level::Read, Level::Edit][usize::from(raw[1]) % 2];
        let everybody = match self.defaults[&object] {
            Model::Private => Level::None,
            Model::Read => Level::Read,
            _ => return None,
        };
        let rest = raw[3];
        let to = match raw[2] % 6 {
            0 | 4 | 5 => pick(rest, self.users.len()).map(Party::User)?,
            1 => pick(rest, self.roles.len()).map(Party::Role)?,
            2 => pick(rest, self.roles.len()).map(Party::RoleAndBelow)?,
            _ => pick(rest, self.groups.len()).map(Party::Group)?,
        };
        let twice = |other: &Share| other.record == record && other.to == to;
        let shareable = level > everybody && object != Object::Contract;
        (shareable && !self.shares.iter().any(twice)).then_some(Share {
            record,
            to,
            level,
            children: children(raw[4]),
        })
    }
}

fn role((number, raw): (usize, &Vec<u8>)) -> Role {
    Role {
        above: below_the_last(raw[0], number),
        contacts: level(raw[1]),
        opportunities: level(raw[2]),
        cases: level(raw[3]),
    }
}

/// Mostly the role made last, so that trees grow deep.
fn below_the_last(number: u8, count: usize) -> Option<usize> {
    match number % 3 {
        0 => maybe(number / 3, count),
        _ => count.checked_sub(1),
    }
}

/// Custom objects that do not grant access using hierarchies.
fn flat(number: u8) -> BTreeSet<Object> {
    let chosen = [(Object::Thing, 4), (Object::Lot, 3)];
    let chosen = chosen.into_iter().filter(|(_, of)| number % of == of - 1);
    chosen.map(|(object, _)| object).collect()
}

/// Master fields whose details are written by whoever reads the master.
fn open(number: u8) -> BTreeSet<(Object, usize)> {
    let fields = [(Object::Part, 0), (Object::Pair, 0), (Object::Pair, 1)];
    let bits = fields.into_iter().enumerate();
    let chosen = bits.filter(|(bit, _)| (number / 8) >> bit & 1 == 1);
    chosen.map(|(_, field)| field).collect()
}

/// With private accounts, what hangs on them is private or follows them; contracts have the default of accounts.
fn models(raw: &[u8]) -> BTreeMap<Object, Model> {
    use Model::{ControlledByParent, Private, Read, ReadWrite, ReadWriteTransfer};
    let one = |number: u8, of: &[Model]| of[usize::from(number) % of.len()];
    let account = one(raw[0], &[Private, Read, Private, ReadWrite]);
    let (contact, opportunity, case) = match account {
        Private => (
            one(raw[1], &[Private, ControlledByParent]),
            Private,
            Private,
        ),
        _ => (
            one(raw[1], &[Private, Read, ReadWrite, ControlledByParent]),
            one(raw[2], &[Private, Read, ReadWrite]),
            one(raw[3], &[Private, Read, ReadWrite, ReadWriteTransfer]),
        ),
    };
    BTreeMap::from([
        (Object::Account, account),
        (Object::Contact, contact),
        (Object::Opportunity, opportunity),
        (Object::Case, case),
        (Object::Contract, account),
        (
            Object::Lead,
            one(raw[4], &[Private, Read, ReadWrite, ReadWriteTransfer]),
        ),
        (Object::Thing, one(raw[5], &[Private, Read, ReadWrite])),
        (Object::Part, ControlledByParent),
        (Object::Lot, one(raw[7], &[Private, Read, ReadWrite])),
        (Object::Pair, ControlledByParent),
    ])
}

/// One of the conditions there are.
pub(crate) fn condition(number: u8) -> Condition {
    let rest = number / 6;
    match number % 6 {
        0 | 1 => Condition::Flag(rest.is_multiple_of(2)),
        2 => Condition::Word(vec![
            ["North", "north", "East, by South"][usize::from(rest) % 3],
        ]),
        3 => Condition::Word(vec!["", ["North", "South"][usize::from(rest) % 2]]),
        4 if rest.is_multiple_of(2) => Condition::WordContains("orth"),
        4 => [
            Condition::WordIsNot("North"),
            Condition::WordIsNot(""),
            Condition::WordLacks("Nor"),
        ][usize::from(rest) / 2 % 3]
            .clone(),
        _ => Condition::CountAbove(i64::from(rest % 3) * 10),
    }
}
