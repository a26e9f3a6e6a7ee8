//! A company as an example tells it: everything by name.

use std::collections::BTreeMap;

/// Names and what is said of each, in the order of names.
pub(super) type Named<T> = BTreeMap<String, T>;

/// An example.
#[derive(Clone, Debug, Default)]
pub(super) struct Case {
    pub(super) title: String,
    /// Switches of the platform, as `--platform` takes them.
    pub(super) platform: Named<String>,
    /// Internal default of an object, and the external one where it is another.
    pub(super) defaults: Named<(String, Option<String>)>,
    pub(super) objects: Named<Custom>,
    pub(super) roles: Named<Role>,
    pub(super) users: Named<User>,
    pub(super) groups: Named<Group>,
    pub(super) queues: Named<Group>,
    pub(super) territories: Named<Territory>,
    pub(super) rules: Vec<Rule>,
    /// Records in the order in which they name one another.
    pub(super) records: Vec<(String, Record)>,
    pub(super) shares: Vec<Share>,
    pub(super) teams: Vec<Team>,
    pub(super) restrictions: Vec<Restriction>,
    /// Records and users that are changed before anybody asks: name, field, value.
    pub(super) then: Vec<(String, String, String)>,
    /// User and record, and whether each may be read, edited, deleted, transferred; `None` is not asked.
    pub(super) sees: Vec<(String, String, [Option<bool>; 4])>,
    /// User and object, and the records that a query of theirs shows.
    pub(super) shown: Vec<(String, String, Vec<String>)>,
    /// The rows of a share table: record, holder, cause.
    pub(super) rows: Vec<(String, Vec<[String; 3]>)>,
}

/// A custom object, or what is added to another.
#[derive(Clone, Debug, Default)]
pub(super) struct Custom {
    /// Whether it does not grant access using hierarchies.
    pub(super) flat: bool,
    /// Field, target, whether it is a master, whether who reads the master writes.
    pub(super) references: Vec<(String, String, bool, bool)>,
    /// Record types: name and label.
    pub(super) record_types: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Role {
    pub(super) parent: Option<String>,
    /// Levels of account owners on contacts, opportunities and cases.
    pub(super) levels: Option<[String; 3]>,
}

#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) role: Option<String>,
    /// Object to the letters of its rights: C R E D, V to view and M to modify all. `None`: CRED on every object.
    pub(super) objects: Option<Named<String>>,
    pub(super) system: Vec<String>,
    pub(super) active: bool,
    /// Name of the licence.
    pub(super) license: String,
    pub(super) manager: Option<String>,
}

impl Default for User {
    fn default() -> User {
        User {
            role: None,
            objects: None,
            system: Vec::new(),
            active: true,
            license: "Salesforce".to_owned(),
            manager: None,
        }
    }
}

/// A public group or a queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) bosses: bool,
    /// Users and groups.
    pub(super) members: Vec<String>,
    pub(super) objects: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Territory {
    pub(super) parent: Option<String>,
    /// `account`, `contact`, `opportunity`, `case` to a level.
    pub(super) levels: Named<String>,
    pub(super) users: Vec<String>,
    pub(super) accounts: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    pub(super) object: String,
    pub(super) name: String,
    /// Element of `sharedFrom` and name; of owner rules.
    pub(super) from: Option<(String, String)>,
    /// Field, operation, value.
    pub(super) criteria: Vec<[String; 3]>,
    pub(super) owned_by_all: bool,
    /// Element of `sharedTo` and name.
    pub(super) to: (String, String),
    pub(super) access: String,
    /// `contact`, `opportunity`, `case` to a level; of account rules.
    pub(super) children: Named<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) object: String,
    pub(super) owner: Option<String>,
    pub(super) fields: Vec<(String, serde_json::Value)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Share {
    pub(super) record: String,
    pub(super) to: String,
    pub(super) access: String,
    pub(super) by: Option<String>,
    /// Columns of levels on an account's children.
    pub(super) children: Named<String>,
}

/// A member of a team, or a share row with a cause of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Team {
    /// `AccountTeamMember`, `OpportunityTeamMember` or `CaseTeamMember`.
    pub(super) object: String,
    pub(super) record: String,
    pub(super) user: String,
    /// `account` and so on to a level; of case teams `case`, the level of the role.
    pub(super) levels: Named<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Restriction {
    pub(super) object: String,
    pub(super) user: String,
    pub(super) filter: String,
}

impl Case {
    /// Every object that the example is about.
    pub(super) fn all_objects(&self) -> Vec<String> {
        let stated = self.defaults.keys().chain(self.objects.keys());
        let used = self.records.iter().map(|(_, record)| &record.object);
        let mut all: Vec<String> = stated.chain(used).cloned().collect();
        all.sort();
        all.dedup();
        all
    }

    pub(super) fn record(&self, name: &str) -> Option<&Record> {
        let mut records = self.records.iter();
        records
            .find(|(known, _)| known == name)
            .map(|(_, record)| record)
    }

    /// Whether a name is that of a user, record, group or queue.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.users.contains_key(name)
            || self.groups.contains_key(name)
            || self.queues.contains_key(name)
            || self.record(name).is_some()
    }
}
