//! An example as a seed of the emulator, and what the org answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use salesforce_emulator::http::Request;
use salesforce_emulator::store::{Org, Platform, Session};
use salesforce_emulator::world::World;
use salesforce_emulator::{router, seed};
use serde_json::{Map, Value, json};

use super::case::{Case, Named, Record, User};

/// Where the org answers otherwise than the example says, a sentence each.
pub(super) fn differences(case: &Case) -> Vec<String> {
    let org = match seeded(case) {
        Ok(org) => org,
        Err(refused) => return vec![format!("{}: {refused}", case.title)],
    };
    let mut desk = Desk::new(org, case);
    for (what, field, value) in &case.then {
        desk.change(case, what, field, value);
    }
    let mut wrong = Vec::new();
    for (user, record, expected) in &case.sees {
        let actual = desk.access(user, record);
        let same = expected
            .iter()
            .zip(actual)
            .all(|(expected, actual)| expected.is_none_or(|expected| expected == actual));
        if !same {
            wrong.push(format!("{user} and {record}: {actual:?} for {expected:?}"));
        }
    }
    for (user, object, expected) in &case.shown {
        let actual = desk.shown(user, object);
        if actual != *expected {
            wrong.push(format!(
                "{user} is shown {actual:?} of {object}, not {expected:?}"
            ));
        }
    }
    for (object, expected) in &case.rows {
        let actual = desk.rows(object);
        let mut expected = expected.clone();
        expected.sort();
        if actual != expected {
            wrong.push(format!("rows of {object}: {actual:?} for {expected:?}"));
        }
    }
    let title = &case.title;
    wrong.iter().map(|one| format!("{title}: {one}")).collect()
}

fn seeded(case: &Case) -> Result<Org, String> {
    let folder = tempfile::tempdir().expect("a folder");
    write(case, folder.path());
    let mut org = seed::from_files(&[folder.path().to_owned()]).map_err(|it| it.to_string())?;
    for (name, value) in &case.platform {
        let stated = Platform::parse(&format!("{name}={value}")).map_err(|it| it.to_string())?;
        org.lay_platform(&stated);
    }
    Ok(org)
}

fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn document(kind: &str, inside: &str) -> String {
    format!("<{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{inside}</{kind}>")
}

fn leaf(name: &str, value: &str) -> String {
    let value = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<{name}>{value}</{name}>")
}

fn write(case: &Case, folder: &Path) {
    write_objects(case, folder);
    write_roles(case, folder);
    write_profiles(case, folder);
    write_groups(case, folder);
    write_rules(case, folder);
    let flat = case.objects.iter().filter(|(_, object)| object.flat);
    let flat: Vec<&String> = flat.map(|(name, _)| name).collect();
    let alone = case.queues.iter().filter(|(_, queue)| !queue.bosses);
    let alone: Vec<&String> = alone.map(|(name, _)| name).collect();
    let outside = case.defaults.values().any(|(_, outside)| outside.is_some());
    let mut described = json!({
        "external_sharing_model_enabled": outside,
        "without_hierarchies": flat,
        "queues_without_hierarchies": alone,
        "territories": territories(case),
    });
    let managed = case.users.values().any(|user| user.manager.is_some());
    if managed {
        described["manager_groups"] = json!(true);
    }
    put(folder, "org.json", &described.to_string());
    let records = json!({"records": records(case)});
    put(folder, "records.json", &records.to_string());
}

