//! Its people, records and shares, as the Salesforce CLI exports records.

use serde_json::{Map, Value, json};

use super::super::case::{Case, Group, Named, Record, Team};
use super::username;

pub(super) fn row(object: &str, reference: Option<&str>, fields: Value) -> Value {
    let mut attributes = json!({"type": object});
    if let Some(reference) = reference {
        attributes["referenceId"] = json!(reference);
    }
    let mut row = Map::from_iter([("attributes".to_owned(), attributes)]);
    row.extend(fields.as_object().cloned().unwrap_or_default());
    Value::Object(row)
}

pub(super) fn records(case: &Case) -> Vec<Value> {
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

fn team_rows(team: &Team, number: usize) -> Vec<Value> {
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

fn members(case: &Case, groups: &Named<Group>) -> Vec<Value> {
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
