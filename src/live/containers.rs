//! Everything that holds permissions: profiles, permission sets and groups of them, with what they grant.

use super::set_licences::SetLicence;
use crate::soql::Row;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Permission sets, groups of them, and the set behind each profile, which tells of the profile and its licence.
pub(super) const CONTAINERS: &str = "SELECT Id, Name, Label, NamespacePrefix, IsOwnedByProfile, ProfileId, Profile.Name, Profile.Description, \
     LicenseId, HasActivationRequired, Profile.UserLicenseId, Profile.UserLicense.Name, Profile.UserLicense.TotalLicenses, Profile.UserLicense.UsedLicenses, \
     PermissionSetGroupId, PermissionsModifyAllData, PermissionsViewAllData FROM PermissionSet";

/// What a container grants on an object.
pub(super) const OBJECT_PERMISSIONS: &str = "SELECT ParentId, Parent.Profile.Name, SobjectType, PermissionsRead, PermissionsCreate, \
     PermissionsEdit, PermissionsDelete, PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions";

/// What a container grants on a field.
pub(super) const FIELD_PERMISSIONS: &str = "SELECT Id, SobjectType, Field, PermissionsRead, PermissionsEdit, Parent.Profile.Name, \
     Parent.IsOwnedByProfile FROM FieldPermissions";

/// A profile as its permission set tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveProfile {
    /// Record id of the profile.
    pub id: String,
    /// Its label.
    pub label: String,
    /// What it is for, where somebody said so.
    pub description: Option<String>,
    /// The name of its user licence, where the org says.
    pub licence: Option<String>,
    /// Record id of its user licence, where the org says.
    pub licence_id: Option<String>,
}

/// What kind of container it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// The permission set behind a profile.
    Profile(LiveProfile),
    /// A permission set by itself.
    PermissionSet,
    /// The permission set behind a group of permission sets.
    PermissionSetGroup,
}

/// Something that holds permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Record id of the permission set.
    pub id: String,
    /// API name with its namespace, as manifests write it.
    pub name: String,
    /// Label.
    pub label: String,
    /// Namespace of the package it belongs to.
    pub namespace: Option<String>,
    /// What it is.
    pub kind: ContainerKind,
    /// Whether it grants Modify All Data.
    pub modifies_all_data: bool,
    /// Whether it grants View All Data.
    pub views_all_data: bool,
    /// The licence that it belongs to for good, where it belongs to one.
    pub licence: Option<SetLicence>,
    /// Whether it grants nothing until a session activates it.
    pub needs_activation: bool,
    /// Record id of the group whose sets it adds up, where it is that of a group.
    pub group: Option<String>,
}

/// An API name with its namespace.
pub(super) fn api_name(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}__{name}"),
        None => name.to_owned(),
    }
}

impl Container {
    fn of_row(row: &Row) -> Option<Self> {
        let cells = row.cells();
        let namespace = cells.owned("NamespacePrefix");
        let group = cells.owned("PermissionSetGroupId");
        let kind = match row.flag("IsOwnedByProfile") {
            true => ContainerKind::Profile(LiveProfile {
                id: cells.owned("ProfileId").unwrap_or_default(),
                label: cells.owned("Profile.Name").unwrap_or_default(),
                description: cells.owned("Profile.Description"),
                licence: cells.owned("Profile.UserLicense.Name"),
                licence_id: cells.owned("Profile.UserLicenseId"),
            }),
            false if group.is_some() => ContainerKind::PermissionSetGroup,
            false => ContainerKind::PermissionSet,
        };
        Some(Self {
            id: cells.owned("Id")?,
            name: api_name(namespace.as_deref(), row.text("Name").unwrap_or_default()),
            label: cells.owned("Label").unwrap_or_default(),
            namespace,
            kind,
            modifies_all_data: row.flag("PermissionsModifyAllData"),
            views_all_data: row.flag("PermissionsViewAllData"),
            licence: cells.owned("LicenseId").map(SetLicence::of_id),
            needs_activation: row.flag("HasActivationRequired"),
            group,
        })
    }

    /// The profile it stands behind.
    pub fn profile(&self) -> Option<&LiveProfile> {
        match &self.kind {
            ContainerKind::Profile(profile) => Some(profile),
            ContainerKind::PermissionSet | ContainerKind::PermissionSetGroup => None,
        }
    }
}

/// Seats of a user licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seats {
    /// Bought.
    pub total: u64,
    /// Taken.
    pub used: u64,
}

/// All containers of an org.
#[derive(Clone, Debug)]
pub struct Containers {
    all: Vec<Container>,
    profiles_by_label: HashMap<String, usize>,
    sets_by_name: HashMap<String, usize>,
    sets_by_label: HashMap<String, Vec<usize>>,
    licences: BTreeMap<String, Seats>,
}

