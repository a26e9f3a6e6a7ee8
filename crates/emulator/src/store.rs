//! The whole state of the org as plain data, and look-ups in it.
//!
//! Everything here serialises: the state file is this structure. Nothing here decides anything; rules are elsewhere.

mod column;
mod ids;
mod objects;
mod part;
mod people;
mod permissions;
mod places;
mod platform;
mod role_groups;
mod row;
mod scale;
mod scripted_refusal;
mod set_licenses;
mod shared;
mod shares;
mod table;
mod tally;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use column::{IdKeys, fold, fold_characters, id_key, text_key};
pub use ids::{Id, canonical, numbered, short};
pub use objects::*;
pub use part::{Field, Fielded, Part};
pub use people::*;
pub use permissions::*;
pub use places::Places;
pub use platform::*;
pub use role_groups::Territory;
pub(crate) use row::Press;
pub use row::{FieldName, Row};
pub use scale::Scale;
pub use scripted_refusal::ScriptedRefusal;
pub use set_licenses::*;
pub use shared::{Seeded, Shared};
pub use shares::*;
pub use table::Table;
pub use tally::{Tallied, Tally};
pub use work::*;

/// Milliseconds since the start of 1970, UTC.
pub type Millis = i64;

/// The state of the org. A clone is a snapshot to go back to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Org {
    /// The organization itself.
    pub organization: Organization,
    /// Names of the user permissions the org knows, e.g. `ModifyAllData`.
    pub vocabulary: BTreeSet<String>,
    /// Objects by API name.
    pub objects: Shared<BTreeMap<String, ObjectSchema>>,
    /// User licences by id.
    pub licenses: BTreeMap<Id, License>,
    /// Permission set licences by id.
    pub set_licenses: BTreeMap<Id, SetLicense>,
    /// Who holds permission set licences, by id.
    pub set_license_assignments: BTreeMap<Id, SetLicenseAssignment>,
    /// Log-ins by id.
    #[serde(default)]
    pub log_ins: BTreeMap<Id, LogIn>,
    /// Permission sets by id, each profile's own among them.
    pub containers: Shared<BTreeMap<Id, Container>>,
    /// Profiles by id.
    pub profiles: BTreeMap<Id, Profile>,
    /// Roles by id.
    pub roles: BTreeMap<Id, Role>,
    /// Groups by id: public groups, queues, and those that stand for roles.
    pub groups: BTreeMap<Id, Group>,
    /// What the administrator may beyond any permission set, so that no seed can shut it out. No query shows it.
    pub administrator_rights: Shared<Option<Container>>,
    /// Users by id.
    pub users: Shared<Table<User>>,
    /// Permission set assignments by id, without those to profiles' own sets.
    pub assignments: BTreeMap<Id, Assignment>,
    /// Sharing rules as asked for, by full name (`Lead.Rule`).
    pub rules: BTreeMap<String, SharingRule>,
    /// Sharing rules that share rows were computed from, by full name.
    pub rules_in_force: BTreeMap<String, SharingRule>,
    /// Records by object.
    pub records: BTreeMap<String, Shared<Table>>,
    /// Share rows that somebody wrote (`Manual`) or that a seed brought (teams, territories), by id.
    pub manual_shares: BTreeMap<Id, ShareRow>,
    /// Custom objects that do not grant access using hierarchies.
    pub without_hierarchies: BTreeSet<String>,
    /// Whether every user has groups of the managers above and of the reports below.
    pub manager_groups: bool,
    /// Territories of the active model, by id.
    pub territories: BTreeMap<Id, Territory>,
    /// Metadata that is only kept: type, then full name, then XML text.
    pub documents: BTreeMap<String, BTreeMap<String, String>>,
    /// What the kept documents of rules for guests say, by full name; read again whenever setup changes.
    #[serde(skip)]
    pub guest_rules: BTreeMap<String, SharingRule>,
    /// What the kept documents of active restriction rules say, likewise.
    #[serde(skip)]
    pub restrictions: BTreeMap<String, Restriction>,
    /// Managed packages.
    pub packages: Vec<Package>,
    /// Deploys by id.
    pub deploys: BTreeMap<Id, DeployJob>,
    /// Retrieves by id, as the metadata service keeps them.
    pub retrieves: BTreeMap<Id, Value>,
    /// Recalculations that are not through.
    pub recalculations: Vec<Recalculation>,
    /// What was changed in setup, oldest first.
    pub audit: Vec<AuditEntry>,
    /// Log-ins by token.
    pub sessions: BTreeMap<String, Session>,
    /// Last number given out, by key prefix.
    pub counters: BTreeMap<String, u64>,
    /// API requests counted against the daily allocation.
    pub api_requests: u64,
    /// How much larger the demo org was made.
    pub scale: Scale,
    /// In which ways the platform is as hard as a real one.
    pub platform: Platform,
    /// What deploys are refused with, in words of a test's own.
    #[serde(default)]
    pub refusals: Vec<ScriptedRefusal>,
    /// What a manual clock shows; the real clock is not kept.
    pub manual_time: Option<Millis>,
}

