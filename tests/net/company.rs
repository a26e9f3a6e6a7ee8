//! A company as data, thrown by dice: what the org of a pair holds before. The manifest of the pair is thrown in view of
//! it, so that most of what it names is there.

use super::dice::Dice;
use super::grants::{granted_besides, grants};

/// The objects of every company, parents before children, each with the defaults that it can have.
pub(crate) const OBJECTS: [(&str, &[&str]); 7] = [
    ("Account", &["Private", "Read", "ReadWrite"]),
    ("Campaign", &["Private", "Read", "ReadWrite", "FullAccess"]),
    (
        "Case",
        &["Private", "Read", "ReadWrite", "ReadWriteTransfer"],
    ),
    (
        "Contact",
        &["Private", "Read", "ReadWrite", "ControlledByParent"],
    ),
    (
        "Lead",
        &["Private", "Read", "ReadWrite", "ReadWriteTransfer"],
    ),
    ("Opportunity", &["Private", "Read", "ReadWrite"]),
    ("Vessel__c", &["Private", "Read", "ReadWrite"]),
];

/// Custom fields that every object has.
pub(crate) const FIELDS: [(&str, &str); 5] = [
    ("Flag__c", "Checkbox"),
    ("Word__c", "Text"),
    ("Count__c", "Number"),
    ("Kind__c", "Picklist"),
    ("Day__c", "Date"),
];

/// How far the org is already what the manifest wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nothing of it is there.
    Fresh,
    /// Some of it, under today's names.
    Begun,
    /// Profile, role and user under earlier names.
    Earlier,
    /// Profile and role were renamed by hand, the user still has its earlier name.
    Renamed,
}

impl Start {
    /// Whether anything has another name than the manifest gives it.
    pub(crate) fn is_earlier(self) -> bool {
        matches!(self, Self::Earlier | Self::Renamed)
    }
}

/// What a profile or permission set grants on one object, as bits: read, create, edit, delete, view all, modify all.
pub(crate) type Rights = u8;

/// A profile or permission set.
#[derive(Clone, Debug)]
pub(crate) struct Grants {
    pub(crate) objects: Vec<(&'static str, Rights)>,
    /// User permissions it has.
    pub(crate) permissions: Vec<&'static str>,
    /// Fields it shows, on every object that it reads.
    pub(crate) fields: Vec<&'static str>,
}

/// A role: its parent by number, and levels on contacts, opportunities and cases of owned accounts.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) above: Option<usize>,
    pub(crate) label: String,
    pub(crate) levels: [&'static str; 3],
}

/// Somebody who is there already.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) username: String,
    /// The profile as Setup shows it.
    pub(crate) profile: String,
    /// The role's API name; empty for none.
    pub(crate) role: String,
    pub(crate) active: bool,
    /// Permission sets by number.
    pub(crate) sets: Vec<usize>,
}