impl Containers {
    pub(super) fn of_rows(rows: &[Row]) -> Self {
        let all: Vec<Container> = rows.iter().filter_map(Container::of_row).collect();
        let mut containers = Self {
            profiles_by_label: HashMap::new(),
            sets_by_name: HashMap::with_capacity(all.len()),
            sets_by_label: HashMap::with_capacity(all.len()),
            licences: rows.iter().filter_map(seats).collect(),
            all: Vec::new(),
        };
        for (index, container) in all.iter().enumerate() {
            containers.index(container, index);
        }
        containers.all = all;
        containers
    }

    fn index(&mut self, container: &Container, index: usize) {
        if let Some(profile) = container.profile() {
            let label = profile.label.clone();
            self.profiles_by_label.entry(label).or_insert(index);
            return;
        }
        let name = container.name.clone();
        self.sets_by_name.entry(name).or_insert(index);
        let labelled = self.sets_by_label.entry(container.label.clone());
        labelled.or_default().push(index);
    }

    /// All of them, in the org's order.
    pub fn all(&self) -> &[Container] {
        &self.all
    }

    /// The profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &LiveProfile> {
        self.all.iter().filter_map(Container::profile)
    }

    /// The profile of a label.
    pub fn profile(&self, label: &str) -> Option<&LiveProfile> {
        let index = self.profiles_by_label.get(label)?;
        self.all.get(*index)?.profile()
    }

    /// Permission sets and groups of them.
    pub fn sets(&self) -> impl Iterator<Item = &Container> {
        self.all
            .iter()
            .filter(|container| container.profile().is_none())
    }

    /// The permission set of a record id.
    pub fn set_of_id(&self, id: &str) -> Option<&Container> {
        self.sets().find(|set| set.id == id)
    }

    /// The name of a user licence that some profile has, by record id.
    pub fn licence_named(&self, id: &str) -> Option<&str> {
        let mut profiles = self.profiles();
        let profile = profiles.find(|profile| profile.licence_id.as_deref() == Some(id))?;
        profile.licence.as_deref()
    }

    /// The permission set of an API name.
    pub fn set_named(&self, name: &str) -> Option<&Container> {
        let index = self.sets_by_name.get(name)?;
        self.all.get(*index)
    }

    /// The permission set behind the group of an API name, or of a label that only one has.
    pub fn group_called(&self, name: &str) -> Option<&Container> {
        let groups = || self.sets().filter(|set| set.group.is_some());
        groups()
            .find(|group| group.name == name)
            .or_else(|| groups().find(|group| group.label == name))
    }

    /// The permission sets of a label.
    pub fn sets_labelled(&self, label: &str) -> Vec<&Container> {
        let indexes = self.sets_by_label.get(label).into_iter().flatten();
        indexes.filter_map(|index| self.all.get(*index)).collect()
    }

    /// The seats of a user licence that some profile has, where the org says.
    pub fn seats(&self, licence: &str) -> Option<Seats> {
        self.licences.get(licence).copied()
    }
}

fn seats(row: &Row) -> Option<(String, Seats)> {
    let number = |column: &str| row.number(&format!("Profile.UserLicense.{column}"));
    let seats = Seats {
        total: number("TotalLicenses")?,
        used: number("UsedLicenses")?,
    };
    Some((row.text("Profile.UserLicense.Name")?.to_owned(), seats))
}

/// Rights on the records of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the platform has these six flags"
)]
pub struct ObjectRights {
    /// Read.
    pub read: bool,
    /// Create.
    pub create: bool,
    /// Edit.
    pub edit: bool,
    /// Delete.
    pub delete: bool,
    /// View All.
    pub view_all: bool,
    /// Modify All.
    pub modify_all: bool,
}

/// What one container grants on one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectGrant {
    /// Id of the permission set.
    pub container: String,
    /// The label of the profile that the permission set stands behind.
    pub profile: Option<String>,
    /// The object's API name.
    pub object: String,
    /// What it grants.
    pub rights: ObjectRights,
}

/// What containers grant on objects, as far as that was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct ObjectGrants {
    /// Which there are already, by container and object: two needs may be met by the same row.
    known: HashSet<(String, String)>,
    by_object: HashMap<String, Vec<ObjectGrant>>,
    by_profile: HashMap<String, Vec<ObjectGrant>>,
}

impl ObjectGrants {
    pub(super) fn add_rows(&mut self, rows: &[Row]) {
        for grant in rows.iter().filter_map(ObjectGrant::of_row) {
            let key = (grant.container.clone(), grant.object.clone());
            if !self.known.insert(key) {
                continue;
            }
            if let Some(profile) = grant.profile.clone() {
                let of_profile = self.by_profile.entry(profile).or_default();
                of_profile.push(grant.clone());
            }
            let of_object = self.by_object.entry(grant.object.clone()).or_default();
            of_object.push(grant);
        }
    }