/// The organization itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Organization {
    /// `00D…`.
    pub id: Id,
    /// Name of the company.
    pub name: String,
    /// `Enterprise Edition`.
    pub organization_type: String,
    /// Whether it is a sandbox.
    pub is_sandbox: bool,
    /// `NA999`.
    pub instance_name: String,
    /// Namespace of the org's own package.
    pub namespace_prefix: Option<String>,
    /// When a trial ends.
    pub trial_expiration: Option<Millis>,
    /// `TimeZoneSidKey`.
    pub time_zone: String,
    /// `DefaultLocaleSidKey`.
    pub locale: String,
    /// `LanguageLocaleKey`.
    pub language: String,
    /// Whether external sharing models are enabled.
    pub external_sharing_model_enabled: bool,
    /// Whether digital experiences are enabled, which decides how groups of roles and subordinates are called.
    pub digital_experiences_enabled: bool,
    /// Whether a deploy that holds sharing models and sharing rules of one object leaves the models unchanged.
    pub silent_sharing_no_op: bool,
    /// API requests a day.
    pub daily_api_requests: u64,
    /// When the org was made.
    pub created: Millis,
    /// The administrator whose token is printed at the start.
    pub administrator: Id,
    /// The token printed at the start; the same at every start over one state.
    pub access_token: String,
}

impl Org {
    /// The next unused id with this key prefix.
    pub fn next_id(&mut self, prefix: &str) -> Id {
        let counter = self.counters.entry(prefix.to_owned()).or_default();
        *counter += 1;
        numbered(prefix, *counter)
    }

    /// Takes over what switches of the platform state.
    pub fn lay_platform(&mut self, stated: &Platform) {
        self.platform.lay(stated.clone());
        if let Some(external) = self.platform.external_defaults {
            self.enable_external_defaults(external == ExternalDefaults::On);
        }
        self.complete_role_groups();
    }

    /// Turns external organization-wide defaults on or off.
    pub fn enable_external_defaults(&mut self, enabled: bool) {
        self.organization.external_sharing_model_enabled = enabled;
        if !enabled {
            // Nobody stated an external default then: each is the internal one.
            for object in self.objects.make_mut().values_mut() {
                let sharing = &mut object.sharing;
                sharing.requested.external = sharing.requested.internal;
                sharing.in_force.external = sharing.in_force.internal;
            }
        }
    }

    /// The user permissions that the org admits to know.
    pub fn permissions(&self) -> impl Iterator<Item = &String> {
        self.vocabulary
            .iter()
            .filter(|name| !Platform::holds(&self.platform.unknown_permissions, name))
    }

    /// The user permission of this API name, in this case or else in any.
    pub fn permission(&self, name: &str) -> Option<&String> {
        let exact = self
            .vocabulary
            .get(name)
            .filter(|name| !Platform::holds(&self.platform.unknown_permissions, name));
        exact.or_else(|| {
            self.permissions()
                .find(|known| known.eq_ignore_ascii_case(name))
        })
    }

    /// The object with this API name, in any case.
    pub fn object(&self, name: &str) -> Option<&ObjectSchema> {
        self.objects.get(name).or_else(|| {
            self.objects
                .values()
                .find(|object| object.name.eq_ignore_ascii_case(name))
        })
    }

    /// The object whose ids start with the first three characters of this id.
    pub fn object_of(&self, id: &str) -> Option<&ObjectSchema> {
        let prefix = id.get(..3)?;
        self.objects
            .values()
            .find(|object| object.key_prefix == prefix)
    }

    /// The field `Object.Field`, in any case.
    pub fn field(&self, object: &str, field: &str) -> Option<&FieldSchema> {
        self.object(object)?.field(field)
    }

