//! The files of a seed that tell a company.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::super::case::{Case, Territory, User};
use super::records::records;
use super::username;

pub(super) fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

pub(super) fn document(kind: &str, inside: &str) -> String {
    format!("<{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{inside}</{kind}>")
}

pub(super) fn leaf(name: &str, value: &str) -> String {
    let value = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<{name}>{value}</{name}>")
}

pub(super) fn write(case: &Case, folder: &Path) {
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
    let territory = |(name, territory): (&String, &Territory)| {
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
