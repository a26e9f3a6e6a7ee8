//! What there is to know of an org, one thing each, and the question that answers it.
//!
//! Rooms above say which things they need; the queries that tell of them are written here and nowhere else.

use super::accounts_of::AccountsOf;
use super::capability::CapabilityNeed;
use super::filter::Filter;
use super::given_to::GivenTo;
use super::holding::HoldingNeed;
use super::profile_name::profile_full_name;
use super::question::{Question, Table};
use super::record_need::RecordNeed;
use super::records::{first_page, record_query};
use super::references::Reference;
use super::restrictions::RESTRICTION_RULES;
use super::selection::Selection;
use super::set_licences::SetLicenceNeed;
use super::shares::SharedWith;
use super::sharing_need::SharingNeed;
use super::users::UserNeed;
use super::{
    Live, containers, defaults, deploys, organization, populations, profiles, roles, rules,
    running_user, users,
};
use crate::manifest::Manifest;
use std::collections::BTreeSet;

/// A thing that a plan, a proof or an explanation has to know of the org.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// The organization's own row.
    Organization(Columns),
    /// The day on which the organization's trial ends.
    TrialEnd,
    /// The roles of internal users.
    Roles(Columns),
    /// A role's document, where roles lack columns that it is made of.
    RoleDocument(String),
    /// Profiles, permission sets, groups of them, and licences.
    Containers,
    /// The user of a name, with its permission sets.
    User(String),
    /// The fields of users, as they are described: what a new one needs and which values are taken.
    UserFields,
    /// What there is to know of one user besides.
    OfUser(UserNeed),
    /// Whether the user of a name is frozen.
    Frozen(String),
    /// The permission sets that the user of a name holds for a time.
    EndingAssignments(String),
    /// Users whose name is this one with something appended, as a sandbox names the users of production.
    CopiesOf(String),
    /// Active users who may view all data: the running user is one of them, as a rule.
    Administrators,
    /// The users with a role, by its API name.
    Members(String),
    /// Active users of a profile, by its label, with their permission sets.
    Holders(String),
    /// How many active users each profile has.
    UsersByProfile,
    /// How many active users each role has.
    UsersByRole,
    /// The role of each user.
    RolesOfUsers,
    /// Who stands where, who owns what, and whom it is shared with.
    Sharing(SharingNeed),
    /// What there is to know of single records.
    Record(RecordNeed),
    /// What users hold, and how they log in.
    Holding(HoldingNeed),
    /// What a user can do by everything that it is assigned.
    Capability(CapabilityNeed),
    /// Public groups and queues.
    Groups,
    /// An object as it is described to the running user.
    Object(String),
    /// An object's metadata document.
    ObjectDocument(String),
    /// The document of one field by itself: object and field.
    FieldDocument(String, String),
    /// The default in force of an object, where the organization's row does not tell it.
    DefaultInForce(String),
    /// The sharing rules of an object.
    SharingRules(String),
    /// A profile's document, by label.
    Profile(String),
    /// The user permissions of a profile, by label, where its document came without.
    ProfilePermissions(String),
    /// What a profile grants on objects, by label.
    ProfileObjects(String),
    /// What a profile grants on the fields of an object: label and object.
    ProfileFields(String, String),
    /// What a profile grants on all fields, by label.
    AllProfileFields(String),
    /// Which profiles grant a field: object and field.
    FieldViewers(String, String),
    /// A permission set's document, by API name.
    PermissionSet(String),
    /// What profiles and permission sets grant on an object.
    Grants(String),
    /// Active users who read an object through a permission set.
    Readers(String),
    /// How many records of an object each owner has.
    Owners(String),
    /// How many records of an object meet a condition, or how many there are.
    Count(String, Option<Filter>),
    /// How many accounts some records belong to.
    AccountsOf(AccountsOf),
    /// How many records share rows open, by who holds them.
    GivenTo(GivenTo),
    /// How many records of an object share rows open to somebody besides what it owns.
    Shared(String, SharedWith),
    /// What a name in criteria stands for.
    Reference(Reference),
    /// Which permissions require one of these, from an id on.
    Dependencies(BTreeSet<String>, Option<String>),
    /// Which permissions these require.
    DependenciesOf(BTreeSet<String>),
    /// What there is to know of permission set licences.
    SetLicence(SetLicenceNeed),
    /// The tabs that the org has.
    Tabs,
    /// The restriction and scoping rules in force.
    RestrictionRules,
    /// All records of an object, with these columns.
    Records(String, BTreeSet<String>),
    /// Who the user who is logged in is, by username.
    RunningUser(String),
    /// Licences and their seats.
    Licences,
    /// The permission sets that a package brought, by its namespace.
    PackagedSets(String),
    /// Which of these permissions the user of a name holds.
    HeldPermissions(String, BTreeSet<&'static str>),
    /// The records that one answer to a query holds, with these columns: all of them, as a rule.
    FirstRecords(String, BTreeSet<String>),
    /// The deploys and validations that the org has taken lately, those in its queue among them.
    Deploys,
}