    /// The sharing rules of an object as they were asked for.
    pub fn rules_of(&self, object: &str) -> impl Iterator<Item = &SharingRule> {
        let prefix = format!("{object}.");
        let from = self.rules.range(prefix.clone()..);
        from.take_while(move |(name, _)| name.starts_with(&prefix))
            .map(|(_, rule)| rule)
    }

    /// The records of an object; none where it has none.
    pub fn rows(&self, object: &str) -> impl Iterator<Item = (&Id, &Row)> {
        self.records
            .get(object)
            .into_iter()
            .flat_map(|table| table.iter())
    }

    /// One record.
    pub fn row(&self, object: &str, id: &str) -> Option<&Row> {
        self.records.get(object)?.get(id)
    }

    /// The records of an object, to be changed.
    pub fn table_mut(&mut self, object: &str) -> &mut Table {
        self.records
            .entry(object.to_owned())
            .or_default()
            .make_mut()
    }

    /// The profile with this label (`System Administrator`).
    pub fn profile_by_label(&self, label: &str) -> Option<&Profile> {
        self.profiles
            .values()
            .find(|profile| profile.label == label)
    }

    /// The profile with this metadata name (`Admin`).
    pub fn profile_by_full_name(&self, full_name: &str) -> Option<&Profile> {
        self.profiles
            .values()
            .find(|profile| profile.full_name == full_name)
    }

    /// The permission set of its own (no profile's, no group's) with this full name (`Namespace__Name`).
    pub fn permission_set(&self, full_name: &str) -> Option<&Container> {
        let own = |container: &&Container| container.kind == ContainerKind::PermissionSet;
        self.containers
            .values()
            .filter(own)
            .find(|container| container.is_named(full_name))
    }

    /// The role with this developer name.
    pub fn role(&self, developer_name: &str) -> Option<&Role> {
        self.roles
            .values()
            .find(|role| role.developer_name == developer_name)
    }

    /// The licence with this name (`Salesforce`).
    pub fn license(&self, name: &str) -> Option<&License> {
        self.licenses.values().find(|license| license.name == name)
    }

    /// Seats of a licence that active users hold.
    pub fn seats_used(&self, license: &str) -> u32 {
        let holds = |user: &&User| {
            user.active
                && self
                    .profiles
                    .get(&user.profile)
                    .is_some_and(|p| p.license == license)
        };
        u32::try_from(self.users.values().filter(holds).count()).unwrap_or(u32::MAX)
    }

    /// The user with this username, in any case.
    pub fn user_by_username(&self, username: &str) -> Option<&User> {
        self.users
            .values()
            .find(|user| user.username.eq_ignore_ascii_case(username))
    }

    /// The group of this kind that stands for a role (or for everybody, with `related` `None`).
    pub fn group_for(&self, kind: GroupKind, related: Option<&str>) -> Option<&Group> {
        self.groups
            .values()
            .find(|group| group.kind == kind && group.related.as_deref() == related)
    }

    /// The containers whose permissions a user has: the own profile's, assigned sets, and the members of assigned
    /// groups. Session-based sets grant nothing and lapsed assignments neither.
    pub fn containers_of(&self, user: &str, now: Millis) -> Vec<&Container> {
        let Some(user) = self.users.get(user) else {
            return Vec::new();
        };
        let own = self
            .profiles
            .get(&user.profile)
            .map(|profile| &profile.container);
        let current =
            |a: &&Assignment| a.assignee == user.id && a.expires.is_none_or(|end| end > now);
        let assigned = self
            .assignments
            .values()
            .filter(current)
            .map(|assignment| &assignment.container);
        let mut found = Vec::new();
        for container in own
            .into_iter()
            .chain(assigned)
            .filter_map(|id| self.containers.get(id))
        {
            if let ContainerKind::Group { members, .. } = &container.kind
                && !container.has_activation_required
            {
                found.extend(
                    members
                        .iter()
                        .filter_map(|member| self.containers.get(member)),
                );
            }
            found.push(container);
        }
        found.retain(|container| !container.has_activation_required);
        if user.id == self.organization.administrator {
            found.extend(self.administrator_rights.as_ref());
        }
        found
    }
}

impl ObjectSchema {
    /// The field with this API name, in any case.
    pub fn field(&self, name: &str) -> Option<&FieldSchema> {
        self.fields.get(name).or_else(|| {
            self.fields
                .values()
                .find(|field| field.name.eq_ignore_ascii_case(name))
        })
    }
}
