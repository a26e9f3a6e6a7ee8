//! The manifests of a pair, thrown in view of its company: most of what they name is there, some is not.

use serde_json::{Map, Value, json};

use super::company::{
    Company, EARLIER_PROFILE, EARLIER_ROLE, EARLIER_USERNAME, OBJECTS, PROFILE, ROLE, USERNAME,
};
use super::dice::Dice;
use super::rule::{criterion, rule};

/// The manifests, each under its file's name. JSON is YAML, and gives every key a line of its own.
pub(crate) fn manifests(pair: u64, company: &Company) -> Vec<(String, String)> {
    let mut manifest = manifest(pair, company);
    spoil(&mut Dice::new(pair, "spoil"), &mut manifest);
    let mut files = vec![("manifest.yaml".to_owned(), pretty(&manifest))];
    let mut dice = Dice::new(pair, "other");
    if dice.chance(15) {
        files.push(("other.yaml".to_owned(), pretty(&other(&mut dice, company))));
    }
    files
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn document(name: &str, spec: Map<String, Value>) -> Value {
    json!({"apiVersion": "orgwright/v1", "kind": "IntegrationUser", "metadata": {"name": name}, "spec": spec})
}

fn manifest(pair: u64, company: &Company) -> Value {
    let mut spec = Map::new();
    let dice = |concern: &str| Dice::new(pair, concern);
    let mut put = |key: &str, value: Option<Value>| {
        value.map(|value| spec.insert(key.to_owned(), value));
    };
    let chosen = chosen(&mut dice("chosen"));
    put("fields", some(fields(&mut dice("wished fields"), &chosen)));
    put("profile", profile(&mut dice("profile"), company, &chosen));
    put("role", role(&mut dice("role"), company));
    put("user", user(&mut dice("user"), company));
    put(
        "permissionSets",
        some(sets(&mut dice("wished sets"), company)),
    );
    put(
        "sharing",
        some(sharing(&mut dice("sharing"), company, &chosen)),
    );
    put("limits", limits(&mut dice("limits")));
    document("generated", spec)
}

/// A list, unless it is empty.
fn some(list: Vec<Value>) -> Option<Value> {
    (!list.is_empty()).then(|| Value::Array(list))
}

/// The objects that the manifest is about.
fn chosen(dice: &mut Dice) -> Vec<&'static str> {
    let mut chosen: Vec<&str> = Vec::new();
    for _ in 0..[1, 1, 1, 2, 2, 3, 0][dice.below(7)] {
        let (object, _) = match dice.chance(40) {
            true => OBJECTS[4],
            false => OBJECTS[dice.below(OBJECTS.len())],
        };
        if !chosen.contains(&object) {
            chosen.push(object);
        }
    }
    chosen
}

fn fields(dice: &mut Dice, chosen: &[&str]) -> Vec<Value> {
    let mut fields = Vec::new();
    for object in chosen {
        if dice.chance(35) {
            let mut field = json!({"object": object, "name": "Flag__c", "label": "Flag", "type": "Checkbox", "default": false});
            if dice.chance(30) {
                field["visibleTo"] = json!([PROFILE, "System Administrator"]);
            }
            fields.push(field);
        }
        if dice.chance(20) {
            fields.push(new_field(dice, object));
        }
        if dice.chance(6) {
            fields.push(json!({"object": object, "name": "Day__c", "absent": true}));
        }
    }
    fields
}

fn new_field(dice: &mut Dice, object: &str) -> Value {
    let mut field = match dice.below(4) {
        0 => json!({"type": "Picklist", "values": ["One", "Two & three"]}),
        1 => json!({"type": "Text", "length": 40, "helpText": "What it is for."}),
        2 => json!({"type": "Number", "precision": 10, "scale": 2}),
        _ => json!({"type": "Checkbox", "default": true, "description": "Made by the plan."}),
    };
    field["object"] = json!(object);
    field["name"] = json!("Made__c");
    field["label"] = json!("Made");
    field
}