/// Which columns of a table are asked for: some depend on the org's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Columns {
    /// Every one that is of use.
    All,
    /// Those that every org has.
    InEveryOrg,
}

impl Need {
    /// How many records of an object there are.
    pub fn population(object: &str) -> Self {
        Self::Count(object.to_owned(), None)
    }

    /// The question that answers it.
    pub(super) fn question(&self) -> Question {
        let query = |soql: String| Question::Query(soql);
        match self {
            Self::Organization(columns) => Question::Organization(organization::columns(*columns)),
            Self::TrialEnd => Question::Organization(organization::TRIAL_END),
            Self::Roles(columns) => query(roles::query(*columns)),
            Self::RoleDocument(name) => Question::Component("Role", name.clone()),
            Self::Containers => query(containers::CONTAINERS.to_owned()),
            Self::User(_) | Self::Administrators | Self::Members(_) => Question::Rows(Table::Users),
            Self::UserFields => Question::Describe("User".to_owned()),
            Self::CopiesOf(username) => query(users::copies(username)),
            Self::OfUser(need) => query(need.query()),
            Self::Frozen(_) => Question::Rows(Table::FrozenUsers),
            Self::EndingAssignments(_) => Question::Rows(Table::EndingAssignments),
            Self::Holders(profile) => query(users::holders(profile)),
            Self::UsersByProfile => query(users::BY_PROFILE.to_owned()),
            Self::UsersByRole => query(users::BY_ROLE.to_owned()),
            Self::RolesOfUsers => query(users::WITH_ROLES.to_owned()),
            Self::Groups => query(rules::GROUPS.to_owned()),
            Self::Object(object) => Question::Describe(object.clone()),
            Self::ObjectDocument(object) => Question::Component("CustomObject", object.clone()),
            Self::FieldDocument(object, field) => {
                Question::Component("CustomField", format!("{object}.{field}"))
            }
            Self::DefaultInForce(_) => Question::Rows(Table::Definitions),
            Self::SharingRules(object) => Question::Component("SharingRules", object.clone()),
            Self::Profile(label) => Question::Component("Profile", profile_full_name(label)),
            Self::ProfilePermissions(label) => query(profiles::own_permission_set(label)),
            Self::ProfileObjects(_) | Self::Grants(_) => Question::Rows(Table::ObjectPermissions),
            Self::ProfileFields(..) | Self::AllProfileFields(_) | Self::FieldViewers(..) => {
                Question::Rows(Table::FieldPermissions)
            }
            Self::PermissionSet(name) => Question::Component("PermissionSet", name.clone()),
            Self::Readers(_) => Question::Rows(Table::Readers),
            Self::Owners(object) => query(populations::owners(object)),
            Self::Count(object, filter) => query(populations::count(object, filter.as_ref())),
            Self::AccountsOf(accounts) => query(accounts.query()),
            Self::GivenTo(given) => query(given.query()),
            Self::Shared(object, with) => query(with.count(object)),
            Self::Sharing(need) => query(need.query()),
            Self::Record(need) => query(need.query()),
            Self::Holding(need) => need.question(),
            Self::Capability(need) => need.question(),
            Self::Reference(reference) => query(reference.query()),
            Self::Dependencies(names, after) => {
                Question::Tooling(profiles::dependencies(names, after.as_deref()))
            }
            Self::DependenciesOf(names) => Question::Tooling(profiles::dependencies_of(names)),
            Self::SetLicence(need) => query(need.query()),
            Self::Tabs => Question::Tooling(profiles::TABS.to_owned()),
            Self::RestrictionRules => Question::Tooling(RESTRICTION_RULES.to_owned()),
            Self::Records(object, columns) => query(record_query(object, columns).all()),
            Self::RunningUser(username) => query(running_user::running_user(username)),
            Self::Licences => query(running_user::LICENCES.to_owned()),
            Self::PackagedSets(namespace) => query(running_user::packaged_sets(namespace)),
            Self::HeldPermissions(user, held) => query(running_user::held_permissions(user, held)),
            Self::FirstRecords(object, columns) => query(first_page(object, columns)),
            Self::Deploys => Question::Tooling(deploys::RECENT_DEPLOYS.to_owned()),
        }
    }