/// A rule of others, or an earlier one of the manifest's.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) object: &'static str,
    pub(crate) name: String,
    pub(crate) access: &'static str,
    /// By owner: element and name. By criteria: nothing.
    pub(crate) owned_by: Option<(&'static str, String)>,
    /// Field, operation and value.
    pub(crate) criteria: Vec<(&'static str, &'static str, &'static str)>,
    pub(crate) logic: Option<&'static str>,
    pub(crate) to: (&'static str, String),
}

/// A record: its owner is a user or a queue by name, its parent an account by number.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) object: &'static str,
    pub(crate) owner: String,
    pub(crate) parent: Option<usize>,
    pub(crate) flag: bool,
    pub(crate) word: &'static str,
    pub(crate) count: usize,
    pub(crate) email: bool,
}

/// Everything that the org holds besides what every org holds.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    pub(crate) start: Start,
    /// Internal and external default by object.
    pub(crate) models: Vec<(&'static str, &'static str, &'static str)>,
    pub(crate) roles: Vec<Role>,
    pub(crate) profiles: Vec<Grants>,
    pub(crate) sets: Vec<Grants>,
    pub(crate) users: Vec<User>,
    pub(crate) groups: usize,
    pub(crate) queues: usize,
    pub(crate) rules: Vec<Rule>,
    pub(crate) records: Vec<Record>,
}

pub(crate) const PERMISSIONS: [&str; 8] = [
    "ApiEnabled",
    "EditTask",
    "RunReports",
    "ExportReport",
    "ViewSetup",
    "ManageDashboards",
    "ConvertLeads",
    "TransferAnyLead",
];

/// Usernames, profiles and roles that the manifests of every pair name.
pub(crate) const USERNAME: &str = "integration@acme.example";
pub(crate) const EARLIER_USERNAME: &str = "old.integration@acme.example";
pub(crate) const PROFILE: &str = "Integration";
pub(crate) const EARLIER_PROFILE: &str = "Old Integration";
pub(crate) const ROLE: &str = "Integration";
pub(crate) const EARLIER_ROLE: &str = "Old_Integration";

impl Company {
    /// The company of a pair.
    pub(crate) fn of(pair: u64) -> Self {
        let mut dice = Dice::new(pair, "start");
        let start = match dice.below(10) {
            0..4 => Start::Fresh,
            4..8 => Start::Begun,
            8 if dice.chance(40) => Start::Earlier,
            _ => Start::Renamed,
        };
        let mut company = Self {
            start,
            models: models(&mut Dice::new(pair, "models")),
            roles: roles(&mut Dice::new(pair, "roles")),
            profiles: many(&mut Dice::new(pair, "profiles"), 1, 3, grants),
            sets: many(&mut Dice::new(pair, "sets"), 0, 3, granted_besides),
            users: Vec::new(),
            groups: Dice::new(pair, "groups").below(3),
            queues: Dice::new(pair, "queues").below(3),
            rules: Vec::new(),
            records: Vec::new(),
        };
        company.hire(&mut Dice::new(pair, "users"));
        company.share(&mut Dice::new(pair, "rules"));
        company.fill(&mut Dice::new(pair, "records"));
        company
    }

    /// The internal default of an object.
    pub(crate) fn model(&self, object: &str) -> &'static str {
        let found = self.models.iter().find(|(name, ..)| *name == object);
        found.map_or("Private", |(_, internal, _)| internal)
    }

    fn hire(&mut self, dice: &mut Dice) {
        for number in 0..1 + dice.below(9) {
            let user = User {
                username: format!("user{number}@acme.example"),
                profile: self.some_profile(dice),
                role: match dice.below(self.roles.len() + 1) {
                    0 => String::new(),
                    role => format!("Role_{}", role - 1),
                },
                active: !dice.chance(10),
                sets: (0..self.sets.len()).filter(|_| dice.chance(25)).collect(),
            };
            self.users.push(user);
        }
        let (username, profile, role) = match self.start {
            Start::Fresh => return,
            Start::Begun => (USERNAME, PROFILE, ROLE),
            Start::Earlier => (EARLIER_USERNAME, EARLIER_PROFILE, EARLIER_ROLE),
            Start::Renamed => (EARLIER_USERNAME, PROFILE, ROLE),
        };
        if dice.chance(80) {
            let user = User {
                username: username.to_owned(),
                profile: profile.to_owned(),
                role: role.to_owned(),
                active: !dice.chance(15),
                sets: (0..self.sets.len()).filter(|_| dice.chance(40)).collect(),
            };
            self.users.push(user);
        }
    }

    /// A profile of the company, or one that every org has.
    pub(crate) fn some_profile(&self, dice: &mut Dice) -> String {
        let standard = [
            "Standard User",
            "System Administrator",
            "Read Only",
            "Standard User",
            "Marketing User",
        ];
        match dice.below(self.profiles.len() + standard.len()) {
            number if number < self.profiles.len() => format!("Profile {number}"),
            number => standard[number - self.profiles.len()].to_owned(),
        }
    }

    /// Whom a rule can name: element of the metadata, and name.
    pub(crate) fn party(&self, dice: &mut Dice) -> (&'static str, String) {
        let role = |dice: &mut Dice| format!("Role_{}", dice.below(self.roles.len()));
        match dice.below(5) {
            0 if self.groups > 0 => ("group", format!("Group_{}", dice.below(self.groups))),
            1 if !self.roles.is_empty() => ("roleAndSubordinatesInternal", role(dice)),
            2 | 3 if !self.roles.is_empty() => ("role", role(dice)),
            _ => ("allInternalUsers", String::new()),
        }
    }

    fn share(&mut self, dice: &mut Dice) {
        for number in 0..dice.below(6) {
            let (object, _) = OBJECTS[dice.below(OBJECTS.len())];
            let access = match self.model(object) {
                "Private" => dice.pick(&["Read", "Edit"]),
                "Read" => "Edit",
                _ => continue,
            };
            let by_owner = dice.chance(40);
            let conditions = 1 + dice.below(2);
            let rule = Rule {
                object,
                name: format!("Rule_{number}"),
                access,
                owned_by: by_owner.then(|| self.party(dice)),
                criteria: (0..conditions).map(|_| condition(dice)).collect(),
                logic: (conditions == 2 && dice.chance(40)).then_some("1 OR 2"),
                to: self.party(dice),
            };
            self.rules.push(rule);
        }
        if self.start == Start::Begun {
            self.share_already(dice);
        }
    }

    /// Rules under the names that the manifest gives its own.
    fn share_already(&mut self, dice: &mut Dice) {
        for (object, _) in OBJECTS {
            let private = self.model(object) == "Private";
            if !private || !dice.chance(85) {
                continue;
            }
            let rule = Rule {
                object,
                name: dice.pick(&["Generated_0", "Earlier_0"]).to_owned(),
                access: dice.pick(&["Read", "Edit"]),
                owned_by: None,
                criteria: vec![condition(dice)],
                logic: None,
                to: ("role", ROLE.to_owned()),
            };
            self.rules.push(rule);
        }
    }

    fn fill(&mut self, dice: &mut Dice) {
        let mut accounts = 0;
        for (object, _) in OBJECTS {
            for _ in 0..dice.below(14) {
                let owner = match dice.below(6) {
                    0 if self.queues > 0 && matches!(object, "Lead" | "Case") => {
                        format!("Queue_{}", dice.below(self.queues))
                    }
                    _ => self.users[dice.below(self.users.len())].username.clone(),
                };
                let hangs = matches!(object, "Contact" | "Opportunity" | "Case");
                let record = Record {
                    object,
                    owner,
                    parent: (hangs && accounts > 0 && dice.chance(80))
                        .then(|| dice.below(accounts)),
                    flag: dice.chance(40),
                    word: dice.pick(&["", "North", "north", "North Sea", "East"]),
                    count: dice.below(40),
                    email: dice.chance(60),
                };
                self.records.push(record);
                accounts += usize::from(object == "Account");
            }
        }
    }
}

