//! A company put into an emulated org, and questions to the org over its REST API.

use std::collections::{BTreeMap, BTreeSet};

use salesforce_emulator::http::Request;
use salesforce_emulator::router;
use salesforce_emulator::store::{
    AccessLevel, AccountLevels, Assignment, Container, ContainerKind, CriteriaItem, FieldSchema,
    FieldType, Group, GroupKind, Id, ObjectAccess, Org, Principal, Profile, Role, Row, RuleScope,
    Session, ShareRow, SharingModel, SharingRule, SharingState, User,
};
use salesforce_emulator::world::World;
use salesforce_emulator::{schema, seed, sharing};
use serde_json::{Value, json};

use super::company::{
    self, Children, Company, Condition, Grants, Level, Logic, Model, OBJECTS, Object, Party, Which,
};
use super::evaluator::Access;

/// An org that holds a company.
pub(crate) struct Emulated {
    world: World,
    ids: Ids,
}

/// What the company's numbers are called in the org.
#[derive(Default)]
pub(crate) struct Ids {
    profiles: Vec<Id>,
    sets: Vec<Id>,
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
    add_sharing(&mut org, company, &ids);
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

fn add_sharing(org: &mut Org, company: &Company, ids: &Ids) {
    for (number, rule) in company.rules.iter().enumerate() {
        let scope = match &rule.which {
            Which::OwnedBy(party) => RuleScope::Owner(principal(*party)),
            Which::Meeting {
                conditions,
                logic,
                owned_by_all,
            } => RuleScope::Criteria {
                items: conditions.iter().map(criterion).collect(),
                boolean_filter: filter(*logic, conditions.len()),
                include_records_owned_by_all: *owned_by_all,
            },
        };
        let stored = SharingRule {
            object: rule.object.name().to_owned(),
            name: format!("Rule_{number}"),
            label: format!("Rule {number}"),
            description: None,
            scope,
            shared_to: principal(rule.to),
            access: level(rule.level),
            account_levels: (rule.object == Object::Account).then(|| account_levels(rule.children)),
        };
        org.rules.insert(stored.full_name(), stored);
    }
    org.rules_in_force.clone_from(&org.rules);
    for share in &company.shares {
        let object = company.records[share.record].object;
        let row = ShareRow {
            id: org.next_id(sharing::share_prefix(object.name())),
            object: object.name().to_owned(),
            record: ids.records[share.record].clone(),
            user_or_group: ids.party(org, share.to),
            level: level(share.level),
            cause: "Manual".to_owned(),
            account_levels: (object == Object::Account).then(|| account_levels(share.children)),
            by: None,
        };
        org.manual_shares.insert(row.id.clone(), row);
    }
}

fn principal(party: Party) -> Principal {
    let (kind, name) = match party {
        Party::Role(role) => ("role", Some(format!("Role_{role}"))),
        Party::RoleAndBelow(role) => ("roleAndSubordinatesInternal", Some(format!("Role_{role}"))),
        Party::Group(group) => ("group", Some(format!("Group_{group}"))),
        Party::Queue(queue) => ("queue", Some(format!("Queue_{queue}"))),
        Party::Everybody => ("allInternalUsers", None),
        Party::User(_) => unreachable!("no rule names a single user"),
    };
    Principal {
        kind: kind.to_owned(),
        name,
    }
}

fn criterion(condition: &Condition) -> CriteriaItem {
    let quoted = |word: &&str| {
        if word.contains(',') {
            format!("\"{word}\"")
        } else {
            (*word).to_owned()
        }
    };
    let (field, operation, value) = match condition {
        Condition::Flag(flag) => (
            "Flag__c",
            "equals",
            if *flag { "True" } else { "False" }.to_owned(),
        ),
        Condition::Word(words) => (
            "Word__c",
            "equals",
            words.iter().map(quoted).collect::<Vec<_>>().join(","),
        ),
        Condition::WordIsNot(word) => ("Word__c", "notEqual", quoted(word)),
        Condition::WordContains(part) => ("Word__c", "contains", quoted(part)),
        Condition::WordLacks(part) => ("Word__c", "notContain", quoted(part)),
        Condition::CountAbove(bound) => ("Count__c", "greaterThan", bound.to_string()),
    };
    CriteriaItem {
        field: field.to_owned(),
        operation: operation.to_owned(),
        value,
    }
}

fn filter(logic: Logic, count: usize) -> Option<String> {
    let numbers = |from: usize| {
        (from..=count)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
    };
    match logic {
        Logic::All => None,
        Logic::Any => Some(numbers(1).join(" OR ")),
        Logic::FirstAndAny if count == 1 => Some("1".to_owned()),
        Logic::FirstAndAny => Some(format!("1 and ({})", numbers(2).join(" or "))),
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

impl Emulated {
    pub(crate) fn new(company: &Company) -> Emulated {
        let (org, ids) = org(company);
        Emulated {
            world: World::new(org),
            ids,
        }
    }

    /// The records of a query, or the error code of its refusal.
    fn query(&mut self, token: &str, soql: &str) -> Result<Vec<Value>, String> {
        let request = Request {
            method: "GET".to_owned(),
            path: "/services/data/v66.0/query".to_owned(),
            query: format!("q={}", soql.replace('+', "%2B").replace(' ', "+")),
            headers: BTreeMap::from([("authorization".to_owned(), format!("Bearer {token}"))]),
            base_url: "http://127.0.0.1:1".to_owned(),
            ..Request::default()
        };
        let response = router::handle(&mut self.world, request);
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        match response.status {
            200 => Ok(body["records"].as_array().cloned().unwrap_or_default()),
            _ => Err(body[0]["errorCode"].as_str().unwrap_or_default().to_owned()),
        }
    }

    fn administrator(&self) -> String {
        self.world.org.organization.access_token.clone()
    }

    fn number(&self, id: &Value) -> usize {
        let found = self
            .ids
            .records
            .iter()
            .position(|known| id == known.as_str());
        found.expect("a record of the company")
    }

    /// The records of an object that a query of this user returns; `None` where the object does not exist for it.
    pub(crate) fn rows_seen(&mut self, user: usize, object: Object) -> Option<BTreeSet<usize>> {
        let rows = self.query(&token(user), &format!("SELECT Id FROM {}", object.name()));
        match rows {
            Ok(rows) => Some(rows.iter().map(|row| self.number(&row["Id"])).collect()),
            Err(code) => {
                assert_eq!(code, "INVALID_TYPE");
                None
            }
        }
    }

    /// What `UserRecordAccess` answers about a user: to the administrator, or to another user.
    pub(crate) fn access(
        &mut self,
        running: Option<usize>,
        user: usize,
        records: &[usize],
    ) -> BTreeMap<usize, Access> {
        if records.is_empty() {
            return BTreeMap::new();
        }
        let token = running.map_or_else(|| self.administrator(), token);
        let quoted = records
            .iter()
            .map(|number| format!("'{}'", self.ids.records[*number]));
        let soql = format!(
            "SELECT RecordId, HasReadAccess, HasEditAccess, HasDeleteAccess, HasTransferAccess FROM UserRecordAccess WHERE UserId = '{}' AND RecordId IN ({})",
            self.ids.users[user],
            quoted.collect::<Vec<_>>().join(",")
        );
        let rows = self.query(&token, &soql).expect("an answer");
        let each = rows.iter().map(|row| {
            let has = |name: &str| row[name].as_bool().expect("a truth");
            let access = Access {
                read: has("HasReadAccess"),
                edit: has("HasEditAccess"),
                delete: has("HasDeleteAccess"),
                transfer: has("HasTransferAccess"),
            };
            (self.number(&row["RecordId"]), access)
        });
        each.collect()
    }

    /// The rows of an object's share table: record, holder, cause, level, and for accounts the levels on the children.
    pub(crate) fn share_rows(&mut self, object: Object) -> BTreeSet<Vec<String>> {
        let (table, record, level) = match object {
            Object::Thing | Object::Lot => (
                object.name().replace("__c", "__Share"),
                "ParentId".to_owned(),
                "AccessLevel".to_owned(),
            ),
            standard => {
                let name = standard.name();
                (
                    format!("{name}Share"),
                    format!("{name}Id"),
                    format!("{name}AccessLevel"),
                )
            }
        };
        let mut columns = vec![record.as_str(), "UserOrGroupId", "RowCause", level.as_str()];
        if object == Object::Account {
            columns.extend([
                "CaseAccessLevel",
                "ContactAccessLevel",
                "OpportunityAccessLevel",
            ]);
        }
        let soql = format!("SELECT {} FROM {table}", columns.join(", "));
        let token = self.administrator();
        let rows = self.query(&token, &soql).expect("an answer");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let each = rows
            .iter()
            .map(|row| columns.iter().map(|column| text(&row[*column])).collect());
        each.collect()
    }

    /// A row as the org shows it.
    pub(crate) fn shown(&self, row: super::evaluator::Row) -> Vec<String> {
        let (record, holder, cause, own, children) = row;
        let holder = self.ids.party(&self.world.org, holder);
        let mut shown = vec![self.ids.records[record].clone(), holder, cause.to_owned()];
        let children = children.map(|levels| [levels.cases, levels.contacts, levels.opportunities]);
        let levels = [own].into_iter().chain(children.into_iter().flatten());
        shown.extend(levels.map(|one| level(one).as_str().to_owned()));
        shown
    }
}
