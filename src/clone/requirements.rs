//! Which permission cannot stand without which other, and what falls when some are taken away.
//!
//! The org's own answer (`PermissionDependency`) is united with a table of what is known of every org: orgs were seen
//! to leave out what View All Data and Modify All Data hold up, or to refuse the question.

mod along;
mod completing;

use super::Wishes;
use super::flags::Right;
use crate::live::Dependency;
use crate::power::{ADMINISTRATION, ONLY_OF_THE_ORIGINAL};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use along::read_along_with;

/// Permissions that make the platform ignore object flags, each with the reason shown to people (Metadata API guide,
/// Profile; help article 005093100). They always go.
pub const DEFEATING: [(&str, &str); 3] = [
    (
        "ModifyAllData",
        "sees and edits every record, whatever sharing says",
    ),
    ("ViewAllData", "sees every record, whatever sharing says"),
    (
        "QueryAllFiles",
        "requires View All Data, and forces View All on every object",
    ),
];

/// User permissions that fall with others: they never occur without them in public orgs, and both public clones of
/// System Administrator lost exactly these. What merely occurs together, such as Manage Users, is not here.
const USER_NEEDS_USER: [(&str, &str); 5] = [
    ("CreatePackaging", "ViewAllData"),
    ("InstallPackaging", "ModifyAllData"),
    ("ModifyAllData", "ViewAllData"),
    ("PublishPackaging", "ViewAllData"),
    ("QueryAllFiles", "ViewAllData"),
];

/// User permissions that need rights on objects, as error texts name them: `Permission Convert Leads depends on
/// permission(s): Create Account`.
const USER_NEEDS_OBJECT: [(&str, &str, &[Right]); 4] = [
    ("ConvertLeads", "Account", &[Right::Create]),
    (
        "EditPublicDocuments",
        "Document",
        &[Right::Read, Right::Create, Right::Edit, Right::Delete],
    ),
    ("ImportPersonal", "Account", &[Right::Create, Right::Edit]),
    ("ImportPersonal", "Contact", &[Right::Create, Right::Edit]),
];

/// Rights that need the same right on another object: `Permission Read All Asset depends on permission(s): Read All
/// Account`, and what no public profile breaks. Contact, Opportunity, Case and Order do keep View All without Account's.
const OBJECT_NEEDS_OBJECT: [(Right, &str, &[&str]); 8] = [
    (
        Right::ViewAll,
        "Account",
        &[
            "AccountBrand",
            "Asset",
            "Contract",
            "Entitlement",
            "ServiceContract",
        ],
    ),
    (Right::ViewAll, "OperatingHours", &["ServiceTerritory"]),
    (Right::ViewAll, "Opportunity", &["Quote"]),
    (
        Right::Read,
        "Account",
        &[
            "Asset",
            "Case",
            "Contact",
            "Contract",
            "Entitlement",
            "Opportunity",
            "Order",
            "ServiceContract",
            "WorkOrder",
        ],
    ),
    (Right::Read, "Contact", &["Case", "Individual"]),
    (Right::Read, "Opportunity", &["Quote"]),
    (Right::Read, "Product2", &["Pricebook2"]),
    (Right::Read, "ServiceContract", &["ContractLineItem"]),
];

/// Something a profile grants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    /// A user permission, by API name.
    User(String),
    /// A right on an object.
    Object(String, Right),
}

/// What needs what.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirements {
    dependents: BTreeMap<Grant, BTreeSet<Grant>>,
}

/// A grant that is taken away.
#[derive(Clone, Debug, PartialEq)]
pub struct Removal {
    /// What goes.
    pub grant: Grant,
    /// Why, for people: `requires Manage Drafts, which requires Modify All Data`.
    pub reason: String,
    /// What it requires, back to what was taken first; empty for that itself.
    chain: String,
    /// What was taken first, so that this has to go.
    pub root: Grant,
}

/// A grant that the manifest states and that cannot stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Contradiction {
    /// What the manifest states.
    pub stated: Grant,
    /// What it requires, and the profile will not have.
    pub required: Grant,
    /// What was taken first, so that the required grant had to go.
    pub root: Grant,
}

/// What goes, with all that falls with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Removals {
    /// In the order in which one brings the next.
    pub all: Vec<Removal>,
    /// What the manifest states all the same.
    pub contradictions: Vec<Contradiction>,
}

impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => formatter.write_str(&spaced(name)),
            Self::Object(object, right) => write!(formatter, "{} on {object}", right.label()),
        }
    }
}

impl Grant {
    fn user(name: &str) -> Self {
        Self::User(name.to_owned())
    }

    fn object(object: &str, right: Right) -> Self {
        Self::Object(object.to_owned(), right)
    }

    /// The grant as `PermissionDependency` spells it: `ModifyAllData`, `Account<viewAllRecords>`.
    pub fn spellings(&self) -> Vec<String> {
        match self {
            Self::User(name) => vec![name.clone()],
            Self::Object(object, right) => {
                let spelled = right.spellings().iter();
                spelled.map(|verb| format!("{object}<{verb}>")).collect()
            }
        }
    }

    /// Reads a grant of a `PermissionDependency` row; `None` for a verb that has no flag in a profile.
    fn parse(name: &str) -> Option<Self> {
        let Some((object, verb)) = name.split_once('<') else {
            return Some(Self::user(name));
        };
        let verb = verb.strip_suffix('>')?;
        let right = Right::ALL
            .into_iter()
            .find(|right| right.spellings().contains(&verb))?;
        Some(Self::object(object, right))
    }
}

/// `ModifyAllData` as Setup writes it: `Modify All Data`.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    let mut after_small = false;
    for character in name.chars() {
        if character.is_uppercase() && after_small {
            words.push(' ');
        }
        after_small = !character.is_uppercase();
        words.push(character);
    }
    words
}

impl Requirements {
    /// What is known of every org.
    pub fn built_in() -> Self {
        let mut requirements = Self {
            dependents: BTreeMap::new(),
        };
        for (permission, required) in USER_NEEDS_USER {
            requirements.add(Grant::user(permission), Grant::user(required));
        }
        for (permission, object, rights) in USER_NEEDS_OBJECT {
            for right in rights {
                requirements.add(Grant::user(permission), Grant::object(object, *right));
            }
        }
        for (right, object, dependents) in OBJECT_NEEDS_OBJECT {
            for dependent in dependents {
                requirements.add(
                    Grant::object(dependent, right),
                    Grant::object(object, right),
                );
            }
        }
        requirements
    }

    /// Adds what the org says: rows of `PermissionDependency`, of which many are there several times.
    pub fn learn(&mut self, dependencies: &[Dependency]) {
        for dependency in dependencies {
            let permission = Grant::parse(&dependency.permission);
            let required = Grant::parse(&dependency.required);
            if let (Some(permission), Some(required)) = (permission, required) {
                self.add(permission, required);
            }
        }
    }

    /// Adds what holds for a custom object and its master: the child is read, and read whole, only with the master.
    pub fn learn_child(&mut self, child: &str, master: &str) {
        for right in [Right::Read, Right::ViewAll] {
            self.add(Grant::object(child, right), Grant::object(master, right));
        }
    }

    fn add(&mut self, permission: Grant, required: Grant) {
        self.dependents
            .entry(required)
            .or_default()
            .insert(permission);
    }

    /// What cannot stand without this grant.
    fn dependents(&self, grant: &Grant) -> Vec<Grant> {
        let mut dependents: Vec<Grant> = self
            .dependents
            .get(grant)
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        if let Grant::Object(object, right) = grant {
            let needing = Right::ALL
                .into_iter()
                .filter(|other| other.requires().contains(right));
            dependents.extend(needing.map(|other| Grant::object(object, other)));
        }
        dependents
    }

    /// What goes for the manifest's sake, and all that falls with it.
    pub fn removals(&self, wishes: &Wishes) -> Removals {
        let mut removals = Removals::default();
        for (grant, reason) in roots(wishes) {
            let root = grant.clone();
            let chain = String::new();
            removals.add(Removal {
                grant,
                reason,
                chain,
                root,
            });
        }
        let mut next = 0;
        while let Some(removal) = removals.all.get(next).cloned() {
            next += 1;
            for dependent in self.dependents(&removal.grant) {
                removals.falls(dependent, &removal, wishes);
            }
        }
        removals
    }
}