fn write_objects(case: &Case, folder: &Path) {
    for object in case.all_objects() {
        let mut inside = String::new();
        if object.ends_with("__c") {
            inside += "<label>Thing</label><pluralLabel>Things</pluralLabel>\
                       <nameField><label>Name</label><type>Text</type></nameField>";
        }
        if let Some((internal, external)) = case.defaults.get(&object) {
            inside += &leaf("sharingModel", internal);
            if let Some(external) = external {
                inside += &leaf("externalSharingModel", external);
            }
        }
        let custom = case.objects.get(&object);
        for (field, target, master, reads) in custom.iter().flat_map(|it| &it.references) {
            let kind = if *master { "MasterDetail" } else { "Lookup" };
            let mut field = leaf("fullName", field) + &leaf("label", field) + &leaf("type", kind);
            field += &leaf("referenceTo", target);
            if *master {
                field += &leaf("writeRequiresMasterRead", &reads.to_string());
            }
            write!(inside, "<fields>{field}</fields>").expect("a text takes all");
        }
        for (name, label) in custom.iter().flat_map(|it| &it.record_types) {
            let kind = leaf("fullName", name) + &leaf("active", "true") + &leaf("label", label);
            write!(inside, "<recordTypes>{kind}</recordTypes>").expect("a text takes all");
        }
        let path = format!("objects/{object}.object");
        put(folder, &path, &document("CustomObject", &inside));
    }
}

fn write_roles(case: &Case, folder: &Path) {
    for (name, role) in &case.roles {
        let none = ["None", "None", "None"].map(str::to_owned);
        let [contact, opportunity, of_case] = role.levels.clone().unwrap_or(none);
        let mut inside = leaf("caseAccessLevel", &of_case);
        inside += &leaf("contactAccessLevel", &contact);
        inside += &(leaf("name", name) + &leaf("opportunityAccessLevel", &opportunity));
        if let Some(parent) = &role.parent {
            inside += &leaf("parentRole", parent);
        }
        let path = format!("roles/{name}.role");
        put(folder, &path, &document("Role", &inside));
    }
}

/// A profile for each user.
fn write_profiles(case: &Case, folder: &Path) {
    for (name, user) in &case.users {
        let mut inside = leaf("custom", "true") + &leaf("userLicense", &user.license);
        for object in case.all_objects() {
            inside += &object_permissions(user, &object);
        }
        for permission in user.system.iter().map(String::as_str).chain(["ApiEnabled"]) {
            let named = leaf("enabled", "true") + &leaf("name", permission);
            write!(inside, "<userPermissions>{named}</userPermissions>").expect("a text takes all");
        }
        let path = format!("profiles/Profile of {name}.profile");
        put(folder, &path, &document("Profile", &inside));
    }
}

fn object_permissions(user: &User, object: &str) -> String {
    let letters = match &user.objects {
        None => "CRED",
        Some(stated) => stated.get(object).map_or("", String::as_str),
    };
    let flags = [
        ("allowCreate", 'C'),
        ("allowDelete", 'D'),
        ("allowEdit", 'E'),
        ("allowRead", 'R'),
        ("modifyAllRecords", 'M'),
        ("viewAllRecords", 'V'),
    ];
    let flags = flags.map(|(name, letter)| leaf(name, &letters.contains(letter).to_string()));
    let inside = flags.concat() + &leaf("object", object);
    format!("<objectPermissions>{inside}</objectPermissions>")
}

fn write_groups(case: &Case, folder: &Path) {
    for (name, group) in &case.groups {
        let bosses = group.bosses.to_string();
        let inside = leaf("doesIncludeBosses", &bosses) + &leaf("name", name);
        let path = format!("groups/{name}.group");
        put(folder, &path, &document("Group", &inside));
    }
    for (name, queue) in &case.queues {
        let mut inside = leaf("doesSendEmailToMembers", "false") + &leaf("name", name);
        for object in &queue.objects {
            let object = leaf("sobjectType", object);
            write!(inside, "<queueSobject>{object}</queueSobject>").expect("a text takes all");
        }
        let path = format!("queues/{name}.queue");
        put(folder, &path, &document("Queue", &inside));
    }
}

fn principal(side: &str, (kind, name): &(String, String)) -> String {
    let name = match kind.as_str() {
        "managers" | "managerSubordinates" => username(name),
        _ => name.clone(),
    };
    format!("<{side}>{}</{side}>", leaf(kind, &name))
}