    pub(super) fn on(&self, object: &str) -> &[ObjectGrant] {
        self.by_object.get(object).map_or(&[], Vec::as_slice)
    }

    /// What one container grants, object by object in the order of their names.
    pub(super) fn of_container(&self, id: &str) -> impl Iterator<Item = &ObjectGrant> {
        let all = self.by_object.values().flatten();
        let mut granted: Vec<_> = all.filter(|grant| grant.container == id).collect();
        granted.sort_by(|one, other| one.object.cmp(&other.object));
        granted.into_iter()
    }

    pub(super) fn of_profile(&self, label: &str) -> &[ObjectGrant] {
        self.by_profile.get(label).map_or(&[], Vec::as_slice)
    }
}

impl ObjectGrant {
    fn of_row(row: &Row) -> Option<Self> {
        let cells = row.cells();
        Some(Self {
            container: cells.owned("ParentId")?,
            profile: cells.owned("Parent.Profile.Name"),
            object: cells.owned("SobjectType")?,
            rights: ObjectRights {
                read: row.flag("PermissionsRead"),
                create: row.flag("PermissionsCreate"),
                edit: row.flag("PermissionsEdit"),
                delete: row.flag("PermissionsDelete"),
                view_all: row.flag("PermissionsViewAllRecords"),
                modify_all: row.flag("PermissionsModifyAllRecords"),
            },
        })
    }
}

/// What profiles grant on fields, as far as that was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldGrants {
    /// Profiles that edit a field, by `Object.Field` in lower case.
    editors: HashMap<String, BTreeSet<String>>,
    /// Readable fields by profile, and whether they can be edited.
    by_profile: HashMap<String, BTreeMap<String, bool>>,
}

impl FieldGrants {
    pub(super) fn add_rows(&mut self, rows: &[Row]) {
        for row in rows {
            self.add(row);
        }
    }

    fn add(&mut self, row: &Row) {
        let (Some(field), Some(profile)) = (row.text("Field"), row.text("Parent.Profile.Name"))
        else {
            return;
        };
        let edits = row.flag("PermissionsEdit");
        if edits {
            let editors = self.editors.entry(field.to_lowercase()).or_default();
            editors.insert(profile.to_owned());
        }
        // A row that is only inferred has an id of zeros.
        let inferred = row.text("Id").is_some_and(|id| id.starts_with("000"));
        if row.flag("PermissionsRead") && !inferred {
            let of_profile = self.by_profile.entry(profile.to_owned()).or_default();
            of_profile.insert(field.to_owned(), edits);
        }
    }

    pub(super) fn editors(&self, object: &str, field: &str) -> &BTreeSet<String> {
        static NOBODY: BTreeSet<String> = BTreeSet::new();
        let field = format!("{object}.{field}").to_lowercase();
        self.editors.get(&field).unwrap_or(&NOBODY)
    }

