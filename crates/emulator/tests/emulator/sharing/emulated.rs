//! A company put into an emulated org, and questions to the org over its REST API.

#[path = "emulated/asked.rs"]
mod asked;
#[path = "emulated/rules.rs"]
mod rules;

use salesforce_emulator::store::{
    AccessLevel, AccountLevels, Assignment, Container, ContainerKind, FieldSchema, FieldType,
    Group, GroupKind, Id, ObjectAccess, Org, Profile, Role, Row, Session, SharingModel,
    SharingState, User,
};
use salesforce_emulator::world::World;
use salesforce_emulator::{schema, seed, sharing};
use serde_json::{Value, json};

use super::company::{self, Children, Company, Grants, Level, Model, OBJECTS, Object, Party};

/// An org that holds a company.
pub(crate) struct Emulated {
    world: World,
    ids: Ids,
}

/// What the company's numbers are called in the org.
#[derive(Default)]
pub(crate) struct Ids {
    profiles: Vec<Id>,
    pub(crate) sets: Vec<Id>,
    pub(crate) users: Vec<Id>,
    roles: Vec<Id>,
    groups: Vec<Id>,
    queues: Vec<Id>,
    pub(crate) records: Vec<Id>,
}

/// The org of a company, with everything in force.
pub(crate) fn org(company: &Company) -> (Org, Ids) {
    let mut org = seed::standard();
    let mut ids = Ids::default();
    add_objects(&mut org, company);
    add_roles(&mut org, company, &mut ids);
    add_grants(&mut org, company, &mut ids);
    add_users(&mut org, company, &mut ids);
    add_groups(&mut org, company, &mut ids);
    add_records(&mut org, company, &mut ids);
    rules::add_sharing(&mut org, company, &ids);
    (org, ids)
}

fn model(model: Model) -> SharingModel {
    match model {
        Model::Private => SharingModel::Private,
        Model::Read => SharingModel::Read,
        Model::ReadWrite => SharingModel::ReadWrite,
        Model::ReadWriteTransfer => SharingModel::ReadWriteTransfer,
        Model::ControlledByParent => SharingModel::ControlledByParent,
    }
}

fn level(level: Level) -> AccessLevel {
    match level {
        Level::None => AccessLevel::None,
        Level::Read => AccessLevel::Read,
        Level::Edit => AccessLevel::Edit,
        Level::All => AccessLevel::All,
    }
}

fn account_levels(children: Children) -> AccountLevels {
    AccountLevels {
        case: level(children.cases),
        contact: level(children.contacts),
        opportunity: level(children.opportunities),
    }
}

fn add_objects(org: &mut Org, company: &Company) {
    let mut thing = schema::custom_object("Thing__c", "Thing", "Things", "a00");
    thing.durable_id = "01I000000000001AAA".to_owned();
    let mut lot = schema::custom_object("Lot__c", "Lot", "Lots", "a02");
    lot.durable_id = "01I000000000003AAA".to_owned();
    let mut part = schema::custom_object("Part__c", "Part", "Parts", "a01");
    part.durable_id = "01I000000000002AAA".to_owned();
    let mut pair = schema::custom_object("Pair__c", "Pair", "Pairs", "a03");
    pair.durable_id = "01I000000000004AAA".to_owned();
    for (detail, object) in [(&mut part, Object::Part), (&mut pair, Object::Pair)] {
        detail.has_shares = false;
        detail.fields.remove("OwnerId");
        for (place, master) in object.masters().iter().enumerate() {
            let field = master_field(*master, company.reading_writes(object, place));
            detail.fields.insert(field.name.clone(), field);
        }
    }
    org.without_hierarchies = company
        .flat
        .iter()
        .map(|object| object.name().to_owned())
        .collect();
    let objects = org.objects.make_mut();
    for object in [thing, part, lot, pair] {
        objects.insert(object.name.clone(), object);
    }
    for object in OBJECTS {
        let schema = objects.get_mut(object.name()).expect("the object is there");
        let default = model(company.defaults[&object]);
        schema.sharing = SharingState::settled(default, default);
        for (name, kind) in [
            ("Flag__c", FieldType::Boolean),
            ("Word__c", FieldType::String),
            ("Count__c", FieldType::Double),
        ] {
            let field = FieldSchema {
                name: name.to_owned(),
                kind,
                length: 80,
                nillable: true,
                custom: true,
                ..FieldSchema::default()
            };
            schema.fields.insert(name.to_owned(), field);
        }
    }
    for object in OBJECTS {
        org.table_mut(object.name());
    }
}

