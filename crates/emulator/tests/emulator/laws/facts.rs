//! Examples that others wrote down: a JSON object a line.

use serde_json::Value;

use super::case::{
    Case, Custom, Group, Named, Record, Restriction, Role, Rule, Share, Team, Territory, User,
};

/// Reads every line.
pub(super) fn read(text: &str) -> Vec<Case> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| case(&serde_json::from_str(line).expect("a line of JSON")))
        .collect()
}

fn case(line: &Value) -> Case {
    let setup = &line["setup"];
    let mut case = Case {
        title: format!("{} {}", text(&line["id"]), text(&line["title"])),
        roles: named(&setup["roles"], role),
        users: named(&setup["users"], user),
        groups: named(&setup["groups"], group),
        queues: named(&setup["queues"], group),
        territories: named(&setup["territories"], territory),
        rules: list(&setup["rules"]).map(rule).collect(),
        shares: list(&setup["shares"]).map(share).collect(),
        teams: list(&setup["teams"]).map(team).collect(),
        restrictions: list(&setup["restrictionRules"]).map(restriction).collect(),
        ..Case::default()
    };
    for (object, stated) in entries(&setup["defaults"]) {
        let default = match stated.as_str() {
            Some(model) => (model.to_owned(), None),
            None => (
                text(&stated["internal"]),
                stated["external"].as_str().map(str::to_owned),
            ),
        };
        case.defaults.insert(object.clone(), default);
    }
    for (object, stated) in entries(&setup["objects"]) {
        if let Some(model) = stated["default"].as_str() {
            case.defaults
                .insert(object.clone(), (model.to_owned(), None));
        }
        case.objects.insert(object.clone(), custom(stated));
    }
    for (object, stated) in entries(&setup["hierarchies"]) {
        case.objects.entry(object.clone()).or_default().flat = stated == &Value::Bool(false);
    }
    for (name, stated) in entries(&setup["records"]) {
        case.records.push((name.clone(), record(stated)));
    }
    for (user, manager) in entries(&setup["managers"]) {
        if let Some(user) = case.users.get_mut(user) {
            user.manager = manager.as_str().map(str::to_owned);
        }
    }
    for (user, name) in entries(&setup["territoryUsers"]) {
        let territory = case.territories.entry(text(name)).or_default();
        territory.users.push(user.clone());
    }
    for (record, name) in entries(&setup["territoryRecords"]) {
        let territory = case.territories.entry(text(name)).or_default();
        territory.accounts.push(record.clone());
    }
    for change in list(&setup["then"]) {
        let value = (&change["update"], &change["field"], &change["value"]);
        let said = match value.2 {
            Value::String(said) => said.clone(),
            other => other.to_string(),
        };
        case.then.push((text(value.0), text(value.1), said));
    }
    for expected in list(&line["expect"]) {
        let flags = ["read", "edit", "delete", "transfer"].map(|name| expected[name].as_bool());
        let (user, record) = (text(&expected["user"]), text(&expected["record"]));
        case.sees.push((user, record, flags));
    }
    for (user, records) in entries(&line["visibleToQuery"]) {
        let object = case.records[0].1.object.clone();
        let records = list(records).map(text).collect();
        case.shown.push((user.clone(), object, records));
    }
    case
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn named<T>(value: &Value, read: impl Fn(&Value) -> T) -> Named<T> {
    entries(value)
        .map(|(name, stated)| (name.clone(), read(stated)))
        .collect()
}

fn texts(value: &Value) -> Named<String> {
    let stated =
        entries(value).filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    stated.collect()
}

fn role(stated: &Value) -> Role {
    let Some(parts) = stated.as_object() else {
        return Role {
            parent: stated.as_str().map(str::to_owned),
            levels: None,
        };
    };
    let level = |name: &str| text(&parts[name]);
    Role {
        parent: parts["parent"].as_str().map(str::to_owned),
        levels: Some(["contact", "opportunity", "case"].map(level)),
    }
}

fn user(stated: &Value) -> User {
    User {
        role: stated["role"].as_str().map(str::to_owned),
        objects: stated.get("objects").map(texts),
        system: list(&stated["system"]).map(text).collect(),
        active: stated["active"].as_bool().unwrap_or(true),
        license: license(stated["type"].as_str().unwrap_or_default()),
        manager: None,
    }
}

fn license(kind: &str) -> String {
    match kind {
        "PowerPartner" => "Partner Community",
        "PowerCustomerSuccess" => "Customer Community Plus",
        "CspLitePortal" => "Customer Community",
        "Guest" => "Guest User License",
        _ => "Salesforce",
    }
    .to_owned()
}

fn group(stated: &Value) -> Group {
    Group {
        bosses: stated["bosses"].as_bool().unwrap_or(true),
        members: list(&stated["members"]).map(text).collect(),
        objects: list(&stated["objects"]).map(text).collect(),
    }
}

fn territory(stated: &Value) -> Territory {
    let mut levels = texts(stated);
    Territory {
        parent: levels.remove("parent"),
        levels,
        users: Vec::new(),
        accounts: Vec::new(),
    }
}

fn target(stated: &Value) -> (String, String) {
    let (kind, name) = entries(stated).next().expect("a target");
    (kind.clone(), text(name))
}

fn rule(stated: &Value) -> Rule {
    let criterion = |item: &Value| ["field", "op", "value"].map(|name| text(&item[name]));
    Rule {
        object: text(&stated["object"]),
        name: text(&stated["name"]),
        from: stated.get("from").map(target),
        criteria: list(&stated["criteria"]).map(criterion).collect(),
        owned_by_all: stated["includeRecordsOwnedByAll"].as_bool().unwrap_or(true),
        to: target(&stated["to"]),
        access: text(&stated["access"]),
        children: texts(&stated["children"]),
    }
}

fn share(stated: &Value) -> Share {
    Share {
        record: text(&stated["record"]),
        to: text(&stated["to"]),
        access: text(&stated["access"]),
        by: stated["by"].as_str().map(str::to_owned),
        children: Named::new(),
    }
}

fn team(stated: &Value) -> Team {
    let object = text(&stated["object"]);
    let mut levels = texts(stated);
    if let Some(level) = levels.remove("roleAccess") {
        levels.insert("case".to_owned(), level);
    }
    if let Some(level) = levels.remove("access") {
        levels.insert("opportunity".to_owned(), level);
    }
    Team {
        object,
        record: text(&stated["record"]),
        user: text(&stated["user"]),
        levels,
    }
}

fn restriction(stated: &Value) -> Restriction {
    Restriction {
        object: text(&stated["object"]),
        user: text(&stated["user"]),
        filter: text(&stated["recordFilter"]),
    }
}

fn custom(stated: &Value) -> Custom {
    let reference = |(name, field): (&String, &Value)| {
        let master = field["type"] == "MasterDetail";
        let reading = field["writeRequiresMasterRead"] == true;
        (name.clone(), text(&field["to"]), master, reading)
    };
    Custom {
        flat: stated["grantAccessUsingHierarchies"] == false,
        references: entries(&stated["fields"]).map(reference).collect(),
        record_types: texts(&stated["recordTypes"]).into_iter().collect(),
    }
}

fn record(stated: &Value) -> Record {
    let fields = entries(&stated["fields"]);
    Record {
        object: text(&stated["object"]),
        owner: stated["owner"].as_str().map(str::to_owned),
        fields: fields
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    }
}