    /// Which rows of a table tell of it, for what lies in a table.
    pub(super) fn selection(&self) -> Option<Selection> {
        Some(match self {
            Self::User(username) | Self::Frozen(username) => Selection::of("Username", username),
            Self::EndingAssignments(username) => Selection::of("Assignee.Username", username),
            Self::Holding(need) => return need.selection(),
            Self::Administrators => {
                Selection::ticked("IsActive").and_ticked("Profile.PermissionsViewAllData")
            }
            Self::Members(role) => Selection::of("UserRole.DeveloperName", role),
            Self::DefaultInForce(object) => defaults::definition(object),
            Self::ProfileObjects(profile) => Selection::of("Parent.Profile.Name", profile),
            Self::Grants(object) => Selection::of("SobjectType", object),
            Self::Readers(object) => {
                Selection::ticked("PermissionsRead").and("SobjectType", object)
            }
            Self::ProfileFields(profile, object) => {
                Selection::of("Parent.Profile.Name", profile).and("SobjectType", object)
            }
            Self::AllProfileFields(profile) => {
                Selection::ticked("Parent.IsOwnedByProfile").and("Parent.Profile.Name", profile)
            }
            Self::FieldViewers(object, field) => Selection::ticked("Parent.IsOwnedByProfile")
                .and("SobjectType", object)
                .and("Field", format!("{object}.{field}")),
            _ => return None,
        })
    }

    /// Whether it is only counted or looked at: a plan goes on without it, and says so. What is not only counted is
    /// needed: without it no plan would be true.
    pub fn is_only_counted(&self) -> bool {
        match self {
            Self::UserFields
            | Self::OfUser(_)
            | Self::CopiesOf(_)
            | Self::Frozen(_)
            | Self::EndingAssignments(_)
            | Self::UsersByProfile
            | Self::UsersByRole
            | Self::RolesOfUsers
            | Self::Grants(_)
            | Self::Readers(_)
            | Self::Owners(_)
            | Self::Count(..)
            | Self::AccountsOf(_)
            | Self::GivenTo(_)
            | Self::Shared(..)
            | Self::Sharing(_)
            | Self::Record(_)
            | Self::Holding(_)
            | Self::Capability(_)
            | Self::Administrators
            | Self::Members(_)
            | Self::Dependencies(..)
            | Self::DependenciesOf(_)
            | Self::Tabs
            | Self::RestrictionRules
            | Self::Records(..)
            | Self::TrialEnd
            | Self::Licences
            | Self::PackagedSets(_)
            | Self::HeldPermissions(..)
            | Self::FirstRecords(..)
            | Self::Deploys => true,
            Self::Organization(_)
            | Self::Roles(_)
            | Self::RoleDocument(_)
            | Self::Containers
            | Self::User(_)
            | Self::Holders(_)
            | Self::Groups
            | Self::Object(_)
            | Self::ObjectDocument(_)
            | Self::FieldDocument(..)
            | Self::DefaultInForce(_)
            | Self::SharingRules(_)
            | Self::Profile(_)
            | Self::ProfilePermissions(_)
            | Self::ProfileObjects(_)
            | Self::ProfileFields(..)
            | Self::AllProfileFields(_)
            | Self::FieldViewers(..)
            | Self::PermissionSet(_)
            | Self::Reference(_)
            | Self::SetLicence(_)
            | Self::RunningUser(_) => false,
        }
    }