fn master_field(master: Object, reading_writes: bool) -> FieldSchema {
    let name = master.name();
    FieldSchema {
        name: name.to_owned(),
        kind: FieldType::Reference,
        reference_to: vec![name.to_owned()],
        relationship_name: Some(name.replace("__c", "__r")),
        master_detail: true,
        write_requires_master_read: reading_writes,
        custom: true,
        ..FieldSchema::default()
    }
}

fn add_roles(org: &mut Org, company: &Company, ids: &mut Ids) {
    for (number, role) in company.roles.iter().enumerate() {
        let id = org.next_id("00E");
        let role = Role {
            id: id.clone(),
            developer_name: format!("Role_{number}"),
            name: format!("Role {number}"),
            parent: role.above.map(|above| ids.roles[above].clone()),
            case_access: level(role.cases),
            contact_access: level(role.contacts),
            opportunity_access: level(role.opportunities),
            ..Role::default()
        };
        org.roles.insert(id.clone(), role);
        sharing::add_role_groups(org, &id);
        ids.roles.push(id);
    }
}

fn container(org: &mut Org, grants: &Grants, name: String) -> Container {
    let objects = grants.objects.iter().map(|(object, rights)| {
        let access = ObjectAccess {
            read: rights.read,
            edit: rights.edit,
            delete: rights.delete,
            view_all: rights.view_all,
            modify_all: rights.modify_all,
            ..ObjectAccess::default()
        };
        (object.name().to_owned(), access)
    });
    let permissions = [
        ("ViewAllData", grants.view_all_data),
        ("ModifyAllData", grants.modify_all_data),
        ("TransferAnyEntity", grants.transfers),
        ("ApiEnabled", true),
    ];
    let held = permissions.into_iter().filter(|(_, held)| *held);
    Container {
        id: org.next_id("0PS"),
        label: name.clone(),
        name,
        user_permissions: held.map(|(name, _)| name.to_owned()).collect(),
        object_permissions: objects.filter(|(_, access)| !access.is_empty()).collect(),
        ..Container::default()
    }
}

fn add_grants(org: &mut Org, company: &Company, ids: &mut Ids) {
    let license = org.license("Salesforce").expect("the licence").id.clone();
    for (number, grants) in company.profiles.iter().enumerate() {
        let id = org.next_id("00e");
        let name = format!("Profile {number}");
        let own = container(org, grants, name.clone());
        let profile = Profile {
            id: id.clone(),
            full_name: name.clone(),
            label: name,
            custom: true,
            license: license.clone(),
            container: own.id.clone(),
            description: None,
        };
        let kind = ContainerKind::Profile(id.clone());
        let own = Container { kind, ..own };
        org.containers.make_mut().insert(own.id.clone(), own);
        org.profiles.insert(id.clone(), profile);
        ids.profiles.push(id);
    }
    for (number, grants) in company.sets.iter().enumerate() {
        let set = container(org, grants, format!("Set_{number}"));
        ids.sets.push(set.id.clone());
        org.containers.make_mut().insert(set.id.clone(), set);
    }
}