impl Removals {
    /// Why a user permission goes, if it does.
    pub fn user_permission(&self, name: &str) -> Option<&str> {
        let of_user =
            |removal: &&Removal| matches!(&removal.grant, Grant::User(gone) if gone == name);
        self.all
            .iter()
            .find(of_user)
            .map(|removal| removal.reason.as_str())
    }

    /// The user permissions that go, with the reason.
    pub fn user_permissions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().filter_map(|removal| match &removal.grant {
            Grant::User(name) => Some((name.as_str(), removal.reason.as_str())),
            Grant::Object(..) => None,
        })
    }

    /// The rights that go, by object, with the first reason.
    pub fn objects(&self) -> BTreeMap<&str, (Vec<Right>, &str)> {
        let mut objects: BTreeMap<&str, (Vec<Right>, &str)> = BTreeMap::new();
        for removal in &self.all {
            if let Grant::Object(object, right) = &removal.grant {
                let entry = objects
                    .entry(object)
                    .or_insert_with(|| (Vec::new(), &removal.reason));
                entry.0.push(*right);
            }
        }
        objects
    }

    fn add(&mut self, removal: Removal) {
        if !self.all.iter().any(|other| other.grant == removal.grant) {
            self.all.push(removal);
        }
    }

    fn falls(&mut self, grant: Grant, cause: &Removal, wishes: &Wishes) {
        if wishes.states(&grant) {
            let contradiction = Contradiction {
                stated: grant,
                required: cause.grant.clone(),
                root: cause.root.clone(),
            };
            if !self.contradictions.contains(&contradiction) {
                self.contradictions.push(contradiction);
            }
            return;
        }
        let (reason, chain) = because(&grant, cause);
        let root = cause.root.clone();
        self.add(Removal {
            grant,
            reason,
            chain,
            root,
        });
    }
}

/// Why a grant falls with another, and the chain that leads there.
fn because(grant: &Grant, cause: &Removal) -> (String, String) {
    if let (Grant::Object(object, _), Grant::Object(other, _)) = (grant, &cause.grant)
        && object == other
    {
        return (cause.reason.clone(), cause.chain.clone());
    }
    let chain = match cause.chain.as_str() {
        "" => format!("requires {}", cause.grant),
        further => format!("requires {}, which {further}", cause.grant),
    };
    let reason = match grant {
        Grant::Object(_, right) => format!("its {} {chain}", right.label()),
        Grant::User(_) => chain.clone(),
    };
    (reason, chain)
}