    /// What it is, for the sentence *the org refused to tell …*.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Organization(_) => "which organization it is".to_owned(),
            Self::TrialEnd => "when its trial ends".to_owned(),
            Self::Roles(_) => "its roles".to_owned(),
            Self::RoleDocument(name) => format!("the role `{name}`"),
            Self::Containers => "its profiles and permission sets".to_owned(),
            Self::User(name) | Self::CopiesOf(name) => format!("whether there is a user `{name}`"),
            Self::UserFields => users::FIELDS.to_owned(),
            Self::OfUser(need) => need.what().to_owned(),
            Self::Frozen(name) => format!("whether the user `{name}` is frozen"),
            Self::EndingAssignments(name) => format!("which sets `{name}` holds for a time"),
            Self::Administrators => "who its administrators are".to_owned(),
            Self::Members(role) => format!("who has the role `{role}`"),
            Self::Holders(profile) => format!("who has the profile `{profile}`"),
            Self::UsersByProfile => "how many users each profile has".to_owned(),
            Self::UsersByRole => "how many users each role has".to_owned(),
            Self::RolesOfUsers => "which role each user has".to_owned(),
            Self::Groups => "its public groups and queues".to_owned(),
            Self::Object(object) => format!("what the object `{object}` is"),
            Self::ObjectDocument(object) => format!("the settings of the object `{object}`"),
            Self::FieldDocument(object, field) => format!("what the field `{object}.{field}` is"),
            Self::DefaultInForce(object) => format!("which default of {object} is in force"),
            Self::SharingRules(object) => format!("the sharing rules of {object}"),
            Self::Profile(label) => format!("the profile `{label}`"),
            Self::ProfilePermissions(label) => profiles::permissions_of(label),
            Self::ProfileObjects(label) => format!("what the profile `{label}` grants on objects"),
            Self::ProfileFields(label, object) => {
                format!("what the profile `{label}` grants on fields of {object}")
            }
            Self::AllProfileFields(name) => format!("what the profile `{name}` grants on fields"),
            Self::FieldViewers(object, field) => format!("who may see `{object}.{field}`"),
            Self::PermissionSet(name) => format!("the permission set `{name}`"),
            Self::Grants(object) => format!("who is granted what on {object}"),
            Self::Readers(object) => format!("who reads {object} through a permission set"),
            Self::Owners(object) => format!("who owns how many {object} records"),
            Self::Count(object, filter) => populations::what(object, filter.as_ref()),
            Self::AccountsOf(accounts) => accounts.what(),
            Self::GivenTo(given) => given.what(),
            Self::Shared(object, _) => format!("how many {object} records the user is shared"),
            Self::Sharing(need) => need.what(),
            Self::Record(need) => need.what(),
            Self::Holding(need) => need.what(),
            Self::Capability(need) => need.what(),
            Self::Reference(reference) => format!("whether there is {}", reference.what()),
            Self::Dependencies(..) | Self::DependenciesOf(_) => profiles::REQUIRES.to_owned(),
            Self::SetLicence(need) => need.what(),
            Self::Tabs => "which tabs it has".to_owned(),
            Self::RestrictionRules => "which restriction rules hide records".to_owned(),
            Self::RunningUser(name) => format!("who the user `{name}` is"),
            Self::HeldPermissions(name, _) => format!("which permissions the user `{name}` holds"),
            Self::Licences => "its licences".to_owned(),
            Self::PackagedSets(namespace) => {
                format!("which permission sets the package `{namespace}` brought")
            }
            Self::Records(it, _) | Self::FirstRecords(it, _) => format!("the {it} records"),
            Self::Deploys => "which deploys and validations it has taken".to_owned(),
        }
    }
}

impl Live {
    /// Some columns depend on the org's features. Where one is lacking, the rows are asked for with the columns that
    /// every org has, and what else would have told the same.
    pub fn needs_in_place_of_refused(&self, manifests: &[Manifest]) -> BTreeSet<Need> {
        let mut needs = BTreeSet::new();
        if self.lacks_columns(&Need::Organization(Columns::All)) {
            needs.insert(Need::Organization(Columns::InEveryOrg));
            let sharing = manifests.iter().flat_map(|manifest| &manifest.spec.sharing);
            needs.extend(sharing.map(|sharing| Need::DefaultInForce(sharing.object.value.clone())));
        }
        if self.lacks_columns(&Need::Roles(Columns::All)) {
            needs.insert(Need::Roles(Columns::InEveryOrg));
            let roles = manifests
                .iter()
                .filter_map(|manifest| manifest.spec.role.as_ref());
            needs.extend(roles.map(|role| Need::RoleDocument(role.name.value.clone())));
        }
        needs.extend(self.needs_in_place_of_objects(manifests));
        needs.retain(|need| !self.was_asked(need));
        needs
    }
}
