//! The org as typed parts, decoded once. Pure: needs become questions, answers become parts.
//!
//! Each part is [`Known`]: learnt, refused in the org's words, or not asked. Query text and column names do not leave
//! this room: other rooms say what they need as a [`Need`] and read parts. `observe` sends the questions.

mod accounts_of;
mod again;
mod assignments;
mod audit_trail;
mod capability;
mod condition;
mod containers;
mod criteria_condition;
mod defaults;
mod deploys;
mod described;
mod everyone;
mod filter;
mod given_to;
mod granted;
mod holding;
mod known;
mod learn;
mod need;
mod objects;
mod open_questions;
mod organization;
mod parts;
mod people;
mod populations;
mod portions;
mod profile_name;
mod profile_names;
mod profiles;
mod question;
mod readers;
mod record_need;
mod records;
mod references;
mod restrictions;
mod roles;
mod rules;
mod running_user;
mod selection;
mod set_licences;
mod shares;
mod sharing_need;
mod stored_criteria;
mod users;

#[cfg(test)]
mod tests;

use crate::manifest::SharingModel;
use crate::xml::Element;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use accounts_of::AccountsOf;
pub use assignments::{
    AssignedThing, EndingAssignment, UserAssignment, assignments_of, read_assignments,
};
pub use audit_trail::{
    DEPLOYS_MADE, RECENT_SETUP, SETUP_HISTORY, SetupChange, SetupHistory, SetupTrail,
};
pub use capability::{CapabilityNeed, GrantedNames};
pub use containers::{
    Container, ContainerKind, Containers, LiveProfile, ObjectGrant, ObjectRights, Seats,
};
pub use criteria_condition::{AskedAs, CriteriaKnowledge, criterion_path};
pub use defaults::Defaults;
pub use deploys::{
    Deploys, QueuedDeploy, RECENT_DEPLOYS, Requester, Validation, deploy_ids, deploys_since,
};
pub use described::{
    ChildRelationship, Described, DescribedField, DescribedRecordType, PicklistEntry,
};
pub use everyone::{EVERYONE_BUT, Everyone, EveryonePart, Integration, WhyLeftOut, everyone_name};
pub use filter::Filter;
pub use given_to::GivenTo;
pub use granted::{Granted, GrantedByRecord, access_of, read_access};
pub use holding::{FieldCounts, HeldAssignment, HoldingNeed, OpenObjects, UserLogIn};
pub use known::{Known, Refused};
pub use need::{Columns, Need};
pub use open_questions::{Circumstances, Next, OPEN_QUESTIONS, OpenQuestion, TAKE_A_WRITE};
pub use organization::{Organization, organization_query, tells_default_of};
pub use parts::LACKING_OBJECT;
pub use people::{GroupKind, GroupMember, Person, SharingGroup, members_among, read_members};
pub use populations::Owners;
pub use portions::{Portion, ShareRows, is_under_accounts};
pub use profile_name::{profile_full_name, profile_label};
pub use profiles::Dependency;
pub use question::{Answer, Asked, Question, questions};
pub use readers::ReaderBySet;
pub use record_need::RecordNeed;
pub use records::{
    ACCOUNT, ACCOUNTS_OWNER, FIRST_PAGE, LiveRecord, OWNERS_ROLE, PRIVATE, ROLE_OF_ACCOUNTS_OWNER,
    RecordQuery, counted, names_of_objects, object_of_prefix, population_query, record_columns,
    records_of_email, short_id,
};
pub use references::Reference;
pub use restrictions::{RestrictionRule, may_be_restricted};
pub use roles::{LiveRole, Roles};
pub use rules::{LiveRule, Membership, Reach, RuleKind};
pub use running_user::{Licence, RunningUser};
pub use set_licences::{HeldSeat, LiveSetLicence, SetLicence, SetLicenceNeed};
pub use shares::{
    Share, ShareGroup, SharedWith, count_of_editing_rule_rows, count_of_rule_rows, groups_of,
    parent_rows, read_groups, read_shares, read_shares_of_accounts, role_group, rule_rows,
    shares_of, shares_of_accounts,
};
pub use sharing_need::SharingNeed;
pub use stored_criteria::{FieldFacts, StoredCondition, StoredMatch};
pub use users::{
    Assignment, Assignments, LiveUser, ProfileHolder, RolesOfUsers, UserCounts, UserNeed,
};