fn profile(dice: &mut Dice, company: &Company, chosen: &[&str]) -> Option<Value> {
    if dice.chance(5) {
        return None;
    }
    let mut profile = json!({"name": PROFILE});
    match dice.below(20) {
        0 => {}
        1..8 => profile["cloneFrom"] = json!("System Administrator"),
        8..11 => profile["cloneFrom"] = json!("Standard User"),
        _ => profile["cloneFrom"] = json!(company.some_profile(dice)),
    }
    if company.start.is_earlier() && dice.chance(80) {
        profile["renamedFrom"] = json!(EARLIER_PROFILE);
    }
    if dice.chance(15) {
        profile["description"] = json!("For machines.");
    }
    if dice.chance(25) && !chosen.is_empty() {
        profile["withoutDataAdministration"] = json!(chosen);
    }
    if dice.chance(25) {
        let flags = [
            json!([]),
            json!(["read"]),
            json!(["read", "create", "edit", "delete"]),
        ];
        let (object, _) = OBJECTS[dice.below(OBJECTS.len())];
        profile["objectPermissions"] = json!({object: flags[dice.below(3)]});
    }
    if dice.chance(25) {
        profile["userPermissions"] = json!({"ApiEnabled": true, "RunReports": dice.chance(50)});
    }
    if dice.chance(10) {
        profile["loginRestrictions"] = json!("clone");
    }
    if dice.chance(15) {
        profile["follow"] = json!("source");
    }
    if dice.chance(3) {
        return Some(json!({"name": PROFILE, "absent": true}));
    }
    Some(profile)
}

fn role(dice: &mut Dice, company: &Company) -> Option<Value> {
    if dice.chance(5) {
        return None;
    }
    let mut role = json!({"name": ROLE, "label": "Integration"});
    if dice.chance(35) && !company.roles.is_empty() {
        role["parent"] = json!(format!("Role_{}", dice.below(company.roles.len())));
    }
    for key in ["contactAccess", "opportunityAccess", "caseAccess"] {
        if dice.chance(7) {
            role[key] = json!(dice.pick(&["None", "Read", "Edit"]));
        }
    }
    if company.start.is_earlier() && dice.chance(80) {
        role["renamedFrom"] = json!(EARLIER_ROLE);
    }
    if dice.chance(15) {
        role["description"] = json!("Machine");
    }
    if dice.chance(2) {
        return Some(json!({"name": ROLE, "absent": true}));
    }
    Some(role)
}

fn user(dice: &mut Dice, company: &Company) -> Option<Value> {
    if dice.chance(5) {
        return None;
    }
    let mut user =
        json!({"username": USERNAME, "email": "admin@acme.example", "lastName": "Gration"});
    if dice.chance(10) {
        let somebody = &company.users[dice.below(company.users.len())];
        user["username"] = json!(somebody.username);
    }
    if company.start.is_earlier() && dice.chance(80) {
        user["renamedFrom"] = json!(EARLIER_USERNAME);
    }
    for (key, value) in [
        ("firstName", json!("Inte")),
        ("alias", json!("intgr")),
        ("nickname", json!("integration")),
        ("timeZone", json!("Europe/Dublin")),
        ("locale", json!("en_IE")),
        ("language", json!("en_US")),
        ("emailEncoding", json!("ISO-8859-1")),
        ("active", json!(true)),
    ] {
        if dice.chance(20) {
            user[key] = value;
        }
    }
    if dice.chance(5) {
        user["active"] = json!(false);
    }
    Some(user)
}

fn sets(dice: &mut Dice, company: &Company) -> Vec<Value> {
    let mut sets = Vec::new();
    for number in 0..company.sets.len() {
        let name = match dice.chance(30) {
            true => format!("Set {number}"),
            false => format!("Set_{number}"),
        };
        match dice.below(10) {
            0..4 => sets.push(json!(name)),
            4 => sets.push(json!({"name": name, "absent": true})),
            _ => {}
        }
    }
    sets
}

