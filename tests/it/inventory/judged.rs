//! The emulated org as the judge: what is told of a user, and what the org does when that user itself asks.

use super::*;

const USERS: &str = "Username,FirstName,LastName,Profile.Name\nbo@moss.example,Bo,Moss,Standard User\nida@moss.example,Ida,Moss,Standard User\n\
                     kim@moss.example,Kim,Moss,Read Only\n";

/// A permission set that grants this.
fn set(label: &str, grants: &str) -> String {
    format!(
        "<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\">{grants}<label>{label}</label></PermissionSet>"
    )
}

/// What lets somebody see all records of a custom object.
fn all_of(object: &str) -> String {
    format!(
        "<objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit>\
         <allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>{object}</object>\
         <viewAllRecords>true</viewAllRecords></objectPermissions>"
    )
}

const ASSIGNS: &str =
    "<userPermissions><enabled>true</enabled><name>AssignPermissionSets</name></userPermissions>";

/// Three sets: one in force, one that is over, one that sleeps; and a group that has the last one.
fn stage() -> Stage {
    let group = "<PermissionSetGroup xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>Both</label>\
                 <permissionSets>Sleeping</permissionSets></PermissionSetGroup>";
    let sleeping = format!("<hasActivationRequired>true</hasActivationRequired>{ASSIGNS}");
    let assigned = "Assignee.Username,PermissionSet.Name,PermissionSetGroup.DeveloperName,ExpirationDate\n\
                    bo@moss.example,Over,,2020-03-01T00:00:00Z\n\
                    bo@moss.example,Sleeping,,\n\
                    ida@moss.example,,Both,\n\
                    kim@moss.example,Standing,,\n";
    let names = ["Standing", "Over", "Sleeping"]
        .map(|name| folder_of("permissionsets", &format!("{name}.permissionset")));
    let sets = [
        set("Standing", &all_of("Lead")),
        set("Over", ASSIGNS),
        sleeping_set(&sleeping),
    ];
    let [standing, over, asleep] = &names;
    Stage::of(
        &[
            (standing, &sets[0]),
            (over, &sets[1]),
            (asleep, &sets[2]),
            ("permissionsetgroups/Both.permissionsetgroup", group),
            ("User.csv", USERS),
            ("PermissionSetAssignment.csv", assigned),
        ],
        &[],
    )
}

fn sleeping_set(grants: &str) -> String {
    set("Sleeping", grants)
}

#[test]
fn sets_that_are_over_or_asleep_do_not_count_and_a_group_wakes_them() {
    let stage = stage();
    let told = stage.told(&["bo@moss.example", "ida@moss.example", "kim@moss.example"]);
    let [bo, ida, kim] = [0, 1, 2].map(|index| &told["users"][index]);
    let standing = |user: &Value, address: &str| {
        named(&user["sets"], "address", address)
            .map(|set| (set["standing"].clone(), set["day"].clone()))
    };
    assert_eq!(
        standing(bo, "permission_set/Over"),
        Some((json!("over"), json!("2020-03-01")))
    );
    let asleep = json!("only_in_an_activated_session");
    assert_eq!(
        standing(bo, "permission_set/Sleeping"),
        Some((asleep, Value::Null))
    );
    assert_eq!(bo["escalation_paths"], json!([]));
    let only = &bo["permissions_in_an_activated_session"];
    assert!(
        named(only, "name", "AssignPermissionSets").is_some(),
        "{only}"
    );
    let by_group = named(&ida["permissions"], "name", "AssignPermissionSets");
    assert_eq!(
        by_group.map(|held| &held["from"][0]),
        Some(&json!("permission_set_group/Both"))
    );
    let lead = named(&kim["objects"], "object", "Lead").unwrap();
    assert_eq!(
        (&lead["view_all"], &lead["from"][0]),
        (&json!(true), &json!("permission_set/Standing"))
    );
}

/// How many records a user counts with its own token, and what the org describes to it; `None` where it has no such object.
fn by_itself(stage: &Stage, token: &str, object: &str) -> Option<(u64, bool, bool)> {
    let get = |path: &str| {
        let header = format!("Authorization: Bearer {token}\r\n");
        let host = stage.org.base_url.trim_start_matches("http://").to_owned();
        crate::support::get(&host, path, &header)
    };
    let described = get(&format!("/services/data/v66.0/sobjects/{object}/describe"))?;
    let counted = get(&format!(
        "/services/data/v66.0/query?q=SELECT+COUNT()+FROM+{object}"
    ))?;
    let flag = |name: &str| described[name].as_bool().unwrap();
    Some((
        counted["totalSize"].as_u64().unwrap(),
        flag("createable"),
        flag("updateable"),
    ))
}

#[test]
fn every_user_reads_as_many_records_as_it_counts_itself() {
    let stage = Stage::demo();
    let people = [
        SELLER,
        ANALYST,
        "jonas.pellamy@acme.example",
        "tamsin.orrelwood@acme.example",
    ];
    let told = stage.told(&people);
    for (index, name) in people.iter().enumerate() {
        let token = token_of(&stage.org, name);
        let mut compared = 0;
        for object in told["users"][index]["objects"].as_array().unwrap() {
            let name_of_object = object["object"].as_str().unwrap();
            let Some((counted, creates, edits)) = by_itself(&stage, &token, name_of_object) else {
                continue;
            };
            let allowed = |word: &str| object["allow"].as_array().unwrap().contains(&json!(word));
            assert_eq!(
                (allowed("create"), allowed("edit")),
                (creates, edits),
                "{name} {object}"
            );
            match &object["readable"] {
                Value::Number(number) => {
                    assert_eq!(number.as_u64(), Some(counted), "{name} {object}");
                    compared += 1;
                }
                Value::Object(bounds) => {
                    assert!(
                        bounds["at_least"].as_u64().unwrap() <= counted,
                        "{name} {object}"
                    );
                    assert!(
                        bounds["at_most"].as_u64().unwrap() >= counted,
                        "{name} {object}"
                    );
                }
                unknown => assert!(unknown.is_null() && !object["unknown"]["readable"].is_null()),
            }
        }
        assert!(compared >= 6, "{name}: {compared}");
    }
}

#[test]
fn who_is_inactive_sees_nothing_and_the_rights_are_told_all_the_same() {
    let stage = Stage::demo();
    let told = stage.told(&["ursula.peverley@acme.example"]);
    let ursula = &told["users"][0];
    assert_eq!(ursula["login"]["active"], false);
    let lead = named(&ursula["objects"], "object", "Lead").unwrap();
    assert_eq!(
        [&lead["records"], &lead["readable"], &lead["editable"]],
        [2000, 0, 0]
    );
    assert!(lead["allow"].as_array().unwrap().contains(&json!("edit")));
    let people = stage.run(&["--user", "ursula.peverley@acme.example"]);
    assert!(
        people.words().contains("inactive: it cannot log in"),
        "{}",
        people.out
    );
}