fn write_rules(case: &Case, folder: &Path) {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for rule in &case.rules {
        let mut inside = leaf("fullName", &rule.name) + &leaf("accessLevel", &rule.access);
        if rule.object == "Account" {
            let level = |name: &str| rule.children.get(name).map_or("None", String::as_str);
            let levels = ["case", "contact", "opportunity"];
            let levels = levels.map(|name| leaf(&format!("{name}AccessLevel"), level(name)));
            write!(
                inside,
                "<accountSettings>{}</accountSettings>",
                levels.concat()
            )
            .expect("a text takes all");
        }
        inside += &(leaf("label", &rule.name) + &principal("sharedTo", &rule.to));
        let element = match &rule.from {
            Some(from) => {
                inside += &principal("sharedFrom", from);
                "sharingOwnerRules"
            }
            None => "sharingCriteriaRules",
        };
        for [field, operation, value] in &rule.criteria {
            let item = leaf("field", field) + &leaf("operation", operation) + &leaf("value", value);
            write!(inside, "<criteriaItems>{item}</criteriaItems>").expect("a text takes all");
        }
        if rule.from.is_none() {
            let all = rule.owned_by_all.to_string();
            inside += &leaf("includeRecordsOwnedByAll", &all);
        }
        let file = files.entry(rule.object.as_str()).or_default();
        write!(file, "<{element}>{inside}</{element}>").expect("a text takes all");
    }
    for (object, inside) in files {
        let path = format!("sharingRules/{object}.sharingRules");
        put(folder, &path, &document("SharingRules", &inside));
    }
    for (number, rule) in case.restrictions.iter().enumerate() {
        let criteria = format!("$User.Username = '{}'", username(&rule.user));
        let parts = [
            ("active", "true"),
            ("description", "d"),
            ("enforcementType", "Restrict"),
            ("masterLabel", "Rule"),
            ("recordFilter", rule.filter.as_str()),
            ("targetEntity", rule.object.as_str()),
            ("userCriteria", criteria.as_str()),
            ("version", "1"),
        ];
        let inside = parts.map(|(name, value)| leaf(name, value)).concat();
        let path = format!("restrictionRules/Rule_{number}.rule");
        put(folder, &path, &document("RestrictionRule", &inside));
    }
}

fn territories(case: &Case) -> Vec<Value> {
    let territory = |(name, territory): (&String, &super::case::Territory)| {
        let accounts = territory.accounts.iter().map(|account| {
            let record = case.record(account).expect("the account is there");
            let mut fields = record.fields.iter();
            let name = fields.find(|(name, _)| name == "Name");
            name.map(|(_, name)| name.clone()).expect("it has a name")
        });
        let users: Vec<String> = territory.users.iter().map(|user| username(user)).collect();
        let mut stated = json!({
            "name": name,
            "parent": territory.parent,
            "users": users,
            "accounts": accounts.collect::<Vec<_>>(),
        });
        for (kind, level) in &territory.levels {
            stated[kind] = json!(level);
        }
        stated
    };
    case.territories.iter().map(territory).collect()
}

fn username(user: &str) -> String {
    format!("{user}@laws.example")
}

fn row(object: &str, reference: Option<&str>, fields: Value) -> Value {
    let mut attributes = json!({"type": object});
    if let Some(reference) = reference {
        attributes["referenceId"] = json!(reference);
    }
    let mut row = Map::from_iter([("attributes".to_owned(), attributes)]);
    row.extend(fields.as_object().cloned().unwrap_or_default());
    Value::Object(row)
}