fn sharing(dice: &mut Dice, company: &Company, chosen: &[&'static str]) -> Vec<Value> {
    let mut list: Vec<Value> = chosen
        .iter()
        .map(|object| sharing_of(dice, company, object))
        .collect();
    let account = list.iter().any(|sharing| sharing["object"] == "Account");
    if account && dice.chance(85) {
        // Accounts cannot be private before what hangs on them is.
        for object in ["Case", "Contact", "Opportunity"] {
            let open = !matches!(company.model(object), "Private" | "ControlledByParent");
            if open && !chosen.contains(&object) {
                list.push(json!({"object": object, "organizationWideDefault": "Private"}));
            }
        }
    }
    list
}

fn sharing_of(dice: &mut Dice, company: &Company, object: &str) -> Value {
    let mut sharing = json!({"object": object});
    let models = OBJECTS.iter().find(|(name, _)| *name == object);
    let (_, models) = models.copied().unwrap_or_default();
    let default = match dice.below(20) {
        0 => None,
        1 if dice.chance(60) => Some(dice.pick(models)),
        _ => Some("Private"),
    };
    if let Some(default) = default {
        sharing["organizationWideDefault"] = json!(default);
        if dice.chance(20) {
            sharing["externalDefault"] = json!("Private");
        }
    }
    let default = default.unwrap_or(company.model(object));
    let kept = kept(dice, company);
    if !kept.is_empty() {
        sharing["keepAccess"] = json!(kept);
    }
    let rules: Vec<Value> = (0..[1, 1, 1, 2, 2, 3, 0][dice.below(7)])
        .map(|number| rule(dice, company, object, default, number))
        .collect();
    let room = matches!(default, "Private" | "Read") || dice.chance(10);
    if !rules.is_empty() && room {
        sharing["rules"] = json!(rules);
    }
    sharing
}

fn kept(dice: &mut Dice, company: &Company) -> Vec<Value> {
    let mut kept = Vec::new();
    if dice.chance(20) {
        let access = dice.pick(&["ViewAll", "ModifyAll"]);
        kept.push(json!({"profile": company.some_profile(dice), "access": access}));
    }
    if dice.chance(20) && !company.roles.is_empty() {
        let role = format!("Role_{}", dice.below(company.roles.len()));
        let access = dice.pick(&["ReadOnly", "ReadWrite"]);
        kept.push(json!({"role": role, "access": access}));
    }
    kept
}

fn limits(dice: &mut Dice) -> Option<Value> {
    dice.chance(30).then(|| {
        let users = [0, 2, 5, 50][dice.below(4)];
        let records = [0, 5, 20_000][dice.below(3)];
        json!({"usersLosingAccess": users, "recordsBecomingVisible": records})
    })
}

/// A second manifest, planned together with the first.
fn other(dice: &mut Dice, company: &Company) -> Value {
    let (object, _) = OBJECTS[[4, 4, 0, 6][dice.below(4)]];
    let spec = json!({
        "profile": {"name": "Warehouse", "cloneFrom": company.some_profile(dice)},
        "role": {"name": "Warehouse", "label": "Warehouse"},
        "user": {"username": "warehouse@acme.example", "email": "admin@acme.example", "lastName": "Ware"},
        "sharing": [{
            "object": object,
            "organizationWideDefault": dice.pick(&["Private", "Private", "Read"]),
            "rules": [{"name": "Warehouse", "access": "ReadOnly", "criteria": [criterion(dice, company, object)]}],
        }],
    });
    document("warehouse", spec.as_object().cloned().unwrap_or_default())
}

/// One manifest of seven or so says something that this org, or any, does not take.
fn spoil(dice: &mut Dice, manifest: &mut Value) {
    if !dice.chance(14) {
        return;
    }
    let spec = &mut manifest["spec"];
    match dice.below(12) {
        0 => spec["profile"]["cloneFrom"] = json!("No Such Profile"),
        1 => spec["role"]["parent"] = json!("No_Such_Role"),
        2 => spec["permissionSets"] = json!(["No_Such_Set"]),
        3 => {
            spec["sharing"] =
                json!([{"object": "Nothing__c", "organizationWideDefault": "Private"}])
        }
        4 => {
            spec["sharing"] =
                json!([{"object": "Account", "organizationWideDefault": "ReadWriteTransfer"}])
        }
        5 => spec["user"]["timeZone"] = json!("Europe/Nowhere"),
        6 => {
            spec["fields"] = json!([{"object": "Nothing__c", "name": "Made__c", "label": "Made", "type": "Date"}])
        }
        7 => spec["profile"]["userPermissions"] = json!({"NoSuchPermission": true}),
        8 => spec["role"]["level"] = json!("Edit"),
        9 => {
            spec["sharing"] = json!([{"object": "Lead", "organizationWideDefault": "Private", "rules": [
            {"name": "Generated_0", "access": "ReadOnly", "criteria": [
                {"field": "Missing__c", "operator": "equals", "value": true}]}]}])
        }
        10 => {
            spec["sharing"] = json!([{"object": "Lead", "organizationWideDefault": "Private", "rules": [
            {"name": "Generated_0", "access": "ReadOnly", "ownedBy": {"group": "No_Such_Group"}}]}])
        }
        _ => {
            spec["sharing"] = json!([{"object": "Lead", "organizationWideDefault": "Private", "keepAccess": [
            {"profile": "No Such Profile", "access": "ViewAll"}]}])
        }
    }
}
