//! A company as data: who works where, who may what, what is shared with whom. Generated, small, and easy to shrink.
//!
//! Everything is named by its number. What the emulator makes of it is in `emulated`, what the documentation says about
//! it in `evaluator`; the two know each other only through this description.

#[path = "company/made.rs"]
mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub(crate) use made::company;
#[allow(
    unused_imports,
    reason = "the client's tests make conditions of their own"
)]
pub(crate) use made::condition;

/// The objects of every company, parents before children.
pub(crate) const OBJECTS: [Object; 10] = [
    Object::Account,
    Object::Lead,
    Object::Thing,
    Object::Contact,
    Object::Opportunity,
    Object::Case,
    Object::Contract,
    Object::Part,
    Object::Lot,
    Object::Pair,
];

/// An object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Object {
    Account,
    Lead,
    /// A custom object.
    Thing,
    Contact,
    Opportunity,
    Case,
    Contract,
    /// The detail of a thing.
    Part,
    /// Another custom object.
    Lot,
    /// The junction of a thing and a lot.
    Pair,
}

impl Object {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Object::Account => "Account",
            Object::Lead => "Lead",
            Object::Thing => "Thing__c",
            Object::Contact => "Contact",
            Object::Opportunity => "Opportunity",
            Object::Case => "Case",
            Object::Contract => "Contract",
            Object::Part => "Part__c",
            Object::Lot => "Lot__c",
            Object::Pair => "Pair__c",
        }
    }

    pub(crate) fn parent(self) -> Option<Object> {
        match self {
            Object::Account | Object::Lead | Object::Thing | Object::Lot => None,
            Object::Contact | Object::Opportunity | Object::Case | Object::Contract => {
                Some(Object::Account)
            }
            Object::Part | Object::Pair => Some(Object::Thing),
        }
    }

    /// The masters of a detail.
    pub(crate) fn masters(self) -> &'static [Object] {
        match self {
            Object::Part => &[Object::Thing],
            Object::Pair => &[Object::Thing, Object::Lot],
            _ => &[],
        }
    }

    fn is_detail(self) -> bool {
        !self.masters().is_empty()
    }

    fn has_queues(self) -> bool {
        matches!(
            self,
            Object::Lead | Object::Case | Object::Thing | Object::Lot
        )
    }

    fn has_rules(self) -> bool {
        self != Object::Contract && !self.is_detail()
    }
}

/// How much somebody may do with a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    #[default]
    None,
    Read,
    Edit,
    All,
}

/// An organization-wide default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    Private,
    Read,
    ReadWrite,
    ReadWriteTransfer,
    ControlledByParent,
}

/// What a profile or permission set grants on one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) read: bool,
    pub(crate) edit: bool,
    pub(crate) delete: bool,
    pub(crate) view_all: bool,
    pub(crate) modify_all: bool,
}

/// A profile or a permission set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grants {
    pub(crate) objects: BTreeMap<Object, Rights>,
    pub(crate) view_all_data: bool,
    pub(crate) modify_all_data: bool,
    /// Transfer Record.
    pub(crate) transfers: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) above: Option<usize>,
    /// What account owners in this role get on the accounts' contacts, opportunities and cases.
    pub(crate) contacts: Level,
    pub(crate) opportunities: Level,
    pub(crate) cases: Level,
}

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) profile: usize,
    pub(crate) role: Option<usize>,
    pub(crate) sets: Vec<usize>,
    pub(crate) active: bool,
    /// One of the platform's own, which can have no role.
    pub(crate) system: bool,
}

/// Somebody a group has as a member or a share row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Party {
    User(usize),
    Role(usize),
    RoleAndBelow(usize),
    Group(usize),
    Queue(usize),
    Everybody,
}

/// A public group or a queue.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) members: Vec<Party>,
    /// Grant access using hierarchies.
    pub(crate) bosses: bool,
}

/// Levels on an account's contacts, opportunities and cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Children {
    pub(crate) contacts: Level,
    pub(crate) opportunities: Level,
    pub(crate) cases: Level,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) object: Object,
    pub(crate) level: Level,
    pub(crate) children: Children,
    pub(crate) which: Which,
    pub(crate) to: Party,
}

/// Which records a rule shares.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    OwnedBy(Party),
    Meeting {
        conditions: Vec<Condition>,
        logic: Logic,
        owned_by_all: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Flag(bool),
    /// Equals one of these; an empty one is blank.
    Word(Vec<&'static str>),
    WordIsNot(&'static str),
    WordContains(&'static str),
    WordLacks(&'static str),
    CountAbove(i64),
}

/// How conditions combine; the first three are the ones there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logic {
    All,
    Any,
    /// The first, and any of the others.
    FirstAndAny,
}

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) object: Object,
    /// A user or a queue; details have none.
    pub(crate) owner: Option<Party>,
    /// Number of the parent record.
    pub(crate) parent: Option<usize>,
    /// Number of the other master of a junction.
    pub(crate) other: Option<usize>,
    /// Whether it is a private opportunity.
    pub(crate) private: bool,
    pub(crate) flag: bool,
    pub(crate) word: &'static str,
    pub(crate) count: Option<i64>,
}

impl Record {
    /// The masters of a detail: object and number of each.
    pub(crate) fn masters(&self) -> Vec<(Object, usize)> {
        let objects = self.object.masters().iter().copied();
        objects
            .zip([self.parent, self.other].into_iter().flatten())
            .collect()
    }
}

/// A share that somebody made by hand.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    pub(crate) record: usize,
    pub(crate) to: Party,
    pub(crate) level: Level,
    pub(crate) children: Children,
}

#[derive(Clone)]
pub(crate) struct Company {
    pub(crate) roles: Vec<Role>,
    pub(crate) profiles: Vec<Grants>,
    pub(crate) sets: Vec<Grants>,
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
    pub(crate) queues: Vec<Group>,
    pub(crate) defaults: BTreeMap<Object, Model>,
    /// Custom objects that do not grant access using hierarchies.
    pub(crate) flat: BTreeSet<Object>,
    /// Master fields, by detail and place, whose details are written by whoever reads the master.
    pub(crate) open: BTreeSet<(Object, usize)>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) records: Vec<Record>,
    pub(crate) shares: Vec<Share>,
}

/// A line for each thing, so that a company can be read.
impl fmt::Debug for Company {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T: fmt::Debug>(
            formatter: &mut fmt::Formatter<'_>,
            name: &str,
            things: &[T],
        ) -> fmt::Result {
            let mut numbered = things.iter().enumerate();
            numbered
                .try_for_each(|(number, thing)| writeln!(formatter, "{name} {number}: {thing:?}"))
        }
        writeln!(formatter, "\ndefaults: {:?}", self.defaults)?;
        writeln!(formatter, "flat: {:?}, open: {:?}", self.flat, self.open)?;
        list(formatter, "role", &self.roles)?;
        list(formatter, "profile", &self.profiles)?;
        list(formatter, "set", &self.sets)?;
        list(formatter, "user", &self.users)?;
        list(formatter, "group", &self.groups)?;
        list(formatter, "queue", &self.queues)?;
        list(formatter, "rule", &self.rules)?;
        list(formatter, "record", &self.records)?;
        list(formatter, "share", &self.shares)
    }
}

impl Company {
    /// Whether who reads the master in this place writes the details.
    pub(crate) fn reading_writes(&self, detail: Object, place: usize) -> bool {
        self.open.contains(&(detail, place))
    }
}