fn many<Any>(dice: &mut Dice, least: usize, most: usize, one: fn(&mut Dice) -> Any) -> Vec<Any> {
    let count = least + dice.below(most - least + 1);
    (0..count).map(|_| one(dice)).collect()
}

/// Children of private accounts are private or follow them; an external default is never wider than the internal one.
fn models(dice: &mut Dice) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut private_accounts = false;
    let one = |(object, models): (&'static str, &'static [&'static str])| {
        let hangs = matches!(object, "Contact" | "Opportunity" | "Case");
        let internal = match models[dice.below(models.len())] {
            "Read" | "ReadWrite" | "ReadWriteTransfer" if hangs && private_accounts => "Private",
            model => model,
        };
        private_accounts |= object == "Account" && internal == "Private";
        let external = match internal {
            "ControlledByParent" => internal,
            _ if dice.chance(50) => "Private",
            _ => internal,
        };
        (object, internal, external)
    };
    OBJECTS.into_iter().map(one).collect()
}

fn roles(dice: &mut Dice) -> Vec<Role> {
    let levels = ["None", "Read", "Edit"];
    let level = |dice: &mut Dice| levels[dice.below(3)];
    let count = dice.below(8);
    let role = |number: usize| Role {
        above: dice.below(number + 1).checked_sub(1),
        label: format!("{} {number}", dice.pick(&["Role", "Süd & Nord", "Team"])),
        levels: [level(dice), level(dice), level(dice)],
    };
    (0..count).map(role).collect()
}

fn condition(dice: &mut Dice) -> (&'static str, &'static str, &'static str) {
    [
        ("Flag__c", "equals", "True"),
        ("Flag__c", "equals", "False"),
        ("Word__c", "equals", "North"),
        ("Word__c", "contains", "orth"),
        ("Count__c", "greaterThan", "10"),
    ][dice.below(5)]
}