fn records(case: &Case) -> Vec<Value> {
    let mut all = Vec::new();
    for (name, user) in &case.users {
        let mut fields = json!({
            "Username": username(name),
            "LastName": name,
            "Profile.Name": format!("Profile of {name}"),
            "IsActive": user.active,
        });
        if let Some(role) = &user.role {
            fields["UserRole.Name"] = json!(role);
        }
        if let Some(manager) = &user.manager {
            fields["ManagerId"] = json!(format!("@{manager}"));
        }
        all.push(row("User", Some(name), fields));
    }
    all.extend(members(case, &case.groups));
    all.extend(members(case, &case.queues));
    for (name, record) in &case.records {
        all.push(row(&record.object, Some(name), record_fields(case, record)));
    }
    for share in &case.shares {
        let object = &case.record(&share.record).expect("a record").object;
        let custom = object.strip_suffix("__c");
        let table = custom.map_or(format!("{object}Share"), |it| format!("{it}__Share"));
        let (parent, level) = match custom {
            Some(_) => ("ParentId".to_owned(), "AccessLevel".to_owned()),
            None => (format!("{object}Id"), format!("{object}AccessLevel")),
        };
        let mut fields = json!({});
        fields[parent] = json!(format!("@{}", share.record));
        fields[level] = json!(share.access);
        let (key, holder) = holder(case, "UserOrGroup", &share.to);
        fields[key] = holder;
        if let Some(by) = &share.by {
            fields["LastModifiedById"] = json!(format!("@{by}"));
        }
        for (child, level) in &share.children {
            fields[column(child)] = json!(level);
        }
        all.push(row(&table, None, fields));
    }
    for (number, team) in case.teams.iter().enumerate() {
        all.extend(team_rows(team, number));
    }
    all
}

/// `contact` is the column `ContactAccessLevel`.
fn column(child: &str) -> String {
    let (first, rest) = child.split_at(1);
    format!("{}{rest}AccessLevel", first.to_uppercase())
}

fn team_rows(team: &super::case::Team, number: usize) -> Vec<Value> {
    let (record, user) = (format!("@{}", team.record), format!("@{}", team.user));
    match team.object.as_str() {
        "CaseTeamMember" => {
            let role = format!("Role{number}");
            let level = team.levels.get("case").expect("a level");
            let role_row = json!({"Name": role, "AccessLevel": level});
            let member =
                json!({"ParentId": record, "MemberId": user, "TeamRoleId": format!("@{role}")});
            vec![
                row("CaseTeamRole", Some(&role), role_row),
                row("CaseTeamMember", None, member),
            ]
        }
        object => {
            let parent = format!("{}Id", object.trim_end_matches("TeamMember"));
            let mut fields = json!({"UserId": user});
            fields[parent] = json!(record);
            let levels = ["account", "contact", "opportunity", "case"];
            for child in levels {
                if let Some(level) = team.levels.get(child) {
                    fields[column(child)] = json!(level);
                }
            }
            vec![row(object, None, fields)]
        }
    }
}

fn members(case: &Case, groups: &Named<super::case::Group>) -> Vec<Value> {
    let mut rows = Vec::new();
    for (name, group) in groups {
        for member in &group.members {
            let (key, holder) = holder(case, "UserOrGroup", member);
            let mut fields = json!({"Group.Name": name});
            fields[key] = holder;
            rows.push(row("GroupMember", None, fields));
        }
    }
    rows
}

/// The key and the value by which a seed names a user, or a group.
fn holder(case: &Case, reference: &str, name: &str) -> (String, Value) {
    match case.users.contains_key(name) {
        true => (format!("{reference}Id"), json!(format!("@{name}"))),
        false => (format!("{reference}.Name"), json!(name)),
    }
}

fn record_fields(case: &Case, record: &Record) -> Value {
    let mut fields = json!({});
    if let Some(owner) = &record.owner {
        let (key, holder) = holder(case, "Owner", owner);
        fields[key] = holder;
    }
    for (name, value) in &record.fields {
        match value.as_str() {
            Some(text) if name == "RecordTypeId" => {
                let kind = text.rsplit('.').next().expect("a name");
                fields["RecordType.DeveloperName"] = json!(kind);
            }
            Some(text)
                if case.is_named(text) && (name.ends_with("Id") || name.ends_with("__c")) =>
            {
                fields[name.as_str()] = json!(format!("@{text}"));
            }
            _ => fields[name.as_str()] = value.clone(),
        }
    }
    fields
}