/// Which org was read.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OrgIdentity {
    /// 18-character organization id.
    pub id: String,
    /// The organization's name.
    pub name: String,
    /// Base URL of the instance.
    pub instance_url: String,
    /// `OrganizationType`, such as `Enterprise Edition`.
    pub edition: String,
    /// Whether it is a sandbox (sandboxes keep production's edition).
    pub sandbox: bool,
    /// API version of every request, such as `66.0`.
    pub api_version: String,
    /// Username of the running user, where the log-in told it.
    pub running_user: Option<String>,
}

/// Everything learnt of one org for one plan.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Which org.
    pub org: OrgIdentity,
    /// True where no org was asked: `render` without `--org`. Nothing is known, so nothing is refused as unknown.
    pub offline: bool,
    /// Queries that an object may take to tell what rules share with whom; the usual number where nobody says.
    pub impact_budget: Option<usize>,
    /// The users that the manifests of the run describe.
    pub integrations: Vec<Integration>,
    /// The day on which it was asked, by the org's clock.
    pub today: Option<Date>,
    /// HTTP requests the reading took, after log-in.
    pub requests: u64,
    /// What the org counts against its API allocation.
    pub api_calls: u64,
    /// Profiles that the org gave in part and that were retrieved besides, by label, with what they came without. What
    /// that took is not among the requests.
    pub retrieved: BTreeMap<String, Vec<&'static str>>,
    /// How each need was answered.
    outcomes: HashMap<Need, NeedOutcome>,
    organization: Option<Organization>,
    /// The day on which the trial ends, where it is one.
    trial_end: Option<String>,
    roles: Option<Roles>,
    containers: Option<Containers>,
    users: users::Users,
    holders: BTreeMap<String, Vec<ProfileHolder>>,
    /// Usernames of copies, by the username of the original.
    copies: BTreeMap<String, Vec<String>>,
    /// What columns hold of users.
    user_values: BTreeMap<Need, BTreeMap<String, Value>>,
    /// Addresses from which users logged in, by record id.
    log_in_addresses: BTreeMap<String, BTreeSet<String>>,
    /// Record ids of users who are frozen.
    frozen: BTreeSet<String>,
    /// Assignments that end, by username without regard to case.
    ending: BTreeMap<String, Vec<EndingAssignment>>,
    users_by_profile: Option<UserCounts>,
    users_by_role: Option<UserCounts>,
    roles_of_users: Option<RolesOfUsers>,
    people: Option<Vec<Person>>,
    sharing_groups: Option<Vec<SharingGroup>>,
    group_members: Option<Vec<GroupMember>>,
    everyone_groups: Option<Vec<everyone::EveryoneGroup>>,
    /// Record ids of users who may use the API only.
    api_only: BTreeSet<String>,
    groups: Vec<String>,
    definitions: BTreeMap<String, defaults::Definition>,
    /// Objects that the org did not give as a whole, with why.
    stood_in: BTreeMap<String, Refused>,
    described: BTreeMap<String, Option<Box<Described>>>,
    documents: BTreeMap<Need, Option<Box<Element>>>,
    profile_permissions: BTreeMap<String, Option<BTreeSet<String>>>,
    object_grants: containers::ObjectGrants,
    field_grants: containers::FieldGrants,
    readers: BTreeSet<ReaderBySet>,
    owners: BTreeMap<String, Owners>,
    portions: BTreeMap<SharingNeed, Vec<Portion>>,
    share_rows: BTreeMap<SharingNeed, Vec<ShareRows>>,
    counts: BTreeMap<Need, u64>,
    references: BTreeMap<Reference, Option<String>>,
    dependencies: BTreeMap<Need, Vec<Dependency>>,
    /// How the org calls the profiles whose labels it translates.
    profile_names: profile_names::ProfileNames,
    /// The tabs that the org has.
    tabs: Option<BTreeSet<String>>,
    restriction_rules: Option<Vec<RestrictionRule>>,
    records: BTreeMap<Need, Vec<LiveRecord>>,
    running_users: BTreeMap<String, RunningUser>,
    licences: Option<Vec<Licence>>,
    packaged_sets: BTreeMap<String, Vec<String>>,
    set_licences: Option<Vec<LiveSetLicence>>,
    /// Seats of permission set licences, by username without regard to case.
    seats: BTreeMap<String, Vec<HeldSeat>>,
    held_permissions: BTreeMap<Need, BTreeSet<&'static str>>,
    deploys: Deploys,
    told: record_need::RecordsTold,
    holdings: holding::Holdings,
    capabilities: capability::Capabilities,
    /// Defaults that are only supposed, by object.
    supposed_defaults: BTreeMap<String, SharingModel>,
}

/// How a need was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NeedOutcome {
    Told,
    Refused(Refused),
}