/// What goes first: what defeats selective sync, what the manifest takes away.
fn roots(wishes: &Wishes) -> Vec<(Grant, String)> {
    let always = DEFEATING.iter().chain(&ONLY_OF_THE_ORIGINAL);
    let always = always.map(|(name, reason)| (Grant::user(name), (*reason).to_owned()));
    let administration = ADMINISTRATION
        .iter()
        .filter(|_| wishes.without_administration.is_some());
    let administration =
        administration.map(|(name, power)| (Grant::user(name), power.reason().to_owned()));
    let selective = wishes.selective.iter().flat_map(|object| {
        [Right::ViewAll, Right::ModifyAll].map(|right| {
            (
                Grant::object(object, right),
                "synced selectively".to_owned(),
            )
        })
    });
    let users = wishes.user_permissions.iter().filter(|(_, on)| !**on);
    let stated = || "stated in the manifest".to_owned();
    let users = users.map(|(name, _)| (Grant::user(name), stated()));
    let objects = wishes
        .object_permissions
        .iter()
        .flat_map(|(object, flags)| {
            let lacking = Right::ALL.into_iter().filter(|right| !flags.has(*right));
            lacking.map(move |right| (Grant::object(object, right), stated()))
        });
    let all = always.chain(selective).chain(users).chain(objects);
    all.chain(administration)
        .filter(|(grant, _)| !wishes.states(grant))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::flags::ObjectFlags;
    use super::*;

    fn selective(objects: &[&str]) -> Wishes {
        Wishes {
            selective: objects.iter().map(|name| (*name).to_owned()).collect(),
            ..Wishes::default()
        }
    }

    fn row(permission: &str, required: &str) -> Dependency {
        Dependency {
            id: None,
            permission: permission.to_owned(),
            required: required.to_owned(),
        }
    }

    fn gone(removals: &Removals) -> Vec<(String, &str)> {
        let all = removals.all.iter();
        all.map(|removal| (removal.grant.to_string(), removal.reason.as_str()))
            .collect()
    }

    #[test]
    fn the_five_of_the_public_clones_fall_by_themselves() {
        let removals = Requirements::built_in().removals(&selective(&[]));
        let names: Vec<&str> = removals.user_permissions().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "ModifyAllData",
                "ViewAllData",
                "QueryAllFiles",
                "CanApproveUninstalledApps",
                "InstallPackaging",
                "CreatePackaging",
                "PublishPackaging"
            ]
        );
        assert_eq!(
            removals.user_permission("InstallPackaging"),
            Some("requires Modify All Data")
        );
        assert_eq!(removals.user_permission("ManageUsers"), None);
    }

    #[test]
    fn what_the_org_adds_is_followed_to_the_end() {
        let mut requirements = Requirements::built_in();
        let rows = [
            row("ManageDrafts", "ModifyAllData"),
            row("PublishDrafts", "ManageDrafts"),
            row("PublishDrafts", "ManageDrafts"),
            row("Draft__c<modifyAllRecords>", "PublishDrafts"),
            row("Draft__c<unheardOf>", "PublishDrafts"),
            row("ModifyAllData", "ModifyAllData"),
        ];
        requirements.learn(&rows);
        let removals = requirements.removals(&selective(&[]));
        assert_eq!(
            removals.user_permission("PublishDrafts"),
            Some("requires Manage Drafts, which requires Modify All Data")
        );
        let objects = removals.objects();
        assert_eq!(
            objects["Draft__c"],
            (
                vec![Right::ModifyAll],
                "its Modify All requires Publish Drafts, which requires Manage Drafts, which requires Modify All Data"
            )
        );
    }

    #[test]
    fn account_takes_along_what_requires_it_and_lead_nothing() {
        let mut requirements = Requirements::built_in();
        requirements.learn_child("Visit__c", "Account");
        let removals = requirements.removals(&selective(&["Account"]));
        let objects = removals.objects();
        assert_eq!(
            objects["Asset"],
            (
                vec![Right::ViewAll, Right::ModifyAll],
                "its View All requires View All on Account"
            )
        );
        assert!(objects.contains_key("Visit__c") && !objects.contains_key("Contact"));
        let lead = requirements.removals(&selective(&["Lead"]));
        assert_eq!(lead.objects().into_keys().collect::<Vec<_>>(), ["Lead"]);
    }

    #[test]
    fn a_stated_grant_that_cannot_stand_is_a_contradiction() {
        let mut wishes = selective(&["Account"]);
        let flags = ObjectFlags {
            read: true,
            view_all: true,
            ..ObjectFlags::default()
        };
        wishes.object_permissions.insert("Contract".into(), flags);
        wishes
            .user_permissions
            .insert("InstallPackaging".into(), true);
        let removals = Requirements::built_in().removals(&wishes);
        let found: Vec<_> = removals
            .contradictions
            .iter()
            .map(|found| (found.stated.to_string(), found.required.to_string()))
            .collect();
        let expected = [
            ("Install Packaging", "Modify All Data"),
            ("View All on Contract", "View All on Account"),
        ];
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert!(
            !gone(&removals)
                .iter()
                .any(|(grant, _)| grant == "Install Packaging")
        );
    }

    #[test]
    fn what_the_manifest_takes_away_brings_down_what_needs_it() {
        let mut wishes = Wishes::default();
        let flags = ObjectFlags {
            read: true,
            edit: true,
            ..ObjectFlags::default()
        };
        wishes.object_permissions.insert("Account".into(), flags);
        let removals = Requirements::built_in().removals(&wishes);
        assert_eq!(
            removals.user_permission("ConvertLeads"),
            Some("requires Create on Account")
        );
        assert!(!removals.objects().contains_key("Contact"));
    }

    #[test]
    fn names_are_written_as_setup_writes_them() {
        for (name, expected) in [
            ("ModifyAllData", "Modify All Data"),
            ("ApiEnabled", "Api Enabled"),
            (
                "ViewAllPolicyCenterPolicies",
                "View All Policy Center Policies",
            ),
        ] {
            assert_eq!(spaced(name), expected);
        }
    }
}