/// The org, asked as its administrator and as others.
struct Desk {
    world: World,
    /// What the example calls each record and user.
    ids: BTreeMap<String, String>,
}

impl Desk {
    fn new(mut org: Org, case: &Case) -> Desk {
        let mut ids = BTreeMap::new();
        for name in case.users.keys() {
            let user = org.user_by_username(&username(name)).expect("the user");
            ids.insert(name.clone(), user.id.clone());
        }
        for (name, id) in &ids {
            let session = Session {
                user: id.clone(),
                ..Session::default()
            };
            org.sessions.insert(token(name), session);
        }
        // Records of one object have ascending ids in the order in which they are told.
        for object in case.all_objects() {
            let told = case.records.iter().filter(|(_, it)| it.object == object);
            let kept: Vec<String> = org.rows(&object).map(|(id, _)| id.clone()).collect();
            assert_eq!(told.clone().count(), kept.len(), "{object}");
            ids.extend(told.map(|(name, _)| name.clone()).zip(kept));
        }
        let mut queues = org.groups.values();
        let named = |name: &String| {
            let queue = queues.find(|group| group.developer_name.as_ref() == Some(name));
            (name.clone(), queue.expect("the queue").id.clone())
        };
        let queues: Vec<(String, String)> = case.queues.keys().map(named).collect();
        ids.extend(queues);
        Desk {
            world: World::new(org),
            ids,
        }
    }

    fn send(&mut self, method: &str, path: &str, token: String, body: &Value) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.to_owned(),
            path: format!("/services/data/v66.0/{path}"),
            query: query.to_owned(),
            headers: BTreeMap::from([
                ("authorization".to_owned(), format!("Bearer {token}")),
                ("content-type".to_owned(), "application/json".to_owned()),
            ]),
            base_url: "http://127.0.0.1:1".to_owned(),
            body: match body {
                Value::Null => Vec::new(),
                body => body.to_string().into_bytes(),
            },
            ..Request::default()
        };
        let response = router::handle(&mut self.world, request);
        let body = serde_json::from_slice(&response.body).unwrap_or_default();
        (response.status, body)
    }

    fn query(&mut self, token: String, soql: &str) -> (u16, Value) {
        let path = format!("query?q={}", soql.replace(' ', "+"));
        self.send("GET", &path, token, &Value::Null)
    }

    fn administrator(&self) -> String {
        self.world.org.organization.access_token.clone()
    }

    fn change(&mut self, case: &Case, what: &str, field: &str, value: &str) {
        let object = case.record(what).map_or("User", |record| &record.object);
        let value = match (self.ids.get(value), value) {
            (Some(id), _) => json!(id),
            (None, "true" | "false") => json!(value == "true"),
            (None, other) => json!(other),
        };
        let path = format!("sobjects/{object}/{}", self.ids[what]);
        let mut body = json!({});
        body[field] = value;
        let (status, answer) = self.send("PATCH", &path, self.administrator(), &body);
        assert_eq!(status, 204, "{}: {what}.{field}: {answer}", case.title);
    }

    fn access(&mut self, user: &str, record: &str) -> [bool; 4] {
        let soql = format!(
            "SELECT RecordId, HasReadAccess, HasEditAccess, HasDeleteAccess, HasTransferAccess FROM UserRecordAccess WHERE UserId = '{}' AND RecordId = '{}'",
            self.ids[user], self.ids[record]
        );
        let (status, answer) = self.query(self.administrator(), &soql);
        assert_eq!(status, 200, "{answer}");
        let row = &answer["records"][0];
        let columns = ["Read", "Edit", "Delete", "Transfer"];
        columns.map(|name| row[format!("Has{name}Access")] == true)
    }

    fn shown(&mut self, user: &str, object: &str) -> Vec<String> {
        let soql = format!("SELECT Id FROM {object}");
        let (status, answer) = self.query(token(user), &soql);
        assert_eq!(status, 200, "{answer}");
        let records = answer["records"].as_array().into_iter().flatten();
        records.map(|row| self.name(&row["Id"])).collect()
    }

    fn name(&self, id: &Value) -> String {
        let known = self.ids.iter().find(|(_, known)| id == known.as_str());
        let group = || {
            let group = self.world.org.groups.get(id.as_str()?)?;
            let name = group.developer_name.clone().unwrap_or_default();
            Some(format!("{}:{name}", group.kind.as_str()))
        };
        known
            .map(|(name, _)| name.clone())
            .or_else(group)
            .unwrap_or_else(|| id.to_string())
    }

    /// Record, holder and cause of each row of a share table.
    fn rows(&mut self, object: &str) -> Vec<[String; 3]> {
        let custom = object.strip_suffix("__c");
        let table = custom.map_or(format!("{object}Share"), |it| format!("{it}__Share"));
        let parent = custom.map_or(format!("{object}Id"), |_| "ParentId".to_owned());
        let soql = format!("SELECT {parent}, UserOrGroupId, RowCause FROM {table}");
        let (status, answer) = self.query(self.administrator(), &soql);
        if status != 200 {
            let code = answer[0]["errorCode"].as_str().unwrap_or_default();
            return vec![[code.to_owned(), String::new(), String::new()]];
        }
        let rows = answer["records"].as_array().into_iter().flatten();
        let mut rows: Vec<[String; 3]> = rows
            .map(|row| {
                let cause = row["RowCause"].as_str().unwrap_or_default().to_owned();
                [
                    self.name(&row[parent.as_str()]),
                    self.name(&row["UserOrGroupId"]),
                    cause,
                ]
            })
            .collect();
        rows.sort();
        rows
    }
}