fn add_users(org: &mut Org, company: &Company, ids: &mut Ids) {
    for (number, user) in company.users.iter().enumerate() {
        let id = org.next_id("005");
        let kind = if user.system {
            "AutomatedProcess"
        } else {
            "Standard"
        };
        let row = User {
            id: id.clone(),
            username: format!("user{number}@company.example"),
            alias: format!("user{number}"),
            nickname: format!("user{number}"),
            last_name: format!("User {number}"),
            email: format!("user{number}@company.example"),
            profile: ids.profiles[user.profile].clone(),
            role: user.role.map(|role| ids.roles[role].clone()),
            active: user.active,
            user_type: kind.to_owned(),
            ..User::default()
        };
        org.users.make_mut().insert(id.clone(), row);
        let session = Session {
            user: id.clone(),
            ..Session::default()
        };
        org.sessions.insert(token(number), session);
        for set in &user.sets {
            let assignment = Assignment {
                id: org.next_id("0Pa"),
                assignee: id.clone(),
                container: ids.sets[*set].clone(),
                ..Assignment::default()
            };
            org.assignments.insert(assignment.id.clone(), assignment);
        }
        ids.users.push(id);
    }
    if let Some(license) = org
        .licenses
        .values_mut()
        .find(|license| license.name == "Salesforce")
    {
        license.total += company.users.len() as u32;
    }
}

fn token(user: usize) -> String {
    format!("00D000000000001!user.{user}")
}

fn add_groups(org: &mut Org, company: &Company, ids: &mut Ids) {
    for (number, group) in company.groups.iter().enumerate() {
        let id = add_group(
            org,
            ids,
            group,
            GroupKind::Regular,
            format!("Group_{number}"),
        );
        ids.groups.push(id);
    }
    for (number, queue) in company.queues.iter().enumerate() {
        let id = add_group(org, ids, queue, GroupKind::Queue, format!("Queue_{number}"));
        ids.queues.push(id);
    }
}

fn add_group(
    org: &mut Org,
    ids: &Ids,
    group: &company::Group,
    kind: GroupKind,
    name: String,
) -> Id {
    let id = org.next_id("00G");
    let members = group.members.iter().map(|member| {
        let member = ids.party(org, *member);
        (org.next_id("011"), member)
    });
    let members = members.collect();
    let row = Group {
        id: id.clone(),
        kind,
        name: Some(name.clone()),
        developer_name: Some(name),
        members,
        includes_bosses: group.bosses,
        ..Group::default()
    };
    org.groups.insert(id.clone(), row);
    id
}

fn add_records(org: &mut Org, company: &Company, ids: &mut Ids) {
    for (number, record) in company.records.iter().enumerate() {
        let prefix = org
            .object(record.object.name())
            .expect("it is there")
            .key_prefix
            .clone();
        let id = org.next_id(&prefix);
        let mut row = Row::new();
        let mut put = |name: &'static str, value: Value| drop(row.insert(name, value));
        put("Id", json!(id));
        put("Flag__c", json!(record.flag));
        if !record.word.is_empty() {
            put("Word__c", json!(record.word));
        }
        if let Some(count) = record.count {
            put("Count__c", json!(count));
        }
        if let Some(owner) = record.owner {
            put("OwnerId", json!(ids.party(org, owner)));
        }
        if record.private {
            put("IsPrivate", json!(true));
        }
        for (master, number) in record.masters() {
            put(master.name(), json!(ids.records[number]));
        }
        let account = record.parent.filter(|_| record.masters().is_empty());
        if let Some(account) = account {
            put("AccountId", json!(ids.records[account]));
        }
        for name in ["Name", "LastName", "Company"] {
            let known = org.field(record.object.name(), name).is_some();
            if known && !(name == "Name" && matches!(record.object, Object::Contact | Object::Lead))
            {
                put(name, json!(format!("Record {number}")));
            }
        }
        org.table_mut(record.object.name()).insert(id.clone(), row);
        ids.records.push(id);
    }
}

impl Ids {
    /// The id of a user or group.
    fn party(&self, org: &Org, party: Party) -> Id {
        let role_group = |kind, role: usize| {
            let group = org.group_for(kind, Some(&self.roles[role]));
            group.expect("every role has its groups").id.clone()
        };
        match party {
            Party::User(user) => self.users[user].clone(),
            Party::Group(group) => self.groups[group].clone(),
            Party::Queue(queue) => self.queues[queue].clone(),
            Party::Role(role) => role_group(GroupKind::Role, role),
            Party::RoleAndBelow(role) => role_group(GroupKind::RoleAndSubordinatesInternal, role),
            Party::Everybody => {
                let group = org.group_for(GroupKind::Organization, None);
                group.expect("everybody is a group").id.clone()
            }
        }
    }
}