    /// Fields that a profile can read, and whether it can edit them.
    pub(super) fn all_of_profile<'a>(
        &'a self,
        label: &str,
    ) -> impl Iterator<Item = (&'a str, bool)> {
        let fields = self.by_profile.get(label).into_iter().flatten();
        fields.map(|(field, edits)| (field.as_str(), *edits))
    }

    /// Fields of an object that a profile can read, and whether it can edit them.
    pub(super) fn of_profile<'a>(
        &'a self,
        label: &str,
        object: &str,
    ) -> impl Iterator<Item = (&'a str, bool)> {
        let prefix = format!("{object}.");
        self.all_of_profile(label)
            .filter(move |(field, _)| field.starts_with(&prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn containers() -> Containers {
        let profile = json!({"Id": "0PS1", "Name": "X00e", "Label": "X00e", "IsOwnedByProfile": true, "ProfileId": "00e1",
            "PermissionsViewAllData": true,
            "Profile": {"Name": "Sales", "UserLicenseId": "1001", "UserLicense": {"Name": "Salesforce", "TotalLicenses": 10, "UsedLicenses": 4}}});
        let set = |id: &str, namespace: Option<&str>, group: Option<&str>| {
            json!({"Id": id, "Name": "Sync", "Label": "Sync", "NamespacePrefix": namespace, "IsOwnedByProfile": false,
                "PermissionSetGroupId": group})
        };
        let sets = [
            set("0PS2", None, None),
            set("0PS3", Some("HubSpot_Inc"), None),
            set("0PS4", Some("acme"), Some("0PG1")),
        ];
        let rows: Vec<Row> = std::iter::once(&profile)
            .chain(&sets)
            .map(Row::of)
            .collect();
        Containers::of_rows(&rows)
    }

    #[test]
    fn profiles_sets_and_groups_of_sets_are_told_apart() {
        let containers = containers();
        let profile = containers.profile("Sales").expect("a profile");
        assert_eq!(profile.id, "00e1");
        assert_eq!(profile.licence.as_deref(), Some("Salesforce"));
        assert_eq!(containers.profile("Marketing"), None);
        let id = |set: Option<&Container>| set.map(|set| set.id.clone());
        assert_eq!(id(containers.set_named("Sync")).as_deref(), Some("0PS2"));
        let packaged = containers.set_named("HubSpot_Inc__Sync");
        assert_eq!(id(packaged).as_deref(), Some("0PS3"));
        assert_eq!(id(containers.set_named("X00e")), None);
        assert_eq!(containers.sets_labelled("Sync").len(), 3);
        assert_eq!((containers.sets().count(), containers.all().len()), (3, 4));
        let group = containers.set_named("acme__Sync").expect("a group");
        assert_eq!(group.kind, ContainerKind::PermissionSetGroup);
        let bypassing = containers.all().iter().filter(|one| one.views_all_data);
        assert_eq!(bypassing.count(), 1);
    }

    #[test]
    fn a_set_belongs_to_a_user_licence_a_permission_set_licence_or_none() {
        let row = |licence: Option<&str>, session: bool| {
            let row = json!({"Id": "0PS1", "Name": "Sync", "LicenseId": licence, "HasActivationRequired": session});
            let set = Container::of_row(&Row::of(&row)).expect("a set");
            (set.licence, set.needs_activation)
        };
        let user = SetLicence::User("1001".to_owned());
        assert_eq!(row(Some("1001"), true), (Some(user), true));
        assert_eq!(
            row(Some("0PL1"), false),
            (Some(SetLicence::PermissionSet), false)
        );
        assert_eq!(row(None, false), (None, false));
        let containers = containers();
        assert_eq!(containers.licence_named("1001"), Some("Salesforce"));
        assert_eq!(containers.licence_named("1002"), None);
        let id = containers.set_of_id("0PS3").map(|set| set.name.as_str());
        assert_eq!(id, Some("HubSpot_Inc__Sync"));
        assert_eq!(containers.set_of_id("0PS1"), None, "it is a profile's");
    }

    #[test]
    fn seats_are_those_of_a_licence_that_a_profile_has() {
        let seats = Some(Seats { total: 10, used: 4 });
        assert_eq!(containers().seats("Salesforce"), seats);
        assert_eq!(containers().seats("Identity"), None);
    }

    #[test]
    fn a_grant_that_two_needs_meet_is_one_grant() {
        let row = |container: &str, profile: Option<&str>| {
            Row::of(
                &json!({"ParentId": container, "SobjectType": "Lead", "PermissionsRead": true,
                "PermissionsViewAllRecords": true, "Parent": {"Profile": profile.map(|name| json!({"Name": name}))}}),
            )
        };
        let mut grants = ObjectGrants::default();
        grants.add_rows(&[row("0PS1", Some("Sales")), row("0PS2", None)]);
        grants.add_rows(&[row("0PS1", Some("Sales"))]);
        assert_eq!(grants.on("Lead").len(), 2);
        let [of_profile] = grants.of_profile("Sales") else {
            panic!("one grant");
        };
        assert!(of_profile.rights.read && of_profile.rights.view_all);
        assert!(!of_profile.rights.edit && !of_profile.rights.modify_all);
        assert!(grants.on("Case").is_empty() && grants.of_profile("Marketing").is_empty());
    }

    #[test]
    fn a_field_right_that_is_only_inferred_is_none_of_the_profile() {
        let row = |id: &str, field: &str, edits: bool| {
            Row::of(
                &json!({"Id": id, "Field": field, "PermissionsRead": true, "PermissionsEdit": edits,
                "Parent": {"Profile": {"Name": "Sales"}}}),
            )
        };
        let mut grants = FieldGrants::default();
        grants.add_rows(&[
            row("01k1", "Lead.Email", true),
            row("000000000000000", "Lead.Name", true),
            row("01k2", "LeadSource__c.X__c", false),
        ]);
        let of_lead: Vec<_> = grants.of_profile("Sales", "Lead").collect();
        assert_eq!(of_lead, [("Lead.Email", true)]);
        assert_eq!(grants.all_of_profile("Sales").count(), 2);
        let editors = grants.editors("Lead", "EMAIL").iter();
        assert_eq!(editors.collect::<Vec<_>>(), ["Sales"]);
        assert!(grants.editors("Lead", "Phone").is_empty());
    }
}