fn token(user: &str) -> String {
    format!("00D000000000001!{user}")
}

fn desk(text: &str) -> Desk {
    let case = &super::examples::read(text)[0];
    Desk::new(seeded(case).expect("it seeds"), case)
}

/// Two leads of two people; everybody reads the one that somebody shared with them.
const LEADS: &str = "== a\nuser ada -\nuser ben -\nuser no - Lead=-\ndefault Lead Private\n\
                     record nor Lead ada LastName=Nor Company=Acme\n\
                     record sur Lead ada LastName=Sur Company=Acme\nshare nor ben Read";

/// Rules whose target no user of this org can be are not passed over in silence.
pub(super) fn check_not_modelled() {
    let rule = "\nrole Field\nrule Lead Read to portalRole:Abroad if Company:equals:Acme";
    let mut desk = desk(&format!("{LEADS}{rule}"));
    let soql = format!(
        "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{}' AND RecordId = '{}'",
        desk.ids["ada"], desk.ids["nor"]
    );
    let administrator = desk.administrator();
    let mut refused = |token: &str, soql: &str| {
        let (status, answer) = desk.query(token.to_owned(), soql);
        let sentence = answer[0]["message"].as_str().unwrap_or_default();
        assert_eq!(status, 400, "{soql}: {answer}");
        let expected = "does not evaluate the sharing rule Lead.Lead_0 (portalRole)";
        assert!(sentence.contains(expected), "{sentence}");
    };
    refused(&administrator, "SELECT Id FROM LeadShare");
    refused(&administrator, &soql);
    refused(&token("ada"), "SELECT Id FROM Lead");
    let (status, _) = desk.query(administrator, "SELECT Id FROM Lead");
    assert_eq!(status, 200, "who views all does not depend on rules");
}

/// A deleted record is no absence to whoever reads all; others are told nothing of it.
pub(super) fn check_gone() {
    let mut desk = desk(LEADS);
    let path = format!("sobjects/Lead/{}", desk.ids["nor"]);
    let deleted = desk.send("DELETE", &path, desk.administrator(), &Value::Null);
    assert_eq!(deleted.0, 204, "{}", deleted.1);
    let soql = format!(
        "SELECT RecordId, HasReadAccess FROM UserRecordAccess WHERE UserId = '{}' AND RecordId IN ('{}','{}','zzz000000000001AAA')",
        desk.ids["ada"], desk.ids["nor"], desk.ids["sur"]
    );
    let mut told = |token: String| {
        let (status, answer) = desk.query(token, &soql);
        assert_eq!(status, 200, "{answer}");
        let rows = answer["records"].as_array().expect("rows").iter();
        rows.map(|row| row["HasReadAccess"] == true)
            .collect::<Vec<_>>()
    };
    assert_eq!(told(desk_administrator()), [false, true]);
    assert_eq!(told(token("ada")), [true]);
}

/// The administrator's token is the same in every org.
fn desk_administrator() -> String {
    seed::standard().organization.access_token
}

/// Somebody without View All reads the share rows of what they read, and nobody those of an object they do not read.
pub(super) fn check_share_rows_of_others() {
    let mut desk = desk(LEADS);
    let soql = "SELECT Id, LeadId FROM LeadShare";
    let mut count = |token: String| {
        let (status, answer) = desk.query(token, soql);
        match status {
            200 => Ok(answer["totalSize"].as_u64().expect("a number")),
            _ => Err(answer[0]["errorCode"].as_str().expect("a code").to_owned()),
        }
    };
    assert_eq!(count(desk_administrator()), Ok(3));
    assert_eq!(count(token("ada")), Ok(3));
    assert_eq!(count(token("ben")), Ok(2));
    assert_eq!(count(token("no")), Err("INVALID_TYPE".to_owned()));
}

/// A seed with a name that nothing has, or with criteria that the emulator does not read, does not start.
pub(super) fn check_refused_seeds() {
    let check = |files: &[(&str, String)], expected: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            put(folder.path(), path, text);
        }
        let refused = seed::from_files(&[folder.path().to_owned()]);
        let refused = refused.map(drop).expect_err(expected).to_string();
        assert!(refused.contains(expected), "{refused}");
    };
    let described = |key: &str, value: Value| {
        let mut described = json!({});
        described[key] = value;
        vec![("org.json", described.to_string())]
    };
    let territory = |key: &str, value: Value| {
        let mut territory = json!({"name": "North"});
        territory[key] = value;
        described("territories", json!([territory]))
    };
    check(&territory("parent", json!("World")), "no territory World");
    check(
        &territory("users", json!(["x@y.example"])),
        "no user x@y.example",
    );
    check(&territory("accounts", json!(["Acme"])), "no account Acme");
    check(&territory("account", json!("Some")), "unknown variant");
    check(
        &described("without_hierarchies", json!(["Lead"])),
        "Lead is no custom object",
    );
    check(
        &described("queues_without_hierarchies", json!(["Desk"])),
        "no queue Desk",
    );
    let rule = |filter: &str| {
        let parts = [
            ("active", "true"),
            ("enforcementType", "Restrict"),
            ("recordFilter", filter),
            ("targetEntity", "Task"),
            ("userCriteria", "$User.IsActive = true"),
        ];
        let inside = parts.map(|(name, value)| leaf(name, value)).concat();
        let text = document("RestrictionRule", &inside);
        vec![("restrictionRules/Own.rule", text)]
    };
    check(
        &rule("Owner.Title = 'Boss'"),
        "does not evaluate \"Owner.Title = 'Boss'\"",
    );
    let member = json!({"records": [row("CaseTeamRole", None, json!({"Name": "A", "AccessLevel": "Much"}))]});
    check(
        &[("team.json", member.to_string())],
        "AccessLevel is never \"Much\"",
    );
}
